/*
 * Nonin serial data formats, 9600 baud 8N1 (Onyx II 9560 OEM specification; the same in OEM III, Xpod, 3150).
 *
 * Formats 2 and 7: 75 frames a second; 25 frames make a packet, 3 packets a second.
 *
 *   format 2   | 01     | status | pleth     | float     | sum of 1-4 |
 *   format 7   | status | pleth MSB | pleth LSB | float  | sum of 1-4 |
 *
 *   status     1  SNSD  ARTF  OOT  SNSA  RPRF  GPRF  SYNC        SYNC is set on the first frame of a packet only
 *
 * The float bytes of frames 1 to 25 in a row are the packet:
 *
 *   frame  1-2 pulse   3 SpO2   4 firmware   6-7 timer   8 STAT2   9 SpO2-D   10 SpO2 fast   11 SpO2 beat to beat
 *          14-15 E-pulse   16 E-SpO2   17 E-SpO2-D   20-21 pulse-D   22-23 E-pulse-D   others reserved
 *
 * Format 8: once a second, no checksum; bit 7 is 1, 0, 0, 0.
 *
 *   | 1 0 OOT low marginal ARTF pulse8 pulse7 | 0 pulse6..0 | 0 SpO2-D | 0 0 smart 0 SNSA 0 0 battery |
 *
 * Format 13: one packet for one measurement.
 *
 *   | 00 02 00 0D | length, 14 or more | data | sum of data | 03 |
 *   data: BCD 20 YY MM DD hh mm ss 00, status (2), pulse (2), reserved, SpO2, ? whatever a longer one adds
 *
 * Doubts. ? SNSD on the 9560 is reserved (seen 0): ignored there. ? Firmware and reserved bytes may exceed 127, so
 * they are no use for finding frames. ? The 3150's commands come from one public project; a 3150 would settle them.
 */
import { sum8 } from "../../src/wire/checksum.ts";
import { bcd, bits, flag, missing, split7, u8, u16be } from "../../src/wire/field.ts";
import { type Constant, frame, type ValuesOf } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

/** Missing codes of every format (specification, "data format" tables). */
const NO_SPO2 = 127;
const NO_PULSE = 511;

export const FRAMES_PER_PACKET = 25;
export const FRAMES_PER_SECOND = 75;

/** Status bits of formats 2 and 7, as masks for the path that every frame takes. */
export const STATUS = {
  disconnected: 0x40,
  artifact: 0x20,
  outOfTrack: 0x10,
  sensorAlarm: 0x08,
  perfusion: 0x06,
  perfusionRed: 0x04,
  perfusionYellow: 0x06,
  sync: 0x01,
} as const;

const is = (byte: number, value: number, doc: string, mask = 0xff): Constant => ({ byte, mask, value, doc });

const statusFields = (byte: number) => ({
  disconnected: flag(byte, 6, "SNSD: sensor not connected (OEM III, Xpod; reserved on the 9560)"),
  artifact: flag(byte, 5, "ARTF: artifact during this pulse"),
  outOfTrack: flag(byte, 4, "OOT: out of track, sustained artifact"),
  sensorAlarm: flag(byte, 3, "SNSA: no usable signal, finger out"),
  red: flag(byte, 2, "RPRF: red with GPRF clear (low), yellow with it (marginal); 12 frames a beat"),
  green: flag(byte, 1, "GPRF: green with RPRF clear (good)"),
  sync: flag(byte, 0, "SYNC: first frame of a packet"),
});

export const FORMAT_2 = frame({
  name: "format 2",
  lengthBytes: 5,
  constants: [is(0, 0x01, "01"), is(1, 0x80, "bit 7 set", 0x80)],
  fields: {
    ...statusFields(1),
    pleth: u8(2, "pulse waveform, 8 bits"),
    float: u8(3, "byte of the packet"),
  },
  checksum: { kind: "sum8", from: 0, to: 4, at: 4 },
});

