import type { Wall } from "../domain/time.ts";
import { parseSamplesFile, type SamplesFile } from "../wire/samples-file.ts";
import { invalidInput } from "./command.ts";
import { readText } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** A samples file with at least one row; half-open [from, to), the last row stands for its own second. */
export interface SamplesNight extends SamplesFile {
  readonly from: Wall;
  readonly lastAt: Wall;
}

/** Reads a samples file, packed or not. Throws INPUT_INVALID that names file and line. */
export async function readSamples(file: string, terminal: Pick<Terminal, "folder">): Promise<SamplesNight> {
  const parsed = parseSamplesFile(await readText(file, terminal));
  const from = parsed.rows[0]?.at;
  const lastAt = parsed.rows.at(-1)?.at;
  if (from === undefined || lastAt === undefined) {
    throw invalidInput(`${file} has a header and no row.`, "Give it at least one row.");
  }
  return { ...parsed, from, lastAt };
}
