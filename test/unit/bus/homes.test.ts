import { describe, expect, test } from "vitest";
import { createEdges, type EdgeStatus } from "../../../src/bus/edges.ts";
import { createHomesIngest } from "../../../src/bus/homes-ingest.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { write } from "../../../src/bus/messages.ts";
import { bedTopic, deviceTopic } from "../../../src/bus/topics.ts";
import { createUplink, lastWill } from "../../../src/bus/uplink.ts";
import type { AlarmFold } from "../../../src/domain/alarm.ts";
import type { Observation } from "../../../src/domain/observation.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { openSpool } from "../../../src/record/spool.ts";
import { createVirtualClock, settle, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createRecordingStore } from "../../support/recording-store.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const HOMES = ["abcdefghij", "bcdefghijk", "cdefghijkl"] as const;
const [home, other] = HOMES;
const STRANGER = "strangerxx";
/** The same in every home, as a box that means harm would call it. */
const device = "oximeterxx";
const about = {
  label: "Bedroom",
  zone: "Asia/Shanghai",
  dependencyClass: "B" as const,
  devices: [{ device, family: "ble-plx", label: "Ring", role: "oximeter", simulated: false }],
};

const fold = (bed: string, revision: number): AlarmFold => ({
  ...{ bed, revision, at: wall(1_800_000_000_000), watch: { on: true, reason: "class_c", since: wall(0) } },
  ...{ open: [], unknown: [], cards: [], past: [], pauses: [], limits: { version: 0, off: [] } },
});

function town() {
  const clock = createVirtualClock(wall(1_800_000_000_000), true);
  const random = createSeededRandom(21);
  const memory = createMemoryBus(clock);
  const store = createRecordingStore();
  return { clock, random, memory, store };
}

type Town = ReturnType<typeof town>;

const known = new Set<string>(HOMES);

async function startHub({ clock, random, memory, store }: Town, share?: string) {
  const bus = memory.connector.connect({ url: "memory://", clientId: "hub" });
  const seen = {
    about: [] as string[],
    folds: [] as (readonly [string, number, boolean])[],
    numbers: [] as Observation[],
    links: [] as string[],
    ready: [] as string[],
    changes: [] as EdgeStatus[],
  };
  const edges = createEdges({
    ...{ bus, clock, log, isKnown: (named) => known.has(named) },
    onAbout: (bed, { label }) => seen.about.push(`${bed} ${label}`),
    onFold: ({ bed, revision }, anew) => seen.folds.push([bed, revision, anew]),
    onCalled: () => undefined,
    onObservation: (observation) => seen.numbers.push(observation),
    onLink: (bed, { device: named, link }) => seen.links.push(`${bed} ${named} ${link}`),
    onReadiness: (bed, { sounder }) => seen.ready.push(`${bed} ${sounder.detail}`),
    onChange: (edge) => seen.changes.push(edge),
  });
  const ingest = createHomesIngest({
    ...{ bus, timeseries: store.timeseries, clock, random, log, isKnown: (named) => known.has(named) },
    onObservation: edges.heard,
    ...(share === undefined ? {} : { share }),
  });
  edges.start();
  ingest.start();
  await settle();
  return { bus, ingest, edges, seen };
}

async function startEdge(
  { clock, random, memory }: Town,
  of: string,
  epoch = `run-${of}`,
  bedClock?: VirtualClock,
) {
  const own = bedClock ?? clock;
  const spool = await openSpool({ disk: createMemoryDisk(), clock, random, log, folder: "spool" });
  const place = { home: of, bed: "b1", epoch, simulated: false, about };
  const bus = memory.connector.connect({
    ...{ url: "memory://", clientId: `edge-${of}-${epoch}` },
    will: lastWill({ ...place, at: own.wall() }),
  });
  const uplink = createUplink({ ...place, bus, spool, clock: own, random, log });
  uplink.start();
  await settle();
  let seq = 0;
  return {
    ...{ bus, uplink, spool },
    say(more: Partial<Observation> = {}): void {
      uplink.observe({
        ...{ device, bed: "b1", epoch, seq: seq++, at: own.wall(), mono: own.mono() },
        ...{ simulated: false, timeliness: "live", body: { kind: "samples", samples: { spo2: 95 } } },
        ...more,
      });
    },
  };
}

