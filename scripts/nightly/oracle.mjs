// Engine and oracle over many more random nights than every day's tests have time for.
import { runTests } from "./tests.mjs";

/** About 100,000 nights; a quarter of an hour on two cores. */
const TIMES = "10";

/** @returns {boolean} whether they agreed on every night */
export function oracle() {
  const tests = ["limits", "ladders", "commands"].map((name) => `test/unit/alarm/oracle-${name}.test.ts`);
  const times = process.env.BREATHWATCH_ORACLE_TIMES ?? TIMES;
  return runTests("unit", ["--testTimeout=7200000", ...tests], { BREATHWATCH_ORACLE_TIMES: times });
}
