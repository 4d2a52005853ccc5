/*
 * Yuwell fingertip oximeters, "FE" frames on service FFE0, characteristic FFE4.
 *
 *   | FE | length of all | kind | ... | sum of all before |
 *
 *   55, values   | FE | 0A | 55 | pulse (2) | SpO2 | PI (2), 0.001 % | count | sum |
 *   56, wave     | FE | 08 | 56 | pleth | flags | bar | count | sum |        flags: b0 beat b1 sensor off b2 motion
 *                                                                                  b3 low perfusion
 *
 * Doubts. ? How often waves come, so the waveform is not passed on. ? Whether values stop at their missing codes when
 * the finger leaves, or are held beside "sensor off": a capture of that moment would settle both.
 */
import { sum8 } from "../../src/wire/checksum.ts";
import { bits, flag, missing, u8, u16be } from "../../src/wire/field.ts";
import { type Constant, frame } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

const is = (byte: number, value: number): Constant => ({
  byte,
  mask: 0xff,
  value,
  doc: value.toString(16).toUpperCase().padStart(2, "0"),
});

export const VALUES = frame({
  name: "values",
  lengthBytes: 10,
  constants: [is(0, 0xfe), is(1, 0x0a), is(2, 0x55)],
  fields: {
    pulse: missing(u16be(3, "pulse, /min"), 0x1ff),
    spo2: missing(u8(5, "SpO2, %"), 0x7f),
    perfusion: missing(u16be(6, "perfusion index, 0.001 %"), 0),
    count: u8(8, "counts frames"),
  },
  checksum: { kind: "sum8", from: 0, to: 9, at: 9 },
});

export const WAVE = frame({
  name: "wave",
  lengthBytes: 8,
  constants: [is(0, 0xfe), is(1, 0x08), is(2, 0x56)],
  fields: {
    pleth: u8(3, "pulse waveform"),
    lowPerfusion: flag(4, 3, "low perfusion"),
    motion: flag(4, 2, "motion"),
    sensorOff: flag(4, 1, "sensor off"),
    beat: flag(4, 0, "a beat"),
    bar: bits(5, 0x0f, "bar graph"),
    count: u8(6, "counts frames"),
  },
  checksum: { kind: "sum8", from: 0, to: 7, at: 7 },
});

const SHORTEST = 4;
/** Longer ones are not believed: a notification holds 20 bytes. */
const LONGEST = 20;

/** A frame of any kind. */
export const ANY_FRAME: FrameRule = {
  maxBytes: LONGEST,
  refusals: ["byte 1 is not FE", `the length is not ${SHORTEST} to ${LONGEST}`, "the checksum does not fit"],
  match(bytes, at, end) {
    if (bytes[at] !== 0xfe) return -1;
    const length = bytes[at + 1];
    if (end - at < 2 || length === undefined) return 0;
    if (length < SHORTEST || length > LONGEST) return -2;
    if (end - at < length) return 0;
    return sum8(bytes, at, at + length - 1) === bytes[at + length - 1] ? length : -3;
  },
};
