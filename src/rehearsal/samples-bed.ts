import type { BedView } from "../domain/bed.ts";
import { absent, type Sample } from "../domain/sample.ts";
import type { SettingId, SignalId } from "../domain/signal.ts";
import type { Mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** One row of given values; `atMs` counts from the first row. */
export interface SampleRow {
  readonly atMs: number;
  readonly samples: { readonly [id in SignalId]?: Sample };
  readonly settings: { readonly [id in SettingId]?: number | string };
}

/** Rows further apart than this leave a gap instead of a held value (design, section 9). */
const HOLD_MS = 10_000;

/** A bed whose values are given: what `simulate --samples` plays through the devices' own protocols. */
export function createSamplesBed(rows: readonly SampleRow[], clock: Clock): BedView & { done(): boolean } {
  const startMs: number = clock.mono();
  let index = 0;
  const rowNow = (): SampleRow | undefined => {
    const elapsed = clock.mono() - startMs;
    while (index + 1 < rows.length && (rows[index + 1]?.atMs ?? Infinity) <= elapsed) index += 1;
    const row = rows[index];
    return row !== undefined && row.atMs <= elapsed && elapsed - row.atMs <= HOLD_MS ? row : undefined;
  };
  return {
    sample: (signal) => rowNow()?.samples[signal] ?? absent("not_measured"),
    setting: (setting) => rowNow()?.settings[setting],
    flags: () => [],
    ownAlarms: () => [],
    calls: () => false,
    wave(wave, at: Mono) {
      const row = rowNow();
      const pulse = row?.samples.pulse_rate;
      if (wave !== "pleth" || typeof pulse !== "number") return undefined;
      return Math.round(120 + 80 * Math.sin((2 * Math.PI * at * pulse) / 60_000));
    },
    breath: () => undefined,
    done: () => clock.mono() - startMs > (rows.at(-1)?.atMs ?? 0) + HOLD_MS,
  };
}
