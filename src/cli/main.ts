import { inspect } from "node:util";
import { nearest } from "../config/nearest.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { table, UsageError } from "./command.ts";
import { COMMANDS, type CommandEntry } from "./commands.ts";
import { faultSentence } from "./fault-sentence.ts";
import { Stopped, type Terminal } from "./terminal.ts";
import { ownVersion } from "./version.ts";

/**
 * Runs one command line and resolves with the exit code: 0 it worked, 1 it failed, 2 it was called wrongly, 128 and
 * the signal's number when it was ended from outside. Never rejects.
 */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first = "help", ...rest] = argv;
  try {
    if (first === "--version" || first === "-v") return await printVersion(terminal);
    if (first === "help" || first === "--help" || first === "-h") return await printHelp(rest, terminal);
    const found = await find(first).load();
    if (rest.includes("--help") || rest.includes("-h")) {
      await terminal.print(found.help);
      return 0;
    }
    return await found.run(rest, terminal);
  } catch (error) {
    return tell(error, first, terminal);
  }
}

function find(name: string): CommandEntry {
  const entry = COMMANDS.find((known) => known.name === name);
  if (entry !== undefined) return entry;
  const guess = nearest(
    name,
    COMMANDS.map((known) => known.name),
  );
  const meant = guess === undefined ? "" : ` Did you mean "${guess}"?`;
  throw new UsageError(`There is no command "${name}".${meant}`);
}

async function printHelp([topic]: readonly string[], terminal: Terminal): Promise<number> {
  if (topic !== undefined) {
    await terminal.print((await find(topic).load()).help);
    return 0;
  }
  const commands = table(COMMANDS.map((entry) => [entry.name, entry.summary]));
  await terminal.print(
    `Breathwatch: a night watch for people on home ventilators.\n\n` +
      `Usage: breathwatch COMMAND [options]\n\n${commands}\n` +
      `"breathwatch help COMMAND" tells more about one of them. Data goes to stdout, words go to stderr;\n` +
      `exit code 0: it worked, 1: it failed, 2: it was called wrongly. Files ending in .gz are read as they are.\n` +
      `The machine's own alarm stays the primary alarm.\n`,
  );
  return 0;
}

async function printVersion(terminal: Terminal): Promise<number> {
  await terminal.print(`breathwatch ${await ownVersion()}, node ${process.versions.node}\n`);
  return 0;
}

/** Says in one line what went wrong and what to do; a stack only where somebody asked for it. */
function tell(error: unknown, name: string, terminal: Terminal): number {
  const known = COMMANDS.some((entry) => entry.name === name);
  const speaker = known ? `breathwatch ${name}` : "breathwatch";
  const stopped: unknown = terminal.signal.aborted ? terminal.signal.reason : undefined;
  if (stopped instanceof Stopped) {
    // Whatever failed afterwards failed because of that.
    if (stopped.exitCode !== 0) terminal.say(`${speaker}: ${stopped.message}`);
    return stopped.exitCode;
  }
  const debug = (terminal.environment["BREATHWATCH_DEBUG"] ?? "") !== "";
  if (error instanceof UsageError) {
    terminal.say(`${speaker}: ${error.message}`);
    terminal.say(known ? `See "breathwatch help ${name}".` : `See "breathwatch help".`);
    return 2;
  }
  if (error instanceof Fault) terminal.say(`${speaker}: ${faultSentence(error)}`);
  else {
    terminal.say(`${speaker}: unexpected failure: ${messageOf(error)}.`);
    if (!debug) terminal.say("This is a fault of Breathwatch. BREATHWATCH_DEBUG=1 shows where it happened.");
  }
  if (debug) terminal.say(inspect(error));
  return 1;
}
