import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  ChannelReady,
  SendResult,
} from "../../port/channel.ts";
import { createCallLimits } from "../call-limits.ts";
import { NO_ACCESS } from "../exchange.ts";
import type { CreditSettings } from "./credit.ts";
import { createLine } from "./line.ts";
import type { StickSettings } from "./open-port.ts";
import { rankOf } from "./queue.ts";
import { readinessSentence } from "./readiness.ts";
import { smsPdus } from "./sms-pdu.ts";
import type { ModemHealth } from "./stick.ts";
import { ACCESS_FIELDS, NAME, STEPS, SUMMARY, TARGET_FIELDS } from "./texts.ts";
import { USSD_CODE } from "./ussd.ts";

/** The channel of a 4G stick, which can also say how the stick is. */
export interface ModemChannel extends Channel {
  /** For the evening check. Never rejects. */
  health(): Promise<ModemHealth>;
}

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "yes",
  acknowledges: true,
  endToEndEncrypted: false,
  // Four parts of 67 UTF-16 units.
  maxBytes: 536,
  // One line: a call that nobody picks up takes 25 s.
  ratePerMinute: 2,
  sounds: "call",
  phones: ["iphone", "android", "harmonyos", "telephone"],
  onlyAlarms: true,
};

const PHONE = /^\+[1-9]\d{6,14}$/;
/** Between two texts to one number about one incident, and in an hour altogether: each costs money. */
const TEXTS_OF_INCIDENT = [{ most: 1, withinMs: 2 * MINUTE_MS }];
const TEXTS_OF_NUMBER = [{ most: 20, withinMs: 60 * MINUTE_MS }];
/** A send answers within this; a text that still waits is asked for again. */
const TEXT_ANSWER_MS = 10 * SECOND_MS;
const ACCEPTED: SendResult = { outcome: "accepted", reference: "" };

/** Calls and texts people through a USB 4G stick with a SIM card of the family's own. Needs no internet. */
export const modem: ChannelModule = {
  id: "modem",
  name: NAME,
  summary: SUMMARY,
  place: "house",
  access: ACCESS_FIELDS,
  target: TARGET_FIELDS,
  steps: STEPS,
  capabilities: CAPABILITIES,
  create: createModem,
};

export function createModem({ clock, random, log, links, access, zone }: ChannelDeps): ModemChannel {
  const newReference = (): string => Buffer.from(random.bytes(9)).toString("base64url");
  const line = createLine({
    ...{ links, clock, log, newReference, zone },
    settings: () => stickSettings(access()),
    credit: () => creditSettings(access()),
  });
  const ofIncident = createCallLimits(clock, TEXTS_OF_INCIDENT);
  const ofNumber = createCallLimits(clock, TEXTS_OF_NUMBER);
  /** Texts under way, by number and incident. */
  const texts = new Map<string, Promise<SendResult>>();
  let textCount = 0;
  let known: ChannelReady | undefined;

  const sendText = (number: string, target: string, message: ChannelMessage): Promise<SendResult> => {
    const about = `${number} ${message.collapseKey}`;
    const underWay = texts.get(about);
    if (underWay !== undefined) return underWay;
    const waitMs = Math.max(ofIncident.waitMs(about), ofNumber.waitMs(number));
    if (waitMs > 0) {
      const detail = "a text about this was sent just now, or very many within the hour";
      return Promise.resolve({ outcome: "failed", detail, retryAfterMs: waitMs });
    }
    textCount += 1;
    const parts = smsPdus({
      to: number,
      text: textOf(message, access()),
      ttlSeconds: message.ttlSeconds,
      reference: textCount,
    });
    const sending = line.text(orderOf("text", number, target, message), parts).then((result) => {
      texts.delete(about);
      if (result.outcome === "accepted") {
        ofIncident.note(about);
        ofNumber.note(number);
      }
      return result;
    });
    texts.set(about, sending);
    return sending;
  };

  const withinTime = async (sending: Promise<SendResult>): Promise<SendResult> => {
    let cancel = (): void => undefined;
    const late = new Promise<SendResult>((resolve) => {
      const detail = "the text still waits for the network";
      cancel = clock.after(TEXT_ANSWER_MS, () => resolve({ outcome: "failed", detail }));
    });
    const result = await Promise.race([sending, late]);
    cancel();
    return result;
  };

  return {
    id: modem.id,
    capabilities: CAPABILITIES,
    async send({ id, settings }, message) {
      const { phone: number = "", what = "both" } = settings;
      if (stickSettings(access()) === undefined) return NO_ACCESS;
      if (!PHONE.test(number)) {
        return { outcome: "refused", detail: "the phone number is not like +8613800138000", gone: false };
      }
      if (message.kind !== "alarm") {
        line.end(number, message.collapseKey);
        return ACCEPTED;
      }
      // The call comes first: a text that goes out at once would hold it up.
      const isCalled = what !== "sms" && message.priority !== "low";
      const call = isCalled ? line.call(orderOf("call", number, id, message)) : undefined;
      const text = what === "call" ? undefined : sendText(number, id, message);
      if (call === undefined) return text === undefined ? ACCEPTED : withinTime(text);
      const result = await call;
      // A stick that cannot call at all still sends texts.
      return result.outcome === "refused" && text !== undefined ? withinTime(text) : result;
    },
    async poll(_, reference) {
      if (reference === "") return { state: "over", detail: "nothing was sent that could be answered" };
      return line.receipt(reference);
    },
    async cancel(_, reference) {
      line.cancel(reference);
    },
    listen: (_, onAnswer, signal) =>
      line.run((target, reference) => void onAnswer({ target, reference }), signal),
    health: () => line.health(),
    async ready(language) {
      // A line on which somebody is called works; other commands are not to come between those of the call.
      if (line.isBusy() && known !== undefined) return known;
      const health = await line.health();
      known = { ok: health.ready, detail: readinessSentence(health, language) };
      return known;
    },
  };
}

export function stickSettings(access: ChannelAccess | undefined): StickSettings | undefined {
  const port = access?.["port"]?.trim() ?? "";
  if (port === "") return undefined;
  const pin = access?.["pin"] ?? "";
  // Anything else would end the command in which it stands.
  return /^\d{4,8}$/.test(pin) ? { port, pin } : { port };
}

/** What the home entered about the credit of its SIM card; undefined: it is not asked for. */
export function creditSettings(access: ChannelAccess | undefined): CreditSettings | undefined {
  const code = access?.["creditCode"]?.trim() ?? "";
  if (!new RegExp(`^${USSD_CODE}$`).test(code)) return undefined;
  const least = access?.["creditLeast"]?.trim().replace(",", ".") ?? "";
  return /^\d{1,6}(?:\.\d{1,2})?$/.test(least) ? { code, least: Number(least) } : { code };
}

function orderOf(kind: "call" | "text", number: string, target: string, message: ChannelMessage) {
  const { collapseKey: incident, priority, ttlSeconds } = message;
  return { number, target, incident, rank: rankOf(kind, priority), ttlMs: ttlSeconds * SECOND_MS };
}

/** Title, text and, where the home wants it, the address of a page with one button. */
function textOf({ title, body, url, acknowledgeUrl }: ChannelMessage, access?: ChannelAccess): string {
  const link = access?.["link"] === "yes" ? [acknowledgeUrl ?? url] : [];
  // The GSM alphabet has no raised dot; with one a text in English would need three parts.
  return [title.replaceAll("·", "-"), body, ...link].filter((part) => part !== "").join("\n");
}
