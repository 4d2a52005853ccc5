// `npm run package`: the Debian package for this kind of machine, with everything inside that it needs.
//
//   npm run package                       dist/packages/breathwatch_VERSION_ARCH.deb
//   npm run package -- --out FOLDER       somewhere else
//   npm run package -- --sign KEY.pem     also the signed release.json that `breathwatch update` asks for; its public
//                                         key goes into the package, which from then on takes updates of that key only
//   npm run package -- --dist FOLDER      what an earlier run built (kept there by --keep), instead of building again
//
// Times come from SOURCE_DATE_EPOCH, else from the last commit: the same sources give the same bytes.
import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled, ensurePages, fail, root, say } from "./bootstrap.mjs";
import { DEBIAN_ARCH, stagePackage, writeDeb } from "./package/deb.mjs";
import { stageProgram, stripProgram } from "./package/program.mjs";
import { writeRelease } from "./package/release.mjs";

try {
  main(readOptions());
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

function readOptions() {
  const text = { type: /** @type {const} */ ("string") };
  const options = { out: text, sign: text, dist: text, keep: text, minimum: text, version: text };
  return parseArgs({ args: process.argv.slice(2), options, strict: true }).values;
}

function main({ out, sign, dist, keep, minimum, version: named }) {
  if (DEBIAN_ARCH[process.arch] === undefined || process.platform !== "linux")
    throw new Error(`there is no package for ${process.platform} ${process.arch}`);
  const folder = path.resolve(out ?? path.join(root, "dist/packages"));
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const version = named ?? manifest.version;
  const epoch = sourceEpoch();
  const key = sign === undefined ? undefined : createPrivateKey(readFileSync(sign));
  const aside = mkdtempSync(path.join(tmpdir(), "breathwatch-package-"));
  try {
    const built = dist === undefined ? buildAside(path.join(aside, "dist")) : path.resolve(dist);
    if (keep !== undefined) cpSync(built, keep, { recursive: true });
    const tree = path.join(aside, "tree");
    const releaseKey =
      key === undefined ? undefined : createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
    stageProgram({
      ...{ folder: path.join(tree, "usr/lib/breathwatch"), dist: built, epoch, version },
      ...(releaseKey === undefined ? {} : { releaseKey }),
    });
    stagePackage(tree);
    mkdirSync(folder, { recursive: true });
    const deb = writeDeb({ tree, out: folder, version, epoch });
    console.log(deb);
    if (key !== undefined) console.log(writeRelease({ debs: [deb], key, version, minimum, out: folder }));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function buildAside(folder) {
  ensureInstalled({ strict: true });
  say(`breathwatch: pages ${ensurePages({ strict: true })}`);
  stripProgram(folder);
  return folder;
}

/** @returns {number} seconds */
function sourceEpoch() {
  const given = Number(process.env.SOURCE_DATE_EPOCH);
  if (given > 0) return given;
  const git = existsSync(path.join(root, ".git"))
    ? spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" })
    : undefined;
  const committed = Number(git?.stdout);
  // Without a history: a moment that is the same for everybody.
  return committed > 0 ? committed : Date.UTC(2026, 0, 1) / 1000;
}
