import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";

/** Something open, with its address. */
export interface Opened {
  readonly url: string;
  close(): Promise<void>;
}

/** What could be opened, or why not yet. */
export interface Persisted {
  readonly opened?: Opened;
  readonly trouble?: Fault;
  close(): Promise<void>;
}

const RETRY_MS = 5_000;

/**
 * Opens something that the watch can do without (law 4: broker and pages): what fails for now is tried again every 5 s
 * until it works. The demo, which somebody is looking at, fails instead, and so does what can never work.
 */
export async function persist(
  { clock, log, insist }: { readonly clock: Clock; readonly log: Log; readonly insist: boolean },
  open: () => Promise<Opened>,
): Promise<Persisted> {
  try {
    const opened = await open();
    return { opened, close: () => opened.close() };
  } catch (error) {
    if (!insist || !(error instanceof Fault) || error.permanent) throw error;
    log.note("home.waiting", { code: error.code, why: error.message, fix: error.fix }, "error");
    let later: Opened | undefined;
    let stopped = false;
    let cancel = (): void => undefined;
    const again = (): void => {
      cancel = clock.after(RETRY_MS, () => {
        open().then(
          async (opened) => {
            later = opened;
            log.note("home.opened", { url: opened.url });
            if (stopped) await opened.close();
          },
          () => {
            if (!stopped) again();
          },
        );
      });
    };
    again();
    return {
      trouble: error,
      async close() {
        stopped = true;
        cancel();
        await later?.close();
      },
    };
  }
}
