import { spawnSync } from "node:child_process";
import path from "node:path";
import { root } from "../bootstrap.mjs";

/**
 * Runs tests of every day with more to do.
 * @param {string} project of vitest.config.ts
 * @param {readonly string[]} args files, and options of vitest
 * @param {{ readonly [name: string]: string }} more environment that tells them how much
 * @returns {boolean} whether all passed
 */
export function runTests(project, args, more) {
  const bin = path.join(root, "node_modules", ".bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const { status } = spawnSync(bin, [vitest, "run", "--project", project, ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...more },
  });
  return status === 0;
}
