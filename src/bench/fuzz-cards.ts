import { messageOf } from "../domain/fault.ts";
import type { FilesModule } from "../driver/contract.ts";
import type { FileLink } from "../port/link.ts";
import { createVirtualClock, settle } from "../rehearsal/clock.ts";
import { type CardFiles, createWildBed, damagedCard } from "../rehearsal/noise.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { createMemoryCard } from "../transport/memory-card.ts";
import { createGrowthMeter, createHearing, type FuzzPart, HEAP_EVERY_BYTES } from "./fuzz-part.ts";
import { FUZZ_START, FUZZ_ZONE, filesOf } from "./fuzz-session.ts";

/** How long the simulator writes its card. */
const CARD_MS = 400_000;
/** A card that may grow is looked at for so long. */
const LOOKS_MS = 180_000;

/** A card that is all there, one that may grow, and one whose nights are fetched on request. */
const WAYS = ["whole", "growing", "stored"] as const;

type Way = (typeof WAYS)[number];

/** Whole cards of the family's simulator, each damaged somewhere, read to their end or looked at while they may grow. */
export async function fuzzCards(part: FuzzPart): Promise<void> {
  const { module, random, tally, signal } = part;
  if (module.link !== "files") throw new TypeError(`${module.id} does not read files`);
  const cards = [await writtenCard(part, module, false), await writtenCard(part, module, true)];
  const grown = createGrowthMeter(part);
  const from = tally.bytes;
  let measured = from;
  for (let round = 0; tally.bytes - from < part.bytes; round++) {
    signal.throwIfAborted();
    const card = cards[round % cards.length];
    if (card === undefined || card.size === 0) return void tally.problems.add("its simulator writes nothing");
    const files = damagedCard(card, random);
    // Even an empty card counts, so that this ends.
    for (const bytes of files.values()) tally.bytes += 1 + bytes.length;
    const ways = module.stored === undefined ? WAYS.slice(0, 2) : WAYS;
    await readCard(part, module, files, ways[Math.floor(random.uniform() * ways.length)] ?? "whole");
    if (tally.bytes - measured < HEAP_EVERY_BYTES) continue;
    measured = tally.bytes;
    grown();
  }
  grown();
}

async function writtenCard(part: FuzzPart, module: FilesModule, isWild: boolean): Promise<CardFiles> {
  const clock = createVirtualClock(FUZZ_START);
  const card = createMemoryCard(() => true, "fuzz");
  const stop = new AbortController();
  const random = createSeededRandom(7);
  const writing = module
    .simulate({
      ...{ link: card.device, clock, zone: FUZZ_ZONE, random, options: part.options, signal: stop.signal },
      bed: isWild ? createWildBed(random) : part.bed(clock),
    })
    .catch((error: unknown) => void part.tally.problems.add(`its simulator threw ${messageOf(error)}`));
  await clock.advance(CARD_MS);
  stop.abort();
  await writing;
  return filesOf(card.open());
}

async function readCard(part: FuzzPart, module: FilesModule, files: CardFiles, way: Way): Promise<void> {
  const growing = way === "growing";
  // What was measured in nights gone by is told, whatever is expected now.
  const hearing = createHearing(part, growing ? undefined : part.everyOptions);
  const clock = createVirtualClock(FUZZ_START);
  const stop = new AbortController();
  let isOver = false;
  const trace = {
    frame: (bytes: Uint8Array, meaning: () => string) => {
      hearing.frame(bytes);
      if (meaning() === "") hearing.problem("a frame without a meaning");
    },
    reject: (_bytes: Uint8Array, reason: string) => hearing.reject(reason),
    sent: () => hearing.sent(),
  };
  const link = linkTo(files, growing);
  const { signal } = stop;
  const reading = (async () => {
    try {
      const context = { link, clock, options: part.options, zone: FUZZ_ZONE, trace, signal };
      const readings = way === "stored" ? module.stored?.(context) : module.observe(context);
      for await (const one of readings ?? []) hearing.reading(one);
    } catch (error) {
      hearing.ended(error);
    }
    isOver = true;
  })();
  if (growing) {
    await clock.advance(LOOKS_MS);
    stop.abort();
    await settle();
  }
  for (let waits = 0; !isOver && waits < MOST_WAITS; waits++) await clock.advance(1_000);
  if (!isOver) return hearing.problem("does not come to an end of a card that does not grow");
  await reading;
}

/** Steps of a second that a card may be read for. */
const MOST_WAITS = 2_000;

const linkTo = (files: CardFiles, growing: boolean): FileLink => ({
  growing,
  list: async () =>
    [...files]
      .map(([path, { length }]) => ({ path, bytes: length }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  read: async (path, from, to) => files.get(path)?.slice(from, to) ?? new Uint8Array(0),
  close: async () => undefined,
});
