// Engine and oracle over many more random nights than every day's tests have time for.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { root } from "../bootstrap.mjs";

/** About 100,000 nights; a quarter of an hour on two cores. */
const TIMES = "10";

/** @returns {boolean} whether they agreed on every night */
export function oracle() {
  const bin = path.join(root, "node_modules", ".bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const tests = ["limits", "ladders", "commands"].map((name) => `test/unit/alarm/oracle-${name}.test.ts`);
  const { status } = spawnSync(bin, [vitest, "run", "--project", "unit", "--testTimeout=7200000", ...tests], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, BREATHWATCH_ORACLE_TIMES: process.env.BREATHWATCH_ORACLE_TIMES ?? TIMES },
  });
  return status === 0;
}
