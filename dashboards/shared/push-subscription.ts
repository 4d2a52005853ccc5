import { SECOND_MS } from "../../src/domain/time.ts";
import type { Me, PushSubscribeRequest } from "../../src/server/contract.ts";
import type { Trouble } from "./api.ts";
import { bytesOf } from "./base64url.ts";
import { deviceLabel } from "./device-label.ts";
import type { Page } from "./page.ts";
import { PUSH_SCOPE } from "./push-scope.ts";

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

/** What the server says of itself to whoever subscribes. */
type PushKeys = Pick<Me, "pushKey" | "pushHomes">;

interface PushHome {
  readonly home?: string;
  readonly pushKey: string;
}

const WORKER_MS = 10 * SECOND_MS;
const SUBSCRIBE_MS = 15 * SECOND_MS;
const PERMISSION_MS = 60 * SECOND_MS;

/** Asks for notifications and tells the server where to send them. Call it inside a tap. */
export async function subscribeToPush(page: Page, me: PushKeys): Promise<PushOutcome> {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    return { kind: "unsupported" };
  }
  const permission = await within(page, Notification.requestPermission(), PERMISSION_MS);
  if (permission !== "granted") return { kind: "denied" };
  return await renewPush(page, me);
}

/** Notifications are allowed: makes sure that there is a subscription for each home and that the server knows it. */
export async function renewPush(page: Page, me: PushKeys): Promise<PushOutcome> {
  try {
    const main = await within(page, navigator.serviceWorker.ready, WORKER_MS);
    if (main === undefined) return { kind: "cannot" };
    const pushHomes: readonly PushHome[] = me.pushHomes ?? [{ pushKey: me.pushKey }];
    const workers = await workersOf(main, pushHomes);
    for (const [index, { home, pushKey }] of pushHomes.entries()) {
      const worker = await within(page, workers[index]?.() ?? Promise.resolve(undefined), WORKER_MS);
      if (worker === undefined) return { kind: "cannot" };
      const subscription = await within(page, currentSubscription(worker, pushKey), SUBSCRIBE_MS);
      const request = subscription === undefined ? undefined : requestOf(subscription);
      if (request === undefined) return { kind: "cannot" };
      const answer = await page.api.tell("/api/push", {
        ...request,
        ...(home === undefined ? {} : { home }),
      });
      if (!answer.ok) return { kind: "failed", trouble: answer.problem };
    }
    await leaveOthers(pushHomes);
    return { kind: "on" };
  } catch (error) {
    // The browser's push service refused: AbortError, NotSupportedError, InvalidStateError...
    if (error instanceof DOMException) return { kind: "cannot" };
    throw error;
  }
}

/**
 * Who hears the pushes of each home: the page's own worker for one of them, which stays the one that it was, and the same
 * worker registered once more for each of the others. A registration has one subscription, and that one key.
 */
async function workersOf(
  main: ServiceWorkerRegistration,
  homes: readonly PushHome[],
): Promise<readonly (() => Promise<ServiceWorkerRegistration>)[]> {
  const present = await main.pushManager.getSubscription();
  const known = homes.findIndex(
    ({ pushKey }) => present !== null && sameBytes(present.options.applicationServerKey, bytesOf(pushKey)),
  );
  const own = Math.max(0, known);
  return homes.map(({ home }, index) => () => {
    if (index === own || home === undefined) return Promise.resolve(main);
    return activeWorker(home);
  });
}

/** A home that one belongs to no more wakes this phone no more. */
async function leaveOthers(homes: readonly PushHome[]): Promise<void> {
  for (const one of await navigator.serviceWorker.getRegistrations()) {
    const { pathname } = new URL(one.scope);
    const isOurs = pathname.startsWith(PUSH_SCOPE);
    if (isOurs && !homes.some(({ home }) => pathname === `${PUSH_SCOPE}${home}/`)) await one.unregister();
  }
}

/** Nothing lies below this path: the registration shows no page, it only hears. */
async function activeWorker(home: string): Promise<ServiceWorkerRegistration> {
  const worker = await navigator.serviceWorker.register("/sw.js", { scope: `${PUSH_SCOPE}${home}/` });
  const coming = worker.installing ?? worker.waiting;
  if (worker.active !== null || coming === null) return worker;
  await new Promise<void>((resolve) => {
    coming.addEventListener("statechange", () => {
      if (coming.state === "activated" || coming.state === "redundant") resolve();
    });
  });
  return worker;
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
