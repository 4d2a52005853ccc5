import type { BodyKind, SettingsBody } from "../../src/domain/observation.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import {
  createLocalTimes,
  inOrder,
  interleaved,
  type LocalTimes,
  localTimeOf,
  looks,
  merged,
  pieces,
  wholeFile,
} from "../../src/wire/card.ts";
import {
  type DayFile,
  dayFile,
  HEAD_LIMIT_BYTES,
  linesOf,
  noteOf,
  readHead,
  type SignalFile,
  shownAt,
  valuesOf,
} from "./codec.ts";
import { settingsFile, settingsOf } from "./settings.ts";
import { numbersOf, wavesOf } from "./signals.ts";

type Context = DriverContext<FileLink>;

/** A night has some hundred lines, of 40 bytes each. */
const LARGEST_TEXT_BYTES = 1 << 20;
const MOST_NOTES = 20_000;
/** Of events that are said to begin together. */
const MOST_CODES = 32;
/** Counts of use and of chunks may differ by a chunk that was cut off. */
const DIFFERENCE_S = 90;

/** Reads a card, the oldest session first. */
export async function* observeResvent(context: Context): AsyncGenerator<DeviceReading> {
  const card: Card = {
    context,
    times: createLocalTimes(context.zone),
    sessions: new Map(),
    configured: "",
    told: new Set(),
  };
  yield* looks(context, (files) => look(files, card));
}

interface Card {
  readonly context: Context;
  readonly times: LocalTimes;
  readonly sessions: Map<string, SessionState>;
  /** Sizes of the configuration when it was read. */
  configured: string;
  readonly told: Set<string>;
}

interface SessionState {
  sizes: string;
  read: string;
  /** Newest time that was given of each kind. */
  readonly newest: Map<BodyKind, Wall>;
}

interface Found {
  readonly name: string;
  readonly files: readonly (DayFile & { readonly entry: FileEntry })[];
  readonly start: Wall;
  readonly usedSeconds: number | undefined;
}

async function* look(files: readonly FileEntry[], card: Card): AsyncGenerator<DeviceReading> {
  const { link } = card.context;
  yield* configuration(files, card);
  const known = files.flatMap((entry) => {
    const file = dayFile(entry.path);
    return file === undefined ? [] : [{ ...file, entry }];
  });
  const due: Found[] = [];
  for (const [name, own] of Map.groupBy(known, ({ session }) => session)) {
    const state = card.sessions.get(name) ?? { sizes: "", read: "", newest: new Map() };
    card.sessions.set(name, state);
    const sizes = own.map(({ entry }) => `${entry.path}:${entry.bytes}`).join("|");
    const settled = !link.growing || state.sizes === sizes;
    state.sizes = sizes;
    if (!settled || state.read === sizes) continue;
    state.read = sizes;
    const found = await sessionOf(name, own, card);
    if (found !== undefined) due.push(found);
  }
  for (const session of due.toSorted((a, b) => a.start - b.start)) yield* readings(session, card);
  if (card.sessions.size > 0 || link.growing || files.length === 0) return;
  tell(card, "no Resvent card: no sessions in THERAPY/RECORD");
  yield { body: { kind: "status", codes: ["other_card"] }, deviceAt: card.context.clock.wall() };
}

/** Begin and use as the session's own statistics tell them; without a begin nothing of it has a time. */
async function sessionOf(name: string, files: Found["files"], card: Card): Promise<Found | undefined> {
  const stat = files.find(({ kind }) => kind === "STAT");
  const bytes =
    stat === undefined ? undefined : await wholeFile(card.context.link, stat.entry, LARGEST_TEXT_BYTES);
  const values = bytes === undefined ? new Map<string, string>() : valuesOf(bytes);
  const number = (key: string): number | undefined => {
    const text = values.get(key) ?? "";
    return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  };
  const begin = number("secStart");
  const start = begin === undefined ? undefined : card.times(localTimeOf(shownAt(begin)));
  if (start === undefined) {
    tell(card, `${name}: its statistics do not say when it began`);
    return undefined;
  }
  return { name, files, start, usedSeconds: number("secUsed") };
}

async function* readings(session: Found, card: Card): AsyncGenerator<DeviceReading> {
  const { name, files, start } = session;
  const ends = { at: start };
  const marks: DeviceReading[] = [];
  for (const { kind, entry } of files) {
    if (kind === "EV" || kind === "ALM") marks.push(...(await notes(kind, entry, card)));
  }
  const both = interleaved(signals("P", session, card, ends), signals("W", session, card, ends));
  const state = card.sessions.get(name);
  const fresh = function* (reading: DeviceReading): Generator<DeviceReading> {
    const { body, deviceAt } = reading;
    const before = state?.newest.get(body.kind);
    if (deviceAt === undefined || (before !== undefined && deviceAt <= before)) return;
    state?.newest.set(body.kind, deviceAt);
    yield reading;
  };
  yield* fresh({ body: { kind: "samples", samples: { therapy: 1 } }, deviceAt: start });
  for await (const reading of merged(both, inOrder(marks))) yield* fresh(reading);
  const used = session.usedSeconds;
  const off = wall(Math.max(ends.at, start + (used ?? 0) * SECOND_MS) + SECOND_MS);
  yield* fresh({ body: { kind: "samples", samples: { therapy: 0 } }, deviceAt: off });
  const seconds = Math.round((ends.at - start) / SECOND_MS);
  if (used !== undefined && seconds > 0 && Math.abs(seconds - used) > DIFFERENCE_S) {
    tell(card, `${name}: its statistics say ${used} s of use, its signals are ${seconds} s`);
  }
}

