/*
 * ChoiceMMed OX100 and iChoice, service BA11F08C-5F14-0B0D-1080-00 and five bytes that differ from unit to unit.
 *
 *   to cd20         | AA | 55 | n | n bytes, the last the sum from n on |      AA 55 04 B1 00 00 B5: the password
 *   from cd01-cd04  | 55 | AA | n | n bytes, the last the sum from n on |
 *
 *   n = 03          | 55 | AA | 03 | B1 | 00 | B4 |          the password is accepted
 *                   | 55 | AA | 03 | SpO2 | pulse | sum |    0: no value
 *
 * Doubts. ? What stands in place of 00 when a password is refused. ? Frames of other lengths are not described.
 * A capture from power-on to the finger's leaving would settle both.
 */
import { sum8 } from "../../src/wire/checksum.ts";
import { missing, u8 } from "../../src/wire/field.ts";
import { type Constant, frame } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

const is = (byte: number, value: number): Constant => ({
  byte,
  mask: 0xff,
  value,
  doc: value.toString(16).toUpperCase().padStart(2, "0"),
});

/** What the host writes once all notifications are on. */
export const PASSWORD = frame({
  name: "password",
  lengthBytes: 7,
  constants: [is(0, 0xaa), is(1, 0x55), is(2, 0x04), is(3, 0xb1), is(4, 0x00), is(5, 0x00)],
  fields: {},
  checksum: { kind: "sum8", from: 2, to: 6, at: 6 },
});

export const ANSWER = frame({
  name: "answer to the password",
  lengthBytes: 6,
  constants: [is(0, 0x55), is(1, 0xaa), is(2, 0x03), is(3, 0xb1)],
  fields: { code: u8(4, "0: accepted; ? others") },
  checksum: { kind: "sum8", from: 2, to: 5, at: 5 },
});

export const VALUES = frame({
  name: "values",
  lengthBytes: 6,
  constants: [is(0, 0x55), is(1, 0xaa), is(2, 0x03)],
  fields: {
    spo2: missing(u8(3, "SpO2, %"), 0),
    pulse: missing(u8(4, "pulse, /min"), 0),
  },
  checksum: { kind: "sum8", from: 2, to: 5, at: 5 },
});

const HEAD_BYTES = 3;
/** Longer ones are not believed: a damaged length then costs no more than the frame after it. */
const MOST_BYTES = 8;

/** A frame of any length that the device sends. */
export const DEVICE_FRAME: FrameRule = {
  maxBytes: HEAD_BYTES + MOST_BYTES,
  refusals: ["byte 1 is not 55", "byte 2 is not AA", "the length is not 2 to 8", "the checksum does not fit"],
  match(bytes, at, end) {
    if (bytes[at] !== 0x55) return -1;
    if (end - at < 2) return 0;
    if (bytes[at + 1] !== 0xaa) return -2;
    const length = bytes[at + 2];
    if (end - at < HEAD_BYTES || length === undefined) return 0;
    if (length < 2 || length > MOST_BYTES) return -3;
    const sumAt = at + 2 + length;
    if (end <= sumAt) return 0;
    return sum8(bytes, at + 2, sumAt) === bytes[sumAt] ? HEAD_BYTES + length : -4;
  },
};
