import { beforeEach, describe, expect, test } from "vitest";
import { type BaselinesDesk, createBaselinesDesk } from "../../../src/alarm/baselines-desk.ts";
import type { AlarmCommand, Baselines } from "../../../src/domain/alarm.ts";
import { atLocal, HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";

const ZONE = "Asia/Taipei";
const USUAL: Baselines = { minute_volume: { median: 7.2, nights: 18 } };

let clock: VirtualClock;
let found: Baselines | Error;
let taken: boolean;
let commands: AlarmCommand[];
let looks: number[];
let desk: BaselinesDesk;

beforeEach(() => {
  clock = createVirtualClock(atLocal("2026-01-10", 21 * 60, ZONE));
  found = USUAL;
  taken = true;
  commands = [];
  looks = [];
  desk = createBaselinesDesk({
    beds: [{ bed: "b1", zone: ZONE }],
    clock,
    log: { note: () => undefined },
    async find() {
      looks.push(clock.wall());
      if (found instanceof Error) throw found;
      return found;
    },
    async command(_, command) {
      commands.push(command);
      return taken;
    },
  });
});

describe("usual values of a bed", () => {
  test("are worked out at the start and given to the engine", async () => {
    expect(looks).toEqual([]);
    desk.start();
    await clock.advance(1_000);
    expect(commands).toMatchObject([{ kind: "baselines", baselines: USUAL }]);
    expect(desk.of("b1")).toMatchObject({ baselines: USUAL });
    expect(desk.of("b2")).toEqual({ baselines: {} });
    await desk.stop();
    expect(clock.pending).toBe(0);
  });

  test("are looked at again each noon, and told only when they are others", async () => {
    desk.start();
    await clock.advance(40 * HOUR_MS);
    expect(looks.slice(1)).toEqual(["2026-01-11", "2026-01-12"].map((day) => atLocal(day, 12 * 60, ZONE)));
    expect(commands.length).toBe(1);
    found = { minute_volume: { median: 7.4, nights: 19 } };
    await clock.advance(24 * HOUR_MS);
    expect(commands.at(-1)).toMatchObject({ baselines: found });
    expect(new Set(commands.map(({ id }) => id)).size).toBe(2);
    found = {};
    await clock.advance(24 * HOUR_MS);
    expect(commands.at(-1)).toMatchObject({ baselines: {} });
    await desk.stop();
  });

  test("an empty store at the start takes nothing from the engine", async () => {
    found = {};
    desk.start();
    await clock.advance(1_000);
    expect(commands).toEqual([]);
    await desk.stop();
  });

  test("a store that cannot be read, or an engine that does not take them, is tried again soon", async () => {
    found = new Error("the disk is gone");
    desk.start();
    await clock.advance(1_000);
    expect(commands).toEqual([]);
    found = USUAL;
    taken = false;
    await clock.advance(10 * MINUTE_MS);
    expect(desk.of("b1").baselines).toEqual({});
    taken = true;
    await clock.advance(10 * MINUTE_MS);
    expect(desk.of("b1").baselines).toEqual(USUAL);
    await desk.stop();
  });
});
