// A whole night of kills and network cuts between a box, a broker and a hub, each in a network namespace of its own.
import { randomInt } from "node:crypto";
import { say } from "../bootstrap.mjs";
import { presentPackages } from "../system-packages.mjs";
import { runTests } from "./tests.mjs";

const CUTS = "200";

/**
 * A quarter of an hour. Another seed each time, which is told; the same seed makes the same plan, though not the same
 * moments.
 * @param {{ seed?: number }} options @returns {boolean} whether everything was stored once
 */
export function cuts({ seed = randomInt(1, 1_000_000) }) {
  say(`cuts: --seed ${seed}`);
  return runTests("system", ["test/system/cuts.test.ts"], {
    // What cannot be had must fail here, and not be skipped.
    CI: "1",
    BREATHWATCH_HAVE: presentPackages().join(","),
    BREATHWATCH_CUTS: process.env.BREATHWATCH_CUTS ?? CUTS,
    BREATHWATCH_CUTS_SEED: String(seed),
  });
}
