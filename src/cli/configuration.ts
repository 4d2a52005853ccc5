import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  type Finding,
  type KnownFamily,
  moduleFilesOf,
  type ReadResult,
  readConfig,
} from "../config/read.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { DeviceModule } from "../driver/contract.ts";
import type { Families } from "../driver/families.ts";
import { optionsProblem } from "../driver/options.ts";
import { machineZone } from "../ops/machine.ts";
import type { ChannelModule } from "../port/channel.ts";
import { loadChannels } from "./channel-modules.ts";
import { BUILT_IN, familiesWith, familyIn, isModuleFile } from "./families.ts";
import type { Terminal } from "./terminal.ts";

/** Device families as the configuration's reader wants to know them. */
const knownFamilies = ({ all }: Families): readonly KnownFamily[] =>
  all.map(({ id, options, facts: { night } }) => ({
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
  /** Those that come along, and the configuration's own. */
  readonly families: Families;
  /** Ways to reach people, of the configuration's own. */
  readonly channels: readonly ChannelModule[];
}

/**
 * Reads `given` (from --config), else ./breathwatch.yaml, else /etc/breathwatch/breathwatch.yaml. Relative paths begin
 * at the terminal's folder, those of `deviceModules` at the file's. Never rejects: what is wrong stands in the
 * findings, and `config` is then absent.
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
      const text = await readFile(file, "utf8");
      const { families, trouble } = await familiesOf(text, file);
      const result = readConfig(text, knownFamilies(families), machine);
      const dataDir = dataDirOf(result.dataDir);
      const { channels, troubles } = await loadChannels(
        moduleFilesOf(text, "channelModules"),
        path.dirname(file),
      );
      const found = { families, channels, file, dataDir };
      if (trouble === undefined) {
        return { ...result, findings: [...result.findings, ...troubles], ...found };
      }
      return { findings: [trouble, ...result.findings, ...troubles], ...found };
    } catch (error) {
      if (given === undefined && isAbsent(error)) continue;
      return {
        ...{ file, findings: [unreadable(file, error)], families: BUILT_IN, channels: [] },
        dataDir: dataDirOf(undefined),
      };
    }
  }
  return { findings: [], families: BUILT_IN, channels: [], dataDir: dataDirOf(undefined) };
}

/**
 * The family that a command was given: one that comes along, a module file, or one of the configuration's own. Throws
 * UsageError or DEVICE_MODULE.
 */
export async function familyNamed(
  name: string,
  terminal: Pick<Terminal, "folder" | "environment">,
  config?: string,
): Promise<DeviceModule> {
  const known = BUILT_IN.find(name);
  if (known !== undefined) return known;
  if (isModuleFile(name)) {
    const families = await familiesWith([name], terminal.folder);
    const own = families.all.find(({ id }) => families.isOutside(id));
    if (own !== undefined) return own;
  }
  const { families } = await findConfiguration(config, terminal, { zone: machineZone() });
  return familyIn(families, name);
}

const SYSTEM_FILE = "/etc/breathwatch/breathwatch.yaml";

/** The families of a configuration text; where one cannot be had, those that come along and why. */
async function familiesOf(
  text: string,
  file: string,
): Promise<{ readonly families: Families; readonly trouble?: Finding }> {
  try {
    return { families: await familiesWith(moduleFilesOf(text, "deviceModules"), path.dirname(file)) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, message, fix } = error;
    const trouble: Finding = {
      level: "error",
      code,
      where: "deviceModules",
      what: message.replace(/\.? \([A-Z_]+\)$/, ""),
      ...(fix === undefined ? {} : { fix }),
    };
    return { families: BUILT_IN, trouble };
  }
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

const unreadable = (file: string, error: unknown): Finding => ({
  level: "error",
  code: "CONFIG_UNREADABLE",
  where: file,
  what: isAbsent(error) ? "there is no such file" : messageOf(error),
  fix: isAbsent(error) ? "Check the name after --config." : "Give this user the right to read it.",
});
