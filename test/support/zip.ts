import { crc32, deflateRawSync } from "node:zlib";

/** A file of a zip for tests, which may lie about itself. */
export interface ZipPart {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Kept as they are instead of deflated. */
  readonly stored?: boolean;
  /** Unix mode with its kind of file; default: a plain file. */
  readonly mode?: number;
  readonly encrypted?: boolean;
  /** What the directory says the file unpacks to. */
  readonly statedBytes?: number;
}

/** A zip with one local header and one directory entry a file (PKWARE APPNOTE 4.3), as unix programs make it. */
export function zipOf(parts: readonly ZipPart[]): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    const data = part.stored === true ? Buffer.from(part.bytes) : deflateRawSync(part.bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (part.encrypted === true ? 1 : 0), 2);
    common.writeUInt16LE(part.stored === true ? 0 : 8, 4);
    common.writeUInt32LE(crc32(part.bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(part.statedBytes ?? part.bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((part.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03", "latin1"), common, tail, name]));
    locals.push(local);
    at += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, listed, end]);
}
