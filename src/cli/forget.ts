import { forgetHome } from "../ops/forget-home.ts";
import { boxUser } from "../port/registry.ts";
import { readUsersOut, writeUsersOut } from "../server/users-out.ts";
import { wordsIn } from "../words/index.ts";
import { command, needed, UsageError } from "./command.ts";
import { STOPPED_OPTIONS, whileStopped } from "./stopped.ts";

/** `breathwatch forget`: deletes a home with everybody in it from a stopped hub. */
export const forgetCommand = command({
  name: "forget",
  usage: "--home ID --confirm ID  [--config FILE] [--data FOLDER]",
  about:
    "Deletes a home from a hub for good: its numbers, curves, alarms and summaries, its people, phones, limits and\n" +
    "record, its consents and links, everybody who is nothing anywhere else, its boxes and their credentials. Of a\n" +
    "hub that runs, an owner of the home does the same on its page. One line without a name remains. What a broker\n" +
    "outside still retains of the home is emptied only by the running hub: there use the page.",
  options: {
    home: { type: "string", value: "ID", help: "the id of the home" },
    confirm: { type: "string", value: "ID", help: "the same again" },
    ...STOPPED_OPTIONS,
  },
  examples: ["breathwatch forget --home qz4k7m2xpa --confirm qz4k7m2xpa --config hub.yaml"],
  async run({ values }, terminal) {
    const home = needed(values.home, "--home");
    if (needed(values.confirm, "--confirm") !== home)
      throw new UsageError("--confirm is not the same as --home.");
    return whileStopped(values, terminal, async ({ config, open }) => {
      if (config.hub === undefined)
        throw new UsageError("This is one home, not a hub: breathwatch wipe erases it.");
      const { stores, timeseries, close } = await open();
      try {
        const { state, accounts, registry, homes } = stores;
        const keepers = { clock: terminal.clock, registry, accounts, homes, timeseries, state };
        if (config.bus.url !== undefined) {
          // Before the home is gone: after that nothing would tell the hub, when it runs again, whom to put out.
          const inUse = (await registry.inUse()).filter(({ box }) => box.home === home);
          const out = [...(await readUsersOut(state)), ...inUse.map(({ box }) => boxUser(box))];
          await writeUsersOut(state, new Set(out));
        }
        const { beds, accounts: gone, boxes } = await forgetHome(keepers, home);
        terminal.say(
          `Home ${home} is deleted: ${beds.length} beds, ${gone} people, ${boxes.length} boxes in use.`,
        );
        terminal.say(wordsIn(config.language).privacy.forget.remains);
        if (config.bus.url !== undefined) {
          terminal.say(
            `The broker ${config.bus.url} may still retain the home's last messages; its box's user goes when the hub runs again.`,
          );
        }
        await terminal.print(
          `${JSON.stringify({ home, beds: beds.length, accounts: gone, boxes: boxes.length })}\n`,
        );
        return 0;
      } finally {
        await close();
      }
    });
  },
});
