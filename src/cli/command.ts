import { parseArgs } from "node:util";
import { nearest } from "../config/nearest.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Terminal } from "./terminal.ts";

/** A command as the list of commands runs it. */
export interface Command {
  readonly name: string;
  /** The whole help text. */
  readonly help: string;
  /**
   * Reads its arguments and does its work; resolves with the exit code 0 or 1. Rejects with a UsageError (exit 2), a
   * Fault (exit 1), or the reason of `terminal.signal`.
   */
  run(argv: readonly string[], terminal: Terminal): Promise<number>;
}

/** The command was called wrongly: told with its usage, exit 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

interface CommandOption {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** Stand-in for the value in usage and help: `FILE`. */
  readonly value?: string;
  readonly help: string;
}

type CommandOptions = { readonly [name: string]: CommandOption };

interface ParseConfig<O extends CommandOptions> {
  readonly args: string[];
  readonly options: O;
  readonly allowPositionals: true;
  readonly strict: true;
}

type Parsed<O extends CommandOptions> = ReturnType<typeof parseArgs<ParseConfig<O>>>;

interface CommandDefinition<O extends CommandOptions> {
  readonly name: string;
  /** What follows the name: `FILE [--speed N]`. */
  readonly usage: string;
  /** What it does, in paragraphs of at most 100 characters a line. */
  readonly about: string;
  readonly options: O;
  /** How many arguments without a name there may be. */
  readonly positionals?: { readonly min: number; readonly max: number; readonly names: string };
  readonly examples: readonly string[];
  run(
    args: { readonly values: Parsed<O>["values"]; readonly positionals: readonly string[] },
    terminal: Terminal,
  ): Promise<number>;
}

/** Makes a command from data and one function: parsing, checking and help are the same for all. */
export function command<const O extends CommandOptions>(definition: CommandDefinition<O>): Command {
  const { name, options, positionals: expected = { min: 0, max: 0, names: "" } } = definition;
  return {
    name,
    help: helpOf(definition),
    async run(argv, terminal) {
      const { values, positionals } = parse(argv, options);
      if (positionals.length < expected.min) throw new UsageError(`${expected.names} is missing.`);
      const surplus = positionals[expected.max];
      if (surplus !== undefined) throw new UsageError(`"${surplus}" is one argument too many.`);
      return definition.run({ values, positionals }, terminal);
    },
  };
}

function parse<O extends CommandOptions>(argv: readonly string[], options: O): Parsed<O> {
  try {
    return parseArgs<ParseConfig<O>>({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(wrongUse(error, Object.keys(options)));
  }
}

/** What node:util says of wrong arguments, shorter and with the word that was probably meant. */
function wrongUse(error: unknown, known: readonly string[]): string {
  const message = messageOf(error);
  const [, option] =
    /^Option '(?:-\w, )?(--[\w-]+)[^']*'.* argument (?:missing|is ambiguous)/.exec(message) ?? [];
  if (option !== undefined) return `${option} wants a value; one that begins with a dash as ${option}=-1.`;
  const unknown = /^Unknown option '(-+)([^']*)'/.exec(message);
  if (unknown === null) return message.replace(/\. To specify .*$/s, ".");
  const guess = nearest(unknown[2] ?? "", known);
  const meant = guess === undefined ? "" : ` Did you mean --${guess}?`;
  return `There is no option ${unknown[1]}${unknown[2]}.${meant}`;
}

function helpOf<O extends CommandOptions>(definition: CommandDefinition<O>): string {
  const rows = Object.entries(definition.options).map(([name, option]): readonly [string, string] => [
    `--${name}${option.value === undefined ? "" : ` ${option.value}`}`,
    option.help,
  ]);
  const examples = definition.examples.map((line) => `  ${line}\n`).join("");
  return [
    `Usage: breathwatch ${definition.name}${definition.usage === "" ? "" : ` ${definition.usage}`}\n`,
    `${definition.about}\n`,
    ...(rows.length === 0 ? [] : [`Options:\n${table(rows)}`]),
    ...(examples === "" ? [] : [`Examples:\n${examples}`]),
  ].join("\n");
}

/** Two columns, the first as wide as it needs to be. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}\n`).join("");
}

/** The value of an option without which the command cannot work. */
export function needed(value: string | undefined, option: string): string {
  if (value === undefined) throw new UsageError(`${option} is missing.`);
  return value;
}

/** A number within bounds from the command line. */
export function numberOf(text: string, option: string, min: number, max: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= min && value <= max)) {
    throw new UsageError(`${option} is "${text}", but must be a number from ${min} to ${max}.`);
  }
  return value;
}

/** A file that a command was given is not what it should be. */
export const invalidInput = (detail: string, fix: string, cause?: unknown): Fault =>
  new Fault("INPUT_INVALID", detail, { fix, permanent: true, cause });
