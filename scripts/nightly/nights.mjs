// The scenarios that last a whole night.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { root } from "../bootstrap.mjs";

/** @returns {boolean} whether every one went as it says */
export function nights() {
  const bin = path.join(root, "node_modules", ".bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const { status } = spawnSync(bin, [vitest, "run", "--project", "unit", "test/nights/scenarios.test.ts"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, BREATHWATCH_LONG_NIGHTS: "true" },
  });
  return status === 0;
}
