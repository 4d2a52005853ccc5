import { runCommandLine } from "./cli/main.ts";
import { processTerminal } from "./cli/terminal.ts";

// The command line. Every command is a file in src/cli/, listed in src/cli/commands.ts.
const { terminal, release } = processTerminal();
process.exitCode = await runCommandLine(process.argv.slice(2), terminal);
release();
