import { type AlarmValues, type Baselines } from "../domain/alarm.ts";
import type { SettingId } from "../domain/signal.ts";
import type { View } from "./condition.ts";

/** What a low volume is measured against. */
export interface UsualRule {
  readonly signal: keyof Baselines;
  /** % of the person's usual value. */
  readonly share: number;
  /** % of the usual value by which it must come back beyond the limit. */
  readonly hysteresis: number;
  /** The therapist's own number; 0: none. */
  readonly absolute: number;
  /** What the machine aims at: stands for the usual value until that is known. */
  readonly target?: SettingId;
}

interface UsualLimit {
  readonly limit: number;
  readonly hysteresis: number;
  /** For people: against what it was compared. */
  readonly values: AlarmValues;
}

/**
 * The limit for this person: a share of the usual value, or the therapist's number where that is higher; undefined
 * where there is neither.
 */
export function usualLimit(view: View, rule: UsualRule): UsualLimit | undefined {
  const usual = usualValue(view, rule);
  const byShare = usual === undefined ? 0 : (usual * rule.share) / 100;
  const limit = Math.max(byShare, rule.absolute);
  if (limit <= 0) return undefined;
  return {
    limit: tenths(limit),
    hysteresis: (limit * rule.hysteresis) / rule.share,
    values: usual === undefined ? {} : { usual: tenths(usual) },
  };
}

function usualValue(view: View, { signal, target }: UsualRule): number | undefined {
  const median = view.bed.baseline(signal);
  if (median !== undefined || target === undefined) return median;
  const aim = view.bed.setting(target)?.value;
  return typeof aim === "number" && aim > 0 ? aim : undefined;
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
