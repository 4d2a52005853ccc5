import { createCipheriv } from "node:crypto";
import { MINUTE_MS } from "../../domain/time.ts";
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
import type { Random } from "../../port/random.ts";
import { serverBase, serviceOf } from "../address.ts";
import { createCallLimits } from "../call-limits.ts";
import { failureOf, membersOf, NO_ACCESS, postJson } from "../exchange.ts";
import { answerText } from "../response.ts";
import { answerWithout, cutBytes } from "../text.ts";
import { BARK_FORM, BARK_SERVER } from "./form.ts";

/**
 * Apple takes 4096 bytes with everything around; encryption makes four bytes of three. The rest is for title, address
 * and the names of the fields.
 */
const TEXT_BYTES = { title: 200, body: 1_200 };
const URL_LENGTH_MAX = 600;

/** The public server shuts an address out for a day after 1000 answers that are errors within five minutes. */
const ERRORS = { most: 300, withinMs: 5 * MINUTE_MS };

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "not_applicable",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: true,
  maxBytes: TEXT_BYTES.body,
  ratePerMinute: 60,
  sounds: "alarm",
  phones: ["iphone"],
};

/** The key is worthless: nobody registered it, the phone has another one now, or the app was removed. */
const GONE = /device token from database|no rows in result set|unregistered|baddevicetoken/i;
/** The same sentence as for an unknown key, about a server that cannot read its list of keys now. */
const FOR_NOW = /failed to get .*device token/i;

/**
 * Bark, an app for iPhones that shows what is posted to a small server (docs/API_V2.md of bark-server; params.md and
 * encryption.md of the app). Target settings: `key`, `encryption`, `secret`.
 */
export const bark: ChannelModule = {
  id: "bark",
  place: "anywhere",
  ...BARK_FORM,
  capabilities: CAPABILITIES,
  create: createBark,
};

function createBark({ http, clock, random, access }: ChannelDeps): Channel {
  const errors = createCallLimits(clock, [ERRORS]);
  const baseOf = (): string | undefined => serverBase(access()?.["server"] ?? BARK_SERVER);
  return {
    id: bark.id,
    capabilities: CAPABILITIES,
    async send(target, message) {
      if (access() === undefined) return NO_ACCESS;
      const base = baseOf();
      const problem = base === undefined ? "the server's address is not https" : problemOf(target);
      if (base === undefined || problem !== undefined) {
        return { outcome: "refused", detail: problem ?? "", gone: false };
      }
      const waitMs = errors.waitMs(base);
      if (waitMs > 0) {
        const detail = "the Bark server has answered with too many errors; it would shut this house out";
        return { outcome: "failed", detail, retryAfterMs: waitMs };
      }
      const said = await postJson(http, `${base}/push`, bodyOf(target, message, random));
      if ("failed" in said) return said.failed;
      const { key = "", secret = "" } = target.settings;
      const result = resultOf(answerWithout(said.response, [key, secret]), message, clock);
      if (result.outcome !== "accepted") errors.note(base);
      return result;
    },
    service: () => serviceOf(baseOf() ?? ""),
  };
}

function problemOf({ settings }: ChannelTarget): string | undefined {
  const { key = "", encryption = "aes-256-gcm", secret = "" } = settings;
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(key)) return "the key of the phone is missing or is none of Bark's";
  if (encryption === "none") return undefined;
  if (encryption !== "aes-256-gcm") return "this kind of encryption is not known here";
  return /^[!-~]{32}$/.test(secret) ? undefined : "the encryption key is not 32 letters and digits long";
}

/** What the server gets. Identifier and key stand outside the encryption, since it needs them. */
function bodyOf({ settings }: ChannelTarget, message: ChannelMessage, random: Random): object {
  const shown = contentOf(message);
  const outside = { device_key: settings["key"], id: message.collapseKey };
  if (settings["encryption"] === "none") return { ...outside, ...shown };
  // The app takes twelve characters, not twelve bytes.
  const iv = Buffer.from(random.bytes(9)).toString("base64url");
  const cipher = createCipheriv("aes-256-gcm", settings["secret"] ?? "", iv);
  const sealed = [cipher.update(JSON.stringify(shown)), cipher.final(), cipher.getAuthTag()];
  return {
    ...outside,
    // Shown only where the part of the app that decrypts does not run; says nothing, but with a sound.
    title: "Breathwatch",
    ...(message.kind === "alarm" ? { sound: "alarm" } : {}),
    ciphertext: Buffer.concat(sealed).toString("base64"),
    iv,
  };
}

/** What is shown. Inside the encryption the app reads numbers only from strings. */
function contentOf(message: ChannelMessage): { readonly [name: string]: string } {
  return {
    title: cutBytes(message.title, TEXT_BYTES.title),
    body: cutBytes(message.body, TEXT_BYTES.body),
    group: "breathwatch",
    isArchive: "0",
    ...(message.url.length <= URL_LENGTH_MAX ? { url: message.url } : {}),
    ...soundOf(message),
  };
}

function soundOf({ kind, priority }: ChannelMessage): { readonly [name: string]: string } {
  if (kind !== "alarm") return { level: "passive" };
  if (priority === "low") return { level: "active" };
  return { level: "critical", volume: priority === "high" ? "10" : "6", call: "1", sound: "alarm" };
}

function resultOf(response: HttpResponse, message: ChannelMessage, clock: Clock): SendResult {
  const { code } = membersOf(response.body);
  if (response.status === 200 && code === 200) return { outcome: "accepted", reference: message.collapseKey };
  const detail = `the Bark server ${answerText(response)}`;
  if (response.status >= 400 && GONE.test(response.body)) return { outcome: "refused", detail, gone: true };
  // An answer that is not Bark's comes from something in between.
  if (response.status < 300 || FOR_NOW.test(response.body)) return { outcome: "failed", detail };
  return failureOf("the Bark server", response, clock);
}
