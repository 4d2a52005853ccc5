import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Answer, Fits, Trouble } from "./api.ts";
import { usePage } from "./page.ts";

/** What an address answered, with the trouble of whatever was last done there. */
export interface Asked<T> {
  /** Undefined before the first answer that came; an older one stays while a newer one fails. */
  readonly value: Signal<T | undefined>;
  readonly trouble: Signal<Trouble | undefined>;
  /** Asks once more. */
  ask(): Promise<void>;
  /** Takes what a change was answered with, and asks for what it made of the list; true: it was done. */
  changed(answer: Answer<unknown>): Promise<boolean>;
}

/** Asks an address when the part of the page appears, and after every change of its own. */
export function useAsked<T>(path: string, fits: Fits<T>): Asked<T> {
  const page = usePage();
  const value = useSignal<T | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  async function ask(): Promise<void> {
    const answer = await page.api.get(path, fits);
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) value.value = answer.value;
  }
  async function changed(answer: Answer<unknown>): Promise<boolean> {
    if (answer.ok) await ask();
    else trouble.value = answer.problem;
    return answer.ok;
  }
  useEffect(() => page.handOver(ask()), [path]);
  return { value, trouble, ask, changed };
}
