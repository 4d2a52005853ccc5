import { deadline } from "../domain/deadline.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { SECOND_MS, type Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { AuditAnchor } from "../port/record.ts";
import { type AuditFile, auditFile, monthOf } from "./audit-files.ts";
import { SLOW_DISK_FIX, withinDeadline } from "./deadline.ts";
import { concat, createTail, type Tail } from "./tail.ts";

export interface AuditWriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly folder: string;
  readonly fileBytes: number;
  /** How an earlier run left it. */
  readonly start: {
    readonly file: AuditFile | undefined;
    readonly seq: number;
    readonly lineBytes: number;
    readonly newest: AuditAnchor | undefined;
  };
  readonly onNewFile: () => void;
}

/** A line of the chain on its way to the disk. */
interface AuditJob {
  readonly line: string;
  readonly anchor: AuditAnchor;
  readonly at: Wall;
  readonly trusted: boolean;
  /** Goes behind what is there, whatever the month: it is about it. */
  readonly stays: boolean;
}

export interface AuditWriter {
  /** False when so much waits that nothing more is taken. */
  readonly hasRoom: boolean;
  refusal(): Fault;
  /** Call it only while there is room: a line that is not taken would leave a hole in the chain. */
  add(job: AuditJob): Promise<void>;
  /** Resolves when nothing waits any more. */
  written(): Promise<void>;
  readonly head: AuditAnchor | undefined;
  close(): Promise<void>;
}

const DEADLINE_MS = 500;
const RETRY_MS = SECOND_MS;
const CLOSE_MS = 2 * SECOND_MS;
const WAITING_MAX = 10_000;
const WAITING_CHARS_MAX = 8 << 20;
/** What one sync covers at most, in lines. */
const BATCH_MAX = 256;

/** One loop at a time takes what waits, writes and syncs it, and only then takes it from the line. */
export function createAuditWriter(options: AuditWriterOptions): AuditWriter {
  const { disk, clock, log, folder, start } = options;
  const line: (AuditJob & { readonly done: (failure?: Fault) => void })[] = [];
  let chars = 0;
  let head = start.newest === undefined ? undefined : { n: start.newest.n, hash: start.newest.hash };
  let seq = start.seq;
  let current: { readonly file: AuditFile; readonly tail: Tail } | undefined =
    start.file === undefined
      ? undefined
      : { file: start.file, tail: createTail(disk, start.file.path, NO_HEADER, start.lineBytes) };
  let waiters: (() => void)[] = [];
  let running: Promise<void> | undefined;
  let cancelRetry: (() => void) | undefined;
  let failing = false;
  let closed = false;

  /** A clock that may be wrong begins no month. */
  const fits = (job: AuditJob, bytes: number): boolean => {
    if (current === undefined) return false;
    if (job.stays) return true;
    return bytes < options.fileBytes && (!job.trusted || monthOf(job.at) === current.file.month);
  };

  const tailFor = async (job: AuditJob): Promise<Tail> => {
    if (current !== undefined && fits(job, current.tail.length)) return current.tail;
    await current?.tail.close();
    seq += 1;
    const file = auditFile(folder, seq, monthOf(job.at));
    current = { file, tail: createTail(disk, file.path, NO_HEADER, 0) };
    return current.tail;
  };

  const nextBatch = (tail: Tail): readonly (typeof line)[number][] => {
    let bytes = tail.length;
    const batch: (typeof line)[number][] = [];
    for (const job of line.slice(0, BATCH_MAX)) {
      if (batch.length > 0 && !fits(job, bytes)) break;
      batch.push(job);
      bytes += job.line.length;
    }
    return batch;
  };

  const fail = (error: unknown): void => {
    const failure = diskFailure(folder, error);
    if (!failing)
      log.note("record.failed", { code: failure.code, path: folder, detail: messageOf(error) }, "error");
    failing = true;
    for (const job of line) job.done(failure);
    if (!closed) cancelRetry = clock.after(RETRY_MS, wake);
  };

  const run = async (): Promise<void> => {
    for (let job = line[0]; job !== undefined; [job] = line) {
      const before = seq;
      let batch: readonly (typeof line)[number][];
      try {
        const tail = await tailFor(job);
        batch = nextBatch(tail);
        await tail.write(concat(batch.map((one) => new TextEncoder().encode(one.line))));
      } catch (error) {
        fail(error);
        break;
      }
      for (const one of line.splice(0, batch.length)) {
        chars -= one.line.length;
        head = one.anchor;
        one.done();
      }
      if (failing) log.note("record.recovered", { path: folder });
      failing = false;
      if (seq !== before) options.onNewFile();
    }
    // In the same step as the last look at the line: a record that comes from now on starts the next loop.
    running = undefined;
    if (line.length > 0) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  };

  function wake(): void {
    cancelRetry?.();
    cancelRetry = undefined;
    if (line.length > 0) running ??= run();
  }

  return {
    get hasRoom() {
      return !closed && line.length < WAITING_MAX && chars < WAITING_CHARS_MAX;
    },
    refusal: () =>
      closed
        ? new Fault("DISK_FAILED", `${folder} is closed.`, { permanent: true })
        : new Fault("DISK_FAILED", `${line.length} records of ${folder} already wait for the disk.`, {
            fix: SLOW_DISK_FIX,
          }),
    add(job) {
      return new Promise((resolve, reject) => {
        const cancel = deadline(clock, DEADLINE_MS, () => {
          const late = `${folder} was not on disk after ${DEADLINE_MS} ms.`;
          reject(new Fault("DISK_DEADLINE", late, { fix: SLOW_DISK_FIX }));
        });
        const done = (failure?: Fault): void => {
          cancel();
          if (failure === undefined) resolve();
          else reject(failure);
        };
        line.push({ ...job, done });
        chars += job.line.length;
        wake();
      });
    },
    written: () =>
      line.length === 0 ? Promise.resolve() : new Promise((resolve) => void waiters.push(resolve)),
    get head() {
      return head;
    },
    async close() {
      closed = true;
      cancelRetry?.();
      wake();
      const ending = (running ?? Promise.resolve()).then(() => current?.tail.close());
      await withinDeadline(clock, CLOSE_MS, `Closing ${folder}`, ending);
    },
  };
}

/** Lines begin with the first byte. */
const NO_HEADER = new Uint8Array();

function diskFailure(path: string, error: unknown): Fault {
  if (error instanceof Fault && error.code === "DISK_FAILED") return error;
  return new Fault("DISK_FAILED", `${path} could not be written: ${messageOf(error)}`, { cause: error });
}
