import type { Random } from "../port/random.ts";
import { damage } from "../rehearsal/faults.ts";
import { createWildBed, noise } from "../rehearsal/noise.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import {
  createGrowthMeter,
  createHearing,
  type FuzzPart,
  HEAP_EVERY_BYTES,
  type Hearing,
  waited,
} from "./fuzz-part.ts";
import {
  type FuzzSession,
  type Gate,
  type PacedPiece,
  recordStream,
  type SessionOptions,
  startSession,
  startSimulator,
} from "./fuzz-session.ts";

/** How long a family is listened to for a clean stream: until it has said enough, but no longer than this. */
const LISTEN_MS = 180_000;
const ENOUGH_FRAMES = 12;
const ENOUGH_MS = 8_000;
/** What a family with extreme values says, for the noise. */
const WILD_MS = 30_000;
/** Noise in a row before a clean stream must be understood again: up to this. */
const RUN_BYTES = 100_000;
/** Frames, or questions, that may pass after noise until one is understood; lines: the one that noise ran into. */
const MOST_LOST = { frames: 2, lines: 1, questions: 3 } as const;
/** A device that was asked is given so long after noise. */
const ANSWER_MS = 120_000;
/** How long its answers are damaged on their way. */
const DAMAGED_MS = 30_000;

/** What a family says in a while, and the frames that its driver sees in it. */
interface CleanStream {
  readonly pieces: readonly PacedPiece[];
  readonly frames: readonly string[];
  /** How many of them its first piece holds: an answer of several lines is lost or understood as a whole. */
  readonly firstFrames: number;
  readonly ms: number;
}

/** Noise, then a clean stream, again and again, on one driver: families that are streams of bytes or of packets. */
export async function fuzzStream(part: FuzzPart): Promise<void> {
  const { module, random, tally, signal } = part;
  const wild = await listen(part, true);
  const ordinary = await listen(part, false);
  // A key that nobody presses says nothing.
  const clean = ordinary.pieces.length > 0 ? ordinary : wild;
  if (clean.pieces.length === 0) return void tally.problems.add("its simulator says nothing");
  const source = {
    own: [...clean.pieces, ...wild.pieces],
    maxPieceBytes: module.link === "bytes" ? 4_000 : module.link === "reports" ? 64 : 600,
    random,
  };
  const hearing = createHearing(part);
  const fuzzed = { module, options: part.options, ears: hearing };
  const session = await startSession(fuzzed);
  const inStep = await streamInStep(part, clean);
  const way =
    inStep === undefined
      ? asking(fuzzed, part, clean, hearing)
      : replaying(inStep, part, { hearing, session });
  const grown = createGrowthMeter(part);
  let passed = 0;
  for (let measured = 0; passed < part.bytes; ) {
    signal.throwIfAborted();
    const run = Math.min(part.bytes - passed, 1_000 + Math.floor(random.uniform() * RUN_BYTES));
    for (const piece of noise(source, run)) {
      passed += piece.bytes.length;
      tally.bytes += piece.bytes.length;
      await session.send(piece);
    }
    await way.again(session);
    if (passed - measured < HEAP_EVERY_BYTES && passed < part.bytes) continue;
    measured = passed;
    grown();
  }
  await session.stop();
  await way.end();
}

/** The simulator's stream into a driver of its own. */
async function listen(part: FuzzPart, isWild: boolean): Promise<CleanStream> {
  const hearing = createHearing(part);
  const frames: string[] = [];
  hearing.kept = frames;
  const random = createSeededRandom(7);
  const { pieces, ms } = await recordStream(
    { module: part.module, options: part.options, ears: hearing },
    {
      random,
      bed: isWild ? () => createWildBed(random) : part.bed,
      mostMs: LISTEN_MS,
      isEnough: (atMs) => (isWild ? atMs >= WILD_MS : atMs >= ENOUGH_MS && frames.length >= ENOUGH_FRAMES),
    },
  );
  return { pieces, frames, firstFrames: 0, ms };
}

/**
 * The frames of the clean stream for a driver that is in step: those that it sees when the stream comes a second time.
 * Undefined where they are others than those that were seen while somebody answered: then a recording will not do.
 */
async function streamInStep(part: FuzzPart, clean: CleanStream): Promise<CleanStream | undefined> {
  const hearing = createHearing(part);
  const session = await startSession({ module: part.module, options: part.options, ears: hearing });
  await play(session, clean);
  const frames: string[] = [];
  hearing.kept = frames;
  const firstFrames = await play(session, clean, frames);
  await session.stop();
  const least = Math.min(frames.length, clean.frames.length);
  return least > 0 && commonEnd(frames, clean.frames) === least
    ? { ...clean, frames, firstFrames }
    : undefined;
}

