import type { HomeConfig } from "../config/config.ts";
import type { Finding } from "../config/read.ts";
import { type Reloaded, reloaded } from "../config/reload.ts";
import { messageOf } from "../domain/fault.ts";
import { SECOND_MS } from "../domain/time.ts";
import { createService } from "../ops/notify.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Terminal } from "./terminal.ts";

/** A running program as its service manager sees it. */
export interface Serving {
  /** It is being stopped: no reload and no word to the watchdog from now on. */
  stopping(): Promise<void>;
  /** It is composed anew in this process: the same, without telling the service manager that it ends. */
  pausing(): Promise<void>;
}

export interface ServingOptions {
  readonly terminal: Pick<Terminal, "environment" | "onHangUp">;
  readonly clock: Clock;
  readonly log: Log;
  /** In force at the start. */
  readonly config: HomeConfig;
  /** One line for `systemctl status`, without names and values. */
  readonly status: string;
  /** Why something does not work that a restart may mend; undefined while all does. Asked every 10 s. */
  stuck(): string | undefined;
  /** Reads the configuration again; `config` is absent where a finding is an error. */
  read(): Promise<{ readonly config?: HomeConfig; readonly findings: readonly Finding[] }>;
  /** Takes over what may change at once; only these parts of it differ from before. */
  apply(config: HomeConfig, live: readonly string[]): void;
}

/**
 * Says that the program is ready, feeds the watchdog, and reads the configuration again on SIGHUP (`systemctl reload`).
 * Without a service manager it does nothing: a hang-up then ends the program, as at any terminal.
 */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { terminal, clock, log, status, stuck } = options;
  const service = createService({ environment: terminal.environment, clock, log });
  const nothing = async (): Promise<void> => undefined;
  if (!service.isManaged) return { stopping: nothing, pausing: nothing };
  let config = options.config;
  let reading = Promise.resolve();
  const reload = async (): Promise<void> => {
    const change = await reloadOnce(options, config);
    if (change === undefined) return service.status(`${status}; the changed configuration has mistakes`);
    config = change.config;
    const waiting = change.restart.length === 0 ? "" : `; after a restart: ${change.restart.join(", ")}`;
    return service.status(`${status}${waiting}`);
  };
  const stop = terminal.onHangUp?.(() => {
    // One after the other: a second hang-up means the file has changed again.
    reading = reading.then(reload).catch((error: unknown) => {
      log.note("config.unread", { why: messageOf(error) }, "error");
    });
  });
  service.start(stuck);
  await service.ready(status);
  const quiet = async (): Promise<void> => {
    stop?.();
    await reading;
  };
  return {
    async stopping() {
      await quiet();
      await service.stopping();
    },
    async pausing() {
      await quiet();
      service.pause();
    },
  };
}

/** Undefined where the file has mistakes: everything stays as it is then. */
async function reloadOnce(
  { read, apply, log }: ServingOptions,
  before: HomeConfig,
): Promise<Reloaded | undefined> {
  const { config, findings } = await read();
  if (config === undefined) {
    const [first] = findings.filter(({ level }) => level === "error");
    log.note("config.refused", { where: first?.where, why: first?.what, code: first?.code }, "error");
    return undefined;
  }
  const change = reloaded(before, config);
  if (change.live.length > 0) apply(change.config, change.live);
  const { live, restart } = change;
  log.note("config.reloaded", { live: live.join(" "), restart: restart.join(" ") }, "warn");
  return change;
}

/** Less than a unit's TimeoutStopSec, after which systemd kills. */
const STOP_MS = 15 * SECOND_MS;

/**
 * Stops, and waits for it 15 s at most: false where something did not end in time. What is on disk is whole at any
 * moment, so that ending the process then loses no more than a power cut.
 */
export async function stopInTime(
  stop: () => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const cancel = clock.after(STOP_MS, () => late.resolve(false));
  try {
    const isDone = await Promise.race([stop().then(() => true), late.promise]);
    if (!isDone) log.note("stop.late", { afterMs: STOP_MS }, "error");
    return isDone;
  } finally {
    cancel();
  }
}
