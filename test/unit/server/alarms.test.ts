import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answersOf } from "../../../src/alarm/answers.ts";
import { refusedOf } from "../../../src/alarm/refusals.ts";
import type { AlarmCommand } from "../../../src/domain/alarm.ts";
import { BED, fold, type Harness, OCCURRENCE, occurrence, startHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ beds: [{ ...BED, answers: answersOf("B") }] });
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

async function post(url: string, payload: object | undefined, cookie: string) {
  return harness.app.inject({
    method: "POST",
    url,
    headers: { cookie },
    ...(payload === undefined ? {} : { payload }),
  });
}

const bed = "/api/beds/b1";
const until = Date.parse("2026-01-14T12:00:00+08:00");

describe("what a caregiver asks of the alarms", () => {
  it.each<[string, object | undefined, object]>([
    [
      `${bed}/occurrences/${OCCURRENCE}/acknowledge`,
      { place: "watching" },
      { kind: "acknowledge", place: "watching" },
    ],
    [
      `${bed}/pause`,
      { condition: "SPO2_WARN", priority: "medium", forMs: 600_000 },
      { kind: "pause", condition: "SPO2_WARN", priority: "medium", forMs: 600_000 },
    ],
    [`${bed}/resume`, { condition: "SPO2_WARN" }, { kind: "resume", condition: "SPO2_WARN" }],
    [`${bed}/care`, { act: "cough_assist" }, { kind: "care", act: "cough_assist" }],
    [`${bed}/care/done`, undefined, { kind: "care_done" }],
    [`${bed}/care/plan`, { plan: { turn: 120 } }, { kind: "care_plan", plan: { turn: 120 } }],
    [`${bed}/occurrences/${OCCURRENCE}/seen`, undefined, { kind: "seen", occurrence: OCCURRENCE }],
    [`${bed}/leave`, { reason: "hospital", until }, { kind: "leave", reason: "hospital", until }],
    [`${bed}/finish`, { reason: "death" }, { kind: "finish", reason: "death" }],
    [`${bed}/finish/undo`, undefined, { kind: "undo_finish" }],
  ])("%s becomes a command in their name", async (url, payload, command) => {
    const mei = await harness.person("caregiver", "Mei");
    const answer = await post(url, payload, await harness.signIn("caregiver", "Mei"));
    expect([answer.statusCode, answer.json()]).toEqual([200, { accepted: true }]);
    expect(harness.commands).toEqual([
      {
        bed: "b1",
        command: {
          ...command,
          ...((command as AlarmCommand).kind === "acknowledge" && { occurrence: OCCURRENCE }),
          id: expect.stringMatching(/^[a-z2-7]{10}$/),
          by: { id: mei.id, name: "Mei" },
        },
      },
    ]);
  });

  it("but not that the patient is all right: that only the patient says", async () => {
    const url = `${bed}/occurrences/${OCCURRENCE}/all-right`;
    for (const role of ["owner", "caregiver", "therapist", "technician"] as const) {
      const answer = await post(url, undefined, await harness.signIn(role));
      expect([role, answer.statusCode]).toEqual([role, 403]);
    }
    expect((await post(url, undefined, "")).statusCode).toBe(401);
    expect(harness.commands).toEqual([]);
    const opa = await harness.person("patient", "Opa");
    expect((await post(url, undefined, await harness.signIn("patient", "Opa"))).statusCode).toBe(200);
    const by = { id: opa.id, name: "Opa" };
    expect(harness.commands).toMatchObject([
      { bed: "b1", command: { kind: "all_right", occurrence: OCCURRENCE, by } },
    ]);
  });

  it.each<[string, object]>([
    ["pause", { condition: "EVERYTHING", priority: "high", forMs: 1_000 }],
    ["pause", { condition: "SPO2_LOW", priority: "high" }],
    ["pause", { condition: "SPO2_LOW", priority: "high", forMs: 1e12 }],
    ["care", { act: "sleep" }],
    ["leave", { reason: "holiday", until }],
    ["leave", { reason: "visit" }],
    ["finish", { reason: "enough" }],
    ["care/plan", { plan: { turn: "often" } }],
  ])("never reaches the engine malformed: %s %j", async (route, payload) => {
    const answer = await post(`${bed}/${route}`, payload, await harness.signIn("owner"));
    expect(answer.statusCode).toBe(400);
    expect(harness.commands).toEqual([]);
  });

  it("about a bed that is not here is refused", async () => {
    const answer = await post("/api/beds/b9/finish", { reason: "death" }, await harness.signIn("owner"));
    expect(answer.statusCode).toBe(404);
    expect(harness.commands).toEqual([]);
  });

  it.each([
    ["not_open", "seen", 409, "CONFLICT"],
    ["worse", "acknowledge", 422, "ALARM_WORSE"],
    ["too_late", "acknowledge", 422, "ANSWER_OLD"],
    ["not_pausable", "pause", 422, "PAUSE_NOT_ALLOWED"],
    ["too_long", "pause", 422, "PAUSE_TOO_LONG"],
    ["not_technical", "acknowledge", 422, "WATCHING_NOT_ALLOWED"],
    ["watch_over", "call", 422, "WATCH_OVER"],
    ["invalid", "leave", 422, "COMMAND_INVALID"],
    ["too_long", "undo_finish", 422, "UNDO_TOO_LATE"],
  ] as const)(
    "that the engine refuses as %s (%s) is a problem with status %i",
    async (refusal, kind, status, code) => {
      harness.outcome = refusedOf(refusal, kind);
      const answer = await post(`${bed}/care/done`, undefined, await harness.signIn("owner"));
      expect(answer.statusCode).toBe(status);
      expect(answer.json()).toMatchObject({ code, status, detail: harness.outcome.reason });
    },
  );
});

describe("what pages may offer", () => {
  it("is the shortest cap of all tiers, nothing for what is never silenced, watching for technical alarms alone", () => {
    const one = (n: number, changes: Parameters<typeof occurrence>[0]) =>
      occurrence({ id: `b1-abcdefghij-${n}`, ...changes });
    harness.live.alarms(
      fold([
        one(1, { condition: "SPO2_LOW" }),
        one(2, { condition: "SPO2_CRIT", conditions: ["SPO2_CRIT", "SPO2_LOW"] }),
        one(3, { condition: "SPO2_WARN", priority: "medium" }),
        one(4, { condition: "OXI_SENSOR_OFF", priority: "medium" }),
        one(5, { condition: "PATIENT_CALL" }),
      ]),
    );
    expect(harness.live.states()[0]?.answers).toEqual({
      care: { suction: 5, turn: 10, mask: 5, wash: 10, cough_assist: 10 },
      pauses: { "b1-abcdefghij-1": 600_000, "b1-abcdefghij-3": 7_200_000, "b1-abcdefghij-4": 900_000 },
      watching: ["b1-abcdefghij-4"],
    });
  });

  it("is shorter for somebody who cannot breathe alone", () => {
    const { careMinutes, pauseCapMs } = answersOf("C");
    expect(Math.max(...Object.values(careMinutes))).toBe(3);
    expect(pauseCapMs("SPO2_LOW", "high")).toBe(180_000);
    expect(pauseCapMs("VENT_DISCONNECT", "high")).toBe(0);
  });
});
