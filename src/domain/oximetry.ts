import type { BedView } from "./bed.ts";
import type { QualityFlag } from "./observation.ts";
import { type Absence, absent, isPresent, measured, type Sample, type Samples } from "./sample.ts";
import { SECOND_MS } from "./time.ts";

/** A saturation at or below this, in %, and then none beside a valid pulse: it may have left the device's range. */
const NEAR_RANGE_END = 70;

/** SpO2 and pulse rate missing for one reason. */
export const bothAbsent = (reason: Absence): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

/**
 * Samples from the numbers that an oximeter vouches for, undefined where it has none; `whenNeither` is the reason when
 * both are missing. One number missing beside a valid one is `not_measured`; SpO2 missing beside a valid pulse after a
 * value of 70 % or less is `under_range`: many devices stop there, and that is no finger that slipped out.
 */
export type Oximetry = (spo2: number | undefined, pulse: number | undefined, whenNeither: Absence) => Samples;

/** One a link: it remembers the saturation before. */
export function createOximetry(): Oximetry {
  let before: number | undefined;
  return (spo2, pulse, whenNeither) => {
    if (spo2 === undefined && pulse === undefined) {
      before = undefined;
      return bothAbsent(whenNeither);
    }
    if (spo2 !== undefined) before = spo2;
    const low = before !== undefined && before <= NEAR_RANGE_END;
    return {
      spo2: spo2 === undefined ? absent(low ? "under_range" : "not_measured") : measured("spo2", spo2),
      pulse_rate: pulse === undefined ? absent("not_measured") : measured("pulse_rate", pulse),
    };
  };
}

/** The flags that are set, as a part of a samples body; the key is left out where none is. */
export function flagsOf(set: { readonly [flag in QualityFlag]?: boolean }): {
  readonly flags?: readonly QualityFlag[];
} {
  const flags = FLAG_ORDER.filter((flag) => set[flag] === true);
  return flags.length === 0 ? {} : { flags };
}

const FLAG_ORDER: readonly QualityFlag[] = [
  "low_perfusion",
  "marginal_perfusion",
  "artifact",
  "motion",
  "out_of_track",
];

/** A number or its reason, for the technician's page. */
export const inWords = (sample: Sample | undefined): string =>
  typeof sample === "number" ? String(sample) : (sample?.absent.replaceAll("_", " ") ?? "none");

/** A device that speaks once a second may come this much early. */
const EARLY_MS = 300;

/**
 * Lets one a second through, of what comes at no rate that its maker promised: never more on average, and all of what
 * comes once a second with jitter. One a body kind; `nowMs` is monotonic.
 */
export function createPace(): (nowMs: number) => boolean {
  let dueMs: number | undefined;
  return (nowMs) => {
    if (dueMs !== undefined && nowMs < dueMs - EARLY_MS) return false;
    dueMs = Math.max(dueMs ?? nowMs, nowMs - EARLY_MS) + SECOND_MS;
    return true;
  };
}

/** What a simulated oximeter makes of the bed at this moment. */
export interface Finger {
  /** Switched off: sends nothing at all. */
  readonly silent: boolean;
  /** The sensor's plug is out. */
  readonly unplugged: boolean;
  /** Finger out, or the plug is. */
  readonly off: boolean;
  readonly searching: boolean;
  readonly poorSignal: boolean;
  /** Undefined goes out as the missing code. */
  readonly spo2: number | undefined;
  readonly pulse: number | undefined;
  /** In %. */
  readonly perfusion: number | undefined;
  readonly flags: readonly QualityFlag[];
  /** In %. */
  readonly battery: number | undefined;
}

/** Looks at the bed through an oximeter that can say SpO2 to 100 % and a pulse to `maxPulse`. */
export function lookAtFinger(bed: BedView, maxPulse: number): Finger {
  const spo2 = bed.sample("spo2");
  const pulse = bed.sample("pulse_rate");
  const says = (...reasons: Absence[]): boolean =>
    [spo2, pulse].some((sample) => !isPresent(sample) && reasons.includes(sample.absent));
  const off = says("sensor_off", "held", "not_connected");
  const gone = off || says("device_off");
  const number = (sample: Sample, max: number): number | undefined =>
    gone || !isPresent(sample) || sample < 0 || sample > max ? undefined : Math.round(sample);
  const plain = (sample: Sample): number | undefined => (isPresent(sample) ? sample : undefined);
  return {
    silent: says("device_off"),
    unplugged: says("not_connected"),
    off,
    searching: !gone && says("searching"),
    poorSignal: !gone && says("poor_signal"),
    spo2: number(spo2, 100),
    pulse: number(pulse, maxPulse),
    perfusion: gone ? undefined : plain(bed.sample("perfusion_index")),
    flags: bed.flags(),
    battery: plain(bed.sample("battery_percent", "oximeter")),
  };
}
