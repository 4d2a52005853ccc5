// What a box says of itself, and somebody on the broker who says other things in its name.
import { expect, test } from "vitest";
import { createEdges } from "../../../src/bus/edges.ts";
import { createHomesIngest } from "../../../src/bus/homes-ingest.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { write } from "../../../src/bus/messages.ts";
import { readSaid, signSaid } from "../../../src/bus/said.ts";
import { bedTopic } from "../../../src/bus/topics.ts";
import { createUplink, lastWill } from "../../../src/bus/uplink.ts";
import type { AlarmFold } from "../../../src/domain/alarm.ts";
import { wall } from "../../../src/domain/time.ts";
import { openSpool } from "../../../src/record/spool.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createRecordingStore } from "../../support/recording-store.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const place = { home: "abcdefghij", bed: "b1" };
const key = new Uint8Array(32).fill(4);
const about = { label: "Bedroom", zone: "UTC", dependencyClass: "B" as const, devices: [] };

const fold = (revision: number): AlarmFold => ({
  ...{
    bed: "b1",
    revision,
    at: wall(1_800_000_000_000),
    watch: { on: true, reason: "class_c", since: wall(0) },
  },
  ...{ open: [], unknown: [], cards: [], past: [], pauses: [], limits: { version: 0, off: [] } },
});

async function house() {
  const clock = createVirtualClock(wall(1_800_000_000_000), true);
  const random = createSeededRandom(5);
  const memory = createMemoryBus(clock);
  let signs = false;
  let hubSigned = false;
  const folds: number[] = [];
  const told: number[] = [];
  const connect = (clientId: string, will?: { topic: string; payload: string }) =>
    memory.connector.connect({ url: "memory://", clientId, ...(will === undefined ? {} : { will }) });

  const startHub = async (name: string, hubAge: "older" | "newer" = "newer") => {
    const bus = connect(name);
    const ingest = createHomesIngest({
      ...{ bus, timeseries: createRecordingStore().timeseries, clock, random, log, isKnown: () => true },
      ...(hubAge === "older" ? {} : { pairingKeyOf: () => key }),
    });
    const edges = createEdges({
      ...{ bus, clock, log, isKnown: () => true },
      signed: {
        keyOf: () => key,
        session: () => ingest.session(),
        signs: () => signs,
        onSigned() {
          signs = true;
        },
      },
      onAbout: () => undefined,
      onFold: ({ revision }) => folds.push(revision),
      onCalled: (_bed, sends) => told.push(sends.length),
      ...{ onObservation: () => undefined, onLink: () => undefined, onReadiness: () => undefined },
      onChange: () => undefined,
    });
    ingest.start();
    edges.start();
    await settle();
    return { edges, ingest, bus };
  };

  const startBox = async (epoch: string, age: "older" | "newer" = "newer") => {
    const spool = await openSpool({ disk: createMemoryDisk(), clock, random, log, folder: "spool" });
    const of = { ...place, epoch, simulated: false, about };
    const bus = connect(`box-${epoch}`, lastWill({ ...of, at: clock.wall() }));
    const hubSigns = {
      known: () => hubSigned,
      note() {
        hubSigned = true;
      },
    };
    const signing = age === "older" ? {} : { pairingKey: key, hubSigns };
    const uplink = createUplink({ ...of, ...signing, bus, spool, clock, random, log });
    uplink.start();
    await clock.advance(1_000);
    return { uplink, bus };
  };

  /** Hears and says everything, and has no key. */
  const forger = connect("forger");
  const heard: { readonly topic: string; readonly payload: string }[] = [];
  forger.subscribe("#", (topic, payload) => heard.push({ topic, payload }));
  await clock.advance(1_000);
  const ofKind = (kind: SaidByBox | "health/echo") =>
    heard
      .filter(({ topic }) => topic === bedTopic(place.home, place.bed, kind))
      .map(({ payload }) => payload);
  const say = async (kind: SaidByBox | "health/echo", payload: string): Promise<void> => {
    await forger.publish(bedTopic(place.home, place.bed, kind), payload, { retain: false });
    await settle();
  };
  return { clock, folds, told, startHub, startBox, ofKind, say };
}

type SaidByBox = "health" | "alarm" | "called" | "state";

const heartbeat = (epoch: string) =>
  write({
    epoch,
    nonce: "n",
    at: wall(1_800_000_000_000),
    clockTrusted: true,
    spoolHeld: 0,
    spoolDropped: 0,
  });

