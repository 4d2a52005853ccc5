// One run of vitest, and what it says of itself in files: only what is written there has happened.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root, tool } from "./bootstrap.mjs";
import { presentPackages } from "./system-packages.mjs";

/**
 * @typedef {{ status: string, title: string, ancestorTitles: string[] }} TestOutcome
 * @typedef {{ name: string, failed: boolean, message: string, tests: TestOutcome[] }} FileOutcome
 * @typedef {{ files: FileOutcome[], troubles: string[] }} RunOutcome
 */

/**
 * Runs tests and shows their output while they run.
 * @param {readonly string[]} args what vitest is given: files, options
 * @returns {RunOutcome} the files, and every trouble that belongs to none of them; nothing is thrown
 */
export function runVitest(args) {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-test-"));
  const results = path.join(folder, "results.json");
  const outcome = path.join(folder, "outcome.json");
  const env = {
    ...process.env,
    BREATHWATCH_OUTCOME: outcome,
    BREATHWATCH_HAVE: presentPackages().join(","),
    BREATHWATCH_RECORDINGS: path.resolve(
      process.env.BREATHWATCH_RECORDINGS ?? path.join(root, "..", "shared", "recordings"),
    ),
    NODE_ENV: "test",
    // Hundreds of processes are started from the same sources: each would read and compile them anew.
    NODE_COMPILE_CACHE: path.join(folder, "compiled"),
    // A log that is read later has no use for colours.
    ...(process.stdout.isTTY ? {} : { NO_COLOR: "1", FORCE_COLOR: undefined }),
  };
  const own = path.join(root, "scripts/outcome-reporter.mjs");
  const reporters = ["default", "json", own].map((reporter) => `--reporter=${reporter}`);
  const [node, ...vitestArgs] = [
    ...tool("vitest/vitest.mjs"),
    ...["run", ...reporters, `--outputFile.json=${results}`, ...args],
  ];
  const run = spawnSync(node, vitestArgs, { env, stdio: ["ignore", "inherit", "inherit"] });
  try {
    const files = JSON.parse(readFileSync(results, "utf8")).testResults.map(fileOutcome);
    const { errors, reason } = JSON.parse(readFileSync(outcome, "utf8"));
    const troubles = errors.map((message) => `an error outside of every test: ${message}`);
    const isExplained = run.status === 0 || troubles.length > 0 || files.some(({ failed }) => failed);
    if (!isExplained || reason === "interrupted") {
      troubles.push(`vitest ended with ${run.error?.message ?? run.status ?? run.signal}, ${reason}`);
    }
    return { files, troubles };
  } catch (error) {
    return { files: [], troubles: [`no results were written: ${error.message}`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {FileOutcome} */
function fileOutcome({ name, status, message, assertionResults: tests }) {
  const failed = status !== "passed" || tests.some((test) => test.status === "failed");
  return { name: path.relative(root, name), failed, message, tests };
}