describe("many homes on one connection", () => {
  test("are stored apart, under qualified names, and each edge lets go of its own", async () => {
    const t = town();
    const hub = await startHub(t);
    const edges = await Promise.all(HOMES.map((of) => startEdge(t, of)));
    for (let second = 0; second < 20; second++) {
      for (const edge of edges) edge.say();
      await t.clock.advance(SECOND_MS);
    }
    await t.clock.advance(10 * SECOND_MS);
    const rows = t.store.batches.flatMap((batch) => batch.rows);
    for (const of of HOMES) {
      expect(rows.filter(({ bed }) => bed === `${of}~b1`).map(({ seq }) => seq)).toEqual(
        Array.from({ length: 20 }, (_, n) => n),
      );
      expect(hub.ingest.ofHome(of)).toMatchObject({ stored: 20, repeats: 0, waiting: 0 });
    }
    expect(edges.map(({ spool }) => spool.size)).toEqual([0, 0, 0]);
    expect(edges.every(({ uplink }) => (uplink.status().echoAgeMs ?? Infinity) <= 10_000)).toBe(true);
  });

  test("hear nothing of a home that is not known, and it gets no answer", async () => {
    const t = town();
    const hub = await startHub(t);
    const edge = await startEdge(t, STRANGER);
    edge.say();
    edge.uplink.alarmFold(fold("b1", 1));
    await t.clock.advance(15 * SECOND_MS);
    expect(t.store.written).toEqual([]);
    expect(edge.spool.size).toBe(1);
    expect(edge.uplink.status().echoAgeMs).toBeUndefined();
    expect(hub.edges.of({ home: STRANGER, bed: "b1" })).toBeUndefined();
    expect(hub.seen).toMatchObject({ about: [], folds: [], numbers: [] });
    expect(hub.ingest.status().rejected).toBeGreaterThan(0);
  });

  test("are not held up by one that floods while the store stalls", async () => {
    const t = town();
    const hub = await startHub(t);
    const edge = await startEdge(t, home);
    t.store.stall();
    const flood = (seq: number): Promise<void> =>
      hub.bus.publish(
        deviceTopic(other, "b1", "observation", device),
        JSON.stringify({
          ...{ v: 1, epoch: "mad", seq, at: t.clock.wall(), simulated: false, timeliness: "live" },
          ...{ kind: "samples", samples: { spo2: 90 } },
        }),
        { retain: false },
      );
    for (let seq = 0; seq < 6_000; seq++) void flood(seq);
    await settle();
    expect(hub.ingest.ofHome(other)).toMatchObject({ waiting: 4_000, turnedAway: 2_000 });
    edge.say();
    await settle();
    expect(hub.ingest.ofHome(home)).toMatchObject({ waiting: 1, turnedAway: 0 });
    t.store.resume();
    await t.clock.advance(2 * SECOND_MS);
    expect(hub.ingest.ofHome(home)).toMatchObject({ stored: 1, waiting: 0 });
  });

  test("lose and double nothing when the hub begins anew in the middle, or a second one stands beside it", async () => {
    const t = town();
    const first = await startHub(t);
    const edges = await Promise.all(HOMES.map((of) => startEdge(t, of)));
    const speak = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second++) {
        for (const edge of edges) edge.say();
        await t.clock.advance(SECOND_MS);
      }
    };
    await speak(7);
    await first.bus.close();
    await speak(5);
    const second = await startHub(t);
    await speak(5);
    await startHub(t);
    t.memory.disconnectAll();
    await speak(20);
    await t.clock.advance(MINUTE_MS);
    const stored = new Set(
      t.store.batches.flatMap(({ rows }) => rows.map(({ bed, epoch, seq }) => `${bed} ${epoch} ${seq}`)),
    );
    expect(stored.size).toBe(3 * 37);
    expect(edges.map(({ spool }) => spool.size)).toEqual([0, 0, 0]);
    expect(second.ingest.status().waiting).toBe(0);
  });

  test("whose messages two hubs share are let go of by what both have stored together", async () => {
    const t = town();
    await startHub(t, "ingest");
    await startHub(t, "ingest");
    const edge = await startEdge(t, home);
    for (let second = 0; second < 30; second++) {
      edge.say();
      await t.clock.advance(SECOND_MS);
    }
    await t.clock.advance(10 * SECOND_MS);
    const rows = t.store.batches.flatMap((batch) => batch.rows);
    expect(rows.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    );
    expect(edge.spool.size).toBe(0);
  });
});

