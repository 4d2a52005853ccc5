import webPush from "web-push";
import { messageOf } from "../../domain/fault.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelMessage,
  PushPayload,
  SendResult,
} from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import type { Http, HttpRequest, HttpResponse } from "../../port/http.ts";
import { wordsIn } from "../../words/index.ts";
import { isPrivateHost, serviceOf } from "../address.ts";
import { answerText, headerOf, retryAfterMs } from "../response.ts";
import { createVapidHeader, type VapidHeader, type VapidKeys } from "./vapid.ts";

export const WEB_PUSH = "web-push";

export interface WebPushOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly keys: VapidKeys;
  /** `mailto:` or `https:`: whom a push service may write to. */
  readonly subject: string;
  /** Push services on the local network or this machine are allowed (own servers, tests). Otherwise refused. */
  readonly allowPrivateEndpoints: boolean;
}

/** Push services promise 4096 bytes with encryption around it; some count differently. */
const PAYLOAD_BYTES_MAX = 3_800;
const TIMEOUT_MS = 10_000;
const TTL_SECONDS = { min: 60, max: 300 };

/**
 * What a page on a phone can be sent. It cannot break through "do not disturb", and Chrome's service does not exist
 * in mainland China (README.md here).
 */
const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "partly",
  acknowledges: true,
  endToEndEncrypted: true,
  maxBytes: PAYLOAD_BYTES_MAX,
  ratePerMinute: 60,
  sounds: "notification",
};

/**
 * Web Push (RFC 8030, 8188, 8291, 8292) to an installed page. Target settings: `endpoint`, `p256dh`, `auth` as the
 * browser gave them. Throws Fault CHANNEL_CONFIG for a subject or keys that push services refuse.
 */
export function createWebPush(options: WebPushOptions): Channel {
  const { http, clock, allowPrivateEndpoints } = options;
  const vapid = createVapidHeader(options);
  return {
    id: WEB_PUSH,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const problem = subscriptionProblem(target.settings, allowPrivateEndpoints);
      if (problem !== undefined) return { outcome: "refused", detail: problem, gone: false };
      let request: HttpRequest;
      try {
        request = encrypted(target.settings, message, vapid);
      } catch (thrown) {
        return {
          outcome: "refused",
          detail: `the subscription is damaged: ${messageOf(thrown)}`,
          gone: false,
        };
      }
      try {
        return resultOf(await http.request(request), clock);
      } catch (thrown) {
        return { outcome: "failed", detail: messageOf(thrown) };
      }
    },
    service: ({ settings }) =>
      subscriptionProblem(settings, allowPrivateEndpoints) === undefined
        ? serviceOf(settings["endpoint"] ?? "")
        : undefined,
  };
}

/**
 * Why a page's subscription cannot be used; undefined when it can. The endpoint comes from outside and this machine
 * will call it, so it must be an https address on the internet.
 */
export function subscriptionProblem(
  settings: { readonly [name: string]: string },
  allowPrivateEndpoints: boolean,
): string | undefined {
  const { endpoint = "", p256dh = "", auth = "" } = settings;
  if (endpoint.length > 2_000 || !URL.canParse(endpoint)) return "the push address is not a URL";
  const url = new URL(endpoint);
  if (url.protocol !== "https:") return "the push address is not https";
  if (url.username !== "" || url.password !== "") return "the push address holds a password";
  if (!allowPrivateEndpoints && isPrivateHost(url)) return "the push address lies in the house";
  // The service behind it was switched off in 2024, and the library would print a warning.
  if (url.hostname === "android.googleapis.com")
    return "the push address belongs to a service that has ended";
  if (Buffer.from(p256dh, "base64url").length !== 65) return "the phone's public key is not 65 bytes long";
  if (Buffer.from(auth, "base64url").length !== 16) return "the phone's secret is not 16 bytes long";
  return undefined;
}

function encrypted(
  settings: { readonly [name: string]: string },
  message: ChannelMessage,
  vapid: VapidHeader,
): HttpRequest {
  const { endpoint = "", p256dh = "", auth = "" } = settings;
  const details = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payloadOf(message), {
    TTL: Math.min(TTL_SECONDS.max, Math.max(TTL_SECONDS.min, Math.round(message.ttlSeconds))),
    contentEncoding: "aes128gcm",
    topic: message.collapseKey,
    // Only what should wake somebody may wake the phone's radio.
    urgency: message.kind === "alarm" && message.priority !== "low" ? "high" : "normal",
    headers: { Authorization: vapid(new URL(endpoint)) },
  });
  // Some values are numbers, whatever the library's types say.
  const given: { readonly [name: string]: string | number } = details.headers;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    // The length is for whoever sends the bytes to say.
    if (name !== "Content-Length") headers[name.toLowerCase()] = String(value);
  }
  return {
    method: "POST",
    url: endpoint,
    headers,
    body: details.body,
    timeoutMs: TIMEOUT_MS,
  };
}

/** The plaintext: texts of the message, opaque ids, addresses of our own pages. */
function payloadOf(message: ChannelMessage): string {
  const payload: PushPayload = {
    title: message.title,
    body: message.body,
    tag: message.collapseKey,
    url: message.url,
    ...(message.acknowledgeUrl === undefined
      ? {}
      : {
          acknowledgeUrl: message.acknowledgeUrl,
          acknowledgeLabel: answerLabel(message),
        }),
    ...(message.receiptUrl === undefined ? {} : { receiptUrl: message.receiptUrl }),
    kind: message.kind,
    priority: message.priority,
    simulated: message.simulated,
    drill: message.drill,
    ...(message.check === undefined ? {} : { check: message.check }),
  };
  const text = JSON.stringify(payload);
  const surplus = Buffer.byteLength(text) - PAYLOAD_BYTES_MAX;
  if (surplus <= 0) return text;
  // The body is what may be long. A character cut in two decodes to the replacement character.
  const bytes = Buffer.from(payload.body);
  const body = bytes
    .subarray(0, Math.max(0, bytes.length - surplus))
    .toString()
    .replace(/\uFFFD+$/, "");
  const shorter = JSON.stringify({ ...payload, body });
  if (Buffer.byteLength(shorter) > PAYLOAD_BYTES_MAX) throw new RangeError("the message is too long");
  return shorter;
}

const answerLabel = ({ language, check }: ChannelMessage): string => {
  const { push, evening } = wordsIn(language);
  return check === undefined ? push.acknowledge : evening.push.tap;
};

/** RFC 8030, 5 and 7.3; what Apple, Google and Mozilla answer in practice. */
function resultOf(response: HttpResponse, clock: Clock): SendResult {
  const { status } = response;
  const detail = `the push service ${answerText(response)}`;
  if (status >= 200 && status < 300) {
    return { outcome: "accepted", reference: headerOf(response, "location") ?? "" };
  }
  if (status === 404 || status === 410) return { outcome: "refused", detail, gone: true };
  // With a wrong clock every token is refused: that says nothing about the phone, which must not be given up.
  if (status === 403 && clock.trusted()) return { outcome: "refused", detail, gone: true };
  if (status === 401 || status === 403 || status === 408 || status === 429 || status >= 500) {
    const waitMs = retryAfterMs(response, clock.wall());
    return { outcome: "failed", detail, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  return { outcome: "refused", detail, gone: false };
}
