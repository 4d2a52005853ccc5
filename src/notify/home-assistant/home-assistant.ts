import { HOUR_MS, SECOND_MS } from "../../domain/time.ts";
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
import { createOnce, newMark, readMark } from "../answer-mark.ts";
import { exchange, failureOf, membersOf, NO_ACCESS } from "../exchange.ts";
import { keepListening } from "../listening.ts";
import { answerText } from "../response.ts";
import { createRinging } from "../ringing.ts";
import { answerWithout, cutBytes } from "../text.ts";
import { HOME_ASSISTANT_FORM } from "./form.ts";

/** Apple and Google take 4096 bytes with everything around. */
const TEXT_BYTES = { title: 250, body: 1_500 };
const URL_LENGTH_MAX = 600;
const TIMEOUT_MS = 10 * SECOND_MS;
const SIDE_TIMEOUT_MS = 3 * SECOND_MS;
/** It says "ping" every 50 seconds. */
const QUIET_MS = 120 * SECOND_MS;
/** The newest alarm of an incident can be taken back for so long; longer than anybody follows one. */
const NEWEST_MS = HOUR_MS;
/** Nobody to listen for: looked at again so soon. */
const IDLE_MS = 5 * SECOND_MS;

const PRESSED = "mobile_app_notification_action";
const ACTION = "BREATHWATCH_";

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "partly",
  acknowledges: true,
  endToEndEncrypted: false,
  maxBytes: TEXT_BYTES.body,
  ratePerMinute: 60,
  sounds: "alarm",
};

/**
 * The companion app of Home Assistant: `notify.mobile_app_...` over its REST API, buttons heard in its stream of events
 * (developers.home-assistant.io "REST API", companion.home-assistant.io). Target settings: `service`, `spoken`.
 */
export const homeAssistant: ChannelModule = {
  id: "home-assistant",
  place: "anywhere",
  ...HOME_ASSISTANT_FORM,
  capabilities: CAPABILITIES,
  create: createHomeAssistant,
};

interface Place {
  readonly base: string;
  readonly token: string;
}

function createHomeAssistant(deps: ChannelDeps): Channel {
  const { http, clock, random, access } = deps;
  const ringing = createRinging(clock, NEWEST_MS);

  const notify = ({ base, token }: Place, service: string, body: object, timeoutMs: number) =>
    exchange(http, {
      ...{ method: "POST", url: `${base}/api/services/notify/${service}`, timeoutMs },
      headers: { ...authorized(token), "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(body)),
    });

  return {
    id: homeAssistant.id,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const settings = access();
      if (settings === undefined) return NO_ACCESS;
      const place = placeOf(settings);
      const { service = "", spoken } = target.settings;
      if (typeof place === "string") return { outcome: "refused", detail: place, gone: false };
      if (!isService(service)) {
        return { outcome: "refused", detail: "the phone is not named mobile_app_...", gone: false };
      }
      const isAlarm = message.kind === "alarm";
      const { collapseKey: tag } = message;
      const { reference, mark } = newMark(place.token, `${target.id} ${tag}`, random, clock.wall());
      const action = `${ACTION}${mark}.${tag}`;
      const body = message.kind === "closed" ? clearing(tag) : bodyOf(message, action);
      const about = `${target.id} ${tag}`;
      // From here on a late cancel would take away what is said in the alarm's place.
      if (!isAlarm) ringing.ended(about);
      const said = await notify(place, service, body, TIMEOUT_MS);
      if ("failed" in said) return said.failed;
      const result = resultOf(
        answerWithout(said.response, [place.token]),
        isAlarm ? `${reference}.${tag}` : "",
        clock,
      );
      if (result.outcome === "accepted" && isAlarm) ringing.started(about, result.reference);
      if (result.outcome === "accepted" && isLoud(message) && spoken === "yes") {
        await notify(place, service, speaking(message), SIDE_TIMEOUT_MS);
      }
      return result;
    },
    service: () => serviceOf(serverBase(access()?.["server"] ?? "") ?? ""),
    async cancel(target, reference) {
      const place = placeOf(access() ?? {});
      const { service = "" } = target.settings;
      const [, tag = ""] = /^[^.]+\.([A-Za-z0-9_-]{1,32})$/.exec(reference) ?? [];
      const about = `${target.id} ${tag}`;
      // Each repeat took the place of the one before: only the newest stands there.
      if (typeof place === "string" || !isService(service) || ringing.of(about) !== reference) return;
      ringing.ended(about);
      await notify(place, service, clearing(tag), SIDE_TIMEOUT_MS);
    },
    listen(targets, onAnswer, signal) {
      const once = createOnce();
      const read = (line: string, { token }: Place): void => {
        const [mark = "", tag = ""] = pressedIn(line)?.split(".") ?? [];
        for (const { id } of targets()) {
          const made = readMark(token, `${id} ${tag}`, mark, clock.wall());
          const reference = `${made}.${tag}`;
          if (made === undefined || !once.isNew(reference)) continue;
          onAnswer({ target: id, reference })?.catch(() => undefined);
        }
      };
      return keepListening(deps, homeAssistant.id, () => hear(deps, targets, read, signal), signal);
    },
  };
}

