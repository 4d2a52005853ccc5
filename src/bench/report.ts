import type { AlarmTimes } from "./alarm.ts";
import { BEDS } from "./alarm.ts";
import { NODE_RED_VERSION } from "./node-red.ts";
import { FRAME_BYTES } from "./oximeter.ts";
import type { PathMeasurements } from "./path.ts";
import type { Round } from "./round.ts";
import { type Rounds, roundsOf, type Spread, spreadOf } from "./statistics.ts";
import type { SubjectName } from "./subject.ts";
import { columns, number } from "./text.ts";

/** One thing measured of each subject: median of the rounds, lowest and highest. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly of: { readonly [subject in SubjectName]?: Rounds };
  /** Ours divided by theirs, of the medians. */
  readonly ratio: { readonly [peer in SubjectName]?: number };
}

/** A number that was to be reached. */
export interface Aim {
  readonly aim: string;
  readonly measured?: number;
  readonly limit: number;
  /** Absent: not measured. */
  readonly met?: boolean;
}

/** All of it in the numbers that people compare; with the measurements themselves it is the JSON output. */
export interface PathReport {
  readonly rows: readonly Row[];
  readonly latency: { readonly [subject in SubjectName]?: Spread };
  readonly alarm?: { readonly [part in Exclude<keyof AlarmTimes, "alarms" | "first">]: Spread | undefined };
  readonly aims: readonly Aim[];
}

const SUBJECTS: readonly SubjectName[] = ["breathwatch", "bare", "node-red"];
const P50_AIM = 1.2;
const REPLUG_AIM_MS = 1_000;
const ALARM_AIM_MS = 20;

const ROWS: readonly {
  readonly what: string;
  readonly unit: string;
  readonly of: (round: Round) => number;
}[] = [
  { what: "frame to bus, p50", unit: "ms", of: (round) => spreadOf(round.latenciesMs)?.p50 ?? Number.NaN },
  { what: "flood", unit: "frames/s", of: (round) => round.floodFramesPerSecond },
  { what: "flood", unit: "kB/s", of: (round) => (round.floodFramesPerSecond * FRAME_BYTES) / 1000 },
  { what: "memory at 75 frames/s", unit: "MB", of: (round) => round.rssMb },
  { what: "memory after the flood", unit: "MB", of: (round) => round.rssAfterFloodMb },
  { what: "processor at 75 frames/s", unit: "% of a core", of: (round) => round.cpuPercent },
  { what: "start to first number", unit: "ms", of: (round) => round.startMs },
  { what: "replug to first number", unit: "ms", of: (round) => round.replugMs },
];

/** Works out what the measurements come to. */
export function reportOf(measured: PathMeasurements): PathReport {
  const rows = ROWS.map(({ what, unit, of }): Row => {
    const values = bySubject((name) => roundsOf((measured.rounds[name] ?? []).map(of)));
    const ours = values.breathwatch?.median;
    const ratio = bySubject((name) => {
      const theirs = values[name]?.median;
      return name === "breathwatch" || ours === undefined || theirs === undefined ? undefined : ours / theirs;
    });
    return { what, unit, of: values, ratio };
  });
  const latency = bySubject((name) =>
    spreadOf((measured.rounds[name] ?? []).flatMap(({ latenciesMs }) => latenciesMs)),
  );
  const { alarms } = measured;
  const alarm =
    alarms === undefined
      ? undefined
      : {
          decidedMs: spreadOf(alarms.decidedMs),
          webhookMs: spreadOf(alarms.webhookMs),
          pushLeavesMs: spreadOf(alarms.pushLeavesMs),
          pushMs: spreadOf(alarms.pushMs),
        };
  const replug = roundsOf((measured.rounds.breathwatch ?? []).map(({ replugMs }) => replugMs))?.max;
  const aims = [
    aimOf("frame to bus, p50, as a multiple of the bare script's", rows[0]?.ratio.bare, P50_AIM),
    aimOf("replug to first number, slowest round, ms", replug, REPLUG_AIM_MS),
    aimOf("alarm to webhook request, p99, ms", alarm?.webhookMs?.p99, ALARM_AIM_MS),
    aimOf("alarm to push request, p99, ms", alarm?.pushMs?.p99, ALARM_AIM_MS),
  ];
  return { rows, latency, ...(alarm === undefined ? {} : { alarm }), aims };
}

