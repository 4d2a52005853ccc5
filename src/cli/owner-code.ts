import { Fault } from "../domain/fault.ts";
import { MINUTE_MS, wall } from "../domain/time.ts";
import { JOIN_CODE_MS, joinCodeHash, makeCode, renewOwnerCode } from "../server/owner-code.ts";
import { command, UsageError } from "./command.ts";
import type { DataFolder } from "./data-folder.ts";
import { STOPPED_OPTIONS, whileStopped } from "./stopped.ts";
import type { Terminal } from "./terminal.ts";

/** `breathwatch owner-code`: the way back in for an owner who has lost phone, password and paper. */
export const ownerCodeCommand = command({
  name: "owner-code",
  usage: "[--home ID]  [--config FILE] [--data FOLDER]",
  about:
    "Makes a new owner code for a stopped box or hub and prints it this once: whoever signs in with it is its owner. The\n" +
    "code of before, on paper, opens nothing any more.\n" +
    "With --home, on a hub: a code that makes one person owner of that home, once, within ten minutes. The home's record\n" +
    "says that it was made. Everybody who is signed in stays so.",
  options: {
    home: { type: "string", value: "ID", help: "on a hub: the id of the home" },
    ...STOPPED_OPTIONS,
  },
  examples: [
    "breathwatch owner-code --config home.yaml",
    "breathwatch owner-code --home qz4k7m2xpa --config hub.yaml",
  ],
  async run({ values: { home, ...values } }, terminal) {
    return whileStopped(values, terminal, async ({ config, open }) => {
      if (home !== undefined && config.hub === undefined)
        throw new UsageError("--home is for a hub: a box has one home.");
      const folder = await open();
      try {
        const code = home === undefined ? await own(folder, terminal) : await ofHome(folder, home, terminal);
        await terminal.print(`${code}\n`);
        terminal.say(
          home === undefined
            ? "Sign in with it once it runs again. It stays valid: keep it as you keep a house key."
            : `It makes one person owner of home ${home}, within ${JOIN_CODE_MS / MINUTE_MS} minutes: start the hub now.`,
        );
        return 0;
      } finally {
        await folder.close();
      }
    });
  },
});

async function own({ stores: { state } }: DataFolder, { clock, random }: Terminal): Promise<string> {
  const code = await renewOwnerCode({ state, random });
  await state.audit({ at: clock.wall(), action: "owner_code.made", detail: "command line" });
  return code;
}

async function ofHome(
  { stores: { registry, accounts, homes } }: DataFolder,
  home: string,
  { clock, random }: Terminal,
): Promise<string> {
  if ((await registry.home(home)) === undefined) {
    throw new Fault("NOT_FOUND", `There is no home ${home} on this hub.`, {
      fix: "Its id stands on the Homes page, and in the link of each of its beds.",
      permanent: true,
    });
  }
  const at = clock.wall();
  const code = makeCode(random);
  await accounts.addJoinCode({
    codeHash: joinCodeHash(code),
    to: { home, role: "owner" },
    expiresAt: wall(at + JOIN_CODE_MS),
  });
  await homes.of(home).audit({ at, action: "owner_code.made", detail: `command line, home ${home}` });
  return code;
}
