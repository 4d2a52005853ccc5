import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { Fault } from "../domain/fault.ts";

/** Length of a key, in bytes. */
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What sealing adds to a text, in bytes. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;

/** A key that is made ready once, for whoever seals and opens often: bytes are made ready anew at every use. */
export type Secret = KeyObject;

export const secretOf = (key: Uint8Array): Secret => createSecretKey(key);

/**
 * Encrypts with AES-256-GCM: nonce (12 bytes), ciphertext, tag (16 bytes). `context` is bound to it and must be given
 * again to open it, so that what was sealed for one place opens in no other. The nonce is random: a key may seal 2^32
 * texts (NIST SP 800-38D, 8.3).
 */
export function seal(key: Uint8Array | Secret, plain: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The plain bytes again. Throws UNSEALABLE for another key or context, or bytes that were changed. */
export function unseal(key: Uint8Array | Secret, sealed: Uint8Array, context: string): Uint8Array {
  if (sealed.length < SEAL_BYTES) throw notOurs();
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(end));
  try {
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, end));
    // Of this mode nothing is left at the end but the judgement.
    decipher.final();
    return plain;
  } catch {
    throw notOurs();
  }
}

const notOurs = (): Fault =>
  new Fault("UNSEALABLE", "These data were encrypted with another key, or were changed.", {
    fix: "Put the key file back that belongs to this data folder.",
    permanent: true,
  });
