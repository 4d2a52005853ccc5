import { SECOND_MS, wall } from "../domain/time.ts";
import { oximetryMetrics, type SignalPoints } from "../trends/metrics.ts";
import { command, needed } from "./command.ts";
import { readSamples, type SamplesNight } from "./samples.ts";

/** `breathwatch trends`: the metrics of a night from a samples file. */
export const trendsCommand = command({
  name: "trends",
  usage: "--samples FILE",
  about:
    "Computes the metrics of a night and prints one JSON object: metric id to {value, unit, rule, coverage}.\n" +
    "`rule` names the definition exactly: only compare numbers with equal rules. `value` is null where there is\n" +
    "too little to say; `coverage` is seconds with a value of all seconds, 0 to 1. The night runs from the first\n" +
    'row to one second after the last. The samples file is described in "breathwatch help judge".',
  options: { samples: { type: "string", value: "FILE", help: "the night" } },
  examples: ["breathwatch trends --samples night.csv | jq .T90.value"],
  async run({ values }, terminal) {
    const night = await readSamples(needed(values.samples, "--samples FILE"), terminal);
    const to = wall(night.lastAt + SECOND_MS);
    const metrics = oximetryMetrics(pointsOf(night), night.from, to);
    await terminal.print(`${JSON.stringify(metrics, undefined, 2)}\n`);
    return 0;
  },
});

/** Rows to one list a signal; a column without a cell in a row says nothing there. */
function pointsOf({ signals, rows }: SamplesNight): SignalPoints {
  return Object.fromEntries(
    signals.map((id) => [
      id,
      rows.flatMap(({ at, samples }) => {
        const sample = samples[id];
        return sample === undefined ? [] : [{ at, sample }];
      }),
    ]),
  );
}
