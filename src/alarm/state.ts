import type { Actor, AlarmValues, ConditionId, Occurrence, Priority, WatchState } from "../domain/alarm.ts";
import type { BedProfile } from "../domain/bed.ts";
import type { BedId, DeviceId } from "../domain/ids.ts";
import type { QualityFlag } from "../domain/observation.ts";
import type { Sample } from "../domain/sample.ts";
import type { SettingId, SignalId } from "../domain/signal.ts";
import type { Mono, Wall } from "../domain/time.ts";
import type { BreathSeen, Condition, OwnAlarm, UnknownWhy } from "./condition.ts";
import type { Limits } from "./limits.ts";

/** What is fixed while an engine runs; a change of limits takes effect with the next step that is given them. */
export interface AlarmSetup {
  readonly profile: BedProfile;
  readonly limits: Limits;
  /** Id of the journal file: part of occurrence ids. */
  readonly journal: string;
  /** The catalogue, unless a test brings its own. */
  readonly conditions?: readonly Condition[];
}

/** A value that a device measured. */
export interface ValidSample {
  readonly value: number;
  readonly at: Mono;
  /** Since when samples have had this value. */
  readonly since: Mono;
  /** How far apart this device's samples usually are. */
  readonly everyMs: number;
  /** Time that this one stands for while values recover. */
  readonly coverMs: number;
}

/** What one device last said of one signal. */
export interface SignalRecord {
  readonly sample: Sample;
  /** Arrival of `sample`. */
  readonly at: Mono;
  readonly valid?: ValidSample;
  /** No valid value for some seconds: part of the journal, so that a restart does not take it for living. */
  readonly quiet?: true;
}

/** A device's moving numbers, or its own counter, and since when they have stood still (BR-01). */
export interface Stillness {
  readonly fields: { readonly [id in SignalId]?: number };
  readonly since: Mono;
  /** The run began with a change; false when it began with a gap or with a further number, which prove nothing. */
  readonly moved: boolean;
  readonly counter?: { readonly value: number; readonly since: Mono; readonly moved: boolean };
}

export interface DeviceRecord {
  /** Newest sequence number per epoch, newest epoch last; at most four. */
  readonly marks: readonly { readonly epoch: string; readonly seq: number }[];
  /** Arrival of anything; of numbers; of a waveform; of a complete breath. */
  readonly heardAt: Mono;
  readonly spokeAt?: Mono;
  readonly waveAt?: Mono;
  readonly breathAt?: Mono;
  /** Arrival of the last waveform that differed from the one before. */
  readonly waveMovedAt?: Mono;
  readonly waveShape?: string;
  readonly breaths: number;
  /** Silent for some seconds; no breath for as long. */
  readonly quiet?: true;
  readonly breathless?: true;
  readonly simulated: boolean;
  readonly timeliness: "live" | "delayed";
  readonly signals: { readonly [id in SignalId]?: SignalRecord };
  readonly settings: { readonly [id in SettingId]?: number | string };
  readonly still?: Stillness;
  /** Quality remarks beside the newest numbers. */
  readonly flags?: readonly QualityFlag[];
  /** The last breaths with their numbers, oldest first; at most 8. */
  readonly breathLog?: readonly BreathSeen[];
  /** Alarms that the device raised by itself, by code; at most 16. */
  readonly own?: { readonly [code: string]: OwnAlarm };
  /** What the device last said of itself, and when. */
  readonly status?: { readonly codes: readonly string[]; readonly at: Mono };
  /** The serial number that it last told. */
  readonly serial?: { readonly value: string; readonly at: Mono };
  /** Names of settings that differ from what they first were, and when the newest change came. */
  readonly settingsChanged?: { readonly names: string; readonly at: Mono };
  /** The device's own clock against the box's, ms, at the first and at the newest observation that had a stamp. */
  readonly clock?: { readonly firstMs: number; readonly offsetMs: number; readonly at: Mono };
  /** minute_volume of the last 60 s: arrival and value, oldest first; at most 64. */
  readonly minuteVolumes: readonly (readonly [Mono, number])[];
}

