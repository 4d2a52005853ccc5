import { type Wall, wall } from "./time.ts";

/*
 * A person or a phone may be removed at the box while the hub is away, and the other way round. Both remember what they
 * removed, and tell each other. What is removed is a set-up, never an id: a removal names the newest set-up that whoever
 * removed it could see, so that no clock decides whether a later set-up counts (ADR 0033).
 */

export const REMOVABLE = ["person", "target"] as const;
export type Removable = (typeof REMOVABLE)[number];

/** A person or a phone that somebody removed. */
export interface Removal {
  readonly kind: Removable;
  readonly id: string;
  /** `addedAt` of the newest set-up that was removed; 0: it had none. One that was set up after it is alive. */
  readonly upTo: number;
  /** When, by the clock of whoever removed it. It decides which removals are forgotten first, and nothing else. */
  readonly at: Wall;
}

/** As many are remembered of a home; the oldest are forgotten first. A home has 200 phones at most. */
export const REMOVALS_MAX = 256;

/** Names what was removed among all removals. */
export const removalKey = ({ kind, id }: Pick<Removal, "kind" | "id">): string => `${kind} ${id}`;

/** Whether a set-up is later than what was removed. */
export const outlives = (addedAt: number, removal: Pick<Removal, "upTo"> | undefined): boolean =>
  removal === undefined || addedAt > removal.upTo;

/** The moment of a set-up on top of `before`: now, unless a clock was ahead when that was written down. */
export const setUpAfter = (now: Wall, before: Wall | undefined): Wall =>
  before === undefined || now > before ? now : wall(before + 1);

/**
 * What both sides know together, newest first: of each person and phone the newest set-up that was removed. The same in
 * whatever order, and however often, they hear of one another; at most REMOVALS_MAX.
 */
export function mergeRemovals(...sides: readonly (readonly Removal[])[]): readonly Removal[] {
  const merged = new Map<string, Removal>();
  for (const removal of sides.flat()) {
    const key = removalKey(removal);
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? removal
        : {
            ...known,
            upTo: Math.max(known.upTo, removal.upTo),
            at: known.at > removal.at ? known.at : removal.at,
          },
    );
  }
  return [...merged.values()].toSorted(newestFirst).slice(0, REMOVALS_MAX);
}

/** The same order everywhere, so that both sides forget the same ones. */
const newestFirst = (a: Removal, b: Removal): number =>
  b.at - a.at || (removalKey(a) < removalKey(b) ? -1 : 1);
