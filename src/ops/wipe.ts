import { randomFillSync } from "node:crypto";
import { lstat, open, readdir, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { Fault } from "../domain/fault.ts";
import { syncFolder } from "./sync-folder.ts";

/** What a wipe did. */
export interface Wiped {
  readonly files: number;
  readonly bytes: number;
}

const PIECE_BYTES = 1024 * 1024;

/**
 * Erases a data folder for good: first the key file, without which nothing sealed in it can be read any more, then every
 * file is overwritten with chance, synced and removed. Links are removed, never followed. The folder itself and the
 * files named in `keep` (its lock) stay. Rejects with DISK_FAILED where something is left.
 */
export async function wipeFolder(options: {
  readonly folder: string;
  readonly keyFile: string;
  readonly keep: readonly string[];
}): Promise<Wiped> {
  const { folder, keyFile, keep } = options;
  const done = { files: 0, bytes: 0 };
  await erase(keyFile, done);
  await syncFolder(path.dirname(keyFile));
  for (const name of await readdir(folder)) {
    if (!keep.includes(name)) await eraseTree(path.join(folder, name), done);
  }
  await syncFolder(folder);
  const left = (await readdir(folder)).filter((name) => !keep.includes(name));
  if (left.length > 0) {
    throw new Fault("DISK_FAILED", `Still in ${folder}: ${left.slice(0, 5).join(", ")}.`, {
      fix: "Stop whatever writes there, and wipe again.",
    });
  }
  return done;
}

interface Counted {
  files: number;
  bytes: number;
}

async function eraseTree(place: string, done: Counted): Promise<void> {
  const found = await lstat(place);
  if (!found.isDirectory()) return erase(place, done);
  for (const name of await readdir(place)) await eraseTree(path.join(place, name), done);
  await rmdir(place);
}

/** Harmless where there is no such file. */
async function erase(file: string, done: Counted): Promise<void> {
  const found = await lstat(file).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (found.isFile()) {
    await overwrite(file, found.size);
    done.files += 1;
    done.bytes += found.size;
  }
  await rm(file);
}

/** In its own place: what a file system or a medium keeps of the old bytes elsewhere is beyond a program. */
async function overwrite(file: string, bytes: number): Promise<void> {
  const handle = await open(file, "r+");
  try {
    const noise = Buffer.alloc(Math.min(bytes, PIECE_BYTES));
    for (let at = 0; at < bytes; at += noise.length) {
      randomFillSync(noise);
      await handle.write(noise, 0, Math.min(noise.length, bytes - at), at);
    }
    await handle.sync();
    await handle.truncate(0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
