/**
 * EDF and EDF+ files (www.edfplus.info): a header of 256 bytes, 256 more for each signal, then records of one duration
 * in which each signal has its fixed number of samples, little-endian. Bytes in, values out; what to read when, and
 * whether a header's promises hold, is the caller's. Annotations: edf-annotations.ts.
 */

/** Digital and physical range of one signal; the two ranges are one straight line. */
export interface EdfScale {
  readonly physicalMin: number;
  readonly physicalMax: number;
  readonly digitalMin: number;
  readonly digitalMax: number;
}

export interface EdfSignal extends EdfScale {
  /** Texts without the blanks around them; characters beyond ASCII are Latin-1. */
  readonly label: string;
  /** Unit of the physical range as the writer spells it; often empty. */
  readonly dimension: string;
  readonly transducer?: string;
  readonly prefilter?: string;
  readonly reserved?: string;
  /** In one record. */
  readonly samples: number;
}

/** Local time as the header shows it: EDF knows no zone. */
export interface EdfTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export interface EdfHeader {
  readonly patient: string;
  readonly recording: string;
  readonly start: EdfTime;
  /** "", "EDF+C" (no gaps), "EDF+D" (records have their own times), or a maker's mark. */
  readonly reserved: string;
  /** How many records the writer says there are; -1 while it does not know. Files that grow have more: recordsIn(). */
  readonly records: number;
  /** Duration of one record; 0 in files that hold annotations only. */
  readonly recordSeconds: number;
  readonly signals: readonly EdfSignal[];
}

/** Where things stand in a file, worked out once. */
export interface EdfLayout {
  readonly headerBytes: number;
  readonly recordBytes: number;
  /** Place of each signal's first sample in a record, in bytes. */
  readonly offsets: readonly number[];
}

/** Length of the first part of a header. */
export const EDF_FIXED_BYTES = 256;
const SIGNAL_BYTES = 256;
/** No device known has more; a header that says so is damaged. */
const MOST_SIGNALS = 512;
const MOST_SAMPLES = 1_000_000;
const LONGEST_RECORD_BYTES = 4 << 20;
/** A day, as daily statistics have it. */
const LONGEST_RECORD_SECONDS = 86_400;
const MOST_RECORDS = 10_000_000;
const SAMPLE_BYTES = 2;

/** Name, width and order of the columns of the signal headers. */
const COLUMNS = [
  ["label", 16],
  ["transducer", 80],
  ["dimension", 8],
  ["physicalMin", 8],
  ["physicalMax", 8],
  ["digitalMin", 8],
  ["digitalMax", 8],
  ["prefilter", 80],
  ["samples", 8],
  ["reserved", 32],
] as const;

type Column = (typeof COLUMNS)[number][0];

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** How long the header is by its first 256 bytes; otherwise why these are not the beginning of a header. */
export function edfHeaderBytes(bytes: Uint8Array): number | string {
  if (bytes.length < EDF_FIXED_BYTES) return "shorter than an EDF header";
  if (text(bytes, 0, 8) !== "0") return "not an EDF file";
  const signals = integer(text(bytes, 252, 4));
  if (signals === undefined || signals < 1 || signals > MOST_SIGNALS) return "an absurd number of signals";
  const length = EDF_FIXED_BYTES + signals * SIGNAL_BYTES;
  if (integer(text(bytes, 184, 8)) !== length) return "a header length that does not fit its signals";
  return length;
}

/** A whole header; otherwise why it is refused. Never throws, whatever the bytes are. */
export function readEdfHeader(bytes: Uint8Array): EdfHeader | string {
  const length = edfHeaderBytes(bytes);
  if (typeof length === "string") return length;
  if (bytes.length < length) return "a header that is not complete";
  const start = readStart(bytes);
  if (start === undefined) return "a start that is no date and time";
  const records = integer(text(bytes, 236, 8));
  if (records === undefined || records < -1 || records > MOST_RECORDS) return "an absurd number of records";
  const recordSeconds = real(text(bytes, 244, 8));
  if (recordSeconds === undefined || recordSeconds < 0 || recordSeconds > LONGEST_RECORD_SECONDS) {
    return "an absurd duration of a record";
  }
  const signals: EdfSignal[] = [];
  for (let i = 0; i < (length - EDF_FIXED_BYTES) / SIGNAL_BYTES; i++) {
    const signal = readSignal(bytes, i, (length - EDF_FIXED_BYTES) / SIGNAL_BYTES);
    if (typeof signal === "string") return signal;
    signals.push(signal);
  }
  const recordBytes = signals.reduce((sum, { samples }) => sum + samples, 0) * SAMPLE_BYTES;
  if (recordBytes > LONGEST_RECORD_BYTES) return "an absurd length of a record";
  return {
    patient: text(bytes, 8, 80),
    recording: text(bytes, 88, 80),
    start,
    reserved: text(bytes, 192, 44),
    records,
    recordSeconds,
    signals,
  };
}

