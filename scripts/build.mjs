// `npm run build`: the package as it is published. Node does not strip types under node_modules, so dist/ holds
// JavaScript, with the pages and every other file of src/ and devices/ at the same place relative to it.
import { rmSync } from "node:fs";
import path from "node:path";
import { ensureInstalled, ensurePages, orFail, root, say } from "./bootstrap.mjs";
import { compileProgram } from "./package/program.mjs";

orFail(() => {
  ensureInstalled({ strict: true });
  say(`breathwatch: pages ${ensurePages({ strict: true })}`);
  const dist = path.join(root, "dist");
  rmSync(dist, { recursive: true, force: true });
  compileProgram(dist);
});
