import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { OccurrenceId } from "../domain/ids.ts";
import { SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Random } from "../port/random.ts";

/** Whoever holds a token may say "I'm going" for one occurrence as the owner of one target, until it expires. */
export interface AckClaim {
  readonly occurrence: OccurrenceId;
  readonly target: string;
  readonly expiresAt: Wall;
  /** What its message showed (`worsenedBy`); absent: nothing had become worse, or it was made before this was counted. */
  readonly worsened?: number;
}

export type AckVerdict =
  | {
      readonly ok: true;
      readonly claim: AckClaim;
      /** Id for the command to the engine: the same token always gives the same one, so that twice is once. */
      readonly commandId: string;
    }
  /** `forged`: not made by this home for anything, or changed since. */
  | { readonly ok: false; readonly reason: "forged" | "expired" };

const KEY_BYTES = 32;
const TOKEN_LENGTH_MAX = 500;
/** Keep these signatures apart from each other and from any other use of the same key. */
const PURPOSES = { acknowledge: "breathwatch acknowledge 1", shown: "breathwatch shown 1" } as const;

type Purpose = keyof typeof PURPOSES;

/** A home's key for tokens, base64url of 32 bytes; made once, kept with the state, a secret. */
export const createAckKey = (random: Random): string =>
  Buffer.from(random.bytes(KEY_BYTES)).toString("base64url");

/** A token for an address that acknowledges by POST. Nothing is stored: the signature carries the claim. */
export const createAckToken = (key: string, claim: AckClaim): string =>
  createToken(key, claim, "acknowledge");

/** A token by which a phone reports that it showed this message. It answers nothing: it opens no other address. */
export const createShownToken = (key: string, claim: AckClaim): string => createToken(key, claim, "shown");

function createToken(key: string, claim: AckClaim, purpose: Purpose): string {
  const { worsened = 0 } = claim;
  const fields = [
    ...[claim.occurrence, claim.target, Math.floor(claim.expiresAt / SECOND_MS)],
    ...(worsened > 0 ? [worsened] : []),
  ];
  const body = Buffer.from(JSON.stringify(fields)).toString("base64url");
  return `${body}.${signatureOf(key, body, purpose).toString("base64url")}`;
}

/** Judges a token that came from outside. Never throws. */
export const verifyAckToken = (key: string, token: string, now: Wall): AckVerdict =>
  verifyToken(key, token, now, "acknowledge");

/** The same for what `createShownToken` made. Never throws. */
export const verifyShownToken = (key: string, token: string, now: Wall): AckVerdict =>
  verifyToken(key, token, now, "shown");

function verifyToken(key: string, token: string, now: Wall, purpose: Purpose): AckVerdict {
  const [body, signature, ...more] = token.length > TOKEN_LENGTH_MAX ? [] : token.split(".");
  if (body === undefined || signature === undefined || more.length > 0)
    return { ok: false, reason: "forged" };
  const expected = signatureOf(key, body, purpose);
  const given = Buffer.from(signature, "base64url");
  // Only the one spelling that we gave out counts: base64url has several for the same bytes.
  const isGenuine =
    given.length === expected.length &&
    timingSafeEqual(given, expected) &&
    signature === expected.toString("base64url");
  const claim = isGenuine ? readClaim(body) : undefined;
  if (claim === undefined) return { ok: false, reason: "forged" };
  if (claim.expiresAt <= now) return { ok: false, reason: "expired" };
  const commandId = `ack-${createHash("sha256").update(token).digest("base64url").slice(0, 22)}`;
  return { ok: true, claim, commandId };
}

const signatureOf = (key: string, body: string, purpose: Purpose): Buffer =>
  createHmac("sha256", Buffer.from(key, "base64url")).update(`${PURPOSES[purpose]}\n${body}`).digest();

function readClaim(body: string): AckClaim | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(body, "base64url").toString());
  } catch {
    // Signed by us and still unreadable: another version's token. Refused like a forged one.
    return undefined;
  }
  if (!isList(fields)) return undefined;
  const [occurrence, target, expires, worsened] = fields;
  if (typeof occurrence !== "string" || typeof target !== "string" || typeof expires !== "number")
    return undefined;
  return {
    ...{ occurrence, target, expiresAt: wall(expires * SECOND_MS) },
    ...(typeof worsened === "number" && { worsened }),
  };
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
