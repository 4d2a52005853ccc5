import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  ChannelTarget,
  SendResult,
} from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import type { HttpResponse } from "../../port/http.ts";
import { wordsIn } from "../../words/index.ts";
import { serverBase, serviceOf } from "../address.ts";
import { createCallLimits } from "../call-limits.ts";
import { exchange, failureOf, membersOf, NO_ACCESS, postJson } from "../exchange.ts";
import { answerText, retryAfterMs } from "../response.ts";
import { createRinging } from "../ringing.ts";
import { answerWithout, cutBytes } from "../text.ts";
import { NTFY_FORM, NTFY_SERVER } from "./form.ts";

/** A message of more than 4096 bytes becomes a file to download; the whole of the JSON may be twice as long. */
const TEXT_BYTES = { title: 250, body: 3_000 };
const URL_LENGTH_MAX = 1_000;
const CLEAR_TIMEOUT_MS = 3 * SECOND_MS;

/** The public server: 60 requests at once, then one every 5 seconds. What five minutes give is never refused there. */
const BURST = { most: 60, withinMs: 5 * MINUTE_MS };
const REFILL_MS = 5 * SECOND_MS;

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "setting",
  mainlandChina: "partly",
  acknowledges: true,
  endToEndEncrypted: false,
  maxBytes: TEXT_BYTES.body,
  ratePerMinute: 12,
  sounds: "alarm",
  // Android alone, the app from F-Droid, over a server of one's own (README).
  mainlandOn: ["android"],
};

/** ntfy's: 5 sounds and vibrates for long, 4 pops up, 3 as any other, 2 is silent. */
const PRIORITY = { high: 5, medium: 5, low: 3 } as const;
const QUIET = 2;

/**
 * ntfy, an app that shows what is posted to a topic of a server (docs.ntfy.sh, "Publish as JSON", "Updating + deleting
 * notifications" from 2.16 on). Target settings: `topic`.
 */
export const ntfy: ChannelModule = {
  id: "ntfy",
  place: "anywhere",
  ...NTFY_FORM,
  capabilities: CAPABILITIES,
  create: createNtfy,
};

interface Place {
  readonly base: string;
  readonly topic: string;
  readonly headers: { readonly [name: string]: string };
  readonly secrets: readonly string[];
}

function createNtfy({ http, clock, access }: ChannelDeps): Channel {
  const limits = createCallLimits(clock, [BURST]);
  const ringing = createRinging(clock, HOUR_MS);

  /** A server of one's own has limits of its own, and answers 429 by itself. */
  const count = (base: string): void => {
    if (base === NTFY_SERVER) limits.note(base);
  };

  /** Takes a notification off the screens and ends its sound. Servers before 2.16 do not know how. */
  const clear = async ({ base, topic, headers }: Place, sequence: string): Promise<void> => {
    const url = `${base}/${topic}/${sequence}/clear`;
    if (limits.waitMs(base) > 0) return;
    count(base);
    await exchange(http, { method: "PUT", url, headers, timeoutMs: CLEAR_TIMEOUT_MS });
  };

  return {
    id: ntfy.id,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const settings = access();
      if (settings === undefined) return NO_ACCESS;
      const place = placeOf(settings, target);
      if (typeof place === "string") return { outcome: "refused", detail: place, gone: false };
      const about = `${target.id} ${message.collapseKey}`;
      // From here on a late cancel would take away what is said in the alarm's place.
      if (message.kind !== "alarm") ringing.ended(about);
      // An alarm that keeps sounding until somebody touches it ends here; what follows takes its place in silence.
      if (message.kind === "closed") await clear(place, message.collapseKey);
      const waitMs = limits.waitMs(place.base);
      if (waitMs > 0) {
        return { outcome: "failed", detail: "the ntfy server takes no more for now", retryAfterMs: waitMs };
      }
      count(place.base);
      const said = await postJson(http, place.base, bodyOf(place.topic, message), place.headers);
      if ("failed" in said) return said.failed;
      const result = resultOf(answerWithout(said.response, place.secrets), message, clock);
      if (result.outcome === "accepted" && message.kind === "alarm") ringing.started(about, result.reference);
      return result;
    },
    service: () => serviceOf(serverBase(access()?.["server"] ?? NTFY_SERVER) ?? ""),
    async cancel(target, reference) {
      const settings = access();
      const place = settings === undefined ? "" : placeOf(settings, target);
      const about = `${target.id} ${reference}`;
      if (typeof place === "string" || ringing.of(about) !== reference) return;
      ringing.ended(about);
      await clear(place, reference);
    },
  };
}

/** Where a target is, or why it cannot be used. */
function placeOf(settings: ChannelTarget["settings"], target: ChannelTarget): Place | string {
  const base = serverBase(settings["server"] ?? NTFY_SERVER);
  const { topic = "" } = target.settings;
  const { token = "" } = settings;
  if (base === undefined) return "the server's address is not https (http is allowed only in the house)";
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(topic)) return "the topic is not 1 to 64 letters and digits long";
  if (!/^[A-Za-z0-9_]*$/.test(token)) return "the token is none of ntfy's";
  const headers: Place["headers"] = token === "" ? {} : { authorization: `Bearer ${token}` };
  return { base, topic, headers, secrets: [topic, token] };
}

function bodyOf(topic: string, message: ChannelMessage): object {
  const { kind, acknowledgeUrl, url } = message;
  const isAlarm = kind === "alarm";
  const asks = isAlarm && acknowledgeUrl !== undefined && acknowledgeUrl.length <= URL_LENGTH_MAX;
  return {
    topic,
    title: cutBytes(message.title, TEXT_BYTES.title),
    message: cutBytes(message.body, TEXT_BYTES.body),
    priority: isAlarm ? PRIORITY[message.priority] : QUIET,
    tags: [isAlarm ? (message.priority === "low" ? "bell" : "rotating_light") : "white_check_mark"],
    ...(url.length <= URL_LENGTH_MAX ? { click: url } : {}),
    sequence_id: message.collapseKey,
    ...(asks
      ? {
          actions: [
            {
              ...{ action: "http", label: wordsIn(message.language).push.acknowledge, url: acknowledgeUrl },
              ...{ method: "POST", clear: true },
            },
          ],
        }
      : {}),
  };
}

/** Errors are `{"code": 42901, "http": 429, "error": "..."}`. */
function resultOf(response: HttpResponse, message: ChannelMessage, clock: Clock): SendResult {
  const { id, event } = membersOf(response.body);
  if (response.status === 200 && typeof id === "string" && event === "message") {
    return { outcome: "accepted", reference: message.collapseKey };
  }
  const detail = `the ntfy server ${answerText(response)}`;
  if (response.status < 300) return { outcome: "failed", detail };
  if (response.status === 429) {
    return { outcome: "failed", detail, retryAfterMs: retryAfterMs(response, clock.wall()) ?? REFILL_MS };
  }
  return failureOf("the ntfy server", response, clock);
}
