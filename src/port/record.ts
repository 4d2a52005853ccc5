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
  readonly recovered: { readonly entries: readonly Entry[]; readonly damaged: boolean };
  /**
   * Resolves when the entry would survive a power cut; entries appended meanwhile share one sync. Rejects with
   * DISK_FAILED, or DISK_DEADLINE after 500 ms (the entry may still arrive later; order is kept).
   */
  append(entry: Entry): Promise<void>;
  close(): Promise<void>;
}

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
