import type { WatchSchedule } from "../domain/bed.ts";
import { type BedId, ownBed } from "../domain/ids.ts";
import type { MorningSummary, NightEntry } from "../domain/morning.ts";
import { mayBeOnCall } from "../domain/person.ts";
import { HOUR_MS, type Night, nightBounds, type Wall } from "../domain/time.ts";
import type { State } from "../port/state.ts";
import type { Point, Timeseries } from "../port/timeseries.ts";
import { summarise } from "../trends/morning.ts";
import { recordedPart, slices } from "../trends/recorded.ts";
import { SEEN_BY } from "../trends/watched.ts";
import type { BedState } from "./contract.ts";

/** A bed whose night is told. */
export interface MorningBed {
  readonly bed: BedId;
  /** IANA zone. */
  readonly zone: string;
  readonly schedule?: WatchSchedule;
  /** It is promised an oximeter: then only that says that the person was seen. */
  readonly hasOximeter: boolean;
  /** Nothing at it is real. */
  readonly simulated: boolean;
}

/** Of a bed as pages show it: what it is promised stands in its sources. */
export function morningBed(
  {
    bed,
    zone,
    sources,
  }: Pick<BedState, "bed" | "zone"> & {
    readonly sources: readonly Pick<BedState["sources"][number], "role" | "simulated">[];
  },
  schedule: WatchSchedule | undefined,
): MorningBed {
  return {
    ...{ bed, zone, ...(schedule === undefined ? {} : { schedule }) },
    hasOximeter: sources.some(({ role }) => role === "oximeter"),
    simulated: sources.length > 0 && sources.every(({ simulated }) => simulated),
  };
}

/** Reads a night out of the store and sums it up. Rejects with STORE_FAILED or STATE_FAILED. */
export async function morningOf(
  { timeseries, state }: { readonly timeseries: Timeseries; readonly state: Pick<State, "people"> },
  { bed, zone, schedule, hasOximeter, simulated }: MorningBed,
  night: Night,
  now: Wall,
  /** Absent: nothing of the kind is kept here. */
  entriesOf?: (bed: BedId, from: Wall, to: Wall) => readonly NightEntry[],
): Promise<MorningSummary> {
  const bounds = nightBounds(night, zone);
  const query = { bed, ...bounds };
  const [events, people, recorded] = await Promise.all([
    timeseries.events(query),
    state.people(),
    hasOximeter ? undefined : recordedPart(timeseries, { bed, zone }, night),
  ]);
  const signal = hasOximeter ? "spo2" : SEEN_BY.find((one) => recorded?.signals.includes(one));
  const points: Point[] = [];
  for (const slice of signal === undefined ? [] : slices(query, HOUR_MS)) {
    if (signal !== undefined && slice.from < now)
      points.push(...(await timeseries.range({ ...slice, signal })));
  }
  const entries = entriesOf?.(ownBed(bed), bounds.from, bounds.to);
  return summarise({
    ...{ night, zone, now, simulated, events, points },
    ...(schedule === undefined ? {} : { schedule }),
    ...(entries === undefined ? {} : { entries }),
    people: people.filter(mayBeOnCall),
  });
}
