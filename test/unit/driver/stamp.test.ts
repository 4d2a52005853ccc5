import { describe, expect, test } from "vitest";
import type { Observation, ObservationBody } from "../../../src/domain/observation.ts";
import { wall } from "../../../src/domain/time.ts";
import type { DeviceReading } from "../../../src/driver/contract.ts";
import { createStamper } from "../../../src/driver/stamp.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

const SAMPLES: DeviceReading = { body: { kind: "samples", samples: { spo2: 97 } } };
const STATUS: DeviceReading = { body: { kind: "status", codes: [] } };

const setUp = (trusted = true) => {
  const clock = createVirtualClock(wall(1_000_000), trusted);
  const stamper = createStamper({ device: "d", bed: "b1", epoch: "e", timeliness: "live", clock });
  const stamp = (reading = SAMPLES): Observation => stamper.stamp(reading, false);
  return { clock, stamper, stamp };
};

describe("a stamp", () => {
  test("gives identity, both arrival times and the marks of the link", async () => {
    const { clock, stamper } = setUp();
    await clock.advance(250);
    const deviceAt = wall(5);
    expect(stamper.stamp({ ...SAMPLES, deviceAt }, true)).toEqual({
      device: "d",
      bed: "b1",
      epoch: "e",
      seq: 0,
      at: 1_000_250,
      mono: 250,
      simulated: true,
      timeliness: "live",
      deviceAt,
      body: SAMPLES.body,
    });
  });

  test("counts from 0 without gaps over all kinds", () => {
    const { stamp } = setUp();
    expect([stamp().seq, stamp(STATUS).seq, stamp().seq]).toEqual([0, 1, 2]);
  });

  test("says that the clock is not trusted, as long as it is not", () => {
    const { clock, stamp } = setUp(false);
    expect(stamp().unsynced).toBe(true);
    clock.setTrusted(true);
    expect(stamp()).not.toHaveProperty("unsynced");
  });

  test("never repeats a time within a kind, also in a burst", () => {
    const { stamp } = setUp();
    expect([stamp().at, stamp().at, stamp().at]).toEqual([1_000_000, 1_000_001, 1_000_002]);
    expect(stamp(STATUS).at).toBe(1_000_000);
  });

  test("follows a clock that was set back, around the times already used", async () => {
    const { clock, stamp } = setUp();
    const used = new Set<number>();
    const second = async (): Promise<Observation> => {
      await clock.advance(1000);
      const observation = stamp();
      expect(used).not.toContain(observation.at);
      used.add(observation.at);
      return observation;
    };
    for (let i = 0; i < 1200; i++) await second();
    clock.stepWall(-600_000);
    const first = await second();
    expect(Math.abs(first.at - clock.wall())).toBeLessThan(10);
    for (let i = 0; i < 1200; i++) {
      const { at } = await second();
      expect(Math.abs(at - clock.wall())).toBeLessThan(10);
    }
  });

  test("follows a clock that was set forward", async () => {
    const { clock, stamp } = setUp();
    stamp();
    clock.stepWall(3_600_000);
    expect(stamp().at).toBe(4_600_000);
  });

  test("keeps monotonic time apart from what happens to the wall clock", async () => {
    const { clock, stamp } = setUp();
    await clock.advance(100);
    clock.stepWall(-500_000);
    expect(stamp().mono).toBe(100);
  });

  test("makes a device's own words fit to be shown: no terminal codes, no turned writing, not endless", () => {
    const stamper = createStamper({
      ...{ device: "d", bed: "b1", epoch: "e", timeliness: "live" },
      clock: createVirtualClock(wall(0)),
    });
    const stamped = (body: ObservationBody): string =>
      JSON.stringify(stamper.stamp({ body }, false).body, (_, value: unknown) =>
        typeof value === "string" && /[\p{Cc}\u2028\u202e]/u.test(value) ? "UNFIT" : value,
      );
    const evil = "\u001b]0;gone\u0007\n\u009b2J\u202e\u2028";
    const long = "x".repeat(10_000);
    for (const text of [evil, long]) {
      const alarm = { code: text, text, priority: "low", active: true } as const;
      for (const body of [
        { kind: "identity", serial: text, model: text, firmware: text },
        { kind: "status", codes: [text] },
        { kind: "settings", settings: { mode: text, ipap: 20 } },
        { kind: "ownAlarm", alarms: [alarm] },
      ] as const) {
        expect(stamped(body)).not.toContain("UNFIT");
        expect(stamped(body).length).toBeLessThan(800);
      }
    }
    const plain = { kind: "identity", serial: "SN 12-3", model: "呼吸机 Ünit" } as const;
    expect(stamper.stamp({ body: plain }, false).body).toEqual(plain);
    const settings = { kind: "settings", settings: { mode: "S/T", ipap: 20 } } as const;
    expect(stamper.stamp({ body: settings }, false).body).toEqual(settings);
  });
});
