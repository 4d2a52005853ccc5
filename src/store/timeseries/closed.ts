import type { Fault } from "../../domain/fault.ts";
import type { Timeseries } from "../../port/timeseries.ts";

/**
 * A store that cannot be opened for now: everything is refused, for now, so that whoever sends keeps what it has.
 * `why`: the Fault of each refusal; not permanent.
 */
export function closedTimeseries(why: () => Fault): Timeseries {
  const refuse = (): Promise<never> => Promise.reject(why());
  return {
    write: refuse,
    range: refuse,
    series: refuse,
    buckets: refuse,
    waves: refuse,
    events: refuse,
    nights: refuse,
    summaries: refuse,
    simulated: refuse,
    beds: refuse,
    page: refuse,
    remove: refuse,
    retain: refuse,
    backup: refuse,
    health: async () => ({ ok: false, detail: why().message, bytes: 0 }),
    close: async () => undefined,
  };
}
