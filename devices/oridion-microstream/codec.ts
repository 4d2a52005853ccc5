/**
 * The serial protocol of Oridion's Microstream capnographs: the Capnostream 20 monitor and the MicroPod module.
 *
 *     85  length  code  data...  check
 *     |   |                      |
 *     |   |                      exclusive or of length to data
 *     |   how many bytes code and data have, before escaping
 *     begins a message and stands nowhere else: after it 80 is sent as 80 00, 85 as 80 05
 *
 *     85 05 00 07 26 40 00 64        CO2 wave, 20 a second
 *              |  |  |  |
 *              |  |  |  fast status
 *              |  |  its fraction, 256ths
 *              |  CO2, mmHg
 *              message number, runs over after 255
 *
 * What is exclusive-ored is what is sent or what is meant: 80 ^ 05 = 85 and 80 ^ 00 = 80, so that both give the same.
 * ? That length, code and check are escaped like data: one public program does so, no real message with it was seen.
 */

import { flag, missing, u8, u32be } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";
import type { FrameRule } from "../../src/wire/framer.ts";
import { lineText } from "../../src/wire/line.ts";

/** Waves a second. */
export const WAVES_PER_SECOND = 20;

/** From the host. */
export const COMMAND = { enable: 1, disable: 2, startRealtime: 4, stopRealtime: 5, linkActive: 6 } as const;

/** From the device. */
export const RESPONSE = { wave: 0, numerics: 1, identity: 4 } as const;

/** The data of a wave message. */
export const WAVE = frame({
  name: "CO2 wave (code 0)",
  lengthBytes: 4,
  constants: [],
  fields: {
    number: u8(0, "message number"),
    whole: u8(1, "CO2, mmHg"),
    fraction: u8(2, "256ths of a mmHg"),
    invalid: flag(3, 0, "fast status: the value is not valid"),
    starting: flag(3, 1, "fast status: the module starts"),
    occluded: flag(3, 2, "fast status: sampling line blocked"),
    breathEnd: flag(3, 3, "fast status: a breath ended"),
    selfTest: flag(3, 4, "fast status: SFM, self-maintenance, runs"),
    purging: flag(3, 5, "fast status: the line is blown free"),
    lineOff: flag(3, 6, "fast status: no sampling line connected"),
    fault: flag(3, 7, "fast status: CO2 part out of order"),
  },
});

/** The beginning of the data of a numerics message; longer ones hold more that is read over. */
export const NUMERICS = frame({
  name: "numerics (code 1)",
  lengthBytes: 27,
  constants: [],
  fields: {
    seconds: u32be(0, "device's clock, s"),
    etco2: missing(u8(4, "end-tidal CO2; 151 too means none"), 255),
    fico2: missing(u8(5, "inspired CO2"), 255),
    respRate: missing(u8(6, "respiratory rate, /min; 151 too means none"), 255),
    spo2: missing(u8(7, "SpO2, %"), 255),
    pulse: missing(u8(8, "pulse, /min"), 255),
    tempSilence: flag(9, 1, "slow status: alarms silenced for a while"),
    allSilenced: flag(9, 2, "slow status: all alarms silenced"),
    noBreath: flag(13, 0, "alarm: no breath"),
    etco2High: flag(13, 1, "alarm: end-tidal CO2 high"),
    etco2Low: flag(13, 2, "alarm: end-tidal CO2 low"),
    respRateHigh: flag(13, 3, "alarm: rate high"),
    respRateLow: flag(13, 4, "alarm: rate low"),
    fico2High: flag(13, 5, "alarm: inspired CO2 high"),
    noPulse: flag(14, 0, "alarm: no pulse"),
    spo2High: flag(14, 1, "alarm: SpO2 high"),
    spo2Low: flag(14, 2, "alarm: SpO2 low"),
    pulseHigh: flag(14, 3, "alarm: pulse high"),
    pulseLow: flag(14, 4, "alarm: pulse low"),
    sensorOff: flag(14, 5, "alarm: sensor off the patient"),
    sensorDisconnected: flag(14, 6, "alarm: sensor disconnected"),
    noBreathSeconds: u8(15, "time without a breath before the alarm, s"),
    unit: u8(25, "unit of CO2: 1 mmHg, 2 kPa, 3 %"),
    batteryLow: flag(26, 7, "battery low"),
  },
});

