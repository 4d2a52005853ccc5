// `node strip.mjs OUT`: every source of src/ and devices/ as JavaScript below OUT, by blanking out the types, as our Node
// does when it runs the sources: lines and columns in a trace are those of the sources. Runs under the project's Node 24.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { root } from "../bootstrap.mjs";

/** The file of a relative import, export or dynamic import, which ends in .ts in the sources and in .js here. */
const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"'\n]+)\.ts\2/g;

const [out = ""] = process.argv.slice(2);
let files = 0;
for (const folder of ["src", "devices"]) {
  for (const entry of readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const file = path.join(entry.parentPath, entry.name);
    const script = stripTypeScriptTypes(readFileSync(file, "utf8")).replaceAll(SPECIFIER, "$1$2$3.js$2");
    const place = path.join(out, path.relative(root, file).replace(/\.ts$/, ".js"));
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, script);
    files += 1;
  }
}
if (files === 0) throw new Error("there is no source");
