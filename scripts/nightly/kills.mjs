// A home that is killed in the middle of a call, many more times than every day.
import { randomInt } from "node:crypto";
import { say } from "../bootstrap.mjs";
import { runTests } from "./tests.mjs";

/** Some ten minutes. */
const KILLS = "100";

/**
 * Another seed each time, which is told.
 * @param {{ seed?: number }} options @returns {boolean} whether each time somebody was called, and nobody after an answer
 */
export function kills({ seed = randomInt(1, 1_000_000) }) {
  say(`kills: --seed ${seed}`);
  return runTests("system", ["test/system/kills.test.ts"], {
    BREATHWATCH_KILLS: process.env.BREATHWATCH_KILLS ?? KILLS,
    BREATHWATCH_KILLS_SEED: String(seed),
  });
}
