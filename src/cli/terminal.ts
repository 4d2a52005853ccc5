import { createClock } from "../ops/clock.ts";
import { createRandom } from "../ops/random.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";

/** Everything of the process that a command may touch. */
export interface Terminal {
  /**
   * Data on stdout, for people and scripts. Resolves when the reader has room for more, or is gone; never rejects.
   */
  print(text: string): Promise<void>;
  /** One line of words on stderr. */
  say(words: string): void;
  /** Bytes of stdin; nothing where `inputIsKeyboard` and nobody types. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly inputIsKeyboard: boolean;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Where relative paths begin. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts with a Stopped when somebody ends the command from outside. */
  readonly signal: AbortSignal;
  /**
   * Takes hang-ups (SIGHUP) instead of ending the command, until the returned function is called. Absent where there
   * are none.
   */
  onHangUp?(listener: () => void): () => void;
}

/** Why a command was ended from outside: a signal, or nobody reads its data any more. */
export class Stopped extends Error {
  /** What a shell expects: 128 and the signal's number; 0 when the reader had enough. */
  readonly exitCode: number;

  constructor(why: string, exitCode: number) {
    super(why);
    this.name = "Stopped";
    this.exitCode = exitCode;
  }
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * The terminal of this process. The first signal asks the command to end, a second one ends the process. `release()`
 * gives the signals back and lets go of stdin, so that the process ends when nothing else keeps it.
 */
export function processTerminal(): { readonly terminal: Terminal; release(): void } {
  const { stdin, stdout, stderr } = process;
  const stopping = new AbortController();
  const stop = (why: string, exitCode: number): void => {
    if (stopping.signal.aborted) process.exit(exitCode);
    stopping.abort(new Stopped(why, exitCode));
  };
  const hangUps = new Set<() => void>();
  const listeners = Object.entries(SIGNALS).map(([name, code]) => {
    const listener = (): void => {
      if (name !== "SIGHUP" || hangUps.size === 0) return stop(`stopped by ${name}`, code);
      for (const each of hangUps) each();
    };
    process.on(name, listener);
    return { name, listener };
  });
  // `breathwatch decode ... | head` closes our stdout when it has enough: that is an end, not a failure.
  let isRead = true;
  stdout.on("error", () => {
    isRead = false;
    if (!stopping.signal.aborted) stop("nobody reads the output", 0);
  });
  // Nobody is left to hear words that cannot be said.
  stderr.on("error", () => undefined);

  return {
    terminal: {
      print: (text) =>
        new Promise((resolve) => {
          if (!isRead || stdout.write(text)) return resolve();
          const go = (): void => {
            stdout.off("drain", go).off("close", go).off("error", go);
            resolve();
          };
          stdout.once("drain", go).once("close", go).once("error", go);
        }),
      say: (words) => {
        stderr.write(`${words}\n`);
      },
      input: stdin,
      inputIsKeyboard: stdin.isTTY,
      environment: process.env,
      folder: process.cwd(),
      clock: createClock(),
      random: createRandom(),
      signal: stopping.signal,
      onHangUp(listener) {
        hangUps.add(listener);
        return () => hangUps.delete(listener);
      },
    },
    release() {
      for (const { name, listener } of listeners) process.off(name, listener);
      stdin.destroy();
    },
  };
}
