/**
 * A zip of files as they are, written as they come (PKWARE APPNOTE 4.3):
 *
 *     for each file   local header, name | its bytes | data descriptor: CRC-32, sizes
 *     at the end      a directory entry a file, end of directory
 *
 * Sizes and sums stand behind each file (flag bit 3), so that nothing has to be read twice. Runs in a browser too.
 */

import { crc32 } from "./checksum.ts";

/** Beyond these a zip needs another format (zip64), which no card does. */
export const ZIP_FILES_MAX = 65_000;
const ZIP_BYTES_MAX = 0xffff_0000;

/** Makes the parts of one zip, which are to be put one behind the other in the order of the calls. */
export interface ZipWriter {
  /** What comes before a file's bytes; a path with `/` that does not begin with one. */
  begin(path: string): Uint8Array<ArrayBuffer>;
  /** Told of the file's bytes, which follow unchanged. */
  data(bytes: Uint8Array): void;
  /** What comes behind them. */
  end(): Uint8Array<ArrayBuffer>;
  /** What comes behind the last file. */
  close(): Uint8Array<ArrayBuffer>;
}

interface Entry {
  readonly name: Uint8Array;
  readonly at: number;
  crc: number;
  size: number;
}

const VERSION = 20;
/** Sizes behind the data; names in UTF-8. */
const FLAGS = 0x0008 | 0x0800;
/** 1980-01-01, the first day there is: nobody needs to know when it was packed. */
const DATE = 0x0021;
/** An ordinary file of a unix system. */
const ATTRIBUTES = 0o100644 * 0x1_0000;

/** Throws RangeError for a zip that gets too large, or a call out of turn. */
export function createZip(): ZipWriter {
  const entries: Entry[] = [];
  let open: Entry | undefined;
  let passed = 0;

  const grow = (bytes: number): void => {
    passed += bytes;
    if (passed > ZIP_BYTES_MAX || entries.length > ZIP_FILES_MAX) throw new RangeError("too much for a zip");
  };

  return {
    begin(path) {
      if (open !== undefined) throw new RangeError("the file before is still open");
      const name = new TextEncoder().encode(path);
      open = { name, at: passed, crc: 0, size: 0 };
      entries.push(open);
      const header = part(30 + name.length, [
        [0, 4, 0x0403_4b50],
        [4, 2, VERSION],
        [6, 2, FLAGS],
        [12, 2, DATE],
        [26, 2, name.length],
      ]);
      header.set(name, 30);
      grow(header.length);
      return header;
    },
    data(bytes) {
      if (open === undefined) throw new RangeError("no file is open");
      open.crc = crc32(bytes, 0, bytes.length, open.crc);
      open.size += bytes.length;
      grow(bytes.length);
    },
    end() {
      if (open === undefined) throw new RangeError("no file is open");
      const { crc, size } = open;
      open = undefined;
      grow(16);
      return part(16, [
        [0, 4, 0x0807_4b50],
        [4, 4, crc],
        [8, 4, size],
        [12, 4, size],
      ]);
    },
    close() {
      const start = passed;
      const listed = entries.map(({ name, at, crc, size }) => {
        const entry = part(46 + name.length, [
          [0, 4, 0x0201_4b50],
          [4, 2, (3 << 8) | VERSION],
          [6, 2, VERSION],
          [8, 2, FLAGS],
          [14, 2, DATE],
          [16, 4, crc],
          [20, 4, size],
          [24, 4, size],
          [28, 2, name.length],
          [38, 4, ATTRIBUTES],
          [42, 4, at],
        ]);
        entry.set(name, 46);
        grow(entry.length);
        return entry;
      });
      const bytes = passed - start;
      const last = part(22, [
        [0, 4, 0x0605_4b50],
        [8, 2, entries.length],
        [10, 2, entries.length],
        [12, 4, bytes],
        [16, 4, start],
      ]);
      const whole = new Uint8Array(bytes + last.length);
      let at = 0;
      for (const piece of [...listed, last]) {
        whole.set(piece, at);
        at += piece.length;
      }
      return whole;
    },
  };
}

/** Little-endian numbers at their places; the rest is zero. */
function part(length: number, fields: readonly (readonly [at: number, bytes: 2 | 4, value: number])[]) {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const [at, size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
  return bytes;
}
