import { type BreathSeen, GAP_MS, type View } from "./condition.ts";

/** The last breaths of the device that tells each of them, while it goes on measuring; else none. */
export function freshBreaths({ bed, now }: View): readonly BreathSeen[] {
  const breathing = bed.breathing();
  return breathing === undefined || now - breathing.measuringAt >= GAP_MS ? [] : bed.breaths();
}

/** How many of the last breaths in a row pass, counted from the newest. */
export function trailing(breaths: readonly BreathSeen[], passes: (breath: BreathSeen) => boolean): number {
  const stop = breaths.findLastIndex((breath) => !passes(breath));
  return breaths.length - 1 - stop;
}

/** Time that the newest breath stands for: since the one before it, or a second after a pause. */
export function breathCoverMs(breaths: readonly BreathSeen[]): number {
  const [before, last] = breaths.slice(-2);
  if (before === undefined || last === undefined) return 1_000;
  const apartMs = last.at - before.at;
  return apartMs < GAP_MS ? apartMs : 1_000;
}
