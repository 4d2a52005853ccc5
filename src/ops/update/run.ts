import { execFile } from "node:child_process";
import { messageOf } from "../../domain/fault.ts";

/** What came of a program; `failed` says why, in one line. */
export interface Ran {
  readonly output: string;
  readonly failed?: string;
}

const OUTPUT_MAX = 64 * 1024;

/** Runs a program to its end, at most `ms`. Never rejects. */
export function runProgram(
  program: string,
  args: readonly string[],
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
): Promise<Ran> {
  const options = { timeout: ms, killSignal: "SIGKILL", signal, maxBuffer: OUTPUT_MAX } as const;
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ output: stdout });
      const said = stderr.trim().split("\n", 1)[0];
      resolve({ output: stdout, failed: said === undefined || said === "" ? messageOf(error) : said });
    });
  });
}
