// `npm run nightly -- NAME`: checks that take minutes or a machine of their own, and are no part of `npm test`.
//
//   npm run nightly -- ble-guest             Bluetooth over a real kernel and bluetoothd, in an emulated machine
//   npm run nightly -- ble-guest --install   first install what it needs (apt-get)
//   npm run nightly -- nights                scenarios that last a whole night
//   npm run nightly -- oracle                alarm engine and oracle over ten times as many random nights
//   npm run nightly -- kills [--seed N]      a home that is killed 100 times in the middle of a call
//   npm run nightly -- cuts [--seed N]       200 kills and network cuts between a box, a broker and a hub; takes root
//
// The last line is "NAME passed" or "NAME failed"; exit code 0, 1, or 2 for wrong use.

import { ensureInstalled, root, say } from "./bootstrap.mjs";
import { bleGuest } from "./nightly/ble-guest.mjs";
import { cuts } from "./nightly/cuts.mjs";
import { kills } from "./nightly/kills.mjs";
import { nights } from "./nightly/nights.mjs";
import { oracle } from "./nightly/oracle.mjs";

/** @type {{ readonly [name: string]: (options: { install: boolean, seed?: number }) => boolean | Promise<boolean> }} */
const checks = { "ble-guest": bleGuest, cuts, kills, nights, oracle };

process.chdir(root);
const args = process.argv.slice(2);
const install = args.includes("--install") || process.env.CI === "true" || process.env.CI === "1";
const rest = args.filter((arg) => arg !== "--install");
const seedAt = rest.indexOf("--seed");
const [, given] = seedAt === -1 ? [] : rest.splice(seedAt, 2);
const [name = "", ...surplus] = rest;
const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
if (check === undefined || surplus.length > 0 || (seedAt !== -1 && !/^\d{1,9}$/.test(given ?? ""))) {
  say(
    `Usage: npm run nightly -- NAME [--install] [--seed N]; NAME is one of ${Object.keys(checks).join(", ")}.`,
  );
  process.exit(2);
}
ensureInstalled({ strict: true });
const passed = await check({ install, ...(given === undefined ? {} : { seed: Number(given) }) });
console.log(`${name} ${passed ? "passed" : "failed"}`);
process.exitCode = passed ? 0 : 1;
