import { createOximetry, inWords, type Oximetry } from "../../src/domain/oximetry.ts";
import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import { SECOND_MS, type Wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { createLocalTimes, type LocalTimes, looks } from "../../src/wire/card.ts";
import { cellsOf, linesOf, numberOf } from "./codec.ts";
import { COLUMN_OPTION, MISSING_CODES, type Role } from "./columns.ts";
import { type Survey, stampOfRow, survey, wallOf } from "./survey.ts";

const column = (what: string): OptionSpecs[string] => ({
  kind: "number",
  min: 0,
  max: 99,
  default: 0,
  unit: "column",
  help: `number of the column with ${what}, counted from 1; 0: the header says it`,
});

export const CSV_OPTIONS: OptionSpecs = {
  date_order: {
    kind: "choice",
    values: ["auto", "dmy", "mdy", "ymd"],
    default: "auto",
    help: "order of day, month and year where all are numbers; auto: the whole file decides, or it is refused",
  },
  co2_unit: {
    kind: "choice",
    values: ["auto", "mmHg", "kPa"],
    default: "auto",
    help: "unit of the CO2 column; auto: header or cells name it, or the column is left out",
  },
  [COLUMN_OPTION.time]: column("the time, or with date and time together"),
  [COLUMN_OPTION.date]: column("the date, where it stands apart"),
  [COLUMN_OPTION.spo2]: column("SpO2"),
  [COLUMN_OPTION.pulse]: column("the pulse rate"),
  [COLUMN_OPTION.perfusion]: column("the perfusion index"),
  [COLUMN_OPTION.motion]: column("motion"),
  [COLUMN_OPTION.co2]: column("transcutaneous CO2"),
  [COLUMN_OPTION.mode]: column("what the CO2 monitor is doing (C, R, P, M)"),
};

/** Larger files are no exports of this kind: 30 days at one row a second in UTF-16. */
const LARGEST_BYTES = 512 << 20;
/** Files of a folder that are looked at. */
const MOST_FILES = 10_000;

/** What is remembered of a file between looks. */
interface Done {
  bytes: number;
  /** Times of the first and the newest row that were read. */
  first: Wall | undefined;
  newest: Wall | undefined;
  /** Why it could not be read yet; a file that goes on growing gets another chance. */
  unread: string | undefined;
}

type Context = DriverContext<FileLink>;

/** Reads every CSV file of a folder, the one that begins first before the others, row by row. */
export async function* observeCsv(context: Context): AsyncGenerator<DeviceReading> {
  const times = createLocalTimes(context.zone);
  const done = new Map<string, Done>();
  yield* looks(context, (files) => look(files, { context, times, done }));
}

interface Reading {
  readonly context: Context;
  readonly times: LocalTimes;
  readonly done: Map<string, Done>;
}

async function* look(files: readonly FileEntry[], reading: Reading): AsyncGenerator<DeviceReading> {
  const { context, times, done } = reading;
  const surveys: Survey[] = [];
  let refused = 0;
  const refuse = async ({ path, bytes }: FileEntry, reason: string): Promise<void> => {
    refused += 1;
    context.trace.reject(await context.link.read(path, 0, Math.min(bytes, 64)), `${path}: ${reason}`);
  };
  for (const file of files.filter(({ path }) => isExport(path)).slice(0, MOST_FILES)) {
    const known = done.get(file.path) ?? { bytes: 0, first: undefined, newest: undefined, unread: undefined };
    done.set(file.path, known);
    if (known.bytes === file.bytes) {
      if (known.unread !== undefined) await refuse(file, known.unread);
      known.unread = undefined;
      continue;
    }
    known.bytes = file.bytes;
    const found =
      file.bytes > LARGEST_BYTES
        ? "too large for an export"
        : await survey(context.link, file, context.options, times);
    if (typeof found !== "string") surveys.push(found);
    else if (context.link.growing) known.unread = found;
    else await refuse(file, found);
  }
  for (const found of surveys.toSorted((a, b) => a.first - b.first)) yield* rows(found, reading);
  if (refused > 0) {
    yield { body: { kind: "status", codes: ["file_refused"] }, deviceAt: context.clock.wall() };
  }
}

const isExport = (path: string): boolean => /\.(?:csv|txt|tsv)$/i.test(path) && !/(?:^|\/)\./.test(path);

/** The rows of one file that were not read before. */
async function* rows(found: Survey, { context, times, done }: Reading): AsyncGenerator<DeviceReading> {
  const { link, trace } = context;
  const { path, bytes, encoding, columns, skip, order } = found;
  const known = done.get(path);
  if (known === undefined) return;
  const encoder = new TextEncoder();
  const values = createValues(found);
  const others = [...done].filter(([other]) => other !== path).map(([, span]) => span);
  if (columns.place.co2 !== undefined && found.co2Factor === undefined) {
    trace.reject(new Uint8Array(0), `${path}: nobody says the unit of its CO2: set the option co2_unit`);
  }
  const before = known.newest;
  let previous: Wall | undefined;
  let lines = 0;
  for await (const line of linesOf(link, path, { to: bytes, encoding })) {
    lines += 1;
    if (lines <= skip) continue;
    const refuse = (reason: string): void => trace.reject(encoder.encode(line.text), `${path}: ${reason}`);
    if (!line.whole) {
      // Cut off anywhere, a number may look like a smaller one.
      if (!link.growing) refuse("the last line has no end");
      continue;
    }
    if (line.tooLong) {
      refuse("a line too long for a row");
      continue;
    }
    const cells = cellsOf(line.text, columns.delimiter);
    const stamp = stampOfRow(cells, columns);
    const at = stamp === undefined ? undefined : wallOf(stamp, order, times, previous);
    if (at === undefined) {
      refuse("no date and time");
      continue;
    }
    if (previous !== undefined && at < previous) {
      refuse("goes back in time");
      continue;
    }
    const samples = values(cells);
    if (typeof samples === "string") {
      refuse(samples);
      continue;
    }
    const repeated = previous !== undefined && secondOf(at) === secondOf(previous);
    previous = at;
    if (before !== undefined && at <= before) continue;
    if (repeated) {
      refuse("more than one row a second");
      continue;
    }
    if (others.some((span) => isWithin(at, span))) {
      refuse("the time of a row of another file");
      continue;
    }
    known.first ??= at;
    known.newest = at;
    trace.frame(encoder.encode(line.text), () => inWordsOf(samples));
    yield { body: { kind: "samples", samples }, deviceAt: at };
  }
}

const secondOf = (at: Wall): number => Math.floor(at / SECOND_MS);

const isWithin = (at: Wall, { first, newest }: Done): boolean =>
  first !== undefined && newest !== undefined && at >= first && at <= newest;

/** Samples of one row after the other, or why a row is none. */
function createValues({
  columns: { place },
  co2Factor,
}: Survey): (cells: readonly string[]) => Samples | string {
  const oximetry: Oximetry = createOximetry();
  return (cells) => {
    const wrong: string[] = [];
    const value = (role: Role): number | undefined => {
      const cell = cells[place[role] ?? -1];
      const number = cell === undefined ? null : numberOf(cell);
      if (number === null) wrong.push(role);
      return number === null || number === undefined || MISSING_CODES[role]?.includes(number) === true
        ? undefined
        : number;
    };
    const has = (role: Role): boolean => place[role] !== undefined;
    const both =
      has("spo2") || has("pulse")
        ? oximetry(
            has("spo2") ? value("spo2") : undefined,
            has("pulse") ? value("pulse") : undefined,
            "not_measured",
          )
        : {};
    const samples: Samples = {
      ...(has("spo2") && both.spo2 !== undefined && { spo2: both.spo2 }),
      ...(has("pulse") && both.pulse_rate !== undefined && { pulse_rate: both.pulse_rate }),
      ...(has("perfusion") && { perfusion_index: plain("perfusion_index", value("perfusion")) }),
      ...(has("motion") && { motion: plain("motion", value("motion")) }),
      ...(has("co2") &&
        co2Factor !== undefined && { tcco2: co2(value("co2"), co2Factor, cells[place.mode ?? -1]) }),
    };
    return wrong.length === 0 ? samples : `no number in the column of ${wrong.join(", ")}`;
  };
}

const plain = (signal: "perfusion_index" | "motion", value: number | undefined): Sample =>
  value === undefined ? absent("not_measured") : measured(signal, value);

/** A value counts while the monitor measures (M); calibrating (C), ready (R) and stabilising (P) are none. */
function co2(value: number | undefined, factor: number, mode: string | undefined): Sample {
  const letter = mode?.toUpperCase();
  if (letter === "C" || letter === "P") return absent("searching");
  if (letter === "R") return absent("sensor_off");
  return value === undefined ? absent("not_measured") : measured("tcco2", value * factor);
}

const inWordsOf = (samples: Samples): string =>
  Object.entries(samples)
    .map(([signal, sample]) => `${signal} ${inWords(sample)}`)
    .join(", ");
