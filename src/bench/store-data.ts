import type { SignalId } from "../domain/signal.ts";
import { HOUR_MS, SECOND_MS, wall } from "../domain/time.ts";
import type { StoredRow } from "../port/timeseries.ts";

/** What a whole bed says once a second. */
export const STORE_SIGNALS = [
  ...(["spo2", "pulse_rate", "perfusion_index", "leak", "pressure_peak", "pressure_insp"] as const),
  ...(["pressure_exp", "pressure_mean", "tidal_volume_exp", "tidal_volume_insp", "minute_volume"] as const),
  ...(["resp_rate", "insp_time", "triggered_percent", "etco2"] as const),
] satisfies readonly SignalId[];

/** The first evening, 22:00 UTC. */
export const FIRST_EVENING = Date.UTC(2025, 0, 1, 22);

/** Where each signal starts, its step, and the ends it turns back at. */
const WALKS: readonly (readonly [start: number, step: number, low: number, high: number])[] = [
  [95, 1, 84, 99],
  [68, 1, 52, 110],
  [2.4, 0.1, 0.5, 6],
  [14, 1, 0, 60],
  [18.2, 0.1, 14, 24],
  [17.8, 0.1, 14, 22],
  [6.1, 0.1, 4, 8],
  [10.4, 0.1, 8, 14],
  [420, 10, 250, 700],
  [440, 10, 250, 720],
  [6.8, 0.1, 3, 12],
  [15.2, 0.1, 10, 26],
  [1.1, 0.01, 0.8, 1.6],
  [40, 5, 0, 100],
  [41, 1, 30, 55],
];
/** Of the oximeter; the others change with a breath. */
const EVERY_SECOND = 3;
const BREATH_SECONDS = 4;

/** Numbers that wander as a bed's do: the same ones for the same seed. Not a person, and not meant to look like one. */
export function* wanderingRows(
  bed: string,
  { from, hours, stepSeconds, seed }: { from: number; hours: number; stepSeconds: number; seed: number },
): Generator<StoredRow> {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const values = WALKS.map(([start]) => start);
  for (let seq = 0; seq * stepSeconds * SECOND_MS < hours * HOUR_MS; seq++) {
    const samples: { [id in SignalId]?: number } = {};
    STORE_SIGNALS.forEach((id, index) => {
      const [start = 0, step = 1, low = 0, high = 1] = WALKS[index] ?? [];
      const before = values[index] ?? start;
      const moves =
        index < EVERY_SECOND ? random() < 0.3 : (seq * stepSeconds) % BREATH_SECONDS < stepSeconds;
      const wanted = before + (random() < 0.5 ? -step : step) * Math.ceil(random() * 3);
      const next = moves && wanted >= low && wanted <= high ? wanted : before;
      values[index] = next;
      // As a driver rounds: to the step of the signal.
      samples[id] = step < 1 ? Number(next.toFixed(2)) : Math.round(next);
    });
    const at = wall(from + seq * stepSeconds * SECOND_MS + Math.floor(random() * 12));
    yield { bed, device: "benchdevic", epoch: "bench", seq, at, simulated: true, samples };
  }
}
