import { PRIORITIES } from "../domain/alarm.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { HealthReport } from "../port/health.ts";
import type { IngestCounts, Metrics, ProcessLoad, UplinkCounts } from "../port/metrics.ts";
import type { TimeseriesHealth } from "../port/timeseries.ts";
import type { MetricFamily } from "../report/prometheus.ts";
import type { Context } from "./context.ts";
import { type Tally, tallyOf } from "./tally.ts";

/** Answers given since the start, by the first digit of their status; what else is served besides. */
export interface Served {
  readonly answers: ReadonlyMap<number, number>;
  /** Refused because too many came. */
  readonly limited: number;
}

/** Of a store that cannot be asked. */
const UNKNOWN_STORE = { ok: false, bytes: undefined, budget: undefined } as const;
const LEVELS = ["ok", "warning", "error"] as const;

/**
 * Everything that GET /metrics tells. How many series there are follows from the program alone: no bed, home, person,
 * device or address is a label.
 */
export async function metricFamilies({ deps, hub }: Context, served: Served): Promise<MetricFamily[]> {
  const [store, health] = await Promise.all([
    deps.timeseries.health().catch(() => UNKNOWN_STORE),
    deps.health?.report(),
  ]);
  const { load, uplink, ingest }: Metrics = deps.metrics ?? {};
  return [
    gauge("pages_connected", "Pages that are connected live.", hub.size),
    ...servedFamilies(served),
    ...tallyFamilies(tallyOf(deps.live.states())),
    ...storeFamilies(store),
    ...(health === undefined ? [] : healthFamilies(health)),
    ...(load === undefined ? [] : loadFamilies(load())),
    ...(uplink === undefined ? [] : uplinkFamilies(uplink())),
    ...(ingest === undefined ? [] : ingestFamilies(ingest())),
  ];
}

function tallyFamilies({ beds, watched, open, drills, sources, links }: Tally): MetricFamily[] {
  return [
    gauge("beds", "Beds that are here.", beds),
    gauge("beds_watched", "Beds that are on watch.", watched),
    {
      ...{ name: "alarms_open", type: "gauge" },
      help: "Open alarms by priority, accepted ones included, drills left out.",
      values: PRIORITIES.map((priority) => ({ labels: { priority }, value: open[priority] })),
    },
    gauge("drills_open", "Open alarms that are drills.", drills),
    labelled("sources", "Devices by the age of what they said last: fresh up to 10 s.", "data", sources),
    labelled("source_links", "Devices by the state of their link.", "link", links),
  ];
}

const servedFamilies = ({ answers, limited }: Served): MetricFamily[] => [
  {
    ...{ name: "http_requests_total", type: "counter" },
    help: "Requests answered, by class of status.",
    values: [2, 3, 4, 5].map((digit) => ({
      labels: { status: `${digit}xx` },
      value: answers.get(digit) ?? 0,
    })),
  },
  counter("http_requests_limited_total", "Requests refused because too many came from one address.", limited),
];

const storeFamilies = (
  store: Pick<TimeseriesHealth, "ok" | "bytes" | "budget"> | typeof UNKNOWN_STORE,
): MetricFamily[] => [
  gauge("store_up", "1 while the store of nights works.", Number(store.ok)),
  gauge("store_size_bytes", "What the store of nights takes.", store.bytes),
  gauge("store_budget_bytes", "What it may take.", store.budget?.budgetBytes),
];

const healthFamilies = ({ version, upMs, memoryBytes, findings }: HealthReport): MetricFamily[] => [
  {
    ...{ name: "build_info", type: "gauge", help: "Always 1; the version is in the label." },
    values: [{ labels: { version }, value: 1 }],
  },
  gauge("uptime_seconds", "Since the program started.", upMs / SECOND_MS),
  gauge("resident_memory_bytes", "Memory that the process holds.", memoryBytes),
  {
    ...{ name: "health_level", type: "gauge" },
    help: "What the box finds of itself: 0 well, 1 somebody should know, 2 a part of the watch does not work.",
    values: findings.map(({ id, level }) => ({ labels: { part: id }, value: LEVELS.indexOf(level) })),
  },
];

const loadFamilies = ({ loopDelay, cpuSeconds, heapBytes }: ProcessLoad): MetricFamily[] => [
  counter("process_cpu_seconds_total", "Processor time used.", cpuSeconds),
  gauge("heap_used_bytes", "Memory that objects take.", heapBytes),
  ...(loopDelay === undefined
    ? []
    : [
        labelled(
          "event_loop_delay_seconds",
          "By how much the event loop came late since the last time this was asked.",
          "statistic",
          loopDelay,
        ),
      ]),
];

const uplinkFamilies = ({ connected, held, dropped, resent }: UplinkCounts): MetricFamily[] => [
  gauge("uplink_connected", "1 while the broker of the hub is reached.", Number(connected)),
  gauge("spool_items", "What waits until the hub has stored it.", held),
  counter("spool_dropped_total", "Given up because the spool was full.", dropped),
  counter("spool_resent_total", "Sent once more after a loss.", resent),
];

const ingestFamilies = (counts: IngestCounts): MetricFamily[] => [
  counter("ingest_stored_total", "Messages of boxes that are safe in the store.", counts.stored),
  counter("ingest_repeats_total", "Messages that had been stored before.", counts.repeats),
  counter(
    "ingest_rejected_total",
    "Messages that nothing can read or the store never takes.",
    counts.rejected,
  ),
  counter("ingest_turned_away_total", "Messages left to their senders for want of room.", counts.turnedAway),
  gauge("ingest_waiting", "Messages taken in and not yet stored.", counts.waiting),
  gauge("ingest_waiting_seconds", "Age of the oldest of them.", (counts.waitingMs ?? 0) / SECOND_MS),
];

const gauge = (name: string, help: string, value: number | undefined): MetricFamily => ({
  ...{ name, help, type: "gauge" },
  values: [{ value }],
});

const counter = (name: string, help: string, value: number): MetricFamily => ({
  ...{ name, help, type: "counter" },
  values: [{ value }],
});

const labelled = (
  name: string,
  help: string,
  label: string,
  values: { readonly [value: string]: number },
): MetricFamily => ({
  ...{ name, help, type: "gauge" },
  values: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })),
});
