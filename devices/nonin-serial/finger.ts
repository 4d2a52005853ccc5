import type { BedView } from "../../src/domain/bed.ts";
import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import type { Clock } from "../../src/port/clock.ts";

/** Display values stay for 10 s after the finger left or while artifact lasts (specification). */
const DISPLAY_HOLD_MS = 10_000;
/** The range that the maker states. */
const MAX_PULSE = 321;

/** Numbers as the oximeter holds them; undefined goes out as the missing code. */
type Numbers = Pick<Finger, "spo2" | "pulse">;

const NONE: Numbers = { spo2: undefined, pulse: undefined };

/** What the simulated oximeter makes of the bed at this moment; its own numbers are gone as soon as the finger is. */
export interface NoninFinger extends Finger {
  readonly outOfTrack: boolean;
  readonly artifact: boolean;
  readonly light: "good" | "marginal" | "low";
  /** Held for 10 s. */
  readonly display: Numbers;
}

/** Looks at the bed now; to be called at least once a second, since it remembers what the display shows. */
export function createFinger(bed: BedView, clock: Clock): () => NoninFinger {
  let shown = NONE;
  let shownMs: number | undefined;
  return () => {
    const finger = lookAtFinger(bed, MAX_PULSE);
    const { flags } = finger;
    const outOfTrack = finger.poorSignal || (!finger.off && flags.includes("out_of_track"));
    const nowMs: number = clock.mono();
    if (!finger.off && !outOfTrack) {
      shown = finger;
      shownMs = nowMs;
    }
    const held = shownMs !== undefined && nowMs - shownMs < DISPLAY_HOLD_MS;
    return {
      ...finger,
      outOfTrack,
      artifact: outOfTrack || flags.includes("artifact") || flags.includes("motion"),
      light: flags.includes("low_perfusion")
        ? "low"
        : flags.includes("marginal_perfusion")
          ? "marginal"
          : "good",
      display: held ? shown : NONE,
    };
  };
}
