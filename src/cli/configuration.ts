import { readFile } from "node:fs/promises";
import path from "node:path";
import { DEVICES } from "../../devices/index.ts";
import { type Finding, type KnownFamily, type ReadResult, readConfig } from "../config/read.ts";
import { messageOf } from "../domain/fault.ts";
import { optionsProblem } from "../driver/options.ts";
import type { Terminal } from "./terminal.ts";

/** Device families as the configuration's reader wants to know them. */
export const knownFamilies = (): readonly KnownFamily[] =>
  DEVICES.map(({ id, options, facts: { night } }) => ({
    id,
    ...(night.suited === "no" ? { unsuited: night.reason } : {}),
    optionsProblem: (given) => optionsProblem(options, given),
  }));

/** What was found of a configuration, and where its data folder is. */
export interface FoundConfiguration extends ReadResult {
  /** Absent: there is no configuration file anywhere. */
  readonly file?: string;
  /** `dataDir` of the configuration, else the first of $STATE_DIRECTORY, else ./.breathwatch; absolute. */
  readonly dataDir: string;
}

/**
 * Reads `given` (from --config), else ./breathwatch.yaml, else /etc/breathwatch/breathwatch.yaml. Relative paths begin
 * at the terminal's folder. Never rejects: what is wrong stands in the findings, and `config` is then absent.
 */
export async function findConfiguration(
  given: string | undefined,
  terminal: Pick<Terminal, "folder" | "environment">,
  machine: { readonly zone: string },
): Promise<FoundConfiguration> {
  const { folder, environment } = terminal;
  const fallback = environment["STATE_DIRECTORY"]?.split(":")[0] ?? ".breathwatch";
  const dataDirOf = (named: string | undefined): string => path.resolve(folder, named ?? fallback);
  const places = given === undefined ? ["breathwatch.yaml", SYSTEM_FILE] : [given];
  for (const place of places) {
    const file = path.resolve(folder, place);
    try {
      const result = readConfig(await readFile(file, "utf8"), knownFamilies(), machine);
      return { ...result, file, dataDir: dataDirOf(result.dataDir) };
    } catch (error) {
      if (given === undefined && isAbsent(error)) continue;
      return { file, findings: [unreadable(file, error)], dataDir: dataDirOf(undefined) };
    }
  }
  return { findings: [], dataDir: dataDirOf(undefined) };
}

const SYSTEM_FILE = "/etc/breathwatch/breathwatch.yaml";

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

const unreadable = (file: string, error: unknown): Finding => ({
  level: "error",
  code: "CONFIG_UNREADABLE",
  where: file,
  what: isAbsent(error) ? "there is no such file" : messageOf(error),
  fix: isAbsent(error) ? "Check the name after --config." : "Give this user the right to read it.",
});
