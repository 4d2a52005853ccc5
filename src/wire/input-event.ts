/**
 * Keys and buttons as Linux reports them (struct input_event, 64-bit, little endian):
 *
 *   | seconds u64 | microseconds u64 | type u16 | code u16 | value s32 |      type 1 is a key; value 1 pressed, 2 held
 */
import { signed, u16le, u32le } from "./field.ts";
import { frame } from "./frame.ts";
import { createFramer, fixedLengthRule } from "./framer.ts";

export const INPUT_EVENT = frame({
  name: "input event",
  lengthBytes: 24,
  // Events follow one another without a mark between them: what is always zero is all that tells where one begins.
  constants: [
    ...[5, 6, 7].map((byte) => ({ byte, mask: 0xff, value: 0, doc: "00: seconds, upper part" })),
    { byte: 10, mask: 0xf0, value: 0, doc: "below 10: less than a second" },
    ...[11, 12, 13, 14, 15].map((byte) => ({ byte, mask: 0xff, value: 0, doc: "00: less than a second" })),
    { byte: 17, mask: 0xff, value: 0, doc: "00: no event type is above 31" },
    { byte: 16, mask: 0xe0, value: 0, doc: "below 32" },
  ],
  fields: {
    seconds: u32le(0, "seconds, lower half"),
    micros: u32le(8, "microseconds"),
    type: u16le(16, "1: key"),
    code: u16le(18, "key"),
    value: signed(u32le(20, "1 pressed, 0 released, 2 held")),
  },
});

export const EV_KEY = 1;

export const PRESSED = 1;

/** What happened to a key: `held` is the kernel's own repeat while it stays down. */
export interface KeyEvent {
  readonly code: number;
  readonly is: "pressed" | "released" | "held";
}

const KINDS: readonly KeyEvent["is"][] = ["released", "pressed", "held"];

/**
 * Cuts the bytes of an input device into events of its keys; everything else (movement, lights, the closing event of each
 * report) is left out. However the bytes are cut, and whatever stands between them.
 */
export function createKeyReader(onKey: (event: KeyEvent) => void): { push(chunk: Uint8Array): void } {
  return createFramer({
    rule: fixedLengthRule(INPUT_EVENT),
    // The kernel closes every press with an event of its own; that one alone is too empty to tell where it begins.
    confirm: 2,
    onFrame(bytes, at) {
      const { type, code, value } = INPUT_EVENT.decode(bytes, at);
      const is = KINDS[value];
      if (type === EV_KEY && is !== undefined) onKey({ code, is });
    },
    onNoise: () => undefined,
  });
}
