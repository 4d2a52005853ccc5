import { createHash, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { base32Id } from "../domain/ids.ts";
import { MINUTE_MS } from "../domain/time.ts";
import type { Accounts } from "../port/accounts.ts";
import type { Random } from "../port/random.ts";
import type { State } from "../port/state.ts";

/** Name of the value in the state store: `<salt>:<hash>`, both hex, as JSON text. */
const OWNER_CODE = "owner_code";

/** So long a code for one person opens. */
export const JOIN_CODE_MS = 10 * MINUTE_MS;

const derive = promisify<string, Buffer, number, Buffer>(scrypt);

/** Ten characters (50 bits) in two groups, for reading aloud and typing: `k3f7q-zm2xw`. */
export function makeCode(random: Random): string {
  const id = base32Id(random.bytes(10));
  return `${id.slice(0, 5)}-${id.slice(5)}`;
}

/** What somebody typed, as it was printed: case, spaces, dashes and the lookalikes 0, 1 and 8 do not matter. */
export const normaliseCode = (typed: string): string =>
  typed
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .replaceAll("0", "o")
    .replaceAll("1", "l")
    .replaceAll("8", "b");

/** Join codes live ten minutes, so that a plain SHA-256 is enough to keep them from being read in the state file. */
export const joinCodeHash = (typed: string): string =>
  createHash("sha256").update(normaliseCode(typed)).digest("hex");

/**
 * Makes the owner code at the first start, and again at each start until an owner has signed in with it, or when
 * `renew` asks for it (the demo; a lost code). Returns the code to print, undefined when an earlier one stays
 * valid: only a hash is kept, it cannot be printed again.
 */
export async function ensureOwnerCode(options: {
  readonly state: State;
  readonly accounts: Pick<Accounts, "hasOwner">;
  readonly random: Random;
  readonly renew: boolean;
}): Promise<string | undefined> {
  const { state, accounts, random, renew } = options;
  if (!renew && (await state.value(OWNER_CODE)) !== undefined) {
    if (await accounts.hasOwner()) return undefined;
  }
  return renewOwnerCode({ state, random });
}

/** Makes a new owner code in the place of any other; it is returned this once. */
export async function renewOwnerCode({
  state,
  random,
}: {
  readonly state: State;
  readonly random: Random;
}): Promise<string> {
  const code = makeCode(random);
  const salt = Buffer.from(random.bytes(16));
  const hash = await derive(normaliseCode(code), salt, 32);
  await state.setValue(OWNER_CODE, JSON.stringify(`${salt.toString("hex")}:${hash.toString("hex")}`));
  return code;
}

/** Whether this is the owner code, in constant time; false where none was made yet. */
export async function verifyOwnerCode(state: State, typed: string): Promise<boolean> {
  const stored = await state.value(OWNER_CODE);
  const parsed: unknown = stored === undefined ? undefined : JSON.parse(stored);
  if (typeof parsed !== "string") return false;
  const [salt = "", hash = ""] = parsed.split(":");
  const expected = Buffer.from(hash, "hex");
  const found = await derive(normaliseCode(typed), Buffer.from(salt, "hex"), 32);
  return expected.length === found.length && timingSafeEqual(expected, found);
}