export const FORMAT_7 = frame({
  name: "format 7",
  lengthBytes: 5,
  constants: [is(0, 0x80, "bit 7 set", 0x80)],
  fields: {
    ...statusFields(0),
    pleth: u16be(1, "pulse waveform, 16 bits"),
    float: u8(3, "byte of the packet"),
  },
  checksum: { kind: "sum8", from: 0, to: 4, at: 4 },
});

const pulse7 = (msb: number, doc: string) =>
  missing(split7({ byte: msb, mask: 0x03 }, msb + 1, `${doc}, /min`), NO_PULSE);
const spo2 = (byte: number, doc: string) => missing(bits(byte, 0x7f, `${doc}, %`), NO_SPO2);

/** The 25 float bytes of a packet of format 2 or 7; "byte" n is the float byte of frame n. */
export const PACKET = frame({
  name: "packet of formats 2 and 7",
  lengthBytes: FRAMES_PER_PACKET,
  constants: [],
  fields: {
    pulse: pulse7(0, "pulse, mean of 4 beats"),
    spo2: spo2(2, "SpO2, mean of 4 beats"),
    firmware: u8(3, "firmware revision"),
    timer: split7({ byte: 5, mask: 0x7f }, 6, "counts packets: thirds of a second, 14 bits"),
    smartPoint: flag(7, 5, "SmartPoint: a reading of high confidence"),
    lowBattery: flag(7, 0, "battery low"),
    spo2Display: spo2(8, "SpO2-D: display, held 10 s after finger out"),
    spo2Fast: spo2(9, "SpO2, 4 beats, quick response"),
    spo2Beat: spo2(10, "SpO2, beat to beat"),
    pulseExtended: pulse7(13, "E-pulse, mean of 8 beats"),
    spo2Extended: spo2(15, "E-SpO2, mean of 8 beats"),
    spo2ExtendedDisplay: spo2(16, "E-SpO2-D: display, 8 beats"),
    pulseDisplay: pulse7(19, "pulse-D: display, 4 beats"),
    pulseExtendedDisplay: pulse7(21, "E-pulse-D: display, 8 beats"),
  },
});

export const FORMAT_8 = frame({
  name: "format 8",
  lengthBytes: 4,
  constants: [0, 1, 2, 3].map((byte) =>
    is(byte, byte === 0 ? 0x80 : 0, `bit 7 ${byte === 0 ? "set" : "clear"}`, 0x80),
  ),
  fields: {
    outOfTrack: flag(0, 5, "OOT: out of track"),
    lowPerfusion: flag(0, 4, "low perfusion"),
    marginalPerfusion: flag(0, 3, "marginal perfusion"),
    artifact: flag(0, 2, "ARTF: artifact during this pulse"),
    pulse: pulse7(0, "pulse-D: display, held 10 s after finger out"),
    spo2: spo2(2, "SpO2-D: display, held 10 s after finger out"),
    smartPoint: flag(3, 5, "SmartPoint"),
    sensorAlarm: flag(3, 3, "SNSA: no usable signal, finger out"),
    lowBattery: flag(3, 0, "battery low"),
  },
});

export const FORMAT_13_HEAD = frame({
  name: "format 13, head",
  lengthBytes: 6,
  constants: [is(0, 0x00, "00"), is(1, 0x02, "02"), is(2, 0x00, "00"), is(3, 0x0d, "0D")],
  fields: { dataBytes: u16be(4, "length of the data, 14 or more") },
});

/** The first 14 bytes of the data section; a longer section adds to its end. */
export const FORMAT_13_DATA = frame({
  name: "format 13, data",
  lengthBytes: 14,
  constants: [],
  fields: {
    century: bcd(0, "century, BCD"),
    year: bcd(1, "year"),
    month: bcd(2, "month"),
    day: bcd(3, "day"),
    hour: bcd(4, "hour"),
    minute: bcd(5, "minute"),
    second: bcd(6, "second"),
    smartPoint: flag(8, 1, "SmartPoint reached"),
    noMeasurement: flag(8, 0, "no measurement"),
    fromMemory: flag(9, 4, "an old measurement, from memory"),
    lowBattery: flag(9, 0, "battery low"),
    pulse: missing(u16be(10, "pulse, /min"), NO_PULSE),
    spo2: missing(u8(13, "SpO2, %"), NO_SPO2),
  },
});

