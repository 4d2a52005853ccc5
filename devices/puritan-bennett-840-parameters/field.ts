import type { Priority } from "../../src/domain/alarm.ts";
import type { SignalId } from "../../src/domain/signal.ts";

/**
 * One field of a reply. Numbers are the maker's: field 5 is the first after STX. `text` and `number` may be blank;
 * a `limit` is a number or OFF; an `alarm` is one of ALARM_WORDS.
 */
export interface Field {
  readonly field: number;
  readonly name: string;
  readonly kind: "text" | "number" | "limit" | "alarm";
  /** UCUM, for numbers and limits. */
  readonly unit?: string;
  /** Characters that the ventilator pads it to; 6 where nothing is said. Needed for sending only. */
  readonly width?: number;
  /** The signal that it measures, and what to multiply it by. */
  readonly signal?: { readonly id: SignalId; readonly factor?: number };
  readonly alarm?: OwnAlarm;
}

/** A flag of the ventilator: our code for it, and its priority where the reply says only ALARM. */
export interface OwnAlarm {
  readonly code: string;
  readonly priority: Priority;
}

/** What an alarm field may hold: plain in MISCA, with its urgency in MISCF. RESET: it was, and a person reset it. */
export const ALARM_WORDS = ["NORMAL", "ALARM", "LOW", "MEDIUM", "HIGH", "RESET"] as const;

/** A text field; a width only where it is not 6. */
export const text = (field: number, name: string, width?: number): Field => ({
  field,
  name,
  kind: "text",
  ...(width !== undefined && { width }),
});

export const number = (field: number, name: string, unit: string): Field => ({
  field,
  name,
  kind: "number",
  unit,
});

/** A measured value that becomes a signal; `factor` where the units differ. */
export const signal = (field: number, name: string, unit: string, id: SignalId, factor?: number): Field => ({
  field,
  name,
  kind: "number",
  unit,
  signal: { id, ...(factor !== undefined && { factor }) },
});

export const limit = (field: number, name: string, unit: string): Field => ({
  field,
  name,
  kind: "limit",
  unit,
});

export const alarm = (field: number, name: string, code: string, priority: Priority): Field => ({
  field,
  name,
  kind: "alarm",
  alarm: { code, priority },
});
