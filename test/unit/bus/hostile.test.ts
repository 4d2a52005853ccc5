import { describe, expect, test } from "vitest";
import { createIngest } from "../../../src/bus/ingest.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { deviceTopic } from "../../../src/bus/topics.ts";
import { createUplink, lastWill } from "../../../src/bus/uplink.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Timeseries } from "../../../src/port/timeseries.ts";
import { openSpool } from "../../../src/record/spool.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createRecordingStore } from "../../support/recording-store.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const home = "abcdefghij";
const bed = "b1";
const device = "oximeterxx";
const epoch = "thisrunxxx";

/** A broker that somebody else may write to as well. */
function sharedBroker() {
  const clock = createVirtualClock(wall(1_800_000_000_000), true);
  const random = createSeededRandom(5);
  const memory = createMemoryBus(clock);
  const stranger = memory.connector.connect({ url: "memory://", clientId: "stranger" });
  return { clock, random, memory, stranger };
}

async function startEdge({ clock, random, memory }: ReturnType<typeof sharedBroker>) {
  const spool = await openSpool({ disk: createMemoryDisk(), clock, random, log, folder: "spool" });
  const about = { home, bed, epoch, simulated: false };
  const will = lastWill({ ...about, at: clock.wall() });
  const bus = memory.connector.connect({ url: "memory://", clientId: "edge", will });
  const uplink = createUplink({ ...about, bus, spool, clock, random, log });
  uplink.start();
  await settle();
  let seq = 0;
  const say = (): void =>
    uplink.observe({
      ...{ device, bed, epoch, seq: seq++, at: clock.wall(), mono: clock.mono() },
      simulated: false,
      timeliness: "live",
      body: { kind: "samples", samples: { spo2: 96 } },
    });
  return { spool, say, stop: () => uplink.stop() };
}

describe("a stranger on the broker", () => {
  test("cannot make the spool let go of what was never sent", async () => {
    const house = sharedBroker();
    const edge = await startEdge(house);
    for (let n = 0; n < 5; n++) edge.say();
    const forged = JSON.stringify({ v: 1, marks: [{ epoch, seq: Number.MAX_SAFE_INTEGER }] });
    await house.stranger.publish(deviceTopic(home, bed, "stored", device), forged, { retain: true });
    await house.clock.advance(2_000);
    for (let n = 0; n < 5; n++) edge.say();
    await house.clock.advance(2_000);
    expect(edge.spool.size).toBe(10);
    const honest = JSON.stringify({ v: 1, marks: [{ epoch, seq: 9 }] });
    await house.stranger.publish(deviceTopic(home, bed, "stored", device), honest, { retain: true });
    await house.clock.advance(2_000);
    expect(edge.spool.size).toBe(0);
    await edge.stop();
  });

  test("cannot fill the memory with large messages while the store stalls", async () => {
    const house = sharedBroker();
    const { clock, random, memory, stranger } = house;
    const stalled: Timeseries = {
      ...createRecordingStore().timeseries,
      write: () => new Promise(() => {}),
    };
    const bus = memory.connector.connect({ url: "memory://", clientId: "hub" });
    const ingest = createIngest({ bus, timeseries: stalled, clock, random, log, home });
    ingest.start();
    await settle();
    const filling = "x".repeat(200_000);
    for (let seq = 0; seq < 300; seq++) {
      const message = { v: 1, epoch, seq, at: 1, simulated: false, timeliness: "live", filling };
      const payload = JSON.stringify({ ...message, kind: "samples", samples: { spo2: 96 } });
      await stranger.publish(deviceTopic(home, bed, "observation", device), payload, { retain: false });
    }
    await clock.advance(1_000);
    const { waiting, turnedAway } = ingest.status();
    expect(waiting * 200_000).toBeLessThanOrEqual(32 << 20);
    expect(waiting).toBeGreaterThan(100);
    expect(waiting + turnedAway).toBe(300);
    const stopping = ingest.stop();
    await clock.advance(5_000);
    await stopping;
  });
});
