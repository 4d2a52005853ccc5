/** How busy the program is. */
export interface ProcessLoad {
  /** Time by which the event loop came late, seconds, since it was last asked; absent: not measured. */
  readonly loopDelay?: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Used so far, seconds. */
  readonly cpuSeconds: number;
  /** Resident, and what JavaScript objects take of it; bytes. */
  readonly memoryBytes: number;
  readonly heapBytes: number;
}

/** The way from a box to its hub, all its beds together. */
export interface UplinkCounts {
  readonly connected: boolean;
  /** Items that wait in the spool until the hub has stored them. */
  readonly held: number;
  /** Given up for want of room, and sent again; since the start. */
  readonly dropped: number;
  readonly resent: number;
}

/** The hub's end of it, all homes together. */
export interface IngestCounts {
  /** Messages since the start: settled, heard before, never to be taken, turned away for want of room. */
  readonly stored: number;
  readonly repeats: number;
  readonly rejected: number;
  readonly turnedAway: number;
  /** Taken in and not yet stored, and since when the oldest is; absent: none waits. */
  readonly waiting: number;
  readonly waitingMs?: number;
}

/** What a root knows for GET /metrics beside what the pages know themselves; what is absent is left out. */
export interface Metrics {
  /** At least 16 characters: with it a program may ask without a sign-in. Asked each time: it may change meanwhile. */
  readonly token?: () => string | undefined;
  readonly load?: () => ProcessLoad;
  readonly uplink?: () => UplinkCounts;
  readonly ingest?: () => IngestCounts;
}
