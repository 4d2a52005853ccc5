import type { AlarmValues, Baselines, CareAct, ConditionId, Priority } from "../domain/alarm.ts";
import type { DependencyClass, DeviceRole, ExpectedSource } from "../domain/bed.ts";
import type { DeviceId } from "../domain/ids.ts";
import type { SettingId, SignalId } from "../domain/signal.ts";
import type { Mono, Wall } from "../domain/time.ts";
import type { DeviceRecord } from "./state.ts";

/**
 * A gap begins with the first second without a sample, one second after the last one. Ten such seconds are borne;
 * when the eleventh brings nothing either, nobody knows (clinical facts, 3.1).
 */
export const GAP_MS = 11_000;

/** One adjustable number of a condition. Ends of the range are allowed. */
export interface SettingSpec {
  readonly default: number | { readonly [cls in DependencyClass]: number };
  readonly min: number;
  readonly max: number;
  /** UCUM, or a plain word. */
  readonly unit: string;
  readonly help: string;
}

export type SettingSpecs = { readonly [name: string]: SettingSpec };

type ValuesOf<S extends SettingSpecs> = { readonly [name in keyof S]: number };

/** Why a condition cannot judge. */
export type UnknownWhy =
  /** No configured device delivers what it needs. */
  | "no_source"
  /** Expected, and nothing has arrived yet. */
  | "no_data"
  /** It arrived before, and not for more than 10 s. */
  | "gap"
  /** Disconnection needs two of its five signs. */
  | "two_signs"
  /** So much leaks that the machine's volumes and rates are guesses. */
  | "leak"
  /** Off watch and the machine says that it is not treating. */
  | "therapy_off"
  /** The rule itself failed; RULE_ERROR is open. */
  | "rule_error"
  /** There is no usual value of this person yet. */
  | `baseline:${string}`
  | `setting:${SettingId}`;

interface Evidence {
  /** Arrival of the newest sample that this rests on; the same evidence is never counted twice. */
  readonly at: Mono;
  readonly values: AlarmValues;
  readonly devices: readonly DeviceId[];
  /** Breaths counted by the device that this rests on, where it counts breaths. */
  readonly breaths?: number;
}

/** What a condition makes of the bed at one moment. */
export type Verdict =
  | (Evidence & {
      readonly kind: "holds";
      /** Instead of the delay in the settings, for evidence that has waited already. */
      readonly delayMs?: number;
      /** Missing evidence counts only on watch (design, section 3). */
      readonly onlyOnWatch?: true;
    })
  | (Evidence & {
      readonly kind: "clear";
      /** Time that the newest sample stands for while counting up to clear_s; without it, its own second. */
      readonly coverMs?: number;
    })
  /** Too early to say anything: less than 10 s without a sample, or still waiting for the first one. */
  | { readonly kind: "waiting" }
  | {
      readonly kind: "unknown";
      readonly why: UnknownWhy;
      /** The last values there were. */
      readonly values?: AlarmValues;
    };

/** The newest valid value of a signal. */
export interface Reading {
  readonly value: number;
  readonly at: Mono;
  readonly ageMs: number;
  /** Time that this value stands for: since the one before it, or its own second after a loss. */
  readonly coverMs: number;
  /** For how long samples have had this same value. */
  readonly sameMs: number;
  readonly device: DeviceId;
}

/** One complete breath, as a device reported it; volumes in mL, pressures in cmH2O. */
export interface BreathSeen {
  readonly at: Mono;
  readonly volumeMl: number;
  readonly peakCmH2o: number;
}

/** The last minutes of a signal, of every device that gives it; seconds without a value count for nothing. */
export interface Window {
  /** Time with a value in the window, ms. */
  readonly validMs: number;
  /** Length of the window that has been observed at all, ms: shorter after a start. */
  readonly spanMs: number;
  /** Time-weighted median of the values; undefined without any. */
  readonly median: number | undefined;
  readonly lowest: number | undefined;
  /** Arrival of the newest value. */
  readonly at: Mono | undefined;
  readonly devices: readonly DeviceId[];
}

/** The breaths of a device that reports each of them. */
export interface Breathing {
  readonly device: DeviceId;
  /** Arrival of the last complete breath. */
  readonly breathAt: Mono;
  /** Arrival of the last sign that the device is measuring: a wave, or numbers from a device without waves. */
  readonly measuringAt: Mono;
  readonly breaths: number;
}

