import { MINUTE_MS } from "../../domain/time.ts";
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
import { createCallLimits } from "../call-limits.ts";
import { membersOf, NO_ACCESS } from "../exchange.ts";
import { type Account, type Asked, accountOf, createTwilioApi, isIn } from "./api.ts";
import { spokenTwiml } from "./spoken.ts";
import { ACCESS_FIELDS, STEPS, SUMMARY, TARGET_FIELDS } from "./texts.ts";

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "partly",
  acknowledges: true,
  endToEndEncrypted: false,
  maxBytes: 1_600,
  // One call a second and account; one text a second and number.
  ratePerMinute: 60,
  sounds: "call",
  phones: ["iphone", "android", "harmonyos", "telephone"],
  onlyAlarms: true,
};

const PHONE = /^\+[1-9]\d{6,14}$/;
/** How long a phone rings. */
const RING_SECONDS = 30;
/** No call of ours is longer: three times the sentence. */
const CALL_SECONDS = 120;
const TEXT_MAX = 1_000;
const TEXTS_OF_INCIDENT = [{ most: 1, withinMs: 2 * MINUTE_MS }];
const TEXTS_OF_NUMBER = [{ most: 20, withinMs: 60 * MINUTE_MS }];
const CALLS_MAX = 200;
const ACCEPTED: SendResult = { outcome: "accepted", reference: "" };
/** Twilio's own identifiers: letters, and hex. */
const REFERENCE = /^(?:CA|SM|MM)[0-9a-f]{32}$/;

/** Voice calls with a spoken sentence and an answer by key, and texts, through Twilio. */
export const twilio: ChannelModule = {
  id: "twilio",
  name: { en: "Twilio", "zh-Hans": "Twilio", "zh-Hant": "Twilio" },
  summary: SUMMARY,
  place: "anywhere",
  access: ACCESS_FIELDS,
  target: TARGET_FIELDS,
  steps: STEPS,
  capabilities: CAPABILITIES,
  create: createTwilio,
};

