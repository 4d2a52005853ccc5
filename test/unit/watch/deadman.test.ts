import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS, mono, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { ntfyDeadMan } from "../../../src/notify/ntfy/dead-man.ts";
import type { DeadManState } from "../../../src/port/dead-man.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { afterStep, nextStep, type Pace, paceOf, planAt, stateOf } from "../../../src/watch/deadman.ts";
import { createDeadMen, type DeadMen, type DeadMenOptions } from "../../../src/watch/deadman-keeper.ts";
import { NIGHT } from "../../support/alarms.ts";
import { httpTo, NtfyServer } from "../../support/ntfy-server.ts";
import { silentLog } from "../../support/silent-log.ts";

const TOPIC = "h-8fK3mQ0zT7vW2xYb";
const SILENT = "The box in the house has stopped speaking";
const STOPPED = "The box in the house was stopped and has not come back";

describe("the rhythm", () => {
  test("is a minute, six minutes ahead, where a server takes enough", () => {
    const own = paceOf({ timesPerDay: undefined, neededMs: DAY_MS, sharedWithAlarms: true });
    expect(own).toEqual({ everyMs: MINUTE_MS, aheadMs: 6 * MINUTE_MS });
  });

  test("fits into the 250 messages that the public server takes in a day", () => {
    const pace = paceOf({ timesPerDay: 250, neededMs: DAY_MS, sharedWithAlarms: false });
    expect(pace.everyMs / MINUTE_MS).toBeCloseTo(6.5, 1);
    expect(pace.aheadMs).toBe(20 * MINUTE_MS);
    const night = paceOf({ timesPerDay: 250, neededMs: 12 * HOUR_MS, sharedWithAlarms: true });
    expect(night.everyMs / MINUTE_MS).toBeCloseTo(6.2, 1);
  });

  test("never needs more than its share, and leaves room for three tries before it would speak up", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 0, max: DAY_MS }),
        fc.boolean(),
        (timesPerDay, neededMs, sharedWithAlarms) => {
          const { everyMs, aheadMs } = paceOf({ timesPerDay, neededMs, sharedWithAlarms });
          expect(neededMs / everyMs).toBeLessThanOrEqual(Math.max(1, timesPerDay));
          expect(aheadMs).toBeGreaterThanOrEqual(3 * everyMs);
          expect(everyMs).toBeGreaterThanOrEqual(MINUTE_MS);
        },
      ),
    );
  });
});

describe("the plan", () => {
  const pace: Pace = { everyMs: MINUTE_MS, aheadMs: 6 * MINUTE_MS };
  const accepted = { outcome: "accepted", reference: "1" } as const;
  const failed = { outcome: "failed", detail: "busy" } as const;

  test("puts nothing off while the box does not work", () => {
    const plan = planAt(mono(0));
    expect(nextStep(plan, { now: mono(0), isWanted: true, works: true })).toBe("put_off");
    expect(nextStep(plan, { now: mono(0), isWanted: true, works: false })).toBe("wait");
  });

  test("says what stands: armed by the newest success alone, failing once nothing stands or after ten minutes", () => {
    const at = (nowMs: number) => ({ now: mono(nowMs), wall: wall(nowMs), pace, uniform: 0.5 });
    const long: Pace = { everyMs: 6 * MINUTE_MS, aheadMs: 20 * MINUTE_MS };
    const kind = (plan: ReturnType<typeof planAt>, nowMs: number): DeadManState["kind"] =>
      stateOf(plan, { now: mono(nowMs), isWanted: true, aheadMs: undefined }).kind;
    const first = planAt(mono(0));
    expect(kind(first, 0)).toBe("beginning");
    expect(kind(afterStep(first, "put_off", failed, at(0)), 0)).toBe("failing");
    const armed = afterStep(first, "put_off", accepted, { ...at(0), pace: long });
    expect(kind(armed, 0)).toBe("armed");
    const later = afterStep(armed, "put_off", failed, at(6 * MINUTE_MS));
    expect(kind(later, 7 * MINUTE_MS)).toBe("armed");
    expect(kind(later, 16 * MINUTE_MS)).toBe("failing");
    const again = afterStep(later, "put_off", failed, at(17 * MINUTE_MS));
    expect(stateOf(again, { now: mono(17 * MINUTE_MS), isWanted: true, aheadMs: undefined })).toEqual({
      ...{ kind: "failing", since: 6 * MINUTE_MS, detail: "busy" },
    });
    expect(kind(afterStep(again, "put_off", accepted, at(18 * MINUTE_MS)), 18 * MINUTE_MS)).toBe("armed");
  });

  test("tries again within about a minute, however long a service asks to wait", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: DAY_MS }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (tries, retryAfterMs, uniform) => {
          let plan = planAt(mono(0));
          for (let n = 0; n < tries; n++) {
            const now = plan.dueAt;
            plan = afterStep(
              plan,
              "put_off",
              { ...failed, retryAfterMs },
              { now, wall: wall(0), pace, uniform },
            );
            expect(plan.dueAt - now).toBeGreaterThanOrEqual(8 * SECOND_MS);
            expect(plan.dueAt - now).toBeLessThanOrEqual(72 * SECOND_MS);
          }
        },
      ),
    );
  });
});

