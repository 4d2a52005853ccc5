import type { BedProfile } from "../domain/bed.ts";
import type { DeviceId } from "../domain/ids.ts";
import type { QualityFlag } from "../domain/observation.ts";
import type { SettingId, SignalId } from "../domain/signal.ts";
import { MINUTE_MS, type Mono } from "../domain/time.ts";
import {
  type BedReadings,
  type Breathing,
  type Dips,
  GAP_MS,
  type Reading,
  unknown,
  type Verdict,
  WAITING,
  type Window,
} from "./condition.ts";
import type { Limits } from "./limits.ts";
import type { Core, DeviceRecord, Live, ValidSample } from "./state.ts";
import { dipsOf, windowOf } from "./trace.ts";

/** A device of higher rank keeps its signal for so long after its last valid sample. */
const RANKED_MS = 5_000;

export interface BedInput {
  readonly profile: BedProfile;
  readonly live: Live;
  readonly core: Core;
  readonly limits: Limits;
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

  // Ten conditions look at SpO2 in the same moment.
  const known: { [id in SignalId]?: Reading | "none" } = {};
  const reading = (signal: SignalId): Reading | undefined => {
    const found = (known[signal] ??= look(signal) ?? "none");
    return found === "none" ? undefined : found;
  };
  const look = (signal: SignalId): Reading | undefined => {
    let newest: Reading | undefined;
    for (const [device, record] of ranked) {
      const known = record.signals[signal];
      if (known?.valid === undefined) continue;
      const found = readingOf(device, known.valid, now);
      if (typeof known.sample === "number" && found.ageMs <= RANKED_MS) return found;
      if (newest === undefined || found.at > newest.at) newest = found;
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
    every: (signal) =>
      ranked.flatMap(([device, record]) => {
        const valid = record.signals[signal]?.valid;
        return valid === undefined || now - valid.at >= GAP_MS ? [] : [readingOf(device, valid, now)];
      }),
    latest: (signal) =>
      profile.sources.flatMap(({ device, role }) => {
        const record = recordOf(live, device);
        const valid = record?.signals[signal]?.valid;
        if (valid === undefined || (record?.timeliness === "delayed" && !input.withDelayed)) return [];
        return [{ ...readingOf(device, valid, now), role }];
      }),
    ownAlarms: () =>
      profile.sources.flatMap(({ device, role }) => {
        const record = recordOf(live, device);
        return Object.values(record?.own ?? {}).map((own) => ({
          ...own,
          device,
          role,
          heardAt: record?.heardAt ?? own.at,
        }));
      }),
    breaths() {
      const counting = breathingOf(ranked, now)?.device;
      return (counting === undefined ? undefined : live.devices[counting]?.breathLog) ?? [];
    },
    window(signal, minutes) {
      const device = reading(signal)?.device;
      const trace = device === undefined ? undefined : live.devices[device]?.traces?.[signal];
      if (device === undefined || trace === undefined) return NO_WINDOW;
      return { ...windowOf(trace, minutes, now), devices: [device] };
    },
    dips() {
      const device = reading("spo2")?.device;
      const trace = device === undefined ? undefined : live.devices[device]?.traces?.spo2;
      if (device === undefined || trace === undefined) return NO_DIPS;
      const { limit = 88, hysteresis = 1 } = input.limits.SPO2_LOW.values;
      return { ...dipsOf(trace, { limit, hysteresis }, now), device };
    },
    isPoor() {
      const device = reading("spo2")?.device;
      const record = device === undefined ? undefined : live.devices[device];
      return record !== undefined && isPoorRecord(record);
    },
    baseline: (signal) => input.core.baselines[signal]?.median,
    minuteVolumeMean() {
      const last = reading("minute_volume");
      if (last === undefined) return undefined;
      const volumes = (live.devices[last.device]?.minuteVolumes ?? []).filter(([at]) => now - at < MINUTE_MS);
      if (volumes.length === 0) return undefined;
      return { ...last, value: volumes.reduce((sum, [, value]) => sum + value, 0) / volumes.length };
    },
  };
}

/** What a device has said so far. */
export const recordOf = ({ devices }: Live, device: DeviceId): DeviceRecord | undefined =>
  Object.hasOwn(devices, device) ? devices[device] : undefined;

const readingOf = (device: DeviceId, { value, at, since, coverMs }: ValidSample, now: Mono): Reading => ({
  value,
  at,
  ageMs: now - at,
  coverMs,
  sameMs: at - since,
  device,
});

const NO_WINDOW: Window = {
  validMs: 0,
  spanMs: 0,
  median: undefined,
  lowest: undefined,
  at: undefined,
  devices: [],
};
const NO_DIPS: Dips = { integral: 0, crossings: [], at: undefined, device: undefined };

/** Perfusion below this is too weak to be sure of (clinical facts, 3.3). */
const WEAK_PERFUSION = 0.3;
const DOUBTS: ReadonlySet<QualityFlag> = new Set(["low_perfusion", "artifact", "motion", "out_of_track"]);

/** Whether an oximeter doubts its own newest numbers. */
export function isPoorRecord({ flags = [], signals }: DeviceRecord): boolean {
  const perfusion = signals.perfusion_index?.sample;
  return (
    flags.some((flag) => DOUBTS.has(flag)) || (typeof perfusion === "number" && perfusion < WEAK_PERFUSION)
  );
}

type Ranked = readonly (readonly [DeviceId, DeviceRecord])[];

/**
 * Devices in the profile's order; one that the profile does not know comes last. Where a real device of its kind is
 * expected, a simulated one says nothing: made-up numbers must not stand for a person (law 7).
 */
function rankedDevices(profile: BedProfile, live: Live): Ranked {
  const real = profile.sources.filter(({ simulated }) => !simulated);
  const isMasked = (id: DeviceId): boolean => {
    const role = profile.sources.find(({ device }) => device === id)?.role;
    return real.some((one) => one.device !== id && (role === undefined || one.role === role));
  };
  const ids = new Set([...profile.sources.map(({ device }) => device), ...Object.keys(live.devices)]);
  const ranked: [DeviceId, DeviceRecord][] = [];
  for (const id of ids) {
    const record = Object.hasOwn(live.devices, id) ? live.devices[id] : undefined;
    if (record !== undefined && !(record.simulated && isMasked(id))) ranked.push([id, record]);
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
