import type { Baselines } from "../domain/alarm.ts";
import type { BedProfile, DeviceRole } from "../domain/bed.ts";
import type { DeviceId } from "../domain/ids.ts";
import type { QualityFlag } from "../domain/observation.ts";
import type { SettingId, SignalId } from "../domain/signal.ts";
import { MINUTE_MS, type Mono } from "../domain/time.ts";
import {
  type BedReadings,
  type Breathing,
  type BreathSeen,
  type DeviceOwnAlarm,
  type Dips,
  GAP_MS,
  type Reading,
  unknown,
  type Verdict,
  WAITING,
  type Window,
} from "./condition.ts";
import type { Draft } from "./draft.ts";
import type { DeviceRecord, Live, TracedSignal, ValidSample } from "./state.ts";
import { dipsOf, windowOf } from "./trace.ts";

/** A device of higher rank keeps its signal for so long after its last valid sample. */
const RANKED_MS = 5_000;

/** What the bed is read from; `withDelayed`: delayed sources take part (conditions with a delay of 2 min and more). */
interface BedInput extends Pick<Draft, "live" | "core" | "limits" | "now" | "startedAt"> {
  readonly profile: BedProfile;
  readonly withDelayed: boolean;
}

/** The bed at one moment, over what its devices have said. */
export function bedReadings(draft: Draft, withDelayed: boolean): BedReadings {
  const { setup, live, core, limits, now, startedAt } = draft;
  return new Readings({ profile: setup.profile, live, core, limits, now, startedAt, withDelayed });
}

/** The same of live sources alone, once a step. */
export function liveReadings(draft: Draft): BedReadings {
  const { live, core, limits, readings } = draft;
  const { devices } = live;
  const { baselines } = core;
  if (readings?.devices === devices && readings.limits === limits && readings.baselines === baselines)
    return readings.bed;
  const bed = bedReadings(draft, false);
  draft.readings = { devices, baselines, limits, bed };
  return bed;
}

/** Worked out when somebody asks, and once: ten conditions look at SpO2 in the same moment. */
class Readings implements BedReadings {
  readonly #input: BedInput;
  readonly #known = new Map<SignalId, Reading | undefined>();
  #ranked: Ranked | undefined;
  #meanVolume: Reading | "none" | undefined;

  constructor(input: BedInput) {
    this.#input = input;
  }

  get #devices(): Ranked {
    const { profile, live, withDelayed } = this.#input;
    return (this.#ranked ??= rankedDevices(profile, live, withDelayed));
  }

  reading(signal: SignalId): Reading | undefined {
    const found = this.#known.get(signal);
    if (found !== undefined || this.#known.has(signal)) return found;
    const looked = this.#look(signal);
    this.#known.set(signal, looked);
    return looked;
  }

  #look(signal: SignalId): Reading | undefined {
    const { now } = this.#input;
    let newest: ValidSample | undefined;
    let from: DeviceId = "";
    for (const { device, record } of this.#devices) {
      const known = record.signals[signal];
      if (known?.valid === undefined) continue;
      if (typeof known.sample === "number" && now - known.valid.at <= RANKED_MS)
        return readingOf(device, known.valid, now);
      if (newest === undefined || known.valid.at > newest.at) {
        newest = known.valid;
        from = device;
      }
    }
    return newest === undefined ? undefined : readingOf(from, newest, now);
  }

  expects(signals: readonly SignalId[]): boolean {
    return this.#input.profile.sources.some((source) => source.signals.some((id) => signals.includes(id)));
  }

  missing(signals: readonly SignalId[]): Verdict {
    const { now, startedAt } = this.#input;
    const last = signals.flatMap((id) => {
      const found = this.reading(id);
      return found === undefined ? [] : [[id, found.value] as const];
    });
    if (last.length > 0) return { kind: "unknown", why: "gap", values: Object.fromEntries(last) };
    if (!this.expects(signals)) return unknown("no_source");
    // The gap of a signal that never came began with the watch itself.
    return now - startedAt < GAP_MS - 1_000 ? WAITING : unknown("no_data");
  }

  setting(id: SettingId): { readonly value: number | string; readonly device: DeviceId } | undefined {
    for (const { device, record } of this.#devices) {
      const value = record.settings[id];
      if (value !== undefined) return { value, device };
    }
    return undefined;
  }