/** The newest evidence that was counted, and the breaths counted then. */
export interface Judged {
  readonly at: Mono;
  readonly breaths?: number;
}

/** Changes with every observation: kept in memory, summed up in journal entries. */
export interface Live {
  readonly devices: { readonly [device: DeviceId]: DeviceRecord };
  /** By instance. */
  readonly judged: { readonly [key: string]: Judged };
  /** The schedule at this wall-clock minute. */
  readonly schedule?: { readonly minute: number; readonly inside: boolean };
  /** When everything was last judged. */
  readonly judgedAt?: Mono;
  /** Last journal entry. */
  readonly writtenAt?: Mono;
}

/** One instance of a condition that is not at rest. */
export interface Runtime {
  readonly condition: ConditionId;
  readonly subject?: DeviceId;
  /** First violating sample. */
  readonly t0?: Mono;
  /** Whether the last value was inside the violation band. */
  readonly inBand: boolean;
  /** Devices of the last evidence. */
  readonly devices: readonly DeviceId[];
  /** Priority that it has, or would have: what a loss of its data inherits. */
  readonly priority?: Priority;
  readonly unknown?: { readonly why: UnknownWhy; readonly since: Mono; readonly announced: boolean };
  /** In-range time and breaths so far, while an open occurrence recovers. */
  readonly clear?: { readonly ms: number; readonly breaths: number };
  readonly occurrence?: Occurrence;
  /** A fault of the box itself, while the box reports it: outlives an end of the watch. */
  readonly fault?: AlarmValues;
  /** When the acknowledgement runs out. */
  readonly acknowledgedUntil?: Mono;
}

export interface WatchCore {
  readonly state: WatchState;
  /** Monotonic time of `state.since`. */
  readonly from: Mono;
  /** Switched on by this person. */
  readonly person?: Actor;
  /** Switched on by therapy and sensor. */
  readonly therapy: boolean;
  /** Ended by a person: stays off until `until`, or longer therapy-free time outside the schedule. */
  readonly ended?: { readonly by: Actor; readonly until: Wall; readonly away?: Mono };
}

/** Changes rarely: every change is journaled. */
export interface Core {
  readonly revision: number;
  /** Occurrences counted so far. */
  readonly raised: number;
  readonly watch: WatchCore;
  /** By instance: condition id, with `/<device>` or `/<n>` where there are several. */
  readonly runtimes: { readonly [key: string]: Runtime };
  readonly drill?: { readonly until: Mono; readonly untilWall: Wall };
  readonly lastCallAt?: Mono;
  readonly settledAt: Mono;
}

/** The whole of an engine: plain JSON. */
export interface EngineState {
  readonly bed: BedId;
  readonly startedAt: Mono;
  readonly mono: Mono;
  readonly at: Wall;
  readonly trusted: boolean;
  readonly core: Core;
  readonly live: Live;
  /** Newest command ids, oldest first; at most 64. */
  readonly commands: readonly string[];
}

/** A condition began or ceased to be unknown while no occurrence of it was open. Only `judge` prints these. */
export interface Notice {
  readonly kind: "unknown" | "known";
  readonly condition: ConditionId;
  readonly at: Wall;
  readonly priority: Priority;
  readonly values: AlarmValues;
}

/** Now, on both clocks, and whether the wall clock is known to be right. */
export interface Instant {
  readonly mono: Mono;
  readonly wall: Wall;
  readonly trusted: boolean;
}

/** An engine that has heard nothing and decided nothing. */
export const startState = (now: Instant, bed: BedId): EngineState => ({
  bed,
  startedAt: now.mono,
  mono: now.mono,
  at: now.wall,
  trusted: now.trusted,
  core: {
    revision: 0,
    raised: 0,
    watch: { state: { on: false, reason: "off", since: now.wall }, from: now.mono, therapy: false },
    runtimes: {},
    settledAt: now.mono,
  },
  live: { devices: {}, judged: {} },
  commands: [],
});
