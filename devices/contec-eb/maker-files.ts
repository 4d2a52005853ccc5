import { Fault } from "../../src/domain/fault.ts";
import { localClock } from "../../src/domain/local-clock.ts";
import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { absent, measured } from "../../src/domain/sample.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink, FileEntry, FileLink } from "../../src/port/link.ts";
import { looks, wholeFile } from "../../src/wire/card.ts";
import { readSpo2File, SPO2_HEAD_BYTES, type Spo2File, type Spo2Second, writeSpo2File } from "./spo2-file.ts";

const NAME = /\.spo2$/i;
/** The maker's program keeps three days at most; this is a week. */
const LARGEST_BYTES = SPO2_HEAD_BYTES + 2 * 7 * 86_400;
const LONGEST_SIMULATED_S = 86_400;
/** Between two writings of the simulated file. */
const WRITING_S = 30;
const PULSE_HIGHEST = 254;

/**
 * Reads the `.SpO2` files of a folder, oldest first; a file whose size changed is read again, and what is new in it
 * leaves. A file that cannot be read is told to the trace. Throws what the link throws.
 */
export async function* observeMakerFiles(context: DriverContext<FileLink>): AsyncGenerator<DeviceReading> {
  const known = new Map<string, Known>();
  yield* looks(context, (files) => readNew(context, files, known));
}

/** What is known of one file: its size when it was read, and the seconds of it that left. */
interface Known {
  readonly bytes: number;
  readonly given: number;
}

async function* readNew(
  context: DriverContext<FileLink>,
  files: readonly FileEntry[],
  known: Map<string, Known>,
): AsyncGenerator<DeviceReading> {
  for (const path of [...known.keys()]) if (!files.some((file) => file.path === path)) known.delete(path);
  const fresh: { readonly path: string; readonly start: number }[] = [];
  for (const file of files) {
    if (!NAME.test(file.path) || known.get(file.path)?.bytes === file.bytes) continue;
    known.set(file.path, { bytes: file.bytes, given: known.get(file.path)?.given ?? 0 });
    const read = await readOne(context, file);
    if (read !== undefined) fresh.push({ path: file.path, start: read.start });
  }
  // Files are read once to know their order and once to give them out, so that one is held at a time.
  for (const { path } of fresh.toSorted((a, b) => a.start - b.start)) {
    const file = files.find((candidate) => candidate.path === path);
    const read = file === undefined ? undefined : await readOne(context, file);
    const before = known.get(path);
    if (read === undefined || before === undefined) continue;
    yield* readings(read, before.given);
    known.set(path, { ...before, given: Math.max(before.given, read.seconds.length) });
  }
}

async function readOne(
  { link, trace, zone }: DriverContext<FileLink>,
  file: FileEntry,
): Promise<Spo2File | undefined> {
  const bytes = await wholeFile(link, file, LARGEST_BYTES);
  if (bytes === undefined) {
    trace.reject(new Uint8Array(0), `${file.path}: ${file.bytes} bytes are too many for a .SpO2 file`);
    return undefined;
  }
  try {
    const read = readSpo2File(bytes, zone);
    trace.frame(bytes.subarray(0, SPO2_HEAD_BYTES), () => `${file.path}: ${read.seconds.length} s`);
    return read;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    trace.reject(bytes.subarray(0, SPO2_HEAD_BYTES), `${file.path}: ${error.message}`);
    return undefined;
  }
}

function* readings({ start, seconds }: Spo2File, from: number): Iterable<DeviceReading> {
  for (const [i, { spo2, pulse }] of seconds.entries()) {
    if (i < from) continue;
    const samples = {
      spo2: spo2 === undefined ? absent("sensor_off") : measured("spo2", spo2),
      pulse_rate: pulse === undefined ? absent("sensor_off") : measured("pulse_rate", pulse),
    };
    yield { body: { kind: "samples", samples }, deviceAt: wall(start + i * SECOND_MS) };
  }
}

/** Writes one file of the bed, which grows while it is watched; a real one appears whole, after the night. */
export async function simulateMakerFiles({
  bed,
  clock,
  link,
  signal,
  zone = "UTC",
}: SimulatorContext<CardLink>): Promise<void> {
  const start = localClock(clock.wall(), zone);
  const seconds: Spo2Second[] = [];
  for await (const _ of ticks(clock, SECOND_MS, signal)) {
    const { spo2, pulse, silent } = lookAtFinger(bed, PULSE_HIGHEST);
    if (silent || seconds.length >= LONGEST_SIMULATED_S) continue;
    seconds.push({ spo2, pulse });
    if (seconds.length % WRITING_S === 0) await link.write("night.SpO2", 0, writeSpo2File(start, seconds));
  }
}
