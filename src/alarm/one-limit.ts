import type { AlarmValues } from "../domain/alarm.ts";
import type { SignalId } from "../domain/signal.ts";
import { GAP_MS, type Verdict, type View, WAITING } from "./condition.ts";

/** A limit on one signal: violated below (low) or above (high) it. */
export interface OneLimit {
  readonly signal: SignalId;
  readonly side: "low" | "high";
  readonly limit: number;
  /** Inside the violation band the value must come back so far beyond the limit. */
  readonly hysteresis: number;
  /** Further evidence to show. */
  readonly values?: AlarmValues;
}

/** Whether a value lies in the band: beyond the limit, or short of the hysteresis once it was beyond. */
export function inBand(value: number, rule: Omit<OneLimit, "signal">, held: boolean): boolean {
  const edge = held ? rule.hysteresis : 0;
  return rule.side === "low" ? value < rule.limit + edge : value > rule.limit - edge;
}

/** The verdict of a limit on the newest valid value of its signal. */
export function judgeLimit(view: View, rule: OneLimit): Verdict {
  const reading = view.bed.reading(rule.signal);
  if (reading === undefined || reading.ageMs >= GAP_MS) return view.bed.missing([rule.signal]);
  const isIn = inBand(reading.value, rule, view.held);
  if (!isIn && view.isAtRest === true) return WAITING;
  const evidence = {
    at: reading.at,
    values: { [rule.signal]: reading.value, limit: rule.limit, ...rule.values },
    devices: [reading.device],
  };
  return isIn ? { kind: "holds", ...evidence } : { kind: "clear", coverMs: reading.coverMs, ...evidence };
}
