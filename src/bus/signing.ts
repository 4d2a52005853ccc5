import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { BedId, HomeId } from "../domain/ids.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { AnswerPiece, CommandMessage, SettingsMessage } from "./messages.ts";
import type { Place } from "./topics.ts";

/** A command and where it is meant for. */
export type Command = CommandMessage["command"];

/** Why a command is not obeyed. */
export type CommandRefusal =
  | "unsigned"
  | "wrong_signature"
  /** Made for an edge run that is over, or for another edge. */
  | "foreign"
  | "expired"
  | "issued_in_the_future"
  | "valid_for_too_long"
  | "repeated"
  /** More commands than the edge can remember; nothing is obeyed that might be a repeat. */
  | "too_many";

export type CommandVerdict =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly id: string; readonly reason: CommandRefusal };

const VALID_MS_MAX = 5 * MINUTE_MS;
const CLOCKS_DIFFER_MS = 30 * SECOND_MS;
const REMEMBERED_MAX = 4_096;

/** Signs a command for one bed with the key that hub and edge share since pairing. */
export function signCommand(
  pairingKey: Uint8Array,
  place: { readonly home: HomeId; readonly bed: BedId },
  command: Command,
): Omit<CommandMessage, "v"> {
  return { mac: macOf(pairingKey, place, command).toString("base64url"), command };
}

/** Judges commands for one bed of one edge run, and remembers which it let through. */
export interface CommandGuard {
  judge(message: CommandMessage): CommandVerdict;
}

/**
 * While the edge's clock is not known to be right, times are not judged: a remote acknowledgement must work on a
 * machine without network time. Repeats are then still refused, and so is every command for another run.
 */
export function createCommandGuard(options: {
  readonly pairingKey: Uint8Array;
  readonly home: HomeId;
  readonly bed: BedId;
  /** Of this run of the edge. */
  readonly edgeEpoch: string;
  readonly clock: Clock;
}): CommandGuard {
  const { pairingKey, clock, edgeEpoch } = options;
  /** Id to the wall time after which the command is refused as expired anyway. */
  const seen = new Map<string, number>();

  const forgetExpired = (): void => {
    if (!clock.trusted()) return;
    const now = clock.wall();
    for (const [id, until] of seen) if (until < now) seen.delete(id);
  };

  const refusalOf = ({ mac, command }: CommandMessage): CommandRefusal | undefined => {
    if (mac === undefined) return "unsigned";
    if (!isMac(mac, macOf(pairingKey, options, command))) return "wrong_signature";
    if (command.edgeEpoch !== edgeEpoch) return "foreign";
    if (command.expiresAt - command.issuedAt > VALID_MS_MAX) return "valid_for_too_long";
    if (clock.trusted()) {
      const now = clock.wall();
      if (now > command.expiresAt) return "expired";
      if (command.issuedAt > now + CLOCKS_DIFFER_MS) return "issued_in_the_future";
    }
    forgetExpired();
    if (seen.has(command.id)) return "repeated";
    return seen.size >= REMEMBERED_MAX ? "too_many" : undefined;
  };

  return {
    judge(message) {
      const { command } = message;
      const reason = refusalOf(message);
      if (reason !== undefined) return { ok: false, id: command.id, reason };
      seen.set(command.id, command.expiresAt);
      return { ok: true, command };
    },
  };
}

/** What a settings message is signed over: the body is in its hash. */
type SignedSettings = Omit<SettingsMessage, "v" | "mac" | "body">;

/** SHA-256 of a body, in base64url: the same for the same content, whatever the order of its fields. */
export const hashOf = (body: unknown): string =>
  createHash("sha256").update(canonical(body)).digest("base64url");

/** SHA-256 of bytes, in base64url. */
export const hashOfBytes = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("base64url");

/** Signs settings for one bed with the pairing key. */
export const signSettings = (pairingKey: Uint8Array, place: Place, settings: SignedSettings): string =>
  settingsMac(pairingKey, place, settings).toString("base64url");

/** Whether the hub that this edge is paired with made these settings, for this bed, as they are. */
export function areSettingsOurs(
  pairingKey: Uint8Array,
  place: Place,
  { mac, body, ...settings }: SettingsMessage,
): boolean {
  return (
    mac !== undefined &&
    isMac(mac, settingsMac(pairingKey, place, settings)) &&
    settings.hash === hashOf(body)
  );
}

/** What the last piece of an answer is signed over: the text is in its hash. */
type AnswerEnd = Omit<NonNullable<AnswerPiece["end"]>, "mac"> & { readonly id: string };

/** Signs an answer of one bed with the pairing key: no broker makes one up, or gives another's. */
export const signAnswer = (pairingKey: Uint8Array, place: Place, end: AnswerEnd): string =>
  answerMac(pairingKey, place, end).toString("base64url");

/** Whether the box that this hub is paired with gave this answer to the command of this id. */
export const isAnswerOurs = (
  pairingKey: Uint8Array,
  place: Place,
  { mac, ...end }: AnswerEnd & { readonly mac: string },
): boolean => isMac(mac, answerMac(pairingKey, place, end));

const answerMac = (key: Uint8Array, { home, bed }: Place, { id, bytes, hash, next }: AnswerEnd): Buffer =>
  createHmac("sha256", key)
    .update(`breathwatch answer\n${home}\n${bed}\n${canonical({ id, bytes, hash, next })}`)
    .digest();

function settingsMac(
  key: Uint8Array,
  { home, bed }: Place,
  { version, author, at, hash }: SignedSettings,
): Buffer {
  return createHmac("sha256", key)
    .update(`breathwatch settings\n${home}\n${bed}\n${canonical({ version, author, at, hash })}`)
    .digest();
}

function macOf(
  key: Uint8Array,
  { home, bed }: { readonly home: HomeId; readonly bed: BedId },
  command: Command,
): Buffer {
  return createHmac("sha256", key)
    .update(`breathwatch command\n${home}\n${bed}\n${canonical(command)}`)
    .digest();
}

function isMac(given: string, wanted: Buffer): boolean {
  const bytes = Buffer.from(given, "base64url");
  return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
}

/** JSON with the fields of every object in the order of their names: the same text for the same command. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(",")}}`;
}
