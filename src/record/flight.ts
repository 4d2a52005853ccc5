import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";
import { messageOf } from "../domain/fault.ts";
import { HOUR_MS, MINUTE_MS, type Mono, SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { AppendFile, Disk } from "../port/disk.ts";
import type { FlightRecorder } from "../port/flight.ts";
import type { Log } from "../port/log.ts";

export interface FlightOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this device, in the data folder. */
  readonly folder: string;
  /** Lines before the first chunk of every file: see src/wire/transcript.ts. */
  readonly head: string;
  /** One chunk as a line of a transcript. */
  line(chunk: {
    readonly offsetMs: number;
    readonly direction: "in" | "out";
    readonly channel?: string;
    readonly bytes: Uint8Array;
  }): string;
  readonly keepMs?: number;
  readonly bytesMax?: number;
}

const KEEP_MS = 48 * HOUR_MS;
/** Of one device; a waveform port writes about 60 MB in 48 h. */
const BYTES_MAX = 100 << 20;
/** A power cut costs at most this. */
const FLUSH_MS = MINUTE_MS;
const FLUSH_CHARS = 1 << 19;
/** What may wait for a disk that stalls; beyond it the newest is let go, and said so in the recording. */
const WAITING_CHARS_MAX = 4 << 20;

/*
 * One file an hour, named by its beginning in milliseconds: gzip members one after the other, each a piece of one
 * transcript, so that the file itself can be unpacked and decoded by anybody, whole or cut off anywhere.
 */
const FILE = /^(\d{13})\.transcript\.gz$/;

/** Begins with what an earlier run left. Nothing here ever stands in the way of reading the device. */
export function createFlightRecorder(options: FlightOptions): FlightRecorder {
  const { disk, clock, log, folder, head, keepMs = KEEP_MS, bytesMax = BYTES_MAX } = options;
  const sizes = new Map<number, number>();
  let text = "";
  let lost = 0;
  let current: { readonly start: Wall; readonly startMono: Mono; file: AppendFile | undefined } | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failed = false;

  const nameOf = (start: number): string => `${folder}/${String(start).padStart(13, "0")}.transcript.gz`;

  const begin = (): NonNullable<typeof current> => {
    const now = clock.mono();
    if (current === undefined || now - current.startMono >= HOUR_MS) {
      if (text !== "") flush();
      const start = wall(Math.floor(clock.wall()));
      current = { start, startMono: now, file: undefined };
      text = `${head}started: ${new Date(start).toISOString()}\n\n`;
    }
    return current;
  };

  const add = (make: (offsetMs: number) => string): void => {
    const { startMono } = begin();
    if (text.length > WAITING_CHARS_MAX) {
      lost += 1;
      return;
    }
    if (lost > 0) {
      text += `# ${lost} chunks are missing here: the disk did not take them\n`;
      lost = 0;
    }
    text += make(clock.mono() - startMono);
    if (text.length >= FLUSH_CHARS) flush();
  };

  /** Hands what has gathered to the disk; in order, one after the other. */
  const flush = (): void => {
    const into = current;
    if (into === undefined || text === "") return;
    const piece = text;
    text = "";
    writing = writing.then(() => write(into, piece)).then(tidy, complain);
  };

  const write = async (into: NonNullable<typeof current>, piece: string): Promise<void> => {
    const packed = await promisify(gzip)(piece);
    into.file ??= await disk.append(nameOf(into.start));
    await into.file.append(packed);
    sizes.set(into.start, into.file.length);
    failed = false;
    if (into !== current) await into.file.close();
  };

  const complain = (error: unknown): void => {
    if (!failed) log.note("flight.failed", { folder, message: messageOf(error) }, "warn");
    failed = true;
  };

  /** Removes what is too old or too much, oldest first; never the file that grows. */
  const tidy = async (): Promise<void> => {
    try {
      if (sizes.size === 0 || current === undefined) return;
      for (const start of [...sizes.keys()].toSorted((a, b) => a - b)) {
        const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
        const old = start + HOUR_MS < clock.wall() - keepMs;
        if (start === current.start || (!old && total <= bytesMax)) break;
        await disk.remove(nameOf(start));
        sizes.delete(start);
      }
    } catch (error) {
      complain(error);
    }
  };

  const recover = async (): Promise<void> => {
    for (const name of await disk.list(folder)) {
      const start = Number(FILE.exec(name)?.[1]);
      const bytes = Number.isNaN(start) ? undefined : await disk.read(`${folder}/${name}`);
      if (bytes !== undefined && !sizes.has(start)) sizes.set(start, bytes.length);
    }
  };
  writing = recover().catch(complain);
  const stopFlushing = clock.every(FLUSH_MS, flush);

  const linesOf = async (start: number): Promise<readonly string[]> => {
    const packed = await disk.read(nameOf(start));
    if (packed === undefined) return [];
    // The last member may be cut off: what is whole of it is read all the same.
    const plain = await promisify(gunzip)(packed, { finishFlush: constants.Z_SYNC_FLUSH });
    return plain.toString("latin1").split("\n");
  };

  return {
    chunk(direction, bytes, channel) {
      add((offsetMs) =>
        options.line({ offsetMs, direction, bytes, ...(channel === undefined ? {} : { channel }) }),
      );
    },
    remark(remark) {
      add((offsetMs) => `# ${offsetMs.toFixed(3)} ${remark.replaceAll(/\s+/g, " ")}\n`);
    },
    async between(from, to) {
      flush();
      await writing;
      let transcript = `${head}started: ${new Date(from).toISOString()}\n\n`;
      for (const start of [...sizes.keys()].toSorted((a, b) => a - b)) {
        if (start >= to || start + 2 * HOUR_MS < from) continue;
        for (const line of await linesOf(start).catch(() => [])) {
          const timed = TIMED.exec(line);
          if (timed === null) continue;
          const at = start + Number(timed[2]) - from;
          if (at >= 0 && at < to - from) transcript += `${timed[1] ?? ""}${at.toFixed(3)} ${timed[3]}\n`;
        }
      }
      return transcript;
    },
    kept() {
      const [oldest] = [...sizes.keys()].toSorted((a, b) => a - b);
      return {
        bytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
        ...(oldest === undefined ? {} : { since: wall(oldest) }),
      };
    },
    async stop() {
      stopFlushing();
      flush();
      await deadline(clock, writing);
      await current?.file?.close().catch(complain);
    },
  };
}

/** A chunk, or a remark that carries a time. */
const TIMED = /^(# )?(\d+(?:\.\d+)?) (.*)$/;

/** A disk that stalls does not hold up the end. */
function deadline(clock: Clock, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(2 * SECOND_MS, resolve);
    work.finally(() => {
      cancel();
      resolve();
    });
  });
}
