import { GAP_MS, type Reading, type View } from "./condition.ts";

/** The numbers of SPO2_LOW, to which its faster and its doubtful tier relate. */
export interface LowLimits {
  readonly limit: number;
  readonly hysteresis: number;
  readonly delayS: number;
}

/** The limits of SPO2_LOW in force, whether it is on or off. Throws RangeError in a catalogue without them. */
export function lowLimits(view: View): LowLimits {
  const of = (name: string): number => {
    const value = view.limitOf("SPO2_LOW", name);
    if (value === undefined) throw new RangeError(`SPO2_LOW has no ${name}`);
    return value;
  };
  return { limit: of("limit"), hysteresis: of("hysteresis"), delayS: of("delay_s") };
}

/** The newest valid SpO2, not older than a gap. */
export function freshSpo2(view: View): Reading | undefined {
  const reading = view.bed.reading("spo2");
  return reading === undefined || reading.ageMs >= GAP_MS ? undefined : reading;
}