/** One connection to the stream of events, until it ends or the home's settings are others. */
async function hear(
  { http, access }: ChannelDeps,
  targets: () => readonly ChannelTarget[],
  read: (line: string, place: Place) => void,
  signal: AbortSignal,
): Promise<number> {
  const place = placeOf(access() ?? {});
  if (typeof place === "string" || targets().length === 0) return IDLE_MS;
  const changed = new AbortController();
  const url = `${place.base}/api/stream?restrict=${PRESSED}`;
  await http.lines(
    { method: "GET", url, headers: authorized(place.token) },
    (line) => {
      const now = placeOf(access() ?? {});
      const isSame = typeof now !== "string" && now.base === place.base && now.token === place.token;
      if (isSame) read(line, place);
      else changed.abort();
    },
    { quietMs: QUIET_MS, signal: AbortSignal.any([signal, changed.signal]) },
  );
  if (signal.aborted || changed.signal.aborted) return 0;
  throw new Error("Home Assistant closed the line");
}

const authorized = (token: string) => ({ authorization: `Bearer ${token}` });

const isService = (service: string): boolean => /^mobile_app_[a-z0-9_]{1,80}$/.test(service);

/** Where the house's Home Assistant is, or why it cannot be used. */
function placeOf({ server = "", token = "" }: ChannelTarget["settings"]): Place | string {
  const base = serverBase(server);
  if (base === undefined) return "Home Assistant's address is not https (http is allowed only in the house)";
  if (!/^[A-Za-z0-9._-]{20,500}$/.test(token)) return "the token is none of Home Assistant's";
  return { base, token };
}

/** The mark on the button that was pressed, in a line of the stream: `data: {"event_type": ..., "data": {...}}`. */
function pressedIn(line: string): string | undefined {
  if (!line.startsWith("data:")) return undefined;
  const { event_type: type, data } = membersOf(line.slice("data:".length));
  const action = typeof data === "object" && data !== null && "action" in data ? data.action : undefined;
  if (type !== PRESSED || typeof action !== "string" || !action.startsWith(ACTION)) return undefined;
  return action.slice(ACTION.length);
}

const isLoud = ({ kind, priority }: ChannelMessage): boolean => kind === "alarm" && priority !== "low";

const clearing = (tag: string): object => ({ message: "clear_notification", data: { tag } });

function speaking(message: ChannelMessage): object {
  const text = cutBytes(`${message.title}. ${message.body}`, TEXT_BYTES.body);
  return {
    message: "TTS",
    data: { ttl: 0, priority: "high", media_stream: "alarm_stream_max", tts_text: text },
  };
}

/** What iPhones look at (`push`) and what Androids look at stand side by side; each ignores the other's. */
function bodyOf(message: ChannelMessage, action: string): object {
  const { kind, url, language, collapseKey } = message;
  const body = cutBytes(message.body, TEXT_BYTES.body);
  return {
    title: cutBytes(message.title, TEXT_BYTES.title),
    // These words are commands to the app.
    message: /^(?:clear_notification|command_|remove_channel|TTS$|delete_alert|request_|update_)/.test(body)
      ? ` ${body}`
      : body,
    data: {
      ...{ tag: collapseKey, group: "breathwatch", ...urgencyOf(message) },
      ...(url.length <= URL_LENGTH_MAX ? { url, clickAction: url } : {}),
      ...(kind === "alarm"
        ? { actions: [{ action, title: wordsIn(language).push.acknowledge, authenticationRequired: false }] }
        : {}),
    },
  };
}

function urgencyOf(message: ChannelMessage): object {
  if (isLoud(message)) {
    const volume = message.priority === "high" ? 1 : 0.7;
    return {
      push: { sound: { name: "default", critical: 1, volume }, "interruption-level": "critical" },
      ...{ ttl: 0, priority: "high", channel: "alarm_stream" },
    };
  }
  if (message.kind === "alarm") {
    return {
      push: { "interruption-level": "time-sensitive" },
      ...{ ttl: 0, priority: "high", channel: "Breathwatch", importance: "high" },
    };
  }
  // A new channel: Android keeps the importance that a channel had first.
  const quiet = { channel: "Breathwatch quiet", importance: "low" };
  return { push: { sound: "none", "interruption-level": "passive" }, ...quiet };
}

/** A service call that worked is answered with the states that it changed: a list. */
function resultOf(response: HttpResponse, reference: string, clock: Clock): SendResult {
  const detail = `Home Assistant ${answerText(response)}`;
  if (response.status === 200 && /^\s*\[/.test(response.body)) return { outcome: "accepted", reference };
  // While it starts it knows neither the phone (400) nor the service (404).
  if (response.status < 300 || response.status === 400 || response.status === 404) {
    return { outcome: "failed", detail };
  }
  return failureOf("Home Assistant", response, clock);
}