/** What dips below the limit of SPO2_LOW have added up to (SatSeconds, clinical facts, section 2). */
export interface Dips {
  /** %.s below the limit; falls back to 0 after 10 s in range. */
  readonly integral: number;
  /** Beginnings of violations in the last 60 s, oldest first. */
  readonly crossings: readonly Mono[];
  /** Arrival of the newest sample that counted. */
  readonly at: Mono | undefined;
  readonly device: DeviceId | undefined;
}

/** The bed as conditions see it: for each signal the first fresh valid device in rank order. */
export interface BedReadings {
  /** Newest valid value, however old; undefined when none ever came. */
  reading(signal: SignalId): Reading | undefined;
  /** The verdict for a signal without a usable reading. */
  missing(signals: readonly SignalId[]): Verdict;
  expects(signals: readonly SignalId[]): boolean;
  setting(id: SettingId): { readonly value: number | string; readonly device: DeviceId } | undefined;
  breathing(): Breathing | undefined;
  /** Every device's newest valid value not older than 10 s, in rank order. */
  every(signal: SignalId): readonly Reading[];
  /** The same however old, of the devices of the profile: for states that are told once and stand until the next word. */
  latest(signal: SignalId): readonly (Reading & { readonly role: DeviceRole })[];
  /** The alarms that devices of the profile raised by themselves, active or over. */
  ownAlarms(): readonly DeviceOwnAlarm[];
  /** The last breaths of the device that counts them, oldest first, at most 8; empty where none does. */
  breaths(): readonly BreathSeen[];
  /**
   * The last `minutes` of spo2 or pulse_rate (at most 5, by the sample) or of spo2 (at most 30, from whole minutes).
   */
  window(signal: "spo2" | "pulse_rate", minutes: number): Window;
  /** Samples below the limit of SPO2_LOW: the depth x time collected, and when crossings began (at most 60 s back). */
  dips(): Dips;
  /** Whether the oximeter itself doubts the newest SpO2: its flags, or a perfusion below 0.3 %. */
  isPoor(): boolean;
  /** This person's usual value, over valid nights. */
  baseline(signal: keyof Baselines): number | undefined;
  /** Mean of minute_volume over the last 60 s; undefined when none came in that time. */
  minuteVolumeMean(): Reading | undefined;
}

/** Everything that a condition may look at. */
export interface View {
  readonly now: Mono;
  readonly dependencyClass: DependencyClass;
  readonly onWatch: boolean;
  /** The monotonic time at which the present watch began; meaningless off watch. */
  readonly watchFrom: Mono;
  /** True inside the violation band: the clearing side of the hysteresis applies. */
  readonly held: boolean;
  /** Time since the first violating sample; 0 when nothing violates. */
  readonly heldMs: number;
  /**
   * Nothing is the matter with this instance: nobody looks at what "clear" would rest on, so WAITING says as much and
   * costs less. That is so a hundred thousand times a night.
   */
  readonly isAtRest?: boolean;
  readonly bed: BedReadings;
  /** Values of the alarm that this instance is in; undefined while it is in none. */
  readonly told?: AlarmValues | undefined;
  /** Whether somebody has answered that alarm at some time. */
  readonly isAnswered?: boolean;
  /** For conditions that exist once per device: the device, and what it has said so far. */
  readonly device?:
    | { readonly source: ExpectedSource; readonly record: DeviceRecord | undefined }
    | undefined;
  /** Highest priority among conditions that violated when the device's data stopped (UNKNOWN-AFTER-LOW). */
  readonly inherited: Priority | undefined;
  /** After a restart with a long downtime: before this, devices have had no time to answer. */
  readonly settledAt: Mono;
  /** Whether another condition is switched on. */
  readonly isOn: (condition: ConditionId) => boolean;
  /** A setting of another condition. */
  readonly limitOf: (condition: ConditionId, setting: string) => number | undefined;
  /** Whether any instance of another condition violates now (its delay may still run). */
  readonly isViolating: (condition: ConditionId) => boolean;
  /** Whether any instance of another condition is an alarm now. */
  readonly isOpen: (condition: ConditionId) => boolean;
  /** Inside the bed's watch schedule, whatever the watch does: night for what may wait till day. */
  readonly isNight: boolean;
  /** For scope "own": the device's own alarm. */
  readonly own?: OwnAlarm | undefined;
  /** For scope "care": what is due, when it last happened (`since` before the first), and when any act last did. */
  readonly care?:
    | {
        readonly act: CareAct;
        readonly everyMs: number;
        readonly lastAt: Mono;
        readonly anyAt?: Mono;
      }
    | undefined;
  /** Limits in force: when they expire, what they switch off. */
  readonly limitsState: { readonly widenedUntil: Wall | undefined; readonly off: readonly ConditionId[] };
}

