import { describe, expect, test } from "vitest";
import type { AlarmEvent, ConditionId, Occurrence, Priority } from "../../../src/domain/alarm.ts";
import type { MorningSummary, NightEntry, NightTrouble } from "../../../src/domain/morning.ts";
import { absent, type Sample } from "../../../src/domain/sample.ts";
import { atLocal, MINUTE_MS, type Night, SECOND_MS, type Wall, wall } from "../../../src/domain/time.ts";
import { type NightFacts, summarise } from "../../../src/trends/morning.ts";
import { wakersOf } from "../../../src/trends/wakings.ts";

const ZONE = "Asia/Shanghai";
const NIGHT = "2026-01-10" as Night;
const MEI = { id: "mei", name: "Mei" };
const BO = { id: "bo", name: "Bo" };

/** A local time of the night: before noon it is the morning after. */
function at(clock: string): Wall {
  const [hour = 0, minute = 0, second = 0] = clock.split(":").map(Number);
  const day = hour >= 12 ? "2026-01-10" : "2026-01-11";
  return wall(atLocal(day, hour * 60 + minute, ZONE) + second * SECOND_MS);
}

const watch = (
  clock: string,
  on: boolean,
  reason: "schedule" | "ended" | "class_c" | "person" | "off",
): NightEntry => ({
  ...{ kind: "watch", bed: "b1", at: at(clock), on, reason },
});
const call = (clock: string, occurrence: string, person = "mei"): NightEntry => ({
  ...{ kind: "called", bed: "b1", at: at(clock), occurrence, person },
});

/** A value each second between two times. */
function seen(from: string, to: string, sample: Sample = 95): { at: Wall; sample: Sample }[] {
  const [first, last] = [at(from), at(to)];
  return Array.from({ length: (last - first) / SECOND_MS }, (_, i) => ({
    at: wall(first + i * SECOND_MS),
    sample,
  }));
}

function alarm(
  id: string,
  condition: ConditionId,
  priority: Priority,
  from: string,
  to?: string,
  answered?: string,
  changes: Partial<Occurrence> = {},
): AlarmEvent[] {
  const occurrence: Occurrence = {
    ...{ id, bed: "b1", condition, priority, state: "holds", raisedAt: at(from), values: {} },
    ...{ simulated: false, drill: false, ...changes },
  };
  return [
    { kind: "occurred", at: at(from), occurrence },
    ...(answered === undefined
      ? []
      : [{ kind: "acknowledged" as const, at: at(answered), occurrence, by: { id: "mei", name: "Mei" } }]),
    ...(to === undefined ? [] : [{ kind: "ended" as const, at: at(to), occurrence, over: true as const }]),
  ];
}

const WHOLE = [watch("21:00", true, "schedule"), watch("9:00", false, "off")];

const night = (facts: Partial<NightFacts>): MorningSummary =>
  summarise({
    ...{
      night: NIGHT,
      zone: ZONE,
      now: at("9:30"),
      simulated: false,
      events: [],
      points: [],
      people: [MEI, BO],
    },
    ...{ entries: WHOLE, ...facts },
  });

describe("what a night is called", () => {
  const table: readonly [string, Partial<NightFacts>, readonly NightTrouble[]][] = [
    ["watched whole and calm", { points: seen("21:00", "9:00") }, []],
    [
      "a medium alarm that somebody took",
      {
        points: seen("21:00", "9:00"),
        events: alarm("b1-a-1", "PR_HIGH", "medium", "2:00", "2:05", "2:01"),
      },
      [],
    ],
    ["nothing measured at all", {}, ["not_watched"]],
    ["nothing known of it at all", { entries: [] }, ["not_watched"]],
    ["the sensor fell off at six", { points: seen("21:00", "6:00") }, ["watched_little", "data_loss"]],
    // 10.8 of 12 h are exactly nine tenths; one second less is not.
    ["90 % and a second less", { points: seen("22:12:11", "9:00") }, ["watched_little", "data_loss"]],
    ["six minutes lost", { points: [...seen("21:00", "2:00"), ...seen("2:06", "9:00")] }, ["data_loss"]],
    ["four minutes lost", { points: [...seen("21:00", "2:00"), ...seen("2:04", "9:00")] }, []],
    [
      "somebody was called for an alarm that nothing tells of",
      {
        points: seen("21:00", "9:00"),
        entries: [...WHOLE, call("2:00", "b1-gone-1")],
      },
      ["unknown_call"],
    ],
    [
      "the person called",
      { points: seen("21:00", "9:00"), events: alarm("b1-a-1", "PATIENT_CALL", "high", "2:00", "2:02") },
      ["high_alarm"],
    ],
    [
      "the ventilator's data were gone for an hour",
      { points: seen("21:00", "9:00"), events: alarm("b1-a-1", "DATA_STALE", "medium", "2:00", "3:00") },
      ["data_loss"],
    ],
    [
      "a drill in it",
      {
        points: seen("21:00", "9:00"),
        events: alarm("b1-a-1", "SPO2_CRIT", "high", "21:30", "21:31", undefined, { drill: true }),
      },
      [],
    ],
    [
      "a device on trial that is simulated",
      {
        points: seen("21:00", "9:00"),
        events: alarm("b1-a-1", "SPO2_CRIT", "high", "2:00", "2:01", undefined, { simulated: true }),
      },
      [],
    ],
    [
      "a high alarm of the afternoon before",
      { points: seen("21:00", "9:00"), events: alarm("b1-a-1", "SPO2_CRIT", "high", "14:00", "14:01") },
      [],
    ],
    [
      "not over yet",
      { points: seen("21:00", "3:00"), entries: [watch("21:00", true, "schedule")], now: at("3:00") },
      ["not_over"],
    ],
  ];
  test.each(table)("%s", (_, facts, troubles) => {
    expect(night(facts).troubles).toEqual(troubles);
  });

  test("less than 90 % watched is never good, however calm it was", () => {
    for (let hour = 22; hour < 33; hour++) {
      const until = `${hour % 24}:00`;
      const { watched, troubles } = night({ points: seen("21:00", until) });
      expect(watched.seen < 0.9 * watched.seconds).toBe(hour < 32);
      expect(troubles.length > 0, until).toBe(true);
    }
  });
});

