import { DAY_MS, type Mono, SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Batch, RangeQuery, Timeseries } from "../../port/timeseries.ts";

/** An outside store may show a write some seconds after it has taken it. */
const SETTLED_MS = 30 * SECOND_MS;
/** Days of beds that are counted; then all counts begin anew, as if everything had changed. */
const DAYS_MAX = 50_000;

interface Touched {
  readonly count: number;
  readonly at: Mono;
}

/**
 * The same store, which can tell whether anything changed in a range (Timeseries.revision): it counts what is written
 * through it, by bed and day, in memory. Another process that writes into the same store is not seen; the program writes
 * from one process alone, and `store copy` wants the hub stopped.
 */
export function withRevisions(timeseries: Timeseries, { clock }: { readonly clock: Clock }): Timeseries {
  const days = new Map<string, Touched>();
  let all: Touched = { count: 0, at: clock.mono() };

  const touchAll = (): void => {
    days.clear();
    all = { count: all.count + 1, at: clock.mono() };
  };
  const touch = ({ rows, events }: Batch): void => {
    const touched = new Set([
      ...rows.map(({ bed, at }) => `${bed} ${Math.floor(at / DAY_MS)}`),
      ...events.map(({ bed, event }) => `${bed} ${Math.floor(event.at / DAY_MS)}`),
    ]);
    for (const day of touched) days.set(day, { count: (days.get(day)?.count ?? 0) + 1, at: clock.mono() });
    if (days.size > DAYS_MAX) touchAll();
  };
  /** Also after a failure: what was asked for may have been done. */
  const then = async <Answer>(work: Promise<Answer>, changed: () => void): Promise<Answer> => {
    try {
      return await work;
    } finally {
      changed();
    }
  };

  return {
    ...timeseries,
    write: (batch) => then(timeseries.write(batch), () => touch(batch)),
    remove: (bed) => then(timeseries.remove(bed), touchAll),
    retain: (policy) => then(timeseries.retain(policy), touchAll),
    revision({ bed, from, to }: RangeQuery) {
      const counts: number[] = [all.count];
      let newest = all.at;
      for (let day = Math.floor(from / DAY_MS); day * DAY_MS < to; day++) {
        const touched = days.get(`${bed} ${day}`);
        counts.push(touched?.count ?? 0);
        if (touched !== undefined && touched.at > newest) newest = touched.at;
      }
      return clock.mono() - newest < SETTLED_MS ? undefined : counts.join(".");
    },
  };
}