/** Where header, records and signals stand. */
export function edfLayout({ signals }: Pick<EdfHeader, "signals">): EdfLayout {
  const offsets: number[] = [];
  let at = 0;
  for (const { samples } of signals) {
    offsets.push(at);
    at += samples * SAMPLE_BYTES;
  }
  return { headerBytes: EDF_FIXED_BYTES + signals.length * SIGNAL_BYTES, recordBytes: at, offsets };
}

/**
 * Whole records in a file of this length, whatever its header says: a file that grows has a count of -1 or one that
 * lags behind, one that was cut off a count that is too high.
 */
export const recordsIn = ({ headerBytes, recordBytes }: EdfLayout, fileBytes: number): number =>
  Math.max(0, Math.floor((fileBytes - headerBytes) / recordBytes));

/** One sample as it stands in a record; 0 beyond the record's end. */
export function rawSample(record: Uint8Array, { offsets }: EdfLayout, signal: number, index: number): number {
  const at = (offsets[signal] ?? record.length) + index * SAMPLE_BYTES;
  const value = (record[at] ?? 0) | ((record[at + 1] ?? 0) << 8);
  return value >= 0x8000 ? value - 0x10000 : value;
}

/** Puts one sample into a record. */
export function setRawSample(
  record: Uint8Array,
  { offsets }: EdfLayout,
  place: { readonly signal: number; readonly index: number },
  raw: number,
): void {
  const at = (offsets[place.signal] ?? record.length) + place.index * SAMPLE_BYTES;
  record[at] = raw & 0xff;
  record[at + 1] = (raw >> 8) & 0xff;
}

/** Digital to physical; the digital value is not checked against its range. */
export const toPhysical = (scale: EdfScale, raw: number): number =>
  (raw - scale.digitalMin) * stepOf(scale) + scale.physicalMin;

/** Physical to the nearest digital value within the range. */
export function toRaw(scale: EdfScale, physical: number): number {
  const raw = Math.round((physical - scale.physicalMin) / stepOf(scale) + scale.digitalMin);
  return Math.min(scale.digitalMax, Math.max(scale.digitalMin, raw));
}

/** What one digital step is worth. */
export const stepOf = (scale: EdfScale): number =>
  (scale.physicalMax - scale.physicalMin) / (scale.digitalMax - scale.digitalMin);

/** The bytes of a header. Texts that are too long are cut; throws RangeError on a number that does not fit its field. */
export function writeEdfHeader(header: EdfHeader): Uint8Array {
  const { signals, start } = header;
  const { headerBytes } = edfLayout(header);
  const bytes = new Uint8Array(headerBytes).fill(0x20);
  const two = (value: number): string => String(value % 100).padStart(2, "0");
  put(bytes, 0, 8, "0");
  put(bytes, 8, 80, header.patient);
  put(bytes, 88, 80, header.recording);
  put(bytes, 168, 8, `${two(start.day)}.${two(start.month)}.${two(start.year)}`);
  put(bytes, 176, 8, `${two(start.hour)}.${two(start.minute)}.${two(start.second)}`);
  put(bytes, 184, 8, fitting(headerBytes, 8));
  put(bytes, 192, 44, header.reserved);
  put(bytes, 236, 8, fitting(header.records, 8));
  put(bytes, 244, 8, fitting(header.recordSeconds, 8));
  put(bytes, 252, 4, fitting(signals.length, 4));
  let at = EDF_FIXED_BYTES;
  for (const [column, width] of COLUMNS) {
    for (const signal of signals) {
      const value = signal[column] ?? "";
      put(bytes, at, width, typeof value === "number" ? fitting(value, width) : value);
      at += width;
    }
  }
  return bytes;
}

