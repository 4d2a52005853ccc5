import { Fault } from "../../src/domain/fault.ts";
import type { IdentityBody, ObservationBody } from "../../src/domain/observation.ts";
import { atLocal, DAY_MS, MINUTE_MS, nightOf, parseNight, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs, OptionValues } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { createLocalTimes, inOrder, looks, merged } from "../../src/wire/card.ts";
import { type BlockOptions, type BlockReader, blocksOf, createBlockReader } from "./block.ts";
import { createCardPapers, isPaper } from "./card.ts";
import { type DataFile, dataFile, serialOf } from "./codec.ts";
import { createEventsReader, type EventsReader } from "./events-reader.ts";
import type { DaySummary } from "./summary.ts";
import { createTrack } from "./track.ts";

export const RESMED_OPTIONS = {
  waves: {
    kind: "flag",
    default: true,
    help: "Read the flow and pressure waves (BRP files), which are nine tenths of a card.",
  },
  oximeter: {
    kind: "flag",
    default: false,
    help: "An oximeter is connected to the machine, so that its SpO2 is expected all night.",
  },
  since_days: {
    kind: "number",
    min: 0,
    max: 3650,
    default: 0,
    unit: "nights",
    help: "How many nights back an import goes; 0: all that are on the card.",
  },
} as const satisfies OptionSpecs;

type Context = DriverContext<FileLink>;

/** Near-live from a card that grows, else everything that is on it. */
export function observeCard(context: Context): AsyncGenerator<DeviceReading> {
  return context.link.growing ? watchCard(context) : importCard(context);
}

const dataFiles = (files: readonly FileEntry[]): readonly DataFile[] =>
  files.flatMap(({ path }) => dataFile(path) ?? []);

const readerOptions = (context: Context, options: OptionValues) => ({
  link: context.link,
  trace: context.trace,
  localTime: createLocalTimes(context.zone),
  waves: options["waves"] !== false,
});

/**
 * All nights of a card, oldest first, in order of time; holds one piece of each file of a block, and the events of one
 * night. What a machine measured is read whether or not the options expect it. Throws INPUT_INVALID where the folder
 * is no such card.
 */
export async function* importCard(given: Context): AsyncGenerator<DeviceReading> {
  const context = { ...given, link: asItIs(given.link) };
  const { link, clock, options, trace, zone, signal } = context;
  const files = await link.list();
  const data = dataFiles(files);
  if (data.length === 0 && !files.some(({ path }) => isPaper(path))) {
    throw new Fault("INPUT_INVALID", "There is no ResMed card here: no DATALOG folder, no STR.edf.", {
      fix: "Name the folder that holds DATALOG; a card of another maker needs its own device family.",
      permanent: true,
    });
  }
  const papers = createCardPapers(link, trace);
  const identity = await papers.identity(files);
  const body = identity ?? (await serialInFiles(context, data));
  if (body !== undefined) yield { body, deviceAt: clock.wall() };
  const summaries = new Map((await papers.days(files)).map((summary) => [summary.day, summary]));
  const oldest = oldestNight(options, clock.wall(), zone);
  const nights = [...new Set([...data.map(({ day }) => day), ...summaries.keys()])].toSorted();
  for (const night of nights) {
    if (signal.aborted) return;
    if (night < oldest || parseNight(night) === undefined) continue;
    yield* readNight(
      context,
      data.filter(({ day }) => day === night),
      summaries.get(night),
    );
  }
}

/** A card that grows, taken as it is now: nothing in it is waited for. */
const asItIs = (link: FileLink): FileLink => ({
  growing: false,
  list: () => link.list(),
  read: (path, from, to) => link.read(path, from, to),
  close: () => link.close(),
});

/** A card without its identification: the newest file that can be opened says whose it is. */
async function serialInFiles(
  { link, trace }: Context,
  data: readonly DataFile[],
): Promise<IdentityBody | undefined> {
  const newest = data.filter(({ kind }) => kind === "PLD").at(-1);
  if (newest === undefined) return undefined;
  // Whoever reads its records tells what is wrong with it.
  const quiet = { ...trace, reject: () => undefined };
  const track = createTrack(link, newest.path, quiet, () => undefined);
  await track.record(0);
  const serial = track.file === undefined ? undefined : serialOf(track.file.header);
  return serial === undefined ? undefined : { kind: "identity", serial };
}

/** Nights before this one are passed over. */
function oldestNight(options: OptionValues, now: Wall, zone: string): string {
  const back = Number(options["since_days"] ?? 0);
  return back === 0 ? "" : nightOf(wall(now - (back - 1) * DAY_MS), zone);
}

async function* readNight(
  context: Context,
  files: readonly DataFile[],
  summary: DaySummary | undefined,
): AsyncGenerator<DeviceReading> {
  const options = readerOptions(context, context.options);
  const marks: DeviceReading[] = summary === undefined ? [] : [...marksOf(summary, context.zone)];
  for (const file of files.filter(isAnnotated)) {
    if (marks.length >= MOST_MARKS) break;
    for await (const event of createEventsReader(file, options).read()) marks.push(event);
  }
  const oximetry = context.options["oximeter"] === true ? "always" : "if_there";
  yield* merged(readBlocks(context, files, { ...options, oximetry }), inOrder(marks));
}

async function* readBlocks(
  context: Context,
  files: readonly DataFile[],
  options: BlockOptions,
): AsyncGenerator<DeviceReading> {
  for (const block of blocksOf(files)) {
    const reader = createBlockReader(block, options);
    for await (const reading of reader.read()) {
      if (context.signal.aborted) return;
      yield reading;
    }
    // The file ends where the mask came off, or the machine went off.
    if (reader.end !== undefined) yield therapyOff(reader.end);
  }
}