export type Numerics = ValuesOf<typeof NUMERICS>;
export type Wave = ValuesOf<typeof WAVE>;

/** mmHg is the unit whose numbers are known to be whole mmHg. */
export const UNIT_MMHG = 1;

/** A message that fits its check. */
export interface Message {
  readonly code: number;
  /** Unescaped; a copy. */
  readonly data: Uint8Array;
}

const START = 0x85;
const ESCAPE = 0x80;
/** Code and data of the longest message that is taken. */
const LONGEST = 100;
const REFUSALS = [
  "no message begins",
  "length out of place",
  "a message begins inside another",
  "escape without its second half",
  "the check does not fit",
  "length does not fit the code",
] as const;

const ruleFor = (fits: (code: number, dataBytes: number) => boolean): FrameRule => ({
  // Every byte may be escaped.
  maxBytes: 1 + 2 * (LONGEST + 2),
  refusals: REFUSALS,
  match(bytes, at, end) {
    if (bytes[at] !== START) return -1;
    let need = Number.POSITIVE_INFINITY;
    let check = 0;
    let code = 0;
    let place = at + 1;
    for (let count = 0; count < need; count++) {
      if (place >= end) return 0;
      let byte = bytes[place] ?? 0;
      if (byte === START) return -3;
      if (byte === ESCAPE) {
        if (place + 1 >= end) return 0;
        const second = bytes[place + 1] ?? 0;
        if (second !== 0 && second !== 5) return -4;
        byte |= second;
        place += 1;
      }
      place += 1;
      if (count === 0) {
        if (byte < 1 || byte > LONGEST) return -2;
        need = byte + 2;
      }
      if (count === 1) code = byte;
      check ^= byte;
    }
    if (check !== 0) return -5;
    return fits(code, need - 3) ? place - at : -6;
  },
});

/** Messages of the device: those whose layout is known must have its length. */
export const DEVICE_RULE = ruleFor((code, dataBytes) => {
  if (code === RESPONSE.wave) return dataBytes === WAVE.lengthBytes;
  return code !== RESPONSE.numerics || dataBytes >= NUMERICS.lengthBytes;
});

/** Messages of the host. */
export const HOST_RULE = ruleFor(() => true);

/** The bytes must have passed the rule. */
export function decodeMessage(bytes: Uint8Array, at: number, length: number): Message {
  const plain: number[] = [];
  for (let place = at + 1; place < at + length; place++) {
    const byte = bytes[place] ?? 0;
    if (byte === ESCAPE) place += 1;
    plain.push(byte === ESCAPE ? byte | (bytes[place] ?? 0) : byte);
  }
  return { code: plain[1] ?? 0, data: Uint8Array.from(plain.slice(2, -1)) };
}

/** A message with length, check and escapes. */
export function encodeMessage(code: number, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const plain = [data.length + 1, code, ...data];
  plain.push(plain.reduce((check, byte) => check ^ byte, 0));
  const escaped = plain.map((byte) => (byte === START || byte === ESCAPE ? [ESCAPE, byte & 0x0f] : [byte]));
  return Uint8Array.from([START, ...escaped.flat()]);
}

/** CO2 of a wave message, mmHg. */
export const co2Of = ({ whole, fraction }: Wave): number => whole + fraction / 256;

/** "V45.67 02/24/2008 B355987654  ": version, its date, serial number; nothing where it does not look so. */
export function identityIn(data: Uint8Array): { readonly firmware?: string; readonly serial?: string } {
  const [, firmware, serial] = /^(V\S{1,8}) .{10} (\w{6,14}) *$/.exec(lineText(data)) ?? [];
  return firmware === undefined || serial === undefined ? {} : { firmware, serial };
}
