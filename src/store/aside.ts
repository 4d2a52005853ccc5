import { existsSync, renameSync } from "node:fs";

/** Files that SQLite keeps beside its own. */
const TAILS = ["-wal", "-shm"];

/** Renames a database and what SQLite keeps beside it to `<file>.<word>-<n>`; returns the new name. */
export function moveAside(file: string, word: string): string {
  let aside = `${file}.${word}-1`;
  for (let n = 2; existsSync(aside); n++) aside = `${file}.${word}-${n}`;
  renameSync(file, aside);
  for (const tail of TAILS) if (existsSync(file + tail)) renameSync(file + tail, aside + tail);
  return aside;
}
