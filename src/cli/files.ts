import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { messageOf } from "../domain/fault.ts";
import { invalidInput } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** More is no night of one bed: a whole one at 50 lines a second has about 20 MB. */
const MOST_BYTES = 512 * 1024 * 1024;

/** A file's bytes, unpacked where they are gzip. Throws INPUT_INVALID. */
export async function readBytes(file: string, terminal: Pick<Terminal, "folder">): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path.resolve(terminal.folder, file));
  } catch (error) {
    throw invalidInput(
      `${file} cannot be read: ${messageOf(error)}.`,
      "Check the file's name and its permissions.",
      error,
    );
  }
  return unpack(file, bytes);
}

/** A text file, unpacked where it is gzip. Throws INPUT_INVALID. */
export const readText = async (file: string, terminal: Pick<Terminal, "folder">): Promise<string> =>
  new TextDecoder().decode(await readBytes(file, terminal));

/** Everything that comes, in one piece; unpacked where it is gzip. Throws INPUT_INVALID beyond the limit. */
export async function collect(name: string, chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw tooLong(name);
    pieces.push(chunk);
  }
  return unpack(name, Buffer.concat(pieces));
}

/** The first two bytes of every gzip file and the only method there is (RFC 1952, 2.3.1). */
export const isGzip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08;

async function unpack(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(name);
    throw invalidInput(
      `${name} cannot be unpacked: ${messageOf(error)}.`,
      "The file is damaged or cut off: copy it again.",
      error,
    );
  }
}

const tooLong = (name: string) =>
  invalidInput(`${name} has more than ${MOST_BYTES / 1024 / 1024} MB.`, "Cut it into nights.");
