import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createIngest } from "../../../src/bus/ingest.ts";
import { createMemoryBus, type Fate } from "../../../src/bus/memory.ts";
import { readAlarm, readState } from "../../../src/bus/messages.ts";
import { bedTopic, deviceTopic } from "../../../src/bus/topics.ts";
import { createUplink, lastWill } from "../../../src/bus/uplink.ts";
import type { AlarmEvent, AlarmFold } from "../../../src/domain/alarm.ts";
import { Fault } from "../../../src/domain/fault.ts";
import type { Observation, ObservationBody } from "../../../src/domain/observation.ts";
import { HOUR_MS, MINUTE_MS, wall } from "../../../src/domain/time.ts";
import type { Bus } from "../../../src/port/bus.ts";
import { openSpool } from "../../../src/record/spool.ts";
import { createVirtualClock, settle, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createRecordingStore, type RecordingStore } from "../../support/recording-store.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const home = "abcdefghij";
const bed = "b1";
const device = "oximeterxx";

const samples: ObservationBody = { kind: "samples", samples: { spo2: 96 } };
const wave: ObservationBody = { kind: "wave", rateHz: 50, channels: { flow: [1, 2] } };

/** One house: an edge with its disk, a broker, a hub with its store, on virtual time. */
function house(options: { readonly trusted?: boolean; readonly memoryMax?: number } = {}) {
  const clock = createVirtualClock(wall(1_800_000_000_000), options.trusted ?? true);
  const random = createSeededRandom(11);
  const memory = createMemoryBus(clock);
  const store = createRecordingStore();
  return { clock, random, memory, store, ...options };
}

type House = ReturnType<typeof house>;

async function startEdge(
  { clock, random, memory, memoryMax }: House,
  epoch: string,
  disk: MemoryDisk = createMemoryDisk(),
) {
  const spool = await openSpool({
    disk,
    clock,
    random,
    log,
    folder: "spool",
    segmentBytes: 64_000,
    ...(memoryMax === undefined ? {} : { memoryMax }),
  });
  const about = { home, bed, epoch, simulated: false };
  const bus = memory.connector.connect({
    url: "memory://",
    clientId: `edge-${epoch}`,
    will: lastWill({ ...about, at: clock.wall() }),
  });
  const uplink = createUplink({ ...about, bus, spool, clock, random, log });
  uplink.start();
  await settle();
  let seq = 0;
  return {
    uplink,
    spool,
    bus,
    disk,
    /** The next observation; its name in the store. */
    say(body: ObservationBody = samples, more: Partial<Observation> = {}): string {
      const unsynced = clock.trusted() ? {} : { unsynced: true as const };
      uplink.observe({
        device,
        bed,
        epoch,
        seq,
        at: clock.wall(),
        mono: clock.mono(),
        simulated: false,
        timeliness: "live",
        body,
        ...unsynced,
        ...more,
      });
      return `${device} ${epoch} ${seq++}`;
    },
  };
}

async function startHub({ clock, random, memory, store }: House, into: RecordingStore = store) {
  const bus = memory.connector.connect({ url: "memory://", clientId: "hub" });
  const ingest = createIngest({ bus, timeseries: into.timeseries, clock, random, log, home });
  ingest.start();
  await settle();
  return {
    ingest,
    bus,
    /** As when its process is killed: nothing of what it heard is left. */
    async kill(): Promise<void> {
      await bus.close();
    },
  };
}

/** Every message with its topic, as an outsider sees them. */
async function listen(
  { memory }: House,
  filter = "#",
): Promise<{ bus: Bus; heard: { topic: string; payload: string; retained: boolean }[] }> {
  const heard: { topic: string; payload: string; retained: boolean }[] = [];
  const bus = memory.connector.connect({ url: "memory://", clientId: "outsider" });
  bus.subscribe(filter, (topic, payload, retained) => heard.push({ topic, payload, retained }));
  await settle();
  return { bus, heard };
}

const seqOf = (payload: string): number => (JSON.parse(payload) as { seq: number }).seq;

