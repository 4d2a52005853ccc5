import type { ConditionId } from "../domain/alarm.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/time.ts";
import type { Verdict, View } from "./condition.ts";

/** What a doubtful sample has to wait beyond the delay (clinical facts, 3.1: gating). */
const DOUBT_MS = 15 * SECOND_MS;

/** The ventilator complains. */
const COMPLAINTS: readonly ConditionId[] = ["VENT_OWN", "VENT_REMOTE_ALARM"];

/** Breathing has changed in a way that takes the oxygen down. */
const BREATHING: readonly ConditionId[] = [
  "VENT_MV_LOW",
  "VENT_VTE_LOW",
  "VENT_LEAK_HIGH",
  "VENT_DISCONNECT",
  "VENT_APNEA",
];

/**
 * Oxygen alarms that do not stand on the same doubt, as SPO2_LOW_UNCERTAIN and SPO2_RELATIVE may, nor stay open over
 * many shallow dips, as SPO2_WARN, SPO2_SUSTAINED and SPO2_INTEGRAL do.
 */
const OXYGEN: readonly ConditionId[] = ["SPO2_LOW", "SPO2_CRIT", "SPO2_RAPID", "SPO2_UNDER_RANGE"];

const PULSE_SHARE = 0.2;
/** Fewer pulse values than this have no median to compare with. */
const PULSE_HISTORY_MS = MINUTE_MS;
/**
 * The pulse has changed when the median of so long has. Movement makes pulse and oxygen wrong together, and an ordinary
 * dip ends with an arousal that lets the pulse jump: both last for about ten seconds.
 */
const PULSE_NOW_MINUTES = 0.5;

/** Whether the ventilator shows why the oxygen falls: it complains, gives too little, or leaks a lot. */
export const isExplained = (view: View): boolean =>
  COMPLAINTS.some((id) => view.isOpen(id)) || BREATHING.some((id) => view.isViolating(id));

/**
 * Whether anything bears out a number that the oximeter itself doubts: the ventilator, an oxygen alarm that is open, or
 * a pulse of 30 s that is 20 % off its median of 5 min.
 */
export const isCorroborated = (view: View): boolean =>
  isExplained(view) || OXYGEN.some((id) => view.isOpen(id)) || hasPulseChanged(view);

/** The oximeter doubts its number, and nothing bears it out. */
export const isDoubtful = (view: View): boolean => view.bed.isPoor() && !isCorroborated(view);

/** Doubt never blocks: such a violation has to be older by 15 s before it is an alarm. */
export function withDoubt(view: View, verdict: Verdict, delayS: number): Verdict {
  if (verdict.kind !== "holds" || !isDoubtful(view)) return verdict;
  return { ...verdict, delayMs: delayS * SECOND_MS + DOUBT_MS };
}

/**
 * The same for a tier without a delay that is high: it leaves a doubtful sample to SPO2_LOW_UNCERTAIN, which makes it
 * medium, and waits for a better one. Where that does not judge it (switched off, or another limit), it waits 15 s.
 */
export function withUrgentDoubt(view: View, verdict: Verdict): Verdict {
  if (verdict.kind !== "holds" || !isDoubtful(view)) return verdict;
  const delayMs = view.isViolating("SPO2_LOW_UNCERTAIN") ? Number.POSITIVE_INFINITY : DOUBT_MS;
  return { ...verdict, delayMs };
}

function hasPulseChanged(view: View): boolean {
  const usual = view.bed.window("pulse_rate", 5);
  if (usual.median === undefined || usual.validMs < PULSE_HISTORY_MS) return false;
  const now = view.bed.window("pulse_rate", PULSE_NOW_MINUTES);
  if (now.median === undefined || now.validMs < (PULSE_NOW_MINUTES * MINUTE_MS) / 2) return false;
  return Math.abs(now.median - usual.median) >= PULSE_SHARE * usual.median;
}
