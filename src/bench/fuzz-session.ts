import type { BedView } from "../domain/bed.ts";
import { messageOf } from "../domain/fault.ts";
import { wall } from "../domain/time.ts";
import { attach, simulateAt } from "../driver/attach.ts";
import type { DeviceModule, DeviceReading, OptionValues, Trace } from "../driver/contract.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink, PacketLink } from "../port/link.ts";
import type { Random } from "../port/random.ts";
import { createVirtualClock, settle, type VirtualClock } from "../rehearsal/clock.ts";
import type { CardFiles, Piece } from "../rehearsal/noise.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks, type MemoryCable } from "../transport/memory.ts";

/** A zone that is half an hour off the full ones, so that a forgotten one shows. */
export const FUZZ_ZONE = "Asia/Kolkata";
export const FUZZ_START = wall(Date.UTC(2026, 0, 15, 22));
/** Virtual time between two pieces. */
const PIECE_MS = 10;
/** A driver that ends again and again at once would be started for ever. */
const MOST_STARTS = 200_000;

/** What is heard of a driver. */
export interface Ears {
  frame(bytes: Uint8Array): void;
  reject(reason: string): void;
  sent(): void;
  reading(reading: DeviceReading): void;
  /** The driver threw this: a Fault it may. */
  ended(thrown: unknown): void;
  /** What must not be. */
  problem(words: string): void;
}

export interface SessionOptions {
  readonly module: DeviceModule;
  /** Complete. */
  readonly options: OptionValues;
  readonly ears: Ears;
  /** Fetches the device's memory instead of observing; over and over. */
  readonly stored?: boolean;
}

