import { parseDocument } from "yaml";
import type { DependencyClass } from "../domain/bed.ts";
import { invalidInput, UsageError } from "./command.ts";
import { readText } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** A dependency class from the command line. */
export function classOf(text: string): DependencyClass {
  if (text === "A" || text === "B" || text === "C") return text;
  throw new UsageError(`--class is "${text}", but must be A, B or C.`);
}

/** YAML 1.2 contains JSON, so one reader does for both; what it means is checked by the engine. */
export async function readLimits(file: string, terminal: Terminal): Promise<unknown> {
  const document = parseDocument(await readText(file, terminal), { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    throw invalidInput(
      `${file} is neither JSON nor YAML: line ${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0] ?? ""}`,
      "Write a mapping such as SPO2_LOW: { limit: 90, delay_s: 15 }.",
    );
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  return value ?? {};
}
