import { messageOf } from "../../domain/fault.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Links } from "../../port/link.ts";
import type { Log } from "../../port/log.ts";
import type { StickSettings } from "./open-port.ts";
import { type ModemHealth, openStick, type Stick } from "./stick.ts";
import type { Trouble } from "./trouble.ts";

/** Has the stick open while it is needed, and opens it anew after it was gone. */
export interface StickKeeper {
  /** The open stick, opened now if it has to be. Never rejects. */
  stick(): Promise<Stick | { readonly trouble: Trouble }>;
  isOpen(): boolean;
  health(): Promise<ModemHealth>;
  /** It stays open from hold to release, and a little longer. */
  hold(): void;
  release(): void;
  /**
   * Keeps it open and looks after it until the signal aborts; leaves it alone while somebody works with it. `whenWell`:
   * what may be done with a stick that is ready and idle; must not reject.
   */
  keepOpen(
    isBusy: () => boolean,
    whenWell: (stick: Stick) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface KeeperOptions {
  readonly links: Links;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => StickSettings | undefined;
}

const IDLE_MS = 30 * SECOND_MS;
const LOOK_EVERY_MS = MINUTE_MS;
const BACK_OFF_MS = [1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND_MS);

export function createStickKeeper({ links, clock, log, settings }: KeeperOptions): StickKeeper {
  const tried = new Set<string>();
  let open: Stick | undefined;
  let opening: Promise<Stick | { readonly trouble: Trouble }> | undefined;
  let holders = 0;
  let cancelIdle = (): void => undefined;

  const close = async (): Promise<void> => {
    const stick = open;
    open = undefined;
    try {
      await stick?.close();
    } catch (thrown) {
      log.note("modem.stuck", { detail: messageOf(thrown) }, "warn");
    }
  };

  const openNow = async (wanted: StickSettings): Promise<Stick | { readonly trouble: Trouble }> => {
    await close();
    const found = await openStick({
      links,
      clock,
      log,
      settings: wanted,
      tried,
      signal: new AbortController().signal,
    });
    if (!("trouble" in found)) open = found;
    return found;
  };

  const stick = async (): Promise<Stick | { readonly trouble: Trouble }> => {
    const wanted = settings();
    if (wanted === undefined) return { trouble: { code: "no_stick", said: "no port was entered" } };
    if (open !== undefined && !open.isGone() && isSame(open.settings, wanted)) return open;
    opening ??= openNow(wanted).finally(() => {
      opening = undefined;
    });
    return opening;
  };

  const hold = (): void => {
    holders += 1;
    cancelIdle();
  };

  const release = (): void => {
    holders -= 1;
    // Nothing to close: a process that ends must not wait for it.
    if (holders > 0 || (open === undefined && opening === undefined)) return;
    cancelIdle = clock.after(IDLE_MS, () => {
      close().catch(() => undefined);
    });
  };

  const health = async (): Promise<ModemHealth> => {
    hold();
    try {
      const found = await stick();
      return "trouble" in found ? { ready: false, trouble: found.trouble } : await found.health();
    } finally {
      release();
    }
  };

  /** Waits so long, or until the stick is gone. */
  const untilGone = async (watched: Stick | undefined, ms: number, signal: AbortSignal): Promise<void> => {
    const enough = new AbortController();
    const pause = clock.sleep(ms, AbortSignal.any([signal, enough.signal])).catch(() => undefined);
    await (watched === undefined ? pause : Promise.race([pause, watched.gone]));
    enough.abort();
  };

  return {
    stick,
    isOpen: () => open !== undefined && !open.isGone(),
    health,
    hold,
    release,
    async keepOpen(isBusy, whenWell, signal) {
      let failures = 0;
      let known = "";
      hold();
      try {
        while (!signal.aborted) {
          // A home without a stick has nothing to look after.
          const isWanted = settings() !== undefined;
          const now: ModemHealth | undefined = isBusy() || !isWanted ? undefined : await health();
          if (now !== undefined) {
            failures = now.ready ? 0 : failures + 1;
            const state = now.ready ? "ready" : now.trouble.code;
            if (state !== known) log.note("modem.state", { state }, now.ready ? "info" : "warn");
            known = state;
            if (now.ready && open !== undefined && !open.isGone() && !isBusy()) await whenWell(open);
          }
          const pauseMs =
            failures === 0
              ? LOOK_EVERY_MS
              : (BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1] ?? LOOK_EVERY_MS);
          await untilGone(failures === 0 ? open : undefined, pauseMs, signal);
        }
      } finally {
        release();
      }
    },
  };
}

const isSame = (a: StickSettings, b: StickSettings): boolean => a.port === b.port && a.pin === b.pin;
