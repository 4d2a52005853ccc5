import { createHash } from "node:crypto";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  ChannelTarget,
  Receipt,
  SendResult,
} from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import type { HttpResponse } from "../../port/http.ts";
import { answerAddress } from "../address.ts";
import { createCallLimits } from "../call-limits.ts";
import { exchange, failureOf, membersOf, NO_ACCESS, postForm } from "../exchange.ts";
import { answerText, headerOf } from "../response.ts";
import { createRinging } from "../ringing.ts";
import { answerWithout, cleanName, cutCharacters } from "../text.ts";
import { PUSHOVER_FORM } from "./form.ts";

const API = "https://api.pushover.net/1";
/** Characters, as its documentation counts. */
const LENGTH_MAX = { title: 250, message: 1_024, url: 512 };
/** The shortest time between two rings that it allows, and how long it goes on without us. */
const RETRY_SECONDS = 30;
const EXPIRE_SECONDS = 600;
/** A receipt may be asked for once in five seconds. */
const POLL = { most: 1, withinMs: 5 * SECOND_MS };
const SOON_MS = 5 * SECOND_MS;
const SIDE_TIMEOUT_MS = 4 * SECOND_MS;

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "partly",
  acknowledges: true,
  endToEndEncrypted: false,
  maxBytes: LENGTH_MAX.message,
  ratePerMinute: 60,
  sounds: "alarm",
};

/**
 * Pushover (pushover.net/api, /api/receipts): a high alarm is an "emergency" that rings every 30 seconds until
 * somebody answers on the phone. Target settings: `user`, `device`, `sound`.
 */
export const pushover: ChannelModule = {
  id: "pushover",
  place: "anywhere",
  ...PUSHOVER_FORM,
  capabilities: CAPABILITIES,
  create: createPushover,
};

function createPushover({ http, clock, access }: ChannelDeps): Channel {
  const polls = createCallLimits(clock, [POLL]);
  // The last half minute is left out, so that one emergency never ends before the next has begun.
  const ringing = createRinging(clock, EXPIRE_SECONDS * SECOND_MS - MINUTE_MS / 2);

  const post = (path: string, token: string) =>
    exchange(http, {
      ...{ method: "POST", url: `${API}${path}`, timeoutMs: SIDE_TIMEOUT_MS },
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: Buffer.from(new URLSearchParams({ token }).toString()),
    });

  const poll = async (target: ChannelTarget, reference: string): Promise<Receipt> => {
    const { token = "" } = access() ?? {};
    if (!isReceipt(reference)) return { state: "over", detail: "only an emergency has a receipt" };
    if (token === "" || polls.waitMs(reference) > 0) return WAITING;
    polls.note(reference);
    const url = `${API}/receipts/${reference}.json?token=${encodeURIComponent(token)}`;
    const said = await exchange(http, { method: "GET", url, headers: {}, timeoutMs: SIDE_TIMEOUT_MS });
    const receipt = "failed" in said ? WAITING : receiptOf(said.response, target);
    if (!isRinging(receipt)) ringing.answered(reference);
    return receipt;
  };

  return {
    id: pushover.id,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const settings = access();
      if (settings === undefined) return NO_ACCESS;
      const { token = "" } = settings;
      const problem = problemOf(token, target);
      if (problem !== undefined) return { outcome: "refused", detail: problem, gone: false };
      const tag = tagOf(target, message);
      const isEmergency = message.kind === "alarm" && message.priority === "high";
      const rings = isEmergency ? ringing.of(tag) : undefined;
      // Somebody may have silenced it there without our hearing of it: only what still rings stands for this alarm.
      if (rings !== undefined && isRinging(await poll(target, rings))) {
        return { outcome: "accepted", reference: rings };
      }
      if (message.kind !== "alarm") {
        // By its tag also what an earlier run of this program started.
        ringing.ended(tag);
        await post(`/receipts/cancel_by_tag/${tag}.json`, token);
      }
      const said = await postForm(http, `${API}/messages.json`, fieldsOf(token, target, message, tag));
      if ("failed" in said) return said.failed;
      const { user = "" } = target.settings;
      const result = resultOf(answerWithout(said.response, [token, user]), isEmergency, clock);
      if (isEmergency && result.outcome === "accepted") ringing.started(tag, result.reference);
      return result;
    },
    service: () => "https://api.pushover.net/",
    poll,
    async cancel(_target, reference) {
      const { token = "" } = access() ?? {};
      ringing.answered(reference);
      if (token !== "" && isReceipt(reference)) await post(`/receipts/${reference}/cancel.json`, token);
    },
  };
}

const WAITING: Receipt = { state: "waiting" };

/** What cannot be learned rings on: it does so at Pushover, whatever becomes of our connection. */
const isRinging = ({ state }: Receipt): boolean => state === "waiting" || state === "reached";

const isReceipt = (reference: string): boolean => /^[A-Za-z0-9]{30}$/.test(reference);

