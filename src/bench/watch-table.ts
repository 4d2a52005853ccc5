import type { Spread } from "./statistics.ts";
import { columns, number } from "./text.ts";
import type { WatchBench } from "./watch.ts";

/** For people: one line for each number of homes. */
export function watchTable({ steps, problems }: WatchBench): string {
  const head = [
    "homes",
    "alone p50",
    "p99",
    "together p50",
    "p99",
    "bare p50",
    "p99",
    "x bare",
    "unwritten",
    "MB",
  ];
  const rows = steps.map(({ homes, alone, together, bare, unwritten, memoryMb }) => [
    homes.toLocaleString("en"),
    ...[of(alone, "p50"), of(alone, "p99"), of(together, "p50"), of(together, "p99")],
    ...[of(bare, "p50"), of(bare, "p99"), ratio(together, bare)],
    ...[String(unwritten), memoryMb.toFixed(0)],
  ]);
  const lines = [
    columns([head, ...rows]),
    "",
    "ms from the occurrence until the request is handed to the socket. alone: one alarm at a time. together: an alarm in",
    "every home in the same instant. bare: a line for each home, synced, then the request. x bare: p99 to p99.",
    "unwritten: homes whose message left before the disk had confirmed it (after 500 ms, law 4).",
    ...problems.map((problem) => `not measured: ${problem}`),
  ];
  return `${lines.join("\n")}\n`;
}

const of = (spread: Spread | undefined, what: "p50" | "p99"): string =>
  spread === undefined ? "-" : number(spread[what]);

const ratio = (ours: Spread | undefined, theirs: Spread | undefined): string =>
  ours === undefined || theirs === undefined || theirs.p99 === 0 ? "-" : number(ours.p99 / theirs.p99);
