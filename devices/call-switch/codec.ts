/*
 * A switch that calls for help, wired to one modem line of a serial adapter (DTR feeds it), or a key of a keyboard
 * or adapted switch interface, as Linux reports it (struct input_event, 64-bit, little endian):
 *
 *   | seconds u64 | microseconds u64 | type u16 | code u16 | value s32 |      type 1 is a key; value 1 pressed, 2 held
 */
import { signed, u16le, u32le } from "../../src/wire/field.ts";
import { frame } from "../../src/wire/frame.ts";

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
