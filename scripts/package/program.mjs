// The program as it is installed: JavaScript, pages, the libraries it needs, and its own Node.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { node24, root, tool } from "../bootstrap.mjs";
import { sbomOf } from "./sbom.mjs";

/** Declarations, maps and sources: nothing that runs reads them. */
const UNUSED = /\.(?:d\.[cm]?ts|map|markdown|md|flow)$/;
const HEADERS = new Set(["include", "man", "docs", "example", "examples", "test", "tests", "coverage"]);

/**
 * JavaScript by the compiler, with declarations, pages and every other file of src/ and devices/, at the same places.
 * @param {string} outDir made anew by the caller
 */
export function compileProgram(outDir) {
  const [node, ...tsc] = tool("typescript/bin/tsc");
  const args = [...tsc, "-p", path.join(root, "tsconfig.build.json"), "--outDir", outDir];
  if (spawnSync(node, args, { cwd: root, stdio: ["ignore", 2, 2] }).status !== 0)
    throw new Error("tsc failed");
  copyOthers(outDir);
}

/**
 * The same without declarations, by taking the types out as our Node does when it runs the sources: in a second.
 * @param {string} outDir made anew by the caller
 */
export function stripProgram(outDir) {
  const args = [
    "--disable-warning=ExperimentalWarning",
    path.join(root, "scripts/package/strip.mjs"),
    outDir,
  ];
  if (spawnSync(node24(), args, { cwd: root, stdio: ["ignore", 2, 2] }).status !== 0)
    throw new Error("the types could not be taken out");
  copyOthers(outDir);
}

/** @param {string} outDir */
function copyOthers(outDir) {
  for (const folder of ["src", "devices", "dashboards/dist"]) {
    if (!existsSync(path.join(root, folder))) continue;
    cpSync(path.join(root, folder), path.join(outDir, folder), {
      recursive: true,
      filter: (file) => !/\.tsx?$/.test(file) && path.basename(file) !== "fixtures",
    });
  }
  copyFileSync(path.join(root, "package.json"), path.join(outDir, "package.json"));
}

/**
 * Puts the whole program into a folder.
 * @param {{ folder: string, dist: string, epoch: number, version: string, releaseKey?: string }} options dist: what
 *   stripProgram made; epoch: seconds; releaseKey: PEM of the public key that updates are checked with
 */
export function stageProgram({ folder, dist, epoch, version, releaseKey }) {
  mkdirSync(folder, { recursive: true });
  cpSync(dist, path.join(folder, "dist"), { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  writeFileSync(
    path.join(folder, "dist/package.json"),
    `${JSON.stringify({ name: manifest.name, version, license: manifest.license, type: manifest.type })}\n`,
  );
  const libraries = productionPackages();
  for (const { place } of libraries) {
    if (/node_modules\/node-linux-[^/]+$/.test(place)) continue;
    copyLibrary(place, folder);
  }
  const node = path.join(root, "node_modules", `node-linux-${process.arch}`);
  copyFileSync(path.join(node, "bin/node"), path.join(folder, "node"));
  chmodSync(path.join(folder, "node"), 0o755);
  copyFileSync(path.join(node, "LICENSE"), path.join(folder, "node.LICENSE"));
  writeFileSync(path.join(folder, "sbom.cdx.json"), sbomOf(libraries, epoch));
  if (releaseKey !== undefined) writeFileSync(path.join(folder, "release-key.pem"), releaseKey);
}

/**
 * What the lock names beside the tools of development, as far as it is installed here.
 * @returns {{ place: string, name: string, version: string, integrity?: string, license?: string }[]} place: below root
 */
function productionPackages() {
  const { packages } = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages)
    .filter(([place, entry]) => place !== "" && !entry.dev && existsSync(path.join(root, place)))
    .map(([place, entry]) => {
      const manifest = JSON.parse(readFileSync(path.join(root, place, "package.json"), "utf8"));
      if (manifest.version !== entry.version)
        throw new Error(`${place} is ${manifest.version}, the lock says ${entry.version}`);
      const license = typeof manifest.license === "string" ? manifest.license : undefined;
      return { place, name: manifest.name, version: entry.version, integrity: entry.integrity, license };
    });
}

function copyLibrary(place, folder) {
  const from = path.join(root, place);
  cpSync(from, path.join(folder, place), {
    recursive: true,
    dereference: false,
    filter(file) {
      const below = path.relative(from, file);
      if (below === "") return true;
      const parts = below.split(path.sep);
      // Nested libraries have entries of their own in the lock.
      if (parts[0] === "node_modules") return false;
      if (parts.length === 1 && HEADERS.has(below)) return false;
      const prebuilt = parts.indexOf("prebuilds");
      if (prebuilt !== -1 && parts.length > prebuilt + 1)
        return parts[prebuilt + 1].startsWith(`linux-${process.arch}`);
      return !UNUSED.test(below);
    },
  });
}
