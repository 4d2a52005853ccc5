import { Fault, messageOf } from "../domain/fault.ts";
import { HOUR_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { Spool } from "../port/record.ts";
import { withinDeadline } from "./deadline.ts";
import { LANES, laneOf, type PlacedItem, streamOf } from "./segment.ts";
import { createShelf, type Shelf } from "./shelf.ts";

export interface SpoolOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** In the data folder; holds nothing but this spool. */
  readonly folder: string;
  /** On disk; default 512 MiB, more than 72 h of one bed with waves. */
  readonly bytesMax?: number;
  /** Default 72 h. */
  readonly ageMsMax?: number;
  /** A file grows to this; default 1 MiB. */
  readonly segmentBytes?: number;
  /** What may wait in memory for a disk that does not answer, in characters; default 8 Mi. */
  readonly memoryMax?: number;
}

const FLUSH_MS = 1_000;
const CLOSE_MS = 2_000;
const ITEM_CHARS_MAX = 1 << 18;

/**
 * Opens the spool of one bed: everything that earlier runs left unreleased is there again, in its order. What is
 * shed, waves first, is counted in `dropped` and noted in the log. A failing disk leaves the newest items in
 * memory, up to the bound, and is tried again every second; on a nearly full one only waves stay in memory.
 * Rejects with DISK_FAILED when the folder cannot be read.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const shelf = createShelf({
    disk: options.disk,
    clock: options.clock,
    random: options.random,
    log: options.log,
    folder: options.folder,
    bytesMax: options.bytesMax ?? 512 << 20,
    ageMsMax: options.ageMsMax ?? 72 * HOUR_MS,
    segmentBytes: options.segmentBytes ?? 1 << 20,
  });
  const nextPosition = await shelf.recover();
  return createSpool(options, shelf, nextPosition);
}

function createSpool(options: SpoolOptions, shelf: Shelf, nextPosition: number): Spool {
  const { clock, log } = options;
  /** Newest released sequence number of each stream that anything is held of. */
  const marks = new Map<string, number>();
  const waiting = createWaiting(options.memoryMax ?? 8 << 20, (items) => {
    log.note("spool.shed", { lane: "memory", items, why: "disk does not answer" }, "warn");
  });
  let position = nextPosition;
  let writing: readonly PlacedItem[] = [];
  let refused = 0;
  let cancelTimer: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let closed = false;
  let failing = false;

  const isHeld = (item: PlacedItem): boolean => item.seq > (marks.get(streamOf(item)) ?? -1);

  const schedule = (): void => {
    if (closed || cancelTimer !== undefined) return;
    cancelTimer = clock.after(FLUSH_MS, () => {
      cancelTimer = undefined;
      run().catch(schedule);
    });
  };

  /** Writes what waits, one lane after the other; what could not be written waits again. */
  const write = async (): Promise<void> => {
    writing = waiting.takeAll().filter(isHeld);
    let failure: Fault | undefined;
    const kept: PlacedItem[] = [];
    for (const lane of LANES) {
      const items = writing.filter((item) => laneOf(item) === lane);
      try {
        if (lane === "waves" && items.length > 0 && (await shelf.isNearlyFull())) kept.push(...items);
        else await shelf.write(lane, items);
      } catch (error) {
        failure ??= asFault(error, options.folder);
        kept.push(...items);
      }
      writing = writing.filter((item) => laneOf(item) !== lane);
    }
    waiting.putBack(kept.filter(isHeld).toSorted((a, b) => a.position - b.position));
    // Marks that came while items were on their way did not find them in the index.
    for (const [stream, seq] of marks) shelf.release(stream, seq);
    await report(failure);
    await shelf.tidy();
    forgetMarks();
    if (failure !== undefined) throw failure;
    if (waiting.items.length > 0) schedule();
  };

  const report = async (failure: Fault | undefined): Promise<void> => {
    const isNew = failing !== (failure !== undefined);
    failing = failure !== undefined;
    if (failing) {
      if (isNew) log.note("spool.failed", { code: failure?.code, detail: failure?.message }, "error");
      await shelf.makeRoom().catch((error: unknown) => {
        log.note("spool.no_room", { detail: messageOf(error) }, "warn");
      });
    } else if (isNew) log.note("spool.recovered");
  };

  const forgetMarks = (): void => {
    const streams = new Set(waiting.items.map(streamOf));
    for (const stream of marks.keys()) {
      if (!streams.has(stream) && !shelf.holds(stream)) marks.delete(stream);
    }
  };

  const start = (): Promise<void> => {
    running = write().finally(() => {
      running = undefined;
    });
    return running;
  };

  /** One write at a time; everybody who asks meanwhile shares the next one. */
  const run = (): Promise<void> => {
    if (running === undefined && next === undefined) return start();
    next ??= (running ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };

  return {
    add(item) {
      if (closed) return;
      if (item.payload.length > ITEM_CHARS_MAX) {
        refused++;
        log.note("spool.refused", { kind: item.kind, chars: item.payload.length }, "warn");
        return;
      }
      waiting.add({ ...item, position: position++ });
      schedule();
    },
    async read(fromPosition, limit) {
      // Memory first: what is written to disk meanwhile is then found twice, never not at all.
      const inMemory = [...writing, ...waiting.items];
      const onDisk = await shelf.read(fromPosition, limit, isHeld);
      const found = new Map<number, PlacedItem>();
      for (const item of [...onDisk, ...inMemory]) {
        if (item.position >= fromPosition && isHeld(item)) found.set(item.position, item);
      }
      return [...found.values()].toSorted((a, b) => a.position - b.position).slice(0, limit);
    },
    release(device, epoch, seq) {
      const stream = streamOf({ device, epoch });
      if (seq <= (marks.get(stream) ?? -1)) return;
      const inMemory = [...writing, ...waiting.items].some((item) => streamOf(item) === stream);
      if (!inMemory && !shelf.holds(stream)) return;
      marks.set(stream, seq);
      shelf.release(stream, seq);
      waiting.keep(isHeld);
      schedule();
    },
    get size() {
      return shelf.held + writing.filter(isHeld).length + waiting.items.length;
    },
    get dropped() {
      return shelf.dropped + waiting.shed + refused;
    },
    flush: run,
    async close() {
      closed = true;
      cancelTimer?.();
      const ending = async (): Promise<void> => {
        try {
          await run();
        } finally {
          await shelf.close();
        }
      };
      await withinDeadline(clock, CLOSE_MS, `Closing ${options.folder}`, ending());
    },
  };
}

