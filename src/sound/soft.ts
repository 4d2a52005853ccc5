import { type Actor, type AlarmFold, type Occurrence, priorityRank } from "../domain/alarm.ts";
import { askingOf } from "../domain/ringing.ts";

/** What a patient is told, softly, of how their alarm goes on. */
export type SoftNews =
  /** Something begins to ring at those who help. */
  | { readonly kind: "called" }
  /** Somebody has said "I'm going". */
  | { readonly kind: "coming"; readonly by: Actor };

/**
 * What is new for the patient between two pictures of their bed. Whoever is at the bedside or watches from afar is not
 * announced; nor is anything told once the watch has ended for good.
 * @param before absent: nothing was known
 * @param mayReach law 7, and whether a drill may be heard here
 */
export function newsOf(
  before: AlarmFold | undefined,
  after: AlarmFold,
  mayReach: (occurrence: Occurrence, fold: AlarmFold) => boolean,
): readonly SoftNews[] {
  if (isOver(after)) return [];
  const heard = after.open.filter((each) => mayReach(each, after));
  const known = new Map((before?.open ?? []).map((each) => [each.id, each]));
  const coming = heard.flatMap((each) => answeredNow(known.get(each.id), each) ?? []);
  const names = [...new Map(coming.map((by) => [by.id, by])).values()];
  const rangBefore = before !== undefined && ringsIn(before, mayReach);
  return [
    ...names.map((by) => ({ kind: "coming", by }) as const),
    ...(!rangBefore && ringsIn(after, mayReach) ? [{ kind: "called" } as const] : []),
  ];
}

/** Something of the bed rings until a person answers. */
export const ringsIn = (
  fold: AlarmFold,
  mayReach: (occurrence: Occurrence, fold: AlarmFold) => boolean,
): boolean =>
  !isOver(fold) &&
  fold.open.some(
    (each) =>
      priorityRank(each.priority) >= priorityRank("medium") &&
      mayReach(each, fold) &&
      askingOf(each) === "ring",
  );

/** Everybody was called again and again, and nobody has answered. */
export const isExhausted = (
  fold: AlarmFold,
  mayReach: (occurrence: Occurrence, fold: AlarmFold) => boolean,
): boolean =>
  fold.open.some(
    (each) =>
      (each.condition === "ESCALATION_EXHAUSTED" ||
        each.conditions?.includes("ESCALATION_EXHAUSTED") === true) &&
      mayReach(each, fold) &&
      askingOf(each) === "ring",
  );

const isOver = ({ watch }: AlarmFold): boolean => watch.reason === "transfer" || watch.reason === "death";

/** Who goes since this picture; one who said so already and says it again is no news. */
function answeredNow(
  before: Occurrence | undefined,
  { acknowledgement: now }: Occurrence,
): Actor | undefined {
  if (now?.place !== "going") return undefined;
  const then = before?.acknowledgement;
  return then?.place === "going" && then.by.id === now.by.id ? undefined : now.by;
}
