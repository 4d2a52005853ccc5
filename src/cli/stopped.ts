import { stat } from "node:fs/promises";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import { lockDataDir } from "../ops/lock.ts";
import { createLog } from "../ops/log.ts";
import { machineZone } from "../ops/machine.ts";
import { invalidInput } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import type { Terminal } from "./terminal.ts";

/** The data folder of a home or hub that does not run. */
export interface Stopped {
  readonly config: HomeConfig;
  readonly dataDir: string;
  /** Opens it; the caller closes it. Rejects with the Fault of what cannot be had. */
  open(): Promise<DataFolder>;
}

/** Options that every command over a stopped data folder has. */
export const STOPPED_OPTIONS = {
  config: { type: "string", value: "FILE", help: "configuration of the home or hub" },
  data: { type: "string", value: "FOLDER", help: "its data folder, where the configuration names another" },
} as const;

/**
 * Works on a data folder while no other process uses it. Rejects with DATA_DIR_LOCKED where a home or hub runs, and with
 * INPUT_INVALID without a configuration or a folder.
 */
export async function whileStopped<Result>(
  values: { readonly config?: string | undefined; readonly data?: string | undefined },
  terminal: Terminal,
  work: (stopped: Stopped) => Promise<Result>,
): Promise<Result> {
  const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
  const { config } = found;
  if (config === undefined) {
    throw invalidInput(
      "There is no configuration without mistakes.",
      'Name it with --config; see what is wrong with "breathwatch check".',
    );
  }
  const dataDir = values.data === undefined ? found.dataDir : path.resolve(terminal.folder, values.data);
  await existing(dataDir);
  const { clock, random } = terminal;
  const lock = await lockDataDir(dataDir, clock);
  try {
    const log = createLog({ output: process.stderr, clock, level: "warn" });
    return await work({
      config,
      dataDir,
      open: () => openDataFolder({ config, dataDir, clock, random, log }),
    });
  } finally {
    await lock.release();
  }
}

/** The lock makes its folder; a name that was mistyped must not become one. */
async function existing(dataDir: string): Promise<void> {
  const found = await stat(dataDir).catch((error: unknown) => {
    throw invalidInput(
      `There is no data folder ${dataDir}.`,
      "Name it with --data, or its configuration with --config.",
      error,
    );
  });
  if (!found.isDirectory()) throw invalidInput(`${dataDir} is not a folder.`, "Name the data folder.");
}
