import { createOximetry } from "../../src/domain/oximetry.ts";
import { measured, type Sample } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, Trace } from "../../src/driver/contract.ts";
import type { FileLink } from "../../src/port/link.ts";
import type { createLocalTimes } from "../../src/wire/card.ts";
import type { EdfHeader } from "../../src/wire/edf.ts";
import {
  createNumberReader,
  createOximetryReader,
  createWaveReader,
  type NumberReader,
  type OximetryReader,
  type WaveReader,
} from "./channels.ts";
import type { CardFile, DataFile } from "./codec.ts";
import { createTrack, type Found, type Track } from "./track.ts";

/** The files of one time that the mask was on: numbers, waves and oximetry that began together. */
export interface Block {
  /** As in DataFile: of the file that came first. */
  readonly named: number;
  readonly day: string;
  readonly files: readonly DataFile[];
}

/** What is wanted of blocks. */
export interface BlockOptions {
  readonly link: FileLink;
  readonly trace: Trace;
  readonly localTime: ReturnType<typeof createLocalTimes>;
  readonly waves: boolean;
  /** `always`: say also that there is none. `if_there`: only a machine that measures it. `never`. */
  readonly oximetry: "always" | "if_there" | "never";
}

export interface BlockReader {
  /** Takes a file that began together with the others, seen later; false where it belongs to another block. */
  take(file: DataFile): boolean;
  /**
   * Readings of the records that are complete, from where the last call stopped, in order of time. Where files grow, a
   * record waits one call for the files that have it later than others.
   */
  read(): AsyncGenerator<DeviceReading>;
  /**
   * Passes over all records that are there, except those that ended within `keepMs` before `now`.
   * @param sizes bytes by path as the card lists them, which may be wrong
   */
  skip(now: Wall, keepMs: number, sizes: ReadonlyMap<string, number>): Promise<void>;
  /** Records read so far. */
  readonly records: number;
  /** Of one of its files, once one was read: whose machine it was. */
  readonly header: EdfHeader | undefined;
  /** The end of the last record that was read or passed over; undefined before the first. */
  readonly end: Wall | undefined;
}

/** Files of one block begin within so many seconds of one another: they are seen to differ by one. */
const TOGETHER_S = 5;
/** A record that a growing file has and another has not is waited for this many looks. */
const PATIENCE = 1;
/** A wave at a higher rate, or numbers at a higher one than one a second, are of no machine that is known. */
const HIGHEST_WAVE_HZ = 100;
const LONGEST_WAVE = 20_000;

type Kind = "PLD" | "SAD" | "BRP";
const KINDS: readonly Kind[] = ["PLD", "SAD", "BRP"];
const NO_BYTES = new Uint8Array(0);

/**
 * Puts files of DATALOG together that began together, oldest first; annotations are left out. A second file of a kind
 * is another block, however soon: the mask came off and went on again.
 */
export function blocksOf(files: readonly DataFile[]): readonly Block[] {
  const blocks: { named: number; day: string; files: DataFile[] }[] = [];
  for (const file of files.filter(isRecorded).toSorted((a, b) => a.named - b.named)) {
    const last = blocks.at(-1);
    const isFirstOfKind = last?.files.every(({ kind }) => kind !== file.kind) === true;
    if (last !== undefined && isFirstOfKind && belongs(last, file)) last.files.push(file);
    else blocks.push({ named: file.named, day: file.day, files: [file] });
  }
  return blocks;
}

const isRecorded = ({ kind }: DataFile): boolean => kind === "PLD" || kind === "SAD" || kind === "BRP";

const belongs = (block: { readonly named: number }, { named }: DataFile): boolean =>
  Math.abs(named - block.named) <= TOGETHER_S;

