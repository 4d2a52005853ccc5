import { type ChildProcess, spawn } from "node:child_process";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink } from "../port/link.ts";
import { type ChunkQueue, createChunkQueue } from "./chunk-queue.ts";

/** A program of the machine whose output is a byte stream. */
export interface ProgramLink {
  readonly program: string;
  readonly arguments: readonly string[];
  /** What people know it as: `the microphone hw:1`. */
  readonly name: string;
  /** Bytes that may wait for a reader; the oldest are let go. */
  readonly limitBytes: number;
  /** Unread bytes are let go in whole units of so many. */
  readonly unitBytes: number;
  /** It must have sent something by then; absent: it need not, and counts as open when it still runs after a moment. */
  readonly firstBytesMs?: number;
  /** What its last words mean, where it ended before it was open. */
  refusal(words: string): Fault;
}

/** Of what it writes to stderr the end is kept, which says why it ended. */
const WORDS_MAX = 2_000;
/** A program that cannot do what it is asked says so at once. */
const MOMENT_MS = 150;

/**
 * Starts a program in a process group of its own and reads its output; close() kills the whole group. It ends by
 * itself when this process dies, since nobody takes its output any more. Rejects with the refusal, or the signal's
 * reason.
 */
export async function openProgram(
  options: ProgramLink,
  signal: AbortSignal,
  clock: Clock,
): Promise<ByteLink> {
  const queue = createChunkQueue(options.limitBytes);
  const child = spawn(options.program, [...options.arguments], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-WORDS_MAX);
  });
  const lastWords = (): string => words.trim().split("\n").at(-1) ?? "";
  const closed = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      words ||= messageOf(error);
      // A program that never started is not closed either.
      if (child.pid === undefined) resolve();
    });
    child.once("close", () => resolve());
  });
  try {
    await opened(child, queue, { ...options, signal, clock, closed, lastWords });
  } catch (error) {
    killGroup(child);
    await closed;
    throw error;
  }
  const leave = (): void => queue.end(lost(options.name, lastWords()));
  closed.then(leave, leave);
  return {
    chunks: queue.chunks,
    write: () => Promise.reject(new Fault("DEVICE_REFUSED", `Nothing can be sent to ${options.name}.`)),
    async close() {
      queue.end();
      killGroup(child);
      await closed;
    },
  };
}

type Opening = ProgramLink & {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly closed: Promise<void>;
  lastWords(): string;
};

/** Resolves once it sends, or has run for a moment where it need not; whoever calls this kills it when it rejects. */
function opened(
  child: ChildProcess,
  queue: ChunkQueue,
  { signal, clock, closed, lastWords, firstBytesMs, unitBytes, name, refusal }: Opening,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest: Uint8Array = new Uint8Array(0);
    const settle = (act: () => void): void => {
      cancel();
      signal.removeEventListener("abort", give);
      act();
    };
    const give = (): void =>
      settle(() => reject(signal.reason instanceof Error ? signal.reason : new Error("no longer wanted")));
    const cancel = clock.after(firstBytesMs ?? MOMENT_MS, () =>
      settle(() => {
        if (firstBytesMs === undefined) resolve();
        else reject(refusal(`no sound came within ${firstBytesMs / 1_000} s from ${name}`));
      }),
    );
    signal.addEventListener("abort", give, { once: true });
    child.stdout?.on("data", (chunk: Uint8Array) => {
      settle(resolve);
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = bytes.length - (bytes.length % unitBytes);
      rest = bytes.subarray(whole);
      queue.push(bytes.subarray(0, whole));
    });
    const leave = (): void => settle(() => reject(refusal(lastWords() || "it ended at once")));
    closed.then(leave, leave);
  });
}

const lost = (name: string, words: string): Fault =>
  new Fault(
    "LINK_LOST",
    `${name.charAt(0).toUpperCase()}${name.slice(1)} went away: ${words || "it ended"}.`,
    {
      fix: "It is opened again by itself. Check its plug and the cable.",
    },
  );

/** At once and for certain, with whatever it started. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended already, and its group with it.
    child.kill("SIGKILL");
  }
}
