/**
 * The card of a ResMed machine:
 *
 *   Identification.tgt | .json                  who it is                      } see identification.ts
 *   SETTINGS/*.tgt | CurrentSettings.json       settings in force              } see settings.ts
 *   STR.edf                                     a record a day, noon to noon   } see summary.ts
 *   DATALOG/YYYYMMDD/YYYYMMDD_HHMMSS_KIND.edf   one file of a kind for each time that the mask was on
 *
 * KIND: BRP waves at 25 Hz, PLD numbers each 2 s, SAD or SA2 oximetry each second, EVE and CSL annotations, AEV (not
 * read). The folder is named by the day on which the night began at noon; the file by its true local time.
 *
 * The files are EDF with checksums of the maker's own, CRC-16/CCITT-FALSE:
 *
 *   patient field   "X X X X CCCC SSSS": SSSS over the signal headers, CCCC over bytes 25 to 255, upper-case hex
 *   each record     the last signal, Crc16, has one sample: over the record's other bytes
 *
 * and a `.crc` beside them: CRC-32, little-endian, of the header's first 256 bytes and of the rest (of the whole file
 * for what is not EDF). It repeats what the files say of themselves and is not read for EDF.
 */
import { crc16Ccitt } from "../../src/wire/checksum.ts";
import {
  EDF_FIXED_BYTES,
  type EdfHeader,
  type EdfLayout,
  edfLayout,
  readEdfHeader,
  writeEdfHeader,
} from "../../src/wire/edf.ts";

export type FileKind = "BRP" | "PLD" | "SAD" | "EVE" | "CSL";

/** A file of DATALOG by its name. */
export interface DataFile {
  readonly path: string;
  readonly kind: FileKind;
  /** The day on which its night began: of the folder where there is one, else worked out from the time. YYYY-MM-DD. */
  readonly day: string;
  /** The time in its name, as seconds since 1970 as if it were UTC: to sort and to put together what belongs together. */
  readonly named: number;
}

/** A file whose header was read and stands. */
export interface CardFile {
  readonly header: EdfHeader;
  readonly layout: EdfLayout;
  /** Whether its records carry a checksum. */
  readonly summed: boolean;
}

const DATA_FILE =
  /(?:^|\/)DATALOG\/(?:(\d{4})(\d\d)(\d\d)\/)?(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_(BRP|PLD|SAD|SA2|EVE|CSL)\.edf$/i;
const KINDS: { readonly [name: string]: FileKind } = {
  BRP: "BRP",
  PLD: "PLD",
  SAD: "SAD",
  SA2: "SAD",
  EVE: "EVE",
  CSL: "CSL",
};
const HALF_A_DAY_S = 43_200;

/** What a path of the card is; undefined where it is no file of DATALOG that is read. */
export function dataFile(path: string): DataFile | undefined {
  const match = DATA_FILE.exec(path);
  const kind = KINDS[match?.[10]?.toUpperCase() ?? ""];
  if (match === null || kind === undefined) return undefined;
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = match.slice(4, 10).map(Number);
  const named = Date.UTC(year, month - 1, date, hour, minute, second) / 1000;
  const folder = match[1] === undefined ? undefined : `${match[1]}-${match[2]}-${match[3]}`;
  const day = folder ?? new Date((named - HALF_A_DAY_S) * 1000).toISOString().slice(0, 10);
  return { path, kind, day, named };
}

/** Where the two checksums of the patient field stand in the file. */
const HEADER_SUM_AT = 16;
const SIGNALS_SUM_AT = 21;
/** CCCC covers what follows the two. */
const HEADER_SUM_FROM = 25;
export const SUM_LABEL = "Crc16";

/** Opens a file by the bytes of its header; otherwise why it is refused. Never throws. */
export function openCardFile(bytes: Uint8Array): CardFile | string {
  const header = readEdfHeader(bytes);
  if (typeof header === "string") return header;
  const layout = edfLayout(header);
  const sums = /^X X X X ([0-9A-F]{4}) ([0-9A-F]{4})$/.exec(header.patient);
  if (sums !== null) {
    const signals = crc16Ccitt(bytes, EDF_FIXED_BYTES, layout.headerBytes);
    if (sums[2] !== hex4(signals)) return "the checksum of the signal headers does not fit";
    const fixed = crc16Ccitt(bytes, HEADER_SUM_FROM, EDF_FIXED_BYTES);
    if (sums[1] !== hex4(fixed)) return "the checksum of the header does not fit";
  }
  const last = header.signals.at(-1);
  return { header, layout, summed: last?.label === SUM_LABEL && last.samples === 1 };
}

/** Whether a record's own checksum fits; true where the file has none. */
export function isIntact({ summed, layout }: CardFile, record: Uint8Array): boolean {
  if (!summed) return true;
  const end = layout.recordBytes - 2;
  return crc16Ccitt(record, 0, end) === ((record[end] ?? 0) | ((record[end + 1] ?? 0) << 8));
}

/** The bytes of a header, with both checksums in its patient field. */
export function writeCardHeader(header: EdfHeader): Uint8Array {
  const bytes = writeEdfHeader({ ...header, patient: "X X X X 0000 0000" });
  putHex(bytes, SIGNALS_SUM_AT, crc16Ccitt(bytes, EDF_FIXED_BYTES, bytes.length));
  putHex(bytes, HEADER_SUM_AT, crc16Ccitt(bytes, HEADER_SUM_FROM, EDF_FIXED_BYTES));
  return bytes;
}

/** Puts a record's checksum into its last two bytes. */
export function sealRecord(record: Uint8Array): Uint8Array {
  const end = record.length - 2;
  const sum = crc16Ccitt(record, 0, end);
  record[end] = sum & 0xff;
  record[end + 1] = sum >> 8;
  return record;
}

/** Serial number in a header: "Startdate 22-AUG-2023 X X X SRN=23192691004  MID=36  VID=39". */
export const serialOf = ({ recording }: EdfHeader): string | undefined =>
  /\bSRN=([0-9A-Z]{4,20})(?:\s|$)/i.exec(recording)?.[1];

/** Platform by the header: 36 is the tenth series, other numbers are later ones. Undefined where it does not say. */
export function platformOf({ recording }: EdfHeader): Platform | undefined {
  const number = /\bMID=(\d{1,4})\b/.exec(recording)?.[1];
  if (number === undefined) return undefined;
  return Number(number) === TENTH_SERIES ? "air10" : "air11";
}

/** Mode numbers mean other things on either. */
export type Platform = "air10" | "air11";
const TENTH_SERIES = 36;

const hex4 = (value: number): string => value.toString(16).toUpperCase().padStart(4, "0");

function putHex(bytes: Uint8Array, at: number, value: number): void {
  bytes.set(new TextEncoder().encode(hex4(value)), at);
}
