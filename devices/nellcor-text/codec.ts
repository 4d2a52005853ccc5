/**
 * The text that Nellcor bedside oximeters print to their serial port, one line every two seconds, each ended by CR LF:
 *
 *     N-595    VERSION 1.0.0.0   CRC:XXXX  SpO2 Limit: 70-100%    PR Limit: 60-160BPM
 *              ADULT                                                                     mode
 *     TIME                %SPO2    BPM    PA    Status
 *     12-NOV-97 14:00:05    100    120    50    SH AS
 *     |                     |      |      |     |
 *     |                     |      |      |     status codes, none or several
 *     |                     |      |      pulse amplitude, in the maker's own scale
 *     |                     three dashes where there is no value; `*` after it where a limit is broken
 *     monitor's clock, dd-MMM-yy, without a zone
 *
 * The three heading lines come again every 25 lines and when they change. Columns differ between models: fields are found
 * by the blanks between them. No checksum.
 * ? Whether all models write the same heading; headings are recognised loosely and only tell the model.
 */
import type { Priority } from "../../src/domain/alarm.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import type { Absence } from "../../src/domain/sample.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";

export const LONGEST_LINE_BYTES = 200;
/** The monitor prints its heading again after so many lines. */
export const LINES_PER_HEADING = 25;

/** What a status code is for us. */
interface Status {
  readonly code: string;
  readonly meaning: string;
  /** Beside this code no number is a measurement, for this reason. */
  readonly gates?: Absence;
  readonly flag?: QualityFlag;
  /** The monitor's own alarm, with our priority; never active beside a code that says that nobody is measured. */
  readonly alarm?: Priority;
}

/** The status codes; of several that gate, the first in this list gives the reason. */
export const STATUS: { readonly [code: string]: Status } = {
  SD: { code: "sensor_disconnected", meaning: "sensor disconnected", gates: "not_connected" },
  SO: { code: "sensor_off", meaning: "sensor off", gates: "sensor_off" },
  PS: { code: "pulse_search", meaning: "searching for a pulse", gates: "searching" },
  LM: { code: "pulse_lost_motion", meaning: "pulse lost, with motion", gates: "poor_signal", flag: "motion" },
  LP: { code: "pulse_lost", meaning: "pulse lost", gates: "no_pulse" },
  MO: { code: "interference", meaning: "interference, motion", flag: "motion" },
  SL: { code: "spo2_low", meaning: "saturation low", alarm: "high" },
  SH: { code: "spo2_high", meaning: "saturation high", alarm: "low" },
  PL: { code: "pulse_low", meaning: "pulse low", alarm: "high" },
  PH: { code: "pulse_high", meaning: "pulse high", alarm: "medium" },
  LB: { code: "battery_low", meaning: "battery low", alarm: "medium" },
  AO: { code: "alarm_off", meaning: "alarm switched off" },
  AS: { code: "alarm_silenced", meaning: "alarm silenced" },
};

/** One measurement; undefined numbers are dashes in the line. */
export interface NellcorLine {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  /** Those that are known, in the order of the table. */
  readonly status: readonly Status[];
  /** Two letters that nobody explained. */
  readonly unknown: readonly string[];
}

/** A heading that tells what the monitor is. */
export interface NellcorHeading {
  readonly model: string;
  readonly firmware?: string;
}

/** Why a line is not a measurement; the texts stand in the trace. */
export type Refusal = "front of the line missing" | "not a line of this family" | "a value unreadable";

const DATA =
  /^\d\d-[A-Z]{3}-\d\d +\d\d:\d\d:\d\d +([\d-]{1,3})\*? +([\d-]{1,3})\*? +([\d-]{1,4})\*?((?: +[A-Z]{2})*)$/;
const DATED = /^\d\d-[A-Z]{3}-\d\d +\d\d:\d\d:\d\d\b/;
const MODEL = /^((?:N|NPB)-\d{2,4}[A-Z]?)\b(?:.*?VERSION +(\S+))?/;
const OTHER_HEADING = /^(?:TIME\b.*\bBPM|ADULT|NEONATE?|PEDIATRIC|(?:SPO2|PR) LIMIT)/;

/** Reads one line without its line end; "heading" for a line that says nothing about anybody. */
export function decodeLine(
  bytes: Uint8Array,
  whole: boolean,
): NellcorLine | NellcorHeading | "heading" | Refusal {
  const text = lineText(bytes).trim().toUpperCase();
  const [, spo2, pulse, amplitude, codes] = DATA.exec(text) ?? [];
  if (spo2 !== undefined && pulse !== undefined && amplitude !== undefined && codes !== undefined) {
    if (![spo2, pulse, amplitude].every(isReadable)) return "a value unreadable";
    const said = codes.split(/ +/).filter((code) => code !== "");
    return {
      spo2: numberIn(spo2),
      pulse: numberIn(pulse),
      status: Object.entries(STATUS).flatMap(([code, status]) => (said.includes(code) ? [status] : [])),
      unknown: said.filter((code) => !Object.hasOwn(STATUS, code)),
    };
  }
  if (DATED.test(text)) return "a value unreadable";
  const [, model, firmware] = MODEL.exec(text) ?? [];
  if (model !== undefined) return { model, ...(firmware !== undefined && { firmware }) };
  if (text === "" || OTHER_HEADING.test(text)) return "heading";
  return whole ? "not a line of this family" : "front of the line missing";
}

/** Why no number of this line is a measurement; undefined where its status vouches for them. */
export const gateOf = ({ status }: NellcorLine): Absence | undefined =>
  status.find(({ gates }) => gates !== undefined)?.gates;

/** What the monitor prints; `clock` is local time as text, `dd-MMM-yy hh:mm:ss`. */
export interface PrintedLine {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  readonly amplitude: number | undefined;
  /** Two letters each. */
  readonly status: readonly string[];
}

/** A measurement with its line end; `*` where the status says that a limit is broken. */
export function encodeLine({ spo2, pulse, amplitude, status }: PrintedLine, clock: string): Uint8Array {
  const broken = (...codes: string[]): string => (codes.some((code) => status.includes(code)) ? "*" : " ");
  const column = (value: number | undefined, star: string): string =>
    `${value?.toFixed(0) ?? "---"}${star}`.padStart(8);
  const numbers = [
    column(spo2, broken("SL", "SH")),
    column(pulse, broken("PL", "PH")),
    column(amplitude, " "),
  ].join("");
  return lineBytes(`${clock}${numbers}   ${status.join("  ")}`.trimEnd().concat("\r\n"));
}

/** The three heading lines. */
export const HEADING = lineBytes(
  "N-595    VERSION 1.0.0.0   CRC:0000  SpO2 Limit: 85-100%    PR Limit: 40-170BPM\r\n" +
    "                                     ADULT\r\n" +
    "TIME                %SPO2    BPM     PA    Status\r\n",
);

/** Lets a monitor that was told to stop (XOFF) send again. */
export const XON = Uint8Array.of(0x11);

/** What models that must be told to start expect, one after the other. */
export const START = [Uint8Array.of(0x03, 0x03), lineBytes("1\r\n"), lineBytes("0\r\n")] as const;

const isReadable = (text: string): boolean => /^(?:\d+|-+)$/.test(text);

const numberIn = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);
