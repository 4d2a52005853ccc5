import type { Actor, ConditionId } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { BedId } from "../domain/ids.ts";
import type { LimitsFile, LimitsVersion, PresetId, SettingChange, SettingName } from "../domain/limits.ts";
import type { Role } from "../domain/person.ts";
import type { ClinicPreset } from "../domain/preset-code.ts";
import type { Wall } from "../domain/time.ts";

/** One number of a condition, as people set it. */
export interface LimitsSetting {
  readonly name: string;
  readonly value: number;
  /** Of the dependency class. */
  readonly preset: number;
  readonly unit: string;
  readonly help: string;
  /** What is possible, and within it what is recommended where that is narrower. */
  readonly min: number;
  readonly max: number;
  readonly recommended?: { readonly min?: number; readonly max?: number; readonly source: string };
  /** Which way makes the alarm later, rarer or shorter. */
  readonly wider: "up" | "down" | "either";
  /** It is widened for a time; `afterwards` counts again then. */
  readonly temporary?: { readonly until: Wall; readonly afterwards: number };
}

export interface LimitsCondition {
  readonly id: ConditionId;
  readonly rule: string;
  readonly on: boolean;
  /** Whether the preset of the dependency class has it on. */
  readonly presetOn: boolean;
  readonly canBeOff: boolean;
  /** It was switched off for a time. */
  readonly offUntil?: Wall;
  readonly settings: readonly LimitsSetting[];
}

/** What counts at a bed, whole, and how it came about. */
export interface LimitsPicture {
  readonly bed: BedId;
  readonly dependencyClass: DependencyClass;
  /** 0: the presets of the class. */
  readonly version: number;
  /** What the engine at the bed has taken over; behind `version` while it is away, ahead of it after a backup was put back. */
  readonly engineVersion: number;
  /** What is named, to be changed and sent again. */
  readonly file: LimitsFile;
  readonly conditions: readonly LimitsCondition[];
  readonly presets: { readonly [id in PresetId]: LimitsFile };
  /** Newest first. */
  readonly history: readonly LimitsVersion[];
}

/** What limits would change, before anybody saves them. */
export interface LimitsPreview {
  readonly changed: readonly SettingChange[];
  /** The alarm comes later, less often, for a shorter time, or not any more. */
  readonly widened: readonly SettingChange[];
  /** Beyond what is recommended: needs a confirmation. */
  readonly outside: readonly (SettingName & {
    readonly value: number | boolean;
    readonly min?: number;
    readonly max?: number;
    readonly source: string;
  })[];
}

/** Who changes limits, on top of which version. */
export interface LimitsAuthor {
  readonly by: Actor;
  readonly role: Role;
  readonly reason: string;
  /** The version that the person saw. */
  readonly expected: number;
  readonly confirmed: boolean;
  /** Absent: the usual time of the role. */
  readonly until?: Wall | "changed";
}

export interface LimitsSaved {
  readonly version: LimitsVersion;
  /** False: kept, and the engine takes it over as soon as it can. */
  readonly delivered: boolean;
}

/** A clinic's code, verified, and what it would change. */
export interface LimitsCodePreview extends LimitsPreview {
  readonly preset: ClinicPreset;
  /** 24 digits to compare with the clinic's. */
  readonly fingerprint: string;
  /** Whether the clinic is known here; `other`: the name is, with another key. */
  readonly clinic: "known" | "unknown" | "other";
}

/** The limits of one bed, kept by the state store and brought to the engine. */
export interface LimitsDesk {
  picture(): Promise<LimitsPicture>;
  /** Rejects with LIMITS_REFUSED. */
  preview(limits: unknown): Promise<LimitsPreview>;
  /** Rejects with CONFLICT, LIMITS_REFUSED, LIMITS_UNCONFIRMED, NOT_ALLOWED. */
  set(limits: unknown, author: LimitsAuthor): Promise<LimitsSaved>;
  /** The limits of an earlier version again (0: the presets). As `set`; NOT_FOUND. */
  restore(version: number, author: LimitsAuthor): Promise<LimitsSaved>;
  /** Rejects with PRESET_CODE_BAD, PRESET_CODE_OLD, LIMITS_REFUSED. */
  previewCode(code: string): Promise<LimitsCodePreview>;
  /** As `set` and `previewCode`; PRESET_CODE_UNKNOWN where the clinic is not known and the fingerprint is not confirmed. */
  applyCode(
    code: string,
    author: Omit<LimitsAuthor, "reason" | "until"> & { readonly fingerprint?: string },
  ): Promise<LimitsSaved>;
}
