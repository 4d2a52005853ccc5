import type { Wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { createLocalTimes, type LocalTimes, looks, merged } from "../../src/wire/card.ts";
import { type Member, membersOf } from "./archive.ts";
import { HEADER_LIMIT_BYTES, readWmedf } from "./codec.ts";
import { isConfiguration, whoItIs } from "./identity.ts";
import { marksOf } from "./marks.ts";
import { createSignalReader, type SignalReader } from "./records.ts";

type Context = DriverContext<FileLink>;

/** A file of a session, plain on the card or inside its zip. */
interface Source {
  readonly name: string;
  readonly bytes: number;
  /** Nothing more is written to it; what lies plain on a card may grow. */
  readonly complete: boolean;
  /** Reads parts of it; of a zip, the unpacked member stays in memory as long as the result is held. */
  open(): Promise<Pick<FileLink, "read"> | string>;
}

interface SessionState {
  reader: SignalReader | undefined;
  start: Wall | undefined;
  /** Sizes at the last look. */
  signalBytes: number;
  eventBytes: number;
  newestEvent: number;
}

interface Card {
  readonly context: Context;
  readonly times: LocalTimes;
  readonly sessions: Map<string, SessionState>;
  /** Sizes of configurations and zips when they were read. */
  readonly seen: Map<string, number>;
  tell(reason: string): void;
}

const THERAPY = /(?:^|\/)therapy\.pdat$/i;
const SIGNAL = /(?:^|\/)signal_(\d{1,9})\.wmedf$/i;
const EVENT = /(?:^|\/)event_(\d{1,9})\.xml$/i;
/** A night has some hundred events, of 100 bytes each. */
const LARGEST_EVENTS_BYTES = 2 << 20;
/** Different reasons that are told. */
const MOST_REASONS = 1000;

/** Reads a card, the oldest session first. */
export async function* observePrisma(context: Context): AsyncGenerator<DeviceReading> {
  const told = new Set<string>();
  const card: Card = {
    context,
    times: createLocalTimes(context.zone),
    sessions: new Map(),
    seen: new Map(),
    tell(reason) {
      if (told.has(reason) || told.size >= MOST_REASONS) return;
      told.add(reason);
      context.trace.reject(new Uint8Array(0), reason);
    },
  };
  yield* looks(context, (files) => look(files, card));
}

async function* look(files: readonly FileEntry[], card: Card): AsyncGenerator<DeviceReading> {
  const { link, clock } = card.context;
  const configurations = files.filter(({ path }) => isConfiguration(path));
  for (const file of configurations) {
    if (card.seen.get(file.path) === file.bytes) continue;
    card.seen.set(file.path, file.bytes);
    const body = await whoItIs(link, file);
    if (typeof body === "string") card.tell(`${file.path}: ${body}`);
    else yield { body, deviceAt: clock.wall() };
  }
  const sources: Source[] = files.map((file) => plainSource(link, file));
  for (const file of files.filter(({ path }) => THERAPY.test(path))) {
    for (const source of await packedSources(file, card)) sources.push(source);
  }
  const due: Session[] = [];
  for (const pair of pairsOf(sources)) {
    const session = await openSession(pair, card);
    if (session !== undefined) due.push(session);
  }
  for (const session of due.toSorted((a, b) => a.start - b.start)) yield* readings(session, card);
  if (configurations.length > 0 || card.sessions.size > 0 || link.growing || files.length === 0) return;
  card.tell("no prisma card: no config.pscfg or config.pcfg");
  yield { body: { kind: "status", codes: ["other_card"] }, deviceAt: clock.wall() };
}

interface Pair {
  readonly key: string;
  readonly signal: Source;
  readonly event: Source | undefined;
}

/** A session that is due; its unpacked files are not held, since all that are due wait for the oldest. */
interface Session extends Pair {
  readonly state: SessionState;
  readonly reader: SignalReader;
  readonly start: Wall;
}

/** Signals and events belong together by their number, and by the day's folder where both name one. */
function pairsOf(sources: readonly Source[]): readonly Pair[] {
  const keyOf = (name: string, number: string): string =>
    `${/(?:^|\/)(20\d{6})(?=\/)/.exec(name)?.[1] ?? ""}/${Number(number)}`;
  const events = new Map<string, Source>();
  for (const source of sources) {
    const number = EVENT.exec(source.name)?.[1];
    if (number !== undefined) events.set(keyOf(source.name, number), source);
  }
  return sources.flatMap((signal): Pair[] => {
    const number = SIGNAL.exec(signal.name)?.[1];
    if (number === undefined) return [];
    const key = keyOf(signal.name, number);
    return [{ key, signal, event: events.get(key) }];
  });
}

const newState = (): SessionState => ({
  reader: undefined,
  start: undefined,
  signalBytes: -1,
  eventBytes: -1,
  newestEvent: Number.NEGATIVE_INFINITY,
});

/** Undefined where nothing of it is new, or its signals cannot be read. */
async function openSession(pair: Pair, card: Card): Promise<Session | undefined> {
  const { signal, event, key } = pair;
  const state = card.sessions.get(key) ?? newState();
  card.sessions.set(key, state);
  const same = state.signalBytes === signal.bytes && state.eventBytes === (event?.bytes ?? 0);
  if (same && (state.reader === undefined || signal.complete)) return undefined;
  const refuse = (reason: string): undefined => {
    // A file that has just begun is looked at again when it has grown.
    if (signal.complete || signal.bytes >= HEADER_LIMIT_BYTES) card.tell(`${signal.name}: ${reason}`);
    state.signalBytes = signal.bytes;
    state.eventBytes = event?.bytes ?? 0;
  };
  if (state.reader === undefined || state.start === undefined) {
    const file = await signal.open();
    if (typeof file === "string") return refuse(file);
    const wmedf = readWmedf(await file.read(signal.name, 0, HEADER_LIMIT_BYTES));
    if (typeof wmedf === "string") return refuse(wmedf);
    const start = card.times(wmedf.start);
    if (start === undefined) return refuse("a begin that is no date");
    state.start = start;
    state.reader = createSignalReader(wmedf, start, card.context.trace);
  }
  return { ...pair, state, reader: state.reader, start: state.start };
}

async function* readings(session: Session, card: Card): AsyncGenerator<DeviceReading> {
  const { state, signal, event, reader } = session;
  const unchanged = state.signalBytes === signal.bytes;
  const marks = await newMarks(session, card);
  state.signalBytes = signal.bytes;
  state.eventBytes = event?.bytes ?? 0;
  for (const mark of marks) state.newestEvent = Math.max(state.newestEvent, timeOf(mark));
  const file = await signal.open();
  if (typeof file === "string") return card.tell(`${signal.name}: ${file}`);
  yield* merged(reader.read(file, signal.name, signal.bytes), marks);
  if (unchanged || signal.complete) yield* reader.end();
}

const timeOf = ({ deviceAt }: DeviceReading): number => deviceAt ?? Number.NEGATIVE_INFINITY;

async function newMarks({ state, event, start }: Session, card: Card): Promise<readonly DeviceReading[]> {
  if (event === undefined || state.eventBytes === event.bytes) return [];
  const file = await event.open();
  if (typeof file === "string") {
    card.tell(`${event.name}: ${file}`);
    return [];
  }
  const xml = await file.read(event.name, 0, Math.min(event.bytes, LARGEST_EVENTS_BYTES));
  const all = marksOf(new TextDecoder("latin1").decode(xml), start);
  return all.filter((mark) => timeOf(mark) > state.newestEvent);
}

const plainSource = (link: FileLink, { path, bytes }: FileEntry): Source => ({
  name: path,
  bytes,
  complete: !link.growing,
  open: async () => link,
});

const packedSource = (member: Member): Source => ({
  name: member.name,
  bytes: member.bytes,
  complete: true,
  async open() {
    const bytes = await member.read();
    return typeof bytes === "string" ? bytes : { read: async (_path, from, to) => bytes.subarray(from, to) };
  },
});

/** Members of the zip; again when it has changed its size, since the machine writes it anew. */
async function packedSources(file: FileEntry, card: Card): Promise<readonly Source[]> {
  const { link } = card.context;
  if (card.seen.get(file.path) === file.bytes) return [];
  const members = await membersOf(link, file);
  if (typeof members === "string") {
    card.tell(`${file.path}: ${members}`);
    return [];
  }
  card.seen.set(file.path, file.bytes);
  return members.filter(({ name }) => SIGNAL.test(name) || EVENT.test(name)).map(packedSource);
}
