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
  const ranges: { readonly from: number; readonly to: number }[] = [];

  /** Index of the first range that ends at this number or later. */
  const firstEndingAt = (seq: number): number => {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle]?.to ?? seq) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    add(from, to) {
      if (to < from) return;
      const first = firstEndingAt(from - 1);
      let next = first;
      let merged = { from, to };
      for (let range = ranges[next]; range !== undefined && range.from <= to + 1; range = ranges[++next]) {
        merged = { from: Math.min(merged.from, range.from), to: Math.max(merged.to, range.to) };
      }
      ranges.splice(first, next - first, merged);
      ranges.length = Math.min(ranges.length, RANGES_MAX);
    },
    has: (seq) => (ranges[firstEndingAt(seq)]?.from ?? Number.POSITIVE_INFINITY) <= seq,
    get mark() {
      const [first] = ranges;
      return first === undefined || first.from > 0 ? -1 : first.to;
    },
  };
}
