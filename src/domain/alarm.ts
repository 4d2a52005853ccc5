import type { BedId, DeviceId, OccurrenceId, PersonId } from "./ids.ts";
import type { Wall } from "./time.ts";

/** IEC 60601-1-8 priorities. */
export const PRIORITIES = ["low", "medium", "high"] as const;

export type Priority = (typeof PRIORITIES)[number];

export const priorityRank = (priority: Priority): number => PRIORITIES.indexOf(priority);

export const higherPriority = (a: Priority, b: Priority): Priority =>
  priorityRank(a) >= priorityRank(b) ? a : b;

/** Ids are the catalogue's (docs/alarms.md). */
export const CONDITION_IDS = [
  "SPO2_LOW",
  "SPO2_CRIT",
  "PR_LOW",
  "PR_HIGH",
  "OXI_SENSOR_OFF",
  "PATIENT_CALL",
  "VENT_APNEA",
  "VENT_DISCONNECT",
  "VENT_PRESSURE_LOW",
  "DATA_STALE",
  "DATA_FROZEN",
  "DATA_NEVER",
  "DB_WRITE_FAIL",
  "RULE_ERROR",
] as const;

export type ConditionId = (typeof CONDITION_IDS)[number];

export const isConditionId = (text: string): text is ConditionId =>
  (CONDITION_IDS as readonly string[]).includes(text);

/** Evidence shown with an alarm: signal or setting id (or a condition's own word such as `device`) to value. */
export type AlarmValues = { readonly [name: string]: number | string };

/** Who did it, as everybody sees it. */
export interface Actor {
  readonly id: PersonId;
  readonly name: string;
}

export interface Acknowledgement {
  readonly by: Actor;
  readonly at: Wall;
  /** After this the alarm sounds again while the condition holds. */
  readonly until: Wall;
  readonly place: "going" | "bedside";
}

/** How the patient called; `kind` says what for where the page offers it. */
export interface PatientCall {
  readonly how: "touch" | "key" | "dwell" | "switch";
  readonly kind: "come" | "breathing" | "mask" | "suction" | "turn" | "pain" | "toilet";
}

/** One alarm from raise to end: the unit of acknowledgement, owned by the engine that raised it. */
export interface Occurrence {
  readonly id: OccurrenceId;
  readonly bed: BedId;
  readonly condition: ConditionId;
  /** The device that the alarm is about, for conditions that exist once per device. */
  readonly subject?: DeviceId;
  readonly priority: Priority;
  /** `unknown`: raised, and since then no usable data; it stays open (law 1). */
  readonly state: "holds" | "unknown";
  readonly raisedAt: Wall;
  /** When it last became `unknown`: "last SpO2 79 at 02:14, no data since". */
  readonly unknownSince?: Wall;
  readonly values: AlarmValues;
  readonly acknowledgement?: Acknowledgement;
  /** Evidence came from a simulated link: shown everywhere, pages nobody outside a drill. */
  readonly simulated: boolean;
  /** Raised inside a drill: may page, every send says DRILL. */
  readonly drill: boolean;
  /** The journal refused or missed its deadline while this was raised (law 4). */
  readonly notDurable?: true;
}

export const EVENT_KINDS = [
  "occurred",
  "escalated",
  "unknown",
  "known",
  "acknowledged",
  "lapsed",
  "paused",
  "resumed",
  "ended",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** What happened to one occurrence; `occurrence` is its state after the event. */
export interface AlarmEvent {
  readonly kind: EventKind;
  readonly at: Wall;
  readonly occurrence: Occurrence;
  /** Only with `ended`: what ended it. */
  readonly reason?: "recovered" | "answered" | "watch_ended" | "settings";
  /** The person, for acknowledged and for ended by a person. */
  readonly by?: Actor;
}

/** Whether absence counts now, and why (design, section 3: on watch). */
export interface WatchState {
  readonly on: boolean;
  readonly reason: "class_c" | "schedule" | "person" | "therapy" | "off" | "ended";
  readonly since: Wall;
  readonly by?: Actor;
}

/** The retained picture of a bed's alarms: what pages draw and watch acts on. Highest priority first. */
export interface AlarmFold {
  readonly bed: BedId;
  /** Grows by one with every change; a reader that saw a higher one drops this. */
  readonly revision: number;
  readonly at: Wall;
  readonly watch: WatchState;
  readonly open: readonly Occurrence[];
  /** Conditions that cannot judge now and say so (missing setting, no data yet). */
  readonly unknown: readonly { readonly condition: ConditionId; readonly why: string }[];
  /** A drill for simulated links of this bed runs until then. */
  readonly drillUntil?: Wall;
}

/** Asked of the engine by people and by the edge itself; `id` makes repeats harmless. */
export type AlarmCommand =
  | {
      readonly kind: "acknowledge";
      readonly id: string;
      readonly occurrence: OccurrenceId;
      readonly by: Actor;
      readonly place: "going" | "bedside";
    }
  | { readonly kind: "start_watch"; readonly id: string; readonly by: Actor }
  | { readonly kind: "end_watch"; readonly id: string; readonly by: Actor }
  /** `device`: the switch that it came from; its mark (law 7) is the call's. */
  | { readonly kind: "call"; readonly id: string; readonly call: PatientCall; readonly device?: DeviceId }
  /** A caregiver is with the patient: answers a call. */
  | {
      readonly kind: "with_patient";
      readonly id: string;
      readonly occurrence: OccurrenceId;
      readonly by: Actor;
    }
  | { readonly kind: "drill"; readonly id: string; readonly forMs: number; readonly by: Actor }
  /** The edge's own self-monitor: raises or clears a technical condition about itself. */
  | {
      readonly kind: "self_fault";
      readonly id: string;
      readonly condition: "DB_WRITE_FAIL" | "RULE_ERROR";
      readonly active: boolean;
      readonly detail: string;
    };
