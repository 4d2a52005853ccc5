import type { PushPayload } from "../../../src/server/contract.ts";
import { speak, type WorkerWords } from "./speak.ts";

/** Kept with a notification, for when it is tapped. */
export interface Shown {
  readonly url: string;
  readonly tag: string;
  readonly acknowledgeUrl?: string;
  readonly acknowledgeLabel?: string;
  /** Of an evening check or a loud drill: any tap is the answer. */
  readonly check?: "quiet" | "loud";
}

/** Not in every browser's list of options, and passed over where it is not. */
interface Options extends NotificationOptions {
  readonly renotify?: boolean;
  readonly vibrate?: readonly number[];
  readonly actions?: readonly { readonly action: string; readonly title: string }[];
  readonly data: Shown;
}

const ICON = "/icons/icon-192.png";
const BADGE = "/icons/badge.png";
const VIBRATION = [400, 150, 400, 150, 400, 600, 400, 150, 400];

/**
 * Shows a push. One that cannot be read is shown too: an alarm that this worker is too old for is still an alarm, and
 * phones take the permission away from pages that get pushes and show nothing.
 */
export async function showPush(worker: ServiceWorkerGlobalScope, text: string | undefined): Promise<void> {
  const words = await speak(worker);
  const payload = readPayload(text);
  if (payload === undefined) {
    await display(worker, words.unreadableTitle, {
      body: words.unreadableBody,
      tag: "unreadable",
      requireInteraction: true,
      renotify: true,
      vibrate: VIBRATION,
      data: { url: "/", tag: "unreadable" } satisfies Shown,
    });
    return;
  }
  await display(worker, marked(payload, words), optionsOf(payload, words));
  if (payload.receiptUrl !== undefined) await sendReceipt(worker, payload.receiptUrl);
}

/** Shows a notification; if the browser refuses an option, without options rather than not at all. */
export async function display(
  worker: ServiceWorkerGlobalScope,
  title: string,
  options: Options,
): Promise<void> {
  const { lang } = await speak(worker);
  const common = { icon: ICON, badge: BADGE, lang };
  try {
    await worker.registration.showNotification(title, { ...common, ...options });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { body, tag, data } = options;
    await worker.registration.showNotification(title, {
      ...(body === undefined ? {} : { body }),
      ...(tag === undefined ? {} : { tag }),
      data,
    });
  }
}

/** An alarm rings and stays; an update or the end takes its place quietly. */
function optionsOf(payload: PushPayload, words: WorkerWords): Options {
  const { tag, url, body } = payload;
  const alarm = payload.kind === "alarm";
  const data: Shown = {
    url,
    tag,
    ...(payload.acknowledgeUrl === undefined ? {} : { acknowledgeUrl: payload.acknowledgeUrl }),
    ...(payload.acknowledgeLabel === undefined ? {} : { acknowledgeLabel: payload.acknowledgeLabel }),
    ...(payload.check === undefined ? {} : { check: payload.check }),
  };
  const isQuiet = payload.check === "quiet";
  const title = payload.acknowledgeLabel ?? words.acknowledge;
  return {
    body,
    tag,
    data,
    silent: !alarm,
    requireInteraction: alarm && payload.priority !== "low",
    ...(alarm ? { renotify: true } : {}),
    // An evening check sounds and shakes as any message does.
    ...(alarm && !isQuiet ? { vibrate: VIBRATION } : {}),
    ...(alarm && payload.acknowledgeUrl !== undefined
      ? {
          actions: [
            { action: "acknowledge", title },
            ...(payload.check === undefined ? [{ action: "open", title: words.open }] : []),
          ],
        }
      : {}),
  };
}

/**
 * The marks of law 7 and of a drill stand first, unless the title already carries them: that of an evening check says by
 * itself that it is one, and shows nothing that was simulated.
 */
function marked(payload: PushPayload, words: WorkerWords): string {
  if (payload.check === "quiet") return payload.title;
  const marks = [payload.drill ? words.drill : undefined, payload.simulated ? words.simulated : undefined];
  const missing = marks.filter((mark) => mark !== undefined && !payload.title.includes(mark));
  return [...missing, payload.title].join(" · ");
}

/**
 * Says that it was shown, at the address by which this phone came to its page: the configured name may be another one, and
 * a worker may ask no other. Nobody waits for it: a receipt that is lost changes what pages show and nothing else.
 */
async function sendReceipt(worker: ServiceWorkerGlobalScope, url: string): Promise<void> {
  const { pathname } = new URL(url, worker.location.origin);
  await fetch(pathname, { method: "POST", keepalive: true }).catch(() => undefined);
}

function readPayload(text: string | undefined): PushPayload | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isPayload(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isPayload(value: unknown): value is PushPayload {
  if (typeof value !== "object" || value === null) return false;
  const fields: { readonly [name: string]: unknown } = { ...value };
  const texts = ["title", "body", "tag", "url", "kind"].map((name) => fields[name]);
  return texts.every((text) => typeof text === "string" && text !== "") && isKind(fields["kind"]);
}

const isKind = (kind: unknown): boolean => kind === "alarm" || kind === "update" || kind === "closed";
