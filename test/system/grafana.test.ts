import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { AlarmEvent } from "../../src/domain/alarm.ts";
import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createInfluxTimeseries } from "../../src/store/timeseries/influx/timeseries.ts";
import { type StoreServer, startInflux } from "../support/influx.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const { describe, test } = requires("influxdb");

const FOLDER = path.join(import.meta.dirname, "../../dashboards/grafana");
const T0 = Date.UTC(2026, 10, 20, 14);
const HOME = "aaaaaaaaaa";

interface Target {
  readonly query: string;
}
interface Dashboard {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly type: string; readonly query: string }[] };
  readonly annotations: { readonly list: readonly Target[] };
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[];
}

const boards = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(path.join(FOLDER, name), "utf8")) as Dashboard);
const queries = boards.flatMap(({ uid, panels, annotations, templating }) => [
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ query }) => ({ what: `${uid}: ${title}`, query })),
  ),
  ...annotations.list.map(({ query }) => ({ what: `${uid}: annotation`, query })),
  ...templating.list
    .filter(({ type }) => type === "query")
    .map(({ query }) => ({ what: `${uid}: variable`, query })),
]);

/** What Grafana puts in before it asks. */
const filledIn = (query: string): string =>
  query
    .replaceAll("$timeFilter", `time >= ${T0 - 1_000}ms AND time < ${T0 + 900_000}ms`)
    .replaceAll("$__interval", "60s")
    .replaceAll("$home", HOME)
    .replaceAll("$bed", "b1");

describe("the Grafana dashboards", () => {
  let server: StoreServer;
  beforeAll(async () => {
    server = await startInflux();
    const store = createInfluxTimeseries({
      ...{ address: { url: server.url, database: "grafana", api: "v1" }, home: HOME },
      ...{ clock: createClock(), log: silentLog },
    });
    const common = { bed: "b1", device: "dddddddddd", epoch: "e", simulated: false };
    const rows = Array.from({ length: 600 }, (_, seq) => ({
      ...{ ...common, seq, at: wall(T0 + seq * 1_000), simulated: seq >= 590 },
      samples:
        seq % 50 === 0
          ? { spo2: { absent: "searching" as const } }
          : {
              ...{ spo2: 84 + (seq % 12), pulse_rate: 70, resp_rate: 14.5, leak: 12, tidal_volume_exp: 420 },
              ...{ pressure_insp: 16, pressure_exp: 6 },
            },
    }));
    const event: AlarmEvent = {
      kind: "occurred",
      at: wall(T0 + 9_000),
      occurrence: {
        ...{ id: "b1-x-1", bed: "b1", condition: "SPO2_LOW", priority: "high", state: "holds" },
        ...{ raisedAt: wall(T0 + 9_000), values: { spo2: 84 }, simulated: false, drill: false },
      },
    };
    const settings = { ...common, seq: 0, at: wall(T0), settings: { ipap: 16, epap: 6, mode: "S/T" } };
    await store.write({ rows, waves: [], settings: [settings], events: [{ bed: "b1", key: "k-1", event }] });
    await store.close();
  });
  afterAll(() => server.remove());

  test("there are three, each with an id of its own", () => {
    expect(boards.map(({ uid }) => uid).toSorted()).toEqual([
      "breathwatch-fleet",
      "breathwatch-night",
      "breathwatch-week",
    ]);
  });

  test.each(queries)("a query of $what finds data in the real InfluxDB", async ({ query }) => {
    const answer = JSON.parse(await server.query(filledIn(query), "grafana")) as {
      readonly results: readonly {
        readonly error?: string;
        readonly series?: readonly { readonly values: readonly unknown[][] }[];
      }[];
      readonly error?: string;
    };
    expect(answer.error ?? answer.results[0]?.error).toBeUndefined();
    const cells = (answer.results[0]?.series ?? [])
      .flatMap(({ values }) => values)
      .flatMap((row) => row.slice(1));
    expect(cells.some((cell) => cell !== null && cell !== 0)).toBe(true);
  });
});
