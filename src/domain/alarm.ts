import type { BedId, DeviceId, OccurrenceId, PersonId } from "./ids.ts";
import type { Wall } from "./time.ts";

/** IEC 60601-1-8 priorities. */
export const PRIORITIES = ["low", "medium", "high"] as const;

export type Priority = (typeof PRIORITIES)[number];

export const priorityRank = (priority: Priority): number => PRIORITIES.indexOf(priority);

export const higherPriority = (a: Priority, b: Priority): Priority =>
  priorityRank(a) >= priorityRank(b) ? a : b;

/** Ids are the catalogue's (docs/alarms.md): about the person, the ventilator, data and box, settings, care. */
export const CONDITION_IDS = [
  "SPO2_LOW",
  "SPO2_CRIT",
  "SPO2_RAPID",
  "SPO2_INTEGRAL",
  "SPO2_SUSTAINED",
  "SPO2_RELATIVE",
  "SPO2_UNDER_RANGE",
  "SPO2_LOW_UNCERTAIN",
  "SPO2_WARN",
  "SPO2_HIGH_ON_O2",
  "PR_LOW",
  "PR_HIGH",
  "PULSE_LOST",
  "TCCO2_HIGH",
  "PATIENT_CALL",
  "VENT_OWN",
  "VENT_REMOTE_ALARM",
  "VENT_DISCONNECT",
  "VENT_APNEA",
  "VENT_OBSTRUCTION",
  "VENT_PRESSURE_LOW",
  "VENT_PRESSURE_HIGH",
  "VENT_LEAK_HIGH",
  "VENT_LEAK_WARN",
  "LEAK_DESAT",
  "VENT_MV_LOW",
  "VENT_VTE_LOW",
  "VENT_RR_HIGH",
  "VENT_RR_LOW",
  "VENT_OFF_EXPECTED",
  "VENT_MAINS_LOST",
  "VENT_BATT_LOW",
  "VENT_BATT_CRIT",
  "VENT_SETTINGS_CHANGED",
  "OXI_SENSOR_OFF",
  "OXI_POOR_SIGNAL",
  "OXI_VENT_PR_MISMATCH",
  "DEVICE_OWN",
  "DEV_BATTERY",
  "DEVICE_SWAPPED",
  "DATA_STALE",
  "DATA_FROZEN",
  "DATA_NEVER",
  "CALL_DEVICE_OFFLINE",
  "CLOCK_DRIFT",
  "NET_DOWN",
  "EDGE_OFFLINE",
  "PHONE_UNREACHABLE",
  "NOBODY_ON_CALL",
  "ESCALATION_EXHAUSTED",
  "TEST_OVERDUE",
  "STORAGE_FULL",
  "DB_WRITE_FAIL",
  "JOURNAL_DAMAGED",
  "STATE_DAMAGED",
  "KEY_MISSING",
  "BOX_PUT_OUT",
  "CERTIFICATE_ENDING",
  "CERTIFICATE_EXPIRED",
  "RULE_ERROR",
  "ALARM_OFF_REMINDER",
  "LIMITS_WIDENED",
  "WATCH_REARM",
  "CARE_DUE",
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
  /** `watching`: a technical loss that nobody can mend now; the person watches and is asked every 30 min. */
  readonly place: AcknowledgePlace;
}

/** The patient has said "I am all right": shown to everybody, and decides nothing (docs/alarms.md). */
export interface AllRight {
  readonly by: Actor;
  readonly at: Wall;
  /** Since then it has got worse or has come back: what was said was of something milder. */
  readonly before?: true;
}

export type AcknowledgePlace = "going" | "bedside" | "watching";

/** What caregivers do at the bed; while it lasts it quiets the conditions that it explains (docs/alarms.md). */
export const CARE_ACTS = ["suction", "turn", "mask", "wash", "cough_assist"] as const;

export type CareAct = (typeof CARE_ACTS)[number];

export const isCareAct = (text: string): text is CareAct => (CARE_ACTS as readonly string[]).includes(text);

/** Open, shown, and silent for a time: a pause of its condition, or a care act that explains it. */
export interface Quiet {
  readonly why: "pause" | "care";
  readonly until: Wall;
  readonly by: Actor;
  readonly act?: CareAct;
}

/** Why several alarms belong together (src/alarm/causes.ts). */
export const CAUSE_IDS = [
  "patient_calls",
  "ventilator_off",
  "circuit_off",
  "mask_off",
  "obstruction",
  "large_leak",
  "hypoventilation",
  "mains_lost",
  "sensor_off",
  "sensor_failing",
  "link_lost",
  "box_lost",
] as const;

export type CauseId = (typeof CAUSE_IDS)[number];

/** One piece of evidence on a card: a signal with its value and which way it went, or `seconds`. */
export interface CardEvidence {
  readonly name: string;
  readonly value: number | string;
  readonly trend?: "up" | "down" | "falling" | "gone";
}

