import { createHash } from "node:crypto";
import type { BedId, HomeId, OccurrenceId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import { HOUR_MS, type Wall, wall } from "../domain/time.ts";
import { answerTo } from "../domain/worsened.ts";
import type { ChannelMessage } from "../port/channel.ts";
import type { TargetRecord } from "../port/state.ts";
import type { Words } from "../words/en.ts";
import { wordsIn } from "../words/index.ts";
import { joined } from "../words/protection-line.ts";
import { fill } from "../words/template.ts";
import { createAckToken, createShownToken } from "./ack-token.ts";
import type { Leaving, PlannedSend } from "./incident.ts";

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
    /** Where a phone reports that it showed the message. */
    shown(token: string): string;
  };
  /** IANA zone of a bed, for the times in texts. */
  readonly zone: (bed: BedId) => string;
}

/** A notification may lie on a screen for a while before somebody taps it; each repeat brings a new token. */
export const TOKEN_MS = HOUR_MS;
const TTL_SECONDS = { high: 120, other: 300, left: 86_400 };

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
  const asks = isAlarm || send.kind === "gentle";
  const { occurrence, worsened = 0 } = send;
  const claim = { occurrence, target: target.id, expiresAt: wall(send.at + TOKEN_MS) };
  const answer = { ...claim, worsened };
  return {
    key: keyOf(context.home, send),
    // A gentle question may be heard, at low urgency.
    kind: asks ? "alarm" : send.kind === "closed" ? "closed" : "update",
    ...textsOf(send, target.language, context.zone(send.bed)),
    language: target.language,
    // Updates are shown, since phones revoke silent pushes, but they wake nobody.
    priority: isAlarm ? send.priority : "low",
    collapseKey: collapseKeyOf(send.card ?? send.occurrence),
    ttlSeconds: ttlOf(send),
    url: context.links.page(send.bed, send.occurrence),
    ...(asks ? { acknowledgeUrl: context.links.acknowledge(createAckToken(context.ackKey, answer)) } : {}),
    ...(asks ? { receiptUrl: context.links.shown(createShownToken(context.ackKey, claim)) } : {}),
    ...(asks && worsened > 0 ? { about: answerTo(occurrence, worsened) } : {}),
    simulated: send.simulated,
    drill: send.drill,
  };
}

function ttlOf({ kind, priority }: PlannedSend): number {
  if (kind === "left") return TTL_SECONDS.left;
  return kind === "alarm" && priority === "high" ? TTL_SECONDS.high : TTL_SECONDS.other;
}

function textsOf(send: PlannedSend, language: Language, zone: string): { title: string; body: string } {
  const { push } = wordsIn(language);
  const plain = plainTexts(send, language, zone);
  const body = send.drill && send.kind === "alarm" ? push.drillBody : plain.body;
  return {
    title: send.drill ? `${push.drill} · ${plain.title}` : plain.title,
    body: joined([body, ...patientSays(send, language, zone)]),
  };
}

/** What the patient has answered, behind everything that calls: it takes nothing back. */
function patientSays({ allRight }: PlannedSend, language: Language, zone: string): readonly string[] {
  if (allRight === undefined) return [];
  const { push } = wordsIn(language);
  const time = timeOfDay(allRight.at, language, zone);
  return [fill(allRight.before === true ? push.allRightBefore : push.allRight, { time })];
}

function plainTexts(send: PlannedSend, language: Language, zone: string): { title: string; body: string } {
  const words = wordsIn(language);
  const { push, causes } = words;
  const { acknowledgement, left, cause } = send;
  if (left !== undefined) return leavingTexts(left, words, (at) => dateAndTime(at, language, zone));
  if (send.kind === "gentle") return { title: push.gentleTitle, body: push.gentleBody };
  if (send.kind === "closed") {
    return {
      title: push.closedTitle,
      body: fill(push.closedBody, { time: timeOfDay(send.at, language, zone) }),
    };
  }
  if (send.kind === "update" && acknowledgement !== undefined) {
    const text = push[acknowledgement.place];
    const time = timeOfDay(acknowledgement.at, language, zone);
    return { title: fill(text, { name: acknowledgement.by.name, time }), body: push.body };
  }
  return { title: push.titles[send.priority], body: cause === undefined ? push.body : causes[cause].spoken };
}

/** How the watch was left, in quiet words; without the name of who did it where that is not known. */
function leavingTexts(
  { reason, by, until }: Leaving,
  { leaving: { told }, push }: Words,
  time: (at: Wall) => string,
): { title: string; body: string } {
  const name = by?.name;
  switch (reason) {
    case "hospital":
    case "visit": {
      const [title, body] =
        reason === "hospital" ? [told.hospitalTitle, told.hospitalBody] : [told.visitTitle, told.visitBody];
      const isWhole = name !== undefined && until !== undefined;
      return { title, body: isWhole ? fill(body, { name, time: time(until) }) : push.body };
    }
    case "transfer":
      return { title: told.transferTitle, body: name === undefined ? "" : fill(told.transferBody, { name }) };
    case "death":
      return { title: told.deathTitle, body: name === undefined ? "" : fill(told.deathBody, { name }) };
    case "undone":
      return {
        title: told.undoneTitle,
        body: name === undefined ? push.body : fill(told.undoneBody, { name }),
      };
  }
}

const dateAndTime = (at: Wall, language: Language, zone: string): string =>
  new Intl.DateTimeFormat(language, {
    timeZone: zone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);

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