describe("a box and a server", () => {
  let clock: VirtualClock;
  let server: NtfyServer;
  let values: Map<string, string>;
  let settings: { [name: string]: string } | undefined;
  let onWatch: boolean | undefined;
  let trouble: string | undefined;
  let isLed: boolean;
  let isCut: boolean;
  let men: DeadMen;

  const options = (): DeadMenOptions => ({
    ...{ clock, random: createSeededRandom(3), log: silentLog, home: "qwertyuiop", language: "en" },
    men: [{ man: ntfyDeadMan.create({ clock, http: httpTo(server, () => isCut) }), time: "ours" }],
    settings: () => settings,
    isLed: () => isLed,
    state: {
      value: async (name) => values.get(name),
      setValue: async (name, value) => void values.set(name, value),
    },
    onWatch: () => onWatch,
    neededMs: () => 12 * HOUR_MS,
    isShared: () => false,
    trouble: () => trouble,
    onChange: () => undefined,
  });

  /** What rang on the phone. */
  const rung = (): string[] =>
    server.delivered.flatMap(({ event, priority, title }) =>
      event === "message" && priority === 5 ? [title ?? ""] : [],
    );
  const told = (): string[] =>
    server.delivered.flatMap(({ event, priority, title }) =>
      event === "message" && priority === 2 ? [title ?? ""] : [],
    );
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 5 * SECOND_MS) {
      await clock.advance(Math.min(5 * SECOND_MS, ms - passed));
      server.tick();
    }
  };
  const begin = async (): Promise<void> => {
    men = createDeadMen(options());
    await men.start();
    await clock.advance(0);
  };
  /** No timer of the old process acts any more. */
  const kill = (): void => {
    isCut = true;
  };
  /** What was killed stays dead: another process has a clock of its own. */
  const reborn = async (): Promise<void> => {
    const at = clock.wall();
    clock = createVirtualClock(at);
    isCut = false;
    await begin();
  };

  beforeEach(() => {
    clock = createVirtualClock(NIGHT);
    server = new NtfyServer({ topic: TOPIC, token: "tk_secret", now: () => clock.wall() });
    values = new Map();
    settings = { server: "https://ntfy.example.org", topic: TOPIC, token: "tk_secret", when: "watch" };
    [onWatch, trouble, isLed, isCut] = [true, undefined, false, false];
  });

  test("stopped while it still begins, it leaves no timer that would keep the program from ending", async () => {
    men = createDeadMen(options());
    const beginning = men.start();
    await men.stop();
    await beginning;
    expect(clock.pending).toBe(0);
  });

  test("a night in which the box lives: nothing speaks up, and one message lies ready at any time", async () => {
    await begin();
    for (let hour = 0; hour < 12; hour++) {
      await pass(HOUR_MS);
      expect(server.scheduled).toHaveLength(1);
      expect(men.states()).toMatchObject([{ state: { kind: "armed", aheadMs: 6 * MINUTE_MS } }]);
    }
    expect(rung()).toEqual([]);
    const bodies = server.asked.map(({ body }) => body).join("\n");
    expect(bodies).not.toMatch(/SpO2|Mei|b1/);
  });

  test("a box that dies: it is told six to seven minutes later, by the server alone, once", async () => {
    await begin();
    await pass(20 * MINUTE_MS);
    kill();
    const requests = server.asked.length;
    await pass(5 * MINUTE_MS);
    expect(rung()).toEqual([]);
    await pass(2 * MINUTE_MS);
    expect(rung()).toEqual([SILENT]);
    await pass(HOUR_MS);
    expect(rung()).toEqual([SILENT]);
    expect(server.asked).toHaveLength(requests);
  });

  test("a box that is back within its time: nobody is told", async () => {
    await begin();
    await pass(20 * MINUTE_MS);
    kill();
    await pass(5 * MINUTE_MS);
    await reborn();
    await pass(HOUR_MS);
    expect(rung()).toEqual([]);
    expect(server.scheduled).toHaveLength(1);
    expect(told()).toEqual([]);
  });

  test("a box that comes back after it: the ringing message gives way to a quiet word, and another one stands", async () => {
    await begin();
    kill();
    await pass(30 * MINUTE_MS);
    expect(rung()).toEqual([SILENT]);
    await reborn();
    await pass(MINUTE_MS);
    expect(told()).toEqual(["The box in the house speaks again"]);
    const [ringing, word] = server.delivered.filter(
      ({ event, title }) => event === "message" && title !== undefined,
    );
    expect(word?.sequence).toBe(ringing?.sequence);
    expect(server.scheduled).toHaveLength(1);
    expect(server.scheduled[0]?.sequence).not.toBe(ringing?.sequence);
    await pass(HOUR_MS);
    expect(rung()).toEqual([SILENT]);
    expect(told()).toHaveLength(1);
  });

  test("internet that is away for longer than the time ahead is told, and that it is back too", async () => {
    await begin();
    await pass(10 * MINUTE_MS);
    isCut = true;
    await pass(4 * MINUTE_MS);
    expect(men.states()).toMatchObject([{ state: { kind: "armed" } }]);
    await pass(8 * MINUTE_MS);
    expect(rung()).toEqual([SILENT]);
    expect(men.states()).toMatchObject([{ state: { kind: "failing", detail: expect.any(String) } }]);
    isCut = false;
    await pass(2 * MINUTE_MS);
    expect(told()).toEqual(["The box in the house speaks again"]);
    expect(men.states()).toMatchObject([{ state: { kind: "armed" } }]);
  });

  test("a box that lives and does not work puts nothing off", async () => {
    await begin();
    await pass(10 * MINUTE_MS);
    trouble = "the engine of bed b1 has not ticked for 12 s";
    await pass(8 * MINUTE_MS);
    expect(rung()).toEqual([SILENT]);
  });

  test("the end of the watch takes it back in silence, and the next watch puts it up", async () => {
    await begin();
    onWatch = false;
    await pass(5 * SECOND_MS);
    expect(server.scheduled).toEqual([]);
    expect(men.states()).toMatchObject([{ state: { kind: "resting" } }]);
    await pass(HOUR_MS);
    expect([...rung(), ...told()]).toEqual([]);
    onWatch = true;
    await pass(10 * SECOND_MS);
    expect(server.scheduled).toHaveLength(1);
  });

  test("“always” stands by day as well; a home whose beds are all simulated has none", async () => {
    settings = { ...settings, when: "always" };
    onWatch = false;
    await begin();
    expect(server.scheduled).toHaveLength(1);
    onWatch = undefined;
    await pass(MINUTE_MS);
    expect(server.scheduled).toEqual([]);
  });

  test("what stood before a crash is called off when nobody is watched by the time the box is back", async () => {
    await begin();
    kill();
    await pass(2 * MINUTE_MS);
    onWatch = false;
    await reborn();
    expect(server.scheduled).toEqual([]);
  });

  test("an orderly stop leaves it standing with words of its own: a restart takes its place, a reboot that fails rings", async () => {
    await begin();
    await pass(5 * MINUTE_MS);
    await men.stop();
    expect(server.scheduled).toMatchObject([{ title: STOPPED }]);
    kill();
    await pass(3 * MINUTE_MS);
    await reborn();
    expect(server.scheduled).toMatchObject([{ title: SILENT }]);
    await men.stop();
    kill();
    await pass(10 * MINUTE_MS);
    expect(rung()).toEqual([STOPPED]);
  });

  test("a person who ends it at the keyboard calls it off, and the phones hear so quietly", async () => {
    await begin();
    await pass(5 * MINUTE_MS);
    expect(await men.callOff()).toEqual([{ id: "dead-man-ntfy", isOff: true }]);
    await men.stop();
    expect(server.scheduled).toEqual([]);
    expect(told()).toEqual(["Somebody stopped the box by hand"]);
    await pass(HOUR_MS);
    expect(rung()).toEqual([]);
  });

  test("other settings: what stood by the old ones is taken back, also when they are forgotten", async () => {
    await begin();
    const other = new NtfyServer({ topic: "another-topic-0001", now: () => clock.wall() });
    expect(server.scheduled).toHaveLength(1);
    settings = {
      server: "https://ntfy.example.org",
      topic: "another-topic-0001",
      token: "tk_secret",
      when: "watch",
    };
    men.look();
    await pass(10 * SECOND_MS);
    expect(server.scheduled).toEqual([]);
    expect(men.states()).toMatchObject([
      { state: { kind: "failing", detail: expect.stringContaining("403") } },
    ]);
    expect(other.scheduled).toEqual([]);
    settings = undefined;
    await pass(MINUTE_MS);
    expect(men.states()).toEqual([]);
  });

  test("a hub that leads the box is its dead man: what stood elsewhere is taken back", async () => {
    await begin();
    kill();
    isLed = true;
    await pass(MINUTE_MS);
    await reborn();
    expect(server.scheduled).toEqual([]);
    expect(men.states()).toEqual([]);
  });

  test.each([
    [250, 24 * HOUR_MS],
    [250, 13 * HOUR_MS],
    [1_000, 24 * HOUR_MS],
  ])("a server that takes %d messages a day is never asked for more in %d ms", async (perDay, watchedMs) => {
    server.perDay = perDay;
    settings = { ...settings, when: watchedMs === 24 * HOUR_MS ? "always" : "watch" };
    await begin();
    await pass(watchedMs);
    expect(men.states()).toMatchObject([{ state: { kind: "armed" } }]);
    expect(server.asked.filter(({ method }) => method !== "GET").length).toBeLessThanOrEqual(perDay);
    expect(rung()).toEqual([]);
  });

  test("the public server's limit is known where it tells nothing", async () => {
    settings = { topic: TOPIC, token: "tk_secret", server: "https://ntfy.sh", when: "always" };
    server.perDay = 250;
    server.tellsLimits = false;
    await begin();
    expect(men.states()).toMatchObject([{ state: { kind: "armed", aheadMs: 20 * MINUTE_MS } }]);
  });

  test("a server that cannot take messages back gets none", async () => {
    server.isOld = true;
    await begin();
    await pass(HOUR_MS);
    expect([...rung(), ...server.scheduled]).toEqual([]);
    expect(men.states()).toMatchObject([
      { state: { kind: "failing", detail: expect.stringContaining("2.16") } },
    ]);
  });

  test("a wrong token is told, and is not in the reason", async () => {
    settings = { ...settings, token: "tk_wrong" };
    await begin();
    const [one] = men.states();
    expect(one?.state).toMatchObject({ kind: "failing", detail: expect.stringContaining("401") });
    expect(JSON.stringify(one)).not.toContain("tk_wrong");
  });

  test("a drill speaks up in ten seconds, marked, and what stands goes on standing", async () => {
    await begin();
    expect(await men.drill("dead-man-ntfy")).toMatchObject({ outcome: "accepted" });
    await pass(15 * SECOND_MS);
    expect(rung()).toEqual([`DRILL · ${SILENT}`]);
    expect(server.scheduled).toHaveLength(1);
    expect(await men.drill("dead-man-ping")).toMatchObject({ outcome: "refused" });
  });

  test("nothing is left behind", async () => {
    await begin();
    await pass(HOUR_MS);
    await men.stop();
    expect(clock.pending).toBe(0);
  });
});
