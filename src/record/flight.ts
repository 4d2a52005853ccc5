import { Readable } from "node:stream";
import { promisify } from "node:util";
import { constants, createGunzip, gzip } from "node:zlib";
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
/** Of one file, unpacked: an hour of the busiest device has a quarter. A link that is flooded begins another one. */
const FILE_CHARS_MAX = 16 << 20;
/** Of what is given back at once: the oldest part, and that there is more. */
const TRANSCRIPT_CHARS_MAX = 32 << 20;

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
  /** Handed over, and not yet on disk. */
  let writingChars = 0;
  let current:
    | { readonly start: Wall; readonly startMono: Mono; chars: number; file: AppendFile | undefined }
    | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failed = false;

  const nameOf = (start: number): string => `${folder}/${String(start).padStart(13, "0")}.transcript.gz`;

  const begin = (): NonNullable<typeof current> => {
    const now = clock.mono();
    if (current === undefined || now - current.startMono >= HOUR_MS || current.chars >= FILE_CHARS_MAX) {
      if (text !== "") flush();
      // Each file has a name of its own, however fast they follow.
      const before = current?.start ?? Number.NEGATIVE_INFINITY;
      const begun = Math.floor(clock.wall());
      const start = wall(begun <= before && before - begun < SECOND_MS ? before + 1 : begun);
      current = { start, startMono: now, chars: 0, file: undefined };
      text = `${head}started: ${new Date(start).toISOString()}\n\n`;
    }
    return current;
  };

  const add = (make: (offsetMs: number) => string): void => {
    const { startMono } = begin();
    if (text.length + writingChars > WAITING_CHARS_MAX) {
      lost += 1;
      return;
    }
    if (lost > 0) {
      const at = (clock.mono() - startMono).toFixed(3);
      text += `# ${at} ${lost} chunks are missing here: the disk did not take them\n`;
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
    into.chars += piece.length;
    writingChars += piece.length;
    const written = (): void => {
      writingChars -= piece.length;
    };
    writing = writing.then(() => write(into, piece).finally(written)).then(tidy, complain);
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

  /** Unpacked piece by piece, so that the rest of the program gets its turn. */
  async function* linesOf(start: number): AsyncGenerator<string> {
    const packed = await disk.read(nameOf(start));
    if (packed === undefined) return;
    // The last member may be cut off: what is whole of it is read all the same.
    const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    const plain: AsyncIterable<Buffer> = Readable.from([packed]).pipe(gunzip);
    let held = "";
    for await (const piece of plain) {
      const lines = (held + piece.toString("latin1")).split("\n");
      held = lines.pop() ?? "";
      yield* lines;
    }
    yield held;
  }

  /** What of a file lies in [from, to), with times from `from` on; what is damaged ends it. */
  const partOf = async (start: number, from: Wall, to: Wall, room: number): Promise<string> => {
    let part = "";
    try {
      for await (const line of linesOf(start)) {
        const timed = TIMED.exec(line);
        if (timed === null) continue;
        const at = start + Number(timed[2]) - from;
        if (at < 0 || at >= to - from) continue;
        if (part.length > room) return `${part}${MORE}`;
        part += `${timed[1] ?? ""}${at.toFixed(3)} ${timed[3]}\n`;
      }
    } catch (error) {
      complain(error);
    }
    return part;
  };

  return {
    chunk(direction, bytes, channel) {
      add((offsetMs) =>
        options.line({ offsetMs, direction, bytes, ...(channel === undefined ? {} : { channel }) }),
      );
    },
    remark(remark) {
      add((offsetMs) => `# ${offsetMs.toFixed(3)} ${remark.replaceAll(/[\s\p{Cc}]+/gu, " ")}\n`);
    },
    async between(from, to) {
      flush();
      await writing;
      let transcript = `${head}started: ${new Date(from).toISOString()}\n\n`;
      for (const start of [...sizes.keys()].toSorted((a, b) => a - b)) {
        if (start >= to || start + 2 * HOUR_MS < from) continue;
        transcript += await partOf(start, from, to, TRANSCRIPT_CHARS_MAX - transcript.length);
        if (transcript.endsWith(MORE)) break;
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

const MORE = "# there is more than is given at once: ask for a shorter time\n";

/** A chunk, or a remark that carries a time. */
const TIMED = /^(# )?(\d+(?:\.\d+)?) (.*)$/;

/** A disk that stalls does not hold up the end. */
function deadline(clock: Clock, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(2 * SECOND_MS, resolve);
    const over = (): void => {
      cancel();
      resolve();
    };
    work.then(over, over);
  });
}
