import type { Spread } from "./statistics.ts";
import type { StoreBench, StoreMeasured } from "./store.ts";

/** What is asked of the default store; the others are measured beside it. */
const AIMS = { rawNightMs: 5, minutesNightMs: 10, bytesPerSample: 1.2 } as const;

/** For people, one line a number, engines side by side. */
export function storeTable({ stores, problems, hub }: StoreBench): string {
  const lines = [row("", stores, ({ name }) => name)];
  const add = (label: string, value: (one: StoreMeasured) => string): void => {
    lines.push(row(label, stores, value));
  };
  add("samples written", ({ samples }) => samples.toLocaleString("en"));
  add("samples a second", ({ samplesPerSecond }) => Math.round(samplesPerSecond).toLocaleString("en"));
  add("processor time of it, s", ({ ingestCpuS }) => ingestCpuS.toFixed(1));
  add(`bytes a sample (aim ${AIMS.bytesPerSample})`, ({ bytesPerSample }) => bytesPerSample.toFixed(2));
  add(`raw night, 3 signals, ms (aim ${AIMS.rawNightMs})`, ({ rawNight }) => spread(rawNight));
  add("the same as points, ms", ({ rawNightPoints }) => spread(rawNightPoints));
  add(`night in minutes, 10 signals, ms (aim ${AIMS.minutesNightMs})`, ({ minutesNight }) =>
    spread(minutesNight),
  );
  add("nights summarised", ({ nights }) => String(nights));
  add("their summaries, first time, ms", ({ summariesFirstMs }) => summariesFirstMs?.toFixed(0) ?? "-");
  add("their summaries again, ms", ({ summaries }) => spread(summaries));
  add("memory, MB", ({ memoryBytes }) => (memoryBytes / 1e6).toFixed(0));
  if (hub !== undefined) {
    lines.push(
      "",
      `${hub.homes.toLocaleString("en")} homes, one row of 15 signals a second each, sealed:`,
      `  ${Math.round(hub.rowsPerSecond).toLocaleString("en")} rows/s as fast as it goes`,
      `  ${(hub.dutyS * 100).toFixed(0)} % of one core for a second of all (making the rows ${(hub.makingS * 100).toFixed(0)} %)`,
      `  a commit, compaction beside it: ${spread(hub.commit)} ms, longest ${hub.commit?.max.toFixed(0) ?? "-"} ms`,
      `  memory ${(hub.memoryBytes / 1e6).toFixed(0)} MB`,
    );
  }
  lines.push(...problems.map((problem) => `not measured: ${problem}`));
  return `${lines.join("\n")}\n`;
}

/** p50 and p99. */
const spread = (times: Spread | undefined): string =>
  times === undefined ? "-" : `${times.p50.toFixed(1)} / ${times.p99.toFixed(1)}`;

const row = (
  label: string,
  stores: readonly StoreMeasured[],
  value: (one: StoreMeasured) => string,
): string => `${label.padEnd(46)}${stores.map((one) => value(one).padStart(18)).join("")}`;
