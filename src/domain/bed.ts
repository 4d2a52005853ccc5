import type { BedId, DeviceId } from "./ids.ts";
import type { QualityFlag } from "./observation.ts";
import type { Sample } from "./sample.ts";
import type { SettingId, SignalId, WaveId } from "./signal.ts";
import type { Mono } from "./time.ts";

/** Under this and its own id a hub keeps in a home's file what a bed was when it was last heard. */
export const KEPT_BED = "bed ";

/** A nocturnal only, B more than 12-16 h a day, C cannot breathe alone: sets priorities, delays, escalation speed. */
export type DependencyClass = "A" | "B" | "C";

/** What kind of machine a device is at the bed. */
export type DeviceRole = "oximeter" | "ventilator" | "capnograph" | "contact" | "plug" | "call" | "power";

/** A device that the bed's configuration promises; absence conditions are judged against this list. */
export interface ExpectedSource {
  readonly device: DeviceId;
  readonly role: DeviceRole;
  readonly signals: readonly SignalId[];
  readonly simulated: boolean;
  /** The serial number that belongs to this bed; another one there is an alarm. */
  readonly serial?: string;
  /** A minute or two behind by its nature (a Wi-Fi card): its first numbers may take that long. */
  readonly delayed?: true;
}

/** Daily on-watch window in the bed's zone, minutes since midnight; may cross midnight. Class C is always on watch. */
export interface WatchSchedule {
  readonly fromMinute: number;
  readonly toMinute: number;
}

export const DEFAULT_SCHEDULE: WatchSchedule = { fromMinute: 21 * 60, toMinute: 9 * 60 };

/** Everything fixed that the alarm engine must know of a bed. */
export interface BedProfile {
  readonly bed: BedId;
  /** IANA zone, checked when configured. */
  readonly zone: string;
  readonly dependencyClass: DependencyClass;
  readonly schedule: WatchSchedule;
  /** In rank order: for a signal that two devices deliver, the first fresh valid one counts. */
  readonly sources: readonly ExpectedSource[];
}

/** What the ventilator at the bed sounds about by itself, in the words of home ventilators. */
export const MACHINE_ALARMS = [
  "disconnect",
  "pressure_low",
  "leak_high",
  "apnea",
  "minute_volume_low",
  "obstruction",
  "mains_lost",
  "battery_low",
] as const;

export type MachineAlarm = (typeof MACHINE_ALARMS)[number];

/**
 * What can be read of a person and the machines at the bed at this moment. The virtual patient implements it
 * for the device simulators; `simulate --samples` implements it over a file.
 */
export interface BedView {
  /**
   * `of`: the kind of device that asks, where several at a bed have a number of their own by the same name: each has
   * its battery, and a capnograph counts breaths by their CO2, a ventilator by what it delivers. Absent: the ventilator.
   */
  sample(signal: SignalId, of?: DeviceRole): Sample;
  setting(setting: SettingId): number | string | undefined;
  flags(): readonly QualityFlag[];
  /** The person is calling with a switch. */
  calls(): boolean;
  /** The ventilator's own alarms that sound now. */
  ownAlarms(): readonly MachineAlarm[];
  /** Instantaneous waveform value in the unit of WAVES; undefined where this bed has no such waveform. */
  wave(wave: WaveId, at: Mono): number | undefined;
  /** The breath under way: its running number and phase; undefined while the machine delivers none. */
  breath(at: Mono): { readonly number: number; readonly phase: "inspiration" | "expiration" } | undefined;
}
