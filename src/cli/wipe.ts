import { keptGrant } from "../config/pairing.ts";
import { keyFileOf } from "../ops/key-file.ts";
import { wipeFolder } from "../ops/wipe.ts";
import { command, needed, UsageError } from "./command.ts";
import { STOPPED_OPTIONS, type Stopped, whileStopped } from "./stopped.ts";
import type { Terminal } from "./terminal.ts";

/** `breathwatch wipe`: erases the data folder, verified; the box starts as from the factory. */
export const wipeCommand = command({
  name: "wipe",
  usage: "--confirm HOME-ID  [--config FILE] [--data FOLDER]",
  about:
    "Erases everything that is kept in the data folder, for good: first the key file is overwritten, synced and\n" +
    "removed, without which nothing sealed can be read; then every file is overwritten, synced and removed; then the\n" +
    "folder is looked at again. At the next start the box is a new home. Write out what is the family's first, with\n" +
    "breathwatch return. What a program cannot promise is said at the end.",
  options: {
    confirm: { type: "string", value: "HOME-ID", help: "the home's id: breathwatch return tells it" },
    ...STOPPED_OPTIONS,
  },
  examples: ["breathwatch wipe --confirm qz4k7m2xpa"],
  async run({ values }, terminal) {
    const confirmed = needed(values.confirm, "--confirm");
    return whileStopped(values, terminal, async (stopped) => {
      const elsewhere = await letGo(stopped, confirmed);
      const { config, dataDir } = stopped;
      const keyFile = keyFileOf(dataDir, config.security.keyFile);
      const wiped = await wipeFolder({ folder: dataDir, keyFile, keep: ["lock"] });
      terminal.say(`Erased: the key file, then ${wiped.files} files in all. ${dataDir} is empty.`);
      remains(elsewhere, stopped, terminal);
      await terminal.print(`${JSON.stringify({ home: confirmed, dataDir, ...wiped, empty: true })}\n`);
      return 0;
    });
  },
});

interface Elsewhere {
  /** Address of the hub that this box was paired with. */
  readonly hub: string | undefined;
}

/** Checks the home's id, and takes its numbers out of a store that is another program's. */
async function letGo({ config, open }: Stopped, confirmed: string): Promise<Elsewhere> {
  if (config.hub !== undefined)
    throw new UsageError("This is a hub of many homes: breathwatch forget deletes one.");
  const folder = await open();
  try {
    const { state } = folder.stores;
    if ((await state.value("home_id")) !== JSON.stringify(confirmed)) {
      throw new UsageError("--confirm is not the id of this home, so nothing was erased.");
    }
    if (config.store.engine !== "sqlite") {
      for (const { bed } of await folder.timeseries.beds()) await folder.timeseries.remove(bed);
    }
    return { hub: (await keptGrant(state))?.hub };
  } finally {
    await folder.close();
  }
}

function remains({ hub }: Elsewhere, { config }: Stopped, terminal: Terminal): void {
  terminal.say("What this cannot promise:");
  terminal.say(
    "- Flash (SD cards, sticks, SSDs) and copying file systems keep old blocks that no program reaches. What",
  );
  terminal.say(
    "  was sealed in them cannot be read without the key. Of the key itself a copy may lie in such a block, and",
  );
  terminal.say(
    "  pieces of what is never sealed: the alarm record with names, and what went over a device's link.",
  );
  terminal.say("  Whoever must be sure destroys the medium, or had the data folder on an encrypted one.");
  terminal.say("- Backups and exports that were made before, and copies of the key file elsewhere.");
  terminal.say("- The configuration (labels of beds, addresses) and log files: remove them by hand.");
  if (config.log?.file !== undefined) terminal.say(`  Here: ${config.log.file.path}`);
  if (hub !== undefined) terminal.say(`- What the hub ${hub} keeps: its owner deletes the home there.`);
}
