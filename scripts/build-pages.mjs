// `npm run build:pages`: the pages alone, into dashboards/dist.
import { ensureInstalled, ensurePages, say } from "./bootstrap.mjs";

ensureInstalled({ strict: true });
say(`breathwatch: pages ${ensurePages({ strict: true })}`);
