import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE_MS, SECOND_MS } from "../../../src/domain/time.ts";
import { createMqttSwitch } from "../../../src/notify/outputs/mqtt-switch.ts";
import { createOutput, type Output } from "../../../src/notify/outputs/output.ts";
import type { Bus } from "../../../src/port/bus.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { NIGHT } from "../../support/alarms.ts";

let clock: VirtualClock;
let sets: string[];
let closed: number;
let act: () => Promise<void>;
let changes: boolean[];
let output: Output;

const build = (pattern: "blink" | "steady"): Output =>
  createOutput({
    ...{ pattern, clock, log: { note: () => undefined } },
    target: {
      set(on) {
        sets.push(`${clock.mono() / 1_000} ${on ? "on" : "off"}`);
        return act();
      },
      async close() {
        closed += 1;
      },
    },
    onReadiness: () => changes.push(output.readiness.ok),
  });

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  [sets, closed, changes] = [[], 0, []];
  act = async () => undefined;
  output = build("steady");
});

describe("a lamp or shaker", () => {
  test("is switched off at the start, since an earlier run may have left it on, and is then known to work", async () => {
    output.start();
    await clock.advance(0);
    expect(sets).toEqual(["0 off"]);
    expect(output.readiness).toEqual({ ok: true, detail: "It can be switched." });
  });

  test("is on while the alarm sounds, is told so again, and is off when it ends", async () => {
    output.follow(true);
    await clock.advance(70 * SECOND_MS);
    output.follow(false);
    await clock.advance(MINUTE_MS);
    expect(sets).toEqual(["0 on", "30 on", "60 on", "70 off"]);
  });

  test("that blinks is a second on and a second off, and begins with on each time", async () => {
    output = build("blink");
    output.follow(true);
    await clock.advance(3_500);
    output.follow(false);
    await clock.advance(SECOND_MS);
    output.follow(true);
    await clock.advance(500);
    expect(sets).toEqual(["0 on", "1 off", "2 on", "3 off", "3.5 off", "4.5 on"]);
  });

  test("that fails is told, and tried every two seconds while the alarm sounds, every thirty while it does not", async () => {
    act = () => Promise.reject(new Error("no such chip"));
    output.start();
    await clock.advance(MINUTE_MS);
    expect(sets).toHaveLength(3);
    expect(output.readiness).toEqual({ ok: false, detail: "no such chip" });
    output.follow(true);
    await clock.advance(10 * SECOND_MS);
    expect(sets).toHaveLength(9);
    act = async () => undefined;
    await clock.advance(2 * SECOND_MS);
    expect(sets.at(-1)).toBe("72 on");
    expect(changes).toEqual([false, true]);
  });

  test("that does not answer within five seconds counts as broken, and never has two orders at a time", async () => {
    let open = 0;
    let most = 0;
    act = () => {
      open += 1;
      most = Math.max(most, open);
      return clock.sleep(3_000).finally(() => {
        open -= 1;
      });
    };
    output.follow(true);
    await clock.advance(SECOND_MS);
    output.follow(false);
    await clock.advance(10 * SECOND_MS);
    expect(sets).toEqual(["0 on", "3 off"]);
    expect(most).toBe(1);
    act = () => new Promise(() => undefined);
    output.follow(true);
    await clock.advance(5 * SECOND_MS);
    expect(output.readiness).toEqual({ ok: false, detail: "it does not answer" });
  });

  test("is off and let go when the program ends, and no timer is left", async () => {
    output.follow(true);
    await clock.advance(SECOND_MS);
    const stopped = output.stop();
    await clock.advance(0);
    await stopped;
    expect(sets.at(-1)).toBe("1 off");
    expect(closed).toBe(1);
    expect(clock.pending).toBe(0);
  });
});

describe("a plug on a broker", () => {
  const listeners = new Set<(connected: boolean) => void>();
  let published: string[];
  let bus: Bus & { connected: boolean };

  beforeEach(() => {
    published = [];
    bus = {
      connected: false,
      async publish(topic, payload, { retain }) {
        published.push(`${topic} ${payload} ${retain}`);
      },
      subscribe: () => () => undefined,
      onConnected(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: async () => undefined,
    };
  });

  test("that was away gets the newest order alone, at once when it is back", async () => {
    const plug = createMqttSwitch(bus, { topic: "cmnd/lamp/POWER", on: "ON", off: "OFF" });
    const orders = [plug.set(true), plug.set(false)];
    bus.connected = true;
    for (const listener of listeners) listener(true);
    await orders[1];
    expect(published).toEqual(["cmnd/lamp/POWER OFF false"]);
    await plug.close();
    expect(listeners.size).toBe(0);
  });
});
