import { judge } from "../alarm/judge.ts";
import { command, needed } from "./command.ts";
import { classOf, readLimits } from "./limits-file.ts";
import { readSamples } from "./samples.ts";

/** Lines that wait before they are written together. */
const LINES_AT_ONCE = 200;

/** `breathwatch judge`: the alarm engine over a samples file. */
export const judgeCommand = command({
  name: "judge",
  usage: "--samples FILE [--limits FILE] [--class A|B|C]",
  about:
    "Runs the alarm engine over given values and prints what it says, one JSON object a line:\n" +
    '{"at","event","id","priority","occurrence","values"}; `at` in epoch milliseconds. The bed is on watch from\n' +
    "the first row; each row arrives at its `at`; an empty cell is a missing sample.\n\n" +
    "The samples file is CSV: a column `at` (epoch milliseconds or ISO 8601), one column per signal id,\n" +
    "`settings.<name>` and `<signal>.absent` (the reason for an empty cell) where wanted. The limits file is\n" +
    "JSON or YAML: condition id to any of on, limit, delay_s, hysteresis, clear_s and the condition's own\n" +
    "settings; what it does not name keeps the preset of the class. docs/alarms.md lists them. `preset:\n" +
    "chronic_low` in it begins from the preset for a night that is low throughout.",
  options: {
    samples: { type: "string", value: "FILE", help: "the night" },
    limits: { type: "string", value: "FILE", help: "limits of this person; default: the presets" },
    class: { type: "string", value: "A|B|C", help: "dependency class; default B" },
  },
  examples: [
    "breathwatch judge --samples night.csv.gz --class C",
    "breathwatch judge --samples night.csv | jq -c 'select(.event == \"occurred\")'",
  ],
  async run({ values }, terminal) {
    const file = needed(values.samples, "--samples FILE");
    const dependencyClass = classOf(values.class ?? "B");
    const limits = values.limits === undefined ? undefined : await readLimits(values.limits, terminal);
    const night = await readSamples(file, terminal);
    let lines: string[] = [];
    for (const line of judge(night, { dependencyClass, limits })) {
      lines.push(`${JSON.stringify(line)}\n`);
      if (lines.length < LINES_AT_ONCE) continue;
      await terminal.print(lines.join(""));
      terminal.signal.throwIfAborted();
      lines = [];
    }
    await terminal.print(lines.join(""));
    return 0;
  },
});
