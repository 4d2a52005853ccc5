import { beforeEach, describe, expect, test } from "vitest";
import { createLimitsDesks, type LimitsDesks } from "../../../src/alarm/limits-desk.ts";
import { OFFERABLE, stepsFor } from "../../../src/alarm/offer.ts";
import { createOfferDesk, type OfferDesk } from "../../../src/alarm/offer-desk.ts";
import { CONDITION_IDS, type ConditionId } from "../../../src/domain/alarm.ts";
import type { DependencyClass } from "../../../src/domain/bed.ts";
import { DAY_MS, type Night, wall } from "../../../src/domain/time.ts";
import type { WhatIfLine, WhatIfTotal } from "../../../src/domain/what-if.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryState } from "../../../src/store/state/state.ts";

const NIGHT = "2026-01-10" as Night;
const MEI = { id: "mei", name: "Mei" };
const CLASSES: readonly DependencyClass[] = ["A", "B", "C"];
const log = { note: () => undefined };

let clock: VirtualClock;
let desks: LimitsDesks;
let desk: OfferDesk;
/** Limits that were tried, and what the nights say to them. */
let tried: unknown[];
let answer: (limits: unknown) => { before: number; after: number; lost: number };

function desksOf(dependencyClass: DependencyClass, state = createMemoryState()): LimitsDesks {
  let version = 0;
  return createLimitsDesks({
    ...{ state, clock, log, beds: [{ bed: "b1", dependencyClass }], engineVersion: () => version },
    async command(_, command) {
      if (command.kind === "limits") ({ version } = command);
      return true;
    },
  });
}

const total = ({ before, after, lost }: ReturnType<typeof answer>): WhatIfTotal => ({
  ...{ nights: 6, alarms: { before, after } },
  signals: [
    { condition: "PR_HIGH", priority: "medium", before, after },
    { condition: "SPO2_LOW", priority: "high", before: 9, after: 9 },
  ],
  dips: { count: lost, raisedBefore: lost, raisedAfter: 0, lostCount: lost, lost: [] },
});

beforeEach(() => {
  clock = createVirtualClock(wall(Date.parse("2026-01-11T01:00:00Z")));
  const state = createMemoryState();
  desks = desksOf("B", state);
  tried = [];
  answer = () => ({ before: 12, after: 3, lost: 0 });
  let made = 0;
  desk = createOfferDesk({
    ...{ clock, state, limits: desks.of },
    newId: () => `offer${(made += 1)}`.padEnd(10, "a"),
    async whatIf(_, limits) {
      tried.push(limits);
      const lines: WhatIfLine[] = [
        { kind: "begun", nights: 6, criticalLimit: 80, simulated: false },
        { kind: "done", total: total(answer(limits)) },
      ];
      return (async function* () {
        yield* lines;
      })();
    },
  });
});

const look = (condition: ConditionId, wakings: number) =>
  desk.look("b1", NIGHT, [{ condition, wakings }], new AbortController().signal);

describe("one step of one limit", () => {
  test.each(CLASSES)("stays inside what is recommended and possible, class %s", async (cls) => {
    const picture = await desksOf(cls).of("b1").picture();
    const steps = OFFERABLE.flatMap((id) => stepsFor(picture, id));
    expect(steps.length).toBeGreaterThan(4);
    for (const { condition, setting, from, to } of steps) {
      const about = picture.conditions
        .find(({ id }) => id === condition)
        ?.settings.find(({ name }) => name === setting);
      expect(to).not.toBe(from);
      expect(to > from ? "up" : "down").toBe(about?.wider);
      expect(to).toBeGreaterThanOrEqual(
        Math.max(about?.min ?? Infinity, about?.recommended?.min ?? -Infinity),
      );
      expect(to).toBeLessThanOrEqual(Math.min(about?.max ?? -Infinity, about?.recommended?.max ?? Infinity));
      expect(Math.abs(to - from)).toBeLessThanOrEqual(15);
    }
  });

  test("is for no alarm of somebody who calls, cannot breathe, falls far or is not seen", async () => {
    const never: readonly ConditionId[] = [
      ...["SPO2_CRIT", "SPO2_RAPID", "SPO2_UNDER_RANGE", "SPO2_SUSTAINED", "PATIENT_CALL", "PULSE_LOST"],
      ...["VENT_DISCONNECT", "VENT_APNEA", "VENT_OBSTRUCTION", "VENT_OFF_EXPECTED", "VENT_BATT_CRIT"],
      ...["VENT_MV_LOW", "OXI_SENSOR_OFF", "DATA_STALE", "DATA_NEVER", "NET_DOWN", "EDGE_OFFLINE"],
    ] as ConditionId[];
    const picture = await desks.of("b1").picture();
    for (const id of never) expect(stepsFor(picture, id), id).toEqual([]);
    const offered = CONDITION_IDS.filter((id) => stepsFor(picture, id).length > 0);
    expect(offered.filter((id) => !OFFERABLE.includes(id))).toEqual([]);
  });

  test("is not taken from what is off, at its end, or wider for a time already", async () => {
    const by = { by: MEI, role: "caregiver", reason: "tonight", confirmed: false } as const;
    await desks.of("b1").set({ PR_HIGH: { limit: 125 } }, { ...by, expected: 0 });
    const names = stepsFor(await desks.of("b1").picture(), "PR_HIGH").map(({ setting }) => setting);
    expect(names).toEqual(["delay_s"]);
    await desks
      .of("b1")
      .set({ PR_HIGH: { on: false } }, { ...by, role: "therapist", confirmed: true, expected: 1 });
    expect(stepsFor(await desks.of("b1").picture(), "PR_HIGH")).toEqual([]);
  });
});