describe("from an observation to the store", () => {
  test("a message is on the bus before any time has passed, and let go of only after the commit", async () => {
    const h = house();
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    const outsider = await listen(h, deviceTopic(home, bed, "observation", device));
    h.store.stall();
    const said = edge.say();
    await settle();
    expect(outsider.heard).toHaveLength(1);
    await h.clock.advance(5_000);
    expect(edge.spool.size).toBe(1);
    h.store.resume();
    await settle();
    expect(h.store.written).toEqual([said]);
    expect(edge.spool.size).toBe(0);
  });

  test("what a card says is stored where it was measured, what its clock puts into the future where it came", async () => {
    const h = house();
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    const now = h.clock.wall();
    edge.say(samples, { timeliness: "delayed", deviceAt: wall(now - 90_000) });
    edge.say(samples, { timeliness: "delayed", deviceAt: wall(now + 90_000) });
    edge.say(samples, { timeliness: "live", deviceAt: wall(now - 5_000) });
    await h.clock.advance(2_000);
    const times = h.store.batches.flatMap(({ rows }) => rows.map(({ at }) => at - now));
    expect(times).toEqual([-90_000, 0, 0]);
  });

  test("commits once a second, however much comes", async () => {
    const h = house();
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    const said: string[] = [];
    for (let second = 0; second < 20; second++) {
      for (let n = 0; n < 8; n++) {
        said.push(edge.say(n === 0 ? wave : samples));
        await h.clock.advance(125);
      }
    }
    await h.clock.advance(1_000);
    expect(h.store.written.toSorted()).toEqual(said.toSorted());
    expect(h.store.batches.length).toBeLessThanOrEqual(21);
    expect(h.store.batches.length).toBeGreaterThanOrEqual(19);
    expect(edge.spool.size).toBe(0);
  });

  test("waits at the edge while there is no broker, and comes in its order", async () => {
    const h = house();
    const broker = await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    await broker.close();
    const said = Array.from({ length: 300 }, () => edge.say());
    await h.clock.advance(HOUR_MS);
    expect(h.store.written).toEqual([]);
    await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await h.clock.advance(5_000);
    expect(h.store.written).toEqual(said);
    expect(edge.spool.size).toBe(0);
  });

  test("live data does not wait behind a backlog", async () => {
    const h = house();
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    h.memory.disconnectAll();
    for (let n = 0; n < 2_000; n++) edge.say();
    h.memory.setDelay(50);
    const outsider = await listen(h, deviceTopic(home, bed, "observation", device));
    await h.clock.advance(1_200);
    expect(edge.bus.connected).toBe(true);
    const fresh = edge.say();
    await h.clock.advance(110);
    const heard = outsider.heard.map(({ payload }) => seqOf(payload));
    expect(heard).toContain(2_000);
    expect(heard.length).toBeLessThan(400);
    await h.clock.advance(10_000);
    expect(h.store.written).toContain(fresh);
    expect(h.store.written).toHaveLength(2_001);
    // A pass may begin anew when the hub says that it began anew; within a pass the order holds.
    const backlog = outsider.heard.map(({ payload }) => seqOf(payload)).filter((seq) => seq < 2_000);
    expect(backlog.filter((seq, n) => seq !== (backlog[n - 1] ?? -1) + 1 && seq !== 0)).toEqual([]);
  });

  test("what the broker took while the hub was away is sent again when the hub comes", async () => {
    const h = house();
    const edge = await startEdge(h, "epochaaaaa");
    const said = Array.from({ length: 50 }, () => edge.say());
    await h.clock.advance(1_000);
    expect(edge.uplink.status().connected).toBe(true);
    await startHub(h);
    await h.clock.advance(2_000);
    expect(h.store.written.toSorted()).toEqual(said.toSorted());
    expect(edge.spool.size).toBe(0);
  });

  test("what a killed hub had heard and not stored is sent again to the next one", async () => {
    const h = house();
    const first = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    const said = [edge.say(), edge.say()];
    await h.clock.advance(1_500);
    h.store.stall();
    said.push(edge.say(), edge.say());
    await h.clock.advance(500);
    await first.kill();
    const second = createRecordingStore();
    await startHub(h, second);
    await h.clock.advance(3_000);
    said.push(edge.say());
    await h.clock.advance(2_000);
    const both = new Set([...h.store.written, ...second.written]);
    expect([...both].toSorted()).toEqual(said.toSorted());
    expect(edge.spool.size).toBe(0);
  });

  test("an edge that restarts sends what its spool still holds, under the old run's name", async () => {
    const h = house();
    const broker = await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await broker.close();
    const edge = await startEdge(h, "epochaaaaa");
    const said = [edge.say(), edge.say(wave), edge.say()];
    await h.clock.advance(1_000);
    await edge.uplink.stop();
    await edge.spool.close();
    await edge.bus.close();
    await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await startHub(h);
    const again = await startEdge(h, "epochbbbbb", edge.disk);
    said.push(again.say());
    await h.clock.advance(3_000);
    expect(h.store.written.toSorted()).toEqual(said.toSorted());
    expect(again.spool.size).toBe(0);
  });

  test("what the spool had to shed holds nothing up: the numbers behind it are let go of", async () => {
    const h = house({ memoryMax: 4_000 });
    const broker = await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    await broker.close();
    edge.disk.setReadOnly(true);
    for (let n = 0; n < 100; n++) {
      edge.say(n % 3 === 0 ? wave : samples);
      await h.clock.advance(1_000);
    }
    expect(edge.spool.dropped).toBeGreaterThan(10);
    const held = edge.spool.size;
    await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await h.clock.advance(30_000);
    expect(h.store.written).toHaveLength(held);
    expect(edge.spool.size).toBe(0);
    edge.say();
    await h.clock.advance(3_000);
    expect(edge.spool.size).toBe(0);
  });

  test("what is shed while the store stalls and the broker stands holds nothing up either", async () => {
    const h = house({ memoryMax: 4_000 });
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    edge.disk.setReadOnly(true);
    // The hub hears nothing of the waves, and the spool sheds them.
    h.memory.setFate((topic) => (topic.includes("/wave/") ? "lose" : "deliver"));
    h.store.stall();
    for (let n = 0; n < 100; n++) {
      edge.say(n % 3 === 0 ? wave : samples);
      await h.clock.advance(1_000);
    }
    expect(edge.spool.dropped).toBeGreaterThan(10);
    h.store.resume();
    h.memory.setFate(() => "deliver");
    await h.clock.advance(20 * MINUTE_MS);
    expect(edge.spool.size).toBe(0);
  });

  test("an alarm event of a newer box that this hub cannot read holds up none after it, and is counted and said", async () => {
    const h = house();
    const hub = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    // As a later version may have it.
    const newer = { ...event("occurred"), kind: "rephrased" } as unknown as AlarmEvent;
    edge.uplink.alarmEvent(event("occurred"));
    edge.uplink.alarmEvent(newer);
    edge.uplink.alarmEvent(event("ended"));
    const outsider = await listen(h, bedTopic(home, bed, "alarm/event"));
    await h.clock.advance(2_000);
    expect(edge.spool.size).toBe(0);
    const events = h.store.batches.flatMap((batch) => batch.events);
    expect(events.map(({ key, event: { kind } }) => [key, kind])).toEqual([
      ["epochaaaaa-0", "occurred"],
      ["epochaaaaa-2", "ended"],
    ]);
    expect(hub.ingest.status()).toMatchObject({ rejected: 1, waiting: 0 });
    const sent = outsider.heard.length;
    await h.clock.advance(10 * MINUTE_MS);
    expect(outsider.heard).toHaveLength(sent);
    expect(hub.ingest.status()).toMatchObject({ rejected: 1, repeats: 0 });
  });

  test("alarm events arrive once each through a broker that went away", async () => {
    const h = house();
    const broker = await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    edge.uplink.alarmEvent(event("occurred"));
    await h.clock.advance(2_000);
    await broker.close();
    edge.uplink.alarmEvent(event("ended"));
    await h.clock.advance(MINUTE_MS);
    await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    await h.clock.advance(5_000);
    const events = h.store.batches.flatMap((batch) => batch.events);
    expect(events.map(({ bed, key, event }) => [bed, key, event.kind])).toEqual([
      ["b1", "epochaaaaa-0", "occurred"],
      ["b1", "epochaaaaa-1", "ended"],
    ]);
    expect(edge.spool.size).toBe(0);
  });
});

