import type { BedId } from "../domain/ids.ts";

/** What a page has seen of the live feed, as it says when it comes back: `<run>.<number of the last change>`. */
export type Cursor = string;

/** Which beds changed when, by number; so that whoever comes back gets the difference, or is told that there is none. */
export interface LiveChanges {
  /** Of everything up to now. */
  readonly cursor: Cursor;
  /** `bed`: the one that changed; absent: any may have. */
  add(bed: BedId | undefined): void;
  /** Whether a bed changed since; undefined for a cursor of another run, or one that was never given out. */
  since(cursor: Cursor): ((bed: BedId) => boolean) | undefined;
}

/** `run`: differs from that of any other run of the program. `isHere`: what is forgotten is what is gone. */
export function createLiveChanges(run: string, isHere: (bed: BedId) => boolean): LiveChanges {
  const changed = new Map<BedId, number>();
  let newest = 0;
  let whole = 0;
  return {
    get cursor() {
      return `${run}.${newest}`;
    },
    add(bed) {
      newest += 1;
      if (bed === undefined) whole = newest;
      else if (isHere(bed)) changed.set(bed, newest);
      else changed.delete(bed);
    },
    since(cursor) {
      const end = cursor.lastIndexOf(".");
      const number = /^\d{1,15}$/.test(cursor.slice(end + 1)) ? Number(cursor.slice(end + 1)) : Infinity;
      if (cursor.slice(0, Math.max(end, 0)) !== run || number > newest) return undefined;
      return (bed) => whole > number || (changed.get(bed) ?? 0) > number;
    },
  };
}
