import { type Absence, isPresent } from "../domain/sample.ts";
import { MINUTE_MS, type Mono, mono } from "../domain/time.ts";
import type { DeviceRecord } from "./state.ts";

/** Time in which an oximeter doubted its numbers: first and last sample of each stretch, oldest first. */
export type Doubts = readonly (readonly [from: Mono, to: Mono])[];

const KEPT_MS = 2 * MINUTE_MS;
const MOST = 60;
/** Samples so close belong to one stretch. */
const TOGETHER_MS = 2_500;
/** Perfusion below this is too weak to be sure of (clinical facts, 3.3). */
const WEAK_PERFUSION = 0.3;
/** A weak pulse matters where the number it gives is not far from the limits. */
const AT_EASE_SPO2 = 92;
/** The oximeter is on a person and cannot read them. */
const UNREADABLE: readonly Absence[] = ["searching", "poor_signal", "held", "invalid", "not_measured"];

/** The stretches with one more sample, which came now; only the last 2 min are kept. */
export function withDoubt(before: Doubts, isDoubtful: boolean, now: Mono): Doubts {
  const oldest = now - KEPT_MS;
  const kept = (before[0]?.[1] ?? now) < oldest ? before.filter(([, to]) => to >= oldest) : before;
  if (!isDoubtful) return kept;
  const last = kept.at(-1);
  if (last === undefined || now - last[1] > TOGETHER_MS) return [...kept, [now, now] as const].slice(-MOST);
  return [...kept.slice(0, -1), [last[0], now]];
}

/** Doubtful time of the last `windowMs`; a sample counts as its own second. */
export const doubtedMs = (doubts: Doubts, now: Mono, windowMs: number): number =>
  doubts.reduce((sum, [from, to]) => {
    const begin = Math.max(from, now - windowMs);
    return to < begin ? sum : sum + (to - begin) + 1_000;
  }, 0);

export const lastDoubtAt = (doubts: Doubts): Mono | undefined => {
  const last = doubts.at(-1);
  return last === undefined ? undefined : mono(last[1]);
};

/** Whether the newest numbers of an oximeter are doubtful by its own word; a sensor that is off is not doubtful. */
export function isDoubted({ flags = [], signals }: Pick<DeviceRecord, "flags" | "signals">): boolean {
  const spo2 = signals.spo2?.sample;
  const pulse = signals.pulse_rate?.sample;
  if (spo2 === undefined) return false;
  const perfusion = signals.perfusion_index?.sample;
  if (isPresent(perfusion) && perfusion < WEAK_PERFUSION) return true;
  if (flags.some((flag) => flag === "artifact" || flag === "motion" || flag === "out_of_track")) return true;
  if (isPresent(spo2)) {
    return (
      (flags.includes("low_perfusion") && spo2 < AT_EASE_SPO2) ||
      (pulse !== undefined && !isPresent(pulse) && UNREADABLE.includes(pulse.absent))
    );
  }
  return UNREADABLE.includes(spo2.absent) && (spo2.absent !== "not_measured" || isPresent(pulse));
}