function asFault(error: unknown, folder: string): Fault {
  if (error instanceof Fault) return error;
  return new Fault("DISK_FAILED", `${folder} could not be written: ${messageOf(error)}`, { cause: error });
}

/** Items that no disk has yet, oldest first, bounded by the characters of their payloads. */
interface Waiting {
  readonly items: readonly PlacedItem[];
  /** Dropped because the bound was reached. */
  readonly shed: number;
  add(item: PlacedItem): void;
  takeAll(): readonly PlacedItem[];
  /** Older items come back before the newer ones. */
  putBack(items: readonly PlacedItem[]): void;
  keep(isHeld: (item: PlacedItem) => boolean): void;
}

function createWaiting(max: number, onShed: (items: number) => void): Waiting {
  let items: PlacedItem[] = [];
  let chars = 0;
  let shed = 0;

  const set = (next: PlacedItem[]): void => {
    items = next;
    chars = next.reduce((sum, item) => sum + item.payload.length, 0);
  };

  /** Waves first, then the oldest numbers; down to three quarters, so that it is not done again at once. */
  const bound = (): void => {
    if (chars <= max) return;
    const before = items.length;
    const numbers = items.filter((item) => laneOf(item) === "numbers");
    if (numbers.length > 0) set(numbers);
    let oldest = 0;
    let left = chars;
    while (left > max * 0.75) left -= items[oldest++]?.payload.length ?? left;
    set(items.slice(oldest));
    shed += before - items.length;
    onShed(before - items.length);
  };

  return {
    get items() {
      return items;
    },
    get shed() {
      return shed;
    },
    add(item) {
      items.push(item);
      chars += item.payload.length;
      bound();
    },
    takeAll() {
      const all = items;
      set([]);
      return all;
    },
    putBack(older) {
      set([...older, ...items]);
      bound();
    },
    keep(isHeld) {
      set(items.filter(isHeld));
    },
  };
}
