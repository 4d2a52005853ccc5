import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Answer, Fits } from "../shared/api.ts";
import { type Moment, momentOf } from "../shared/clock.ts";
import { usePage } from "../shared/page.ts";

/** What an address last answered. */
export interface Polled<T> {
  /** Undefined before the first answer. */
  readonly answer: Signal<Answer<T> | undefined>;
  /** When the newest answer came. */
  readonly at: Signal<Moment | undefined>;
  /** Asks at once, without waiting. */
  ask(): void;
}

/** Asks an address again and again while `active`, the page is visible, and no earlier question is open. */
export function usePoll<T>(path: string, fits: Fits<T>, everyMs: number, active = true): Polled<T> {
  const page = usePage();
  const answer = useSignal<Answer<T> | undefined>(undefined);
  const at = useSignal<Moment | undefined>(undefined);
  const asking = useSignal(false);
  const wanted = useRef(path);
  wanted.current = path;

  async function load(): Promise<void> {
    if (asking.peek()) return;
    asking.value = true;
    const asked = wanted.current;
    const got = await page.api.get(asked, fits);
    asking.value = false;
    // Another address is wanted by now: what came is not what somebody waits for.
    if (asked !== wanted.current) return await load();
    answer.value = got;
    at.value = momentOf(page.clock);
  }
  const ask = (): void => page.handOver(load());

  useEffect(() => {
    if (!active) return;
    ask();
    return page.clock.every(everyMs, () => {
      if (document.visibilityState === "visible") ask();
    });
  }, [path, active]);
  return { answer, at, ask };
}
