import type { Actor, ConditionId } from "./alarm.ts";
import type { BedId } from "./ids.ts";
import type { Role } from "./person.ts";
import type { Wall } from "./time.ts";

/** Presets beside those of the dependency classes. */
export const PRESET_IDS = ["chronic_low"] as const;

export type PresetId = (typeof PRESET_IDS)[number];

/** What a person names of one condition: `on`, and any of its settings. */
export type ConditionFile = { readonly [name: string]: number | boolean };

/** A limits file: what is not named keeps the preset of the dependency class. Names and values are not checked. */
export type LimitsFile = { readonly [id in ConditionId]?: ConditionFile };

/** One number, or `on`, of one condition. */
export interface SettingName {
  readonly condition: ConditionId;
  /** `on`, or the name of a setting. */
  readonly setting: string;
}

export interface SettingChange extends SettingName {
  readonly from: number | boolean;
  readonly to: number | boolean;
}

/** A setting that was widened for a time. */
export interface Temporary extends SettingName {
  readonly until: Wall;
}

/** How a version came about. */
export type LimitsOrigin =
  | { readonly kind: "person" }
  /** The limits of an earlier version again. */
  | { readonly kind: "restore"; readonly version: number }
  /** A clinic's signed code. */
  | {
      readonly kind: "code";
      readonly clinic: string;
      readonly key: string;
      readonly name: string;
      readonly issue: number;
    }
  /** Something that was widened for a time went back by itself. */
  | { readonly kind: "expiry"; readonly version: number };

/** One version of a bed's limits; never changed once written. Versions count from 1; 0 is the presets. */
export interface LimitsVersion {
  readonly bed: BedId;
  readonly version: number;
  readonly at: Wall;
  readonly by: Actor;
  /** The author's role at that time. */
  readonly role: Role;
  readonly reason: string;
  /** The version that was in force before. */
  readonly previous: number;
  readonly origin: LimitsOrigin;
  readonly file: LimitsFile;
  /** What of `file` is widened for a time only; empty where all of it counts until it is changed. */
  readonly temporary: readonly Temporary[];
  /** What counts once everything temporary has ended; the same as `file` where nothing is temporary. */
  readonly afterwards: LimitsFile;
}

/** A clinic whose codes are taken here, since a person compared the fingerprint. */
export interface TrustedClinic {
  /** Ed25519 public key, base64url. */
  readonly key: string;
  readonly name: string;
  readonly trustedAt: Wall;
  readonly by: Actor;
}
