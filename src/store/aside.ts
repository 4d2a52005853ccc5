import { existsSync, renameSync } from "node:fs";

/** A database, and the files that SQLite keeps beside it. */
const PARTS = ["", "-wal", "-shm"];

/**
 * Renames a database and what SQLite keeps beside it to `<file>.<word>-<n>`; returns the new name. A tail whose database is
 * gone goes too: SQLite would replay it into whatever takes its place. Undefined: nothing of it was there.
 */
export function moveAside(file: string, word: string): string | undefined {
  const there = PARTS.filter((part) => existsSync(file + part));
  if (there.length === 0) return undefined;
  let n = 1;
  while (PARTS.some((part) => existsSync(`${file}.${word}-${n}${part}`))) n++;
  const aside = `${file}.${word}-${n}`;
  for (const part of there) renameSync(file + part, aside + part);
  return aside;
}