describe("a store in trouble", () => {
  test("that stalls holds up no message on the bus, no echo, and loses nothing", async () => {
    const h = house();
    const hub = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    const outsider = await listen(h, deviceTopic(home, bed, "observation", device));
    h.store.stall();
    const said: string[] = [];
    for (let second = 0; second < 40; second++) {
      said.push(edge.say());
      await h.clock.advance(1_000);
      expect(outsider.heard.length).toBeGreaterThanOrEqual(second + 1);
      expect(edge.uplink.status().echoAgeMs).toBeLessThan(11_000);
    }
    expect(hub.ingest.status().waitingMs).toBeGreaterThan(35_000);
    h.store.resume();
    await h.clock.advance(MINUTE_MS);
    expect(new Set(h.store.written)).toEqual(new Set(said));
    expect(h.store.written).toHaveLength(said.length);
    expect(hub.ingest.status()).toMatchObject({ waiting: 0, turnedAway: 0 });
  });

  test("that fails is tried again with growing waits, and says why", async () => {
    const h = house();
    const hub = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    let attempts = 0;
    h.store.failWith(() => {
      attempts++;
      return new Fault("STORE_FAILED", "disk full");
    });
    const said = edge.say();
    await h.clock.advance(MINUTE_MS);
    expect(attempts).toBeGreaterThan(4);
    expect(attempts).toBeLessThan(12);
    expect(hub.ingest.status().trouble).toContain("disk full");
    h.store.failWith(undefined);
    await h.clock.advance(11_000);
    expect(h.store.written).toEqual([said]);
    expect(hub.ingest.status().trouble).toBeUndefined();
    expect(edge.spool.size).toBe(0);
  });

  test("that will never take one message still gets all the others", async () => {
    const h = house();
    const hub = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    h.store.failWith((batch) =>
      batch.rows.some((row) => row.seq === 5)
        ? new Fault("STORE_FAILED", "bad row", { permanent: true })
        : undefined,
    );
    const said = Array.from({ length: 12 }, () => edge.say());
    await h.clock.advance(3_000);
    expect(h.store.written).toEqual(said.filter((name) => !name.endsWith(" 5")));
    expect(hub.ingest.status()).toMatchObject({ rejected: 1, waiting: 0 });
    expect(edge.spool.size).toBe(0);
  });

  test("for hours lets the hub turn messages away, and gets every one of them in the end", async () => {
    const h = house();
    const hub = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    h.store.stall();
    for (let n = 0; n < 21_000; n++) {
      edge.say();
      if (n % 100 === 0) await h.clock.advance(10);
    }
    expect(hub.ingest.status().turnedAway).toBeGreaterThan(0);
    h.store.resume();
    await h.clock.advance(5 * MINUTE_MS);
    expect(new Set(h.store.written).size).toBe(21_000);
    expect(h.store.written).toHaveLength(21_000);
    expect(edge.spool.size).toBe(0);
  });
});

