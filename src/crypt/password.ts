import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** Argon2id at 19 MiB, two passes: OWASP Password Storage Cheat Sheet; about 40 ms on a small box. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

const derive = promisify(argon2);

interface Costs {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** A password as it is kept: `$argon2id$v=19$m=...,t=...,p=...$salt$hash`, base64 without padding (PHC format). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const costs = { memory: MEMORY_KIB, passes: PASSES, parallelism: PARALLELISM };
  const hash = await derived(password, salt, costs, HASH_BYTES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${PARALLELISM}$${base64(salt)}$${base64(hash)}`;
}

/**
 * Whether it is the password, in constant time. Without a hash it takes as long and says no, so that nobody learns
 * from the clock which names exist.
 */
export async function verifyPassword(password: string, kept: string | undefined): Promise<boolean> {
  const parts = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$([\w+/]+)\$([\w+/]+)$/.exec(kept ?? "");
  const [, memory = MEMORY_KIB, passes = PASSES, parallelism = PARALLELISM, salt = "", hash = ""] =
    parts ?? [];
  const costs = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(hash, "base64");
  const nonce = parts === null ? randomBytes(SALT_BYTES) : Buffer.from(salt, "base64");
  const found = await derived(password, nonce, costs, expected.length === 0 ? HASH_BYTES : expected.length);
  return expected.length === found.length && timingSafeEqual(expected, found);
}

/** Letters that look the same count as the same (NFKC), as keyboards compose them differently. */
const derived = (password: string, nonce: Uint8Array, costs: Costs, tagLength: number): Promise<Buffer> =>
  derive("argon2id", { message: password.normalize("NFKC"), nonce, tagLength, ...costs });

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("=", "");
