/*
 * BerryMed finger oximeters (BM1000 and others), two forms, the second on newer ones that were told to use it.
 *
 *   BCI, 5 bytes, 100 a second, no checksum; bit 7 is 1, 0, 0, 0, 0
 *
 *   | 1 beep unplugged no-signal strength(4) | 0 pleth | 0 pulse7 searching no-finger bar(4) | 0 pulse6..0 | 0 SpO2 |
 *
 *   BERRY, 20 bytes
 *
 *   | FF | AA | count | status | SpO2 | SpO2 now | pulse | pulse now | RR (2, low first) | PI | PI now | pleth |
 *   | raw signal (4) | battery | rate | sum of all before |
 *
 *   with 53 ("S") or 48 ("H") for the count and text that begins with V from byte 4 on: software or hardware version.
 *
 * FF AA never stands in BCI, where a byte with bit 7 is followed by four without; so a BERRY frame tells itself.
 *
 * Doubts. ? "rate" is read as frames a second where it is 1, 50, 100 or 200. ? Whether the no-finger bit is set later
 * than in the one frame that was seen, where it is clear: a capture of a finger leaving would tell.
 */
import { bits, flag, joined, missing, u8, u16le, u32le } from "../../src/wire/field.ts";
import { type Constant, frame, type ValuesOf } from "../../src/wire/frame.ts";

const is = (byte: number, value: number, doc: string, mask = 0xff): Constant => ({ byte, mask, value, doc });

export const BCI = frame({
  name: "BCI",
  lengthBytes: 5,
  constants: [
    is(0, 0x80, "bit 7 set", 0x80),
    ...[1, 2, 3, 4].map((byte) => is(byte, 0, "bit 7 clear", 0x80)),
  ],
  fields: {
    beep: flag(0, 6, "a beat"),
    unplugged: flag(0, 5, "probe unplugged"),
    noSignal: flag(0, 4, "no signal"),
    strength: missing(bits(0, 0x0f, "signal strength, 0 to 8"), 15),
    pleth: missing(bits(1, 0x7f, "pulse waveform, 1 to 100"), 0),
    searching: flag(2, 5, "searching"),
    noFinger: flag(2, 4, "no finger"),
    bar: bits(2, 0x0f, "bar graph"),
    pulse: missing(
      joined(
        [
          { byte: 2, mask: 0x40 },
          { byte: 3, mask: 0x7f },
        ],
        "pulse, /min",
      ),
      255,
    ),
    spo2: missing(bits(4, 0x7f, "SpO2, %"), 127),
  },
});

const berryHead = [is(0, 0xff, "FF"), is(1, 0xaa, "AA")];
const berrySum = { kind: "sum8", from: 0, to: 19, at: 19 } as const;

export const BERRY = frame({
  name: "BERRY",
  lengthBytes: 20,
  constants: berryHead,
  fields: {
    count: u8(2, "counts frames"),
    beat: flag(3, 3, "a beat"),
    noPulse: flag(3, 2, "no pulse"),
    noFinger: flag(3, 1, "no finger"),
    sensorOff: flag(3, 0, "sensor off"),
    spo2: missing(u8(4, "SpO2, %"), 127),
    spo2Now: missing(u8(5, "SpO2 of this moment, %"), 127),
    pulse: missing(u8(6, "pulse, /min"), 255),
    pulseNow: missing(u8(7, "pulse of this moment, /min"), 255),
    interval: u16le(8, "beat to beat, 5 ms"),
    perfusion: missing(u8(10, "perfusion index, 0.1 %"), 0),
    perfusionNow: missing(u8(11, "perfusion index of this moment, 0.1 %"), 0),
    pleth: u8(12, "pulse waveform"),
    raw: u32le(13, "raw signal, signed"),
    battery: u8(17, "battery, %"),
    rate: u8(18, "? frames a second"),
  },
  checksum: berrySum,
});

/** What begins a version; its text stands in bytes 4 to 19. */
export const BERRY_VERSION = frame({
  name: "BERRY version",
  lengthBytes: 20,
  constants: [...berryHead, is(3, 0x56, "56, the text's V")],
  fields: { which: u8(2, "53 software, 48 hardware") },
  checksum: berrySum,
});

const SOFTWARE = 0x53;
const HARDWARE = 0x48;

/** A version that a device tells of itself; undefined where the 20 bytes from `at` are no such frame. */
export function versionIn(
  bytes: Uint8Array,
  at: number,
): { readonly firmware: string } | { readonly model: string } | undefined {
  if (BERRY_VERSION.check(bytes, at) !== 0) return undefined;
  const { which } = BERRY_VERSION.decode(bytes, at);
  if (which !== SOFTWARE && which !== HARDWARE) return undefined;
  const text = new TextDecoder("latin1")
    .decode(bytes.subarray(at + 3, at + 19))
    .replaceAll(/[^ -~]/g, "")
    .trim();
  return which === SOFTWARE ? { firmware: text } : { model: `hardware ${text}` };
}

export type BciValues = ValuesOf<typeof BCI>;
export type BerryValues = ValuesOf<typeof BERRY>;

/** Frames a second as the device comes. */
export const USUAL_RATE = 100;

/** The channel that data come on. */
export const DATA_CHANNEL = "495353431e4d4bd9ba6123c647249616";
