/*
 * Contec's first serial protocol: 19200 baud, 8 data bits, odd parity, 1 stop bit; it speaks by itself.
 *
 *   live     | 1 beat dropping ?long s3 s2 s1 s0 | 0 pleth | 0 pulse7 searching probe bar | 0 pulse6..0 | 0 SpO2 |
 *
 *   60 a second, no checksum: only the first byte has bit 7.
 *
 *   memory   | F2 80+hour minute | the same | the same | 1 a | 1 b | 0 c |  then  | F0 + pulse7 | 1 pulse6..0 | 0 SpO2 | ...
 *
 *   a, b, c: 7 bits each of the count of bytes that follow, less one; three bytes are a second. Models without a clock
 *   say 0 for hour and minute.
 *
 * Doubts. ? Bit 4 of the first byte: "searching for too long" or "finger out", programs disagree; both mean that there
 * is no number. ? Strength 15 is taken for no finger. ? Whether the three times of the head can differ. A recording of a
 * finger that comes and goes, and one of a CMS50F's memory, would settle them.
 */
import { bits, flag, missing, split7, u8 } from "../../src/wire/field.ts";
import { type Constant, frame, type ValuesOf } from "../../src/wire/frame.ts";
import { type FrameRule, fixedLengthRule } from "../../src/wire/framer.ts";

const high = (byte: number): Constant => ({ byte, mask: 0x80, value: 0x80, doc: "bit 7 set" });
const low = (byte: number): Constant => ({ byte, mask: 0x80, value: 0x00, doc: "bit 7 clear" });

/** What the device measures, 60 times a second. */
export const LIVE = frame({
  name: "live",
  lengthBytes: 5,
  constants: [high(0), low(1), low(2), low(3), low(4)],
  fields: {
    beat: flag(0, 6, "beep: a beat"),
    dropping: flag(0, 5, "SpO2 is dropping"),
    searchTooLong: flag(0, 4, "? searching for too long, or finger out"),
    strength: bits(0, 0x0f, "signal strength, 0 to 8; ? 15 no finger"),
    pleth: bits(1, 0x7f, "pulse wave, 0 to 127"),
    searching: flag(2, 5, "searching for the pulse"),
    probeError: flag(2, 4, "probe error: finger out"),
    bar: bits(2, 0x0f, "bar graph"),
    pulse: missing(split7({ byte: 2, mask: 0x40 }, 3, "pulse, /min; 0 none, too"), 255),
    spo2: missing(bits(4, 0x7f, "SpO2, %; 0 none, too"), 127),
  },
});

export type LiveValues = ValuesOf<typeof LIVE>;

const is = (byte: number, value: number): Constant => ({
  byte,
  mask: 0xff,
  value,
  doc: value.toString(16).toUpperCase(),
});

/** What comes before the values of the memory. */
export const HEAD = frame({
  name: "head of the memory",
  lengthBytes: 12,
  constants: [
    is(0, 0xf2),
    high(1),
    low(2),
    is(3, 0xf2),
    high(4),
    low(5),
    is(6, 0xf2),
    high(7),
    low(8),
    high(9),
    high(10),
    low(11),
  ],
  fields: {
    hour: bits(1, 0x7f, "hour at which the record began"),
    minute: u8(2, "minute"),
    hourAgain: bits(4, 0x7f, "the same hour"),
    minuteAgain: u8(5, "the same minute"),
    hourOnceMore: bits(7, 0x7f, "the same hour"),
    minuteOnceMore: u8(8, "the same minute"),
    lengthHigh: bits(9, 0x7f, "count of bytes that follow, less one, upper 7 bits"),
    lengthMiddle: bits(10, 0x7f, "middle 7 bits"),
    lengthLow: u8(11, "lower 7 bits"),
  },
});

/** One second of the memory. */
export const SECOND = frame({
  name: "second of the memory",
  lengthBytes: 3,
  constants: [{ byte: 0, mask: 0xfe, value: 0xf0, doc: "F0 or F1" }, high(1), low(2)],
  fields: {
    pulse: split7({ byte: 0, mask: 0x01 }, 1, "pulse, /min; 0 or 255 no finger"),
    spo2: u8(2, "SpO2, %; 0 or 127 no finger"),
  },
});

const SECOND_BYTES = SECOND.lengthBytes;

/** How many seconds a head announces. */
export const secondsOf = ({ lengthHigh, lengthMiddle, lengthLow }: ValuesOf<typeof HEAD>): number =>
  Math.floor(((lengthHigh << 14) + (lengthMiddle << 7) + lengthLow + 1) / SECOND_BYTES);

const HEAD_RULE = fixedLengthRule(HEAD);
const SECOND_RULE = fixedLengthRule(SECOND);

/** What the device says after MEMORY; live frames that were under way are refused. */
export const MEMORY_RULE: FrameRule = {
  maxBytes: HEAD.lengthBytes,
  refusals: ["neither a head nor a second of the memory"],
  match(bytes, at, end) {
    const found = (bytes[at] === 0xf2 ? HEAD_RULE : SECOND_RULE).match(bytes, at, end);
    return found < 0 ? -1 : found;
  },
};

/** Sends the memory in place of the live stream. */
export const MEMORY = Uint8Array.of(0xf5, 0xf5);
/** Back to the live stream. */
export const BACK_TO_LIVE = Uint8Array.of(0xf6, 0xf6, 0xf6);
