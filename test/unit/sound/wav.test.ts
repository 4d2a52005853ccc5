import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readWav, writeWav } from "../../../src/sound/wav.ts";

/** 4 samples at 22050 Hz, laid out by hand; the data size is what a program writes that cannot know it. */
const PIPED = Uint8Array.from(
  (
    "52494646 24f0ff7f 57415645 666d7420 10000000 0100 0100 22560000 44ac0000 0200 1000" +
    "64617461 00f0ff7f 0000 ff7f 0080 2a00"
  )
    .replaceAll(" ", "")
    .match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);

const changed = (at: number, value: number): Uint8Array => PIPED.with(at, value);

describe("reading", () => {
  test("a file that was written into a pipe ends where its bytes do", () => {
    expect(readWav(PIPED)).toEqual({ pcm: Int16Array.of(0, 32_767, -32_768, 42), sampleRateHz: 22_050 });
  });

  test("pieces that it does not know are passed over, also those of odd length", () => {
    const list = [...new TextEncoder().encode("LIST"), 3, 0, 0, 0, 1, 2, 3, 0];
    const bytes = Uint8Array.from([...PIPED.subarray(0, 36), ...list, ...PIPED.subarray(36)]);
    expect(readWav(bytes)?.pcm).toEqual(Int16Array.of(0, 32_767, -32_768, 42));
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["another format", changed(20, 3)],
    ["two channels", changed(22, 2)],
    ["8 bits", changed(34, 8)],
    ["a rate of nothing", changed(24, 0).with(25, 0)],
    ["text", new TextEncoder().encode('{"title":"Not found"}')],
    ["a head without samples", PIPED.subarray(0, 36)],
  ])("%s is no sound", (_what, bytes) => {
    expect(readWav(bytes)).toBeUndefined();
  });

  test("any bytes are read or refused, never thrown at", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(43), (bytes, keep) => {
        readWav(bytes);
        readWav(Uint8Array.from([...PIPED.subarray(0, keep), ...bytes]));
      }),
    );
  });
});

test("what was written is read back", () => {
  const samples = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 200 });
  fc.assert(
    fc.property(samples, fc.constantFrom(8_000, 22_050, 48_000), (values, sampleRateHz) => {
      const pcm = Int16Array.from(values);
      const bytes = writeWav({ pcm, sampleRateHz });
      expect(readWav(bytes)).toEqual({ pcm, sampleRateHz });
      expect(bytes).toHaveLength(44 + 2 * pcm.length);
    }),
  );
});
