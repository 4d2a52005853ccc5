import type { BedView } from "../../src/domain/bed.ts";
import { isPresent, type Sample } from "../../src/domain/sample.ts";
import type { Clock } from "../../src/port/clock.ts";

/** Display values stay for 10 s after the finger left or while artifact lasts (specification). */
const DISPLAY_HOLD_MS = 10_000;

/** Numbers as the oximeter holds them; undefined goes out as the missing code. */
interface Numbers {
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
}

/** What the simulated oximeter makes of the bed at this moment. */
export interface Finger {
  /** Switched off: sends nothing at all. */
  readonly silent: boolean;
  readonly disconnected: boolean;
  readonly sensorAlarm: boolean;
  readonly outOfTrack: boolean;
  readonly artifact: boolean;
  readonly perfusion: "good" | "marginal" | "low";
  /** Gone at once when the finger leaves. */
  readonly recording: Numbers;
  /** Held for 10 s. */
  readonly display: Numbers;
}

/** Looks at the bed now; to be called at least once a second, since it remembers what the display shows. */
export function createFinger(bed: BedView, clock: Clock): () => Finger {
  let shown: Numbers = { spo2: undefined, pulse: undefined };
  let shownMs: number | undefined;
  return () => {
    const samples = [bed.sample("spo2"), bed.sample("pulse_rate")] as const;
    const says = (reason: string): boolean => samples.some((sample) => reasonOf(sample) === reason);
    const flags = bed.flags();
    const disconnected = says("not_connected");
    const sensorAlarm = disconnected || says("sensor_off") || says("held");
    const gone = sensorAlarm || says("device_off");
    const recording = {
      spo2: gone ? undefined : numberOf(samples[0], 100),
      pulse: gone ? undefined : numberOf(samples[1], 321),
    };
    const outOfTrack = !gone && (says("poor_signal") || flags.includes("out_of_track"));
    const nowMs: number = clock.mono();
    if (!sensorAlarm && !outOfTrack) {
      shown = recording;
      shownMs = nowMs;
    }
    const held = shownMs !== undefined && nowMs - shownMs < DISPLAY_HOLD_MS;
    return {
      silent: says("device_off"),
      disconnected,
      sensorAlarm,
      outOfTrack,
      artifact: outOfTrack || flags.includes("artifact") || flags.includes("motion"),
      perfusion: flags.includes("low_perfusion")
        ? "low"
        : flags.includes("marginal_perfusion")
          ? "marginal"
          : "good",
      recording,
      display: held ? shown : { spo2: undefined, pulse: undefined },
    };
  };
}

const reasonOf = (sample: Sample): string | undefined => (isPresent(sample) ? undefined : sample.absent);

/** A number within what the device can say; outside it the device has no reading. */
function numberOf(sample: Sample, max: number): number | undefined {
  if (!isPresent(sample)) return undefined;
  const rounded = Math.round(sample);
  return rounded < 0 || rounded > max ? undefined : rounded;
}
