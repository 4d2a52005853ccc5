import { describe, expect, test } from "vitest";
import { Caller } from "../../../dashboards/patient/caller.ts";
import { Dwell } from "../../../dashboards/patient/dwell.ts";
import type { PatientCall } from "../../../src/domain/alarm.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

const TOUCH: PatientCall = { how: "touch", kind: "come" };
const LOOK: PatientCall = { how: "dwell", kind: "come" };

function dwelling() {
  const clock = createVirtualClock(wall(0));
  let chosen = 0;
  const dwell = new Dwell(
    clock,
    () => ({ armMs: 800, confirmMs: 400 }),
    () => {
      chosen += 1;
    },
  );
  return { clock, dwell, chosen: () => chosen };
}

describe("choosing by looking", () => {
  test("takes 800 ms to arm and 400 ms to confirm", async () => {
    const { clock, dwell, chosen } = dwelling();
    dwell.enter();
    await clock.advance(799);
    expect(dwell.phase.value).toBe("arming");
    await clock.advance(1);
    expect(dwell.phase.value).toBe("confirming");
    await clock.advance(399);
    expect(chosen()).toBe(0);
    await clock.advance(1);
    expect(chosen()).toBe(1);
  });

  test("looking away before the end chooses nothing, at any moment", async () => {
    for (const lookMs of [1, 500, 801, 1_049]) {
      const { clock, dwell, chosen } = dwelling();
      dwell.enter();
      await clock.advance(lookMs);
      dwell.leave();
      await clock.advance(10_000);
      expect([lookMs, chosen(), dwell.phase.value]).toEqual([lookMs, 0, "idle"]);
    }
  });

  test("a blink does not start it again", async () => {
    const { clock, dwell, chosen } = dwelling();
    dwell.enter();
    await clock.advance(600);
    dwell.leave();
    await clock.advance(100);
    dwell.enter();
    await clock.advance(500);
    expect(chosen()).toBe(1);
  });

  test("after choosing, resting on it does not choose again", async () => {
    const { clock, dwell, chosen } = dwelling();
    dwell.enter();
    await clock.advance(60_000);
    expect(chosen()).toBe(1);
    expect(clock.pending).toBe(0);
  });
});

/** A caller whose sends answer as the test says, one by one. */
function calling(...answers: (boolean | "never")[]) {
  const clock = createVirtualClock(wall(0));
  const sent: PatientCall[] = [];
  const caller = new Caller(clock, (call) => {
    sent.push(call);
    const answer = answers.shift() ?? true;
    return answer === "never" ? new Promise<boolean>(() => undefined) : Promise.resolve(answer);
  });
  return { clock, caller, sent };
}

describe("a patient's call", () => {
  test.each(["touch", "key", "switch"] as const)("by %s goes out at once", async (how) => {
    const { clock, caller, sent } = calling(true);
    caller.call({ how, kind: "come" });
    expect(sent).toEqual([{ how, kind: "come" }]);
    await clock.advance(0);
    expect(caller.state.value.kind).toBe("sent");
  });

  test("by looking can be taken back for three seconds", async () => {
    const { clock, caller, sent } = calling();
    caller.call(LOOK);
    await clock.advance(2_999);
    caller.cancel();
    await clock.advance(60_000);
    expect(sent).toEqual([]);
    expect(caller.state.value.kind).toBe("idle");
  });

  test("by looking goes out by itself after three seconds, and at once with a second press", async () => {
    const first = calling();
    first.caller.call(LOOK);
    await first.clock.advance(3_000);
    expect(first.sent).toEqual([LOOK]);
    const second = calling();
    second.caller.call(LOOK);
    second.caller.call(TOUCH);
    expect(second.sent).toEqual([TOUCH]);
    await second.clock.advance(60_000);
    expect(second.sent).toHaveLength(1);
  });

  test("pressed many times in a moment is one call", async () => {
    const { clock, caller, sent } = calling();
    for (let presses = 0; presses < 20; presses += 1) {
      caller.call(TOUCH);
      await clock.advance(50);
    }
    expect(sent).toHaveLength(1);
  });

  test("can be repeated when nobody came", async () => {
    const { clock, caller, sent } = calling();
    caller.call(TOUCH);
    await clock.advance(5_000);
    caller.call(TOUCH);
    await clock.advance(0);
    expect(sent).toHaveLength(2);
    expect(caller.state.value).toMatchObject({ kind: "sent", again: true });
  });

  test("that does not get through is tried every three seconds until it does", async () => {
    const { clock, caller, sent } = calling(false, false, false, true);
    caller.call(TOUCH);
    await clock.advance(0);
    expect(caller.state.value).toEqual({ kind: "sending", failures: 1 });
    await clock.advance(9_000);
    expect(sent).toHaveLength(4);
    expect(caller.state.value.kind).toBe("sent");
  });

  test("stops trying after two minutes and says so; the next press starts anew", async () => {
    const { clock, caller, sent } = calling(...Array.from({ length: 40 }, () => false));
    caller.call(TOUCH);
    await clock.advance(10 * 60_000);
    expect(caller.state.value.kind).toBe("failed");
    expect(sent).toHaveLength(40);
    caller.call(TOUCH);
    await clock.advance(0);
    expect(caller.state.value.kind).toBe("sent");
  });

  test("a wish chosen while the call is on its way follows it", async () => {
    const { clock, caller, sent } = calling();
    caller.call(TOUCH);
    caller.call({ how: "touch", kind: "breathing" });
    await clock.advance(0);
    expect(sent.map((call) => call.kind)).toEqual(["come", "breathing"]);
  });

  test("a wish chosen while the call does not get through goes out in its place", async () => {
    const { clock, caller, sent } = calling(false, true);
    caller.call(TOUCH);
    await clock.advance(0);
    caller.call({ how: "touch", kind: "breathing" });
    await clock.advance(3_000);
    expect(sent.map((call) => call.kind)).toEqual(["come", "breathing"]);
    expect(caller.state.value.kind).toBe("sent");
  });

  test("ends when it has been answered, and leaves no timer behind when stopped", async () => {
    const { clock, caller } = calling(true, false);
    caller.call(TOUCH);
    await clock.advance(0);
    caller.answered();
    expect(caller.state.value.kind).toBe("idle");
    caller.call(TOUCH);
    await clock.advance(0);
    caller.stop();
    expect(clock.pending).toBe(0);
  });
});
