import { createHash } from "node:crypto";
import type { BedId, HomeId, OccurrenceId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import { HOUR_MS, type Wall, wall } from "../domain/time.ts";
import type { ChannelMessage } from "../port/channel.ts";
import type { TargetRecord } from "../port/state.ts";
import { wordsIn } from "../words/index.ts";
import { fill } from "../words/template.ts";
import { createAckToken } from "./ack-token.ts";
import type { PlannedSend } from "./escalation.ts";

/** A phone or webhook with the language of its owner. */
export interface WatchTarget extends TargetRecord {
  readonly language: Language;
}

export interface MessageContext {
  readonly home: HomeId;
  readonly ackKey: string;
  /** Addresses of our own pages. */
  readonly links: {
    page(bed: BedId, occurrence: OccurrenceId): string;
    acknowledge(token: string): string;
  };
  /** IANA zone of a bed, for the times in texts. */
  readonly zone: (bed: BedId) => string;
}

/** A notification may lie on a screen for a while before somebody taps it; each repeat brings a new token. */
const TOKEN_MS = HOUR_MS;
const TTL_SECONDS = { high: 120, other: 300 };

/** `<home>/<occurrence>/<step>/<repeat>`: the same for every target and every retry of one planned send. */
export const keyOf = (home: HomeId, { occurrence, step, repeat }: PlannedSend): string =>
  `${home}/${occurrence}/${step}/${repeat}`;

/** The words of a planned send for one target: no name of the patient, no value. */
export function composeMessage(
  send: PlannedSend,
  target: WatchTarget,
  context: MessageContext,
): ChannelMessage {
  const isAlarm = send.kind === "alarm";
  const claim = {
    occurrence: send.occurrence,
    target: target.id,
    expiresAt: wall(send.at + TOKEN_MS),
  };
  return {
    key: keyOf(context.home, send),
    kind: send.kind,
    ...textsOf(send, target.language, context.zone(send.bed)),
    language: target.language,
    // Updates are shown, since phones revoke silent pushes, but they wake nobody.
    priority: isAlarm ? send.priority : "low",
    collapseKey: collapseKeyOf(send.occurrence),
    ttlSeconds: isAlarm && send.priority === "high" ? TTL_SECONDS.high : TTL_SECONDS.other,
    url: context.links.page(send.bed, send.occurrence),
    ...(isAlarm ? { acknowledgeUrl: context.links.acknowledge(createAckToken(context.ackKey, claim)) } : {}),
    simulated: send.simulated,
    drill: send.drill,
  };
}

function textsOf(send: PlannedSend, language: Language, zone: string): { title: string; body: string } {
  const { push } = wordsIn(language);
  const plain = plainTexts(send, language, zone);
  if (!send.drill) return plain;
  return {
    title: `${push.drill} · ${plain.title}`,
    body: send.kind === "alarm" ? push.drillBody : plain.body,
  };
}

function plainTexts(send: PlannedSend, language: Language, zone: string): { title: string; body: string } {
  const { push } = wordsIn(language);
  const { acknowledgement } = send;
  if (send.kind === "closed") {
    return {
      title: push.closedTitle,
      body: fill(push.closedBody, { time: timeOfDay(send.at, language, zone) }),
    };
  }
  if (send.kind === "update" && acknowledgement !== undefined) {
    const text = acknowledgement.place === "bedside" ? push.bedside : push.going;
    const time = timeOfDay(acknowledgement.at, language, zone);
    return { title: fill(text, { name: acknowledgement.by.name, time }), body: push.body };
  }
  return { title: push.titles[send.priority], body: push.body };
}

const timeOfDay = (at: Wall, language: Language, zone: string): string =>
  new Intl.DateTimeFormat(language, {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);

/** One notification per incident: the occurrence's own id where it fits 32 base64url characters. */
function collapseKeyOf(occurrence: OccurrenceId): string {
  if (/^[A-Za-z0-9_-]{1,32}$/.test(occurrence)) return occurrence;
  return createHash("sha256").update(occurrence).digest("base64url").slice(0, 32);
}