/** Events of one night that are held to be put in order. */
const MOST_MARKS = 50_000;

const isAnnotated = ({ kind }: DataFile): boolean => kind === "EVE" || kind === "CSL";

/** What STR.edf says of a day, at its noon. */
function* marksOf({ day, settings, faults }: DaySummary, zone: string): Generator<DeviceReading> {
  const noon = atLocal(day, 12 * 60, zone);
  if (Object.keys(settings).length > 0) yield { body: { kind: "settings", settings }, deviceAt: noon };
  if (faults.length > 0) {
    yield { body: { kind: "status", codes: faults.map((fault) => `fault_${fault}`) }, deviceAt: noon };
  }
}

const therapyOff = (end: Wall): DeviceReading => ({
  body: { kind: "samples", samples: { therapy: 0 } },
  deviceAt: end,
});

/** A reopened link goes on with what was written meanwhile, if the machine's clock is right. */
const CATCH_UP_MS = 5 * MINUTE_MS;
/** Without a new record for so long the mask is off, or the machine: nobody can tell which. */
const ENDED_MS = 3 * MINUTE_MS;
/** A block that another one followed is looked at a while longer: its last records may come late. */
const KEPT_BLOCKS = 2;
const KEPT_EVENT_FILES = 8;
/** Identity and settings are read again so often, and whenever the mask goes on. */
const PAPERS_MS = 30 * MINUTE_MS;

/**
 * Looks once a minute and passes on what is new since the first look. Listings lag, and sizes in them: files that are
 * known are read on whatever the listing says of them.
 */
export async function* watchCard(context: Context): AsyncGenerator<DeviceReading> {
  const watch = createWatch(context);
  yield* looks(context, (files) => watch.look(files));
}

interface Watch {
  look(files: readonly FileEntry[]): AsyncGenerator<DeviceReading>;
}

function createWatch(context: Context): Watch {
  const { link, clock, options, trace } = context;
  const shared = readerOptions(context, options);
  const blockOptions: BlockOptions = {
    ...shared,
    oximetry: options["oximeter"] === true ? "always" : "never",
  };
  const papers = createCardPapers(link, trace);
  const said = new Map<string, string>();
  let known: ReadonlySet<string> | undefined;
  let blocks: BlockReader[] = [];
  let events: EventsReader[] = [];
  let papersAt: number | undefined;
  let grownAt: number | undefined;

  /** Says again only what changed. */
  const news = function* (body: ObservationBody): Generator<DeviceReading> {
    const text = JSON.stringify(body);
    if (said.get(body.kind) === text) return;
    said.set(body.kind, text);
    yield { body, deviceAt: clock.wall() };
  };

  const readPapers = async function* (files: readonly FileEntry[]): AsyncGenerator<DeviceReading> {
    const identity = await papers.identity(files);
    if (identity !== undefined) yield* news(identity);
    const settings = (await papers.settings(files)) ?? (await papers.days(files)).at(-1)?.settings;
    if (settings !== undefined && Object.keys(settings).length > 0)
      yield* news({ kind: "settings", settings });
  };

  /** Files that were not there before; at the first look the newest block, passed over as far as it is written. */
  const meet = async (files: readonly FileEntry[]): Promise<boolean> => {
    const data = dataFiles(files);
    const fresh = known === undefined ? [] : data.filter(({ path }) => known?.has(path) === false);
    if (known === undefined) await begin(files, data);
    known = new Set([...(known ?? []), ...data.map(({ path }) => path)].slice(-MOST_KNOWN));
    for (const file of fresh.filter(isAnnotated)) events.push(createEventsReader(file, shared));
    events = events.slice(-KEPT_EVENT_FILES);
    const added = blocksOf(fresh.filter((file) => !blocks.some((block) => block.take(file))));
    blocks = [...blocks, ...added.map((block) => createBlockReader(block, blockOptions))].slice(-KEPT_BLOCKS);
    return added.length > 0;
  };

  const begin = async (files: readonly FileEntry[], data: readonly DataFile[]): Promise<void> => {
    const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
    const newest = blocksOf(data).at(-1);
    if (newest === undefined) return;
    const reader = createBlockReader(newest, blockOptions);
    await reader.skip(clock.wall(), CATCH_UP_MS, sizes);
    blocks = [reader];
    for (const file of data.filter((one) => isAnnotated(one) && one.day === newest.day)) {
      const annotated = createEventsReader(file, shared);
      await annotated.skip(sizes.get(file.path) ?? 0);
      events.push(annotated);
    }
    events = events.slice(-KEPT_EVENT_FILES);
  };

  return {
    async *look(files) {
      trace.frame(new Uint8Array(0), () => `the card lists ${files.length} files`);
      const maskWentOn = await meet(files);
      const isDue = papersAt === undefined || clock.mono() - papersAt >= PAPERS_MS;
      if (maskWentOn || isDue) {
        papersAt = clock.mono();
        yield* readPapers(files);
      }
      for (const block of blocks) {
        const before = block.records;
        yield* block.read();
        if (block.records === before) continue;
        grownAt = clock.mono();
        const serial = block.header === undefined ? undefined : serialOf(block.header);
        if (serial !== undefined && !said.has("identity")) yield* news({ kind: "identity", serial });
      }
      for (const reader of events) yield* reader.read();
      const end = blocks.at(-1)?.end;
      if (grownAt !== undefined && end !== undefined && clock.mono() - grownAt >= ENDED_MS) {
        grownAt = undefined;
        yield therapyOff(end);
      }
    },
  };
}

/** Paths that are remembered: ten years of a card. */
const MOST_KNOWN = 100_000;
