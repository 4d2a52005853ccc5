import type { BedId } from "../domain/ids.ts";
import type { Wall } from "../domain/time.ts";

/** What the box looks at of itself; each has its words in every language (src/words, `health`). */
export const HEALTH_IDS = [
  "clock",
  "engine",
  "sounder",
  "phones",
  "records",
  "key",
  "state",
  "store",
  "disk",
  "bus",
  "hub",
  "settings",
  "certificate",
  "devices",
] as const;
export type HealthId = (typeof HEALTH_IDS)[number];

/** `warning`: it works, but somebody should know. `error`: a part of the watch does not work. */
export type HealthLevel = "ok" | "warning" | "error";

/** One thing that was looked at. Holds no name of a person and no measured value. */
export interface HealthFinding {
  readonly id: HealthId;
  readonly level: HealthLevel;
  /** For a technician, in English: what exactly; absent where the words of `id` and `level` say it all. */
  readonly detail?: string;
  /** The number that belongs into the words: days, percent, how many. */
  readonly count?: number;
}

/** Whether somebody is being watched at a bed: no restart then. */
export interface BedHealth {
  readonly bed: BedId;
  /** IANA name. */
  readonly zone: string;
  readonly onWatch: boolean;
  /** Alarms that are open, accepted ones included. */
  readonly open: number;
}

/** GET /api/health (technician, owner). */
export interface HealthReport {
  readonly version: string;
  readonly at: Wall;
  /** Since the program started. */
  readonly upMs: number;
  /** One of each id that applies here, in the order of HEALTH_IDS. */
  readonly findings: readonly HealthFinding[];
  readonly beds: readonly BedHealth[];
  /** Bytes that the process holds in memory. */
  readonly memoryBytes: number;
}
