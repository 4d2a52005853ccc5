import { messageOf } from "../../domain/fault.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import type { Switch } from "../../port/switch.ts";
import type { SounderReadiness } from "../sounder/room.ts";

export interface OutputOptions {
  readonly target: Switch;
  /** blink: a second on, a second off; steady: on while the alarm sounds. */
  readonly pattern: "blink" | "steady";
  readonly clock: Clock;
  readonly log: Log;
  /** Called on every change of readiness; must not throw. */
  readonly onReadiness: () => void;
}

/** A lamp or shaker that follows the alarm. Nothing that sounds ever waits for it. */
export interface Output {
  /** Switches it off, which also shows whether it can be reached. */
  start(): void;
  /** The alarm sounds, or no longer does. */
  follow(isAlarm: boolean): void;
  readonly readiness: SounderReadiness;
  /** Off, as far as it can be reached, and let go. */
  stop(): Promise<void>;
}

const BLINK_MS = SECOND_MS;
/** What is wanted is said again so often: a plug may have come back in between. */
const AGAIN_MS = 30 * SECOND_MS;
const AGAIN_IDLE_MS = 5 * MINUTE_MS;
const RETRY_MS = 2 * SECOND_MS;
const RETRY_IDLE_MS = 30 * SECOND_MS;
/** What has not answered by then is broken. */
const DEADLINE_MS = 5 * SECOND_MS;

/** Idle until start() or follow(). */
export function createOutput({ target, pattern, clock, log, onReadiness }: OutputOptions): Output {
  let readiness: SounderReadiness = { ok: false, detail: "It has not been tried yet." };
  let isAlarm = false;
  /** Of a blinking one: whether it is lit in this second. */
  let isLit = true;
  let isBusy = false;
  let isChanged = false;
  let isStopped = false;
  let cancel: (() => void) | undefined;

  const show = (next: SounderReadiness): void => {
    if (next.ok === readiness.ok && next.detail === readiness.detail) return;
    if (next.ok !== readiness.ok) log.note(next.ok ? "output.ready" : "output.broken", {}, "warn");
    readiness = next;
    onReadiness();
  };

  const set = async (on: boolean): Promise<void> => {
    try {
      await inTime(clock, target.set(on));
      show({ ok: true, detail: "It can be switched." });
    } catch (thrown) {
      show({ ok: false, detail: messageOf(thrown) });
    }
  };

  const step = async (): Promise<void> => {
    if (isBusy) {
      isChanged = true;
      return;
    }
    cancel?.();
    isBusy = true;
    do {
      isChanged = false;
      await set(isAlarm && isLit);
    } while (isChanged && !isStopped);
    isBusy = false;
    if (!isStopped) cancel = clock.after(waitMs(), next);
  };

  const waitMs = (): number => {
    if (!readiness.ok) return isAlarm ? RETRY_MS : RETRY_IDLE_MS;
    if (!isAlarm) return AGAIN_IDLE_MS;
    return pattern === "blink" ? BLINK_MS : AGAIN_MS;
  };

  const run = (): void => {
    step().catch((thrown: unknown) => log.note("output.failed", { detail: messageOf(thrown) }, "error"));
  };
  const next = (): void => {
    // After a failure it is lit: somebody who sleeps is to be reached first of all.
    if (pattern === "blink") isLit = !readiness.ok || !isLit;
    run();
  };

  return {
    start: run,
    follow(now) {
      if (isStopped || now === isAlarm) return;
      isAlarm = now;
      isLit = true;
      run();
    },
    get readiness() {
      return readiness;
    },
    async stop() {
      isStopped = true;
      isAlarm = false;
      cancel?.();
      await inTime(clock, target.set(false)).catch(() => undefined);
      await target.close();
    },
  };
}

function inTime(clock: Clock, done: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(DEADLINE_MS, () => reject(new Error("it does not answer")));
    done.then(resolve, reject).finally(cancel);
  });
}
