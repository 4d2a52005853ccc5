// `npm run build:pages`: the pages alone, into dashboards/dist.
import { ensureInstalled, ensurePages, orFail, say } from "./bootstrap.mjs";

orFail(() => {
  ensureInstalled({ strict: true });
  say(`breathwatch: pages ${ensurePages({ strict: true })}`);
});
