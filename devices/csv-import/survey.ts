import type { Wall } from "../../src/domain/time.ts";
import type { OptionValues } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import type { LocalTimes } from "../../src/wire/card.ts";
import { cellsOf, type Encoding, encodingsOf, HEAD_BYTES, linesOf } from "./codec.ts";
import { type Columns, columnsOfHeader, columnsOfOptions, unitOf, withOptions } from "./columns.ts";
import {
  createOrderFinder,
  DATE_ORDERS,
  type DateOrder,
  dateInName,
  localTime,
  type Stamp,
  stampOf,
} from "./dates.ts";

/** Everything about a file that its rows need to be understood. */
export interface Survey {
  readonly path: string;
  /** So many bytes were there when it was looked through. */
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly columns: Columns;
  /** Lines up to and including the header. */
  readonly skip: number;
  readonly order: DateOrder;
  /** mmHg for one unit of the CO2 column; undefined where nobody says what it is in. */
  readonly co2Factor: number | undefined;
  /** Time of the first row. */
  readonly first: Wall;
}

/** kPa to mmHg. */
const MMHG_PER_KPA = 7.500_62;

/** A header stands within so many lines of the beginning. */
const HEADER_LINES = 60;

/** Looks through a whole file once; a sentence where it cannot be read. */
export async function survey(
  link: FileLink,
  { path, bytes }: FileEntry,
  options: OptionValues,
  times: LocalTimes,
): Promise<Survey | string> {
  const head = await link.read(path, 0, Math.min(bytes, HEAD_BYTES));
  const headers: (Header & { readonly encoding: Encoding })[] = [];
  for (const encoding of encodingsOf(head)) {
    const header = await headerOf(link, { path, bytes: head.length }, encoding, options);
    if (header !== undefined) headers.push({ ...header, encoding });
  }
  // Read in a wrong encoding, fewer words of a header are words.
  const [header] = headers.toSorted((a, b) => knownColumns(b) - knownColumns(a));
  if (header === undefined) {
    return "no header that names a time and a value: set the columns by number (time_column, spo2_column...)";
  }
  const finder = createOrderFinder();
  const seen = await rowsSeen(link, { path, bytes }, header, (stamp) => finder.see(stamp));
  if (seen === undefined) return "no row with a date and a time";
  const order =
    DATE_ORDERS.find((known) => known === options["date_order"]) ?? finder.order(dateInName(path));
  if (order === undefined)
    return "day and month cannot be told apart in its dates: set the option date_order";
  const first = wallOf(seen.first, order, times);
  if (first === undefined) return `its first date is none in the order ${order}`;
  const unit = given(options["co2_unit"]) ?? header.columns.co2Unit ?? seen.co2Unit;
  const co2Factor = unit === undefined ? undefined : unit === "kPa" ? MMHG_PER_KPA : 1;
  return { path, bytes, ...header, order, co2Factor, first };
}

const knownColumns = ({ columns }: Header): number => Object.keys(columns.place).length;

/** The instant of a stamp; undefined where there is none in this order. */
export function wallOf(
  stamp: Stamp,
  order: DateOrder,
  times: LocalTimes,
  notBefore?: Wall,
): Wall | undefined {
  if ("instant" in stamp) return stamp.instant;
  const local = localTime(stamp, order);
  return local === undefined ? undefined : times(local, notBefore);
}

/** A row's stamp, from the column of the time and, where it has one, of the date. */
export function stampOfRow(cells: readonly string[], { place }: Columns): Stamp | undefined {
  const time = cells[place.time ?? -1] ?? "";
  const date = place.date === undefined ? "" : (cells[place.date] ?? "");
  return stampOf(date === "" ? time : `${date} ${time}`);
}

interface Header {
  readonly columns: Columns;
  readonly skip: number;
}

async function headerOf(
  link: FileLink,
  { path, bytes }: FileEntry,
  encoding: Encoding,
  options: OptionValues,
): Promise<Header | undefined> {
  let lines = 0;
  for await (const { text } of linesOf(link, path, { to: bytes, encoding })) {
    lines += 1;
    const named = columnsOfHeader(text);
    if (named !== undefined) return { columns: withOptions(named, options), skip: lines };
    const given = columnsOfOptions(text, options);
    if (given !== undefined && stampOfRow(cellsOf(text, given.delimiter), given) !== undefined) {
      return { columns: given, skip: lines - 1 };
    }
    if (lines >= HEADER_LINES) return undefined;
  }
  return undefined;
}

interface Seen {
  readonly first: Stamp;
  readonly co2Unit: ReturnType<typeof unitOf>;
}

async function rowsSeen(
  link: FileLink,
  { path, bytes }: FileEntry,
  { columns, skip, encoding }: Header & { readonly encoding: Encoding },
  see: (stamp: Stamp) => void,
): Promise<Seen | undefined> {
  let lines = 0;
  let first: Stamp | undefined;
  let co2Unit: Seen["co2Unit"];
  for await (const { text, whole } of linesOf(link, path, { to: bytes, encoding })) {
    lines += 1;
    if (lines <= skip || !whole) continue;
    const cells = cellsOf(text, columns.delimiter);
    const stamp = stampOfRow(cells, columns);
    if (stamp === undefined) continue;
    first ??= stamp;
    co2Unit ??= unitOf(cells[columns.place.co2 ?? -1] ?? "");
    see(stamp);
  }
  return first === undefined ? undefined : { first, co2Unit };
}

const given = (option: OptionValues[string] | undefined): "kPa" | "mmHg" | undefined =>
  option === "kPa" || option === "mmHg" ? option : undefined;
