import { type Mono, mono, SECOND_MS, type Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/**
 * Where an edge's wall clock stands against the hub's monotonic one, by its heartbeats: they are sent when they are
 * made and never kept, so that what lies between is the way alone. Neither clock need be right.
 */
export interface EdgeClock {
  /** A heartbeat of that time arrived. */
  heard(at: Wall, arrived: Mono): void;
  /** The hub's time of a moment on the edge's clock; undefined before the first heartbeat. */
  monoOf(at: Wall): number | undefined;
  /** How far it is ahead of the hub's wall clock, ms; undefined before the first heartbeat. */
  aheadOf(clock: Clock): number | undefined;
  /** The edge began anew. */
  forget(): void;
}

/** The quickest of the last few was held up least. */
const KEPT = 3;
/** Further apart than any way is long: the clock was set. */
const SET_MS = 10 * SECOND_MS;

export function createEdgeClock(): EdgeClock {
  /** Hub's monotonic minus edge's wall time, newest last. */
  let offsets: readonly number[] = [];
  const offset = (): number | undefined => (offsets.length === 0 ? undefined : Math.min(...offsets));
  return {
    heard(at, arrived) {
      const next = arrived - at;
      const last = offsets.at(-1);
      const isSet = last !== undefined && Math.abs(next - last) > SET_MS;
      offsets = isSet ? [next] : [...offsets, next].slice(-KEPT);
    },
    monoOf(at) {
      const known = offset();
      return known === undefined ? undefined : mono(at + known);
    },
    aheadOf(clock) {
      const known = offset();
      return known === undefined ? undefined : Math.round(clock.mono() - known - clock.wall());
    },
    forget() {
      offsets = [];
    },
  };
}
