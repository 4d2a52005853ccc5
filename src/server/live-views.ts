import type { BedId } from "../domain/ids.ts";
import type { Clock } from "../port/clock.ts";
import type { LiveMessage } from "./contract.ts";
import type { Cursor, LiveChanges } from "./live-changes.ts";
import type { LiveModel } from "./live-model.ts";

/** Which beds a page may see. */
export interface Sight {
  (bed: BedId): boolean;
  /** Two sights of one key see the same beds, so that what one is told is worked out for both; absent: like no other. */
  readonly key?: string;
}

/** The beds of a sight that are there, in the model's order; the same array for as long as they are the same beds. */
export type View = readonly BedId[];

/** What a page has been told: up to where, and of which beds. */
export interface Told {
  readonly cursor: Cursor;
  readonly view: View;
}

/** The states of beds as text, each made once for all pages that see the same and are owed the same. */
export interface LiveViews {
  /** Told of every change of the model; `bed`: the one that changed, perhaps one that came or went. */
  changed(bed: BedId | undefined): void;
  /** Begins a turn: what was worked out for the one before is forgotten, and so is every sight that is not in use. */
  turn(inUse: Iterable<Sight>): void;
  view(sight: Sight): View;
  /** Whether a page that was told this has something to hear. */
  isNew(sight: Sight, told: Told): boolean;
  /** The whole picture of a sight. */
  whole(sight: Sight): string;
  /** The beds of a sight that changed since; the whole where beds came or went. */
  difference(sight: Sight, told: Told): string;
}

type Key = string | Sight;

/** Holds for each sight in use the names of its beds, and within a turn the texts that were made. */
export function createLiveViews(deps: {
  readonly clock: Clock;
  readonly model: LiveModel;
  readonly changes: LiveChanges;
}): LiveViews {
  const { clock, model, changes } = deps;
  const views = new Map<Key, { readonly sight: Sight; generation: number; view: View }>();
  const texts = new Map<Key, Map<string, string>>();

  let generation = model.generation;

  const viewOf = (sight: Sight): View => {
    const known = views.get(keyOf(sight));
    if (known?.generation === model.generation) return known.view;
    const found = model.beds().filter((bed) => sight(bed));
    const view = known !== undefined && areSame(known.view, found) ? known.view : found;
    views.set(keyOf(sight), { sight, generation: model.generation, view });
    return view;
  };
  const once = (sight: Sight, name: string, make: () => string): string => {
    const own = texts.get(keyOf(sight)) ?? new Map<string, string>();
    texts.set(keyOf(sight), own);
    const text = own.get(name) ?? make();
    own.set(name, text);
    return text;
  };
  const statesOf = (beds: readonly BedId[]) =>
    beds.map((bed) => model.state(bed)).filter((state) => state !== undefined);
  const whole = (sight: Sight): string =>
    once(sight, "", () => {
      const beds = statesOf(viewOf(sight));
      return textOf({ kind: "state", at: clock.wall(), cursor: changes.cursor, beds });
    });

  return {
    changed(bed) {
      const before = generation;
      generation = model.generation;
      // A fleet that comes in bed by bed must not be gone through anew for every bed of it.
      if (bed === undefined || generation !== before + 1) return;
      const isHere = model.bed(bed) !== undefined;
      for (const entry of views.values()) {
        if (entry.generation !== before) continue;
        entry.generation = generation;
        if (!entry.sight(bed)) continue;
        entry.view = isHere ? [...entry.view, bed] : entry.view.filter((one) => one !== bed);
      }
    },
    turn(inUse) {
      texts.clear();
      const keys = new Set([...inUse].map(keyOf));
      for (const key of views.keys()) if (!keys.has(key)) views.delete(key);
    },
    view: viewOf,
    isNew(sight, { cursor, view }) {
      const now = viewOf(sight);
      const isChanged = changes.since(cursor);
      return now !== view || isChanged === undefined || now.some(isChanged);
    },
    whole,
    difference(sight, { cursor, view }) {
      const now = viewOf(sight);
      const isChanged = changes.since(cursor);
      if (now !== view || isChanged === undefined) return whole(sight);
      return once(sight, cursor, () => {
        const beds = statesOf(now.filter(isChanged));
        return textOf({ kind: "state", at: clock.wall(), cursor: changes.cursor, since: cursor, beds });
      });
    },
  };
}

const keyOf = (sight: Sight): Key => sight.key ?? sight;

const areSame = (one: View, other: View): boolean =>
  one.length === other.length && one.every((bed, index) => bed === other[index]);

const textOf = (message: LiveMessage): string => JSON.stringify(message);
