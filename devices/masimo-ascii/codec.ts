/**
 * "ASCII 1", the text that Masimo bedside oximeters send once a second, one line each, ended by CR LF:
 *
 *     02/22/16 22:47:45 SN=0000056661 SPO2=098% BPM=097 PI=03.60% SPCO=--.-% ... ALARM=0000 EXC=000800
 *     |                 |             |                           |              |          |
 *     |                 |             |                           |              |          exceptions, hex bit field
 *     |                 |             |                           |              alarms, hex bit field
 *     |                 |             |                           other measurements: read over
 *     |                 |             dashes where there is no value
 *     |                 serial number, dashes on some Radical-7
 *     monitor's clock, without a zone; it drifts
 *
 * Which keys there are and how wide their values are changes with model and options (`PI=00.55` without a percent sign,
 * ALARM of 2 to 6 digits, EXC of 3 to 7), so everything is found by its key. No checksum: a digit that turned into
 * another digit on the way cannot be noticed. Blank lines may stand in between.
 * ? EXC1 of some Radical-7: nobody published its bits; the maker's manual would settle it.
 */
import type { Priority } from "../../src/domain/alarm.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import type { Absence } from "../../src/domain/sample.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";

/** The longest line known has about 190 characters. */
export const LONGEST_LINE_BYTES = 400;

/** A bit of EXC. */
interface Exception {
  readonly bit: number;
  /** As it stands in status readings. */
  readonly code: string;
  /** Beside this bit no number is a measurement, for this reason. */
  readonly gates?: Absence;
  readonly flag?: QualityFlag;
}

/** The bits of EXC; of several that gate, the first in this list gives the reason. */
export const EXCEPTIONS: readonly Exception[] = [
  { bit: 0x000001, code: "no_sensor", gates: "not_connected" },
  { bit: 0x001000, code: "no_cable", gates: "not_connected" },
  { bit: 0x000002, code: "sensor_defective", gates: "not_connected" },
  { bit: 0x000080, code: "sensor_unrecognised", gates: "not_connected" },
  { bit: 0x000100, code: "sensor_incompatible", gates: "not_connected" },
  { bit: 0x004000, code: "cable_incompatible", gates: "not_connected" },
  { bit: 0x008000, code: "cable_unrecognised", gates: "not_connected" },
  { bit: 0x010000, code: "cable_defective", gates: "not_connected" },
  { bit: 0x000020, code: "sensor_off", gates: "sensor_off" },
  { bit: 0x020000, code: "calibrating", gates: "searching" },
  { bit: 0x000008, code: "pulse_search", gates: "searching" },
  { bit: 0x000010, code: "interference", gates: "poor_signal" },
  { bit: 0x000040, code: "ambient_light", gates: "poor_signal" },
  { bit: 0x080000, code: "emitter_temperature", gates: "not_measured" },
  { bit: 0x100000, code: "current_limit", gates: "not_measured" },
  { bit: 0x000004, code: "low_perfusion", flag: "low_perfusion" },
  { bit: 0x000400, code: "low_signal_iq", flag: "artifact" },
  { bit: 0x002000, code: "cable_life" },
  { bit: 0x040000, code: "sensor_life" },
  { bit: 0x200000, code: "spco_low_confidence" },
  { bit: 0x400000, code: "spmet_low_confidence" },
];

/** Bits whose alarms say nothing of the person: the sensor is off or away. */
const UNWORN = 0x000021;
/** "SET active": the ordinary state, no fault. */
export const SET_ACTIVE = 0x000800;

/** A bit of ALARM. */
interface OwnAlarm {
  readonly bit: number;
  readonly code: string;
  readonly text: string;
  readonly priority: Priority;
  /** About a measured value: never active while the sensor is off or away. */
  readonly measured: boolean;
}

const ALARM_ACTIVE = 0x0010;

/** The bits of ALARM that become own alarms; the priorities are our judgement, the line has none. */
export const ALARMS: readonly OwnAlarm[] = [
  { bit: 0x0002, code: "spo2_low", text: "SpO2 low", priority: "high", measured: true },
  { bit: 0x0001, code: "spo2_high", text: "SpO2 high", priority: "low", measured: true },
  { bit: 0x0008, code: "pulse_low", text: "pulse low", priority: "high", measured: true },
  { bit: 0x0004, code: "pulse_high", text: "pulse high", priority: "medium", measured: true },
  { bit: 0x1000, code: "desat_index", text: "desaturation index", priority: "medium", measured: true },
  { bit: 0x2000, code: "pi_delta", text: "perfusion changed", priority: "medium", measured: true },
  { bit: 0x0040, code: "battery_low", text: "battery low", priority: "medium", measured: false },
  { bit: ALARM_ACTIVE, code: "alarm_active", text: "monitor in alarm", priority: "medium", measured: false },
];