describe("a change to think about", () => {
  test("is offered after more than three wakings by one alarm, and has changed nothing", async () => {
    expect(await look("PR_HIGH", 3)).toBeUndefined();
    expect(tried).toEqual([]);
    const offer = await look("PR_HIGH", 4);
    expect(offer).toMatchObject({
      ...{ condition: "PR_HIGH", setting: "delay_s", night: NIGHT, wakings: 4, version: 0 },
      ...{ nights: 6, before: 12, after: 3, criticalLimit: 80 },
      expiresAt: clock.wall() + 7 * DAY_MS,
    });
    expect(offer).toEqual(await desk.current("b1"));
    expect((await desks.of("b1").picture()).version).toBe(0);
  });

  test("is one step alone: what is in force stays in what is tried", async () => {
    const by = { by: MEI, role: "therapist", reason: "clinic", confirmed: true } as const;
    await desks.of("b1").set({ SPO2_LOW: { limit: 90 }, PR_HIGH: { limit: 110 } }, { ...by, expected: 0 });
    await look("PR_HIGH", 5);
    expect(tried).toHaveLength(1);
    expect(tried[0]).toMatchObject({
      SPO2_LOW: { limit: 90 },
      PR_HIGH: { limit: 110, delay_s: expect.any(Number) },
    });
  });

  test("is never one that would have missed a fall below the critical limit, or that helps nothing", async () => {
    answer = () => ({ before: 12, after: 1, lost: 1 });
    expect(await look("PR_HIGH", 9)).toBeUndefined();
    answer = () => ({ before: 12, after: 12, lost: 0 });
    expect(await look("PR_HIGH", 9)).toBeUndefined();
    // The delay was tried first, then the limit.
    expect(tried).toHaveLength(4);
    answer = (limits) => ({
      before: 12,
      after: JSON.stringify(limits).includes('"limit"') ? 2 : 12,
      lost: 0,
    });
    expect(await look("PR_HIGH", 9)).toMatchObject({ setting: "limit", from: 120, to: 122 });
  });

  test("is gone after seven days, and as soon as anybody changes limits", async () => {
    await look("PR_HIGH", 4);
    await clock.advance(7 * DAY_MS - 1);
    expect(await desk.current("b1")).toBeDefined();
    await clock.advance(1);
    expect(await desk.current("b1")).toBeUndefined();
    expect(await look("PR_HIGH", 4)).toBeDefined();
    const by = { by: MEI, role: "therapist", reason: "clinic", confirmed: true } as const;
    await desks.of("b1").set({ SPO2_LOW: { limit: 90 } }, { ...by, expected: 0 });
    expect(await desk.current("b1")).toBeUndefined();
  });

  test("is handed on or declined once, and then nobody is asked the same every morning", async () => {
    const { id = "" } = (await look("PR_HIGH", 4)) ?? {};
    await expect(desk.answer("b1", "otheraaaaa", "declined", MEI)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await desk.answer("b1", id, "declined", MEI);
    expect(await desk.current("b1")).toMatchObject({
      answer: { what: "declined", by: MEI, at: clock.wall() },
    });
    await clock.advance(DAY_MS);
    expect(await look("PR_HIGH", 6)).toMatchObject({ id, answer: { what: "declined" } });
    expect(tried).toHaveLength(1);
  });
});