function problemOf(token: string, { settings }: ChannelTarget): string | undefined {
  if (!/^[A-Za-z0-9]{30}$/.test(token)) return "the API token is not 30 letters and digits long";
  if (!/^[A-Za-z0-9]{30}$/.test(settings["user"] ?? ""))
    return "the user key is not 30 letters and digits long";
  return undefined;
}

/** Names an incident on one target, so that what rings can be ended without its receipt. */
function tagOf(target: ChannelTarget, { collapseKey }: ChannelMessage): string {
  const suffix = createHash("sha256").update(target.id).digest("hex").slice(0, 12);
  return `${collapseKey}-${suffix}`;
}

function fieldsOf(
  token: string,
  target: ChannelTarget,
  message: ChannelMessage,
  tag: string,
): { readonly [name: string]: string } {
  const { user = "", device = "", sound = "siren" } = target.settings;
  const body = cutCharacters(message.body, LENGTH_MAX.message);
  return {
    token,
    user,
    ...(device === "" ? {} : { device }),
    title: cutCharacters(message.title, LENGTH_MAX.title),
    // A message without a text is refused.
    message: body.trim() === "" ? "-" : body,
    ...(message.url.length <= LENGTH_MAX.url ? { url: message.url } : {}),
    ...urgencyOf(message, sound, tag),
    ...callbackOf(target, message),
  };
}

function urgencyOf(message: ChannelMessage, sound: string, tag: string): { readonly [name: string]: string } {
  const ttl = String(Math.max(1, Math.round(message.ttlSeconds)));
  if (message.kind !== "alarm") return { priority: "-1", ttl };
  const named = sound === "" ? {} : { sound };
  if (message.priority === "medium") return { priority: "1", ttl, ...named };
  if (message.priority === "low") return { priority: "0", ttl };
  const [retry, expire] = [String(RETRY_SECONDS), String(EXPIRE_SECONDS)];
  return { priority: "2", retry, expire, tags: tag, ...named };
}

/**
 * Where Pushover tells at once that somebody answered; the receipt says the same within five seconds. Not under a group's key
 * ("g..."): there the receipt alone says who it was.
 */
function callbackOf({ settings }: ChannelTarget, message: ChannelMessage): { readonly callback?: string } {
  const isEmergency = message.kind === "alarm" && message.priority === "high";
  const callback = answerAddress(message)?.href;
  const isOne = settings["user"]?.startsWith("u") === true;
  return isEmergency && isOne && callback !== undefined && callback.length <= LENGTH_MAX.url
    ? { callback }
    : {};
}

/** `{"status": 1, "request": "...", "receipt": "..."}`, or `{"status": 0, "user": "invalid", "errors": ["..."]}`. */
function resultOf(response: HttpResponse, isEmergency: boolean, clock: Clock): SendResult {
  const { status, receipt, user, errors } = membersOf(response.body);
  const detail = `Pushover ${answerText(response)}`;
  if (response.status === 200 && status === 1) {
    if (!isEmergency) return { outcome: "accepted", reference: "" };
    if (typeof receipt === "string" && isReceipt(receipt)) return { outcome: "accepted", reference: receipt };
    return { outcome: "failed", detail };
  }
  if (response.status < 300) return { outcome: "failed", detail };
  if (response.status === 429)
    return { outcome: "failed", detail, retryAfterMs: untilReset(response, clock) };
  const isUnknown = user === "invalid" || /user (?:identifier|key) is/i.test(JSON.stringify(errors ?? ""));
  if (response.status === 400 && isUnknown) return { outcome: "refused", detail, gone: true };
  const failure = failureOf("Pushover", response, clock);
  // After a 5xx it wants at least five seconds.
  return failure.outcome === "failed" ? { retryAfterMs: SOON_MS, ...failure } : failure;
}

/** The month's messages are used up until then; seconds since 1970. */
function untilReset(response: HttpResponse, clock: Clock): number {
  const reset = Number(headerOf(response, "x-limit-app-reset") ?? Number.NaN);
  return Number.isFinite(reset) ? Math.max(SOON_MS, reset * SECOND_MS - clock.wall()) : SOON_MS;
}

function receiptOf(response: HttpResponse, target: ChannelTarget): Receipt {
  const fields = membersOf(response.body);
  if (response.status === 404 || (response.status === 400 && fields["status"] === 0)) {
    return { state: "over", detail: "Pushover does not know this receipt" };
  }
  if (response.status !== 200 || fields["status"] !== 1) return WAITING;
  if (fields["acknowledged"] === 1) {
    // A group's key: the name of the device is all that says who. Else it is the owner of the target.
    const isOwner = fields["acknowledged_by"] === target.settings["user"];
    const by = isOwner ? undefined : cleanName(fields["acknowledged_by_device"]);
    return { state: "acknowledged", ...(by === undefined ? {} : { by }) };
  }
  if (fields["expired"] === 1) return { state: "over", detail: "nobody answered before it expired" };
  const { last_delivered_at: delivered } = fields;
  return typeof delivered === "number" && delivered > 0 ? { state: "reached" } : WAITING;
}
