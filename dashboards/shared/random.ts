import type { Random } from "../../src/port/random.ts";

/** The browser's own chance behind the random port. */
export function browserRandom(): Random {
  const bytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  return { bytes, uniform: () => bytes(6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48 };
}
