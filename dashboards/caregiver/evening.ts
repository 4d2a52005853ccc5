import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { CheckStart, EveningResponse } from "../../src/server/contract/evening.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";

export const isEvening = hasKeys<EveningResponse>("now", "isHere", "last", "phones");

const LOOK_MS = 30 * SECOND_MS;
const FOLLOW_MS = SECOND_MS;

/** The evening of a home as last heard; followed each second while a check runs. */
export interface HeardEvening {
  readonly path: string;
  readonly view: Signal<EveningResponse | undefined>;
  readonly trouble: Signal<Trouble | undefined>;
  readonly busy: Signal<boolean>;
  begin(request: CheckStart): Promise<void>;
  stop(): Promise<void>;
  /** Whether the sounder was heard at the pillow. */
  heard(heard: boolean): Promise<void>;
  ask(): Promise<void>;
}

/** `path`: of the home. `news`: asked again at once when it changes, such as the phones that the box tells of. */
export function useEvening(path: string, shown = true, news = ""): HeardEvening {
  const page = usePage();
  const view = useSignal<EveningResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const busy = useSignal(false);
  const address = `${path}/evening`;
  const ask = async (): Promise<void> => {
    const answer = await page.api.get(address, isEvening);
    // What was true before is not known to be true now.
    view.value = answer.ok ? answer.value : undefined;
  };
  const isRunning = view.value?.running !== undefined;
  useEffect(() => {
    if (!shown) return undefined;
    page.handOver(ask());
    return page.clock.every(isRunning ? FOLLOW_MS : LOOK_MS, () => {
      if (document.visibilityState === "visible") page.handOver(ask());
    });
  }, [address, shown, isRunning, news]);
  return {
    ...{ path: address, view, trouble, busy, ask },
    async begin(request) {
      if (busy.value) return;
      busy.value = true;
      const answer = await page.api.post(address, request, isEvening);
      busy.value = false;
      trouble.value = answer.ok ? undefined : answer.problem;
      if (answer.ok) view.value = answer.value;
    },
    async heard(heard) {
      const answer = await page.api.post(`${address}/heard`, { heard }, isEvening);
      trouble.value = answer.ok ? undefined : answer.problem;
      if (answer.ok) view.value = answer.value;
    },
    async stop() {
      const answer = await page.api.remove(address);
      trouble.value = answer.ok ? undefined : answer.problem;
      await ask();
    },
  };
}
