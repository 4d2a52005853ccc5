import { Fault, messageOf } from "../domain/fault.ts";
import type { HomeId } from "../domain/ids.ts";
import type { Mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Batch, Timeseries } from "../port/timeseries.ts";

/** One message on its way into the store, with what it brings; with nothing it is only to be settled. */
export interface Arrival {
  /** The same for every repeat of a message. */
  readonly key: string;
  readonly home: HomeId;
  readonly at: Mono;
  /** Length of the message as it came: what it costs to keep it waiting. */
  readonly chars: number;
  readonly data: Partial<Batch>;
  /** Called once it is safe, or can never be stored. */
  settle(): void;
}

/** The line before the store: one commit at a time, in order, tried again until the store takes it. */
export interface Commits {
  /** False when too many wait already, in all or of its home. */
  add(arrival: Arrival): boolean;
  /** Whether one more of a home would be taken: asked before it is read, which is what costs. */
  hasRoom(home: HomeId, chars: number): boolean;
  waitsFor(key: string): boolean;
  /** Commits what waits now, as far as the store takes it. */
  flush(): Promise<void>;
  stop(): void;
  readonly waiting: number;
  waitingOf(home: HomeId): number;
  readonly oldestAt: Mono | undefined;
  /** Why the store refused the last commit. */
  readonly trouble: string | undefined;
  /** Arrivals that the store will never take. */
  readonly refused: number;
}

const COMMIT_MS = 1_000;
const COMMIT_AT_ONCE = 500;
const BATCH_CHARS_MAX = 4 << 20;
const RETRY_MS_MAX = 10_000;

/** How much may wait: whoever may write to the broker must not fill this machine's memory, nor one home the line. */
export interface CommitBounds {
  readonly messages: number;
  readonly chars: number;
  readonly homeMessages: number;
  readonly homeChars: number;
  /** Messages of one commit. */
  readonly batch: number;
}

/** A thousand times what a bed sends in a second. */
export const ONE_HOME: CommitBounds = {
  ...{ messages: 20_000, chars: 32 << 20, batch: 2_000 },
  ...{ homeMessages: 20_000, homeChars: 32 << 20 },
};

/** Ten seconds of 16,000 homes; of one home what an edge that catches up sends ahead of the marks (lanes.ts). */
export const MANY_HOMES: CommitBounds = {
  ...{ messages: 200_000, chars: 256 << 20, batch: 10_000 },
  ...{ homeMessages: 4_000, homeChars: 8 << 20 },
};

/** `onCommitted` is called after the arrivals of a commit were settled. */
export function createCommits(options: {
  readonly timeseries: Timeseries;
  readonly clock: Clock;
  readonly log: Log;
  readonly bounds: CommitBounds;
  readonly onCommitted: () => void;
}): Commits {
  const { timeseries, clock, log, bounds, onCommitted } = options;
  const line: Arrival[] = [];
  const keys = new Set<string>();
  const homes = new Map<HomeId, { messages: number; chars: number }>();
  let running: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;
  let failures = 0;
  let trouble: string | undefined;
  let refused = 0;
  let waitingChars = 0;
  let stopped = false;

  const schedule = (ms: number): void => {
    if (stopped || running !== undefined) return;
    if (line.length >= COMMIT_AT_ONCE && failures === 0) return start();
    cancelTimer ??= clock.after(ms, start);
  };

  function start(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    if (line.length > 0) running ??= run();
  }

  const run = async (): Promise<void> => {
    try {
      while (line.length > 0) {
        const arrivals = firstOf(line, bounds.batch);
        await store(arrivals);
        take(arrivals);
        failures = 0;
        trouble = undefined;
      }
    } catch (error) {
      if (trouble === undefined)
        log.note("ingest.store_failed", { code: codeOf(error), detail: messageOf(error) }, "error");
      trouble = messageOf(error);
      failures++;
    }
    running = undefined;
    if (line.length > 0) schedule(Math.min(RETRY_MS_MAX, COMMIT_MS * 2 ** Math.min(failures, 10)));
  };

  const take = (arrivals: readonly Arrival[]): void => {
    line.splice(0, arrivals.length);
    for (const arrival of arrivals) {
      keys.delete(arrival.key);
      waitingChars -= arrival.chars;
      leave(arrival);
      arrival.settle();
    }
    onCommitted();
  };

  const leave = ({ home, chars }: Arrival): void => {
    const held = homes.get(home);
    if (held === undefined) return;
    held.messages -= 1;
    held.chars -= chars;
    if (held.messages === 0) homes.delete(home);
  };

  const hasRoom = (home: HomeId, chars: number): boolean => {
    if (line.length >= bounds.messages || waitingChars + chars > bounds.chars) return false;
    const held = homes.get(home);
    return (
      held === undefined || (held.messages < bounds.homeMessages && held.chars + chars <= bounds.homeChars)
    );
  };

  /** A batch that the store will never take is taken apart, so that one bad message does not hold up the rest. */
  const store = async (arrivals: readonly Arrival[]): Promise<void> => {
    const batch = join(arrivals.map(({ data }) => data));
    if (isEmpty(batch)) return;
    try {
      await timeseries.write(batch);
    } catch (error) {
      if (!(error instanceof Fault && error.permanent)) throw error;
      const [only, second] = arrivals;
      if (only !== undefined && second === undefined) return refuse(only, error);
      const half = Math.ceil(arrivals.length / 2);
      await store(arrivals.slice(0, half));
      await store(arrivals.slice(half));
    }
  };

  const refuse = (arrival: Arrival, error: Fault): void => {
    refused++;
    log.note("ingest.refused", { code: error.code, key: arrival.key, detail: error.message }, "error");
  };

  return {
    add(arrival) {
      const { home, chars } = arrival;
      if (!hasRoom(home, chars)) return false;
      line.push(arrival);
      const held = homes.get(home) ?? { messages: 0, chars: 0 };
      homes.set(home, held);
      held.messages += 1;
      held.chars += chars;
      waitingChars += chars;
      keys.add(arrival.key);
      schedule(COMMIT_MS);
      return true;
    },
    hasRoom,
    waitsFor: (key) => keys.has(key),
    waitingOf: (home) => homes.get(home)?.messages ?? 0,
    async flush() {
      await running;
      start();
      await running;
    },
    stop() {
      stopped = true;
      cancelTimer?.();
      cancelTimer = undefined;
    },
    get waiting() {
      return line.length;
    },
    get oldestAt() {
      return line[0]?.at;
    },
    get trouble() {
      return trouble;
    },
    get refused() {
      return refused;
    },
  };
}

/** As many as one commit takes, one at least. */
function firstOf(line: readonly Arrival[], max: number): readonly Arrival[] {
  let chars = 0;
  const end = line.findIndex((arrival, index) => {
    chars += arrival.chars;
    return index > 0 && (index >= max || chars > BATCH_CHARS_MAX);
  });
  return line.slice(0, end === -1 ? line.length : end);
}

function join(parts: readonly Partial<Batch>[]): Batch {
  return {
    rows: parts.flatMap(({ rows = [] }) => rows),
    waves: parts.flatMap(({ waves = [] }) => waves),
    settings: parts.flatMap(({ settings = [] }) => settings),
    events: parts.flatMap(({ events = [] }) => events),
  };
}

const isEmpty = ({ rows, waves, settings, events }: Batch): boolean =>
  rows.length + waves.length + settings.length + events.length === 0;

const codeOf = (error: unknown): string => (error instanceof Fault ? error.code : "STORE_FAILED");
