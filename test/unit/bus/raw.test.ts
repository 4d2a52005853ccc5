import { describe, expect, test } from "vitest";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { createRawStreams, type FrameSeen } from "../../../src/bus/raw-streams.ts";
import { createRawView } from "../../../src/bus/raw-view.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const place = { home: "abcdefghij", bed: "b1" };
const device = "oximeterxx";
const tina = { id: "t1", name: "Tina" };
const frame: FrameSeen = { at: 1_800_000_000_000, direction: "in", hex: "a50f", meaning: "SpO2 95" };

/** A hub that looks, an edge that sends; the command between them is a plain call. */
async function setUp() {
  const clock = createVirtualClock(wall(1_800_000_000_000), true);
  const memory = createMemoryBus(clock);
  const audited: string[] = [];
  const streams = createRawStreams({
    ...{ bus: memory.connector.connect({ url: "memory://", clientId: "edge" }), clock, log, ...place },
    edgeEpoch: "run1",
    frames: (named) => (named === device ? [frame, { ...frame, hex: "ff".repeat(5_000) }] : undefined),
    audit: (by, detail) => audited.push(`${by.name}: ${detail}`),
  });
  const hubBus = memory.connector.connect({ url: "memory://", clientId: "hub" });
  let sent = 0;
  hubBus.subscribe("breathwatch/1/+/+/+/raw/+", () => {
    sent += 1;
  });
  let asks = 0;
  const view = createRawView({
    ...{ bus: hubBus, clock, log, isKnown: (home) => home === place.home },
    look(_place, body, by) {
      asks += 1;
      if (body.kind !== "raw") throw new Error(`nobody asks for ${body.kind} here`);
      return Promise.resolve(streams.begin(body.device, body.forMs, by));
    },
  });
  view.start();
  await settle();
  return {
    ...{ clock, streams, view, audited },
    sent: () => sent,
    asks: () => asks,
  };
}

describe("raw frames of a device", () => {
  test("come to whoever looks, shortened, and are written down once", async () => {
    const s = await setUp();
    expect(s.view.frames(place, device, tina)).toEqual({ frames: [], state: "asking" });
    await s.clock.advance(2 * SECOND_MS);
    const seen = s.view.frames(place, device, tina);
    expect(seen.state).toBe("live");
    expect(seen.frames[0]).toEqual(frame);
    expect(seen.frames[1]?.hex).toHaveLength(512);
    expect(s.audited).toEqual(["Tina: frames of oximeterxx for 60 s"]);
  });

  test("end when nobody looks any more", async () => {
    const s = await setUp();
    s.view.frames(place, device, tina);
    await s.clock.advance(2 * MINUTE_MS);
    const before = s.sent();
    await s.clock.advance(MINUTE_MS);
    expect(s.sent()).toBe(before);
    expect(before).toBeGreaterThan(50);
  });

  test("end after ten minutes although somebody still looks", async () => {
    const s = await setUp();
    for (let second = 0; second < 12 * 60; second += 5) {
      s.view.frames(place, device, tina);
      await s.clock.advance(5 * SECOND_MS);
    }
    expect(s.view.frames(place, device, tina)).toEqual({ frames: [], state: "over" });
    const before = s.sent();
    await s.clock.advance(10 * SECOND_MS);
    expect(s.sent()).toBe(before);
    expect(s.asks()).toBeLessThan(25);
  });

  test("go on when somebody says that they look again, and that is written down as another looking", async () => {
    const s = await setUp();
    for (let second = 0; second < 11 * 60; second += 5) {
      s.view.frames(place, device, tina);
      await s.clock.advance(5 * SECOND_MS);
    }
    s.view.frames(place, device, tina, true);
    await s.clock.advance(2 * SECOND_MS);
    expect(s.view.frames(place, device, tina).state).toBe("live");
    expect(s.audited).toHaveLength(2);
  });

  test("are written down for everybody who looks, also at the same time", async () => {
    const s = await setUp();
    s.view.frames(place, device, tina);
    s.view.frames(place, device, { id: "t2", name: "Tom" });
    await s.clock.advance(SECOND_MS);
    expect(s.audited).toEqual(["Tina: frames of oximeterxx for 60 s", "Tom: frames of oximeterxx for 60 s"]);
  });

  test("that the box refuses are refused with its reason", async () => {
    const s = await setUp();
    s.view.frames(place, "elsewherex", tina);
    await s.clock.advance(SECOND_MS);
    const { state, refusal } = s.view.frames(place, "elsewherex", tina);
    expect([state, refusal?.code]).toEqual(["refused", "NOT_FOUND"]);
  });

  test("of a device that is not there are refused, and no ask lasts longer than ten minutes", async () => {
    const s = await setUp();
    expect(s.streams.begin("elsewherex", MINUTE_MS, tina)).toMatchObject({ accepted: false });
    expect(s.streams.begin(device, 24 * 60 * MINUTE_MS, tina)).toEqual({ accepted: true });
    await s.clock.advance(11 * MINUTE_MS);
    const before = s.sent();
    await s.clock.advance(MINUTE_MS);
    expect(s.sent()).toBe(before);
    expect(before).toBeGreaterThanOrEqual(600);
  });
});
