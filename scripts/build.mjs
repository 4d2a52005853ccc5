// `npm run build`: the package as it is published. Node does not strip types under node_modules, so dist/ holds
// JavaScript, with the pages and every other file of src/ and devices/ at the same place relative to it.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import path from "node:path";
import { ensureInstalled, ensurePages, fail, orFail, root, say, tool } from "./bootstrap.mjs";

process.chdir(root);
orFail(() => {
  ensureInstalled({ strict: true });
  say(`breathwatch: pages ${ensurePages({ strict: true })}`);
});
rmSync("dist", { recursive: true, force: true });
const [node, ...tsc] = tool("typescript/bin/tsc");
if (spawnSync(node, [...tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" }).status !== 0)
  fail("tsc failed");
for (const folder of ["src", "devices", "dashboards/dist"].filter((place) => existsSync(place))) {
  cpSync(folder, path.join("dist", folder), {
    recursive: true,
    filter: (file) => !/\.tsx?$/.test(file) && path.basename(file) !== "fixtures",
  });
}
cpSync("package.json", "dist/package.json");