export function createBlockReader(block: Block, options: BlockOptions): BlockReader {
  const { link, trace, localTime, waves } = options;
  const tracks: { [kind in Kind]?: Track } = {};
  const readers: { PLD?: NumberReader; SAD?: OximetryReader; BRP?: WaveReader } = {};
  const oximeter = createOximeter(options.oximetry);
  let next = 0;
  let waited = 0;
  let records = 0;
  let header: EdfHeader | undefined;
  let start: Wall | undefined;
  let end: Wall | undefined;

  /** Why a file is not what its name promises. The first one that is opened gives the block its clock and its records. */
  const unfit = (kind: Kind, file: CardFile): string | undefined => {
    const seconds = file.header.recordSeconds;
    if (!Number.isInteger(seconds) || seconds < 1) return "records without a length in seconds";
    if (header !== undefined && header.recordSeconds !== seconds)
      return "records of another length than beside it";
    const problem = kind === "BRP" ? unfitWaves(readers, file) : unfitNumbers(readers, kind, file);
    if (problem !== undefined) return problem;
    header ??= file.header;
    start ??= localTime(header.start);
    return undefined;
  };

  const taken = new Set<Kind>();
  const take = (file: DataFile): boolean => {
    const kind = KINDS.find((one) => one === file.kind);
    if (kind === undefined || taken.has(kind) || !belongs(block, file)) return false;
    taken.add(kind);
    if (kind === "SAD" && options.oximetry === "never") return true;
    tracks[kind] = createTrack(link, file.path, trace, (opened) => unfit(kind, opened));
    return true;
  };
  for (const file of block.files) take(file);

  /** The next record of every file; undefined where it has to be waited for or nothing is left. */
  const fetch = async (): Promise<{ readonly [kind in Kind]?: Found } | undefined> => {
    const found: { [kind in Kind]?: Found } = {};
    for (const kind of KINDS) found[kind] = (await tracks[kind]?.record(next)) ?? "not_there";
    const all = KINDS.filter((kind) => tracks[kind] !== undefined && tracks[kind]?.refused === undefined);
    const bad = all.filter((kind) => found[kind] === "damaged");
    const good = all.filter((kind) => typeof found[kind] === "object");
    if (good.length === 0 && bad.length === 0) return undefined;
    if (link.growing && good.length < all.length && waited < PATIENCE) {
      waited += 1;
      return undefined;
    }
    waited = 0;
    for (const kind of bad) {
      trace.reject(NO_BYTES, `${tracks[kind]?.path}: the checksum of record ${next + 1} does not fit`);
    }
    for (const kind of good) {
      const [record, number] = [found[kind], next + 1];
      if (typeof record === "object") trace.frame(record, () => `${kind}: record ${number}`);
    }
    return found;
  };

  return {
    take,
    get records() {
      return records;
    },
    get end() {
      return end;
    },
    get header() {
      return header;
    },
    async *read() {
      for (;;) {
        const found = await fetch();
        if (found === undefined) return;
        const lengthMs = (header?.recordSeconds ?? 0) * SECOND_MS;
        const from = start === undefined ? undefined : wall(start + next * lengthMs);
        next += 1;
        records += 1;
        // A clock that was never set: nobody knows when this was.
        if (from === undefined) continue;
        end = wall(from + lengthMs);
        const parts: Parts = {
          PLD: part(readers.PLD, found.PLD),
          SAD: part(readers.SAD, found.SAD),
          BRP: part(readers.BRP, found.BRP),
        };
        yield* samplesOf(parts, from, lengthMs, oximeter);
        if (waves && parts.BRP !== undefined) yield* waveReading(parts.BRP, end, lengthMs);
      }
    },
    async skip(now, keepMs, sizes) {
      let count = 0;
      for (const kind of KINDS) {
        const track = tracks[kind];
        if (track !== undefined) count = Math.max(count, await track.count(sizes.get(track.path) ?? 0));
      }
      next = count;
      if (header === undefined || start === undefined || count === 0) return;
      const lengthMs = header.recordSeconds * SECOND_MS;
      readers.PLD?.goOn();
      end = wall(start + count * lengthMs);
      const isNow = Math.abs(now - end) <= keepMs;
      while (isNow && next > 0 && start + next * lengthMs > now - keepMs) next -= 1;
    },
  };
}

function unfitWaves(readers: { BRP?: WaveReader }, file: CardFile): string | undefined {
  const reader = createWaveReader(file);
  const rateHz = (reader?.samples ?? 0) / file.header.recordSeconds;
  if (reader === undefined || reader.samples > LONGEST_WAVE || rateHz > HIGHEST_WAVE_HZ) {
    return "waves of no kind that is known";
  }
  readers.BRP = reader;
  return undefined;
}

