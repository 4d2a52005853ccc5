import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { numberOf, UsageError } from "./command.ts";
import type { Outlet } from "./device-end.ts";
import { openPty } from "./pty.ts";
import { openTcp } from "./tcp.ts";
import type { Terminal } from "./terminal.ts";

/** A reader gets this long to take the last bytes before the port goes away with them. */
export const LINGER_MS = 1_000;

/** Where a simulator or replay speaks: `--to pty` or `--to tcp:PORT`. */
export type Target = { readonly kind: "pty" } | { readonly kind: "tcp"; readonly port: number };

/** Reads --to. */
export function targetOf(text: string): Target {
  if (text === "pty") return { kind: "pty" };
  const tcp = /^tcp:(.+)$/.exec(text);
  if (tcp === null) throw new UsageError(`--to is "${text}", but must be pty or tcp:PORT.`);
  return { kind: "tcp", port: numberOf(tcp[1] ?? "", "The port of --to", 0, 65_535) };
}

/**
 * Opens one port. A pty is named `name`. Rejects with PROGRAM_MISSING, LINK_REFUSED, or UsageError for a path that
 * cannot be a name of a port.
 */
export const openOutlet = (target: Target, name: string, terminal: Terminal): Promise<Outlet> =>
  target.kind === "pty" ? openPty(name, terminal) : openTcp(target.port);

/** Gives the work a folder for names of ports; a temporary one is removed afterwards. */
export async function inFolder(
  given: string | undefined,
  terminal: Terminal,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  if (given !== undefined) {
    const folder = path.resolve(terminal.folder, given);
    await mkdir(folder, { recursive: true });
    return work(folder);
  }
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits for the first reader of any of the ports. Rejects with the reason when the command is ended before. */
export async function untilOpened(outlets: readonly Outlet[], terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  signal.throwIfAborted();
  terminal.say("waiting until somebody opens the port; Ctrl-C ends it");
  const ended = Promise.withResolvers<never>();
  const onAbort = (): void => ended.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([ended.promise, ...outlets.map((outlet) => outlet.opened)]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
