import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { GpioLine, Switch } from "../port/switch.ts";

export interface GpioOptions {
  readonly clock: Clock;
  /** Environment of the program and of the search for it. */
  readonly environment: { readonly [name: string]: string | undefined };
}

const PROGRAM = "gpioset";
const VERSION_DEADLINE_MS = 3_000;
/** A program that cannot have the line says so at once. */
const MOMENT_MS = 150;
const END_MS = 1_000;
const WORDS_MAX = 500;
/**
 * The line is held by a program of its own, since the kernel lets go of it when that ends. It ends with its standard
 * input, so that no shaker goes on shaking when this process dies.
 */
const UNTIL_INPUT_ENDS = 'exec 3<&0; (cat <&3 >/dev/null; kill $$) & exec "$@" </dev/null';

/**
 * A GPIO line through `gpioset` of libgpiod (package gpiod), version 1 or 2. Its manual: the state of a line is kept while
 * the process runs, and is not certain afterwards; so one process holds the line all the time, on or off.
 */
export function createGpio({ clock, environment }: GpioOptions): (line: GpioLine) => Switch {
  let version: Promise<number> | undefined;
  const versionOf = (): Promise<number> => {
    version ??= readVersion(environment).catch((thrown: unknown) => {
      version = undefined;
      throw thrown;
    });
    return version;
  };
  return (line) => {
    let holder: ChildProcess | undefined;
    const release = async (): Promise<void> => {
      const child = holder;
      holder = undefined;
      if (child !== undefined) await ended(child, clock);
    };
    /** One order after the other: two programs at once could not both have the line, and one would be forgotten. */
    let last: Promise<unknown> = Promise.resolve();
    const inTurn = (work: () => Promise<void>): Promise<void> => {
      const done = last.then(work);
      last = done.catch(() => undefined);
      return done;
    };
    return {
      set: (on) =>
        inTurn(async () => {
          const given = lineArguments(await versionOf(), line, on);
          await release();
          holder = await hold(given, environment, clock);
        }),
      close: () => inTurn(release),
    };
  };
}

async function readVersion(environment: GpioOptions["environment"]): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)(PROGRAM, ["--version"], {
      ...{ env: { ...environment, LC_ALL: "C" }, timeout: VERSION_DEADLINE_MS },
    });
    return Number(/\bv(\d+)\./.exec(stdout)?.[1] ?? 2);
  } catch (thrown) {
    const isMissing = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
    throw new Error(`${PROGRAM}: ${isMissing ? "is not installed (package gpiod)" : messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

function lineArguments(version: number, { chip, line, activeLow }: GpioLine, on: boolean): readonly string[] {
  const low = activeLow ? ["--active-low"] : [];
  const value = `${line}=${on ? 1 : 0}`;
  return version < 2 ? ["--mode=signal", ...low, chip, value] : [...low, "--chip", chip, value];
}

/** Resolves with the program that holds the line, once it has outlived the moment in which it would be refused. */
function hold(
  given: readonly string[],
  environment: GpioOptions["environment"],
  clock: Clock,
): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", UNTIL_INPUT_ENDS, "sh", PROGRAM, ...given], {
      stdio: ["pipe", "ignore", "pipe"],
      env: { ...environment, LC_ALL: "C" },
      detached: true,
    });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words = (words + text).slice(-WORDS_MAX);
    });
    child.stdin.on("error", () => undefined);
    const cancel = clock.after(MOMENT_MS, () => resolve(child));
    const fail = (detail: string): void => {
      cancel();
      killGroup(child);
      reject(new Error(`${PROGRAM}: ${detail}`));
    };
    child.on("error", (error) => fail(messageOf(error)));
    child.on("exit", (code, signal) => {
      // What it leaves behind only waits for its input to end, and must then end nobody else.
      killGroup(child);
      fail(words.trim().split("\n").at(-1) || `ended with ${signal ?? `code ${code}`}`);
    });
  });
}

/** Lets the program go, and waits until the line is free. */
function ended(child: ChildProcess, clock: Clock): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.after(END_MS, () => {
      killGroup(child);
      resolve();
    });
    child.once("exit", () => {
      cancel();
      resolve();
    });
    child.stdin?.end();
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended already, and its group with it.
  }
}
