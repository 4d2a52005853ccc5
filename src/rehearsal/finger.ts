import type { QualityFlag } from "../domain/observation.ts";
import { type Absence, absent, measured, type Sample } from "../domain/sample.ts";
import type { Random } from "../port/random.ts";
import { normal } from "./random.ts";

/** How the sensor sits on the finger. */
export type Sensor = "good" | "off" | "motion" | "cold" | "calibrating";

/** Heart and finger: what an oximeter there would see. */
export interface Finger {
  /** Advances by `dtS` with the saturation that arrives (%). Returns the pulse wave, 0 to 255. */
  step(dtS: number, saturation: number, sensor: Sensor): number;
  sample(signal: "spo2" | "pulse_rate" | "perfusion_index", sensor: Sensor): Sample;
  flags(sensor: Sensor): readonly QualityFlag[];
}

const RESTING_PULSE = 66;
/** /min for each point of saturation below 94, up to a limit: heart rate rises with hypoxia by about that. */
const PULSE_PER_POINT = 1.6;
const PULSE_RISE_MAX = 34;
const PULSE_FOLLOWS_S = 8;
/** Of the seconds in which somebody moves, those with numbers that only look like measurements. */
const MOTION_GUESSES = 0.6;

export function createFinger(random: Random): Finger {
  let pulse = 68;
  let drift = 0;
  let jitter = 0;
  let beat = 0;
  let saturationNow = 97;
  let sinceSecond = 0;
  let guessing = true;
  let guess = 0;

  const everySecond = (): void => {
    drift = 0.98 * drift + 0.6 * normal(random);
    jitter = 0.9 * jitter + 0.2 * normal(random);
    guessing = random.uniform() < MOTION_GUESSES;
    guess = 3 * normal(random);
  };

  const reason = (sensor: Sensor): Absence | undefined => {
    if (sensor === "off") return "sensor_off";
    if (sensor === "calibrating") return "searching";
    return sensor === "motion" && !guessing ? "poor_signal" : undefined;
  };

  return {
    step(dtS, saturation, sensor) {
      saturationNow = saturation;
      sinceSecond += dtS;
      if (sinceSecond >= 1) {
        sinceSecond -= 1;
        everySecond();
      }
      const lack = Math.max(0, 94 - saturation);
      const target = RESTING_PULSE + drift + Math.min(PULSE_RISE_MAX, lack * PULSE_PER_POINT);
      pulse += (target - pulse) * (1 - Math.exp(-dtS / PULSE_FOLLOWS_S));
      beat = (beat + (pulse / 60) * dtS) % 1;
      if (sensor === "off" || sensor === "calibrating") return 0;
      const height = sensor === "cold" ? 0.25 : 1;
      return Math.round(30 + height * pulseShape(beat));
    },
    sample(signal, sensor) {
      const why = reason(sensor);
      if (why !== undefined) return absent(why);
      if (signal === "perfusion_index") return measured(signal, sensor === "cold" ? 0.3 : 2.4 + 0.2 * jitter);
      const off = sensor === "motion" ? guess : 0;
      return measured(signal, signal === "spo2" ? Math.min(100, saturationNow + off) : pulse + 3 * off);
    },
    flags(sensor) {
      if (sensor === "motion") return ["artifact", "motion"];
      return sensor === "cold" ? ["low_perfusion"] : [];
    },
  };
}

/** Systolic upstroke with a dicrotic notch: two bumps are enough for a plausible pulse wave. */
function pulseShape(beat: number): number {
  const bump = (centre: number, width: number): number => Math.exp(-(((beat - centre) / width) ** 2));
  return 180 * bump(0.22, 0.1) + 70 * bump(0.5, 0.13);
}
