import { type Occurrence, priorityRank } from "./alarm.ts";
import type { OccurrenceId } from "./ids.ts";

/** Alarms as whoever answers one is shown them: all that is open at a bed. */
type Open = readonly Pick<Occurrence, "id" | "card" | "priority" | "worsened">[];

/**
 * What somebody has been shown who sees this alarm and those on its card now: the newest worsening of them. 0: none of
 * them has become worse since it was raised, or the alarm is not among these.
 */
export function worsenedBy(open: Open, id: OccurrenceId): number {
  const asked = open.find((one) => one.id === id);
  return asked === undefined ? 0 : Math.max(...onCardOf(open, asked).map(({ worsened = 0 }) => worsened));
}

/**
 * Whether an answer is to something milder than what is open now: the alarm has become worse since `shown`, as
 * `worsenedBy` said it then; or, where the answer is to its whole card, a more urgent alarm on it has, or has come.
 * What came and is no more urgent rings for nobody by itself, and is answered with the others.
 */
export function isWorseThanShown(
  open: Open,
  {
    occurrence: id,
    worsened: shown,
    card,
  }: { readonly occurrence: OccurrenceId; readonly worsened?: number; readonly card?: true },
): boolean {
  const asked = open.find((one) => one.id === id);
  if (asked === undefined || shown === undefined) return false;
  const meant = card === true ? onCardOf(open, asked) : [asked];
  return meant.some(
    (one) =>
      (one.worsened ?? 0) > shown &&
      (one === asked || priorityRank(one.priority) > priorityRank(asked.priority)),
  );
}

/** What an answer to a message is an answer to, in one word: this alarm, as bad as that message showed it. */
export const answerTo = (id: OccurrenceId, worsened: number): string =>
  worsened === 0 ? id : `${id} ${worsened}`;

/** What messages about this alarm may have shown that can still be told apart: each number is one of its card's, or 0. */
export function showableOf(open: Open, id: OccurrenceId): readonly number[] {
  const asked = open.find((one) => one.id === id);
  const known = asked === undefined ? [] : onCardOf(open, asked).map(({ worsened = 0 }) => worsened);
  return [...new Set([0, ...known])];
}

const onCardOf = (open: Open, asked: Open[number]): Open =>
  open.filter((one) => (one.card ?? one.id) === (asked.card ?? asked.id));
