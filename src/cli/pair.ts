import { keptGrant, leaveEstate, pairWith, takeGrant } from "../config/pairing.ts";
import { rememberId } from "../config/remember.ts";
import { ensureEdgeKey } from "../crypt/edge-key.ts";
import { readClaimLink } from "../crypt/pairing.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { createHubPost } from "../ops/hub-request.ts";
import { lockDataDir } from "../ops/lock.ts";
import { createLog } from "../ops/log.ts";
import { machineZone } from "../ops/machine.ts";
import { createRandom } from "../ops/random.ts";
import { command } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import { openDataFolder } from "./data-folder.ts";
import type { Terminal } from "./terminal.ts";

/** `breathwatch pair`: makes this box the box of a home on a hub. */
export const pairCommand = command({
  name: "pair",
  usage: "LINK [--config FILE]",
  about:
    "Makes this box the box of a home on a hub. LINK is what the hub's page shows beside the QR code\n" +
    "(https://hub.example/pair#code=...). A box that takes a home over gets what the one before it left: people,\n" +
    'phones, limits. Stop the box first; start it again afterwards with "breathwatch edge".',
  options: {
    config: {
      type: "string",
      value: "FILE",
      help: "configuration; else ./breathwatch.yaml, else /etc/breathwatch/",
    },
  },
  positionals: { min: 1, max: 1, names: "LINK" },
  examples: ["breathwatch pair 'https://hub.example:8420/pair#code=abcde-fghij&pin=...'"],
  run: async ({ values, positionals: [given = ""] }, terminal) => {
    const link = readClaimLink(given);
    if (link === undefined) {
      throw new Fault("INPUT_INVALID", "This is not a pairing link.", {
        fix: "Copy the whole link from the hub's page: https://.../pair#code=...",
        permanent: true,
      });
    }
    const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
    if (found.config === undefined) {
      throw new Fault("CONFIG_UNREADABLE", "There is no configuration without mistakes for this box.", {
        fix: 'See what is wrong with "breathwatch check".',
        permanent: true,
      });
    }
    return pair(link, { config: found.config, dataDir: found.dataDir }, terminal);
  },
});

async function pair(
  link: NonNullable<ReturnType<typeof readClaimLink>>,
  { config, dataDir }: Pick<Parameters<typeof openDataFolder>[0], "config" | "dataDir">,
  terminal: Terminal,
): Promise<number> {
  const { clock } = terminal;
  const random = createRandom();
  const log = createLog({ output: process.stderr, clock, level: "warn" });
  const lock = await lockDataDir(dataDir, clock);
  try {
    const folder = await openDataFolder({ config, dataDir, clock, random, log });
    try {
      const { state } = folder.stores;
      const before = await keptGrant(state);
      const home = await rememberId(state, random, "home_id");
      const key = await ensureEdgeKey(state, random);
      const post = createHubPost(clock);
      const grant = await pairWith({ ...link, post, key, random, home });
      await takeGrant(state, grant);
      const took = grant.estate === undefined ? "" : " It took over people, phones and limits of the home.";
      terminal.say(`Paired with ${grant.hub} as the box of home ${grant.home}.${took}`);
      if (before !== undefined) terminal.say(`It no longer belongs to home ${before.home} at ${before.hub}.`);
      if (grant.ownerCode !== undefined) {
        terminal.say(`The family signs in at ${grant.hub} with the owner code ${grant.ownerCode}.`);
        if (grant.asks !== undefined) {
          terminal.say(
            `${grant.asks} asks to look in: it sees nothing until the family agrees there, on the page People.`,
          );
        }
      }
      if (grant.estate === undefined) {
        const beds = config.beds.map(({ id }) => id);
        // Whoever signs in at the hub first is then found among the people of before; the running box tries again.
        await leaveEstate({ post, state, key, grant, beds }).catch((error: unknown) => {
          terminal.say(`People and phones of this home go to the hub once the box runs: ${messageOf(error)}`);
        });
      }
      terminal.say('Start the box now: "breathwatch edge".');
      await terminal.print(`${grant.home}\n`);
      return 0;
    } finally {
      await folder.close();
    }
  } finally {
    await lock.release();
  }
}
