import { describe, expect, test } from "vitest";
import { createCommander } from "../../../src/bus/commander.ts";
import { type CommandAnswer, createCommandDesk } from "../../../src/bus/commands.ts";
import { createEdges } from "../../../src/bus/edges.ts";
import { type EdgeEvening, readEvening } from "../../../src/bus/evening-schemas.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { write } from "../../../src/bus/messages.ts";
import { signSaid } from "../../../src/bus/said.ts";
import { bedTopic, type Place } from "../../../src/bus/topics.ts";
import { createUplink } from "../../../src/bus/uplink.ts";
import { SECOND_MS, wall } from "../../../src/domain/time.ts";
import { openSpool } from "../../../src/record/spool.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const place: Place = { home: "abcdefghij", bed: "b1" };
const key = new Uint8Array(32).fill(9);
const MEI = { id: "p1", name: "Mei" };
const START = wall(1_800_000_000_000);

const phone = (id: string) => ({ id, label: "Phone", person: "p1", name: "Mei", channel: "web-push" });
const EVENING: EdgeEvening = {
  settings: { on: true, atMinute: 1_290 },
  latest: { kind: "quiet", startedAt: START, by: "Mei", phones: [{ ...phone("mei"), askedMs: 3_900 }] },
  loud: {
    kind: "loud",
    startedAt: wall(1),
    sounder: true,
    phones: [phone("mei")],
    end: "done",
    endedAt: wall(2),
  },
  asks: ["b1-abcdefghij-1"],
};

describe("what a box tells of its evening check", () => {
  test("is the whole of it, and no more than a broker carries", () => {
    expect(readEvening(EVENING)).toEqual(EVENING);
    const many = {
      ...EVENING,
      latest: { ...EVENING.latest, phones: Array.from({ length: 21 }, () => phone("x")) },
    };
    expect(readEvening(many)).toBeUndefined();
    const long = { ...EVENING, settings: { ...EVENING.settings, note: "x".repeat(64 * 1_024) } };
    expect(readEvening(long)).toBeUndefined();
    expect(readEvening({ ...EVENING, settings: { on: true, atMinute: 1_440 } })).toBeUndefined();
    expect(readEvening("quiet")).toBeUndefined();
  });

  test("counts only where the box signed it, and as it signed it", async () => {
    const clock = createVirtualClock(START, true);
    const memory = createMemoryBus(clock);
    const told: (EdgeEvening | undefined)[] = [];
    const edges = createEdges({
      ...{
        bus: memory.connector.connect({ url: "memory://", clientId: "hub" }),
        clock,
        log,
        isKnown: () => true,
      },
      signed: { keyOf: () => key, session: () => "now", signs: () => true, onSigned: () => undefined },
      ...{
        onAbout: () => undefined,
        onFold: () => undefined,
        onCalled: () => undefined,
        onObservation: () => undefined,
      },
      ...{ onLink: () => undefined, onReadiness: () => undefined, onChange: () => undefined },
      onEvening: (_bed, evening) => void told.push(evening),
    });
    edges.start();
    const bus = memory.connector.connect({ url: "memory://", clientId: "anybody" });
    await settle();
    const topic = bedTopic(place.home, place.bed, "health");
    const beat = { epoch: "run1", nonce: "n", at: START, clockTrusted: true, spoolHeld: 0, spoolDropped: 0 };
    const say = async (payload: string): Promise<void> => {
      await bus.publish(topic, payload, { retain: false });
      await settle();
    };
    const text = write({ ...beat, evening: EVENING });
    const signed = signSaid(key, place, "health", text, { epoch: "run1", count: 1, sessions: ["now"] });
    await say(text);
    await say(signed.replace('"on":true', '"on":false'));
    expect(told).toEqual([]);
    await say(signed);
    expect(told).toEqual([EVENING]);
    // Told again by whoever heard it.
    await say(signed);
    expect(told).toHaveLength(1);
  });
});

/** A hub that judges nothing, as in one process: what came is what counts. */
async function plainHub() {
  const clock = createVirtualClock(START, true);
  const memory = createMemoryBus(clock);
  const told: (EdgeEvening | undefined)[] = [];
  const bus = memory.connector.connect({ url: "memory://", clientId: "hub" });
  const edges = createEdges({
    ...{ bus, clock, log, isKnown: () => true },
    ...{
      onAbout: () => undefined,
      onFold: () => undefined,
      onCalled: () => undefined,
      onObservation: () => undefined,
    },
    ...{ onLink: () => undefined, onReadiness: () => undefined, onChange: () => undefined },
    onEvening: (_bed, evening) => void told.push(evening),
  });
  edges.start();
  await settle();
  return { clock, memory, told, edges };
}

