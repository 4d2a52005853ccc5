import { GAP_MS, unknown, type Verdict, type View } from "./condition.ts";

/** With more unintentional leak than this, a machine's volumes are off by a third and more (clinical facts, S49). L/min */
const TOO_MUCH = 40;

/**
 * Not to be judged while so much leaks that volumes and rates are guesses; undefined where they count. A leak that cannot
 * be read stops nothing: many machines tell none.
 */
export function drownsInLeak(view: View): Verdict | undefined {
  const leak = view.bed.reading("leak");
  const drowns = leak !== undefined && leak.ageMs < GAP_MS && leak.value > TOO_MUCH;
  return drowns ? unknown("leak") : undefined;
}
