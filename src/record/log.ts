import { deadline } from "../domain/deadline.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { base32Id } from "../domain/ids.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { CompactableLog, RecordsFound } from "../port/record.ts";
import { SLOW_DISK_FIX, withinDeadline } from "./deadline.ts";
import {
  encodeHeader,
  encodeRecord,
  RECORD_BYTES_MAX,
  RECORD_VERSION,
  type ScannedRecords,
  scanRecords,
} from "./frame.ts";
import { concat, createTail, type Tail } from "./tail.ts";

export interface RecordLogOptions<Entry> {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of the file, in the data folder. */
  readonly path: string;
  /** Reads one stored value; undefined refuses it, which counts as damage. */
  readonly decode: (value: unknown) => Entry | undefined;
  /** Called whenever something has become durable; must not throw. */
  readonly onStored?: () => void;
}

/** Law 4: an alarm waits this long for its journal, then goes out marked not durable. */
const DEADLINE_MS = 500;
const RETRY_MS = 1_000;
const CLOSE_MS = 2_000;
/** What may wait for a disk that does not answer: entries and bytes. */
const QUEUE_ENTRIES_MAX = 10_000;
const QUEUE_BYTES_MAX = 8 << 20;
/** What one sync covers at most. */
const BATCH_BYTES_MAX = 1 << 20;

interface Job {
  readonly kind: "entry" | "rewrite";
  readonly bytes: Uint8Array;
  /** Settles the caller's promise, once; without an argument when the bytes are safe. */
  readonly done: (failure?: Fault) => void;
}

/**
 * Opens a log, or makes one: journal and outbox. Only reads; a new file, the cutting of a torn tail and the mending
 * of damage wait for the first entry, so that a full or read-only disk hinders no watch from starting. A damaged
 * file is kept beside as `<path>.damaged`.
 *
 * An entry whose append was rejected stays in line and is written when the disk recovers, once and in its order,
 * unless more than 10,000 wait. Rejects with DISK_FAILED when the file cannot be read, and with DATA_DIR_NEWER
 * when a newer Breathwatch wrote it.
 */
export async function openRecordLog<Entry>(options: RecordLogOptions<Entry>): Promise<CompactableLog<Entry>> {
  const { disk, path, random, log } = options;
  const stored = await disk.read(path);
  const scan = scanRecords(stored ?? new Uint8Array());
  if (scan.version !== undefined && scan.version > RECORD_VERSION) throw newer(path);
  const id = scan.id ?? base32Id(random.bytes(10));
  const accepted = scan.values.filter((value) => options.decode(value) !== undefined);
  const entries = decodeAll(accepted, options.decode);
  const damaged = scan.damaged || entries.length < scan.values.length;
  if (damaged) {
    const fields = { code: "RECORD_CORRUPT", path, kept: entries.length, bytes: stored?.length ?? 0 };
    log.note("record.damaged", fields, "warn");
  }
  const mend = damaged ? { original: stored, mended: wholeFile(id, accepted) } : undefined;
  const writer = createWriter({ ...options, id, goodLength: scan.goodLength, mend });
  return {
    id,
    recovered: { entries, damaged, found: foundIn(stored, scan) },
    get bytes() {
      return writer.bytes;
    },
    append: async (entry) => writer.add("entry", recordOf(entry)),
    rewrite: async (entries) => writer.add("rewrite", wholeFile(id, entries)),
    close: () => writer.close(),
  };
}

function foundIn(stored: Uint8Array | undefined, scan: ScannedRecords): RecordsFound {
  if (stored === undefined) return "no_file";
  if (scan.values.length > 0) return "entries";
  return scan.id === undefined ? "nothing" : "header";
}

function decodeAll<Entry>(
  values: readonly unknown[],
  decode: (value: unknown) => Entry | undefined,
): readonly Entry[] {
  return values.map(decode).filter((entry) => entry !== undefined);
}

function wholeFile(id: string, values: readonly unknown[]): Uint8Array {
  return concat([encodeHeader(id), ...values.map(recordOf)]);
}

function recordOf(value: unknown): Uint8Array {
  const record = encodeRecord(JSON.stringify(value));
  if (record !== undefined) return record;
  throw new Fault("DISK_FAILED", `An entry is longer than ${RECORD_BYTES_MAX} bytes.`, { permanent: true });
}

