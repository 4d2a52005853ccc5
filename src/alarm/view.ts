import type { BedProfile } from "../domain/bed.ts";
import type { DeviceId } from "../domain/ids.ts";
import type { SettingId, SignalId } from "../domain/signal.ts";
import { MINUTE_MS, type Mono } from "../domain/time.ts";
import {
  type BedReadings,
  type Breathing,
  GAP_MS,
  type Reading,
  unknown,
  type Verdict,
  WAITING,
} from "./condition.ts";
import type { DeviceRecord, Live } from "./state.ts";

/** A device of higher rank keeps its signal for so long after its last valid sample. */
const RANKED_MS = 5_000;

export interface BedInput {
  readonly profile: BedProfile;
  readonly live: Live;
  readonly now: Mono;
  readonly startedAt: Mono;
  /** Whether delayed sources take part (conditions with a delay of 2 min and more). */
  readonly withDelayed: boolean;
}

/** The bed at one moment, over what its devices have said. */
export function bedReadings(input: BedInput): BedReadings {
  const { profile, live, now, startedAt } = input;
  const ranked = rankedDevices(profile, live).filter(
    ([, record]) => input.withDelayed || record.timeliness === "live",
  );

  const reading = (signal: SignalId): Reading | undefined => {
    let newest: Reading | undefined;
    for (const [device, record] of ranked) {
      const known = record.signals[signal];
      if (known?.valid === undefined) continue;
      const { value, at, since, coverMs } = known.valid;
      const found = { value, at, ageMs: now - at, coverMs, sameMs: at - since, device };
      if (typeof known.sample === "number" && found.ageMs <= RANKED_MS) return found;
      if (newest === undefined || at > newest.at) newest = found;
    }
    return newest;
  };

  const expects = (signals: readonly SignalId[]): boolean =>
    profile.sources.some((source) => source.signals.some((id) => signals.includes(id)));

  const missing = (signals: readonly SignalId[]): Verdict => {
    const last = signals.flatMap((id) => {
      const found = reading(id);
      return found === undefined ? [] : [[id, found.value] as const];
    });
    if (last.length > 0) return { kind: "unknown", why: "gap", values: Object.fromEntries(last) };
    if (!expects(signals)) return unknown("no_source");
    // The gap of a signal that never came began with the watch itself.
    return now - startedAt < GAP_MS - 1_000 ? WAITING : unknown("no_data");
  };

  return {
    reading,
    missing,
    expects,
    setting: (id) => settingOf(ranked, id),
    breathing: () => breathingOf(ranked, now),
    minuteVolumeMean() {
      const last = reading("minute_volume");
      if (last === undefined) return undefined;
      const volumes = (live.devices[last.device]?.minuteVolumes ?? []).filter(([at]) => now - at < MINUTE_MS);
      if (volumes.length === 0) return undefined;
      return { ...last, value: volumes.reduce((sum, [, value]) => sum + value, 0) / volumes.length };
    },
  };
}

type Ranked = readonly (readonly [DeviceId, DeviceRecord])[];

/** Devices in the profile's order; one that the profile does not know comes last. */
function rankedDevices(profile: BedProfile, live: Live): Ranked {
  const ids = new Set([...profile.sources.map(({ device }) => device), ...Object.keys(live.devices)]);
  const ranked: [DeviceId, DeviceRecord][] = [];
  for (const id of ids) {
    const record = Object.hasOwn(live.devices, id) ? live.devices[id] : undefined;
    if (record !== undefined) ranked.push([id, record]);
  }
  return ranked;
}

function settingOf(ranked: Ranked, id: SettingId): { value: number | string; device: DeviceId } | undefined {
  for (const [device, record] of ranked) {
    const value = record.settings[id];
    if (value !== undefined) return { value, device };
  }
  return undefined;
}

function breathingOf(ranked: Ranked, now: Mono): Breathing | undefined {
  let newest: Breathing | undefined;
  for (const [device, record] of ranked) {
    const { breathAt, breaths } = record;
    if (breathAt === undefined) continue;
    const signAt = record.waveAt ?? record.spokeAt ?? breathAt;
    const found = { device, breathAt, measuringAt: signAt > breathAt ? signAt : breathAt, breaths };
    if (now - found.measuringAt <= RANKED_MS) return found;
    if (newest === undefined || found.measuringAt > newest.measuringAt) newest = found;
  }
  return newest;
}
