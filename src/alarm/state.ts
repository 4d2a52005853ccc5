import type {
  Actor,
  AlarmValues,
  Baselines,
  CardEvidence,
  CareAct,
  CarePlan,
  CauseId,
  ConditionId,
  Occurrence,
  Priority,
  WatchState,
} from "../domain/alarm.ts";
import type { BedProfile } from "../domain/bed.ts";
import type { BedId, DeviceId, OccurrenceId } from "../domain/ids.ts";
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
  /** So many intervals in a row were clearly longer or shorter: samples that were lost or late, or a device of another pace. */
  readonly off: number;
  /** Time that this one stands for while values recover. */
  readonly coverMs: number;
  /** Slow mean of the minutes before: against it a card says up or down. */
  readonly usual: number;
}

/** What one device last said of one signal. */
export interface SignalRecord {
  readonly sample: Sample;
  /** Arrival of `sample`. */
  readonly at: Mono;
  readonly valid?: ValidSample | undefined;
  /** No valid value for some seconds: part of the journal, so that a restart does not take it for living. */
  readonly quiet?: true | undefined;
}

/** A device's moving numbers, or its own counter, and since when they have stood still (BR-01). */
export interface Stillness {
  readonly fields: { readonly [id in SignalId]?: number };
  readonly since: Mono;
  /** The run began with a change; false when it began with a gap or with a further number, which prove nothing. */
  readonly moved: boolean;
  readonly counter?: { readonly value: number; readonly since: Mono; readonly moved: boolean };
}

/** A value and the time for which it stood: arrival of its first sample, end of its last one's cover. */
export type Run = readonly [value: number, from: Mono, to: Mono];

/** The last minutes of a signal: 5 by the sample, 30 by whole minutes. */
export interface Trace {
  readonly firstAt: Mono;
  /** Arrival of the newest sample. */
  readonly at: Mono;
  /** Oldest first; at most 5 min back and 600 long. */
  readonly runs: readonly Run[];
  /** Whole minutes: end, median and time with a value; oldest first, at most 30. */
  readonly minutes: readonly (readonly [end: Mono, median: number, validMs: number])[];
  /** When the minute under way began. */
  readonly minuteFrom: Mono;
}

export type TracedSignal = "spo2" | "pulse_rate";

/**
 * All that a device has said so far. Records are copied a hundred thousand times a night: ingest gives each of them every
 * key, undefined where there is nothing, so that they are all of one shape.
 */
export interface DeviceRecord {
  /** Newest sequence number per epoch, newest epoch last; at most four. */
  readonly marks: readonly { readonly epoch: string; readonly seq: number }[];
  /** Arrival of anything; of numbers; of a waveform; of a complete breath. */
  readonly heardAt: Mono;
  readonly spokeAt?: Mono | undefined;
  readonly waveAt?: Mono | undefined;
  readonly breathAt?: Mono | undefined;
  /** Arrival of the last waveform that differed from the one before. */
  readonly waveMovedAt?: Mono | undefined;
  readonly waveShape?: string | undefined;
  readonly breaths: number;
  /** Silent for some seconds; no breath for as long. */
  readonly quiet?: true | undefined;
  readonly breathless?: true | undefined;
  readonly simulated: boolean;
  readonly timeliness: "live" | "delayed";
  readonly signals: { readonly [id in SignalId]?: SignalRecord };
  readonly settings: { readonly [id in SettingId]?: number | string };
  readonly still?: Stillness | undefined;
  /** Quality remarks beside the newest numbers. */
  readonly flags?: readonly QualityFlag[] | undefined;
  /** When it doubted its own numbers in the last 2 min: first and last sample of each stretch, oldest first. */
  readonly doubts?: readonly (readonly [from: Mono, to: Mono])[] | undefined;
  /** The last breaths with their numbers, oldest first; at most 8. */
  readonly breathLog?: readonly BreathSeen[] | undefined;
  /** Alarms that the device raised by itself, by code; at most 16. */
  readonly own?: { readonly [code: string]: OwnAlarm } | undefined;
  /** What the device last said of itself, and when. */
  readonly status?: { readonly codes: readonly string[]; readonly at: Mono } | undefined;
  /** The serial number that it last told. */
  readonly serial?: { readonly value: string; readonly at: Mono } | undefined;
  readonly traces?: { readonly [id in TracedSignal]?: Trace } | undefined;
  /** Settings as they first were, or were when somebody last took note of a change. */
  readonly settingsBase?: DeviceRecord["settings"] | undefined;
  /** Names of settings that differ from these, and when the newest change came. */
  readonly settingsChanged?: { readonly names: string; readonly at: Mono } | undefined;
  /** The device's own clock against the box's, ms, at the first and at the newest observation that had a stamp. */
  readonly clock?: { readonly firstMs: number; readonly offsetMs: number; readonly at: Mono } | undefined;
  /** minute_volume of the last 60 s: arrival and value, oldest first; at most 64. */
  readonly minuteVolumes: readonly (readonly [Mono, number])[];
}

/** The newest evidence that was counted, and the breaths counted then. */
export interface Judged {
  readonly at: Mono;
  /** It held then: a sample of the very same moment may say otherwise. */
  readonly held?: true;
  readonly breaths?: number;
}

/** Changes with every observation: kept in memory, summed up in journal entries. */
export interface Live {
  readonly devices: { readonly [device: DeviceId]: DeviceRecord };
  /** By instance. */
  readonly judged: { readonly [key: string]: Judged };
  /** The schedule at this wall-clock minute. */
  readonly schedule?: { readonly minute: number; readonly inside: boolean };
  /** Counts how often a device or signal fell silent or spoke again: each is written down. */
  readonly flips: number;
  /** Last journal entry. */
  readonly writtenAt?: Mono;
}

