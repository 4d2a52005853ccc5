import type { BedView, MachineAlarm } from "../../src/domain/bed.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import type { SettingId, WaveId } from "../../src/domain/signal.ts";
import type { Mono } from "../../src/domain/time.ts";

export interface SteadyBed {
  readonly samples: Samples;
  readonly settings?: { readonly [id in SettingId]?: number | string };
  readonly flags?: readonly QualityFlag[];
  readonly calls?: boolean;
  readonly ownAlarms?: readonly MachineAlarm[];
  readonly waves?: { readonly [id in WaveId]?: (at: Mono) => number };
  breath?(at: Mono): ReturnType<BedView["breath"]>;
}

/** A bed that stays as it is; signals that are not named are not measured. */
export const steadyBed = ({
  samples,
  settings,
  flags,
  calls,
  ownAlarms,
  waves,
  breath,
}: SteadyBed): BedView => ({
  sample: (signal) => samples[signal] ?? absent("not_measured"),
  setting: (setting) => settings?.[setting],
  flags: () => flags ?? [],
  calls: () => calls ?? false,
  ownAlarms: () => ownAlarms ?? [],
  wave: (wave, at) => waves?.[wave]?.(at),
  breath: (at) => breath?.(at),
});
