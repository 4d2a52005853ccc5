import type { PushSubscribeRequest } from "../../../src/server/contract.ts";
import { bytesOf } from "../base64url.ts";
import { deviceLabel } from "../device-label.ts";
import { display, type Shown } from "./show.ts";
import { speak } from "./speak.ts";

/** Some browsers never answer where their push service is out of reach. */
const RENEW_MS = 20_000;

/**
 * The browser has thrown the subscription away: makes a new one and tells the server. Where that fails, the family is
 * told now, not on the night when the phone stays silent.
 */
export async function renewSubscription(worker: ServiceWorkerGlobalScope, event: Event): Promise<void> {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), RENEW_MS));
  if (await Promise.race([renewed(worker, event), late])) return;
  const words = await speak(worker);
  const data: Shown = { url: "/", tag: "subscription" };
  await display(worker, words.goneTitle, {
    body: words.goneBody,
    tag: "subscription",
    requireInteraction: true,
    data,
  });
}

async function renewed(worker: ServiceWorkerGlobalScope, event: Event): Promise<boolean> {
  try {
    const key = oldKey(event) ?? (await serverKey());
    if (key === undefined) return false;
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const subscription = await worker.registration.pushManager.subscribe(options);
    const { endpoint, keys } = subscription.toJSON();
    const p256dh = keys?.["p256dh"];
    const auth = keys?.["auth"];
    if (endpoint === undefined || p256dh === undefined || auth === undefined) return false;
    const label = deviceLabel(worker.navigator.userAgent);
    const request: PushSubscribeRequest = { endpoint, p256dh, auth, label };
    const response = await fetch("/api/push", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    return response.ok;
  } catch {
    // Offline, refused, or a browser without a push service: the family is told.
    return false;
  }
}

function oldKey(event: Event): ArrayBuffer | undefined {
  if (!("oldSubscription" in event)) return undefined;
  const old = event.oldSubscription;
  return old instanceof PushSubscription ? (old.options.applicationServerKey ?? undefined) : undefined;
}

async function serverKey(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const me: unknown = await (await fetch("/api/me")).json();
  if (typeof me !== "object" || me === null || !("pushKey" in me)) return undefined;
  return typeof me.pushKey === "string" ? bytesOf(me.pushKey) : undefined;
}
