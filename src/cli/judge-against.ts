import { criticalLimit, type WhatIfOptions, whatIf } from "../alarm/what-if.ts";
import { totalOf, type WhatIfNight } from "../domain/what-if.ts";
import { readSamples } from "./samples.ts";
import type { Terminal } from "./terminal.ts";

/** Steps of the engine between two looks at whether somebody wants it to end. */
const STEPS_AT_ONCE = 50_000;

/** `breathwatch judge --against`: nights by two sets of limits, an object for each and one for all. */
export async function judgeAgainst(
  files: readonly string[],
  options: WhatIfOptions,
  terminal: Terminal,
): Promise<number> {
  const limit = criticalLimit(options);
  const nights: WhatIfNight[] = [];
  for (const [index, file] of files.entries()) {
    terminal.say(`night ${index + 1} of ${files.length}: ${file}`);
    const work = whatIf(await readSamples(file, terminal), options);
    let next = work.next();
    for (let steps = 1; next.done !== true; steps++) {
      if (steps % STEPS_AT_ONCE === 0) {
        // A signal is heard only when the process is let go on.
        await terminal.print("");
        terminal.signal.throwIfAborted();
      }
      next = work.next();
    }
    if (next.value === undefined) continue;
    nights.push(next.value);
    await terminal.print(`${JSON.stringify({ samples: file, ...next.value })}\n`);
  }
  const total = totalOf(nights);
  await terminal.print(`${JSON.stringify({ total })}\n`);
  const { alarms, dips } = total;
  terminal.say(`${alarms.before} -> ${alarms.after} alarms; ${dips.lostCount} dips below ${limit} lost`);
  return 0;
}