test("a dead box is silent, whatever somebody says or says again in its name", async () => {
  const { clock, startHub, startBox, ofKind, say } = await house();
  const { edges } = await startHub("hub");
  const box = await startBox("runone");
  await clock.advance(30_000);
  expect(edges.of(place)?.online).toBe(true);
  await box.bus.close();
  const said = ofKind("health");
  expect(said.length).toBeGreaterThan(2);
  for (let second = 0; second < 60; second += 5) {
    for (const payload of said.slice(-3)) await say("health", payload);
    await say("health", heartbeat("runone"));
    await say(
      "health",
      signSaid(new Uint8Array(32), place, "health", heartbeat("runone"), {
        epoch: "runone",
        count: 9_999,
        sessions: [],
      }),
    );
    await clock.advance(5_000);
  }
  expect(edges.silent().map(({ bed }) => bed)).toEqual(["b1"]);
  expect(edges.of(place)?.online).toBe(false);
});

test("alarms that were told before, or that somebody made up, change nothing", async () => {
  const { clock, folds, startHub, startBox, ofKind, say } = await house();
  await startHub("hub");
  const { uplink } = await startBox("runone");
  uplink.alarmFold(fold(7));
  await clock.advance(1_000);
  uplink.alarmFold(fold(8));
  await clock.advance(1_000);
  const before = [...folds];
  expect(before.at(-1)).toBe(8);
  for (const payload of ofKind("alarm")) await say("alarm", payload);
  await say("alarm", write(fold(99)));
  expect(folds).toEqual(before);
});

test("a box that began anew is heard within seconds, and what its last run said counts no more", async () => {
  const { clock, folds, startHub, startBox, ofKind, say } = await house();
  const { edges } = await startHub("hub");
  const first = await startBox("runone");
  first.uplink.alarmFold(fold(7));
  await clock.advance(12_000);
  await first.uplink.stop();
  await first.bus.close();
  const old = { health: ofKind("health"), alarm: ofKind("alarm") };
  const second = await startBox("runtwo");
  second.uplink.alarmFold(fold(1));
  await clock.advance(2_000);
  expect(edges.of(place)).toMatchObject({ online: true, epoch: "runtwo" });
  expect(folds.at(-1)).toBe(1);
  for (const payload of old.health) await say("health", payload);
  for (const payload of old.alarm) await say("alarm", payload);
  expect(edges.of(place)?.epoch).toBe("runtwo");
  expect(folds.at(-1)).toBe(1);
});

test("a hub that began anew hears the box at once, and nothing of before it keeps a dead one alive", async () => {
  const { clock, folds, startHub, startBox, ofKind, say } = await house();
  const former = await startHub("hub");
  const box = await startBox("runone");
  box.uplink.alarmFold(fold(3));
  await clock.advance(15_000);
  former.edges.stop();
  await former.ingest.stop();
  await former.bus.close();
  const old = ofKind("health");
  const { edges } = await startHub("hub-2");
  await clock.advance(2_000);
  expect(edges.of(place)).toMatchObject({ online: true, epoch: "runone" });
  expect(folds.at(-1)).toBe(3);
  await box.bus.close();
  for (let second = 0; second < 60; second += 5) {
    for (const payload of old.slice(-3)) await say("health", payload);
    await clock.advance(5_000);
  }
  expect(edges.of(place)?.online).toBe(false);
});

test("two hubs on one broker hear a box that signs both, alone and together, and over a new start of it", async () => {
  const { clock, startHub, startBox, ofKind, say } = await house();
  const a = await startHub("hub-a");
  const b = await startHub("hub-b");
  const first = await startBox("runone");
  await clock.advance(30_000);
  expect([a, b].map(({ edges }) => edges.of(place)?.online)).toEqual([true, true]);
  a.edges.stop();
  await a.ingest.stop();
  await a.bus.close();
  await clock.advance(60_000);
  expect(b.edges.of(place)).toMatchObject({ online: true, epoch: "runone" });
  const again = await startHub("hub-a-again");
  await clock.advance(30_000);
  expect(again.edges.of(place)).toMatchObject({ online: true, epoch: "runone" });
  const old = ofKind("health");
  await first.uplink.stop();
  await first.bus.close();
  await startBox("runtwo");
  await clock.advance(30_000);
  for (const payload of old.slice(-3)) await say("health", payload);
  for (const { edges } of [again, b]) {
    expect(edges.of(place)).toMatchObject({ online: true, epoch: "runtwo" });
    expect(edges.silent()).toEqual([]);
  }
});