describe("messages that make no sense", () => {
  test("are counted and passed over, and nothing waits for them", async () => {
    const h = house();
    const hub = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    const stranger = h.memory.connector.connect({ url: "memory://", clientId: "stranger" });
    await settle();
    const topic = deviceTopic(home, bed, "observation", device);
    for (const payload of [
      "",
      "{",
      "[]",
      '{"v":1}',
      '{"v":1,"epoch":"epochaaaaa","seq":0,"kind":"samples"}',
    ]) {
      await stranger.publish(topic, payload, { retain: false });
    }
    await stranger.publish(deviceTopic(home, bed, "stored", device), '{"marks":"all"}', { retain: false });
    await stranger.publish(bedTopic(home, bed, "health"), "beat", { retain: false });
    await h.clock.advance(2_000);
    expect(hub.ingest.status().rejected).toBe(6);
    edge.say();
    const said = edge.say();
    await h.clock.advance(2_000);
    expect(h.store.written).toContain(said);
    expect(edge.spool.size).toBe(0);
  });
});

describe("the retained picture of a bed", () => {
  const fold = (revision: number): AlarmFold => ({
    bed,
    revision,
    at: wall(5),
    watch: { on: true, reason: "person", since: wall(1) },
    open: [],
    unknown: [],
    cards: [],
    past: [],
    pauses: [],
    limits: { version: 0, off: [] },
  });

  test("is there for whoever comes later, newest only, also after the broker forgot it", async () => {
    const h = house();
    const broker = await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
    const edge = await startEdge(h, "epochaaaaa");
    edge.uplink.alarmFold(fold(1));
    edge.uplink.alarmFold(fold(2));
    await settle();
    for (const wanted of ["before", "after"]) {
      const outsider = await listen(h);
      const alarm = outsider.heard.filter(({ topic }) => topic === bedTopic(home, bed, "alarm"));
      expect([wanted, alarm.map(({ payload }) => readAlarm(payload))]).toMatchObject([
        wanted,
        [{ ok: true, message: { revision: 2 } }],
      ]);
      const state = outsider.heard.find(({ topic }) => topic === bedTopic(home, bed, "state"));
      expect(readState(state!.payload)).toMatchObject({ message: { online: true, epoch: "epochaaaaa" } });
      await outsider.bus.close();
      await broker.close();
      await h.memory.starter.start({ host: "h", port: 1, username: "u", password: "p" });
      await h.clock.advance(2_000);
    }
  });

  test("says offline when the edge dies and when it leaves", async () => {
    const h = house();
    const edge = await startEdge(h, "epochaaaaa");
    const outsider = await listen(h, bedTopic(home, bed, "state"));
    const last = () => readState(outsider.heard.at(-1)!.payload);
    expect(last()).toMatchObject({ message: { online: true } });
    edge.uplink.settings({ applied: { version: 3, hash: "abc" } });
    await settle();
    expect(last()).toMatchObject({ message: { online: true, settingsHash: "abc" } });
    await edge.uplink.stop();
    await settle();
    expect(last()).toMatchObject({ message: { online: false } });
    h.memory.disconnectAll();
    await h.clock.advance(2_000);
    expect(h.clock.pending).toBe(0);
  });
});

