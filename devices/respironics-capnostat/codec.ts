/**
 * The serial protocol of the Respironics Capnostat 5 (mainstream) and LoFlo (sidestream) CO2 modules. A command byte has
 * bit 7 set, all others have it clear:
 *
 *     CMD  NBF  data...  CK
 *     |    |             |
 *     |    |             (-(sum of all before)) modulo 128
 *     |    how many bytes follow, CK among them
 *     80 wave  84 settings  C8 refusal  C9 stop  CA revision ...
 *
 *     80 07 02 25 40 02 03 1A 73
 *           |  |     |  |
 *           |  |     |  its bytes
 *           |  |     what else this frame tells (DPI), not in every frame: 2 = end-tidal CO2
 *           |  CO2: (128 * 25 + 40 - 1000) / 100 mmHg; 00 00 = no value
 *           counter, 7 bits
 *
 * ? 100 frames a second: two public programs count on it, no document was seen.
 * ? Of DPI 1 only the fifth byte, the status of highest priority, is known; the maker's manual would settle the rest.
 */
import type { Absence } from "../../src/domain/sample.ts";
import { sum7 } from "../../src/wire/checksum.ts";
import type { FrameRule } from "../../src/wire/framer.ts";

export const FRAMES_PER_SECOND = 100;

export const COMMAND = {
  wave: 0x80,
  zero: 0x82,
  settings: 0x84,
  refusal: 0xc8,
  stop: 0xc9,
  revision: 0xca,
  capability: 0xcb,
  clearNoBreath: 0xcc,
  reset: 0xf8,
} as const;

/** What a wave frame may tell beside the wave. */
export const DPI = { status: 1, etco2: 2, respRate: 3, inspiredCo2: 4, breath: 5, hardware: 7 } as const;

/** Which setting: the first byte of a settings frame. */
export const SETTING = { barometricPressure: 1, gasCompensation: 11 } as const;

interface Status {
  readonly code: string;
  /** Beside this status no number is a measurement, for this reason. */
  readonly gates?: Absence;
  readonly meaning: string;
}

/** The status of highest priority, by its number. */
export const STATUS: { readonly [priority: number]: Status } = {
  0: { code: "ready", meaning: "no errors or warnings" },
  1: { code: "over_temperature", gates: "not_measured", meaning: "sensor too hot" },
  2: { code: "sensor_faulty", gates: "not_measured", meaning: "sensor faulty" },
  3: { code: "settings_needed", gates: "searching", meaning: "air pressure and gases not told yet" },
  4: { code: "asleep", gates: "device_off", meaning: "sleep mode" },
  5: { code: "zeroing", gates: "searching", meaning: "zero in progress" },
  6: { code: "warming_up", gates: "searching", meaning: "sensor warms up" },
  7: { code: "zero_required", gates: "not_measured", meaning: "zero required: adapter fouled or changed" },
  8: { code: "out_of_range", gates: "invalid", meaning: "CO2 out of range" },
  9: { code: "check_adapter", gates: "not_connected", meaning: "check the airway adapter" },
  10: { code: "check_line", gates: "poor_signal", meaning: "check the sampling line" },
};

/** A frame that fits its checksum. */
export interface Frame {
  readonly command: number;
  /** Between NBF and CK; a copy. */
  readonly data: Uint8Array;
}

/** What a wave frame tells beside the wave. */
export type Told =
  | { readonly kind: "status"; readonly priority: number }
  | { readonly kind: "etco2" | "respRate"; readonly value: number };

export interface WaveFrame {
  readonly sync: number;
  /** mmHg; undefined where the sensor has no value. */
  readonly co2: number | undefined;
  readonly told?: Told;
}

/** A wave frame holds its counter, the wave, and at most one DPI with five bytes or a few more. */
const LONGEST_WAVE = 16;
/** The revision is a text. */
const LONGEST_OTHER = 80;
const KNOWN = new Set<number>(Object.values(COMMAND));

export const CAPNOSTAT_RULE: FrameRule = {
  maxBytes: 2 + LONGEST_OTHER,
  refusals: ["no command", "length out of place", "bit 7 set inside a frame", "the checksum does not fit"],
  match(bytes, at, end) {
    const command = bytes[at] ?? 0;
    if (!KNOWN.has(command)) return -1;
    if (end - at < 2) return 0;
    const following = bytes[at + 1] ?? 0;
    const longest = command === COMMAND.wave ? LONGEST_WAVE : LONGEST_OTHER;
    if (following < 1 || following > longest) return -2;
    const length = 2 + following;
    for (let i = at + 2; i < Math.min(end, at + length); i++) if ((bytes[i] ?? 0) >= 0x80) return -3;
    if (end - at < length) return 0;
    return sum7(bytes, at, at + length) === 0 ? length : -4;
  },
};

/** The bytes must have passed the rule. */
export const decodeFrame = (bytes: Uint8Array, at: number, length: number): Frame => ({
  command: bytes[at] ?? 0,
  data: bytes.slice(at + 2, at + length - 1),
});

/**
 * Reads the data of a wave frame; undefined where it holds no wave (the start command itself). A DPI with too few bytes
 * tells nothing.
 */
export function decodeWave({ data }: Frame): WaveFrame | undefined {
  const [sync, high, low, dpi, ...bytes] = data;
  if (sync === undefined || high === undefined || low === undefined) return undefined;
  const raw = 128 * high + low;
  const told = toldIn(dpi, bytes);
  return { sync, co2: raw === 0 ? undefined : (raw - 1000) / 100, ...(told !== undefined && { told }) };
}

function toldIn(dpi: number | undefined, bytes: readonly number[]): Told | undefined {
  const [high, low, , , priority] = bytes;
  if (high === undefined || low === undefined) return undefined;
  const value = 128 * high + low;
  if (dpi === DPI.etco2) return { kind: "etco2", value: value / 10 };
  if (dpi === DPI.respRate) return { kind: "respRate", value };
  return dpi === DPI.status && priority !== undefined ? { kind: "status", priority } : undefined;
}

/** A frame with length and checksum; throws RangeError on a byte that has bit 7 set. */
export function encodeFrame(command: number, ...data: readonly number[]): Uint8Array {
  for (const byte of data) {
    if (!Number.isInteger(byte) || byte < 0 || byte > 0x7f) throw new RangeError(`${byte} is no data byte`);
  }
  const bytes = Uint8Array.of(command, data.length + 1, ...data, 0);
  bytes[bytes.length - 1] = -sum7(bytes, 0, bytes.length - 1) & 0x7f;
  return bytes;
}

/** A number in two bytes of seven bits. */
export const pair = (value: number): readonly [number, number] => [(value >> 7) & 0x7f, value & 0x7f];

/** Asks for the wave and all that comes with it. */
export const START_WAVE = encodeFrame(COMMAND.wave, 0);
/** Asks for the revision text. */
export const ASK_REVISION = encodeFrame(COMMAND.revision, 0);

/** Air pressure in mmHg. */
export const barometricPressure = (mmHg: number): Uint8Array =>
  encodeFrame(COMMAND.settings, SETTING.barometricPressure, ...pair(Math.round(mmHg)));

/** Oxygen in %; the rest is air, without an anaesthetic. */
export const gasCompensation = (oxygenPercent: number): Uint8Array =>
  encodeFrame(COMMAND.settings, SETTING.gasCompensation, Math.round(oxygenPercent), 0, 0, 0);
