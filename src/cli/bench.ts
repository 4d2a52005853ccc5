import { writeFile } from "node:fs/promises";
import path from "node:path";
import { measurePath, type PathPlan } from "../bench/path.ts";
import { reportOf, tableOf } from "../bench/report.ts";
import { command, numberOf, UsageError } from "./command.ts";

const FULL: PathPlan = {
  rounds: 3,
  seconds: 40,
  alarms: 56,
  bedSeconds: 40,
  driverSeconds: 3,
  floodFrames: 30_000,
  peers: true,
};

/** Enough to see that everything works; no number of it is worth writing down. */
const QUICK: PathPlan = {
  rounds: 1,
  seconds: 2,
  alarms: 0,
  bedSeconds: 0,
  driverSeconds: 0.2,
  floodFrames: 3_000,
  peers: false,
};

/** `breathwatch bench`: measurements. */
export const benchCommand = command({
  name: "bench",
  usage: "[path] [--json [FILE]] [--rounds N] [--seconds N] [--no-peers] [--quick]",
  about:
    "Measures the path from a device's bytes to the bus and to a phone's push service, on this machine, beside a bare\n" +
    "script and Node-RED doing the same on the same port (Node-RED is installed into a temporary folder). It takes about\n" +
    "twelve minutes; everything is on loopback. A missed aim is told and is no failure; exit 1: something could not be\n" +
    "measured. docs/bench.md says how to read it.",
  options: {
    json: {
      type: "string",
      value: "FILE",
      help: "also write everything as JSON; - for stdout, without the table",
    },
    rounds: { type: "string", value: "N", help: `rounds of each program in turn; default ${FULL.rounds}` },
    seconds: { type: "string", value: "N", help: `steady part of each round; default ${FULL.seconds}` },
    alarms: {
      type: "string",
      value: "N",
      help: `alarms to raise at least; default ${FULL.alarms}, 0 for none`,
    },
    "no-peers": { type: "boolean", help: "Breathwatch alone" },
    quick: { type: "boolean", help: "some seconds in all, without peers and alarms: to try it out" },
  },
  positionals: { min: 0, max: 1, names: "NAME" },
  examples: [
    "breathwatch bench path",
    "breathwatch bench path --json path.json",
    "breathwatch bench --no-peers",
  ],
  async run({ values, positionals }, terminal) {
    const name = positionals[0] ?? "path";
    if (name !== "path") throw new UsageError(`There is no measurement "${name}". There is: path.`);
    const preset = values.quick === true ? QUICK : FULL;
    const plan: PathPlan = {
      ...preset,
      rounds: numberOf(values.rounds ?? String(preset.rounds), "--rounds", 1, 50),
      seconds: numberOf(values.seconds ?? String(preset.seconds), "--seconds", 2, 600),
      alarms: numberOf(values.alarms ?? String(preset.alarms), "--alarms", 0, 600),
      peers: preset.peers && values["no-peers"] !== true,
    };
    const { clock, random, environment, signal } = terminal;
    const measured = await measurePath(plan, {
      ...{ clock, random, environment, signal },
      say: (words) => terminal.say(words),
    });
    const report = reportOf(measured);
    const json = `${JSON.stringify({ ...report, measured }, undefined, 2)}\n`;
    if (values.json === "-") await terminal.print(json);
    else {
      await terminal.print(tableOf(measured, report));
      if (values.json !== undefined) await writeFile(path.resolve(terminal.folder, values.json), json);
    }
    return measured.problems.length === 0 ? 0 : 1;
  },
});
