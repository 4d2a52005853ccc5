import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";
import { nearest } from "../config/nearest.ts";
import { readScenario, type Scenario } from "../rehearsal/scenario.ts";
import { invalidInput } from "./command.ts";
import { readText } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** A scenario with the name that it is called by. */
export interface NamedScenario {
  readonly id: string;
  readonly scenario: Scenario;
}

/** Scenarios that come with the project; in the published package they lie at the same place. */
const OWN = path.join(import.meta.dirname, "../../devices/scenarios");

/** All scenarios that come along, by name. Throws INPUT_INVALID for one that is damaged. */
export async function ownScenarios(terminal: Pick<Terminal, "folder">): Promise<readonly NamedScenario[]> {
  const all: NamedScenario[] = [];
  for (const id of ownNames()) all.push({ id, scenario: await loadScenario(id, terminal) });
  return all;
}

const ownNames = (): readonly string[] =>
  readdirSync(OWN)
    .flatMap((name) => (name.endsWith(".yaml") ? [name.slice(0, -5)] : []))
    .toSorted();

/** Reads a scenario: a file, or the name of one that comes with the project. Throws INPUT_INVALID. */
export async function loadScenario(named: string, terminal: Pick<Terminal, "folder">): Promise<Scenario> {
  const file = placeOf(named, terminal.folder);
  const document = parseDocument(await readText(file, terminal), { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    throw invalidInput(
      `${file} is not valid YAML: line ${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0] ?? ""}`,
      "docs/scenarios.md describes what a scenario may say.",
    );
  }
  return readScenario(document.toJS({ maxAliasCount: 0 }), file);
}

function placeOf(named: string, folder: string): string {
  const file = path.resolve(folder, named);
  if (existsSync(file) || /[/.]/.test(named)) return file;
  const names = ownNames();
  if (names.includes(named)) return path.join(OWN, `${named}.yaml`);
  const guess = nearest(named, names);
  throw invalidInput(
    `There is no file and no scenario "${named}".`,
    guess === undefined ? `Scenarios that come along: ${names.join(", ")}.` : `Did you mean "${guess}"?`,
  );
}
