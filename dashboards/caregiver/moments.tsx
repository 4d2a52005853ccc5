import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { elapsedMs } from "../shared/clock.ts";
import { type Page, usePage } from "../shared/page.ts";

/**
 * The box's time now, counted by the page's own clock from the newest message, so that a wrong clock in the phone does
 * not matter; `fallback` before the first message.
 */
export function boxNow(page: Page, fallback: number): number {
  const heard = page.heard.value;
  return heard === undefined ? fallback : heard.serverAt + elapsedMs(page.clock, heard.at);
}

/** Since when, and how long that is. */
export function Since(props: { readonly at: number; readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  page.everySecond();
  const age = format.age(Math.max(0, boxNow(page, props.at) - props.at));
  return (
    <p class="since">
      {fill(format.words.pages.caregiver.since, { time: format.time(props.at, props.bed.zone), age })}
    </p>
  );
}

/** How long something still lasts, by the second. */
export function Left(props: { readonly until: number }) {
  const page = usePage();
  const format = page.format.value;
  page.everySecond();
  const ms = Math.max(0, props.until - boxNow(page, props.until));
  return <span class="left">{fill(format.words.care.left, { age: format.age(ms) })}</span>;
}