/** The chunk files of one kind in their order; the time goes on from one to the next. */
async function* signals(
  kind: "P" | "W",
  { files, start }: Found,
  card: Card,
  ends: { at: Wall },
): AsyncGenerator<DeviceReading> {
  const { link, trace } = card.context;
  let at: number = start;
  const own = files.filter((file) => file.kind === kind).toSorted((a, b) => a.part - b.part);
  for (const { entry } of own) {
    const head = readHead(await link.read(entry.path, 0, HEAD_LIMIT_BYTES));
    if (typeof head === "string") {
      tell(card, `${entry.path}: ${head}`);
      return;
    }
    for await (const chunk of chunksOf(link, entry, head)) {
      const decode = kind === "P" ? numbersOf : wavesOf;
      trace.frame(
        chunk,
        () => `${head.chunkSeconds} s of ${head.channels.map(({ name }) => name).join(", ")}`,
      );
      yield* decode(chunk, head, wall(at));
      at += head.chunkSeconds * SECOND_MS;
      ends.at = wall(Math.max(ends.at, at));
    }
  }
}

async function* chunksOf(
  link: FileLink,
  { path, bytes }: FileEntry,
  head: SignalFile,
): AsyncGenerator<Uint8Array> {
  const unit = head.chunkBytes;
  for await (const piece of pieces(link, path, { from: head.headBytes, to: bytes, unit })) {
    for (let at = 0; at < piece.length; at += unit) yield piece.subarray(at, at + unit);
  }
}

const EVENTS: { readonly [id: number]: string } = {
  17: "obstructive_apnea",
  18: "central_apnea",
  19: "hypopnea",
  21: "arousal",
  22: "periodic_breathing",
};

/** Events of the person; alarms of the machine by their number, since nobody has named them. */
async function notes(kind: "EV" | "ALM", entry: FileEntry, card: Card): Promise<readonly DeviceReading[]> {
  const bytes = await wholeFile(card.context.link, entry, LARGEST_TEXT_BYTES);
  if (bytes === undefined) {
    tell(card, `${entry.path}: larger than any such file`);
    return [];
  }
  const events = new Map<number, string[]>();
  const alarms = new Map<number, Map<string, boolean>>();
  const alarm = (at: number, code: string, active: boolean): void => {
    alarms.set(at, (alarms.get(at) ?? new Map<string, boolean>()).set(code, active));
  };
  for (const line of linesOf(bytes).slice(0, MOST_NOTES)) {
    const note = noteOf(line);
    const at = note === undefined ? undefined : card.times(localTimeOf(shownAt(note.at)));
    if (note === undefined || at === undefined) {
      tell(card, `${entry.path}: a line that is not laid out as known`);
      continue;
    }
    if (kind === "ALM") {
      alarm(at, `alarm_${note.id}`, true);
      alarm(at + Math.max(1, note.seconds) * SECOND_MS, `alarm_${note.id}`, false);
    } else {
      const code = EVENTS[note.id];
      const codes = events.get(at) ?? [];
      if (code === undefined || codes.length >= MOST_CODES) continue;
      events.set(at, codes);
      codes.push(code, `lasted_${note.seconds}_s`);
    }
  }
  return [
    ...[...events].map(
      ([at, codes]): DeviceReading => ({ body: { kind: "status", codes }, deviceAt: wall(at) }),
    ),
    ...[...alarms].map(
      ([at, codes]): DeviceReading => ({
        body: {
          kind: "ownAlarm",
          alarms: [...codes].map(([code, active]) => ({
            code,
            text: `Alarm ${code.slice(6)} of the machine`,
            priority: "high" as const,
            active,
          })),
        },
        deviceAt: wall(at),
      }),
    ),
  ];
}

/** Who the machine is, and its settings; again when a file of its configuration changed its size. */
async function* configuration(files: readonly FileEntry[], card: Card): AsyncGenerator<DeviceReading> {
  const { link, clock } = card.context;
  const own = files.filter(({ path }) => /(?:^|\/)THERAPY\/CONFIG\/[^/]+$/i.test(path));
  const sizes = own.map(({ path, bytes }) => `${path}:${bytes}`).join("|");
  if (own.length === 0 || sizes === card.configured) return;
  card.configured = sizes;
  const read = async (name: string): Promise<ReadonlyMap<string, string>> => {
    const file = own.find(({ path }) => path.toUpperCase().endsWith(`/${name}`));
    const bytes = file === undefined ? undefined : await wholeFile(link, file, LARGEST_TEXT_BYTES);
    return bytes === undefined ? new Map() : valuesOf(bytes);
  };
  const system = await read("SYSCFG");
  const serial = system.get("sn");
  const model = system.get("models");
  if (serial !== undefined && serial !== "") {
    const body = { kind: "identity" as const, serial, ...(model ? { model } : {}) };
    yield { body, deviceAt: clock.wall() };
  }
  const mode = Number((await read("TCTRL")).get("VentMode") ?? Number.NaN);
  const file = settingsFile(mode);
  if (file === undefined) {
    if (!link.growing || Number.isFinite(mode)) tell(card, `settings of mode ${mode}, which is not known`);
    return;
  }
  const settings: SettingsBody = settingsOf(mode, await read(file));
  yield { body: settings, deviceAt: clock.wall() };
}

function tell({ context, told }: Card, reason: string): void {
  if (told.has(reason) || told.size > 1000) return;
  told.add(reason);
  context.trace.reject(new Uint8Array(0), reason);
}
