import type { Clock } from "../port/clock.ts";
import type { BedView } from "./bed.ts";
import { type Breath, createBreathAccumulator } from "./breath.ts";
import { isPresent } from "./sample.ts";
import type { SignalId } from "./signal.ts";
import { ticks } from "./ticks.ts";
import { type Mono, mono } from "./time.ts";

/** What a simulated ventilator measures at the bed. */
export interface Meter {
  /** Takes in the waves up to now. */
  look(now: Mono): void;
  /** Given by the bed, else measured on its waves; undefined where neither can tell. */
  value(signal: SignalId, now: Mono): number | undefined;
}

const RATE_HZ = 50;
const STEP_MS = 1000 / RATE_HZ;
/** After a longer stop (a suspended machine) only so much is looked at again. */
const LOOK_BACK_MS = 8_000;
/** Without a breath for so long the last one says nothing any more. */
const APNEA_MS = 20_000;
const NO_BREATHS: { readonly [id in SignalId]?: number } = { resp_rate: 0, minute_volume: 0 };

const LOOK_MS = 500;

/** Lets a meter look twice a second until the signal aborts, so that no breath is missed between two questions. */
export async function keepMeasuring(meter: Meter, clock: Clock, signal: AbortSignal): Promise<void> {
  meter.look(clock.mono());
  for await (const _ of ticks(clock, LOOK_MS, signal)) meter.look(clock.mono());
}

export function createMeter(bed: BedView, start: Mono): Meter {
  const breaths = createBreathAccumulator(RATE_HZ);
  let nextMs: number = start;
  let number: number | undefined;
  let breath: Breath | undefined;

  const step = (at: Mono): void => {
    const flow = bed.wave("flow", at);
    const pressure = bed.wave("airway_pressure", at);
    const running = bed.breath(at)?.number;
    if (running !== number) {
      const done = breaths.end(at);
      if (typeof done === "object") breath = done;
      if (running !== undefined) breaths.begin(at, running);
      number = running;
    }
    if (flow !== undefined && pressure !== undefined) breaths.add(flow, pressure);
  };

  const measuredValue = (signal: SignalId, now: Mono): number | undefined => {
    if (signal === "apnea_duration") return Math.floor((now - (breath?.end ?? start)) / 1000);
    if (breath === undefined) return undefined;
    // The last breath says nothing any more; that none comes is what there is to say.
    if (now - breath.end >= APNEA_MS) return NO_BREATHS[signal];
    const expiredMl = Math.max(0, breath.tidalVolumeExpMl);
    const values: { readonly [id in SignalId]?: number | undefined } = {
      resp_rate: breath.rateMin,
      tidal_volume_insp: breath.tidalVolumeInspMl,
      tidal_volume_exp: expiredMl,
      minute_volume: (expiredMl / 1000) * breath.rateMin,
      pressure_peak: breath.pressurePeakCmH2o,
      pressure_mean: breath.pressureMeanCmH2o,
      pressure_insp: breath.pressureInspMeanCmH2o,
      pressure_exp: breath.peepCmH2o,
      ie_ratio: breath.ieRatio,
      insp_time: breath.inspTimeS,
    };
    return values[signal];
  };

  return {
    look(now) {
      nextMs = Math.max(nextMs, now - LOOK_BACK_MS);
      for (; nextMs <= now; nextMs += STEP_MS) step(mono(nextMs));
    },
    value(signal, now) {
      const given = bed.sample(signal);
      return isPresent(given) ? given : measuredValue(signal, now);
    },
  };
}
