#!/usr/bin/env node
// The `breathwatch` command, in a checkout and in the installed package alike. Data on stdout, words on stderr.
import { ensureInstalled, ensurePages, isCheckout, runCli } from "./bootstrap.mjs";

/** The commands that serve pages; all others start without waiting for a build. */
const serving = new Set(["start", "home", "edge", "hub", "demo"]);

const args = process.argv.slice(2);
if (isCheckout()) {
  ensureInstalled();
  if (serving.has(args[0] ?? "")) ensurePages();
}
runCli(args);
