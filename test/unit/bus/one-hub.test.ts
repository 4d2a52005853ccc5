import { expect, test } from "vitest";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { createOneHub } from "../../../src/bus/one-hub.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Log } from "../../../src/port/log.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

test("two hubs on one broker each find out, say it once, and are well again when one is gone", async () => {
  const clock = createVirtualClock(wall(1_800_000_000_000));
  const memory = createMemoryBus(clock);
  const start = (self: string) => {
    const notes: string[] = [];
    const bus = memory.connector.connect({ url: "memory://", clientId: self });
    const log: Log = { note: (event, _fields, level) => void notes.push(`${event} ${level}`) };
    const hub = createOneHub({ bus, clock, log, self });
    hub.start();
    return { hub, notes, bus };
  };
  const first = start("hub-a");
  await clock.advance(120_000);
  expect(first.hub.trouble()).toBeUndefined();
  const second = start("hub-b");
  await clock.advance(20_000);
  for (const { hub, notes } of [first, second]) {
    expect(hub.trouble()).toContain("another hub");
    expect(notes).toEqual(["hub.second error"]);
  }
  await clock.advance(600_000);
  expect(first.notes).toHaveLength(1);
  second.hub.stop();
  await second.bus.close();
  await clock.advance(60_000);
  expect(first.hub.trouble()).toBeUndefined();
  // Nothing that is not from a hub counts, and one that comes back is said anew.
  const third = start("hub-c");
  await clock.advance(1_000);
  await third.bus.publish("breathwatch/1/hubs", "no hub", { retain: false });
  await clock.advance(20_000);
  expect(first.notes).toEqual(["hub.second error", "hub.second error"]);
});
