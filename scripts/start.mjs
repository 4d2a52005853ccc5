// `npm start`: install and build what is stale, then run the home (or the demo, where nothing is configured yet).
import { ensureInstalled, ensurePages, runCli } from "./bootstrap.mjs";

ensureInstalled();
ensurePages();
runCli(["start", ...process.argv.slice(2)]);