test("an older box counts unsigned until it has signed once; its last will is then no more than a hint", async () => {
  const { clock, startHub, startBox, say } = await house();
  const { edges } = await startHub("hub");
  const older = await startBox("runold", "older");
  await clock.advance(12_000);
  expect(edges.of(place)).toMatchObject({ online: true });
  await older.bus.close();
  await startBox("runnew");
  await clock.advance(2_000);
  expect(edges.of(place)).toMatchObject({ online: true, epoch: "runnew" });
  await say("health", heartbeat("runold"));
  expect(edges.of(place)?.epoch).toBe("runnew");
  // The broker's word that it is gone is believed for as long as the box does not say otherwise.
  const will = lastWill({ ...place, epoch: "runnew", simulated: false, at: clock.wall() });
  await say("state", will.payload);
  expect(edges.of(place)?.online).toBe(false);
  await say("state", will.payload.replace('"online":false', '"online":true'));
  expect(edges.of(place)?.online).toBe(false);
  await clock.advance(11_000);
  expect(edges.of(place)?.online).toBe(true);
  expect(edges.silent()).toEqual([]);
});

test("a signature is for one home, bed, kind and text", () => {
  const said = { epoch: "run", count: 3, sessions: ["abc", "def"] };
  const text = signSaid(key, place, "health", heartbeat("run"), said);
  expect(readSaid(key, place, "health", text)).toEqual(said);
  expect(readSaid(key, { ...place, bed: "b2" }, "health", text)).toBe("forged");
  expect(readSaid(key, place, "alarm", text)).toBe("forged");
  expect(readSaid(key, place, "health", text.replace('"spoolHeld":0', '"spoolHeld":1'))).toBe("forged");
  expect(readSaid(key, place, "health", text.replace('"count":3', '"count":4'))).toBe("forged");
  expect(readSaid(key, place, "health", heartbeat("run"))).toBe("unsigned");
});

test("a box that its hub has answered with its signature believes no other echo, in a later run neither", async () => {
  const { clock, startHub, startBox, ofKind, say } = await house();
  const hub = await startHub("hub");
  const first = await startBox("runone");
  await clock.advance(30_000);
  expect(first.uplink.status().echoAgeMs).toBeLessThan(11_000);
  const echoes = ofKind("health/echo");
  for (const echo of echoes)
    expect(readSaid(key, place, "health/echo", echo)).toMatchObject({ sessions: [] });
  await hub.bus.close();
  await first.uplink.stop();
  await first.bus.close();

  const { uplink } = await startBox("runtwo");
  for (let beat = 0; beat < 4; beat++) {
    await clock.advance(10_000);
    const { nonce } = JSON.parse(ofKind("health").at(-1) ?? "{}") as { readonly nonce: string };
    const plain = write({ nonce, session: "madeup" });
    const said = { epoch: "madeup", count: beat, sessions: [] };
    await say("health/echo", plain);
    await say("health/echo", signSaid(new Uint8Array(32), place, "health/echo", plain, said));
    // What the box itself signed is no word of its hub.
    await say("health/echo", signSaid(key, place, "health", plain, said));
    for (const echo of echoes) await say("health/echo", echo);
    expect(uplink.status().echoAgeMs).toBeUndefined();
    expect(ofKind("health").at(-1)).toContain('"sessions":[]');
  }
  await startHub("hub again");
  await clock.advance(12_000);
  expect(uplink.status().echoAgeMs).toBeLessThan(12_000);
  expect(ofKind("health").at(-1)).not.toContain('"sessions":[]');
});

test("a hub of before echoes were signed is believed until one was", async () => {
  const { clock, startHub, startBox } = await house();
  const { bus } = await startHub("old hub", "older");
  const { uplink } = await startBox("runone");
  await clock.advance(30_000);
  expect(uplink.status().echoAgeMs).toBeLessThan(11_000);
  await bus.close();
  const newer = await startHub("new hub");
  await clock.advance(30_000);
  await newer.bus.close();
  await startHub("old hub again", "older");
  await clock.advance(60_000);
  expect(uplink.status().echoAgeMs).toBeGreaterThan(45_000);
});

test("nobody else says what a box has told people", async () => {
  const { clock, told, startHub, startBox, ofKind, say } = await house();
  await startHub("hub");
  const { uplink } = await startBox("runone");
  await clock.advance(30_000);
  uplink.called([{ send: { occurrence: "one" }, waiting: [] }]);
  await settle();
  expect(told.at(-1)).toBe(1);
  const before = told.length;
  const made = write({ sends: [] });
  await say("called", made);
  const said = { epoch: "runone", count: 9_999, sessions: [] };
  await say("called", signSaid(new Uint8Array(32), place, "called", made, said));
  for (const payload of ofKind("called")) await say("called", payload);
  expect(told).toHaveLength(before);
});
