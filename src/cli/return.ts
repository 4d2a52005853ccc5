import path from "node:path";
import { command, needed, UsageError } from "./command.ts";
import { exportFamily } from "./family-export.ts";
import { STOPPED_OPTIONS, whileStopped } from "./stopped.ts";

/** `breathwatch return`: everything that is the family's, in open formats, before a box on loan goes back. */
export const returnCommand = command({
  name: "return",
  usage: "--export FOLDER  [--config FILE] [--data FOLDER]",
  about:
    "Before a box goes back: writes everything that is kept of the home into a folder, for the family. Numbers of\n" +
    "each night as CSV, curves and settings as JSON Lines, alarms, limits with their history, the hash-chained\n" +
    "record, care, notes, duty, people, protocols, and index.html that says in three languages what each file is.\n" +
    "Nothing is changed here. The files are not encrypted. Look at them, then erase the box with breathwatch wipe.",
  options: {
    export: { type: "string", value: "FOLDER", help: "a folder that is empty or not there" },
    ...STOPPED_OPTIONS,
  },
  examples: ["breathwatch return --export /media/stick/our-nights"],
  async run({ values }, terminal) {
    const out = path.resolve(terminal.folder, needed(values.export, "--export"));
    return whileStopped(values, terminal, async ({ config, dataDir, open }) => {
      if (config.hub !== undefined) throw new UsageError("This is a hub of many homes; a box is returned.");
      const folder = await open();
      try {
        const { state } = folder.stores;
        const files = await exportFamily({
          ...{ state, dataDir, out, zone: config.zone, signal: terminal.signal },
          timeseries: folder.timeseries,
          beds: config.beds.map(({ id }) => id),
          say: (words) => terminal.say(words),
        });
        const home: unknown = JSON.parse((await state.value("home_id")) ?? "null");
        await state.audit({
          at: terminal.clock.wall(),
          action: "home.returned",
          detail: `${files.length} files`,
        });
        terminal.say(`${files.length} files in ${out}: begin with index.html.`);
        terminal.say(`Look at them. To erase the box then: breathwatch wipe --confirm ${String(home)}`);
        await terminal.print(`${JSON.stringify({ home, out, files: files.length })}\n`);
        return 0;
      } finally {
        await folder.close();
      }
    });
  },
});
