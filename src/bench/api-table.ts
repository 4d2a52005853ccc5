import type { ApiBench, ApiRound, Latency } from "./api.ts";

/** For people: one line for each round, then what each question took, and what it comes to. */
export function apiTable({ plan, rounds, bytes, problems }: ApiBench): string {
  const lines = [
    `${plan.homes} homes, ${plan.people} people at addresses of their own, ${plan.people * plan.perSecond} questions a second`,
    "",
    row("ms", ["answers/s", "p50", "p95", "p99", "max", "% of a core", "MB", "live/s"]),
    ...rounds.map((round) =>
      row(round.name, [
        round.perSecond.toFixed(0),
        ...spread(round.all),
        round.cpu.toFixed(0),
        round.mb.toFixed(0),
        round.live.open === 0 ? "-" : (round.live.messages / plan.seconds).toFixed(0),
      ]),
    ),
    "",
    row("ms, by question", ["bytes", "p50", "p95", "p99", "max"]),
  ];
  for (const round of rounds) {
    for (const [kind, latency] of Object.entries(round.kinds)) {
      lines.push(row(`${round.name}: ${kind}`, [String(bytes[kind] ?? 0), ...spread(latency)]));
    }
  }
  lines.push("", ...ratios(rounds), ...problems.map((problem) => `not well: ${problem}`));
  return `${lines.join("\n")}\n`;
}

function ratios(rounds: readonly ApiRound[]): readonly string[] {
  const peer = rounds.find(({ name }) => name === "bare Fastify");
  if (peer?.all === undefined) return [];
  const to = peer.all;
  return rounds.flatMap(({ name, all, cpu }) =>
    all === undefined || name === peer.name
      ? []
      : [
          `${name}, to a bare Fastify that serves the same bytes from memory: p50 ${times(all.p50, to.p50)}, ` +
            `p95 ${times(all.p95, to.p95)}, p99 ${times(all.p99, to.p99)}, processor ${times(cpu, peer.cpu)}`,
        ],
  );
}

const times = (of: number, to: number): string => (to === 0 ? "-" : `x ${(of / to).toFixed(1)}`);

const spread = (latency: Latency | undefined): readonly string[] =>
  latency === undefined
    ? ["-", "-", "-", "-"]
    : [latency.p50, latency.p95, latency.p99, latency.max].map((value) => value.toFixed(1));

const row = (label: string, cells: readonly string[]): string =>
  `${label.padEnd(28)}${cells.map((cell) => cell.padStart(Math.max(9, cell.length + 2))).join("")}`;
