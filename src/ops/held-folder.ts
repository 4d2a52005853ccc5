import { copyFile, lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { messageOf } from "../domain/fault.ts";
import type { Log } from "../port/log.ts";

/** A copy of a data folder whose disk takes nothing any more. */
export interface HeldFolder {
  readonly folder: string;
  /** Removes it with everything in it: it holds keys. */
  remove(): Promise<void>;
}

/** Numbers and recordings stay where they are; locks and control files belong to another run. */
const LEFT = /^(timeseries\.sqlite|spool-|flight$|upload$|lock|control\.json|.*\.(damaged|before)-)/;
/** Of the system's temporary folder, which may be memory. */
const BYTES_MAX = 128 * 2 ** 20;
const DEPTH_MAX = 3;

/**
 * Copies what a box needs to know of itself (state, key, journals, records) out of a data folder that cannot be written
 * into a private folder for this run alone: what happens there is forgotten with it. What cannot be read is left out
 * and noted. Rejects with the system's error where there is no room for it.
 */
export async function holdFolder(dataDir: string, log: Log): Promise<HeldFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-held-"));
  const left = { bytes: BYTES_MAX };
  await copyTree(dataDir, folder, { log, left, depth: 0 });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function copyTree(
  from: string,
  to: string,
  copying: { readonly log: Log; readonly left: { bytes: number }; readonly depth: number },
): Promise<void> {
  const { log, left, depth } = copying;
  const names = await readdir(from).catch((error: unknown) => {
    log.note("held.unread", { name: path.basename(from), why: messageOf(error) }, "warn");
    return [];
  });
  for (const name of names) {
    if (depth === 0 && LEFT.test(name)) continue;
    try {
      const place = path.join(from, name);
      const found = await lstat(place);
      if (found.isDirectory() && depth < DEPTH_MAX) {
        await mkdir(path.join(to, name), { mode: 0o700 });
        await copyTree(place, path.join(to, name), { ...copying, depth: depth + 1 });
      }
      if (!found.isFile()) continue;
      if (found.size > left.bytes) throw new Error("too much for the temporary folder");
      await copyFile(place, path.join(to, name));
      left.bytes -= found.size;
    } catch (error) {
      log.note("held.unread", { name, why: messageOf(error) }, "warn");
    }
  }
}
