import type { FleetBench, FleetStep } from "./hub.ts";
import type { Spread } from "./statistics.ts";

const AIM_HOMES = 16_000;

/** For people: one line for each number of homes, and what it comes to. */
export function fleetTable({ steps, homes, open, peer, problems }: FleetBench): string {
  const lines = [
    row("homes", [
      "said/s",
      "stored/s",
      "ms p50",
      "p99",
      "commit rows",
      "night ms p50",
      "p99",
      "hub %",
      "MB",
      "broker %",
    ]),
    ...steps.map(line),
    "",
    "ms: from the hand-over to the sender's connection until the row is durable; %: of one core; night: ten signals of",
    "8 h in minutes from the store, once a second beside the load.",
    `homes on this hub until p99 passes 1 s: ${open ? "at least " : ""}${count(homes)} (aim ${count(AIM_HOMES)})`,
  ];
  const last = steps.find((step) => step.homes === homes);
  if (peer !== undefined && last !== undefined) {
    const ratio = (of: number, to: number): string => (to === 0 ? "-" : `x ${(of / to).toFixed(1)}`);
    lines.push(
      `mosquitto_sub into a file, ${count(peer.homes)} homes: ${count(peer.heardPerSecond)}/s, ${ms(peer.heard, "p50")} / ${ms(peer.heard, "p99")} ms, ` +
        `${peer.cpu.toFixed(0)} % of a core, ${peer.mb.toFixed(0)} MB`,
      `to it: processor ${ratio(last.hubCpu, peer.cpu)}, p50 ${ratio(last.hub.stored?.p50 ?? 0, peer.heard?.p50 ?? 0)}`,
    );
  }
  lines.push(...problems.map((problem) => `not measured: ${problem}`));
  return `${lines.join("\n")}\n`;
}

function line(step: FleetStep): string {
  const { hub, saidPerSecond, storedPerSecond, hubCpu, hubMb, brokerCpu } = step;
  const rows = hub.commits === 0 ? "-" : count((hub.stored?.n ?? 0) / hub.commits);
  return row(`${count(step.homes)}${step.good ? "" : " too many"}`, [
    ...[count(saidPerSecond), count(storedPerSecond), ms(hub.stored, "p50"), ms(hub.stored, "p99"), rows],
    ...[
      ms(hub.night, "p50"),
      ms(hub.night, "p99"),
      hubCpu.toFixed(0),
      hubMb.toFixed(0),
      brokerCpu.toFixed(0),
    ],
  ]);
}

const count = (value: number): string => Math.round(value).toLocaleString("en");

const ms = (spread: Spread | undefined, of: "p50" | "p99"): string => spread?.[of].toFixed(1) ?? "-";

const row = (label: string, cells: readonly string[]): string =>
  `${label.padEnd(16)}${cells.map((cell) => cell.padStart(Math.max(9, cell.length + 2))).join("")}`;
