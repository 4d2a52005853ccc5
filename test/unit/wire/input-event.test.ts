import fc from "fast-check";
import { expect, test } from "vitest";
import { createKeyReader, INPUT_EVENT, type KeyEvent } from "../../../src/wire/input-event.ts";
import { keyEvent, keyPress } from "../../support/key-events.ts";

const read = (chunks: readonly Uint8Array[]): KeyEvent[] => {
  const events: KeyEvent[] = [];
  const reader = createKeyReader((event) => events.push(event));
  for (const chunk of chunks) reader.push(chunk);
  return events;
};

/** Laid out by hand after linux/input.h, 64-bit: a scan code, the key ENTER, the event that closes the report. */
const ENTER = Buffer.from(
  "0085696800000000b6d00300000000000400040028000700" +
    "0085696800000000b6d003000000000001001c0001000000" +
    "0085696800000000b6d00300000000000000000000000000",
  "hex",
);

test("a press is read from bytes laid out by hand: type, code and value at their places", () => {
  expect(read([ENTER])).toEqual([{ code: 28, is: "pressed" }]);
  expect(INPUT_EVENT.decode(ENTER, 24)).toEqual({
    ...{ seconds: 0x68698500, micros: 0x3d0b6, type: 1, code: 28, value: 1 },
  });
});

test("pressed, held and released are told apart; movement and lights are not keys", () => {
  const movement = INPUT_EVENT.encode({ seconds: 1, micros: 0, type: 2, code: 0, value: -3 });
  const light = INPUT_EVENT.encode({ seconds: 1, micros: 0, type: 17, code: 0, value: 1 });
  expect(read([movement, light, keyEvent(57, 1), keyEvent(57, 2), keyEvent(57, 0)])).toEqual([
    { code: 57, is: "pressed" },
    { code: 57, is: "held" },
    { code: 57, is: "released" },
  ]);
});

test("however the bytes are cut, the same keys come out", () => {
  const stream = Buffer.concat([keyPress(28), keyPress(57), ENTER, keyEvent(113, 2)]);
  const whole = read([stream]);
  expect(whole).toHaveLength(6);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }), (sizes) => {
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const size of sizes) {
        chunks.push(stream.subarray(at, at + size));
        at += size;
      }
      chunks.push(stream.subarray(at));
      expect(read(chunks)).toEqual(whole);
    }),
  );
});

test("any bytes at all: nothing is thrown, and a press that follows two others is read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const events = read([noise, keyPress(28), keyPress(28), keyPress(28)]);
      expect(events.at(-1)).toEqual({ code: 28, is: "released" });
    }),
  );
});
