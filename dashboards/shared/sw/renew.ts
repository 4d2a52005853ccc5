import type { PushSubscribeRequest } from "../../../src/server/contract.ts";
import { bytesOf } from "../base64url.ts";
import { deviceLabel } from "../device-label.ts";
import { PUSH_SCOPE } from "../push-scope.ts";
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
    const home = homeOf(worker);
    const key = oldKey(event) ?? (await serverKey(home));
    if (key === undefined) return false;
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const subscription = await worker.registration.pushManager.subscribe(options);
    const { endpoint, keys } = subscription.toJSON();
    const p256dh = keys?.["p256dh"];
    const auth = keys?.["auth"];
    if (endpoint === undefined || p256dh === undefined || auth === undefined) return false;
    const label = deviceLabel(worker.navigator.userAgent);
    const request: PushSubscribeRequest = {
      ...{ endpoint, p256dh, auth, label },
      ...(home === undefined ? {} : { home }),
    };
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

/** The home whose pushes alone this registration hears; undefined: the page's own. */
function homeOf(worker: ServiceWorkerGlobalScope): string | undefined {
  const { pathname } = new URL(worker.registration.scope);
  return pathname.startsWith(PUSH_SCOPE) ? pathname.slice(PUSH_SCOPE.length).replace(/\/$/, "") : undefined;
}

async function serverKey(home: string | undefined): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const me: unknown = await (await fetch("/api/me")).json();
  if (typeof me !== "object" || me === null || !("pushKey" in me)) return undefined;
  const several: unknown = "pushHomes" in me ? me.pushHomes : undefined;
  const own: unknown = Array.isArray(several)
    ? several.find(
        (one: unknown) => typeof one === "object" && one !== null && "home" in one && one.home === home,
      )
    : undefined;
  const found = typeof own === "object" && own !== null && "pushKey" in own ? own.pushKey : me.pushKey;
  return typeof found === "string" ? bytesOf(found) : undefined;
}