/** One instance of a condition that is not at rest. */
export interface Runtime {
  readonly condition: ConditionId;
  readonly subject?: DeviceId;
  /** Which one of a device's own alarms, or which care act. */
  readonly part?: string;
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
  /** In alarm: a member of this open occurrence. */
  readonly in?: OccurrenceId;
  /** It came so often that it was not told by itself. */
  readonly merged?: true;
  /** A fault of the box itself, while the box reports it: outlives an end of the watch. */
  readonly fault?: AlarmValues;
}

/** An open occurrence and its timers. Its members are the instances whose `in` names it. */
export interface Open {
  readonly occurrence: Occurrence;
  readonly raisedAt: Mono;
  /** Instance that opened it: what comes back within 10 min. */
  readonly key: string;
  /** When the acknowledgement runs out. */
  readonly acknowledgedUntil?: Mono;
  /** How bad it was when somebody took it: what is worse is not covered by that. */
  readonly covered?: { readonly rank: number; readonly priority: Priority };
  /** Somebody has answered it at some time. */
  readonly answered?: true;
  /** Until then it only asks gently; unanswered, it rings again. */
  readonly gentleUntil?: Mono;
  /** What signals usually were when it began: against them a card says up or down. */
  readonly usual: Usual;
  /** Recurrent, and no member has been in alarm since. */
  readonly calmSince?: Mono;
}

export type Usual = { readonly [id in SignalId]?: number };

/** An occurrence that is over: for its trace, and for what comes back within 10 min. */
export interface Past
  extends Pick<
    Open,
    "occurrence" | "raisedAt" | "key" | "acknowledgedUntil" | "covered" | "answered" | "usual"
  > {
  readonly endedAt: Mono;
  readonly endedWall: Wall;
  /** Its trace is not shown: somebody has seen it, or it was too slight. */
  readonly seen: boolean;
}

/** While members recover, signals pass through the pictures of other causes: the card keeps what it was. */
export interface KeptCause {
  readonly cause: CauseId;
  readonly evidence: readonly CardEvidence[];
  readonly rival?: { readonly cause: CauseId; readonly since: Mono };
}

/** A pause under way. */
export interface PauseCore {
  readonly condition: ConditionId;
  readonly priority: Priority;
  /** The instances that it is for; empty: the one of the bed. */
  readonly keys: readonly string[];
  readonly until: Mono;
  readonly untilWall: Wall;
  readonly by: Actor;
}

/** A care act under way. */
export interface CareCore {
  readonly act: CareAct;
  readonly by: Actor;
  readonly from: Mono;
  readonly fromWall: Wall;
  readonly until: Mono;
  readonly untilWall: Wall;
  /** What it explains has happened. */
  readonly disturbed: boolean;
  /** Since then nothing that it explains violates or is unknown. */
  readonly goodSince?: Mono;
}

/** Limits that a person set, as given; completed they are `EngineState.limits`. */
export interface LimitsCore {
  readonly version: number;
  readonly given: unknown;
  readonly by: Actor;
  readonly at: Wall;
  readonly reason: string;
  readonly expiresAt?: Wall;
  /** The same on the monotonic clock: the first of the two ends it. */
  readonly expiresMono?: Mono;
  /** Switched off by these limits. */
  readonly off: readonly ConditionId[];
  /** What counts from then on. */
  readonly afterwards?: unknown;
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
  /** In hospital, on a visit, or over for good. */
  readonly left?: {
    readonly reason: "hospital" | "visit" | "transfer" | "death";
    readonly by: Actor;
    readonly at: Wall;
    readonly until: Wall;
    readonly untilMono: Mono;
    /** Valid values have come since. */
    readonly backSince?: Mono;
  };
}

/** Changes rarely: every change is journaled. */
export interface Core {
  readonly revision: number;
  /** Occurrences counted so far. */
  readonly raised: number;
  /** How often one became worse so far, or came to a card that was there. */
  readonly worsened: number;
  readonly watch: WatchCore;
  /** By instance: condition id, with `/<device>` or `/<n>` where there are several. */
  readonly runtimes: { readonly [key: string]: Runtime };
  readonly open: { readonly [id: OccurrenceId]: Open };
  /** Newest first; at most 32, at most 12 h. */
  readonly past: readonly Past[];
  /** When each condition came into alarm in the last 60 min. */
  readonly repeats: { readonly [id in ConditionId]?: readonly Mono[] };
  /** The cause that each open card shows, with its evidence, and another one that may take its place. */
  readonly causes: { readonly [card: OccurrenceId]: KeptCause };
  readonly pauses: readonly PauseCore[];
  readonly care?: CareCore;
  readonly carePlan?: CarePlan;
  readonly careSince?: Mono;
  readonly careDone: { readonly [act in CareAct]?: Mono };
  readonly limits?: LimitsCore;
  readonly baselines: Baselines;
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
  /** `core.limits` completed; absent until the first step after a start, or while the setup's own count. */
  readonly limits?: Limits;
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
    worsened: 0,
    watch: { state: { on: false, reason: "off", since: now.wall }, from: now.mono, therapy: false },
    runtimes: {},
    open: {},
    past: [],
    repeats: {},
    causes: {},
    pauses: [],
    careDone: {},
    baselines: {},
    settledAt: now.mono,
  },
  live: { devices: {}, judged: {}, flips: 0 },
  commands: [],
});