/** An alarm that a device raised by itself, as it said it. */
export interface OwnAlarm {
  readonly code: string;
  readonly text: string;
  readonly priority: Priority;
  readonly active: boolean;
  /** Arrival of the last word about it. */
  readonly at: Mono;
}

/** The same with the device that said it. */
export interface DeviceOwnAlarm extends OwnAlarm {
  readonly device: DeviceId;
  readonly role: DeviceRole;
  /** When the device was last heard at all: drivers may speak of alarms only when they change. */
  readonly heardAt: Mono;
}

export type Scope =
  | "bed"
  | "oximeter"
  | "ventilator"
  | "machine"
  | "call"
  | "device"
  | "ventilator_own"
  | "device_own"
  | "care"
  | "command";

/** Scales with several tiers, each of them a condition. */
export type Ladder = "oxygen" | "leak" | "battery";

/** One condition: data for the engine and for docs/alarms.md, and one predicate. */
export interface Condition {
  readonly id: ConditionId;
  /** What it judges, one line. */
  readonly rule: string;
  /** Where rule and numbers come from. */
  readonly source: string;
  /**
   * How many of it there are: one for the bed, one per oximeter, ventilator, either (machine), call switch, or source;
   * one per own alarm of a ventilator or of another device; one per care act in the plan; or raised by commands alone.
   */
  readonly scope: Scope;
  /** Alarms with one scale: the worst tier open is one occurrence; a higher rank sounds again (clinical facts, 3.1). */
  readonly ladder?: { readonly name: Ladder; readonly rank: number };
  /** Repeats are told one by one however many they are (clinical facts, 3.1: storm control). */
  readonly neverMerged?: true;
  /** No pause and no care act quiets it. */
  readonly neverQuiet?: true;
  /** About the data and the box, not about the person: never announced as unknown without an open alarm. */
  readonly technical: boolean;
  /** Never fed by delayed sources, whatever its delay. */
  readonly liveOnly: boolean;
  readonly canBeOff: boolean;
  readonly settings: SettingSpecs;
  readonly priority: { readonly [cls in DependencyClass]: Priority };
  /** When the priority rises, in words; empty when it does not. */
  readonly rises: string;
  readonly clears: string;
  /** clinical.md 1.4: V visual trace until seen, A sound until answered too, none. */
  readonly latch: "V" | "A" | "none";
  readonly gating: string;
  /**
   * What it reads: it is judged when one of these arrives and, every second, while anything about it is open, doubtful
   * or overdue. Absent: every second.
   */
  readonly reads?: readonly (SignalId | "breath")[];
  /** Names in the occurrence's values. */
  readonly values: readonly string[];
  /** Judges; absent for conditions that only commands raise. */
  judge?(view: View, settings: { readonly [name: string]: number }): Verdict;
  /** A higher priority than the class gives, by evidence or by time. */
  tier?(view: View, settings: { readonly [name: string]: number }): Priority | undefined;
}

/** Checks a condition's own settings against its predicate, then forgets their names. */
export const condition = <const S extends SettingSpecs>(
  definition: Omit<Condition, "settings" | "judge" | "tier"> & {
    readonly settings: S;
    judge?(view: View, settings: ValuesOf<S>): Verdict;
    tier?(view: View, settings: ValuesOf<S>): Priority | undefined;
  },
): Condition => definition;

export const unknown = (why: UnknownWhy): Verdict => ({ kind: "unknown", why });

export const WAITING: Verdict = { kind: "waiting" };

/** Signals that some condition judges: only their silence is an alarm, and only they are kept over a restart. */
export const JUDGED_SIGNALS = [
  "spo2",
  "pulse_rate",
  "resp_rate",
  "tidal_volume_exp",
  "minute_volume",
  "leak",
  "pressure_peak",
  "apnea_duration",
] as const satisfies readonly SignalId[];

export type JudgedSignal = (typeof JUDGED_SIGNALS)[number];

/** Signals that are kept over a restart although their silence is no alarm of its own. */
export const KEPT_SIGNALS = [
  "therapy",
  "remote_alarm",
  "mains",
  "battery_minutes",
  "battery_percent",
  "tcco2",
  "fio2",
  "perfusion_index",
] as const satisfies readonly SignalId[];
