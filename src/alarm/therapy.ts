import { GAP_MS, unknown, type Verdict, type View } from "./condition.ts";

/**
 * Off watch, a machine that says it is in standby is not judged: it lies on the table. On watch it is, and nothing
 * that is open ends because of it.
 */
export function isStandby(view: View): Verdict | undefined {
  if (view.onWatch) return undefined;
  const therapy = view.bed.reading("therapy");
  const standby = therapy !== undefined && therapy.ageMs < GAP_MS && therapy.value === 0;
  return standby ? unknown("therapy_off") : undefined;
}
