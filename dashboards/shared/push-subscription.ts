import { SECOND_MS } from "../../src/domain/time.ts";
import type { PushSubscribeRequest } from "../../src/server/contract.ts";
import type { Trouble } from "./api.ts";
import { bytesOf } from "./base64url.ts";
import { deviceLabel } from "./device-label.ts";
import type { Page } from "./page.ts";

/**
 * What asking for notifications ended with. `cannot`: the browser never finished, which is what happens where its
 * push service is out of reach (mainland China with Chrome, for one).
 */
export type PushOutcome =
  | { readonly kind: "on" }
  | { readonly kind: "denied" }
  | { readonly kind: "unsupported" }
  | { readonly kind: "cannot" }
  | { readonly kind: "failed"; readonly trouble: Trouble };

const WORKER_MS = 10 * SECOND_MS;
const SUBSCRIBE_MS = 15 * SECOND_MS;
const PERMISSION_MS = 60 * SECOND_MS;

/** Asks for notifications and tells the server where to send them. Call it inside a tap. */
export async function subscribeToPush(page: Page, pushKey: string): Promise<PushOutcome> {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    return { kind: "unsupported" };
  }
  const permission = await within(page, Notification.requestPermission(), PERMISSION_MS);
  if (permission !== "granted") return { kind: "denied" };
  return await renewPush(page, pushKey);
}

/** Notifications are allowed: makes sure that there is a subscription for this server and that it knows it. */
export async function renewPush(page: Page, pushKey: string): Promise<PushOutcome> {
  try {
    const worker = await within(page, navigator.serviceWorker.ready, WORKER_MS);
    if (worker === undefined) return { kind: "cannot" };
    const subscription = await within(page, currentSubscription(worker, pushKey), SUBSCRIBE_MS);
    const request = subscription === undefined ? undefined : requestOf(subscription);
    if (request === undefined) return { kind: "cannot" };
    const answer = await page.api.tell("/api/push", request);
    return answer.ok ? { kind: "on" } : { kind: "failed", trouble: answer.problem };
  } catch (error) {
    // The browser's push service refused: AbortError, NotSupportedError, InvalidStateError...
    if (error instanceof DOMException) return { kind: "cannot" };
    throw error;
  }
}

async function currentSubscription(
  worker: ServiceWorkerRegistration,
  pushKey: string,
): Promise<PushSubscription> {
  const key = bytesOf(pushKey);
  const present = await worker.pushManager.getSubscription();
  if (present !== null && sameBytes(present.options.applicationServerKey, key)) return present;
  await present?.unsubscribe();
  return await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

function requestOf(subscription: PushSubscription): PushSubscribeRequest | undefined {
  const { endpoint, keys } = subscription.toJSON();
  const p256dh = keys?.["p256dh"];
  const auth = keys?.["auth"];
  if (endpoint === undefined || p256dh === undefined || auth === undefined) return undefined;
  return { endpoint, p256dh, auth, label: deviceLabel(navigator.userAgent) };
}

/** What a promise brings, or undefined when it takes too long: some browsers never answer. */
async function within<T>(page: Page, promise: Promise<T>, ms: number): Promise<T | undefined> {
  return await Promise.race([promise, page.clock.sleep(ms).then(() => undefined)]);
}

function sameBytes(buffer: ArrayBuffer | null, bytes: Uint8Array): boolean {
  if (buffer?.byteLength !== bytes.length) return false;
  return new Uint8Array(buffer).every((byte, index) => byte === bytes[index]);
}