/** At most one a second, at whole milliseconds. */
function unfitNumbers(
  readers: { PLD?: NumberReader; SAD?: OximetryReader },
  kind: "PLD" | "SAD",
  file: CardFile,
): string | undefined {
  const seconds = file.header.recordSeconds;
  const isPaced = (instants: number): boolean =>
    instants <= seconds && Number.isInteger((seconds * SECOND_MS) / instants);
  const numbers = kind === "PLD" ? createNumberReader(file) : undefined;
  const oximetry = kind === "SAD" ? createOximetryReader(file) : undefined;
  const reader = numbers ?? oximetry;
  if (reader === undefined || !isPaced(reader.instants))
    return "numbers that come unevenly, or none that is known";
  if (numbers !== undefined) readers.PLD = numbers;
  if (oximetry !== undefined) readers.SAD = oximetry;
  return undefined;
}

const part = <Reader>(reader: Reader | undefined, record: Found | undefined): Part<Reader> | undefined =>
  reader === undefined || typeof record !== "object" ? undefined : { reader, record };

/** What has one file's records. */
interface Part<Reader> {
  readonly reader: Reader;
  readonly record: Uint8Array;
}

interface Parts {
  readonly PLD: Part<NumberReader> | undefined;
  readonly SAD: Part<OximetryReader> | undefined;
  readonly BRP: Part<WaveReader> | undefined;
}

type Draft = { [id in SignalId]?: Sample };

/** By milliseconds from the beginning of the record. */
type Instants = Map<number, Draft>;

/** The numbers of one record, a reading for each instant that has any. */
function* samplesOf(
  { PLD, SAD, BRP }: Parts,
  from: Wall,
  lengthMs: number,
  oximetry: Oximeter,
): Generator<DeviceReading> {
  const instants: Instants = new Map();
  if (PLD !== undefined) {
    const everyMs = lengthMs / PLD.reader.instants;
    for (let i = 0; i < PLD.reader.instants; i++) {
      instants.set(i * everyMs, { therapy: 1, ...PLD.reader.at(PLD.record, i) });
    }
  }
  if (SAD !== undefined) oximetry(SAD, instants, lengthMs);
  if (instants.size === 0 && BRP !== undefined) instants.set(0, { therapy: 1 });
  const times = [...instants.keys()].toSorted((a, b) => a - b);
  const percent = BRP?.reader.triggeredPercent(BRP.record);
  const last = instants.get(times.at(-1) ?? Number.NaN);
  if (last !== undefined && percent !== undefined)
    last.triggered_percent = measured("triggered_percent", percent);
  for (const ms of times) {
    yield { body: { kind: "samples", samples: instants.get(ms) ?? {} }, deviceAt: wall(from + ms) };
  }
}

/** Puts SpO2 and pulse beside the other numbers, and between them where there are any. */
type Oximeter = (part: Part<OximetryReader>, instants: Instants, lengthMs: number) => void;

function createOximeter(mode: BlockOptions["oximetry"]): Oximeter {
  const judge = createOximetry();
  let seen = false;
  return ({ reader, record }, instants, lengthMs) => {
    const everyMs = lengthMs / reader.instants;
    const values = Array.from({ length: reader.instants }, (_, i) => reader.at(record, i));
    const isSilent = values.every(({ spo2, pulse }) => spo2 === undefined && pulse === undefined);
    if (!isSilent) seen = true;
    if (!seen && mode === "if_there") return;
    const isAlone = instants.size === 0;
    for (const [i, { spo2, pulse }] of values.entries()) {
      const known = instants.get(i * everyMs);
      // A minute in which nothing was measured is said beside the other numbers only.
      if (isSilent && known === undefined && !isAlone) continue;
      const samples = judge(spo2, pulse, seen ? "not_measured" : "not_connected");
      instants.set(i * everyMs, { therapy: 1, ...known, ...samples });
    }
  };
}

function* waveReading(
  { reader, record }: Part<WaveReader>,
  end: Wall,
  lengthMs: number,
): Generator<DeviceReading> {
  const channels = reader.waves(record);
  if (Object.keys(channels).length === 0) return;
  yield { body: { kind: "wave", rateHz: (reader.samples * SECOND_MS) / lengthMs, channels }, deviceAt: end };
}