describe("how long it was watched", () => {
  test("time before the start and after the end by a person is no loss", () => {
    const entries = [watch("22:30", true, "person"), watch("6:30", false, "ended")];
    const { from, to, watched, troubles } = night({ entries, points: seen("22:00", "7:00") });
    expect([from, to]).toEqual([at("22:30"), at("6:30")]);
    expect(watched).toMatchObject({ seconds: 8 * 3600, seen: 8 * 3600, gaps: [] });
    expect(troubles).toEqual([]);
  });

  test("a bed that is always on watch has the hours of its schedule as its night", () => {
    const since = { ...watch("21:00", true, "class_c"), at: wall(at("21:00") - 40 * 24 * 60 * MINUTE_MS) };
    const schedule = { fromMinute: 22 * 60, toMinute: 7 * 60 };
    const { from, to, isRunning } = night({ entries: [since], schedule, points: seen("22:00", "7:00") });
    expect([from, to, isRunning]).toEqual([at("22:00"), at("7:00"), false]);
  });

  test("where nothing was written down the usual hours count", () => {
    const { entries: _none, ...facts } = { entries: undefined };
    const { from, to, people } = summarise({
      ...{
        night: NIGHT,
        zone: ZONE,
        now: at("9:30"),
        simulated: false,
        events: [],
        points: [],
        people: [MEI],
      },
      ...facts,
    });
    expect([from, to, people]).toEqual([at("21:00"), at("9:00"), undefined]);
  });

  test("below what can be measured is a measurement; a reason for no number is none", () => {
    const points = [
      ...seen("21:00", "1:00"),
      ...seen("1:00", "1:10", absent("under_range")),
      ...seen("1:10", "1:20", absent("sensor_off")),
      ...seen("1:20", "9:00"),
    ];
    const { watched } = night({ points });
    expect(watched.seen).toBe(watched.seconds - 600);
    expect(watched.gaps).toEqual([{ from: at("1:10"), to: at("1:20") }]);
    expect(watched.parts[(4 * 60 + 10) / 5]).toBe(0);
    expect(watched.parts.length).toBe((12 * 60) / 5);
  });
});

describe("who was woken", () => {
  const events = [
    ...alarm("b1-a-1", "SPO2_LOW", "high", "1:00", "1:02", "1:01"),
    ...alarm("b1-a-2", "PR_HIGH", "medium", "3:00", "3:30", "3:20"),
  ];

  test("calls within ten minutes of another are one waking, and each has its causes", () => {
    const entries = [
      ...WHOLE,
      ...[call("1:00", "b1-a-1"), call("1:00:30", "b1-a-1"), call("1:09", "b1-a-2"), call("1:19", "b1-a-2")],
      ...[call("1:00", "b1-a-1", "bo"), call("4:00", "b1-gone-9", "bo"), call("5:00", "b1-a-1", "webhook")],
    ];
    expect(night({ events, entries }).people).toEqual([
      {
        ...{ person: "mei", name: "Mei" },
        wakings: [
          { at: at("1:00"), calls: 3, conditions: ["SPO2_LOW", "PR_HIGH"] },
          { at: at("1:19"), calls: 1, conditions: ["PR_HIGH"] },
        ],
      },
      {
        ...{ person: "bo", name: "Bo" },
        wakings: [
          { at: at("1:00"), calls: 1, conditions: ["SPO2_LOW"] },
          { at: at("4:00"), calls: 1, conditions: [] },
        ],
      },
    ]);
  });

  test("somebody who slept through is there with no waking; what called by day is none", () => {
    const entries = [...WHOLE, call("15:00", "b1-a-1")];
    expect(night({ events, entries }).people?.map(({ wakings }) => wakings.length)).toEqual([0, 0]);
  });

  test("an alarm counts by the person whom it woke most, not by all of them together", () => {
    const entries = [
      ...WHOLE,
      ...["1:00", "2:00", "3:00", "4:00"].map((clock) => call(clock, "b1-a-2")),
      ...["1:00", "2:00"].map((clock) => call(clock, "b1-a-2", "bo")),
      call("5:00", "b1-a-1", "bo"),
    ];
    expect(wakersOf(night({ events, entries }).people ?? [])).toEqual([
      { condition: "PR_HIGH", wakings: 4 },
      { condition: "SPO2_LOW", wakings: 1 },
    ]);
  });

  test("how fast somebody answered, and what could not be seen", () => {
    const lost = [
      ...alarm("b1-a-3", "OXI_SENSOR_OFF", "medium", "5:00", "5:04"),
      ...alarm("b1-a-4", "DATA_STALE", "low", "8:50"),
    ];
    const summary = night({ events: [...events, ...lost], points: seen("21:00", "9:00") });
    expect(summary.answered).toEqual({ count: 2, medianS: 60, slowestS: 1200 });
    expect(summary.counts).toEqual({ high: 1, medium: 2, low: 1 });
    expect(summary.alarms.map(({ answeredBy }) => answeredBy)).toEqual(["Mei", "Mei", undefined, undefined]);
    expect(summary.blind).toEqual([
      { condition: "DATA_STALE", count: 1, seconds: 600 },
      { condition: "OXI_SENSOR_OFF", count: 1, seconds: 240 },
    ]);
  });
});
