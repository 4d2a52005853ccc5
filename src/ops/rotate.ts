import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import path from "node:path";
import { Writable } from "node:stream";
import { callbackify } from "node:util";
import { messageOf } from "../domain/fault.ts";

/** Where a log is kept in a file, where no service manager keeps it. */
interface RotatingFileOptions {
  /** The newest lines; older files are `FILE.1`, `FILE.2`... */
  readonly file: string;
  /** A file that would get longer is put aside first. */
  readonly bytesMax: number;
  /** How many files are kept beside the newest. */
  readonly keep: number;
  /** Takes what the file does not take, so that it is not lost too: stderr. */
  readonly fallback: Writable;
}

/**
 * A stream into a file that puts itself aside when it is long, mode 0600. It never fails and never grows: what a full or
 * vanished disk refuses goes to the fallback, and each later line tries the file again.
 */
export function createRotatingFile({ file, bytesMax, keep, fallback }: RotatingFileOptions): Writable {
  let handle: FileHandle | undefined;
  let length = 0;
  let isRefused = false;

  const openFile = async (): Promise<FileHandle> => {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
    const opened = await open(file, "a", 0o600);
    ({ size: length } = await opened.stat());
    return opened;
  };
  const close = async (): Promise<void> => {
    const closing = handle;
    handle = undefined;
    await closing?.close();
  };
  const putAside = async (): Promise<void> => {
    await close();
    for (let age = keep; age > 0; age--) {
      const from = age === 1 ? file : `${file}.${age - 1}`;
      await rename(from, `${file}.${age}`).catch(ignoreAbsent);
    }
    // Without a place for the old one the file begins anew.
    if (keep === 0) await (await open(file, "w", 0o600)).close();
  };
  const take = async (bytes: Buffer): Promise<void> => {
    handle ??= await openFile();
    if (length > 0 && length + bytes.length > bytesMax) {
      await putAside();
      handle = await openFile();
    }
    await handle.appendFile(bytes);
    length += bytes.length;
  };

  const takeOrPassOn = async (bytes: Buffer): Promise<void> => {
    try {
      await take(bytes);
      isRefused = false;
    } catch (error) {
      if (!isRefused) fallback.write(`the log cannot be written to ${file}: ${messageOf(error)}\n`);
      isRefused = true;
      fallback.write(bytes);
      await closeQuietly();
    }
  };
  /** A file that cannot even be closed is opened anew all the same. */
  const closeQuietly = async (): Promise<void> => {
    try {
      await close();
    } catch (error) {
      fallback.write(`the log cannot be closed: ${messageOf(error)}\n`);
    }
  };

  return new Writable({
    decodeStrings: true,
    write: (bytes: Buffer, _, done) => callbackify(takeOrPassOn)(bytes, done),
    final: (done) => callbackify(closeQuietly)(done),
  });
}

function ignoreAbsent(error: unknown): void {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
  throw error;
}
