import { createHash } from "node:crypto";
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
import type { MailMessage, MailResult, MailServer } from "../../port/mail.ts";
import { createCallLimits } from "../call-limits.ts";
import { NO_ACCESS } from "../exchange.ts";
import { createRinging } from "../ringing.ts";
import { cutCharacters } from "../text.ts";
import { EMAIL_FORM } from "./form.ts";

const LENGTH_MAX = { subject: 120, text: 4_000 };
const TIMEOUT_MS = 14 * SECOND_MS;
/** One mail says as much as twenty: repeats of an alarm join it for so long. */
const REPEAT_MS = 10 * MINUTE_MS;
/** What a mailbox gets in an hour; providers suspend senders who send without end. */
const PER_TARGET = { most: 60, withinMs: HOUR_MS };

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: LENGTH_MAX.text,
  ratePerMinute: 10,
  sounds: "notification",
  perTarget: [PER_TARGET],
};

/** E-mail over the home's own mail server: a record, not an alarm. Target settings: `address`. */
export const email: ChannelModule = {
  id: "email",
  place: "anywhere",
  ...EMAIL_FORM,
  capabilities: CAPABILITIES,
  create: createEmail,
};

function createEmail({ mail, clock, access }: ChannelDeps): Channel {
  const limits = createCallLimits(clock, [PER_TARGET]);
  const sent = createRinging(clock, REPEAT_MS);
  return {
    id: email.id,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const settings = access();
      if (settings === undefined) return NO_ACCESS;
      const server = serverOf(settings);
      if (server === undefined)
        return { outcome: "refused", detail: "the mail server is not set up", gone: false };
      const place = `${target.id} ${message.collapseKey}`;
      const before = message.kind === "alarm" ? sent.of(place) : undefined;
      if (before !== undefined) return { outcome: "accepted", reference: before };
      const { address = "" } = target.settings;
      const waitMs = limits.waitMs(address);
      if (waitMs > 0) return { outcome: "failed", detail: "enough mail for this hour", retryAfterMs: waitMs };
      limits.note(address);
      const written = mailOf(settings["from"] ?? "", target, message);
      const result = resultOf(await mail.send(server, written, TIMEOUT_MS), written.messageId);
      if (message.kind !== "alarm") sent.ended(place);
      else if (result.outcome === "accepted") sent.started(place, written.messageId);
      return result;
    },
  };
}

function serverOf({
  host = "",
  port = "465",
  user = "",
  password = "",
}: ChannelTarget["settings"]): MailServer | undefined {
  const isWhole =
    /^[A-Za-z0-9.-]{1,253}$/.test(host) && /^\d{1,5}$/.test(port) && user !== "" && password !== "";
  return isWhole ? { host, port: Number(port), user, password } : undefined;
}

function mailOf(from: string, target: ChannelTarget, message: ChannelMessage): MailMessage {
  const { address = "" } = target.settings;
  return {
    ...{ from, to: address },
    subject: cutCharacters(message.title.replaceAll(/[\p{Cc}\s]+/gu, " ").trim(), LENGTH_MAX.subject),
    text: `${cutCharacters(message.body, LENGTH_MAX.text)}\n\n${message.url}\n`,
    messageId: idOf(from, target, message),
    urgent: message.kind === "alarm" && message.priority !== "low",
  };
}

/** The same for every try of the same message to the same address; says nothing about either. */
function idOf(from: string, { id }: ChannelTarget, { key }: ChannelMessage): string {
  const hash = createHash("sha256").update(`${key} ${id}`).digest("hex").slice(0, 40);
  const domain = /@([A-Za-z0-9.-]+)$/.exec(from)?.[1] ?? "breathwatch.invalid";
  return `<${hash}@${domain}>`;
}

function resultOf(result: MailResult, messageId: string): SendResult {
  if (result.outcome === "taken") return { outcome: "accepted", reference: messageId };
  const detail = `the mail server: ${result.detail}`;
  if (!result.forGood) return { outcome: "failed", detail };
  // No such mailbox, or it has moved without a new address (RFC 3463, 3.2).
  return { outcome: "refused", detail, gone: /\b5\.1\.(?:1|6|10)\b/.test(result.detail) };
}
