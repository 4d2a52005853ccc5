import { MINUTE_MS, type Mono, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Something that must tick every second while it works, and when it last did. */
export interface Ticking {
  readonly name: string;
  /** Undefined: it was not started, or was stopped on purpose. */
  readonly tickedAt: Mono | undefined;
}

/** Whether this process still does its work in time: what the watchdog of the service manager goes by. */
export interface Pulse {
  start(): void;
  /** In one sentence what does not tick any more, or how late everything is; undefined: all is well. */
  readonly trouble: string | undefined;
  stop(): void;
}

/** Ten ticks were missed: no load explains that, and the watchdog waits 30 s only. */
const SILENT_MS = 10 * SECOND_MS;
/**
 * Turns of the event loop in the last minute, of 60: with fewer an alarm is decided more than five seconds late on
 * average. A minute is waited for, since a machine that slept or was held is not slow.
 */
const BEATS_MIN = 12;

/** Idle until `start`. `ticking` is asked each time. */
export function createPulse({
  clock,
  ticking,
}: {
  readonly clock: Clock;
  readonly ticking: () => readonly Ticking[];
}): Pulse {
  let beats: readonly Mono[] = [];
  let startedAt: Mono | undefined;
  let stopBeating: (() => void) | undefined;

  const beat = (): void => {
    beats = [...recent(), clock.mono()];
  };
  const recent = (): readonly Mono[] => beats.filter((at) => clock.mono() - at < MINUTE_MS);

  const late = (): string | undefined => {
    if (startedAt === undefined || clock.mono() - startedAt < MINUTE_MS) return undefined;
    const { length } = recent();
    return length < BEATS_MIN ? `the event loop turned ${length} times in the last minute` : undefined;
  };

  const silent = (): string | undefined => {
    for (const { name, tickedAt } of ticking()) {
      const age = tickedAt === undefined ? 0 : clock.mono() - tickedAt;
      if (age > SILENT_MS) return `${name} has not ticked for ${Math.round(age / SECOND_MS)} s`;
    }
    return undefined;
  };

  return {
    start() {
      startedAt ??= clock.mono();
      stopBeating ??= clock.every(SECOND_MS, beat);
    },
    get trouble() {
      return silent() ?? late();
    },
    stop() {
      stopBeating?.();
      stopBeating = undefined;
      startedAt = undefined;
      beats = [];
    },
  };
}