export function createTwilio({ http, clock, log, access }: ChannelDeps): Channel {
  const api = createTwilioApi(http, clock);
  const ofIncident = createCallLimits(clock, TEXTS_OF_INCIDENT);
  const ofNumber = createCallLimits(clock, TEXTS_OF_NUMBER);
  /** The newest call to each number about each incident. */
  const calls = new Map<string, string>();

  const remember = (about: string, call: string): void => {
    calls.delete(about);
    calls.set(about, call);
    const oldest = calls.keys().next().value;
    if (calls.size > CALLS_MAX && oldest !== undefined) calls.delete(oldest);
  };

  const call = async (
    account: Account,
    target: ChannelTarget,
    message: ChannelMessage,
  ): Promise<SendResult> => {
    const { phone = "" } = target.settings;
    const about = `${phone} ${message.collapseKey}`;
    const known = calls.get(about);
    // A second call to somebody who is being called would only be busy.
    if (known !== undefined && isGoingOn(await stateOf(account, known))) {
      return { outcome: "accepted", reference: known };
    }
    const asked = await api.post(account, "Calls.json", {
      To: phone,
      From: account.from,
      Twiml: spokenTwiml(message, target.settings["voice"] === "cantonese"),
      Timeout: String(RING_SECONDS),
      TimeLimit: String(CALL_SECONDS),
    });
    return taken(asked, (reference) => remember(about, reference));
  };

  const text = async (
    account: Account,
    target: ChannelTarget,
    message: ChannelMessage,
  ): Promise<SendResult> => {
    const { phone = "" } = target.settings;
    const about = `${phone} ${message.collapseKey}`;
    const waitMs = Math.max(ofIncident.waitMs(about), ofNumber.waitMs(phone));
    if (waitMs > 0) {
      const detail = "a text about this was sent just now, or very many within the hour";
      return { outcome: "failed", detail, retryAfterMs: waitMs };
    }
    const asked = await api.post(account, "Messages.json", {
      To: phone,
      From: account.from,
      Body: textOf(message),
      ValidityPeriod: String(Math.min(14_400, Math.max(1, Math.ceil(message.ttlSeconds)))),
    });
    return taken(asked, () => {
      ofIncident.note(about);
      ofNumber.note(phone);
    });
  };

  const stateOf = async (account: Account, reference: string): Promise<string> => {
    const kind = reference.startsWith("CA") ? "Calls" : "Messages";
    const asked = await api.get(account, `${kind}/${reference}.json`);
    const status = "body" in asked ? membersOf(asked.body)["status"] : undefined;
    return typeof status === "string" ? status : "";
  };

  const end = async (account: Account, reference: string): Promise<void> => {
    const asked = await api.post(account, `Calls/${reference}.json`, { Status: "completed" });
    if ("failure" in asked) log.note("twilio.not_ended", { detail: asked.failure.detail }, "warn");
  };

  const alarm = async (
    account: Account,
    target: ChannelTarget,
    message: ChannelMessage,
  ): Promise<SendResult> => {
    const { what = "call" } = target.settings;
    const isCalled = what !== "sms" && message.priority !== "low";
    const calling = isCalled ? call(account, target, message) : undefined;
    const texting = what === "call" ? undefined : text(account, target, message);
    const [called, texted] = [await calling, await texting];
    // The call is what wakes; a text that was not taken beside it is noted, and not tried again.
    if (called !== undefined && texted !== undefined && texted.outcome !== "accepted") {
      log.note("twilio.no_text", { detail: texted.detail }, "warn");
    }
    return called ?? texted ?? ACCEPTED;
  };

  return {
    id: twilio.id,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const account = accountOf(access());
      if (account === undefined) return NO_ACCESS;
      if ("problem" in account) return { outcome: "refused", detail: account.problem, gone: false };
      const { phone = "" } = target.settings;
      if (!PHONE.test(phone)) {
        return { outcome: "refused", detail: "the phone number is not like +886912345678", gone: false };
      }
      if (message.kind === "alarm") return alarm(account, target, message);
      const known = calls.get(`${phone} ${message.collapseKey}`);
      if (known !== undefined) {
        calls.delete(`${phone} ${message.collapseKey}`);
        await end(account, known);
      }
      return ACCEPTED;
    },
    service: () => "https://api.twilio.com/",
    async poll(_, reference) {
      const account = accountOf(access());
      if (account === undefined || "problem" in account || !REFERENCE.test(reference)) {
        return { state: "over", detail: "nothing can be asked about it" };
      }
      return receiptOf(await stateOf(account, reference));
    },
    async cancel(_, reference) {
      const account = accountOf(access());
      if (account === undefined || "problem" in account) return;
      if (reference.startsWith("CA") && REFERENCE.test(reference)) await end(account, reference);
    },
  };
}

/** What a request to begin something came to; `then` once it began. */
function taken(asked: Asked, then: (reference: string) => void): SendResult {
  if ("failure" in asked) return asked.failure;
  const { sid } = membersOf(asked.body);
  if (typeof sid !== "string" || !REFERENCE.test(sid)) {
    return { outcome: "failed", detail: "Twilio answered without the id of what it began" };
  }
  then(sid);
  return { outcome: "accepted", reference: sid };
}

const GOING_ON = ["queued", "initiated", "ringing", "in-progress"] as const;
const isGoingOn = (status: string): boolean => isIn(GOING_ON, status);

/** Call and message status values in their documented meaning; an unknown one says nothing. */
function receiptOf(status: string): Receipt {
  switch (status) {
    // A key that was pressed comes to the box by itself.
    case "in-progress":
    case "completed":
    case "delivered":
    case "read":
      return { state: "reached" };
    case "busy":
    case "no-answer":
    case "failed":
    case "undelivered":
      return { state: "over", detail: `Twilio says: ${status}`, unreached: true };
    case "canceled":
      return { state: "over", detail: `Twilio says: ${status}` };
    default:
      return { state: "waiting" };
  }
}

/** Title, text and the address of a page with one button. */
function textOf({ title, body, url, acknowledgeUrl }: ChannelMessage): string {
  const words = Array.from(`${title.replaceAll("·", "-")}\n${body}`.toWellFormed());
  const link = acknowledgeUrl ?? url;
  const room = TEXT_MAX - Math.min(TEXT_MAX / 2, link.length);
  return `${words.slice(0, Math.floor(room / 2)).join("")}\n${link}`.slice(0, 1_600);
}
