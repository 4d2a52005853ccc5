import { spawn } from "node:child_process";
import path from "node:path";
import { onTestFinished } from "vitest";

const root = path.join(import.meta.dirname, "../..");

/** A command line that runs as its own process; killed after the test if it still runs. */
export interface CommandLine {
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream;
  /** The n-th line of stdout, from 0, as soon as it is there; rejects when the process ends before. */
  line(index: number): Promise<string>;
  /** Resolves when stderr says so; rejects when the process ends before. */
  said(words: RegExp): Promise<void>;
  /** Exit code (128 and the signal's number when a signal killed it) and everything it wrote. */
  readonly ended: Promise<{ readonly code: number; readonly data: string; readonly words: string }>;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading stdout, as `head` does. */
  closeOutput(): void;
}

/** Starts the real command line, from sources, under the project's own Node. */
export function startCommandLine(
  argv: readonly string[],
  options: { readonly folder?: string; readonly environment?: { readonly [name: string]: string } } = {},
): CommandLine {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", path.join(root, "src/cli.ts"), ...argv],
    { cwd: options.folder ?? root, env: { ...process.env, ...options.environment }, stdio: "pipe" },
  );
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });
  let data = "";
  let words = "";
  let isOver = false;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const each of waiting) each();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    data += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words += text;
    look();
  });
  child.stdin.on("error", () => undefined);
  const ended = new Promise<{ code: number; data: string; words: string }>((resolve) => {
    child.on("close", (code, signal) => {
      isOver = true;
      resolve({ code: code ?? (signal === null ? -1 : 128), data, words });
      look();
    });
  });
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const attempt = (): void => {
        const found = find();
        if (found === undefined && !isOver) return;
        waiting.delete(attempt);
        if (found === undefined) reject(new Error(`it ended before; it said: ${words}`));
        else resolve(found);
      };
      waiting.add(attempt);
      attempt();
    });
  return {
    pid: child.pid ?? -1,
    stdin: child.stdin,
    line: (index) => until(() => data.split("\n").slice(0, -1)[index]),
    said: async (pattern) => {
      await until(() => (pattern.test(words) ? true : undefined));
    },
    ended,
    kill: (signal) => void child.kill(signal),
    closeOutput: () => child.stdout.destroy(),
  };
}

/** Runs a command line to its end. */
export function runCommand(
  argv: readonly string[],
  options: Parameters<typeof startCommandLine>[1] & { readonly input?: Uint8Array | string } = {},
): CommandLine["ended"] {
  const started = startCommandLine(argv, options);
  started.stdin.end(options.input ?? "");
  return started.ended;
}