/** The real driver on a memory cable and on virtual time; started again whenever a Fault ended it. */
export interface FuzzSession {
  readonly clock: VirtualClock;
  readonly cable: MemoryCable;
  readonly running: boolean;
  /** A piece at the device's end, after a little time. Bytes that nobody takes are waited for. */
  send(piece: Piece, waitMs?: number): Promise<void>;
  /** Starts the driver again where it has ended. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSession({
  module,
  options,
  ears,
  stored = false,
}: SessionOptions): Promise<FuzzSession> {
  const clock = createVirtualClock(FUZZ_START);
  const memory = createMemoryLinks();
  const cable = memory.cable("fuzz");
  const links = createLinks({ clock, memory });
  const stop = new AbortController();
  const { signal } = stop;
  const trace = traceTo(ears);
  let running = false;
  let driving: Promise<void> = Promise.resolve();
  let starts = 0;

  const drive = async (): Promise<void> => {
    const attached = await attach({ module, options, links, address: "memory:fuzz", signal });
    const context = { clock, options, zone: FUZZ_ZONE, trace, signal };
    try {
      const readings =
        stored && attached.stored !== undefined ? attached.stored(context) : attached.observe(context);
      for await (const reading of readings) ears.reading(reading);
      if (!stored && !signal.aborted && module.link !== "files") ears.problem("observe() returned by itself");
    } catch (error) {
      ears.ended(error);
    } finally {
      await attached.close();
      running = false;
    }
  };

  const revive = async (): Promise<void> => {
    if (running || starts >= MOST_STARTS) return;
    starts += 1;
    running = true;
    await driving;
    driving = drive();
    await settle();
  };

  await revive();
  return {
    clock,
    cable,
    get running() {
      return running;
    },
    revive,
    async send({ channel, bytes }, waitMs = PIECE_MS) {
      await revive();
      let taken = false;
      let passed = false;
      const writing = (
        channel === undefined ? cable.device.write(bytes) : cable.packets.write({ channel, bytes })
      ).then(() => {
        taken = true;
      });
      do {
        await clock.advance(passed ? PIECE_MS : waitMs);
        passed = true;
        await revive();
      } while (!taken);
      await writing;
    },
    async stop() {
      stop.abort();
      await settle();
      if (running) {
        await clock.advance(0);
        if (running) ears.problem("did not return when it was told to stop");
        else await driving;
      }
    },
  };
}

function traceTo(ears: Ears): Trace {
  const explained = (meaning: () => string): void => {
    try {
      if (meaning() === "") ears.problem("a frame without a meaning");
    } catch (error) {
      ears.problem(`a meaning threw ${described(error)}`);
    }
  };
  return {
    frame(bytes, meaning) {
      ears.frame(bytes);
      explained(meaning);
    },
    reject: (_bytes, reason) => ears.reject(reason),
    sent(_bytes, meaning) {
      ears.sent();
      explained(meaning);
    },
  };
}

/** What was thrown, and where: the first lines of its stack. */
export function described(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return stack === undefined
    ? messageOf(error)
    : stack
        .split("\n")
        .slice(0, 3)
        .map((line) => line.trim())
        .join(" ");
}

/** What stands between a simulator and the cable. */
export interface Gate {
  /** What becomes of a piece that the simulator says; undefined: nothing of it passes. */
  pass(piece: Piece): Piece | undefined;
}

/** Plays the family's simulator into a session; resolves a function that ends it. What it throws is a problem. */
export function startSimulator(
  { module, options, ears }: SessionOptions,
  session: FuzzSession,
  { bed, random, gate }: { readonly bed: BedView; readonly random: Random; readonly gate: Gate },
): () => Promise<void> {
  const { clock, cable } = session;
  const device: ByteLink = {
    ...cable.device,
    async write(bytes) {
      const piece = gate.pass({ bytes: bytes.slice() });
      if (piece !== undefined) await cable.device.write(piece.bytes);
    },
  };
  const packets: PacketLink = {
    ...cable.packets,
    async write({ channel, bytes }) {
      const piece = gate.pass({ channel, bytes: bytes.slice() });
      if (piece !== undefined) await cable.packets.write({ channel, bytes: piece.bytes });
    },
  };
  const stop = new AbortController();
  const ends = { device, packets, card: cable.card };
  const simulating = simulateAt(module, ends, {
    ...{ bed, clock, random, options, zone: FUZZ_ZONE },
    signal: stop.signal,
  }).catch((error: unknown) => ears.problem(`its simulator threw ${described(error)}`));
  return async () => {
    stop.abort();
    await settle();
    await simulating;
  };
}

/** A piece and how long after the last it came. */
export interface PacedPiece extends Piece {
  readonly waitMs: number;
}

const LISTEN_STEP_MS = 2_000;

/** What the family's simulator says to its driver, until it is enough, or for `mostMs` of virtual time. */
export async function recordStream(
  fuzzed: SessionOptions,
  {
    bed,
    random,
    mostMs,
    isEnough,
  }: {
    readonly bed: (clock: Clock) => BedView;
    readonly random: Random;
    readonly mostMs: number;
    readonly isEnough: (atMs: number) => boolean;
  },
): Promise<{ readonly pieces: readonly PacedPiece[]; readonly ms: number }> {
  const session = await startSession(fuzzed);
  const { clock } = session;
  const pieces: PacedPiece[] = [];
  let before = clock.mono();
  const gate: Gate = {
    pass(piece) {
      pieces.push({ ...piece, waitMs: clock.mono() - before });
      before = clock.mono();
      return piece;
    },
  };
  const end = startSimulator(fuzzed, session, { bed: bed(clock), random, gate });
  while (!isEnough(clock.mono()) && clock.mono() < mostMs) {
    await clock.advance(LISTEN_STEP_MS);
    await session.revive();
  }
  await end();
  await session.stop();
  return { pieces, ms: clock.mono() };
}

/** Everything that a card holds. */
export async function filesOf(cable: {
  readonly list: () => Promise<readonly { readonly path: string; readonly bytes: number }[]>;
  read(path: string, from: number, to: number): Promise<Uint8Array>;
}): Promise<CardFiles> {
  const files = new Map<string, Uint8Array>();
  for (const { path, bytes } of await cable.list()) files.set(path, await cable.read(path, 0, bytes));
  return files;
}
