// `npm test`: every check and every test, on a fresh clone with nothing but some Node and npm.
//
//   npm test                            everything
//   npm test -- test/unit/time.test.ts  these tests only (arguments go to vitest; no static checks)
//   npm test -- --install               first install the system packages that tests ask for (so does CI=true)
//   npm run check                       the static checks only
//
// The last line is always "N passed, N failed, N skipped". Nothing that did not run counts as passed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureInstalled, ensurePages, hasPages, root, say, tool } from "./bootstrap.mjs";
import { installMissing, presentPackages, reportMissing } from "./system-packages.mjs";

const inCi = process.env.CI === "true" || process.env.CI === "1";
const args = process.argv.slice(2);
const install = takeOption("--install") || inCi;
const staticOnly = takeOption("--static");
const count = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const skipped = [];
/** @type {string[]} */
const failures = [];

process.chdir(root);
if (packagesMatch()) {
  if (!staticOnly) checkMachine();
  if (args.length === 0) staticChecks();
  if (!staticOnly) vitest();
}
summary();

/** @returns {boolean} whether the packages are those of the lock; nothing else can be trusted otherwise */
function packagesMatch() {
  try {
    ensureInstalled({ strict: true });
    return true;
  } catch (error) {
    failed("packages", 0, error.message);
    return false;
  }
}

/** What the machine lacks: a skip on a person's machine, said by name; a failure where everything was to be there. */
function checkMachine() {
  if (install) installMissing();
  const missing = reportMissing();
  if (missing.length === 0) return;
  if (install) failed("system packages", 0, `could not be installed: ${missing.join(", ")}`);
  else say("npm test -- --install  installs them (apt-get).");
}

function staticChecks() {
  run("types: src, devices, test", tool("typescript/bin/tsc"), ["--noEmit"]);
  run("types: pages", tool("typescript/bin/tsc"), ["--noEmit", "-p", "dashboards/tsconfig.json"]);
  if (existsSync("dashboards/shared/sw.ts")) {
    run("types: service worker", tool("typescript/bin/tsc"), [
      "--noEmit",
      "-p",
      "dashboards/tsconfig.sw.json",
    ]);
  } else skip("types: service worker", "no service worker yet");
  const strict = ["--type-aware", "--deny-warnings", "--report-unused-disable-directives"];
  run("lint", tool("oxlint/bin/oxlint"), [...strict, "."], /on [1-9]\d* files/);
  run(
    "format",
    tool("@biomejs/biome/bin/biome"),
    ["check", "--error-on-warnings", "."],
    /Checked [1-9]\d* files/,
  );
  run(
    "imports",
    [tool("typescript/bin/tsc")[0], "scripts/check-imports.mjs"],
    [],
    /[1-9]\d* modules looked at/,
  );
  run("dead code", tool("knip/bin/knip.js"), ["--no-progress", "--no-config-hints"]);
  if (hasPages()) timed("page build", () => ensurePages({ strict: true, quiet: true }));
  else skip("page build", "no pages yet");
}

/** Runs the tests and reads what vitest wrote of them; what it did not write did not pass. */
function vitest() {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-test-"));
  const results = path.join(folder, "results.json");
  const env = {
    ...process.env,
    BREATHWATCH_HAVE: presentPackages().join(","),
    BREATHWATCH_RECORDINGS: path.resolve(
      process.env.BREATHWATCH_RECORDINGS ?? path.join(root, "..", "shared", "recordings"),
    ),
    NODE_ENV: "test",
    // A log that is read later has no use for colours.
    ...(process.stdout.isTTY ? {} : { NO_COLOR: "1", FORCE_COLOR: undefined }),
  };
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
  const [node, ...vitestArgs] = [...tool("vitest/vitest.mjs"), "run", ...reporters, ...args];
  const run = spawnSync(node, vitestArgs, { env, stdio: ["ignore", "inherit", "inherit"] });
  const before = count.failed;
  let executed = 0;
  try {
    for (const file of JSON.parse(readFileSync(results, "utf8")).testResults) executed += countFile(file);
  } catch (error) {
    failed("tests", 0, `no results were written: ${error.message}`);
  }
  rmSync(folder, { recursive: true, force: true });
  if (executed === 0) failed("tests", 0, "no test was executed");
  if (run.status !== 0 && count.failed === before) {
    failed("tests", 0, `vitest ended with ${run.error?.message ?? run.status ?? run.signal}`);
  }
}

/** @returns {number} how many tests of the file were executed */
function countFile(file) {
  const name = path.relative(root, file.name);
  let executed = 0;
  for (const test of file.assertionResults) {
    const title = `${name}: ${[...test.ancestorTitles, test.title].join(" > ")}`;
    if (test.status === "passed") count.passed += 1;
    else if (test.status === "failed") failed(title, 0);
    else skip(title, "");
    if (test.status === "passed" || test.status === "failed") executed += 1;
  }
  // A file that could not be loaded, or a hook that failed, has no failed test to show for it.
  const anyFailed = file.assertionResults.some((test) => test.status === "failed");
  if (file.status === "failed" && !anyFailed) failed(name, 0, file.message);
  return executed;
}

/**
 * One static check as its own process; its output is shown when it fails.
 * @param {string} name
 * @param {string[]} command
 * @param {string[]} commandArgs
 * @param {RegExp} [proof] what its output must show: that it looked at something at all
 */
function run(name, command, commandArgs, proof) {
  const started = Date.now();
  const [program, ...before] = command;
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  const result = spawnSync(program, [...before, ...commandArgs], {
    env,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`.trim();
  const looked = proof === undefined || proof.test(output);
  if (result.status === 0 && looked) passed(name, started, proof ? (output.match(proof)?.[0] ?? "") : "");
  else
    failed(
      name,
      started,
      result.error?.message ?? (looked ? output : `${output}\n${name} looked at nothing`),
    );
}

/** @param {string} name @param {() => string} work */
function timed(name, work) {
  const started = Date.now();
  try {
    passed(name, started, work());
  } catch (error) {
    failed(name, started, error.message);
  }
}

function passed(name, started, note) {
  count.passed += 1;
  console.log(`ok    ${name} (${seconds(started)}${note ? `, ${note}` : ""})`);
}

function failed(name, started, output) {
  count.failed += 1;
  failures.push(name);
  if (output === undefined) return;
  console.log(`FAIL  ${name}${started ? ` (${seconds(started)})` : ""}\n${output.replace(/^/gm, "      ")}`);
}

function skip(name, reason) {
  count.skipped += 1;
  skipped.push(reason ? `${name}: ${reason}` : name);
}

function summary() {
  if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map((each) => `  ${each}`).join("\n")}`);
  if (failures.length > 0) console.log(`\nfailed:\n${failures.map((each) => `  ${each}`).join("\n")}`);
  console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

/** @param {string} name @returns {boolean} whether it was given; takes it out of what vitest will see */
function takeOption(name) {
  const at = args.indexOf(name);
  if (at === -1) return false;
  args.splice(at, 1);
  return true;
}