describe("the echo", () => {
  test("comes at once after a reconnect, grows old without a hub, and proves the hub again", async () => {
    const h = house();
    const hub = await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    await settle();
    expect(edge.uplink.status().echoAgeMs).toBe(0);
    await hub.kill();
    await h.clock.advance(20_000);
    expect(edge.uplink.status().hears).toBe(true);
    await h.clock.advance(25_000);
    expect(edge.uplink.status()).toMatchObject({ echoAgeMs: 45_000, connected: true, hears: false });
    await startHub(h);
    await h.clock.advance(10_000);
    expect(edge.uplink.status().echoAgeMs).toBeLessThan(10_000);
    expect(edge.uplink.status().hears).toBe(true);
    h.memory.disconnectAll();
    await h.clock.advance(1_001);
    expect(edge.uplink.status().echoAgeMs).toBeLessThan(10);
  });
});

describe("a clock that is not right yet", () => {
  test("keeps observations from the store until their true time is known", async () => {
    const h = house({ trusted: false });
    h.clock.stepWall(-1_700_000_000_000);
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    for (let n = 0; n < 5; n++) {
      edge.say();
      await h.clock.advance(1_000);
    }
    await h.clock.advance(MINUTE_MS);
    expect(h.store.written).toEqual([]);
    h.clock.stepWall(1_700_000_000_000);
    h.clock.setTrusted(true);
    const start = 1_800_000_000_000;
    edge.say();
    await h.clock.advance(15_000);
    const rows = h.store.batches.flatMap((batch) => batch.rows).toSorted((a, b) => a.seq - b.seq);
    expect(rows.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 65].map((second) => start + second * 1_000));
    expect(edge.spool.size).toBe(0);
  });

  test("is taken as it is after ten minutes without network time", async () => {
    const h = house({ trusted: false });
    await startHub(h);
    const edge = await startEdge(h, "epochaaaaa");
    const said = [edge.say()];
    await h.clock.advance(11 * MINUTE_MS);
    said.push(edge.say());
    await h.clock.advance(2_000);
    expect(h.store.written).toEqual(said);
    expect(edge.spool.size).toBe(0);
  });
});