/** "Send this format", Onyx II 9560; answered by ACK or NAK in the first 5 s of a connection only. */
export const FORMAT_COMMAND_9560 = frame({
  name: "format command, 9560",
  lengthBytes: 6,
  constants: [is(0, 0x02, "02"), is(1, 0x70, "70"), is(2, 0x02, "02"), is(3, 0x02, "02"), is(5, 0x03, "03")],
  fields: { format: u8(4, "2, 7, 8 or 13") },
});

/** "Send this format", WristOx2 3150 (one public source). */
export const FORMAT_COMMAND_3150 = frame({
  name: "format command, 3150",
  lengthBytes: 8,
  constants: [
    is(0, 0x02, "02"),
    is(1, 0x70, "70"),
    is(2, 0x04, "04"),
    is(3, 0x02, "02"),
    is(5, 0x01, "bit 0 set", 0x01),
    is(7, 0x03, "03"),
  ],
  fields: {
    format: u8(4, "2, 7, 8 or 13"),
    spotCheck: flag(5, 6, "? spot-check mode"),
    radioAtPowerOn: flag(5, 5, "? radio on at power-on"),
  },
  checksum: { kind: "sum8", from: 1, to: 6, at: 6 },
});

export const ACK = 0x06;
export const NAK = 0x15;

export type PacketValues = ValuesOf<typeof PACKET>;
export type Format8Values = ValuesOf<typeof FORMAT_8>;
export type Format13Values = ValuesOf<typeof FORMAT_13_DATA>;

/** Longest data section believed; 14 are defined, and the specification lets it grow. */
const FORMAT_13_MAX_DATA_BYTES = 128;
const FORMAT_13_END = 0x03;
const headBytes = FORMAT_13_HEAD.lengthBytes;

/** Where packets of format 13 begin and how long they are. */
export const FORMAT_13_RULE: FrameRule = {
  maxBytes: headBytes + FORMAT_13_MAX_DATA_BYTES + 2,
  refusals: [
    ...FORMAT_13_HEAD.refusals,
    "the length is not 14 to 128",
    "the checksum of the data does not fit",
    "the last byte is not 03",
  ],
  match(bytes, at, end) {
    const heads = FORMAT_13_HEAD.spec.constants;
    const wrong = heads.findIndex(({ byte, value }) => at + byte < end && bytes[at + byte] !== value);
    if (wrong >= 0) return -(wrong + 1);
    if (end - at < headBytes) return 0;
    const { dataBytes } = FORMAT_13_HEAD.decode(bytes, at);
    if (dataBytes < FORMAT_13_DATA.lengthBytes || dataBytes > FORMAT_13_MAX_DATA_BYTES) {
      return -(heads.length + 1);
    }
    const dataEnd = at + headBytes + dataBytes;
    if (end < dataEnd + 2) return 0;
    if (sum8(bytes, at + headBytes, dataEnd) !== bytes[dataEnd]) return -(heads.length + 2);
    if (bytes[dataEnd + 1] !== FORMAT_13_END) return -(heads.length + 3);
    return headBytes + dataBytes + 2;
  },
};

/** A whole packet of format 13; `extra` are bytes that a longer data section adds. */
export function encodeFormat13(values: Format13Values, extra = new Uint8Array(0)): Uint8Array {
  const data = FORMAT_13_DATA.encode(values);
  const dataBytes = data.length + extra.length;
  const packet = new Uint8Array(headBytes + dataBytes + 2);
  packet.set(FORMAT_13_HEAD.encode({ dataBytes }));
  packet.set(data, headBytes);
  packet.set(extra, headBytes + data.length);
  packet[headBytes + dataBytes] = sum8(packet, headBytes, headBytes + dataBytes);
  packet[headBytes + dataBytes + 1] = FORMAT_13_END;
  return packet;
}

/** Reads a packet that FORMAT_13_RULE found at `at`. */
export const decodeFormat13 = (bytes: Uint8Array, at: number): Format13Values =>
  FORMAT_13_DATA.decode(bytes, at + headBytes);
