/*
 * Memory card of Philips Respironics ventilators of family 3 (BiPAP S/T and AVAPS, DreamStation BiPAP S/T and AVAPS).
 *
 *   P-Series/<serial>/PROP.TXT, PROPERTIES.TXT          model and serial number, KEY=value
 *   P-Series/<serial>/p0, p1 .../<session>.001 .002 .005 .006   summary, events, waves, oximetry: one chunk or more each
 *
 *   chunk, little-endian
 *   | 00 file version | 01 length of all (u16) | 03 kind | 04 family | 05 version | 06 part | 07 session (u32) | 0B time (u32) |
 *   kind 0, file version 3:  | 0F n | n x (code, length) |
 *   kind 1:                  | 0F intervals (u16) | 11 seconds | 12 n | n x (kind, samples (u16), bits in version 3) | 00 |
 *   | sum of all before, modulo 256 | data | version 2: CRC-16/KERMIT; 3: CRC-32/MPEG-2 of the data, each byte as 00 00 00 b |
 *
 * The time is local time kept as if it were UTC. In kind 0 every record is its code and as many bytes as the table of its
 * own chunk says. Families other than 3, and versions other than 0, 3 and 6, are laid out differently and refused.
 */
import { crc16Kermit, crc32Mpeg2, sum8 } from "../../src/wire/checksum.ts";
import { u8, u16le, u32le } from "../../src/wire/field.ts";
import { frame } from "../../src/wire/frame.ts";

export const CHUNK = frame({
  name: "head of a chunk",
  lengthBytes: 15,
  constants: [],
  fields: {
    fileVersion: u8(0, "2 or 3"),
    length: u16le(1, "bytes of the whole chunk"),
    kind: u8(3, "0 records, 1 intervals"),
    family: u8(4, "3: ventilators"),
    version: u8(5, "0, 3 or 6"),
    part: u8(6, "1 summary, 2 events, 5 waves, 6 oximetry"),
    session: u32le(7, "session number"),
    time: u32le(11, "begin, local time as s since 1970"),
  },
});

/** Signal of a chunk of intervals. */
export interface Channel {
  /** Samples, and so bytes, in each interval. */
  readonly samples: number;
}

/** A chunk whose checks fit. */
export interface Chunk {
  readonly version: Version;
  readonly part: number;
  readonly session: number;
  /** Local time as if it were UTC, s. */
  readonly time: number;
  readonly data: Uint8Array;
  readonly layout:
    | { readonly kind: "records"; readonly lengths: ReadonlyMap<number, number> }
    | {
        readonly kind: "intervals";
        readonly count: number;
        readonly seconds: number;
        readonly channels: readonly Channel[];
      };
}

/** Versions of family 3 that are known: BiPAP C series, BiPAP S/T and AVAPS, DreamStation. */
export type Version = 0 | 3 | 6;

export const isVersion = (version: number): version is Version =>
  version === 0 || version === 3 || version === 6;

/** What a card of another machine, or a chunk that is damaged, gives. */
export interface Refusal {
  readonly refused: string;
  /** The file is of another family or version: not damaged, but not for us. */
  readonly other: boolean;
}

const FAMILY = 3;

/** The chunk that begins at `at`, or why it is refused; never throws. */
export function readChunk(bytes: Uint8Array, at: number): (Chunk & { readonly length: number }) | Refusal {
  const refuse = (refused: string, other = false): Refusal => ({ refused, other });
  if (bytes.length - at < CHUNK.lengthBytes) return refuse("a chunk that is cut off");
  const head = CHUNK.decode(bytes, at);
  if (head.fileVersion !== 2 && head.fileVersion !== 3)
    return refuse(`file version ${head.fileVersion}`, true);
  if (head.family !== FAMILY || !isVersion(head.version)) {
    return refuse(`a machine of family ${head.family}, version ${head.version}`, true);
  }
  const end = at + head.length;
  if (end > bytes.length) return refuse("a chunk that is cut off");
  const read = readLayout(bytes.subarray(0, end), at, head);
  if (typeof read === "string") return refuse(read);
  const { layout, headEnd } = read;
  const crcBytes = head.fileVersion === 2 ? 2 : 4;
  if (headEnd + 1 + crcBytes > end) return refuse("a head that is longer than its chunk");
  if (sum8(bytes, at, headEnd) !== bytes[headEnd]) return refuse("the sum of the head does not fit");
  const data = bytes.slice(headEnd + 1, end - crcBytes);
  const found = new DataView(bytes.buffer, bytes.byteOffset + end - crcBytes, crcBytes);
  const fits =
    head.fileVersion === 2
      ? found.getUint16(0, true) === crc16Kermit(data, 0, data.length)
      : found.getUint32(0, true) === widenedCrc(data);
  if (!fits) return refuse("the checksum of the data does not fit");
  return {
    version: head.version,
    part: head.part,
    session: head.session,
    time: head.time,
    data,
    layout,
    length: head.length,
  };
}