/** Occurrences that belong together: one cause, one push, one sound. */
export interface Card {
  /** Id of the occurrence that began it. */
  readonly id: OccurrenceId;
  /** Absent: the alarm stands for itself. */
  readonly cause?: CauseId;
  /** The highest of its members. */
  readonly priority: Priority;
  /** Open members, the most urgent first. */
  readonly members: readonly OccurrenceId[];
  readonly evidence: readonly CardEvidence[];
}

/** An alarm that is over and that nobody has looked at yet: its trace stays (clinical facts, 1.4). */
export interface PastOccurrence {
  readonly occurrence: Occurrence;
  readonly endedAt: Wall;
  readonly seconds: number;
  /** It was high and nobody had answered when it ended. */
  readonly missed: boolean;
}

/** Timed silence of one condition at one priority and below; never longer than its cap, never for all. */
export interface Pause {
  readonly condition: ConditionId;
  readonly priority: Priority;
  readonly until: Wall;
  readonly by: Actor;
}

/** A care act under way. */
export interface CareNow {
  readonly act: CareAct;
  readonly since: Wall;
  readonly until: Wall;
  readonly by: Actor;
}

/** The limits in force, in short; the numbers themselves are in the settings. */
export interface LimitsState {
  /** 0: the presets of the dependency class. */
  readonly version: number;
  readonly by?: Actor;
  readonly at?: Wall;
  readonly reason?: string;
  /** Something was widened: back to the version before at this time. */
  readonly expiresAt?: Wall;
  /** Switched off by these limits. */
  readonly off: readonly ConditionId[];
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
  /** The worst tier that it has reached. */
  readonly condition: ConditionId;
  /** Every condition that is part of it now, where tiers share it; absent: `condition` alone. */
  readonly conditions?: readonly ConditionId[];
  /** Of its card, when it joined another occurrence's; absent: its own. */
  readonly card?: OccurrenceId;
  /** So often within the hour that single ones are no longer told. */
  readonly recurrent?: { readonly count: number; readonly since: Wall };
  /** Silent for a time although nobody acknowledged it. */
  readonly quiet?: Quiet;
  /** Somebody has said "I am watching myself": from then on it only asks gently. */
  readonly accepted?: Actor;
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
  /**
   * When it became as bad as it is, counted and not timed: how often alarms of its bed had become worse by then. Absent: it
   * is as it was raised, and it was the first of its card.
   */
  readonly worsened?: number;
  /** The newest word of the patient about it. */
  readonly allRight?: AllRight;
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
  "all_right",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** What happened to one occurrence; `occurrence` is its state after the event. */
export interface AlarmEvent {
  readonly kind: EventKind;
  readonly at: Wall;
  /** The condition that this is about, where tiers share the occurrence; absent: the occurrence itself. */
  readonly member?: {
    readonly condition: ConditionId;
    readonly priority: Priority;
    readonly values: AlarmValues;
  };
  readonly occurrence: Occurrence;
  /** Only with `ended`: what ended it. */
  readonly reason?: "recovered" | "answered" | "watch_ended" | "settings";
  /** Only with `ended`: the occurrence itself is over, not one member of it. */
  readonly over?: true;
  /** The person, for acknowledged, for all_right and for ended by a person. */
  readonly by?: Actor;
}

/** Whether absence counts now, and why (design, section 3: on watch). */
export interface WatchState {
  readonly on: boolean;
  readonly reason:
    | "class_c"
    | "schedule"
    | "person"
    | "therapy"
    | "off"
    | "ended"
    /** In hospital or on a visit until `until`; nothing sounds. */
    | "hospital"
    | "visit"
    /** The watch has ended for good: transfer or death. Nothing sounds; `until` is how long it can be undone. */
    | "transfer"
    | "death";
  readonly since: Wall;
  readonly by?: Actor;
  readonly until?: Wall;
  /** The watch has been left and signals have come back: does a person start it again? */
  readonly asks?: true;
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
  /** Every open occurrence is a member of exactly one card; most urgent first, a physiological one before others. */
  readonly cards: readonly Card[];
  /** Ended and not yet seen, newest first; at most 32. */
  readonly past: readonly PastOccurrence[];
  readonly pauses: readonly Pause[];
  readonly care?: CareNow;
  /** How often which care is due; absent: nobody has set a plan. */
  readonly carePlan?: CarePlan;
  readonly limits: LimitsState;
}

/** Of an answer that does not come straight from a page of the box itself. */
export interface AnswerGiven {
  /** So long ago the person gave it, ms, where it was held up on its way. Absent: now. */
  readonly agoMs?: number;
  /** What the person had been shown (`worsenedBy`): of anything worse it is no answer. Absent: not known, and not judged. */
  readonly worsened?: number;
}

/** Asked of the engine by people and by the edge itself; `id` makes repeats harmless. */
export type AlarmCommand =
  | ({
      readonly kind: "acknowledge";
      readonly id: string;
      readonly occurrence: OccurrenceId;
      readonly by: Actor;
      readonly place: AcknowledgePlace;
      /** Every open alarm of its card at once: what one tap on a card means. */
      readonly card?: true;
    } & AnswerGiven)
  /** Silence for one condition at one priority and below; longer than its cap is refused. */
  | {
      readonly kind: "pause";
      readonly id: string;
      readonly condition: ConditionId;
      readonly priority: Priority;
      readonly forMs: number;
      readonly by: Actor;
    }
  | { readonly kind: "resume"; readonly id: string; readonly condition: ConditionId; readonly by: Actor }
  /** A care act begins; it ends by itself, or with `care_done`. */
  | { readonly kind: "care"; readonly id: string; readonly act: CareAct; readonly by: Actor }
  | { readonly kind: "care_done"; readonly id: string; readonly by: Actor }
  /** Somebody has looked at an alarm that is over. */
  | { readonly kind: "seen"; readonly id: string; readonly occurrence: OccurrenceId; readonly by: Actor }
  /** Away with an end: nothing sounds until then, or until a person starts the watch. */
  | {
      readonly kind: "leave";
      readonly id: string;
      readonly reason: "hospital" | "visit";
      readonly until: Wall;
      readonly by: Actor;
    }
  /** The watch ends for good; `undo_finish` takes it back within 24 h. */
  | {
      readonly kind: "finish";
      readonly id: string;
      readonly reason: "transfer" | "death";
      readonly by: Actor;
    }
  | { readonly kind: "undo_finish"; readonly id: string; readonly by: Actor }
  /** New limits for this person: a limits file's content, over the presets of the class. */
  | {
      readonly kind: "limits";
      readonly id: string;
      readonly version: number;
      readonly limits: unknown;
      readonly reason: string;
      /** Where something is widened: from then on `afterwards` counts (absent: the presets). */
      readonly expiresAt?: Wall;
      readonly afterwards?: unknown;
      readonly by: Actor;
    }
  /** The person's usual ventilator numbers: medians of valid nights. */
  | {
      readonly kind: "baselines";
      readonly id: string;
      readonly baselines: Baselines;
    }
  /** How often what is due at the bed; an act that is not named is not asked for. */
  | { readonly kind: "care_plan"; readonly id: string; readonly plan: CarePlan; readonly by: Actor }
  | { readonly kind: "start_watch"; readonly id: string; readonly by: Actor }
  | { readonly kind: "end_watch"; readonly id: string; readonly by: Actor }
  /** `device`: the switch that it came from; its mark (law 7) is the call's. */
  | { readonly kind: "call"; readonly id: string; readonly call: PatientCall; readonly device?: DeviceId }
  /** A caregiver is with the patient: answers a call. */
  | ({
      readonly kind: "with_patient";
      readonly id: string;
      readonly occurrence: OccurrenceId;
      readonly by: Actor;
    } & AnswerGiven)
  /**
   * The patient says "I am all right" of this alarm and of every one that was open before it: no sound, no send, no
   * priority and no end depends on it.
   */
  | {
      readonly kind: "all_right";
      readonly id: string;
      readonly occurrence: OccurrenceId;
      readonly by: Actor;
    }
  | { readonly kind: "drill"; readonly id: string; readonly forMs: number; readonly by: Actor }
  /** The edge's own self-monitor: raises or clears a technical condition about itself. */
  | {
      readonly kind: "self_fault";
      readonly id: string;
      /** A box cannot say of itself that it is gone: that one only a hub raises, in an engine of its own. */
      readonly condition: SelfFault | "EDGE_OFFLINE";
      /** Of several at once (a phone): which. */
      readonly about?: string;
      readonly active: boolean;
      readonly detail: string;
    };

/** What the box and the watch report of themselves; the engine only makes alarms of it. */
export const SELF_FAULTS = [
  "DB_WRITE_FAIL",
  "RULE_ERROR",
  "STORAGE_FULL",
  "JOURNAL_DAMAGED",
  "STATE_DAMAGED",
  "KEY_MISSING",
  "BOX_PUT_OUT",
  "CERTIFICATE_ENDING",
  "CERTIFICATE_EXPIRED",
  "NET_DOWN",
  "PHONE_UNREACHABLE",
  "NOBODY_ON_CALL",
  "ESCALATION_EXHAUSTED",
  "TEST_OVERDUE",
] as const satisfies readonly ConditionId[];

export type SelfFault = (typeof SELF_FAULTS)[number];

/** The person's median over valid nights, for signals that vary little within one person (clinical facts, 0.9). */
export type Baselines = {
  readonly [id in "minute_volume" | "tidal_volume_exp" | "resp_rate" | "leak" | "pulse_rate"]?: {
    readonly median: number;
    readonly nights: number;
  };
};

/** Minutes between acts; 30 to 1440. What is not named is not asked for. */
export type CarePlan = { readonly [act in CareAct]?: number };