  breathing(): Breathing | undefined {
    return breathingOf(this.#devices, this.#input.now);
  }

  every(signal: SignalId): readonly Reading[] {
    const { now } = this.#input;
    const all: Reading[] = [];
    for (const { device, record } of this.#devices) {
      const valid = record.signals[signal]?.valid;
      if (valid !== undefined && now - valid.at < GAP_MS) all.push(readingOf(device, valid, now));
    }
    return all;
  }

  latest(signal: SignalId): readonly (Reading & { readonly role: DeviceRole })[] {
    const { profile, live, withDelayed, now } = this.#input;
    const all: (Reading & { readonly role: DeviceRole })[] = [];
    for (const { device, role } of profile.sources) {
      const record = recordOf(live, device);
      const valid = record?.signals[signal]?.valid;
      if (valid === undefined || (record?.timeliness === "delayed" && !withDelayed)) continue;
      all.push({ ...readingOf(device, valid, now), role });
    }
    return all;
  }

  ownAlarms(): readonly DeviceOwnAlarm[] {
    const { profile, live } = this.#input;
    const all: DeviceOwnAlarm[] = [];
    for (const { device, role } of profile.sources) {
      const record = recordOf(live, device);
      if (record?.own === undefined) continue;
      for (const own of Object.values(record.own))
        all.push({ ...own, device, role, heardAt: record.heardAt });
    }
    return all;
  }

  breaths(): readonly BreathSeen[] {
    const counting = this.breathing()?.device;
    return (counting === undefined ? undefined : this.#input.live.devices[counting]?.breathLog) ?? [];
  }

  window(signal: TracedSignal, minutes: number): Window {
    const device = this.reading(signal)?.device;
    const trace = device === undefined ? undefined : this.#input.live.devices[device]?.traces?.[signal];
    if (device === undefined || trace === undefined) return NO_WINDOW;
    return { ...windowOf(trace, minutes, this.#input.now), devices: [device] };
  }

  dips(): Dips {
    const { live, limits, now } = this.#input;
    const device = this.reading("spo2")?.device;
    const trace = device === undefined ? undefined : live.devices[device]?.traces?.spo2;
    if (device === undefined || trace === undefined) return NO_DIPS;
    const { limit = 88, hysteresis = 1 } = limits.SPO2_LOW.values;
    return { ...dipsOf(trace, { limit, hysteresis }, now), device };
  }

  isPoor(): boolean {
    const device = this.reading("spo2")?.device;
    const record = device === undefined ? undefined : this.#input.live.devices[device];
    return record !== undefined && isPoorRecord(record);
  }

  baseline(signal: keyof Baselines): number | undefined {
    return this.#input.core.baselines[signal]?.median;
  }

  minuteVolumeMean(): Reading | undefined {
    const found = (this.#meanVolume ??= this.#minuteVolume() ?? "none");
    return found === "none" ? undefined : found;
  }

  #minuteVolume(): Reading | undefined {
    const { live, now } = this.#input;
    const last = this.reading("minute_volume");
    if (last === undefined) return undefined;
    const volumes = live.devices[last.device]?.minuteVolumes ?? [];
    let count = 0;
    let sum = 0;
    for (let index = 0; index < volumes.length; index++) {
      const volume = volumes[index];
      if (volume === undefined || now - volume[0] >= MINUTE_MS) continue;
      count += 1;
      sum += volume[1];
    }
    return count === 0 ? undefined : { ...last, value: sum / count };
  }
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

type Ranked = readonly { readonly device: DeviceId; readonly record: DeviceRecord }[];

/**
 * Devices in the profile's order; one that the profile does not know comes last. Where a real device of its kind is
 * expected, a simulated one says nothing: made-up numbers must not stand for a person (law 7).
 */
function rankedDevices(profile: BedProfile, live: Live, withDelayed: boolean): Ranked {
  const ranked: { readonly device: DeviceId; readonly record: DeviceRecord }[] = [];
  const add = (device: DeviceId, record: DeviceRecord | undefined): void => {
    if (record === undefined || (record.timeliness !== "live" && !withDelayed)) return;
    if (record.simulated && isMasked(profile, device)) return;
    if (ranked.every((one) => one.device !== device)) ranked.push({ device, record });
  };
  for (const { device } of profile.sources) add(device, recordOf(live, device));
  for (const device of Object.keys(live.devices)) add(device, live.devices[device]);
  return ranked;
}

function isMasked({ sources }: BedProfile, id: DeviceId): boolean {
  const role = sources.find(({ device }) => device === id)?.role;
  return sources.some(
    (one) => !one.simulated && one.device !== id && (role === undefined || one.role === role),
  );
}

function breathingOf(ranked: Ranked, now: Mono): Breathing | undefined {
  let newest: Breathing | undefined;
  for (const { device, record } of ranked) {
    const { breathAt, breaths } = record;
    if (breathAt === undefined) continue;
    const signAt = record.waveAt ?? record.spokeAt ?? breathAt;
    const found = { device, breathAt, measuringAt: signAt > breathAt ? signAt : breathAt, breaths };
    if (now - found.measuringAt <= RANKED_MS) return found;
    if (newest === undefined || found.measuringAt > newest.measuringAt) newest = found;
  }
  return newest;
}
