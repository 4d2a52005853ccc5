/**
 * The waveform port of the Puritan Bennett 840: text lines, free running, 50 samples a second.
 *
 *     BS, S:54042,        a breath begins; its running number
 *     0.87, 7.04          flow (L/min, positive into the person), airway pressure (cmH2O), two decimals each
 *     ...                 one such line every 20 ms
 *     BE                  the breath ends
 *
 * Line ends are LF (CRLF seen too); one capture has blanks around the commas. There is no checksum: only the strict
 * form tells a good line from a damaged one, so a digit changed into another digit passes.
 * ? Whether the port goes on sending samples in standby: a capture of a ventilator in standby would settle it.
 */
import { SIGNALS } from "../../src/domain/signal.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";

/** Samples a second; BS and BE take no time. */
export const RATE_HZ = 50;

/** The longest line that the port can send is 18 bytes; this leaves room for the blanks of some captures. */
export const LONGEST_LINE_BYTES = 64;

/** One line of the port. */
export type WaveformLine =
  | { readonly kind: "start"; readonly breath: number }
  | { readonly kind: "sample"; readonly flow: number; readonly pressure: number }
  | { readonly kind: "end" };

/** Why a line is not one of the port's; the texts stand in the trace. */
export type Refusal =
  | "blank line"
  | "one value instead of two"
  | "not a waveform line"
  | "number out of range"
  | "front of the line missing";

const START = /^BS *, *S: *(\d{1,9}) *, *$/;
const SAMPLE = /^ *(-?\d{1,3}\.\d\d) *, *(-?\d{1,3}\.\d\d) *$/;
const HALF_SAMPLE = /^ *,? *-?\d{1,3}\.\d\d *,? *$/;

/** L/min. More than any ventilator gives or a cough takes. */
const MOST_FLOW = 300;

/**
 * Reads one line without its end. A line whose front may be missing is believed only as BS or BE: what is left of
 * `37.66, 17.7` could be `7.66, 17.7`.
 */
export function decodeLine(bytes: Uint8Array, whole: boolean): WaveformLine | Refusal {
  const text = lineText(bytes);
  if (text.startsWith("B")) {
    if (/^BE *$/.test(text)) return END;
    const start = START.exec(text);
    return start === null ? "not a waveform line" : { kind: "start", breath: Number(start[1]) };
  }
  if (!whole) return "front of the line missing";
  const sample = SAMPLE.exec(text);
  if (sample === null) {
    if (text.trim() === "") return "blank line";
    return HALF_SAMPLE.test(text) ? "one value instead of two" : "not a waveform line";
  }
  // The port writes "-0.00" too; a negative zero must not travel on.
  const flow = Number(sample[1]) + 0;
  const pressure = Number(sample[2]) + 0;
  const { min, max } = SIGNALS.pressure_peak;
  const inRange = Math.abs(flow) <= MOST_FLOW && pressure >= min && pressure <= max;
  return inRange ? { kind: "sample", flow, pressure } : "number out of range";
}

const END: WaveformLine = { kind: "end" };

/** One line with its end, as the port sends it. Values beyond what decodeLine() takes stop there, as sensors do. */
export function encodeLine(line: WaveformLine): Uint8Array {
  switch (line.kind) {
    case "start":
      return lineBytes(`BS, S:${line.breath},\n`);
    case "end":
      return lineBytes("BE\n");
    case "sample": {
      const flow = Math.min(MOST_FLOW, Math.max(-MOST_FLOW, line.flow));
      const { min, max } = SIGNALS.pressure_peak;
      const pressure = Math.min(max, Math.max(min, line.pressure));
      return lineBytes(`${flow.toFixed(2)}, ${pressure.toFixed(2)}\n`);
    }
  }
}

/** What a line says, for people. */
export function lineMeaning(line: WaveformLine): string {
  switch (line.kind) {
    case "start":
      return `breath ${line.breath} begins`;
    case "end":
      return "the breath ends";
    case "sample":
      return `flow ${line.flow} L/min, airway pressure ${line.pressure} cmH2O`;
  }
}
