import { elapsedMs } from "../shared/clock.ts";
import type { Page } from "../shared/page.ts";

/** The box's wall clock now, so that no page compares its own clock with the box's; the page's before the box spoke. */
export function boxNow(page: Page): number {
  const heard = page.heard.value;
  return heard === undefined ? page.clock.wall() : heard.serverAt + elapsedMs(page.clock, heard.at);
}
