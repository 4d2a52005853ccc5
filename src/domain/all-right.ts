import type { AllRight, Occurrence } from "./alarm.ts";

/**
 * The patient's newest word about alarms that belong together; `before` where any of them has come, come back or got
 * worse since. Undefined: nothing was said.
 */
export function allRightOf(members: readonly Pick<Occurrence, "allRight">[]): AllRight | undefined {
  const newest = members
    .flatMap(({ allRight }) => allRight ?? [])
    .reduce<AllRight | undefined>(
      (last, one) => (last === undefined || one.at > last.at ? one : last),
      undefined,
    );
  if (newest === undefined) return undefined;
  const isOfAll = members.every(
    ({ allRight }) => allRight !== undefined && allRight.at === newest.at && allRight.before !== true,
  );
  const { by, at } = newest;
  return { by, at, ...(!isOfAll && { before: true as const }) };
}
