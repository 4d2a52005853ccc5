import type { BedId, DeviceId } from "../domain/ids.ts";
import type { BodyKind, Observation, Timeliness } from "../domain/observation.ts";
import { type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { DeviceReading } from "./contract.ts";
import { plainBody } from "./plain-words.ts";

export interface StampOptions {
  readonly device: DeviceId;
  readonly bed: BedId;
  readonly epoch: string;
  readonly timeliness: Timeliness;
  readonly clock: Clock;
}

/** Gives readings their identity and arrival time; one for a device and edge start, across all reopenings. */
export interface Stamper {
  stamp(reading: DeviceReading, simulated: boolean): Observation;
}

/** A wall clock that falls behind the monotonic one by more was set back; less is its slewing. */
const STEP_MS = 500;

export function createStamper({ device, bed, epoch, timeliness, clock }: StampOptions): Stamper {
  const times = new Map<BodyKind, UniqueTimes>();
  let seq = 0;
  let offsetMs = Number.NEGATIVE_INFINITY;

  const timesOf = (kind: BodyKind): UniqueTimes => {
    const known = times.get(kind);
    if (known !== undefined) return known;
    const created = createUniqueTimes();
    times.set(kind, created);
    return created;
  };

  return {
    stamp({ body, deviceAt }, simulated) {
      const now = clock.wall();
      const arrival = clock.mono();
      if (now - arrival < offsetMs - STEP_MS) for (const unique of times.values()) unique.setBack();
      offsetMs = now - arrival;
      return {
        device,
        bed,
        epoch,
        seq: seq++,
        at: timesOf(body.kind).next(now),
        mono: arrival,
        ...(clock.trusted() ? {} : { unsynced: true as const }),
        simulated,
        timeliness,
        ...(deviceAt === undefined ? {} : { deviceAt }),
        body: plainBody(body),
      };
    },
  };
}

interface UniqueTimes {
  next(now: Wall): Wall;
  /** The clock was set back: earlier times come again. */
  setBack(): void;
}

/** How many used times are remembered: more than an hour at one a second. */
const REMEMBERED = 4096;

/**
 * Times that were not used before: the clock's own, or a millisecond after the last within a burst. After the clock
 * was set back, times already used are stepped over, as far back as the memory goes.
 */
function createUniqueTimes(): UniqueTimes {
  let used = new Float64Array(64);
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  let earlier: ReadonlySet<number> = new Set();

  const remember = (at: number): void => {
    if (count === used.length && used.length < REMEMBERED) {
      const larger = new Float64Array(used.length * 2);
      larger.set(used);
      used = larger;
    }
    used[count % used.length] = at;
    count += 1;
  };

  return {
    next(now) {
      let at = Math.max(now, last + 1);
      while (earlier.has(at)) at += 1;
      last = at;
      remember(at);
      return wall(at);
    },
    setBack() {
      earlier = new Set(used.subarray(0, Math.min(count, used.length)));
      last = Number.NEGATIVE_INFINITY;
    },
  };
}