describe("a night of faults", () => {
  type Step =
    | "say"
    | "wave"
    | "event"
    | "wait"
    | "cut"
    | "hubDies"
    | "edgeDies"
    | "stall"
    | "flow"
    | "fail"
    | "loseSome"
    | "twice"
    | "calm";
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<Step>("say", "wave") },
    { weight: 6, arbitrary: fc.constant<Step>("wait") },
    {
      weight: 5,
      arbitrary: fc.constantFrom<Step>(
        "event",
        "cut",
        "hubDies",
        "edgeDies",
        "stall",
        "flow",
        "fail",
        "loseSome",
        "twice",
        "calm",
      ),
    },
  );

  /** Lets everything be well for so long that all that can arrive does. */
  const calmDown = async (clock: VirtualClock): Promise<void> => clock.advance(25 * MINUTE_MS);

  test("loses nothing that reached the disk, and the store is told nothing twice by one hub", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, seed) => {
        const h = house();
        const chance = createSeededRandom(seed);
        const stores: RecordingStore[] = [];
        const startNewHub = async () => {
          const store = createRecordingStore();
          stores.push(store);
          return { store, ...(await startHub(h, store)) };
        };
        let hub = await startNewHub();
        let run = 0;
        let edge = await startEdge(h, `epoch-${run}`);
        const said = new Set<string>();
        for (const doing of steps) {
          if (doing === "say" || doing === "wave") said.add(edge.say(doing === "wave" ? wave : samples));
          else if (doing === "event") edge.uplink.alarmEvent(event("occurred"));
          else if (doing === "wait") await h.clock.advance(Math.floor(chance.uniform() * 3_000));
          else if (doing === "cut") h.memory.disconnectAll();
          else if (doing === "stall") hub.store.stall();
          else if (doing === "flow") hub.store.resume();
          else if (doing === "fail") {
            hub.store.failWith(() =>
              chance.uniform() < 0.5 ? new Fault("STORE_FAILED", "busy") : undefined,
            );
          } else if (doing === "loseSome" || doing === "twice") {
            const fate: Fate = doing === "twice" ? "twice" : "lose";
            h.memory.setFate(() => (chance.uniform() < 0.3 ? fate : "deliver"));
          } else if (doing === "calm") h.memory.setFate(() => "deliver");
          else if (doing === "hubDies") {
            await hub.kill();
            hub.store.resume();
            hub = await startNewHub();
          } else {
            // A power cut a flush after the last word: what a flush covered is promised, no more.
            await Promise.all([edge.spool.flush(), h.clock.advance(0)]);
            await edge.bus.close();
            edge = await startEdge(h, `epoch-${++run}`, edge.disk.powerCut(chance));
          }
        }
        h.memory.setFate(() => "deliver");
        hub.store.resume();
        hub.store.failWith(undefined);
        await calmDown(h.clock);
        const together = new Set(stores.flatMap((store) => store.written));
        expect([...said].filter((name) => !together.has(name))).toEqual([]);
        for (const store of stores) expect(new Set(store.written).size).toBe(store.written.length);
        expect(edge.spool.size).toBe(0);
        expect(edge.spool.dropped).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

function event(kind: AlarmEvent["kind"]): AlarmEvent {
  return {
    kind,
    at: wall(1_800_000_000_000),
    occurrence: {
      id: "b1-journal-1",
      bed,
      condition: "SPO2_LOW",
      priority: "high",
      state: "holds",
      raisedAt: wall(1_800_000_000_000),
      values: { spo2: 80 },
      simulated: false,
      drill: false,
    },
  };
}
