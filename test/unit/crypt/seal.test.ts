import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KEY_BYTES, SEAL_BYTES, seal, secretOf, unseal } from "../../../src/crypt/seal.ts";
import { Fault } from "../../../src/domain/fault.ts";

const key = randomBytes(KEY_BYTES);
const plain = Buffer.from("a night");

describe("sealing", () => {
  test("gives the same bytes back for the same key and context", () => {
    expect(Buffer.from(unseal(key, seal(key, plain, "chunk 1"), "chunk 1"))).toEqual(plain);
  });

  test("is the same with a key that was made ready", () => {
    const secret = secretOf(key);
    expect(Buffer.from(unseal(secret, seal(key, plain, "chunk 1"), "chunk 1"))).toEqual(plain);
    expect(Buffer.from(unseal(key, seal(secret, plain, "chunk 1"), "chunk 1"))).toEqual(plain);
    expect(() => unseal(secretOf(randomBytes(KEY_BYTES)), seal(key, plain, "x"), "x")).toThrow(Fault);
  });

  test("opens nothing for another key, another context, or with any byte changed", () => {
    const sealed = seal(key, plain, "chunk 1");
    expect(sealed).toHaveLength(plain.length + SEAL_BYTES);
    expect(() => unseal(randomBytes(KEY_BYTES), sealed, "chunk 1")).toThrow(Fault);
    expect(() => unseal(key, sealed, "chunk 2")).toThrow(Fault);
    for (const [index, byte] of sealed.entries()) {
      const changed = Uint8Array.from(sealed);
      changed[index] = byte ^ 1;
      expect(() => unseal(key, changed, "chunk 1")).toThrow(/UNSEALABLE/);
    }
    expect(() => unseal(key, sealed.subarray(0, 20), "chunk 1")).toThrow(Fault);
  });

  test("never makes the same bytes twice", () => {
    expect(seal(key, plain, "x")).not.toEqual(seal(key, plain, "x"));
  });
});
