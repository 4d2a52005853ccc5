import type { WaveId } from "../../src/domain/signal.ts";
import type { OptionValues } from "../../src/driver/contract.ts";
import type { RealtimeConfiguration, WantedStream } from "./realtime.ts";

/** A stream that is asked for, in the place it has among streams 1 to 4. */
export interface PlannedStream extends WantedStream {
  readonly wave: WaveId;
  readonly configuration: RealtimeConfiguration;
  /** To the unit of the wave. */
  readonly factor: number;
}

/** Streams that come with one rate, so that they make one waveform. */
export interface StreamPlan {
  readonly rateHz: number;
  readonly streams: readonly PlannedStream[];
}

const MMHG_PER_KPA = 7.50062;

/** The codes that can carry a wave, best first. CO2 in % of the pressure outside would need that pressure: left out. */
const CODES: {
  readonly [wave in "airway_pressure" | "flow" | "co2"]: readonly (readonly [string, number])[];
} = {
  airway_pressure: [["00", 1]],
  flow: [["01", 1]],
  co2: [
    ["06", 1],
    ["07", MMHG_PER_KPA],
  ],
};

const LARGEST_MULTIPLIER = 0xff;
/** Three streams at 62.5 Hz and the polling fit 19200 baud; at half the speed half the rate does. */
const fastestHz = (options: OptionValues): number => (options["baud"] === "9600" ? 35 : 65);

/**
 * What to ask of the streams that a device offers: pressure and flow, and CO2 where there is a sensor, all at the rate
 * of the slowest. A stream whose rate does not divide is left out. Undefined where nothing is wanted or offered.
 */
export function planStreams(
  offered: readonly RealtimeConfiguration[],
  options: OptionValues,
): StreamPlan | undefined {
  if (options["waves"] === false) return undefined;
  const waves = ["airway_pressure", "flow", ...(options["co2"] === true ? ["co2" as const] : [])] as const;
  const found = waves.flatMap((wave) => {
    for (const [code, factor] of CODES[wave]) {
      const configuration = offered.find((one) => one.code === code);
      if (configuration !== undefined) return [{ wave, code, factor, configuration }];
    }
    return [];
  });
  if (found.length === 0) return undefined;
  const slowestUs = Math.max(...found.map(({ configuration }) => configuration.intervalUs));
  const steps = Math.ceil(1e6 / slowestUs / fastestHz(options));
  const intervalUs = slowestUs * steps;
  const streams = found
    .map((one) => ({ ...one, multiplier: intervalUs / one.configuration.intervalUs }))
    .filter(({ multiplier }) => Number.isInteger(multiplier) && multiplier <= LARGEST_MULTIPLIER);
  return streams.length === 0 ? undefined : { rateHz: 1e6 / intervalUs, streams };
}
