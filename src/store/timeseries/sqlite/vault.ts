import { seal, secretOf, unseal } from "../../../crypt/seal.ts";
import { Fault } from "../../../domain/fault.ts";

/** First byte of a sealed block; no plain block begins with it. */
const SEALED = 0xe1;

/** Closes what is written to the file and opens what is read, each bound to its place there. */
export interface Vault {
  /** Whether what is closed now is sealed. */
  readonly sealing: boolean;
  close(plain: Uint8Array, place: string): Uint8Array;
  /** Takes what was closed with the key and what was written before there was one. Throws UNSEALABLE. */
  open(stored: Uint8Array, place: string): Uint8Array;
}

/** Without a key everything stays plain. */
export function createVault(key: Uint8Array | undefined): Vault {
  const secret = key && secretOf(key);
  return {
    sealing: secret !== undefined,
    close(plain, place) {
      if (secret === undefined) return plain;
      const sealed = seal(secret, plain, place);
      const stored = new Uint8Array(sealed.length + 1);
      stored[0] = SEALED;
      stored.set(sealed, 1);
      return stored;
    },
    open(stored, place) {
      if (!isSealed(stored)) return stored;
      if (secret === undefined) throw keyNeeded();
      return unseal(secret, stored.subarray(1), place);
    },
  };
}

export const isSealed = (stored: Uint8Array): boolean => stored[0] === SEALED;

/** A file with sealed content was opened without a key. */
export const keyNeeded = (): Fault =>
  new Fault("UNSEALABLE", "The numbers in this store are encrypted and no key was given.", {
    fix: "Put the key file back that belongs to this data folder.",
    permanent: true,
  });
