import { damage } from "../rehearsal/faults.ts";
import { noise, type Piece } from "../rehearsal/noise.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { createGrowthMeter, createHearing, type FuzzPart, HEAP_EVERY_BYTES } from "./fuzz-part.ts";
import { type Gate, type SessionOptions, startSession, startSimulator } from "./fuzz-session.ts";

const FETCH_MS = 120_000;
const STEP_MS = 250;
const RUN_BYTES = 20_000;

/**
 * Fetching a device's memory through noise and with damaged answers, over and over. How often it gives up is not
 * judged: a fetch is asked for again by a person.
 */
export async function fuzzMemory(part: FuzzPart): Promise<void> {
  const { module, options, random, tally, signal } = part;
  const hearing = createHearing(part, part.everyOptions);
  const fuzzed: SessionOptions = { module, options, ears: hearing, stored: true };
  const own: Piece[] = [];
  let mode: "clean" | "damaged" | "closed" = "clean";
  let change = damage("flip", 0, random);
  const gate: Gate = {
    pass(piece) {
      if (mode === "closed") return undefined;
      if (mode === "clean") {
        if (own.length < 2_000) own.push(piece);
        return piece;
      }
      tally.bytes += piece.bytes.length;
      return { ...piece, bytes: change(piece.bytes) };
    },
  };
  const session = await startSession(fuzzed);
  const { clock } = session;
  const end = startSimulator(fuzzed, session, {
    ...{ bed: part.bed(clock), gate },
    random: createSeededRandom(7),
  });
  const pass = async (ms: number): Promise<void> => {
    for (const until = clock.mono() + ms; clock.mono() < until; ) {
      await clock.advance(STEP_MS);
      await session.revive();
    }
  };
  await pass(FETCH_MS);
  if (tally.readings === 0) tally.problems.add("nothing is read from the memory of its simulator");
  const maxPieceBytes = module.link === "bytes" ? 2_000 : 64;
  const grown = createGrowthMeter(part);
  const from = tally.bytes;
  let measured = from;
  while (tally.bytes - from < part.bytes) {
    signal.throwIfAborted();
    mode = "closed";
    const source = { own: own.length > 0 ? own : [{ bytes: Uint8Array.of(0) }], maxPieceBytes, random };
    for (const piece of noise(source, 1 + random.uniform() * RUN_BYTES)) {
      tally.bytes += piece.bytes.length;
      await session.send(piece);
    }
    mode = "damaged";
    change = damage(random.uniform() < 0.5 ? "flip" : "drop", random.uniform() * 0.02, random);
    await pass(FETCH_MS / 8);
    if (tally.bytes - measured < HEAP_EVERY_BYTES) continue;
    measured = tally.bytes;
    grown();
  }
  grown();
  await end();
  await session.stop();
}
