import { judge } from "../alarm/judge.ts";
import { command, needed, UsageError } from "./command.ts";
import { judgeAgainst } from "./judge-against.ts";
import { classOf, readLimits } from "./limits-file.ts";
import { readSamples } from "./samples.ts";

/** Lines that wait before they are written together. */
const LINES_AT_ONCE = 200;

/** `breathwatch judge`: the alarm engine over a samples file. */
export const judgeCommand = command({
  name: "judge",
  usage: "--samples FILE [--limits FILE] [--class A|B|C] [--against FILE]",
  about:
    "Runs the alarm engine over given values and prints what it says, one JSON object a line:\n" +
    '{"at","event","id","priority","occurrence","values"}; `at` in epoch milliseconds. The bed is on watch from\n' +
    "the first row; each row arrives at its `at`; an empty cell is a missing sample.\n\n" +
    "The samples file is CSV: a column `at` (epoch milliseconds or ISO 8601), one column per signal id,\n" +
    "`settings.<name>`, `<signal>.absent` (the reason for an empty cell) and `flags` (what the oximeter remarks\n" +
    "about its numbers, with spaces between) where wanted. The limits file is\n" +
    "JSON or YAML: condition id to any of on, limit, delay_s, hysteresis, clear_s and the condition's own\n" +
    "settings; what it does not name keeps the preset of the class. docs/alarms.md lists them. `preset:\n" +
    "chronic_low` in it begins from the preset for a night that is low throughout.\n\n" +
    "--against tries other limits on the same nights, of which there may be several, and prints an object for each\n" +
    '({"samples","from","to","signals","dips"}: how often which condition would have asked for somebody before and\n' +
    "after, and the falls of at least 10 s below the critical limit of now that would no longer be raised) and\n" +
    'last {"total"}. Nobody answers in it; low alarms are counted, and not among the alarms of the total.',
  options: {
    samples: { type: "string", value: "FILE", multiple: true, help: "the night; with --against repeatable" },
    limits: { type: "string", value: "FILE", help: "limits of this person; default: the presets" },
    class: { type: "string", value: "A|B|C", help: "dependency class; default B" },
    against: { type: "string", value: "FILE", help: "limits that somebody thinks of" },
  },
  examples: [
    "breathwatch judge --samples night.csv.gz --class C",
    "breathwatch judge --samples mo.csv --samples tu.csv --limits now.yaml --against then.yaml",
    "breathwatch judge --samples night.csv | jq -c 'select(.event == \"occurred\")'",
  ],
  async run({ values }, terminal) {
    const files = values.samples ?? [];
    const file = needed(files.at(-1), "--samples FILE");
    const dependencyClass = classOf(values.class ?? "B");
    const limits = values.limits === undefined ? undefined : await readLimits(values.limits, terminal);
    if (values.against !== undefined) {
      const proposed = await readLimits(values.against, terminal);
      return judgeAgainst(files, { dependencyClass, now: limits, proposed }, terminal);
    }
    if (files.length > 1) throw new UsageError("Only --against takes several --samples.");
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