/** The monitor's alarm sound is off: a status, no alarm. */
const SILENCED = 0x0020;

/** One second; undefined numbers are dashes in the line. */
export interface MasimoLine {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  /** In %; the key is left out where the model does not have it. */
  readonly perfusion?: number | undefined;
  readonly serial?: string;
  /** EXC and ALARM as they came. */
  readonly exceptions: number;
  readonly alarms: number;
}

/** Why a line is not one; the texts stand in the trace. */
export type Refusal =
  | "front of the line missing"
  | "not an ASCII 1 line"
  | "not KEY=VALUE"
  | "a key twice"
  | "a key missing"
  | "a value unreadable";

const HEAD = /^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d +/;
const PAIR = /^([A-Z][A-Z0-9]{0,11})=(\S+)$/;
const NUMBER = /^\d{1,3}(?:\.\d{1,3})?%?$/;
const DASHES = /^[+-]?-+(?:\.-+)?%?$/;
const HEX = /^[0-9A-Fa-f]{1,8}$/;

/** Reads one line without its line end; "blank" for a line with nothing in it. */
export function decodeLine(bytes: Uint8Array, whole: boolean): MasimoLine | Refusal | "blank" {
  const text = lineText(bytes).trim();
  if (text === "") return "blank";
  const head = HEAD.exec(text);
  if (head === null) return whole ? "not an ASCII 1 line" : "front of the line missing";
  const values = new Map<string, string>();
  for (const token of text.slice(head[0].length).split(/ +/)) {
    const [, key, value] = PAIR.exec(token) ?? [];
    if (key === undefined || value === undefined) return "not KEY=VALUE";
    if (values.has(key)) return "a key twice";
    values.set(key, value);
  }
  const [spo2, pulse, exceptions, alarms] = ["SPO2", "BPM", "EXC", "ALARM"].map((key) => values.get(key));
  if (spo2 === undefined || pulse === undefined || exceptions === undefined || alarms === undefined) {
    return "a key missing";
  }
  const perfusion = values.get("PI");
  const numbers = [spo2, pulse, perfusion ?? "---"];
  if (!numbers.every((value) => NUMBER.test(value) || DASHES.test(value))) return "a value unreadable";
  if (!HEX.test(exceptions) || !HEX.test(alarms)) return "a value unreadable";
  const serial = values.get("SN");
  return {
    spo2: numberIn(spo2),
    pulse: numberIn(pulse),
    ...(perfusion !== undefined && { perfusion: numberIn(perfusion) }),
    ...(serial !== undefined && /^\w+$/.test(serial) && { serial }),
    exceptions: Number.parseInt(exceptions, 16),
    alarms: Number.parseInt(alarms, 16),
  };
}

/** Why no number of this line is a measurement; undefined where the exceptions vouch for them. */
export const gateOf = ({ exceptions }: MasimoLine): Absence | undefined =>
  exceptionsOf(exceptions).find(({ gates }) => gates !== undefined)?.gates;

/** The exceptions that are set, SET active left out. */
export const exceptionsOf = (bits: number): readonly Exception[] =>
  EXCEPTIONS.filter(({ bit }) => (bits & bit) !== 0);

/**
 * The alarms that count: those on measured values only while a sensor is on somebody, the general one only where no
 * other says what it is about.
 */
export function alarmsOf({ alarms, exceptions }: MasimoLine): readonly OwnAlarm[] {
  const worn = (exceptions & UNWORN) === 0;
  const set = ALARMS.filter(({ bit, measured }) => (alarms & bit) !== 0 && (worn || !measured));
  const named = set.filter(({ bit }) => bit !== ALARM_ACTIVE);
  return named.length > 0 ? named : set;
}

export const isSilenced = ({ alarms }: MasimoLine): boolean => (alarms & SILENCED) !== 0;

/** A line with its line end, as a Rad-8 writes it; `clock` is local time as text, `MM/DD/YY hh:mm:ss`. */
export function encodeLine(line: MasimoLine, clock: string): Uint8Array {
  const whole = (value: number | undefined): string => value?.toFixed(0).padStart(3, "0") ?? "---";
  const { perfusion } = line;
  const fields = [
    `SN=${line.serial ?? "----------"}`,
    `SPO2=${whole(line.spo2)}%`,
    `BPM=${whole(line.pulse)}`,
    `PI=${perfusion === undefined ? "--.--" : perfusion.toFixed(2).padStart(5, "0")}%`,
    "SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+--",
    `ALARM=${hex(line.alarms, 4)}`,
    `EXC=${hex(line.exceptions, 6)}`,
  ];
  return lineBytes(`${clock} ${fields.join(" ")}\r\n`);
}

const numberIn = (text: string): number | undefined =>
  NUMBER.test(text) ? Number.parseFloat(text) : undefined;

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0");