/** Plays it; resolves how many frames there were after its first piece. */
async function play(
  session: FuzzSession,
  { pieces }: CleanStream,
  frames: readonly string[] = [],
): Promise<number> {
  let first = 0;
  for (const [index, { waitMs, ...piece }] of pieces.entries()) {
    if (waitMs > 0) await session.clock.advance(waitMs);
    await session.send(piece, 0);
    if (index === 0) first = frames.length;
  }
  return first;
}

/** How a family gets back in step after noise. */
interface WayBack {
  again(session: FuzzSession): Promise<void>;
  end(): Promise<void>;
}

/** The clean stream again, right behind the noise: how many of its first frames were lost. */
function replaying(
  clean: CleanStream,
  { tally }: FuzzPart,
  { hearing, session: { cable } }: { readonly hearing: Hearing; readonly session: FuzzSession },
): WayBack {
  const of = isText(clean) ? "lines" : "frames";
  // What the driver asks, nobody answers; unread it would fill the cable.
  const unheard = Promise.all([drained(cable.device.chunks), drained(cable.packets.chunks)]);
  return {
    async again(session) {
      hearing.kept = [];
      await play(session, clean);
      const count = clean.frames.length - commonEnd(clean.frames, hearing.kept);
      hearing.kept = undefined;
      waited(tally, { count, of });
      const most = Math.max(MOST_LOST[of], clean.firstFrames);
      if (count > most) tally.problems.add(`lost more than ${most} ${of} after noise`);
    },
    async end() {
      await cable.device.close();
      await cable.packets.close();
      await unheard;
    },
  };
}

async function drained(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of chunks) if (chunk === undefined) return;
}

/** A device that is asked: its simulator, out of reach while there is noise, then damaged, then clean. */
function asking(fuzzed: SessionOptions, part: FuzzPart, clean: CleanStream, hearing: Hearing): WayBack {
  const { tally, random } = part;
  let damaged: ReturnType<typeof damage> | undefined;
  let isOpen = false;
  const gate: Gate = {
    pass(piece) {
      if (!isOpen) return undefined;
      if (damaged === undefined) return piece;
      tally.bytes += piece.bytes.length;
      return { ...piece, bytes: damaged(piece.bytes) };
    },
  };
  let end: (() => Promise<void>) | undefined;
  return {
    async again(session) {
      const { clock } = session;
      end ??= startSimulator(fuzzed, session, {
        ...{ bed: part.bed(clock), gate },
        random: createSeededRandom(7),
      });
      isOpen = true;
      damaged = damage(oneOfFaults(random), random.uniform() * 0.03, random);
      await pass(session, DAMAGED_MS, () => false);
      damaged = undefined;
      const { framesHeard, questions } = hearing;
      await pass(session, ANSWER_MS, () => hearing.framesHeard > framesHeard);
      const count = hearing.questions - questions;
      waited(tally, { count, of: "questions" });
      if (hearing.framesHeard === framesHeard) tally.problems.add("nothing was understood after noise");
      else if (count > MOST_LOST.questions) tally.problems.add(`asked ${count} times after noise`);
      const then = hearing.framesHeard;
      await pass(session, clean.ms / 2, () => false);
      const { rejectsHeard } = hearing;
      await pass(session, clean.ms / 2, () => false);
      if (hearing.rejectsHeard > rejectsHeard) tally.problems.add("still refuses long after noise");
      const least = Math.floor(clean.frames.length / 2);
      if (hearing.framesHeard - then < least) tally.problems.add(`understands little after noise`);
      isOpen = false;
    },
    end: async () => end?.(),
  };
}

/** Lets time pass until something is so. */
async function pass(session: FuzzSession, ms: number, isDone: () => boolean): Promise<void> {
  const until = session.clock.mono() + ms;
  while (session.clock.mono() < until && !isDone()) {
    await session.clock.advance(100);
    await session.revive();
  }
}

const oneOfFaults = (random: Random): "flip" | "drop" | "cut" =>
  (["flip", "drop", "cut"] as const)[Math.floor(random.uniform() * 3)] ?? "flip";

/** How many frames at the end of both are the same. */
function commonEnd(one: readonly string[], other: readonly string[]): number {
  const most = Math.min(one.length, other.length);
  let same = 0;
  while (same < most && one.at(-1 - same) === other.at(-1 - same)) same += 1;
  return same;
}

/** Whether a stream is lines of text: nearly all of it can be read. */
function isText({ pieces }: CleanStream): boolean {
  let readable = 0;
  let all = 0;
  for (const { bytes } of pieces) {
    all += bytes.length;
    for (const byte of bytes)
      if ((byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a) readable += 1;
  }
  return readable > 0.95 * all;
}
