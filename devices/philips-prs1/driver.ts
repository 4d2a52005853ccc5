import type { BodyKind } from "../../src/domain/observation.ts";
import type { Wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { createLocalTimes, type LocalTimes, looks, wholeFile } from "../../src/wire/card.ts";
import { CHUNK, readChunk } from "./codec.ts";
import { createSession } from "./session.ts";

type Context = DriverContext<FileLink>;

/** A file of one session: a night of waves at 5 Hz is 0.4 MB. */
const LARGEST_FILE_BYTES = 4 << 20;
const LARGEST_TEXT_BYTES = 64 * 1024;

/** Reads a card, the oldest session first. */
export async function* observePrs1(context: Context): AsyncGenerator<DeviceReading> {
  const card: Card = {
    context,
    times: createLocalTimes(context.zone),
    sessions: new Map(),
    identities: new Map(),
    told: new Set(),
  };
  yield* looks(context, (files) => look(files, card));
}

/** What is remembered between looks. */
interface Card {
  readonly context: Context;
  readonly times: LocalTimes;
  readonly sessions: Map<string, SessionState>;
  /** Size of a machine's property file when it was read. */
  readonly identities: Map<string, number>;
  readonly told: Set<string>;
}

interface SessionState {
  /** Sizes of its files at the last look, and when it was read. */
  sizes: string;
  read: string;
  /** Newest time that was given of each kind. */
  readonly newest: Map<BodyKind, Wall>;
}

/** `P-Series/<serial>/p0/00000012.002` */
const SESSION_FILE = /^((?:.*\/)?P-Series\/[^/]+\/p\d+\/[^/]+)\.(00[0-6])$/i;
const PROPERTY_FILE = /^(?:.*\/)?P-Series\/[^/]+\/prop(?:erties)?\.txt$/i;
/** DreamStation 2. */
const ENCRYPTED_FILE = /^(?:.*\/)?P-Series\/.*\.B\d\d$/i;

async function* look(files: readonly FileEntry[], card: Card): AsyncGenerator<DeviceReading> {
  const { link } = card.context;
  for (const file of files) if (PROPERTY_FILE.test(file.path)) yield* identity(file, card);
  const groups = Map.groupBy(files, ({ path }) => SESSION_FILE.exec(path)?.[1]);
  const due: { readonly name: string; readonly files: readonly FileEntry[]; readonly begins: number }[] = [];
  for (const [name, own] of groups) {
    if (name === undefined) continue;
    const state = stateOf(card, name);
    const sizes = own.map(({ path, bytes }) => `${path}:${bytes}`).join("|");
    const settled = !link.growing || state.sizes === sizes;
    state.sizes = sizes;
    if (!settled || state.read === sizes) continue;
    state.read = sizes;
    due.push({ name, files: own, begins: await beginOf(link, own) });
  }
  for (const session of due.toSorted((a, b) => a.begins - b.begins)) yield* readings(session, card);
  if (card.sessions.size > 0 || link.growing || files.length === 0) return;
  yield* files.some(({ path }) => ENCRYPTED_FILE.test(path))
    ? refuse(card, "other_model", "a DreamStation 2 card: its files are encrypted")
    : refuse(card, "other_card", "no Philips card: no session files in P-Series/<serial>/p0");
}

function stateOf({ sessions }: Card, name: string): SessionState {
  const known = sessions.get(name);
  if (known !== undefined) return known;
  const created: SessionState = { sizes: "", read: "", newest: new Map() };
  sessions.set(name, created);
  return created;
}

/** When a session began, as its first chunk says; what has none comes first and is refused. */
async function beginOf(link: FileLink, files: readonly FileEntry[]): Promise<number> {
  for (const { path } of files) {
    const head = await link.read(path, 0, CHUNK.lengthBytes);
    if (head.length === CHUNK.lengthBytes) return CHUNK.decode(head, 0).time;
  }
  return 0;
}

async function* readings(
  { name, files }: { readonly name: string; readonly files: readonly FileEntry[] },
  card: Card,
): AsyncGenerator<DeviceReading> {
  const { link, trace } = card.context;
  const session = createSession({
    times: card.times,
    tell: (problem) => trace.reject(new Uint8Array(0), `${name}: ${problem}`),
  });
  let other: string | undefined;
  for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const bytes = await wholeFile(link, file, LARGEST_FILE_BYTES);
    if (bytes === undefined) {
      trace.reject(new Uint8Array(0), `${file.path}: larger than any such file`);
      continue;
    }
    for (let at = 0; at < bytes.length; ) {
      const chunk = readChunk(bytes, at);
      if ("refused" in chunk) {
        trace.reject(bytes.subarray(at, at + 64), `${file.path}: ${chunk.refused}`);
        if (chunk.other) other ??= chunk.refused;
        // Without a chunk that fits nobody knows where the next begins.
        break;
      }
      trace.frame(
        bytes.subarray(at, at + chunk.length),
        () => `part ${chunk.part} of session ${chunk.session}`,
      );
      session.add(chunk);
      at += chunk.length;
    }
  }
  if (other !== undefined)
    yield* refuse(card, "other_model", `${other}; ventilators are family 3, version 0, 3 or 6`);
  const { newest } = stateOf(card, name);
  for (const reading of session.readings()) {
    const { body, deviceAt } = reading;
    const before = newest.get(body.kind);
    if (deviceAt === undefined || (before !== undefined && deviceAt <= before)) continue;
    newest.set(body.kind, deviceAt);
    yield reading;
  }
}

/** Model and serial number, as older cards (SN, MN) and newer ones write them. */
async function* identity(file: FileEntry, card: Card): AsyncGenerator<DeviceReading> {
  const { link, clock, trace } = card.context;
  if (card.identities.get(file.path) === file.bytes) return;
  card.identities.set(file.path, file.bytes);
  const bytes = await wholeFile(link, file, LARGEST_TEXT_BYTES);
  const text = bytes === undefined ? "" : new TextDecoder("latin1").decode(bytes);
  const value = (key: RegExp): string | undefined => {
    const found = new RegExp(`^(?:${key.source})=([\\x21-\\x7e]{1,40})\\s*$`, "im").exec(text);
    return found?.[1];
  };
  const serial = value(/SN|SerialNumber/);
  const model = value(/MN|ModelNumber/);
  if (serial === undefined && model === undefined) {
    trace.reject(new Uint8Array(0), `${file.path}: no model or serial number`);
    return;
  }
  const body = {
    kind: "identity" as const,
    ...(serial === undefined ? {} : { serial }),
    ...(model === undefined ? {} : { model }),
  };
  yield { body, deviceAt: clock.wall() };
}

/** Says it once. */
function refuse({ context, told }: Card, code: string, reason: string): readonly DeviceReading[] {
  if (told.has(code)) return [];
  told.add(code);
  context.trace.reject(new Uint8Array(0), reason);
  return [{ body: { kind: "status", codes: [code] }, deviceAt: context.clock.wall() }];
}
