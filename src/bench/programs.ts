import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Something that could not be measured, and why: the rest goes on without it. */
export class Unmeasured extends Error {
  constructor(why: string) {
    super(why);
    this.name = "Unmeasured";
  }
}

/** One process that the bench started. */
export interface Program {
  readonly pid: number;
  /** What it said last on stdout and stderr together, for people who look for a cause. */
  said(): string;
  /** Resolves with the first match on its output; rejects with Unmeasured when it ends before, or is late. */
  saying(pattern: RegExp, withinMs: number): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Bytes to its stdin; false while it has not taken what came before. */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Its exit code; -1 when a signal ended it, or it could not be started. */
  readonly ended: Promise<number>;
  /** Asks it to end, and makes it end when it does not. */
  stop(): Promise<void>;
}

/** Starts programs, and ends whatever still runs of them. */
export interface Programs {
  start(
    command: string,
    args: readonly string[],
    options?: {
      readonly cwd?: string;
      readonly environment?: { readonly [name: string]: string };
      /** Its stdin is written to. */
      readonly fed?: boolean;
    },
  ): Program;
  stopAll(): Promise<void>;
}

const KEPT_CHARS = 8_000;
const PATIENCE_MS = 8 * SECOND_MS;

export function createPrograms({
  clock,
  environment,
}: {
  readonly clock: Clock;
  readonly environment: { readonly [name: string]: string | undefined };
}): Programs {
  const running = new Set<Program>();
  return {
    start(command, args, options = {}) {
      const child = spawn(command, [...args], {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        env: { ...environment, ...options.environment },
        stdio: [options.fed === true ? "pipe" : "ignore", "pipe", "pipe"],
      });
      const program = programOf(child, command, clock);
      running.add(program);
      program.ended.then(
        () => running.delete(program),
        () => running.delete(program),
      );
      return program;
    },
    async stopAll() {
      await Promise.all([...running].map((program) => program.stop()));
    },
  };
}

function programOf(child: ChildProcess, command: string, clock: Clock): Program {
  let text = "";
  const listeners = new Set<() => void>();
  let over = false;
  const hear = (piece: Buffer): void => {
    text = (text + piece.toString()).slice(-KEPT_CHARS);
    for (const listener of listeners) listener();
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  // The end of the process, which comes with it, says the same.
  child.stdin?.on("error", () => undefined);
  const ended = new Promise<number>((resolve) => {
    const end = (code: number | null): void => {
      over = true;
      resolve(code ?? -1);
      for (const listener of listeners) listener();
    };
    child.once("close", end);
    child.once("error", (error) => {
      text += error.message;
      end(null);
    });
  });
  return {
    pid: child.pid ?? 0,
    said: () => text,
    saying(pattern, withinMs) {
      const found = Promise.withResolvers<RegExpExecArray>();
      const cancel = clock.after(withinMs, () => found.reject(failed(command, "said nothing in time", text)));
      const look = (): void => {
        const match = pattern.exec(text);
        if (match !== null) found.resolve(match);
        else if (over) found.reject(failed(command, "ended", text));
      };
      listeners.add(look);
      look();
      return found.promise.finally(() => {
        cancel();
        listeners.delete(look);
      });
    },
    kill: (signal) => {
      child.kill(signal);
    },
    write: (bytes) => child.stdin?.writable === true && child.stdin.write(bytes),
    drained: () =>
      new Promise((resolve) => {
        if (child.stdin?.writableNeedDrain !== true || over) return resolve();
        child.stdin.once("drain", resolve);
        child.once("close", () => resolve());
      }),
    ended,
    async stop() {
      if (over) return;
      child.stdin?.end();
      child.kill("SIGTERM");
      const cancel = clock.after(PATIENCE_MS, () => child.kill("SIGKILL"));
      await ended;
      cancel();
    },
  };
}

const failed = (command: string, how: string, said: string): Unmeasured =>
  new Unmeasured(`${command} ${how}: ${said.trim().split("\n").slice(-3).join(" | ")}`);

/** Memory and processor time of a process, from /proc; zero where there is no such process any more. */
export function usageOf(pid: number): { readonly rssMb: number; readonly cpuMs: number } {
  try {
    const pages = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Fields 14 and 15 of proc(5), in ticks of a hundredth of a second on every Linux there is.
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { rssMb: pages / 1024, cpuMs: ticks * 10 };
  } catch {
    // It has ended, or this machine has no /proc.
    return { rssMb: 0, cpuMs: 0 };
  }
}

/** A port of this machine that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
