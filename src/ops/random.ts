import { randomBytes } from "node:crypto";
import type { Random } from "../port/random.ts";

/** Chance from the operating system, good for secrets. */
export function createRandom(): Random {
  return {
    bytes: (count) => new Uint8Array(randomBytes(count)),
    /** 48 random bits. */
    uniform: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  };
}
