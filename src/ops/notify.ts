import { execFile } from "node:child_process";
import { messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";

/** What this program tells systemd of itself (sd_notify(3)); says nothing where no service manager listens. */
export interface Service {
  /** A service manager listens. */
  readonly isManaged: boolean;
  /** Everything that the watch needs has started; `status` is one line for `systemctl status`. */
  ready(status: string): Promise<void>;
  /** One line for `systemctl status`. */
  status(text: string): Promise<void>;
  /**
   * Begins to tell the watchdog that all is well, three times in the time that it waits. `stuck` says why something
   * does not work, undefined while all does: then nothing is told, and systemd ends the program and starts it again.
   */
  start(stuck: () => string | undefined): void;
  /** The watchdog is told no more for a moment, shorter than it waits: `start` goes on. */
  pause(): void;
  /** It is being stopped on purpose: the watchdog is told no more. */
  stopping(): Promise<void>;
}

interface ServiceOptions {
  /** NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID and PATH are read. */
  readonly environment: { readonly [name: string]: string | undefined };
  readonly clock: Clock;
  readonly log: Log;
}

/** It comes with systemd, so that it is there wherever a message has somebody to read it. */
const PROGRAM = "systemd-notify";
/** More than its own time-out of 5 s for the answer of the service manager. */
const SEND_MS_MAX = 8_000;
const STATUS_MAX = 200;

/**
 * Node opens no datagram sockets of the file system, so each message is sent by systemd's own program: some
 * milliseconds, every ten seconds. The unit needs `NotifyAccess=all` for that. Never rejects.
 */
export function createService({ environment, clock, log }: ServiceOptions): Service {
  const isManaged = (environment["NOTIFY_SOCKET"] ?? "") !== "";
  const watchdogMs = watchdogOf(environment);
  let cancel = (): void => undefined;
  let sending = Promise.resolve();
  let isPinging = false;
  let wasStuck = false;

  const send = (...assignments: readonly string[]): Promise<void> => {
    if (!isManaged) return Promise.resolve();
    sending = sending.then(() => run(assignments, environment)).then(noteFailure);
    return sending;
  };
  const noteFailure = (problem: string | undefined): void => {
    if (problem !== undefined) log.note("service.untold", { why: problem }, "warn");
  };

  const ping = (stuck: () => string | undefined): void => {
    const why = stuck();
    if (why !== undefined) {
      if (!wasStuck) log.note("service.stuck", { why }, "error");
      wasStuck = true;
      return;
    }
    wasStuck = false;
    // A message that hangs must not make a queue of others.
    if (isPinging) return;
    isPinging = true;
    send("WATCHDOG=1")
      .then(() => {
        isPinging = false;
      })
      .catch((error: unknown) => noteFailure(messageOf(error)));
  };

  return {
    isManaged,
    ready: (status) => send("READY=1", statusLine(status)),
    status: (text) => send(statusLine(text)),
    start(stuck) {
      cancel();
      if (!isManaged || watchdogMs === undefined) return;
      cancel = clock.every(watchdogMs / 3, () => ping(stuck));
      ping(stuck);
    },
    pause: () => cancel(),
    stopping() {
      cancel();
      return send("STOPPING=1");
    },
  };
}

/** One line, since a line break would begin another assignment. */
const statusLine = (text: string): string =>
  `STATUS=${text.replaceAll(/\p{Cc}+/gu, " ").slice(0, STATUS_MAX)}`;

/** How long the watchdog waits, in milliseconds; undefined where it is off or meant for another process. */
function watchdogOf(environment: ServiceOptions["environment"]): number | undefined {
  const pid = environment["WATCHDOG_PID"];
  if (pid !== undefined && Number(pid) !== process.pid) return undefined;
  const ms = Number(environment["WATCHDOG_USEC"]) / 1000;
  return ms > 0 ? ms : undefined;
}

/** Sends one message; resolves with what went wrong. */
function run(
  assignments: readonly string[],
  environment: ServiceOptions["environment"],
): Promise<string | undefined> {
  const { NOTIFY_SOCKET, PATH } = environment;
  const options = { env: { NOTIFY_SOCKET, PATH }, timeout: SEND_MS_MAX, killSignal: "SIGKILL" } as const;
  return new Promise((resolve) => {
    execFile(PROGRAM, [...assignments], options, (error) =>
      resolve(error === null ? undefined : messageOf(error).split("\n", 1)[0]),
    );
  });
}
