import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AlarmEvent, ConditionId } from "../../../src/domain/alarm.ts";
import { csvCell } from "../../../src/domain/csv-cell.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { type Night, wall } from "../../../src/domain/time.ts";
import type { Point } from "../../../src/port/timeseries.ts";
import type { NightResponse } from "../../../src/server/contract.ts";
import { type Harness, occurrence, startHarness } from "./harness.ts";

const START = Date.parse("2026-01-10T22:30:00+08:00");
const points = (samples: readonly Sample[], from = START): Point[] =>
  samples.map((sample, i) => ({ at: wall(from + i * 1_000), sample }));
const second = (iso: string) => wall(Date.parse(iso));

let harness: Harness;
let cookie: string;
beforeEach(async () => {
  harness = await startHarness();
  cookie = await harness.signIn("therapist");
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});
const get = (url: string, headers: Record<string, string> = {}) =>
  harness.app.inject({ url, headers: { cookie, ...headers } });
const night = async (query = ""): Promise<NightResponse> =>
  (await get(`/api/beds/b1/nights/2026-01-10${query}`)).json();

describe("a night", () => {
  it("without any data is empty from noon to noon, not an error", async () => {
    const answer = await night();
    expect(answer).toMatchObject({
      night: "2026-01-10",
      zone: "Asia/Shanghai",
      strips: [],
      alarms: [],
      metrics: {},
    });
    expect(answer.from).toBe(second("2026-01-10T12:00:00+08:00"));
    expect(answer.to).toBe(second("2026-01-11T12:00:00+08:00"));
  });

  it("shows its recorded hours, with gaps as nulls in all three lines", async () => {
    harness.store.points = {
      spo2: [...points(Array.from({ length: 600 }, () => 95)), ...points([88, 90], START + 3_600_000)],
      leak: points([absent("device_off")]),
    };
    const answer = await night("?width=90");
    expect(answer.from).toBe(second("2026-01-10T22:00:00+08:00"));
    expect(answer.to).toBe(second("2026-01-11T00:00:00+08:00"));
    expect(answer.bucketMs).toBe(80_000);
    expect(answer.strips.map(({ signal, unit }) => [signal, unit])).toEqual([["spo2", "%"]]);
    const [strip] = answer.strips;
    const last = strip!.min.findLastIndex((value) => value !== null);
    expect([strip!.min[last], strip!.mean[last], strip!.max[last]]).toEqual([88, 89, 90]);
    const gaps = strip!.min.flatMap((value, i) => (value === null ? [i] : []));
    expect(gaps.length).toBeGreaterThan(60);
    expect(gaps.every((i) => strip!.mean[i] === null && strip!.max[i] === null)).toBe(true);
  });

  it("is wide enough for alarms before and after the recorded hours, within the night", async () => {
    harness.store.points = { spo2: points([95]) };
    const at = (iso: string): AlarmEvent => ({ kind: "occurred", at: second(iso), occurrence: occurrence() });
    harness.store.eventList = [at("2026-01-10T21:10:00+08:00"), at("2026-01-11T05:59:00+08:00")];
    const answer = await night();
    expect(answer.from).toBe(second("2026-01-10T21:00:00+08:00"));
    expect(answer.to).toBe(second("2026-01-11T06:00:00+08:00"));
    harness.store.eventList = [at("2026-01-01T00:00:00+08:00")];
    expect((await night()).from).toBe(second("2026-01-10T12:00:00+08:00"));
  });

  it.each([
    ["", 800],
    ["?width=1", 60],
    ["?width=999999", 2_000],
  ])("with %s asks the store for at most %i buckets", async (query, most) => {
    harness.store.points = { spo2: points(Array.from({ length: 40 }, (_, i) => 90 + (i % 5))) };
    const answer = await night(query);
    expect(answer.strips[0]!.min.length).toBeLessThanOrEqual(most);
    expect(Math.max(...harness.store.widths)).toBeLessThanOrEqual(2_000);
  });

  it.each(["?width=-5", "?width=NaN", "?width=1e3", "?width=1&width=2", "?width=99999999"])(
    "refuses %s",
    async (query) => {
      expect((await get(`/api/beds/b1/nights/2026-01-10${query}`)).statusCode).toBe(400);
    },
  );

  it.each([
    ["2026-02-30", 400],
    ["2026-13-01", 400],
    ["yesterday", 400],
    ["..%2f..%2fetc%2fpasswd", 400],
  ])("refuses the date %s", async (date, status) => {
    for (const end of ["", "/csv"])
      expect((await get(`/api/beds/b1/nights/${date}${end}`)).statusCode).toBe(status);
  });

  it("folds alarm events to one line each, with who took it first and when it ended", async () => {
    const by = { id: "p1", name: "Mei" };
    const event = (kind: AlarmEvent["kind"], afterS: number, more: Partial<AlarmEvent> = {}): AlarmEvent => ({
      kind,
      at: wall(START + afterS * 1_000),
      occurrence: occurrence({ raisedAt: wall(START) }),
      ...more,
    });
    const later = occurrence({
      id: "b1-abcdefghij-2",
      raisedAt: wall(START + 500_000),
      condition: "DATA_STALE",
    });
    harness.store.eventList = [
      event("occurred", 0),
      event("acknowledged", 20, { by }),
      event("acknowledged", 60, { by: { id: "p2", name: "Lin" } }),
      event("ended", 90, { reason: "recovered" }),
      event("occurred", 500, { occurrence: later }),
    ];
    const { alarms } = await night();
    expect(alarms).toEqual([
      {
        occurrence: occurrence({ raisedAt: wall(START) }),
        acknowledgedBy: "Mei",
        acknowledgedAt: START + 20_000,
        endedAt: START + 90_000,
      },
      { occurrence: later },
    ]);
  });

  it("ends an alarm with the last of its tiers, and goes on with one that comes again within minutes", async () => {
    const raisedAt = wall(START);
    const event = (kind: AlarmEvent["kind"], afterS: number, condition: ConditionId): AlarmEvent => ({
      kind,
      at: wall(START + afterS * 1_000),
      member: { condition, priority: "high", values: {} },
      occurrence: occurrence({ raisedAt }),
    });
    const over = { reason: "recovered", over: true } as const;
    harness.store.eventList = [
      event("occurred", 0, "SPO2_LOW"),
      event("occurred", 10, "SPO2_CRIT"),
      event("ended", 20, "SPO2_CRIT"),
    ];
    expect((await night()).alarms).toEqual([{ occurrence: occurrence({ raisedAt }) }]);
    harness.store.eventList = [...harness.store.eventList, { ...event("ended", 40, "SPO2_LOW"), ...over }];
    expect((await night()).alarms).toMatchObject([{ endedAt: START + 40_000 }]);
    harness.store.eventList = [...harness.store.eventList, event("occurred", 200, "SPO2_LOW")];
    expect((await night()).alarms).toEqual([{ occurrence: occurrence({ raisedAt }) }]);
  });

  it("gives metrics over the time from the first to the last oximeter number", async () => {
    const values = [...Array.from({ length: 900 }, () => 95), ...Array.from({ length: 100 }, () => 85)];
    harness.store.points = { spo2: points(values), pulse_rate: points(values.map(() => 60)) };
    const { metrics } = await night();
    expect(metrics["T90"]).toMatchObject({ value: 10, unit: "%", coverage: 1 });
    expect(metrics["SPO2_MEAN"]?.value).toBeCloseTo(94, 6);
    expect(metrics["PR_MEDIAN"]?.value).toBe(60);
    expect(metrics["COVERAGE"]?.value).toBe(100);
  });

  it("is not sent twice to a browser that has it", async () => {
    harness.store.points = { spo2: points([95, 96]) };
    const first = await get("/api/beds/b1/nights/2026-01-10");
    const etag = String(first.headers["etag"]);
    const again = await get("/api/beds/b1/nights/2026-01-10", { "if-none-match": etag });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe("");
    harness.store.points = { spo2: points([95, 97]) };
    await harness.clock.advance(60_000);
    const changed = await get("/api/beds/b1/nights/2026-01-10", { "if-none-match": etag });
    expect(changed.statusCode).toBe(200);
  });

  it("has its metrics worked out once a minute, and again at once after a failure", async () => {
    harness.store.points = { spo2: points([95, 96]) };
    const { range } = harness.store;
    let reads = 0;
    harness.store.range = async (query) => {
      reads += 1;
      return range.call(harness.store, query);
    };
    const [one, two] = await Promise.all([night("?width=100"), night("?width=200")]);
    const once = reads;
    expect(one.metrics).toEqual(two.metrics);
    await harness.clock.advance(59_000);
    await night();
    expect(reads).toBe(once);
    await harness.clock.advance(1_000);
    await night();
    expect(reads).toBe(2 * once);
    await harness.clock.advance(60_000);
    harness.store.range = async () => {
      throw new Fault("STORE_FAILED", "gone for a moment");
    };
    expect((await get("/api/beds/b1/nights/2026-01-10")).statusCode).toBe(503);
    harness.store.range = range;
    expect((await night()).metrics["SPO2_MIN"]?.value).toBe(95);
    expect(harness.complaints().splice(0)).toHaveLength(1);
  });

  it("is listed with its mark", async () => {
    harness.store.nightList = ["2026-01-10", "2026-01-09"] as unknown as readonly Night[];
    harness.store.isSimulated = true;
    expect((await get("/api/beds/b1/nights")).json()).toEqual({
      nights: [
        { night: "2026-01-10", simulated: true },
        { night: "2026-01-09", simulated: true },
      ],
    });
  });
});

