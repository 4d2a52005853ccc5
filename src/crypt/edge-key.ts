import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Random } from "../port/random.ts";
import type { State } from "../port/state.ts";

/** What a box proves itself with: an Ed25519 key that never leaves it. */
export interface EdgeKey {
  /** Raw, 32 bytes in base64url. */
  readonly publicKey: string;
  /** 64 bytes in base64url. */
  sign(message: string): string;
}

const SEED_BYTES = 32;
/** RFC 8410, section 7: what stands before the 32 bytes of a private key in PKCS #8. */
const PRIVATE = Buffer.from("302e020100300506032b657004220420", "hex");
/** RFC 8410, section 4: what stands before the 32 bytes of a public key in SPKI. */
const PUBLIC = Buffer.from("302a300506032b6570032100", "hex");
const NAME = "edge_key";

/** The key of a seed of 32 bytes. */
export function edgeKeyOf(seed: Uint8Array): EdgeKey {
  const secret = createPrivateKey({ key: Buffer.concat([PRIVATE, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return {
    publicKey: spki.subarray(PUBLIC.length).toString("base64url"),
    sign: (message) => sign(null, Buffer.from(message), secret).toString("base64url"),
  };
}

/** The key of this box, made at its first start and kept in the state store. Rejects with STATE_FAILED or UNSEALABLE. */
export async function ensureEdgeKey(state: State, random: Random): Promise<EdgeKey> {
  const stored: unknown = JSON.parse((await state.value(NAME)) ?? "null");
  if (typeof stored === "string") return edgeKeyOf(Buffer.from(stored, "base64url"));
  const seed = random.bytes(SEED_BYTES);
  await state.setValue(NAME, JSON.stringify(Buffer.from(seed).toString("base64url")));
  return edgeKeyOf(seed);
}

/** Whether a box of this public key signed the message; false for what is no key. Never throws. */
export function isSignedBy(publicKey: string, message: string, signature: string): boolean {
  const key = publicKeyOf(publicKey);
  const bytes = Buffer.from(signature, "base64url");
  return key !== undefined && bytes.length === 64 && verify(null, Buffer.from(message), key, bytes);
}

function publicKeyOf(publicKey: string): KeyObject | undefined {
  const raw = Buffer.from(publicKey, "base64url");
  // One key, one spelling: a box must not be two.
  if (raw.length !== 32 || raw.toString("base64url") !== publicKey) return undefined;
  try {
    return createPublicKey({ key: Buffer.concat([PUBLIC, raw]), format: "der", type: "spki" });
  } catch {
    // Not a point of the curve.
    return undefined;
  }
}
