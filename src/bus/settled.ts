/**
 * Which numbers of one stream are settled: stored, or never to come. Whole numbers from 0; the numbers arrive in
 * any order and more than once.
 */
export interface Settled {
  /** Settles `from` to `to`, both included. */
  add(from: number, to: number): void;
  has(seq: number): boolean;
  /** Everything up to this number is settled; -1 when 0 is not. */
  readonly mark: number;
}

/** Gaps beyond this are forgotten, highest first: their sender sends them again. */
const RANGES_MAX = 1_000;

/** Nothing is settled yet. */
export function createSettled(): Settled {
  /** Ascending, apart from each other by at least one number. */
  let ranges: { readonly from: number; readonly to: number }[] = [];

  return {
    add(from, to) {
      if (to < from) return;
      const newest = ranges.at(-1);
      // The usual case, one number after the other, without a copy of everything.
      if (newest !== undefined && from >= newest.from && from <= newest.to + 1) {
        ranges[ranges.length - 1] = { from: newest.from, to: Math.max(newest.to, to) };
        return;
      }
      const apart = ranges.filter((range) => range.to < from - 1 || range.from > to + 1);
      const touching = ranges.filter((range) => range.to >= from - 1 && range.from <= to + 1);
      const merged = {
        from: Math.min(from, ...touching.map((range) => range.from)),
        to: Math.max(to, ...touching.map((range) => range.to)),
      };
      ranges = [...apart, merged].toSorted((a, b) => a.from - b.from).slice(0, RANGES_MAX);
    },
    has: (seq) => ranges.some((range) => seq >= range.from && seq <= range.to),
    get mark() {
      const [first] = ranges;
      return first === undefined || first.from > 0 ? -1 : first.to;
    },
  };
}
