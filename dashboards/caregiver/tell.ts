import { type Signal, useSignal } from "@preact/signals";
import type { BedState } from "../../src/server/contract.ts";
import type { Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";

/** Address of a bed, before what is asked of it. */
export const pathOf = ({ bed }: BedState): string => `/api/beds/${encodeURIComponent(bed)}`;

/** One thing asked of the box at a time, and what came of it. */
export interface Telling {
  readonly busy: Signal<boolean>;
  readonly trouble: Signal<Trouble | undefined>;
  /** Posts to each path, all at once; resolves to whether everything was taken. */
  tell(...requests: readonly { readonly path: string; readonly body?: object }[]): Promise<boolean>;
}

export function useTelling(): Telling {
  const page = usePage();
  const busy = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);
  return {
    busy,
    trouble,
    async tell(...requests) {
      if (busy.value) return false;
      busy.value = true;
      const answers = await Promise.all(requests.map(({ path, body = {} }) => page.api.tell(path, body)));
      busy.value = false;
      const failed = answers.find((answer) => !answer.ok);
      trouble.value = failed?.ok === false ? failed.problem : undefined;
      return failed === undefined;
    },
  };
}