/** The date as the recording field of EDF+ begins: "Startdate 02-FEB-2025". */
export const startdateText = ({ year, month, day }: Pick<EdfTime, "year" | "month" | "day">): string =>
  `Startdate ${String(day).padStart(2, "0")}-${MONTHS[month - 1] ?? "X"}-${year}`;

/** The year has four digits only in the recording field of EDF+; else 85 to 99 are of the last century. */
function readStart(bytes: Uint8Array): EdfTime | undefined {
  const date = /^(\d\d)\.(\d\d)\.(\d\d)$/.exec(text(bytes, 168, 8));
  const time = /^(\d\d)\.(\d\d)\.(\d\d)$/.exec(text(bytes, 176, 8));
  if (date === null || time === null) return undefined;
  const [day, month, short] = date.slice(1).map(Number);
  const [hour, minute, second] = time.slice(1).map(Number);
  const full = /^Startdate \d\d-[A-Z]{3}-(\d{4})\b/.exec(text(bytes, 88, 80));
  const written = Number(full?.[1] ?? Number.NaN);
  const year = written % 100 === short ? written : (short ?? 0) + ((short ?? 0) >= 85 ? 1900 : 2000);
  const start = { year, month: month!, day: day!, hour: hour!, minute: minute!, second: second! };
  const at = new Date(Date.UTC(year, start.month - 1, start.day, start.hour, start.minute, start.second));
  const exists =
    at.getUTCMonth() === start.month - 1 &&
    at.getUTCDate() === start.day &&
    at.getUTCHours() === start.hour &&
    at.getUTCMinutes() === start.minute &&
    at.getUTCSeconds() === start.second;
  return exists ? start : undefined;
}

function readSignal(bytes: Uint8Array, index: number, count: number): EdfSignal | string {
  const of: { [name in Column]?: string } = {};
  let at = EDF_FIXED_BYTES;
  for (const [column, width] of COLUMNS) {
    of[column] = text(bytes, at + index * width, width);
    at += width * count;
  }
  const samples = integer(of.samples ?? "");
  if (samples === undefined || samples < 1 || samples > MOST_SAMPLES) return "an absurd number of samples";
  const physicalMin = real(of.physicalMin ?? "");
  const physicalMax = real(of.physicalMax ?? "");
  const digitalMin = integer(of.digitalMin ?? "");
  const digitalMax = integer(of.digitalMax ?? "");
  const isWhole =
    physicalMin !== undefined &&
    physicalMax !== undefined &&
    digitalMin !== undefined &&
    digitalMax !== undefined;
  if (!isWhole || physicalMin === physicalMax) return "a physical range that is no range";
  // Makers keep counters without a sign, up to 65534, in samples that EDF gives one.
  if (digitalMin >= digitalMax || digitalMin < -32_768 || digitalMax > 65_535) {
    return "a digital range that is no range";
  }
  return {
    label: of.label ?? "",
    dimension: of.dimension ?? "",
    ...(of.transducer ? { transducer: of.transducer } : {}),
    ...(of.prefilter ? { prefilter: of.prefilter } : {}),
    ...(of.reserved ? { reserved: of.reserved } : {}),
    physicalMin,
    physicalMax,
    digitalMin,
    digitalMax,
    samples,
  };
}

/** Latin-1 without the blanks (and, from careless writers, zero bytes) around it. */
function text(bytes: Uint8Array, at: number, length: number): string {
  let characters = "";
  for (const byte of bytes.subarray(at, at + length)) characters += String.fromCharCode(byte);
  return characters.replace(/^[\s\0]+|[\s\0]+$/g, "");
}

function integer(digits: string): number | undefined {
  return /^[+-]?\d{1,8}$/.test(digits) ? Number(digits) : undefined;
}

function real(digits: string): number | undefined {
  const value =
    /^[+-]?\d*\.?\d*(?:[eE][+-]?\d{1,3})?$/.test(digits) && /\d/.test(digits) ? Number(digits) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

function put(bytes: Uint8Array, at: number, width: number, characters: string): void {
  for (let i = 0; i < Math.min(width, characters.length); i++) {
    const code = characters.charCodeAt(i);
    bytes[at + i] = code > 0xff ? 0x3f : code;
  }
}

function fitting(value: number, width: number): string {
  const digits = String(value);
  if (Number.isFinite(value) && digits.length <= width) return digits;
  throw new RangeError(`${digits} does not fit a field of ${width} characters`);
}
