import type { Priority } from "../domain/alarm.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { BedState, LinkState } from "./contract.ts";

/** A source that says nothing for so long counts as stale; pages grey its numbers then. */
const STALE_MS = 10 * SECOND_MS;

/** All beds together, counted; nothing in it says which bed. */
export interface Tally {
  readonly beds: number;
  readonly watched: number;
  /** Open alarms, accepted ones included, drills left out. */
  readonly open: { readonly [priority in Priority]: number };
  readonly drills: number;
  readonly sources: { readonly fresh: number; readonly stale: number; readonly never: number };
  readonly links: { readonly [state in LinkState]: number };
}

/** Counts what pages show at this moment. */
export function tallyOf(states: readonly BedState[]): Tally {
  const open = { high: 0, medium: 0, low: 0 };
  const sources = { fresh: 0, stale: 0, never: 0 };
  const links = { opening: 0, open: 0, quiet: 0, lost: 0, refused: 0, stopped: 0 };
  let [watched, drills] = [0, 0];
  for (const state of states) {
    if (state.alarms.watch.on) watched += 1;
    for (const { priority, drill } of state.alarms.open) {
      if (drill) drills += 1;
      else open[priority] += 1;
    }
    for (const { ageMs, link } of state.sources) {
      links[link] += 1;
      sources[ageMs === undefined ? "never" : ageMs > STALE_MS ? "stale" : "fresh"] += 1;
    }
  }
  return { beds: states.length, watched, open, drills, sources, links };
}
