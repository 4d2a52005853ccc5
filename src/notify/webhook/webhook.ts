import { createHmac } from "node:crypto";
import { messageOf } from "../../domain/fault.ts";
import type { Channel, ChannelCapabilities, ChannelMessage, SendResult } from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import type { Http, HttpResponse } from "../../port/http.ts";
import { isPrivateHost, serviceOf } from "../address.ts";
import { answerText, retryAfterMs } from "../response.ts";

export const WEBHOOK = "webhook";

export interface WebhookOptions {
  readonly http: Http;
  readonly clock: Clock;
}

const TIMEOUT_MS = 5_000;
const NAME_LENGTH_MAX = 60;

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "not_applicable",
  breaksDndAndroid: "not_applicable",
  mainlandChina: "yes",
  acknowledges: true,
  endToEndEncrypted: false,
  maxBytes: 65_536,
  ratePerMinute: 120,
  sounds: "not_applicable",
};

/** What is posted, as JSON; described in README.md here. */
interface WebhookBody {
  readonly version: 1;
  readonly key: string;
  readonly kind: ChannelMessage["kind"];
  readonly title: string;
  readonly body: string;
  readonly language: string;
  readonly priority: ChannelMessage["priority"];
  readonly incident: string;
  readonly url: string;
  readonly acknowledgeUrl?: string;
  readonly simulated: boolean;
  readonly drill: boolean;
}

/**
 * A signed POST to an address of the family's choice: nurse call, siren, home automation. Target settings: `url`,
 * `secret`. An answer `{"ack": true, "by": "Mei"}` acknowledges.
 */
export function createWebhook({ http, clock }: WebhookOptions): Channel {
  return {
    id: WEBHOOK,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const { url = "", secret = "" } = target.settings;
      const problem = webhookProblem(url, secret);
      if (problem !== undefined) return { outcome: "refused", detail: problem, gone: false };
      const body = JSON.stringify(bodyOf(message));
      const timestamp = String(clock.wall());
      try {
        const response = await http.request({
          method: "POST",
          url,
          headers: {
            "content-type": "application/json",
            "idempotency-key": message.key,
            "x-breathwatch-timestamp": timestamp,
            "x-breathwatch-signature": `v1=${signatureOf(secret, timestamp, body)}`,
          },
          body: Buffer.from(body),
          timeoutMs: TIMEOUT_MS,
        });
        return resultOf(response, clock);
      } catch (thrown) {
        return { outcome: "failed", detail: messageOf(thrown) };
      }
    },
    service({ settings }) {
      const { url = "", secret = "" } = settings;
      return webhookProblem(url, secret) === undefined ? serviceOf(url) : undefined;
    },
  };
}

/** Why a webhook cannot be used; undefined when it can. Unencrypted http only inside the house. */
export function webhookProblem(address: string, secret: string): string | undefined {
  if (!URL.canParse(address)) return "the webhook's address is not a URL";
  const url = new URL(address);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isPrivateHost(url))) {
    return "the webhook's address is not https (http is allowed only in the house)";
  }
  if (secret.length < 16) return "the webhook's secret is shorter than 16 characters";
  return undefined;
}

/** hex(HMAC-SHA256(secret, timestamp + "." + body)) */
function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}

function bodyOf(message: ChannelMessage): WebhookBody {
  return {
    version: 1,
    key: message.key,
    kind: message.kind,
    title: message.title,
    body: message.body,
    language: message.language,
    priority: message.priority,
    incident: message.collapseKey,
    url: message.url,
    ...(message.acknowledgeUrl === undefined ? {} : { acknowledgeUrl: message.acknowledgeUrl }),
    simulated: message.simulated,
    drill: message.drill,
  };
}

function resultOf(response: HttpResponse, clock: Clock): SendResult {
  const { status } = response;
  const detail = `the webhook ${answerText(response)}`;
  if (status >= 200 && status < 300) {
    const by = acknowledgedBy(response.body);
    return { outcome: "accepted", reference: "", ...(by === undefined ? {} : { acknowledgedBy: by }) };
  }
  if (status === 410) return { outcome: "refused", detail, gone: true };
  // 404 is what a home automation answers while it restarts.
  if ([404, 408, 425, 429].includes(status) || status >= 500) {
    const waitMs = retryAfterMs(response, clock.wall());
    return { outcome: "failed", detail, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  return { outcome: "refused", detail, gone: false };
}

/** The name in `{"ack": true, "by": "Mei"}`; "webhook" when it acknowledges without one; else undefined. */
function acknowledgedBy(body: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    // Most receivers answer "ok" or nothing; that is no acknowledgement and no error.
    return undefined;
  }
  if (typeof answer !== "object" || answer === null || !("ack" in answer) || answer.ack !== true)
    return undefined;
  const name = "by" in answer && typeof answer.by === "string" ? answer.by : "";
  const clean = name.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return clean === "" ? WEBHOOK : Array.from(clean).slice(0, NAME_LENGTH_MAX).join("");
}
