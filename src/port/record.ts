import type { AlarmCommand, AlarmEvent, WatchState } from "../domain/alarm.ts";
import type { Wall } from "../domain/time.ts";

/**
 * Append-only records of the edge. Implemented in src/record over the disk port; handed on by the roots, so that
 * alarm and bus never import it. A record is a JSON value; unknown fields are ignored by readers.
 */
export interface RecordLog<Entry> {
  /** 10 base32 characters made with the file; part of occurrence ids. */
  readonly id: string;
  /**
   * Everything readable from earlier runs, oldest first. A torn tail was dropped; damage in the middle is
   * reported here and as a RECORD_CORRUPT note, and what is readable is kept.
   */
  readonly recovered: {
    readonly entries: readonly Entry[];
    readonly damaged: boolean;
    readonly found: RecordsFound;
  };
  /**
   * Resolves when the entry would survive a power cut; entries appended meanwhile share one sync. Rejects with
   * DISK_FAILED, or DISK_DEADLINE after 500 ms (the entry may still arrive later; order is kept).
   */
  append(entry: Entry): Promise<void>;
  close(): Promise<void>;
}

/** What lay on disk: no file; a file in which nothing can be read; the whole beginning of one; entries. */
export type RecordsFound = "no_file" | "nothing" | "header" | "entries";

/** A log whose owner can replace everything in it by a shorter equivalent, so that it does not grow for ever. */
export interface CompactableLog<Entry> extends RecordLog<Entry> {
  /** Length on disk with everything that still waits to be written; the owner decides from it when to compact. */
  readonly bytes: number;
  /**
   * Puts these entries in the place of everything appended before this call, atomically; later appends follow
   * them, the id stays. Rejects with DISK_FAILED or DISK_DEADLINE: then either contents may be in place, whole.
   */
  rewrite(entries: readonly Entry[]): Promise<void>;
}

/** Store-and-forward of observations: bounded (72 h by default), oldest released below the high-water mark. */
export interface Spool {
  /** Adds one message; kept in memory at once, on disk with the next sync (at most 1 s later). */
  add(item: SpoolItem): void;
  /** Items not yet released, oldest first, from a position; at most `limit`. */
  read(fromPosition: number, limit: number): Promise<readonly (SpoolItem & { readonly position: number })[]>;
  /** Lets go of everything of (device, epoch) with seq <= the mark. */
  release(device: string, epoch: string, seq: number): void;
  /** Messages held now, for `check`, pages and tests. */
  readonly size: number;
  /** Dropped because the bound was reached: waves first, then the oldest numerics. Never silent. */
  readonly dropped: number;
  /** Resolves when everything added so far is on disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface SpoolItem {
  readonly device: string;
  readonly epoch: string;
  readonly seq: number;
  /** Decides what is shed first. */
  readonly kind: string;
  readonly topic: string;
  readonly payload: string;
}

/** What the audit record says of one moment; the chain adds `n`, `previous` and `hash`. */
export type AuditEntry = {
  readonly at: Wall;
  /** Whether the box's clock was known to be right. */
  readonly trusted: boolean;
} & (
  | ({ readonly kind: "event"; readonly event: AlarmEvent } & InForce)
  /** Accepted; a command that changed nothing is not here. */
  | ({ readonly kind: "command"; readonly command: AlarmCommand } & InForce)
  | ({ readonly kind: "watch"; readonly watch: WatchState } & InForce)
  /** The watch was started with this journal; what of the records was damaged then, in words. */
  | { readonly kind: "started"; readonly journal: string; readonly damage: readonly string[] }
  | { readonly kind: "stopped" }
  /** The end of the file was a write that a power cut had left half done; it had not counted, and was cut off. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** The chain is broken before here: what is wrong, and where. */
  | { readonly kind: "damaged"; readonly where: string; readonly why: string }
  /** So many records could not be kept: the disk did not take them for too long. */
  | { readonly kind: "lost"; readonly records: number }
  /** Everything up to this number has been let go, and why. */
  | { readonly kind: "let_go"; readonly through: number; readonly why: "age" | "size" }
);

/** What held when it happened. */
interface InForce {
  /** Of the limits; 0: the presets of the dependency class. */
  readonly limits: number;
  /** Of the alarm fold, after it. */
  readonly revision: number;
}

/** One link of the chain. */
export type AuditRecord = AuditEntry & {
  /** Counts from 1, without a hole. */
  readonly n: number;
  /** Hash of the record before, 64 hex digits; zeros before the first one ever. */
  readonly previous: string;
  /** SHA-256 of this record's text without `hash`; the text holds `previous`. */
  readonly hash: string;
};

/** The chain does not hold here. */
export interface AuditBreak {
  /** File and line: `audit-b1/000001-2026-11.jsonl:17`. */
  readonly where: string;
  /** In plain words. */
  readonly why: string;
  /** A later record says so itself. */
  readonly recorded: boolean;
}

/** What a walk along the whole chain found. */
export interface AuditVerdict {
  /** Links that hold, in all. */
  readonly records: number;
  /** The first record that is kept. */
  readonly first?: Pick<AuditRecord, "n" | "at">;
  /** Up to where the chain is whole from the first record on. */
  readonly whole?: Pick<AuditRecord, "n" | "at" | "hash">;
  /** In order; the first 100 of them. */
  readonly breaks: readonly AuditBreak[];
  /** Bytes of an unfinished line at the very end: being written now, or left by a power cut. Not a break. */
  readonly unfinishedBytes: number;
}

/** A record of the chain that was once seen durable, kept elsewhere: a chain without it has been cut or replaced. */
export type AuditAnchor = Pick<AuditRecord, "n" | "hash">;

/** Reads the audit record of one bed; also while another process writes it. Methods reject with DISK_FAILED. */
export interface AuditReader {
  /** Readable records with from <= at < to, as they were written. */
  read(from: Wall, to: Wall): AsyncIterable<AuditRecord>;
  /** The same as text in pieces: JSON Lines exactly as on disk, or CSV with a header. */
  text(format: AuditFormat, from: Wall, to: Wall): AsyncIterable<string>;
  /** The same text page by page, about 256 KiB each; `after`: `next` of the page before, absent for the first. */
  page(format: AuditFormat, from: Wall, to: Wall, after?: number): Promise<AuditPage>;
  /** Walks along the whole chain, which must hold the anchor; gives way between files. */
  verify(anchor?: AuditAnchor): Promise<AuditVerdict>;
}

export interface AuditPage {
  /** May be empty, although there is more. */
  readonly text: string;
  /** Where the next page begins; absent: this was the last. */
  readonly next?: number;
}

export type AuditFormat = "jsonl" | "csv";

/** The audit record of one bed: append-only, hash-chained, bounded by age. */
export interface AuditLog extends AuditReader {
  /** What the start found. */
  readonly recovered: {
    readonly newest?: AuditRecord;
    /** Of the newest record since the newest start that has one; absent where none is in the newest file. */
    readonly revision?: number;
    /** What of the end of the chain is not as it was left, in words; the rest is told by `verify`. */
    readonly damage?: string;
  };
  /**
   * Resolves when the record would survive a power cut; order is that of the calls. Rejects with DISK_FAILED, or
   * DISK_DEADLINE after 500 ms: the record stays in line and is written when the disk recovers.
   */
  append(entry: AuditEntry): Promise<void>;
  /** Resolves when nothing waits for the disk any more, however long that takes. */
  written(): Promise<void>;
  /** The newest record that would survive a power cut. */
  readonly head: AuditAnchor | undefined;
  close(): Promise<void>;
}
