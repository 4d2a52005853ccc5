import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, lstatSync, readlinkSync, rmSync } from "node:fs";
import { Fault, messageOf } from "../domain/fault.ts";
import { UsageError } from "./command.ts";
import { createDeviceEnd, type DeviceEnd, type Outlet, WAITING_BYTES_MAX } from "./device-end.ts";
import type { Terminal } from "./terminal.ts";

/** Between a reader's leaving and the new pseudo-terminal under the same name. */
const AGAIN_MS = 50;
const LOOK_MS = 5;

/**
 * While it waits for a reader, socat does not notice that we are gone: where the system can, it is told to end with us
 * (util-linux, part of every Debian).
 */
const SETPRIV = "/usr/bin/setpriv";
const SOCAT: readonly [string, ...string[]] = existsSync(SETPRIV)
  ? [SETPRIV, "--pdeathsig", "TERM", "socat"]
  : ["socat"];
/** What setpriv ends with when there is no socat, as a shell would. */
const COMMAND_NOT_FOUND = 127;

/**
 * A pseudo-terminal under a name of our own, made by socat. When its reader closes it, it is made anew under the same
 * name, as after a cable was pulled and plugged in again. Rejects with PROGRAM_MISSING or LINK_REFUSED.
 */
export async function openPty(path: string, terminal: Pick<Terminal, "clock">): Promise<Outlet> {
  checkName(path);
  let child: ChildProcess | undefined;
  let closing = false;
  let cancelAgain = (): void => undefined;
  let ended = Promise.withResolvers<void>();

  const close = async (): Promise<void> => {
    closing = true;
    cancelAgain();
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.stdin?.end();
    child.kill("SIGTERM");
    await ended.promise;
  };
  const end = createDeviceEnd(close);

  /** Resolves when the name is there. */
  const make = (): Promise<void> => {
    const made = Promise.withResolvers<void>();
    ended = Promise.withResolvers<void>();
    // socat names what it has made a moment after it says so.
    const stopLooking = terminal.clock.every(LOOK_MS, () => {
      if (existsSync(path)) made.resolve();
    });
    made.promise.then(stopLooking, stopLooking);
    child = startSocat(path, end, {
      onEnd(fault) {
        ended.resolve();
        end.attach(undefined);
        made.reject(fault);
        if (!closing) cancelAgain = terminal.clock.after(AGAIN_MS, again);
      },
    });
    return made.promise;
  };
  const again = (): void => {
    make().catch((error: unknown) => {
      closing = true;
      cancelAgain();
      end.fail(error instanceof Error ? error : new Error(messageOf(error)));
    });
  };

  try {
    await make();
  } catch (error) {
    closing = true;
    cancelAgain();
    throw error;
  }
  return {
    address: path,
    link: end.link,
    opened: end.opened,
    get lostBytes() {
      return end.lostBytes;
    },
    close,
  };
}

/** What socat would take apart in a name, and names that stand for something else: socat removes what is there. */
function checkName(path: string): void {
  if (!/^[\w./@+-]+$/.test(path)) {
    throw new UsageError(`"${path}" cannot be the name of a port: use letters, digits and . / _ - only.`);
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  const target = there.isSymbolicLink() ? readlinkSync(path) : "";
  if (/^\/dev\/pts\/\d+$/.test(target) && !existsSync(target)) {
    rmSync(path);
    return;
  }
  throw new Fault("LINK_REFUSED", `${path} is there already.`, {
    fix: "End the simulator that made it, remove the name if none runs, or choose another one.",
    permanent: true,
  });
}

interface SocatEvents {
  /** Once; the fault says why, for an end that came before the name. */
  onEnd(fault: Fault): void;
}

function startSocat(path: string, end: DeviceEnd, events: SocatEvents): ChildProcess {
  // rawer: no echo, no line editing, every byte as it is. wait-slave: bytes flow only while somebody has it open.
  const pty = `PTY,link=${path},rawer,wait-slave,pty-interval=0.02`;
  const [program, ...before] = SOCAT;
  const child = spawn(program, [...before, "-d", "-d", "-t", "0.05", pty, "STDIO"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { stdin, stdout, stderr } = child;
  let said = "";
  let missing = false;
  const sink = (bytes: Uint8Array): boolean => {
    if (!stdin.writable || stdin.writableLength > WAITING_BYTES_MAX) return false;
    stdin.write(bytes);
    return true;
  };
  stderr.setEncoding("utf8");
  stderr.on("data", (text: string) => {
    said = (said + text).slice(-2_000);
    if (!/starting data transfer loop/.test(said)) return;
    said = "";
    end.attach(sink);
  });
  stdout.on("data", (bytes: Uint8Array) => end.hear(bytes));
  // The reader is gone: the end of the process, which comes with it, says the same.
  stdin.on("error", () => end.attach(undefined));
  child.on("error", (error) => {
    missing = "code" in error && error.code === "ENOENT";
    said = error.message;
  });
  child.on("close", (code) => {
    missing ||= program !== "socat" && code === COMMAND_NOT_FOUND;
    events.onEnd(missing ? noSocat() : refused(path, said));
  });
  return child;
}

const noSocat = (): Fault =>
  new Fault("PROGRAM_MISSING", "socat, which makes pseudo-terminals, is not installed.", {
    fix: "Install it (sudo apt-get install socat), or use --to tcp:PORT.",
    permanent: true,
  });

const refused = (path: string, said: string): Fault =>
  new Fault("LINK_REFUSED", `The port ${path} could not be made: ${said.trim().split("\n").at(-1) ?? ""}.`, {
    fix: "Check that its folder exists and may be written.",
    permanent: true,
  });