describe("a night as CSV", () => {
  it("has a row a second, reasons beside numbers, and local times with their offset", async () => {
    harness.store.points = {
      spo2: points([95, absent("sensor_off"), 93]),
      pulse_rate: points([60], START + 4_000),
    };
    const answer = await get("/api/beds/b1/nights/2026-01-10/csv");
    expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(answer.headers["content-disposition"]).toBe(
      'attachment; filename="breathwatch-b1-2026-01-10.csv"',
    );
    const lines = answer.body.split("\r\n");
    expect(lines[0]).toBe("at,spo2,spo2.absent,pulse_rate,pulse_rate.absent");
    expect(lines).toHaveLength(1 + 3_600 + 1);
    const from = lines.indexOf("2026-01-10T22:30:00+08:00,95,,,");
    expect(lines.slice(from, from + 6)).toEqual([
      "2026-01-10T22:30:00+08:00,95,,,",
      "2026-01-10T22:30:01+08:00,,sensor_off,,",
      "2026-01-10T22:30:02+08:00,93,,,",
      "2026-01-10T22:30:03+08:00,,,,",
      "2026-01-10T22:30:04+08:00,,,60,",
      "2026-01-10T22:30:05+08:00,,,,",
    ]);
  });

  it("says in its name and in every row that it is simulated", async () => {
    harness.store.points = { spo2: points([95]) };
    harness.store.isSimulated = true;
    const answer = await get("/api/beds/b1/nights/2026-01-10/csv");
    expect(answer.headers["content-disposition"]).toContain("-SIMULATED.csv");
    const [header, ...rows] = answer.body.trimEnd().split("\r\n");
    expect(header).toMatch(/,simulated$/);
    expect(rows.every((row) => row.endsWith(",SIMULATED"))).toBe(true);
  });

  it("of an empty night is not found", async () => {
    const answer = await get("/api/beds/b1/nights/2026-01-10/csv");
    expect(answer.json()).toMatchObject({
      status: 404,
      detail: "Nothing was recorded in the night of 2026-01-10.",
    });
  });

  it("ends early when the store fails half-way, and lets go of its place", async () => {
    harness.store.points = { spo2: [...points([95]), ...points([95], START + 7_200_000)] };
    const { range } = harness.store;
    for (let n = 0; n < 6; n += 1) {
      let calls = 0;
      harness.store.range = async (query) => {
        calls += 1;
        if (calls > 1) throw new Error("store gone");
        return range.call(harness.store, query);
      };
      await expect(get("/api/beds/b1/nights/2026-01-10/csv")).rejects.toThrow();
    }
    harness.store.range = range;
    expect((await get("/api/beds/b1/nights/2026-01-10/csv")).statusCode).toBe(200);
  });
});

describe("a CSV cell", () => {
  it.each([
    ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
    ["+1+1", "'+1+1"],
    ["-1+cmd", "'-1+cmd"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\tx", "'\tx"],
    ["-12.5", "-12.5"],
    ['say "hi", now', '"say ""hi"", now"'],
    ["two\nlines", '"two\nlines"'],
  ])("%j becomes %j", (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });

  it("is never a formula and always reads back, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const cell = csvCell(text);
        const read = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        expect(read.replace(/^'/, "")).toBe(text.replace(/^'/, ""));
        expect(/^[=+@\t\r\n]/.test(read)).toBe(false);
        expect(/^-(?![0-9.]+$)/.test(read)).toBe(false);
        if (!cell.startsWith('"')) expect(cell).not.toMatch(/[,"\r\n]/);
      }),
    );
  });
});