describe("a heartbeat with an evening check", () => {
  test("brings it within a second of a change", async () => {
    const { clock, memory, told } = await plainHub();
    const random = createSeededRandom(7);
    const spool = await openSpool({ disk: createMemoryDisk(), clock, random, log, folder: "spool" });
    const bus = memory.connector.connect({ url: "memory://", clientId: "box" });
    const uplink = createUplink({
      ...{ ...place, epoch: "run1", simulated: false },
      bus,
      spool,
      clock,
      random,
      log,
    });
    await settle();
    uplink.start();
    await clock.advance(500);
    expect(told.at(-1)).toBeUndefined();
    uplink.evening(EVENING);
    await clock.advance(SECOND_MS);
    expect(told.at(-1)).toEqual(EVENING);
    await uplink.stop();
  });

  test("counts as a heartbeat whatever is said of the check: a newer box is not a dead one", async () => {
    const { clock, memory, told, edges } = await plainHub();
    const bus = memory.connector.connect({ url: "memory://", clientId: "box" });
    await settle();
    const beat = {
      epoch: "run1",
      nonce: "n",
      at: clock.wall(),
      clockTrusted: true,
      spoolHeld: 0,
      spoolDropped: 0,
    };
    const later = { ...EVENING, latest: { ...EVENING.latest, end: "of another time" } };
    const topic = bedTopic(place.home, place.bed, "health");
    await bus.publish(topic, write({ ...beat, evening: later }), { retain: false });
    await settle();
    expect(edges.of(place)?.online).toBe(true);
    expect(told).toEqual([undefined]);
  });
});

describe("a check that a hub asks for", () => {
  test("is answered when it has begun, however often it was asked meanwhile, and done once", async () => {
    const clock = createVirtualClock(START, true);
    const memory = createMemoryBus(clock);
    const connect = (clientId: string) => memory.connector.connect({ url: "memory://", clientId });
    const commander = createCommander({
      ...{ bus: connect("hub"), clock, random: createSeededRandom(3), log },
      ...{ pairingKeyOf: () => key, epochOf: () => "run1" },
    });
    commander.start();
    const asked: unknown[] = [];
    const work = Promise.withResolvers<CommandAnswer>();
    const desk = createCommandDesk({
      ...{ bus: connect("box"), clock, log, ...place, pairingKey: key, edgeEpoch: "run1" },
      act: async () => ({ accepted: false }),
      check(body, by) {
        asked.push([body, by]);
        return work.promise;
      },
    });
    desk.start();
    await settle();
    let answer: CommandAnswer | undefined;
    const body = { kind: "check", check: "loud", phones: ["mei"], sounder: true } as const;
    commander.look(place, { ...body, phones: ["mei"] }, MEI).then(
      (given) => {
        answer = given;
      },
      () => undefined,
    );
    await clock.advance(7 * SECOND_MS);
    expect([asked, answer]).toEqual([[[body, MEI]], undefined]);
    work.resolve({ accepted: false, code: "CHECK_AT_NIGHT", reason: "It is night in the house." });
    await clock.advance(3 * SECOND_MS);
    expect(answer).toEqual({ accepted: false, code: "CHECK_AT_NIGHT", reason: "It is night in the house." });
    expect(asked).toHaveLength(1);
    desk.stop();
    commander.stop();
  });

  test("is refused by a box that lets nobody ask, and by one that fails with its fault", async () => {
    const clock = createVirtualClock(START, true);
    const memory = createMemoryBus(clock);
    const connect = (clientId: string) => memory.connector.connect({ url: "memory://", clientId });
    const commander = createCommander({
      ...{ bus: connect("hub"), clock, random: createSeededRandom(3), log },
      ...{ pairingKeyOf: () => key, epochOf: () => "run1" },
    });
    commander.start();
    const shared = { clock, log, ...place, pairingKey: key, edgeEpoch: "run1" };
    const deaf = createCommandDesk({ ...shared, bus: connect("box"), act: async () => ({ accepted: true }) });
    deaf.start();
    await settle();
    const first = commander.look(place, { kind: "check_stop" }, MEI);
    await clock.advance(SECOND_MS);
    expect(await first).toEqual({ accepted: false, code: "NOT_ALLOWED" });
    deaf.stop();
    const failing = createCommandDesk({
      ...{ ...shared, bus: connect("box2"), act: async () => ({ accepted: true }) },
      check: async () => {
        throw new Error("no disk");
      },
    });
    failing.start();
    await settle();
    const second = commander.look(place, { kind: "check_settings", on: true, atMinute: 0 }, MEI);
    await clock.advance(SECOND_MS);
    expect(await second).toMatchObject({ accepted: false, code: "SERVER_FAILED" });
    failing.stop();
    commander.stop();
  });
});
