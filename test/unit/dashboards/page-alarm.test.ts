import { describe, expect, test } from "vitest";
import { PageAlarm } from "../../../dashboards/shared/page-alarm.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import type { BedState } from "../../../src/server/contract.ts";
import { acknowledgement, alarms, bedState, notWatching, occurrence } from "../../support/pages-beds.ts";

const REAL = { simulated: false } as const;

function ringing() {
  const clock = createVirtualClock(wall(0));
  let sound: string | undefined;
  const spoken: string[] = [];
  const asked: number[] = [];
  const alarm = new PageAlarm(clock, {
    ring: (wanted) => {
      sound = wanted?.kind;
      spoken.splice(0, spoken.length, ...(wanted?.spoken ?? []));
    },
    ask: () => asked.push(clock.mono()),
  });
  const update = (phase: "live" | "lost", beds: readonly BedState[], demo = false) => {
    alarm.update({ phase, beds, demo });
    return sound;
  };
  return { clock, alarm, update, spoken, asked };
}

const withAlarms = (...open: Parameters<typeof alarms>[0]) => [bedState({ alarms: alarms(open) })];

describe("what a page rings for", () => {
  test("the highest alarm that nobody has taken", () => {
    const { update } = ringing();
    const high = occurrence("SPO2_CRIT", REAL);
    const medium = occurrence("PR_LOW", { ...REAL, priority: "medium" });
    expect(update("live", withAlarms(medium))).toBe("medium");
    expect(update("live", withAlarms(medium, high))).toBe("high");
    const taken = { ...high, acknowledgement: acknowledgement("Mei") };
    expect(update("live", withAlarms(taken, medium))).toBe("medium");
    expect(update("live", withAlarms(taken))).toBe(undefined);
  });

  test("a call with its own sound, which never hides another high alarm", () => {
    const { update } = ringing();
    const call = occurrence("PATIENT_CALL", REAL);
    expect(update("live", withAlarms(call))).toBe("call");
    expect(update("live", withAlarms(call, occurrence("VENT_APNEA", REAL)))).toBe("high");
    expect(update("live", withAlarms(call, occurrence("PR_LOW", { ...REAL, priority: "medium" })))).toBe(
      "call",
    );
  });

  test("not for a simulated bed, except in a demo or in a drill", () => {
    const { update } = ringing();
    expect(update("live", withAlarms(occurrence("SPO2_CRIT")))).toBe(undefined);
    expect(update("live", withAlarms(occurrence("SPO2_CRIT")), true)).toBe("high");
    expect(update("live", withAlarms(occurrence("SPO2_CRIT", { drill: true })))).toBe("high");
  });

  test("what it speaks is the cause, as in the house", () => {
    const { update, spoken } = ringing();
    const high = occurrence("SPO2_CRIT", REAL);
    const card = {
      id: high.id,
      cause: "mask_off",
      priority: "high",
      members: [high.id],
      evidence: [],
    } as const;
    update("live", [bedState({ alarms: alarms([high], { cards: [card] }) })]);
    expect(spoken).toEqual(["mask_off"]);
  });

  test("what rang when the connection went goes on ringing, until the loss is more urgent", async () => {
    const { clock, update, spoken } = ringing();
    const high = withAlarms(occurrence("SPO2_CRIT", REAL));
    const medium = withAlarms(occurrence("PR_LOW", { ...REAL, priority: "medium" }));
    update("live", high);
    for (const seconds of [0, 3, 60]) {
      await clock.advance(seconds * 1_000);
      expect(update("lost", high), `${seconds} s`).toBe("high");
      expect(spoken).toEqual(["SPO2_CRIT"]);
    }
    update("live", medium);
    expect(update("lost", medium)).toBe("medium");
    await clock.advance(4_000);
    expect(update("lost", medium)).toBe("medium");
    await clock.advance(60_000);
    expect(update("lost", medium)).toBe("high");
    expect(spoken).toEqual([]);
  });

  test("not for a low alarm: those are for the morning", () => {
    const { update } = ringing();
    expect(update("live", withAlarms(occurrence("VENT_LEAK_WARN", { ...REAL, priority: "low" })))).toBe(
      undefined,
    );
  });

  test("one soft burst every half hour for a loss that somebody watches, and not while something rings", async () => {
    const { clock, update, asked } = ringing();
    const watched = occurrence("DATA_STALE", { ...REAL, accepted: { id: "p-mei", name: "Mei" } });
    update("live", withAlarms(watched, occurrence("SPO2_CRIT", REAL)));
    expect(asked).toEqual([]);
    for (let second = 0; second < 3_700; second++) {
      expect(update("live", withAlarms(watched))).toBe(undefined);
      await clock.advance(1_000);
    }
    expect(asked).toHaveLength(3);
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBe(1_800_000);
  });

  test("the loss of its connection: after five seconds, urgently after a minute", async () => {
    const { clock, update } = ringing();
    const beds = [bedState()];
    expect(update("lost", beds)).toBe(undefined);
    await clock.advance(4_999);
    expect(update("lost", beds)).toBe(undefined);
    await clock.advance(1);
    expect(update("lost", beds)).toBe("medium");
    await clock.advance(55_000);
    expect(update("lost", beds)).toBe("high");
    expect(update("live", beds)).toBe(undefined);
  });

  test("not the loss of its connection while no bed is on watch", async () => {
    const { clock, update } = ringing();
    const beds = [bedState({ alarms: alarms([], { watch: notWatching }) })];
    update("lost", beds);
    await clock.advance(120_000);
    expect(update("lost", beds)).toBe(undefined);
  });

  test("nothing for three minutes after somebody said that they are looking, then again", async () => {
    const { clock, alarm, update } = ringing();
    const beds = withAlarms(occurrence("SPO2_CRIT", REAL));
    expect(update("live", beds)).toBe("high");
    alarm.keepQuiet();
    expect(update("live", beds)).toBe(undefined);
    await clock.advance(179_999);
    expect(update("live", beds)).toBe(undefined);
    await clock.advance(1);
    expect(update("live", beds)).toBe("high");
  });
});
