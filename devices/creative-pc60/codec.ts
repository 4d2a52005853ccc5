/*
 * Creative Medical's oximeters (PC-60, OxySmart, POD, SP-20, AP-20 ...), also sold by Lepu and Viatom: over the Nordic UART
 * service of Bluetooth LE, or a Bluetooth serial port. They send by themselves.
 *
 *   | AA | 55 | token | length | type | data | CRC-8/MAXIM |     length: from type to CRC; CRC: over all before it
 *
 *   0F 01  values, once a second    SpO2 | pulse LE | PI x 10 | status | battery b7-6
 *   0F 02  wave, ten a second       5 samples: b7 beat, b6-0 value
 *   0F 21  state                    mode | step | 2 parameters
 *   F0 03  battery, once a second   level 0 to 3
 *   F0 02  serial number, when asked
 *
 *   status  . . low-perfusion motion check-probe searching probe-off probe-disconnected
 *
 * Numbers of the last good reading go on with the status bits set: only the status tells them from a measurement.
 *
 * Doubts. ? Zero as "no value": seen in one program; bytes of a device that searches would settle it. ? Battery bits
 * of the values are 0 in every frame of a PC-60NW: only the battery frame is believed. ? The serial number as text:
 * after the maker's kit; a reply of a device would settle it.
 */
import { crc8Maxim } from "../../src/wire/checksum.ts";
import { bits, flag, missing, u8, u16le } from "../../src/wire/field.ts";
import { type Constant, frame, type ValuesOf } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

const is = (byte: number, value: number): Constant => ({
  byte,
  mask: 0xff,
  value,
  doc: value.toString(16).toUpperCase().padStart(2, "0"),
});

const TYPE = { values: 0x01, wave: 0x02, state: 0x21, serial: 0x02, battery: 0x03 } as const;
const MEASUREMENT = 0x0f;
const DEVICE = 0xf0;

const head = (token: number, length: number, type: number): readonly Constant[] => [
  is(0, 0xaa),
  is(1, 0x55),
  is(2, token),
  is(3, length),
  is(4, type),
];

const checked = (lengthBytes: number) =>
  ({ kind: "crc8Maxim", from: 0, to: lengthBytes - 1, at: lengthBytes - 1 }) as const;

export const VALUES = frame({
  name: "values",
  lengthBytes: 12,
  constants: head(MEASUREMENT, 8, TYPE.values),
  fields: {
    spo2: missing(u8(5, "SpO2, %"), 0),
    pulse: missing(u16le(6, "pulse, /min"), 0),
    perfusion: missing(u8(8, "perfusion index, tenths of %"), 0),
    disconnected: flag(9, 0, "probe disconnected"),
    probeOff: flag(9, 1, "probe off: no finger"),
    searching: flag(9, 2, "searching for the pulse"),
    checkProbe: flag(9, 3, "check probe"),
    motion: flag(9, 4, "motion"),
    lowPerfusion: flag(9, 5, "low perfusion"),
    battery: bits(10, 0xc0, "? battery, 0 to 3; 0 in every frame of a PC-60NW"),
  },
  checksum: checked(12),
});

export const WAVE_SAMPLES = 5;

export const WAVE = frame({
  name: "wave",
  lengthBytes: 11,
  constants: head(MEASUREMENT, 7, TYPE.wave),
  fields: {
    first: bits(5, 0x7f, "pulse wave, 50 Hz"),
    second: bits(6, 0x7f, "the next"),
    third: bits(7, 0x7f, "the next"),
    fourth: bits(8, 0x7f, "the next"),
    fifth: bits(9, 0x7f, "the next"),
    firstBeat: flag(5, 7, "a beat"),
    secondBeat: flag(6, 7, "a beat"),
    thirdBeat: flag(7, 7, "a beat"),
    fourthBeat: flag(8, 7, "a beat"),
    fifthBeat: flag(9, 7, "a beat"),
  },
  checksum: checked(11),
});

export const STATE = frame({
  name: "state",
  lengthBytes: 10,
  constants: head(MEASUREMENT, 6, TYPE.state),
  fields: {
    mode: u8(5, "1 spot check, 2 continuous, 3 menu"),
    step: u8(6, "step of the spot check"),
    first: u8(7, "? parameter"),
    second: u8(8, "? parameter"),
  },
  checksum: checked(10),
});

export const BATTERY = frame({
  name: "battery",
  lengthBytes: 7,
  constants: head(DEVICE, 3, TYPE.battery),
  fields: { level: u8(5, "battery, 0 to 3") },
  checksum: checked(7),
});

export type Values = ValuesOf<typeof VALUES>;

