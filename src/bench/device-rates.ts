import { mono, SECOND_MS } from "../domain/time.ts";
import type { DeviceModule, DeviceReading, DriverContext, Trace } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import type { Clock } from "../port/clock.ts";
import type { Link } from "../port/link.ts";
import { createVirtualClock } from "../rehearsal/clock.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { chunksUntil } from "../wire/chunks.ts";
import { FUZZ_START, FUZZ_ZONE, type PacedPiece, recordStream } from "./fuzz-session.ts";
import { type Plain, plainNonin, plainWaveform } from "./plain.ts";

/**
 * What one decoder takes of its simulator's stream, as fast as it goes, from bytes to readings, in this process. Seconds
 * are those of the processor, so that what else the machine does counts less.
 */
export interface DecoderRate {
  readonly device: string;
  readonly bytesPerSecond: number;
  /** As the family counts them: frames, packets, lines, replies. */
  readonly framesPerSecond: number;
  /** A loop written by hand for this device alone, on the same bytes. */
  readonly plain?: { readonly bytesPerSecond: number; readonly framesPerSecond: number };
}

const LISTEN_MS = 60_000;
/** Streams are handed on in pieces of about this; packets as they are. */
const CHUNK_BYTES = 4_096;
/** A busy machine gives this process a part of its time only. */
const PATIENCE = 20;
const PLAIN: { readonly [device: string]: (onReading: (reading: unknown) => void) => Plain } = {
  "nonin-serial": plainNonin,
  "puritan-bennett-840-waveform": plainWaveform,
};

/** One family, for so long. Undefined where nothing of a recording is understood: a device that must be asked. */
export async function measureDecoder(
  module: DeviceModule,
  { clock, seconds }: { readonly clock: Clock; readonly seconds: number },
): Promise<DecoderRate | undefined> {
  if (module.link === "files") return undefined;
  const pieces = await simulatedPieces(module);
  const batch = module.link === "bytes" ? joined(pieces) : pieces;
  if (batch.length === 0) return undefined;
  let frames = 0;
  const trace: Trace = {
    frame: () => {
      frames += 1;
    },
    reject: () => undefined,
    sent: () => undefined,
  };
  const feed = createFeed(batch, seconds);
  const stop = new AbortController();
  // A driver that waits for something else than its link would wait for ever.
  const cancel = clock.after(seconds * PATIENCE * SECOND_MS, () => stop.abort());
  await drive(module, {
    ...{ clock: feed.clock, options: fillOptions(module.options, {}), zone: FUZZ_ZONE, trace },
    ...{ signal: AbortSignal.any([stop.signal, feed.ended]), chunks: feed.chunks },
  });
  cancel();
  if (frames === 0 || feed.tookMs() === 0) return undefined;
  const rate = perSecond(feed.tookMs());
  const plain = PLAIN[module.id];
  return {
    device: module.id,
    bytesPerSecond: rate(feed.bytes()),
    framesPerSecond: rate(frames),
    ...(plain === undefined ? {} : { plain: measurePlain(plain, batch, seconds) }),
  };
}

/** Milliseconds of processor time that this process has used since. */
export function processorTime(): () => number {
  const from = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1000;
  };
}

const perSecond =
  (ms: number) =>
  (count: number): number =>
    (count * SECOND_MS) / ms;

/** What the family's simulator says of a person in a minute. */
export async function simulatedPieces(module: DeviceModule): Promise<readonly PacedPiece[]> {
  const none = (): void => undefined;
  const ears = { frame: none, reject: none, sent: none, reading: none, ended: none, problem: none };
  const { pieces } = await recordStream(
    { module, options: fillOptions(module.options, {}), ears },
    {
      bed: (clock) => createPatient({ clock, random: createSeededRandom(1) }),
      random: createSeededRandom(2),
      mostMs: LISTEN_MS,
      isEnough: () => false,
    },
  );
  return pieces;
}

function joined(pieces: readonly PacedPiece[]): readonly PacedPiece[] {
  const chunks: PacedPiece[] = [];
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let waitMs = 0;
  for (const [index, piece] of pieces.entries()) {
    waiting.push(piece.bytes);
    bytes += piece.bytes.length;
    waitMs += piece.waitMs;
    if (bytes < CHUNK_BYTES && index < pieces.length - 1) continue;
    chunks.push({ bytes: Buffer.concat(waiting), waitMs });
    waiting = [];
    bytes = 0;
    waitMs = 0;
  }
  return chunks;
}

/** The batch over and over until the time is up; the driver's clock shows what it would if it had come at its pace. */
function createFeed(batch: readonly PacedPiece[], seconds: number) {
  let nowMs = 0;
  let bytes = 0;
  let tookMs = 0;
  const over = new AbortController();
  async function* chunks(): AsyncGenerator<PacedPiece> {
    const took = processorTime();
    while (tookMs < seconds * SECOND_MS) {
      for (const piece of batch) {
        nowMs += piece.waitMs;
        bytes += piece.bytes.length;
        yield piece;
      }
      tookMs = took();
    }
    over.abort();
  }
  const standing = createVirtualClock(FUZZ_START);
  return {
    chunks: chunks(),
    ended: over.signal,
    clock: { ...standing, mono: () => mono(nowMs) },
    bytes: () => bytes,
    tookMs: () => tookMs,
  };
}

type Feeding = Omit<DriverContext, "link"> & { readonly chunks: AsyncIterable<PacedPiece> };

async function drive(module: DeviceModule, { chunks, ...context }: Feeding): Promise<void> {
  const pieces = chunksUntil(chunks, context.signal);
  const linkOf = <Item>(items: AsyncIterable<Item>): Link<Item> => ({
    chunks: items,
    write: async () => undefined,
    close: async () => undefined,
  });
  switch (module.link) {
    case "bytes":
    case "reports":
      return consume(module.observe({ ...context, link: linkOf(mapped(pieces, ({ bytes }) => bytes)) }));
    case "gatt":
    case "lines":
    case "messages":
      return consume(
        module.observe({
          ...context,
          link: linkOf(mapped(pieces, ({ channel = "", bytes }) => ({ channel, bytes }))),
        }),
      );
    case "files":
      return;
  }
}

const mapped = <From, To>(source: AsyncIterable<From>, change: (item: From) => To): AsyncIterable<To> => ({
  [Symbol.asyncIterator]() {
    const inner = source[Symbol.asyncIterator]();
    return {
      async next() {
        const result = await inner.next();
        return result.done === true
          ? { done: true, value: undefined }
          : { done: false, value: change(result.value) };
      },
    };
  },
});

async function consume(readings: AsyncIterable<DeviceReading>): Promise<void> {
  for await (const reading of readings) if (reading.body.kind === "status") continue;
}

function measurePlain(
  create: (onReading: (reading: unknown) => void) => Plain,
  batch: readonly PacedPiece[],
  seconds: number,
): NonNullable<DecoderRate["plain"]> {
  let last: unknown;
  const plain = create((reading) => {
    last = reading;
  });
  const took = processorTime();
  let bytes = 0;
  let tookMs = 0;
  while (tookMs < seconds * SECOND_MS) {
    for (const piece of batch) {
      plain.push(piece.bytes);
      bytes += piece.bytes.length;
    }
    tookMs = took();
  }
  if (last === undefined) throw new RangeError("the plain loop read nothing");
  const rate = perSecond(tookMs);
  return { bytesPerSecond: rate(bytes), framesPerSecond: rate(plain.frames) };
}
