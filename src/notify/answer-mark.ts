import { createHmac, timingSafeEqual } from "node:crypto";
import { HOUR_MS, SECOND_MS, type Wall } from "../domain/time.ts";
import type { Random } from "../port/random.ts";

/**
 * What a button carries where a provider hands its press back by itself: which message it belongs to, and a proof that
 * this home made it for this target. Letters, digits, `-` and `_` only, 46 at most.
 */
export interface AnswerMark {
  /** Of the message: what the watch knows it by. */
  readonly reference: string;
  readonly mark: string;
}

/** So long a button may lie on a screen and still answer. */
const VALID_MS = HOUR_MS;
const PROOF_LENGTH = 22;
const ABOUT_LENGTH = 8;

/** `about`: what it answers, for whoever reads the mark without having sent the message (`isMarkAbout`). */
export function newMark(
  secret: string,
  target: string,
  random: Random,
  now: Wall,
  about?: string,
): AnswerMark {
  const seconds = Math.floor(now / SECOND_MS).toString(36);
  const chance = Buffer.from(random.bytes(9)).toString("hex");
  const rest = about === undefined ? chance : `${aboutOf(secret, about)}${chance}`;
  const reference = `${seconds}-${rest}`.slice(0, 24);
  return { reference, mark: `${reference}${proofOf(secret, target, reference)}` };
}

/** The reference in a mark that this home made for the target within the last hour; else undefined. */
export function readMark(secret: string, target: string, mark: string, now: Wall): string | undefined {
  const reference = mark.slice(0, -PROOF_LENGTH);
  const [seconds = "", chance = ""] = reference.split("-");
  if (!/^[0-9a-z]{1,10}$/.test(seconds) || !/^[0-9a-f]{4,}$/.test(chance)) return undefined;
  const given = Buffer.from(mark.slice(-PROOF_LENGTH));
  const expected = Buffer.from(proofOf(secret, target, reference));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const ageMs = now - Number.parseInt(seconds, 36) * SECOND_MS;
  return Math.abs(ageMs) <= VALID_MS ? reference : undefined;
}

/** Whether a reference that `readMark` has given was made about this: one of 2^32 others looks like it. */
export const isMarkAbout = (secret: string, reference: string, about: string): boolean =>
  reference.split("-")[1]?.slice(0, ABOUT_LENGTH) === aboutOf(secret, about);

const aboutOf = (secret: string, about: string): string =>
  createHmac("sha256", secret).update(`breathwatch about ${about}`).digest("hex").slice(0, ABOUT_LENGTH);

const proofOf = (secret: string, target: string, reference: string): string =>
  createHmac("sha256", secret)
    .update(`breathwatch answer ${target} ${reference}`)
    .digest("base64url")
    .slice(0, PROOF_LENGTH);

export interface Once {
  /** True the first time; the same answer again is none. */
  isNew(reference: string): boolean;
}

const REMEMBERED_MAX = 500;

export function createOnce(): Once {
  const seen = new Set<string>();
  return {
    isNew(reference) {
      if (seen.has(reference)) return false;
      seen.add(reference);
      const oldest = seen.values().next().value;
      if (seen.size > REMEMBERED_MAX && oldest !== undefined) seen.delete(oldest);
      return true;
    },
  };
}
