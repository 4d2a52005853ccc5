import { CONDITION_IDS } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import type { NightEntry } from "../domain/morning.ts";
import { DAY_MS, type Wall, wall } from "../domain/time.ts";
import type { Log } from "../port/log.ts";
import type { CompactableLog } from "../port/record.ts";

type WatchEntry = Extract<NightEntry, { kind: "watch" }>;

/** Its name in the data folder. */
export const NIGHTS_FILE = "nights.log";

/** Nights that are kept; the alarms themselves are in store and audit record. */
const KEPT_MS = 35 * DAY_MS;
const ENTRIES_MAX = 10_000;
/** Replaced by what is kept once so many more have come. */
const SLACK = 500;

/** What is told in the morning and no alarm event holds: when the watch ran, and whose phone was called. */
export interface NightBook {
  /** Never waits and never throws: what the disk does not take is missing in the morning, and nowhere else. */
  note(entry: NightEntry): void;
  /** Of one bed up to `to`, from the last change of the watch at or before `from` on; oldest first. */
  read(bed: BedId, from: Wall, to: Wall): readonly NightEntry[];
  close(): Promise<void>;
}

/** Reads what earlier runs wrote. */
export function createNightBook(records: CompactableLog<NightEntry>, log: Log): NightBook {
  let entries: NightEntry[] = records.recovered.entries.slice(-ENTRIES_MAX);
  /** The newest change of each bed's watch: asked for with every change of an alarm. */
  const watches = new Map<BedId, WatchEntry>();
  for (const entry of entries) if (entry.kind === "watch") watches.set(entry.bed, entry);
  let sinceRewrite = 0;
  const handOver = (writing: Promise<void>): void => {
    writing.catch((error: unknown) => log.note("nights.unwritten", { why: messageOf(error) }, "warn"));
  };
  return {
    note(entry) {
      // A restart says what the watch is once more: only a change is news.
      if (entry.kind === "watch") {
        const last = watches.get(entry.bed);
        if (last?.on === entry.on && last.reason === entry.reason) return;
        watches.set(entry.bed, entry);
      }
      entries.push(entry);
      handOver(records.append(entry));
      sinceRewrite += 1;
      if (sinceRewrite < SLACK && entries.length <= ENTRIES_MAX + SLACK) return;
      sinceRewrite = 0;
      entries = kept(entries, watches, entry.at);
      handOver(records.rewrite(entries));
    },
    read(bed, from, to) {
      const own = entries.filter((entry) => entry.bed === bed && entry.at < to);
      const before = own.findLastIndex(({ kind, at }) => kind === "watch" && at <= from);
      return own.filter(({ at }, index) => at >= from || index === before);
    },
    close: () => records.close(),
  };
}

/** What is young enough, and the newest change of each bed's watch, however old. */
function kept(
  entries: readonly NightEntry[],
  watches: ReadonlyMap<BedId, WatchEntry>,
  now: Wall,
): NightEntry[] {
  const young = entries.filter((entry) => now - entry.at < KEPT_MS || watches.get(entry.bed) === entry);
  return young.slice(-ENTRIES_MAX);
}

/** Reads a stored entry; undefined when it is none. */
export function decodeNightEntry(value: unknown): NightEntry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, bed, at, on, reason, occurrence, person, condition }: { readonly [name: string]: unknown } = {
    ...value,
  };
  if (typeof bed !== "string" || typeof at !== "number" || !Number.isFinite(at)) return undefined;
  if (kind === "watch") {
    const why = REASONS.find((one) => one === reason);
    return typeof on === "boolean" && why !== undefined
      ? { kind, bed, at: wall(at), on, reason: why }
      : undefined;
  }
  const isCall = kind === "called" && typeof occurrence === "string" && typeof person === "string";
  if (!isCall) return undefined;
  const about = CONDITION_IDS.find((one) => one === condition);
  return {
    kind,
    bed,
    at: wall(at),
    occurrence,
    person,
    ...(about === undefined ? {} : { condition: about }),
  };
}

const REASONS: readonly WatchEntry["reason"][] = [
  "class_c",
  "schedule",
  "person",
  "therapy",
  "off",
  "ended",
  "hospital",
  "visit",
  "transfer",
  "death",
];