/** Frames whose length is known, by token and type. */
const KNOWN = new Map(
  [VALUES, WAVE, STATE, BATTERY].map(({ spec }) => {
    const at = (byte: number): number => spec.constants[byte]?.value ?? 0;
    return [keyOf(at(2), at(4)), at(3)];
  }),
);

/** Longest `length` believed of frames that nobody described. */
const LONGEST = 32;
/** Bytes before the type, counted by no length. */
const BEFORE_TYPE = 4;

/** Any frame of the family. A known one has the length of its kind, so that a damaged length is found at once. */
export const FRAME_RULE: FrameRule = {
  maxBytes: BEFORE_TYPE + LONGEST,
  refusals: [
    "byte 1 is not AA",
    "byte 2 is not 55",
    "byte 3 is neither 0F nor F0",
    "the length is not one of a frame",
    "the checksum does not fit",
  ],
  match(bytes, at, end) {
    if (bytes[at] !== 0xaa) return -1;
    if (end - at < 2) return 0;
    if (bytes[at + 1] !== 0x55) return -2;
    if (end - at < 3) return 0;
    const token = bytes[at + 2] ?? 0;
    if (token !== MEASUREMENT && token !== DEVICE) return -3;
    if (end - at < BEFORE_TYPE + 1) return 0;
    const length = bytes[at + 3] ?? 0;
    const known = KNOWN.get(keyOf(token, bytes[at + 4] ?? 0));
    if (length < 2 || length > LONGEST || (known ?? length) !== length) return -4;
    const whole = BEFORE_TYPE + length;
    if (end - at < whole) return 0;
    return crc8Maxim(bytes, at, at + whole - 1) === bytes[at + whole - 1] ? whole : -5;
  },
};

/** What a frame that FRAME_RULE found says. */
export type Message =
  | { readonly kind: "values"; readonly values: Values }
  | { readonly kind: "wave"; readonly samples: readonly number[] }
  | { readonly kind: "state"; readonly mode: number }
  | { readonly kind: "battery"; readonly level: number }
  | { readonly kind: "serial"; readonly serial: string }
  | { readonly kind: "other"; readonly token: number; readonly type: number };

/** Reads the frame of `length` bytes from `at` on. */
export function decodeMessage(bytes: Uint8Array, at: number, length: number): Message {
  const token = bytes[at + 2] ?? 0;
  const type = bytes[at + 4] ?? 0;
  switch (keyOf(token, type)) {
    case keyOf(MEASUREMENT, TYPE.values):
      return { kind: "values", values: VALUES.decode(bytes, at) };
    case keyOf(MEASUREMENT, TYPE.wave): {
      const { first, second, third, fourth, fifth } = WAVE.decode(bytes, at);
      return { kind: "wave", samples: [first, second, third, fourth, fifth] };
    }
    case keyOf(MEASUREMENT, TYPE.state):
      return { kind: "state", mode: STATE.decode(bytes, at).mode };
    case keyOf(DEVICE, TYPE.battery):
      return { kind: "battery", level: BATTERY.decode(bytes, at).level };
    case keyOf(DEVICE, TYPE.serial): {
      const text = new TextDecoder("latin1").decode(bytes.subarray(at + BEFORE_TYPE + 1, at + length - 1));
      return { kind: "serial", serial: text.replaceAll(/[^\x20-\x7e]/g, "").trim() };
    }
    default:
      return { kind: "other", token, type };
  }
}

/** A frame of any kind, for commands and for the simulator. */
export function encodeFrame(token: number, type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BEFORE_TYPE + data.length + 2);
  bytes.set([0xaa, 0x55, token, data.length + 2, type]);
  bytes.set(data, BEFORE_TYPE + 1);
  bytes[bytes.length - 1] = crc8Maxim(bytes, 0, bytes.length - 1);
  return bytes;
}

const none = new Uint8Array(0);

/** What the host may send. None of them changes anything but what is sent. */
export const COMMANDS = {
  serial: encodeFrame(DEVICE, 0x82, none),
  valuesOn: encodeFrame(MEASUREMENT, 0x84, Uint8Array.of(1)),
  waveOn: encodeFrame(MEASUREMENT, 0x85, Uint8Array.of(1)),
} as const;

/** A wave frame of five samples, 0 to 127. */
export function encodeWave(samples: readonly number[]): Uint8Array {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = samples;
  const beats = {
    firstBeat: false,
    secondBeat: false,
    thirdBeat: false,
    fourthBeat: false,
    fifthBeat: false,
  };
  return WAVE.encode({ first, second, third, fourth, fifth, ...beats });
}

/** The reply to the serial number's request. */
export const encodeSerial = (serial: string): Uint8Array =>
  encodeFrame(DEVICE, TYPE.serial, new TextEncoder().encode(serial));

function keyOf(token: number, type: number): number {
  return (token << 8) | type;
}