interface Writer {
  readonly bytes: number;
  add(kind: Job["kind"], bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

interface WriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly path: string;
  readonly id: string;
  readonly goodLength: number;
  /** Set when the file has to be replaced before anything is added to it. */
  readonly mend: { readonly original: Uint8Array | undefined; readonly mended: Uint8Array } | undefined;
  readonly onStored?: () => void;
}

/** One loop at a time takes what waits, writes and syncs it, and only then takes it from the line. */
function createWriter(options: WriterOptions): Writer {
  const { disk, clock, log, path } = options;
  const header = encodeHeader(options.id);
  const line: Job[] = [];
  let lineBytes = 0;
  let { mend } = options;
  let tail: Tail | undefined = createTail(disk, path, header, options.goodLength);
  let goodLength = options.goodLength;
  let running: Promise<void> | undefined;
  let cancelRetry: (() => void) | undefined;
  let failing = false;
  let closed = false;

  /** After a replacement that failed half-way nobody knows which contents are in place: look. */
  const readyTail = async (): Promise<Tail> => {
    if (mend !== undefined) {
      if (mend.original !== undefined) await disk.replace(`${path}.damaged`, mend.original);
      await replace(mend.mended);
      mend = undefined;
    }
    tail ??= createTail(
      disk,
      path,
      header,
      scanRecords((await disk.read(path)) ?? new Uint8Array()).goodLength,
    );
    return tail;
  };

  const replace = async (whole: Uint8Array): Promise<void> => {
    const before = tail;
    tail = undefined;
    await before?.close();
    await disk.replace(path, whole);
    tail = createTail(disk, path, header, whole.length);
    goodLength = whole.length;
  };

  const write = async (batch: readonly Job[]): Promise<void> => {
    const ready = await readyTail();
    const [first] = batch;
    if (first?.kind === "rewrite") return replace(first.bytes);
    await ready.write(concat(batch.map((job) => job.bytes)));
    goodLength = ready.length;
  };

  const take = (jobs: number): void => {
    for (const job of line.splice(0, jobs)) lineBytes -= job.bytes.length;
  };

  const fail = (batch: readonly Job[], error: unknown): void => {
    const failure = diskFailure(path, error);
    if (!failing) log.note("record.failed", { code: failure.code, path, detail: messageOf(error) }, "error");
    failing = true;
    // A rewrite is its owner's to try again, with the contents of that time.
    if (batch[0]?.kind === "rewrite") take(1);
    for (const job of batch) job.done(failure);
    for (const job of line) job.done(failure);
    if (!closed) cancelRetry = clock.after(RETRY_MS, wake);
  };

  const run = async (): Promise<void> => {
    while (line.length > 0) {
      const batch = nextBatch(line);
      try {
        await write(batch);
      } catch (error) {
        fail(batch, error);
        break;
      }
      take(batch.length);
      for (const job of batch) job.done();
      options.onStored?.();
      if (failing) log.note("record.recovered", { path });
      failing = false;
    }
    // In the same step as the last look at the line: an entry that comes from now on starts the next loop.
    running = undefined;
  };

  function wake(): void {
    cancelRetry?.();
    cancelRetry = undefined;
    if (line.length > 0) running ??= run();
  }

  return {
    get bytes() {
      return goodLength + lineBytes;
    },
    add(kind, bytes) {
      const refusal = refuse({ closed, entries: line.length, bytes: lineBytes + bytes.length, path });
      if (refusal !== undefined) return Promise.reject(refusal);
      return new Promise((resolve, reject) => {
        const cancel = deadline(clock, DEADLINE_MS, () => {
          reject(
            new Fault("DISK_DEADLINE", `${path} was not on disk after ${DEADLINE_MS} ms.`, {
              fix: SLOW_DISK_FIX,
            }),
          );
        });
        const done = (failure?: Fault): void => {
          cancel();
          if (failure === undefined) resolve();
          else reject(failure);
        };
        line.push({ kind, bytes, done });
        lineBytes += bytes.length;
        wake();
      });
    },
    async close() {
      closed = true;
      cancelRetry?.();
      wake();
      const ending = (running ?? Promise.resolve()).then(() => tail?.close());
      await withinDeadline(clock, CLOSE_MS, `Closing ${path}`, ending);
    },
  };
}

/** What the next sync covers: entries up to a size, or one rewrite alone. */
function nextBatch(line: readonly Job[]): readonly Job[] {
  const batch: Job[] = [];
  let bytes = 0;
  for (const job of line) {
    if (batch.length > 0 && (job.kind === "rewrite" || bytes + job.bytes.length > BATCH_BYTES_MAX)) break;
    batch.push(job);
    bytes += job.bytes.length;
    if (job.kind === "rewrite") break;
  }
  return batch;
}

function refuse(line: {
  readonly closed: boolean;
  readonly entries: number;
  readonly bytes: number;
  readonly path: string;
}): Fault | undefined {
  if (line.closed) return new Fault("DISK_FAILED", `${line.path} is closed.`, { permanent: true });
  if (line.entries < QUEUE_ENTRIES_MAX && line.bytes <= QUEUE_BYTES_MAX) return undefined;
  return new Fault("DISK_FAILED", `${line.entries} entries of ${line.path} already wait for the disk.`, {
    fix: SLOW_DISK_FIX,
  });
}

function diskFailure(path: string, error: unknown): Fault {
  if (error instanceof Fault && error.code === "DISK_FAILED") return error;
  return new Fault("DISK_FAILED", `${path} could not be written: ${messageOf(error)}`, { cause: error });
}

function newer(path: string): Fault {
  return new Fault("DATA_DIR_NEWER", `${path} was written by a newer Breathwatch.`, {
    fix: "Start the newer version again, or give this one a data folder of its own.",
    permanent: true,
  });
}
