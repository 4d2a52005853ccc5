import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { runCommandLine } from "../../src/cli/main.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { wall } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";

/** A terminal in memory, on virtual time. */
export interface TestTerminal extends Terminal {
  /** Everything on stdout so far. */
  readonly data: () => string;
  /** Everything on stderr so far. */
  readonly words: () => string;
  stop(reason: unknown): void;
}

export interface TestTerminalOptions {
  readonly input?: AsyncIterable<Uint8Array>;
  readonly files?: { readonly [name: string]: string | Uint8Array };
  readonly environment?: { readonly [name: string]: string | undefined };
  /** Default: virtual time from the beginning of 2026. */
  readonly clock?: Clock;
  /** Default: a new one, removed after the test. */
  readonly folder?: string;
}

export function createTestTerminal(options: TestTerminalOptions = {}): TestTerminal {
  const folder = options.folder ?? temporaryFolder();
  for (const [name, content] of Object.entries(options.files ?? {})) {
    writeFileSync(path.join(folder, name), content);
  }
  const stopping = new AbortController();
  let data = "";
  let words = "";
  return {
    print: async (text) => {
      data += text;
    },
    say: (line) => {
      words += `${line}\n`;
    },
    input: options.input ?? noInput(),
    inputIsKeyboard: options.input === undefined,
    environment: options.environment ?? {},
    folder,
    clock: options.clock ?? createVirtualClock(wall(Date.UTC(2026, 0, 1))),
    random: createSeededRandom(1),
    signal: stopping.signal,
    data: () => data,
    words: () => words,
    stop: (reason) => stopping.abort(reason),
  };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function* noInput(): AsyncGenerator<Uint8Array> {}

/** What a command line did. */
export interface Ran {
  readonly code: number;
  readonly data: string;
  readonly words: string;
}

/** Runs a command line in this process. */
export async function run(argv: readonly string[], options: TestTerminalOptions = {}): Promise<Ran> {
  const terminal = createTestTerminal(options);
  const code = await runCommandLine(argv, terminal);
  return { code, data: terminal.data(), words: terminal.words() };
}

/** The JSON objects of JSON Lines. */
export const jsonLines = (text: string): readonly { readonly [name: string]: unknown }[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly [name: string]: unknown });