describe("the hub's picture of bedsides", () => {
  test("shows who is there, what is measured, how links and readiness are", async () => {
    const t = town();
    const hub = await startHub(t);
    const edge = await startEdge(t, home);
    edge.uplink.alarmFold(fold("b1", 4));
    edge.uplink.link({ device, link: "quiet", problem: "Is it on?", simulated: false });
    edge.uplink.readiness({ sounder: { ok: true, detail: "hw:0" }, targets: [], durable: true });
    await t.clock.advance(2 * SECOND_MS);
    edge.say();
    await settle();
    const bed = `${home}~b1`;
    expect(hub.seen).toMatchObject({
      ...{ about: [`${bed} Bedroom`], folds: [[bed, 4, true]], links: [`${bed} ${device} quiet`] },
      ...{ ready: [`${bed} hw:0`], numbers: [{ bed, device, mono: t.clock.mono() }] },
    });
    expect(hub.edges.of({ home, bed: "b1" })).toMatchObject({
      ...{ online: true, epoch: `run-${home}`, clockTrusted: true, clockAheadMs: 0, about, settings: {} },
    });
    expect(hub.edges.silent()).toEqual([]);
  });

  test("takes a home's first picture from what is retained, whatever comes first", async () => {
    const t = town();
    const edge = await startEdge(t, home);
    edge.uplink.alarmFold(fold("b1", 9));
    await settle();
    await edge.uplink.stop();
    await edge.bus.close();
    const hub = await startHub(t);
    expect(hub.seen.about).toEqual([`${home}~b1 Bedroom`]);
    expect(hub.seen.folds.at(-1)).toEqual([`${home}~b1`, 9, true]);
    expect(hub.edges.of({ home, bed: "b1" })).toMatchObject({ online: false });
  });

  test("never shows as now what comes out of a backlog", async () => {
    const t = town();
    const edge = await startEdge(t, home);
    edge.say();
    await t.clock.advance(5 * MINUTE_MS);
    const hub = await startHub(t);
    await t.clock.advance(15 * SECOND_MS);
    expect(t.store.written).toHaveLength(1);
    expect(hub.seen.numbers).toEqual([]);
    edge.say();
    await settle();
    expect(hub.seen.numbers).toHaveLength(1);
  });

  test("gives what was measured its true age although the box has the wrong date", async () => {
    const t = town();
    const hub = await startHub(t);
    const wrong = createVirtualClock(wall(5_000_000), true);
    const edge = await startEdge(t, home, "run1", wrong);
    for (let second = 0; second < 12; second++) {
      await t.clock.advance(SECOND_MS);
      await wrong.advance(SECOND_MS);
    }
    edge.say({ at: wall(wrong.wall() - 4_000) });
    await settle();
    expect(hub.seen.numbers).toHaveLength(1);
    expect(t.clock.mono() - (hub.seen.numbers[0]?.mono ?? 0)).toBe(4_000);
    expect(hub.edges.of({ home, bed: "b1" })?.clockAheadMs).toBe(wrong.wall() - t.clock.wall());
  });

  test("notices a box that falls silent, one that says goodbye, and one that was never there", async () => {
    const t = town();
    const hub = await startHub(t);
    hub.edges.expect({ home: HOMES[2], bed: "b1" });
    const quiet = await startEdge(t, home);
    const leaving = await startEdge(t, other);
    await t.clock.advance(10 * SECOND_MS);
    await leaving.uplink.stop();
    await settle();
    expect(hub.seen.changes.at(-1)).toMatchObject({ home: other, online: false });
    t.memory.setFate((topic) => (topic.includes(home) ? "lose" : "deliver"));
    await t.clock.advance(45 * SECOND_MS);
    expect(hub.edges.silent().map(({ home: of, why }) => [of, why])).toEqual([
      [HOMES[2], "never"],
      [home, "quiet"],
      [other, "offline"],
    ]);
    expect(hub.seen.changes.at(-1)).toMatchObject({ home, online: false });
    t.memory.setFate(() => "deliver");
    await t.clock.advance(11 * SECOND_MS);
    expect(hub.edges.of({ home, bed: "b1" })).toMatchObject({ online: true });
    expect(hub.edges.silent().map(({ home: of }) => of)).toEqual([HOMES[2], other]);
    await quiet.bus.close();
  });

  test("is not taken for the boxes' silence when the hub itself is cut off", async () => {
    const t = town();
    const hub = await startHub(t);
    await startEdge(t, home);
    await t.clock.advance(10 * SECOND_MS);
    await hub.bus.close();
    await t.clock.advance(MINUTE_MS);
    expect(hub.edges.silent()).toMatchObject([{ home, why: "broker" }]);
  });

  test("follows a box that begins anew, and no will of a run that is over takes it away", async () => {
    const t = town();
    const hub = await startHub(t);
    const edge = await startEdge(t, home, "run1");
    edge.uplink.alarmFold(fold("b1", 500));
    await settle();
    const again = await startEdge(t, home, "run2");
    again.uplink.alarmFold(fold("b1", 1));
    await settle();
    const will = lastWill({ home, bed: "b1", epoch: "run1", simulated: false, at: t.clock.wall() });
    await hub.bus.publish(will.topic, will.payload, { retain: true });
    await settle();
    expect(hub.edges.of({ home, bed: "b1" })).toMatchObject({ online: true, epoch: "run2" });
    expect(hub.seen.folds.at(-1)).toEqual([`${home}~b1`, 1, true]);
  });

  test("is not filled by a box that makes beds up", async () => {
    const t = town();
    const hub = await startHub(t);
    for (let n = 0; n < 100; n++) {
      const state = { epoch: "e", online: true, at: t.clock.wall(), simulated: false };
      await hub.bus.publish(bedTopic(home, `b${n}`, "state"), write(state), { retain: true });
    }
    await settle();
    const other = { home: "otherhome2", bed: "b1" };
    hub.edges.expect(other);
    expect(hub.edges.ofHome(home)).toHaveLength(32);
    hub.edges.forget(home);
    expect(hub.edges.ofHome(home)).toEqual([]);
    expect(hub.edges.ofHome(other.home)).toMatchObject([other]);
  });
});