interface Layout {
  readonly layout: Chunk["layout"];
  readonly headEnd: number;
}

/** The bytes end with the chunk. */
function readLayout(
  bytes: Uint8Array,
  at: number,
  { fileVersion, kind }: { readonly fileVersion: number; readonly kind: number },
): Layout | string {
  let place = at + CHUNK.lengthBytes;
  const byte = (): number => bytes[place++] ?? 0;
  const word = (): number => byte() | (byte() << 8);
  const checked = (layout: Chunk["layout"]): Layout | string =>
    place > bytes.length ? "a head that is longer than its chunk" : { layout, headEnd: place };

  if (kind === 0) {
    const lengths = new Map<number, number>();
    const count = fileVersion === 3 ? byte() : 0;
    for (let i = 0; i < count; i++) lengths.set(byte(), byte());
    return checked({ kind: "records", lengths });
  }
  if (kind !== 1) return `a chunk of kind ${kind}`;
  const count = word();
  const seconds = byte();
  const channels = Array.from({ length: byte() }, (): Channel => {
    byte();
    const samples = word();
    if (fileVersion === 3) byte();
    return { samples };
  });
  byte();
  return checked({ kind: "intervals", count, seconds, channels });
}

/** The checksum of version 3 takes each byte for a word of four. */
function widenedCrc(data: Uint8Array): number {
  const wide = new Uint8Array(4 * data.length);
  data.forEach((byte, i) => {
    wide[4 * i + 3] = byte;
  });
  return crc32Mpeg2(wide, 0, wide.length);
}

/** One record of a chunk of records: its code and the bytes behind it. */
export interface CodedRecord {
  readonly code: number;
  readonly bytes: Uint8Array;
}

/** The records of a chunk by the lengths of its own table; the second: why it ended before its data did. */
export function recordsOf(
  data: Uint8Array,
  lengthOf: (code: number) => number | undefined,
): { readonly records: readonly CodedRecord[]; readonly problem: string | undefined } {
  const records: CodedRecord[] = [];
  for (let at = 0; at < data.length; ) {
    const code = data[at] ?? 0;
    const length = lengthOf(code);
    if (length === undefined)
      return { records, problem: `a record of code ${code}, whose length nobody says` };
    if (at + 1 + length > data.length)
      return { records, problem: `a record of code ${code} that is cut off` };
    records.push({ code, bytes: data.subarray(at + 1, at + 1 + length) });
    at += 1 + length;
  }
  return { records, problem: undefined };
}

/** A chunk of file version 3. */
export function encodeChunk({ version, part, session, time, data, layout }: Chunk): Uint8Array {
  const word = (value: number): number[] => [value & 0xff, value >> 8];
  const table =
    layout.kind === "records"
      ? [layout.lengths.size, ...[...layout.lengths].flat()]
      : [
          ...word(layout.count),
          layout.seconds,
          layout.channels.length,
          ...layout.channels.flatMap(({ samples }, kind) => [kind, ...word(samples), 8]),
          0,
        ];
  const headEnd = CHUNK.lengthBytes + table.length;
  const length = headEnd + 1 + data.length + 4;
  const kind = layout.kind === "records" ? 0 : 1;
  const bytes = new Uint8Array(length);
  bytes.set(CHUNK.encode({ fileVersion: 3, length, kind, family: FAMILY, version, part, session, time }));
  bytes.set(table, CHUNK.lengthBytes);
  bytes[headEnd] = sum8(bytes, 0, headEnd);
  bytes.set(data, headEnd + 1);
  new DataView(bytes.buffer).setUint32(length - 4, widenedCrc(data), true);
  return bytes;
}
