// Who imports whom (.dependency-cruiser.cjs), with proof that every source file was looked at: a checker that cannot
// read TypeScript finds no modules, and no modules break no rule.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { cruise } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { root } from "./bootstrap.mjs";

process.chdir(root);
const folders = ["src", "devices", "dashboards"].filter((folder) => sources(folder).length > 0);
const expected = folders.flatMap(sources);
const options = await extractDepcruiseOptions("./.dependency-cruiser.cjs");
const { output } = await cruise(expected, options, undefined, { tsConfig: extractTSConfig("tsconfig.json") });
if (typeof output === "string") throw new Error("dependency-cruiser gave text where a result was asked for");

// Looked at means: its imports were read. A file that names an import and has none in the result was not.
const seen = new Map(output.modules.map((module) => [module.source, module.dependencies.length]));
const unseen = expected.filter(
  (file) => (seen.get(file) ?? 0) === 0 && (!seen.has(file) || namesImport(file)),
);
const { violations } = output.summary;

for (const { rule, from, to, cycle } of violations) {
  const way = cycle ? cycle.map((step) => step.name).join(" -> ") : to;
  const comment = output.summary.ruleSetUsed?.forbidden?.find((each) => each.name === rule.name)?.comment;
  console.log(`${rule.name}: ${from} -> ${way}${comment ? `\n    ${comment}` : ""}`);
}
for (const file of unseen) console.log(`not looked at: ${file}`);
console.log(
  `${expected.length - unseen.length} of ${expected.length} modules looked at, ${violations.length} violations`,
);
process.exitCode = violations.length > 0 || unseen.length > 0 || expected.length === 0 ? 1 : 0;

/** @param {string} file */
function namesImport(file) {
  return /^(?:import|export)\b[^;"]*?from "/m.test(readFileSync(file, "utf8"));
}

/** @param {string} folder @returns {string[]} every TypeScript source in it, by walking the tree */
function sources(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    if (["node_modules", "dist", "fixtures"].includes(entry.name) || entry.name.startsWith(".")) return [];
    const place = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return sources(place);
    return /(?<!\.d)\.tsx?$/.test(entry.name) ? [place] : [];
  });
}