function bySubject<T>(of: (name: SubjectName) => T | undefined): { readonly [name in SubjectName]?: T } {
  const found: { [name in SubjectName]?: T } = {};
  for (const name of SUBJECTS) {
    const value = of(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

const aimOf = (aim: string, measured: number | undefined, limit: number): Aim => ({
  aim,
  limit,
  ...(measured === undefined ? {} : { measured, met: measured <= limit }),
});

/** The same for people: a table on a terminal of 110 columns. */
export function tableOf(measured: PathMeasurements, report: PathReport): string {
  const { machine, broker, load, plan, notes, problems } = measured;
  const head =
    `${machine.cores} cores, ${machine.platform}, node ${machine.node}, ${broker} on loopback, ` +
    `load average ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after.\n` +
    `${plan.rounds} rounds of ${plan.seconds} s in turn; the median, and (lowest-highest) round.`;
  return [
    head,
    subjectTable(report),
    spreads(measured, report),
    aims(report),
    ...[...notes, ...problems].map((line) => `not measured: ${line}`),
  ]
    .filter((text) => text !== "")
    .join("\n\n")
    .concat("\n");
}

const TITLES: { readonly [name in SubjectName]: string } = {
  breathwatch: "breathwatch",
  bare: "bare script",
  "node-red": `Node-RED ${NODE_RED_VERSION}`,
};

function subjectTable({ rows }: PathReport): string {
  const names = SUBJECTS.filter((name) => rows.some((row) => row.of[name] !== undefined));
  const peers = names.filter((name) => name !== "breathwatch");
  const titles = [
    "",
    ...names.map((name) => TITLES[name]),
    ...peers.map((name) => `to ${name === "bare" ? "bare" : "Node-RED"}`),
  ];
  const lines = rows.map((row) => [
    `${row.what}, ${row.unit}`,
    ...names.map((name) => roundsText(row.of[name])),
    ...peers.map((name) => (row.ratio[name] === undefined ? "-" : `x ${row.ratio[name].toFixed(2)}`)),
  ]);
  return columns([titles, ...lines]);
}

function spreads(measured: PathMeasurements, { latency, alarm }: PathReport): string {
  const rows: string[][] = SUBJECTS.flatMap((name) => {
    const spread = latency[name];
    return spread === undefined ? [] : [[`frame to bus, ${TITLES[name]}`, ...spreadText(spread)]];
  });
  const add = (what: string, spread: Spread | undefined): void => {
    if (spread !== undefined) rows.push([what, ...spreadText(spread)]);
  };
  add("alarm to event on the bus", alarm?.decidedMs);
  add("alarm to webhook request", alarm?.webhookMs);
  add("alarm to push service, connecting", alarm?.pushLeavesMs);
  add("alarm to push service, request (TLS)", alarm?.pushMs);
  const table = rows.length === 0 ? "" : columns([["ms", "n", "p50", "p99", "max"], ...rows]);
  const { bed, alarms, drivers } = measured;
  const lines = [
    ...(alarms === undefined
      ? []
      : [
          `Alarms: ${alarms.alarms} of SPO2_CRIT at ${BEDS} beds inside a drill; the first after the start: ` +
            `webhook ${number(alarms.first.webhookMs)}, push ${number(alarms.first.pushMs)} ms.`,
        ]),
    ...(bed === undefined
      ? []
      : [
          `One bed, 75 frames/s and 50 wave lines/s, broker and store inside, ${bed.seconds} s: ` +
            `${number(bed.rssMb)} MB resident (highest ${number(bed.rssMaxMb)}), ` +
            `${number(bed.cpuPercent)} % of a core.`,
        ]),
    ...drivers.map(
      ({ device, bytesPerSecond, framesPerSecond }) =>
        `Driver alone, ${device}: ${number(bytesPerSecond / 1e6)} MB/s, ${number(framesPerSecond)} frames/s.`,
    ),
    ...lossLines(measured),
  ];
  return [table, lines.join("\n")].filter((text) => text !== "").join("\n\n");
}

/** Nothing may be lost on the way; where something was, no rate means anything. */
function lossLines({ rounds }: PathMeasurements): readonly string[] {
  return SUBJECTS.flatMap((name) => {
    const missing = (rounds[name] ?? []).reduce((sum, round) => sum + round.missing, 0);
    const flooded = (rounds[name] ?? []).reduce((sum, round) => sum + round.floodMissing, 0);
    if (missing + flooded === 0) return [];
    return [`Lost by ${TITLES[name]}: ${missing} observations at 75 frames/s, ${flooded} in the floods.`];
  });
}

function aims(report: PathReport): string {
  const rows = report.aims.map(({ aim, measured, limit, met }) => [
    met === undefined ? "not measured" : met ? "met" : "MISSED",
    aim,
    `${measured === undefined ? "-" : number(measured)} (at most ${limit})`,
  ]);
  return `Aims:\n${columns(rows)}`;
}

const roundsText = (rounds: Rounds | undefined): string =>
  rounds === undefined ? "-" : `${number(rounds.median)} (${number(rounds.min)}-${number(rounds.max)})`;

const spreadText = ({ n, p50, p99, max }: Spread): readonly string[] => [
  String(n),
  ...[p50, p99, max].map(number),
];
