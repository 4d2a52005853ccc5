import { fill } from "../../../src/words/template.ts";
import { display, type Shown } from "./show.ts";
import { speak, type WorkerWords } from "./speak.ts";

const TIMEOUT_MS = 10_000;
/** The server's word for: this alarm is over. */
const CONFLICT = 409;

/** "I'm going", from the locked screen: posts it and shows whether it arrived. Never leaves the tapper in doubt. */
export async function acknowledge(
  worker: ServiceWorkerGlobalScope,
  notification: Notification,
): Promise<void> {
  const shown = shownOf(notification);
  notification.close();
  const words = await speak(worker);
  const data: Shown = shown;
  const { acknowledgeUrl } = shown;
  const result = acknowledgeUrl === undefined ? undefined : await post(acknowledgeUrl);
  if (result?.ok === true && acknowledgeUrl !== undefined && isRelay(worker, acknowledgeUrl)) {
    // A letter box took it, not the box at home: whether that has heard it shows by the ringing alone.
    await display(worker, words.sentTitle, { body: words.sentBody, tag: shown.tag, data, silent: true });
    return;
  }
  if (shown.check !== undefined && (result?.ok === true || result?.status === CONFLICT)) {
    const { check } = words;
    const done = shown.check === "loud" ? check.loudDoneTitle : check.doneTitle;
    const [title, body] = result.ok ? [done, check.doneBody] : [check.overTitle, check.overBody];
    // What is tapped from here on opens the page: it has been answered.
    const { check: _answered, acknowledgeUrl: _used, ...rest } = data;
    await display(worker, title, { body, tag: shown.tag, data: rest, silent: true });
    return;
  }
  if (result?.ok === true) {
    const title = result.by === undefined ? words.takenTitle : fill(words.takenByTitle, { name: result.by });
    await display(worker, title, { body: words.takenBody, tag: shown.tag, data, silent: true });
    return;
  }
  if (result?.status === CONFLICT) {
    await display(worker, words.closedTitle, { body: words.body, tag: shown.tag, data, silent: true });
    return;
  }
  const refused = result?.code === undefined ? undefined : refusals(words)[result.code];
  if (refused !== undefined) {
    // Its button answers nothing any more: what is tapped from here on opens the page.
    const { acknowledgeUrl: _old, ...rest } = data;
    const stays = { requireInteraction: true, renotify: true };
    await display(worker, refused.title, { body: refused.body, tag: shown.tag, data: rest, ...stays });
    return;
  }
  const ofCheck = shown.check !== undefined;
  await display(worker, ofCheck ? words.check.notTakenTitle : words.notTakenTitle, {
    body: ofCheck ? words.check.notTakenBody : words.notTakenBody,
    tag: shown.tag,
    data,
    requireInteraction: true,
    renotify: true,
    actions: [{ action: "acknowledge", title: shown.acknowledgeLabel ?? words.acknowledge }],
  });
}

/** What is said where the alarm goes on and this message's answer does not count, by the problem's code. */
const refusals = (
  words: WorkerWords,
): { readonly [code: string]: { readonly title: string; readonly body: string } } => ({
  ALARM_WORSE: { title: words.worseTitle, body: words.worseBody },
  ANSWER_OLD: { title: words.oldTitle, body: words.oldBody },
});

/** A tap on the notification: the page that is open comes to the front, else one is opened. */
export async function openPage(worker: ServiceWorkerGlobalScope, notification: Notification): Promise<void> {
  const { url } = shownOf(notification);
  notification.close();
  const target = new URL(url, worker.location.origin);
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = windows.find((client) => new URL(client.url).pathname === target.pathname);
  if (open === undefined) await worker.clients.openWindow(target.href);
  else await open.focus();
}

/** Of a check: whoever taps on it, wherever, has heard it. */
export function isCheck(notification: Notification): boolean {
  const { check, acknowledgeUrl } = shownOf(notification);
  return check !== undefined && acknowledgeUrl !== undefined;
}

const isRelay = (worker: ServiceWorkerGlobalScope, url: string): boolean =>
  new URL(url, worker.location.origin).origin !== worker.location.origin;

interface PostResult {
  readonly ok: boolean;
  readonly status: number;
  readonly by?: string;
  /** Of the problem that it was refused with. */
  readonly code?: string;
}

/** Undefined when there was no answer. */
async function post(url: string): Promise<PostResult | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method: "POST", signal, headers: { accept: "application/json" } });
    const answer: unknown = await response.json().catch(() => undefined);
    const by = response.ok ? textIn(answer, "by") : undefined;
    const code = response.ok ? undefined : textIn(answer, "code");
    return {
      ...{ ok: response.ok, status: response.status },
      ...(by === undefined ? {} : { by }),
      ...(code === undefined ? {} : { code }),
    };
  } catch {
    // Whatever the browser calls it: nobody has heard.
    return undefined;
  }
}

function textIn(answer: unknown, name: "by" | "code"): string | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const fields: { readonly [name: string]: unknown } = { ...answer };
  const text = fields[name];
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** What was kept with the notification; one without it opens the caregiver's page. */
function shownOf(notification: Notification): Shown {
  const data: unknown = notification.data;
  if (typeof data !== "object" || data === null) return { url: "/", tag: notification.tag };
  const fields: { readonly [name: string]: unknown } = { ...data };
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : undefined);
  const acknowledgeUrl = text("acknowledgeUrl");
  const acknowledgeLabel = text("acknowledgeLabel");
  const check = text("check");
  return {
    url: text("url") ?? "/",
    tag: notification.tag,
    ...(acknowledgeUrl === undefined ? {} : { acknowledgeUrl }),
    ...(acknowledgeLabel === undefined ? {} : { acknowledgeLabel }),
    ...(check === "quiet" || check === "loud" ? { check } : {}),
  };
}
