import type { Actor, ConditionId, Priority, WatchState } from "./alarm.ts";
import type { BedId, OccurrenceId, PersonId } from "./ids.ts";
import type { Night, Wall } from "./time.ts";

/** What no alarm event tells of a night, written down as it happens. */
export type NightEntry =
  | {
      readonly kind: "watch";
      readonly bed: BedId;
      readonly at: Wall;
      readonly on: boolean;
      readonly reason: WatchState["reason"];
    }
  /** A provider took a message about an alarm for somebody's phone; no drill, and no quiet message. */
  | {
      readonly kind: "called";
      readonly bed: BedId;
      readonly at: Wall;
      readonly occurrence: OccurrenceId;
      readonly person: PersonId;
      /** What it was about, where a hub called: its own alarms are in no store, and those of a box may be on their way. */
      readonly condition?: ConditionId;
    };

/** Half-open. */
export interface Span {
  readonly from: Wall;
  readonly to: Wall;
}

/** One alarm of a night from raise to end; `endedAt` absent: it is still open. */
export interface AlarmOfNight {
  readonly id: OccurrenceId;
  /** The worst tier that it reached. */
  readonly condition: ConditionId;
  readonly priority: Priority;
  readonly at: Wall;
  readonly endedAt?: Wall;
  /** The first answer of a person; absent: nobody answered. */
  readonly answeredBy?: string;
  readonly answeredAt?: Wall;
}

/** A person's phone was called: every call that follows another within 10 min belongs to the same waking. */
export interface Waking {
  readonly at: Wall;
  readonly calls: number;
  /** What it was about, each once; empty where the alarm is not known any more. */
  readonly conditions: readonly ConditionId[];
}

/** What one person was called for. */
export interface PersonNight {
  readonly person: PersonId;
  readonly name: string;
  readonly wakings: readonly Waking[];
}

/** Something that the machine could not see, by the alarm that said so. */
export interface Blind {
  readonly condition: ConditionId;
  readonly count: number;
  readonly seconds: number;
}

/** Why a night is not called good. */
export const NIGHT_TROUBLES = [
  "not_over",
  "not_watched",
  "watched_little",
  "high_alarm",
  "unknown_call",
  "data_loss",
] as const;
export type NightTrouble = (typeof NIGHT_TROUBLES)[number];

/** A night in a few facts; words are made of them by fixed rules. */
export interface MorningSummary {
  readonly night: Night;
  /** IANA zone. */
  readonly zone: string;
  /** First begin and last end of the watch in this night, as far as it has come; equal: there was no watch. */
  readonly from: Wall;
  readonly to: Wall;
  /** The watch still runs. */
  readonly isRunning: boolean;
  /** Nothing at the bed is real. */
  readonly simulated: boolean;
  readonly watched: {
    /** On watch. */
    readonly seconds: number;
    /** Of them those in which a measurement of the person was there. */
    readonly seen: number;
    /** Pieces of the watch without one, longer than 5 min, at most 50. */
    readonly gaps: readonly Span[];
    /** Share seen of each part of the night from `from` on, 0 to 1; null: not on watch. */
    readonly parts: readonly (number | null)[];
    readonly partMs: number;
  };
  /** In order of their begin, at most 200; of no drill. */
  readonly alarms: readonly AlarmOfNight[];
  readonly counts: { readonly [priority in Priority]: number };
  /** Of the alarms of medium and high priority: how fast somebody answered, seconds; absent: nobody answered any. */
  readonly answered: { readonly count: number; readonly medianS?: number; readonly slowestS?: number };
  /** Whom alarms called; those who were not called too. Absent: not kept here. */
  readonly people?: readonly PersonNight[];
  readonly blind: readonly Blind[];
  /** Empty: a good night. */
  readonly troubles: readonly NightTrouble[];
}

/** One bounded change of a limit, tried on the last nights; nobody has made it. */
export interface LimitOffer {
  readonly id: string;
  readonly bed: BedId;
  readonly night: Night;
  readonly condition: ConditionId;
  readonly setting: string;
  readonly from: number;
  readonly to: number;
  readonly unit: string;
  /** Version of the limits that it was made from: with others it counts no more. */
  readonly version: number;
  /** Wakings by this alarm in that night. */
  readonly wakings: number;
  /** How often the alarm came in the nights that were tried, and would have come. */
  readonly nights: number;
  readonly before: number;
  readonly after: number;
  /** No fall of SpO2 below this is lost by it, %. */
  readonly criticalLimit: number;
  readonly madeAt: Wall;
  readonly expiresAt: Wall;
  /** What somebody at home said to it. */
  readonly answer?: { readonly what: "handed_on" | "declined"; readonly by: Actor; readonly at: Wall };
}
