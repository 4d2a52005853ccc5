import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { absent } from "../../../src/domain/sample.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import type { LiveMessage } from "../../../src/server/contract.ts";
import { createLiveHub, type LiveHub } from "../../../src/server/live-hub.ts";
import { createLiveModel, type LiveModel } from "../../../src/server/live-model.ts";
import { BED, fold, NOW, occurrence, samples } from "./harness.ts";

const OXIMETER = "oxiaaaaaaa";
const VENTILATOR = "ventaaaaaa";

let clock: VirtualClock;
let notes: string[];
let model: LiveModel;
beforeEach(() => {
  clock = createVirtualClock(NOW);
  notes = [];
  const real = { ...BED, sources: BED.sources.map((source) => ({ ...source, simulated: false })) };
  model = createLiveModel({ clock, log: { note: (event) => notes.push(event) }, beds: [real] });
});
const bed = () => model.states()[0]!;

describe("beds that come and go", () => {
  const second = (label: string) => ({
    ...{ bed: "abcdefghij~b1", label, zone: "Asia/Shanghai" },
    sources: [{ device: OXIMETER, family: "x", label: "Ring", role: "oximeter", simulated: false }],
  });
  const other = () => model.state("abcdefghij~b1")!;

  it("keep what was measured when their label changes, and are gone when they are taken away", () => {
    const changes: unknown[] = [];
    model.onChange((change, of) => changes.push([change, of]));
    expect(model.putBed(second("Old"))).toBe(true);
    model.observe({ ...samples(clock, OXIMETER, { spo2: 88 }), bed: "abcdefghij~b1" });
    model.putBed(second("New"));
    expect(other()).toMatchObject({ label: "New", signals: { spo2: { sample: 88 } } });
    expect(changes).toEqual([
      ["alarms", "abcdefghij~b1"],
      ["numbers", "abcdefghij~b1"],
      ["alarms", "abcdefghij~b1"],
    ]);
    model.removeBed("abcdefghij~b1");
    expect(model.state("abcdefghij~b1")).toBeUndefined();
    expect(model.states()).toHaveLength(1);
  });

  it("never show one another's numbers, links or readiness, although their devices have one name", () => {
    model.putBed(second("Other"));
    model.observe(samples(clock, OXIMETER, { spo2: 97 }));
    model.link(OXIMETER, { link: "lost" }, "abcdefghij~b1");
    model.readiness({ sounder: { ok: true, detail: "hw:1" }, targets: [], durable: true }, "abcdefghij~b1");
    expect(other()).toMatchObject({ signals: {}, readiness: { sounder: { ok: true } } });
    expect(other().sources[0]).toMatchObject({ link: "lost" });
    expect(bed()).toMatchObject({ signals: { spo2: { sample: 97 } }, readiness: { sounder: { ok: false } } });
    expect(bed().sources[0]).toMatchObject({ link: "opening" });
    expect(model.states((id) => id === "b1")).toHaveLength(1);
  });

  it("take a lower revision only from a run that began anew", () => {
    model.alarms({ ...fold([occurrence()]), revision: 9 });
    model.alarms({ ...fold([]), revision: 2 });
    expect(bed().alarms.revision).toBe(9);
    model.alarms({ ...fold([]), revision: 2 }, true);
    expect(bed().alarms.revision).toBe(2);
  });
});

describe("the live model", () => {
  it("shows a bed before anything arrived: every source, no number, no age", () => {
    expect(bed()).toMatchObject({
      bed: "b1",
      label: "Living room",
      simulated: false,
      signals: {},
      alarms: { revision: 0, open: [], watch: { on: false, reason: "off" } },
      readiness: { sounder: { ok: false } },
    });
    expect(bed().sources.map(({ device, link }) => [device, link])).toEqual([
      [OXIMETER, "opening"],
      [VENTILATOR, "opening"],
    ]);
    expect(bed().sources.every((source) => !("ageMs" in source))).toBe(true);
  });

  it("ages numbers by the monotonic clock, also when the wall clock is corrected", async () => {
    model.observe(samples(clock, OXIMETER, { spo2: 97, pulse_rate: 61 }));
    await clock.advance(4_000);
    clock.stepWall(-3_600_000);
    expect(bed().signals).toEqual({
      spo2: { sample: 97, ageMs: 4_000, device: OXIMETER },
      pulse_rate: { sample: 61, ageMs: 4_000, device: OXIMETER },
    });
    expect(bed().sources[0]).toMatchObject({ ageMs: 4_000 });
  });

  it("keeps ageing a signal that its device has stopped to speak of", async () => {
    model.observe(samples(clock, OXIMETER, { spo2: 97, pulse_rate: 61 }));
    await clock.advance(9_000);
    model.observe(samples(clock, OXIMETER, { pulse_rate: 62 }));
    expect(bed().signals.spo2).toMatchObject({ sample: 97, ageMs: 9_000 });
    expect(bed().signals.pulse_rate).toMatchObject({ sample: 62, ageMs: 0 });
  });

  it("prefers the first source with a fresh number, then a fresh reason, then whatever is newest", async () => {
    model.observe(samples(clock, OXIMETER, { pulse_rate: 60 }));
    model.observe(samples(clock, VENTILATOR, { pulse_rate: 70 }));
    expect(bed().signals.pulse_rate?.device).toBe(OXIMETER);
    model.observe(samples(clock, OXIMETER, { pulse_rate: absent("sensor_off") }));
    expect(bed().signals.pulse_rate).toMatchObject({ sample: 70, device: VENTILATOR });
    await clock.advance(8_000);
    model.observe(samples(clock, OXIMETER, { pulse_rate: absent("sensor_off") }));
    await clock.advance(4_000);
    expect(bed().signals.pulse_rate).toMatchObject({ sample: { absent: "sensor_off" }, ageMs: 4_000 });
    await clock.advance(60_000);
    expect(bed().signals.pulse_rate).toMatchObject({ sample: { absent: "sensor_off" }, ageMs: 64_000 });
  });

  it("never shows what came late as if it were now, and adds what a delayed source is behind", () => {
    model.observe(samples(clock, OXIMETER, { spo2: 80 }, { timeliness: "late" }));
    expect(bed().signals).toEqual({});
    const deviceAt = wall(NOW - 65_000);
    model.observe(samples(clock, VENTILATOR, { leak: 20 }, { timeliness: "delayed", deviceAt }));
    expect(bed().signals.leak).toMatchObject({ ageMs: 65_000 });
    expect(bed().sources[1]).toMatchObject({ timeliness: "delayed", ageMs: 65_000 });
    const ahead = wall(NOW + 65_000);
    model.observe(samples(clock, VENTILATOR, { leak: 20 }, { timeliness: "delayed", deviceAt: ahead }));
    expect(bed().signals.leak).toMatchObject({ ageMs: 0 });
  });

  it("is marked simulated as soon as any source is, and stays so", () => {
    model.observe(samples(clock, OXIMETER, { spo2: 97 }, { simulated: true }));
    model.observe(samples(clock, OXIMETER, { spo2: 97 }));
    expect(bed().simulated).toBe(true);
    expect(model.simulated("b1")).toBe(true);
    expect(model.simulated("b2")).toBe(false);
  });

  it("lets what a box told of its phones grow older while it tells nothing", async () => {
    const target = { id: "mei", label: "Phone", person: "Mei", channel: "web-push" };
    const told = {
      ...{ sounder: { ok: true, detail: "" }, durable: true },
      targets: [
        { ...target, provenAgeMs: 1_000, loudAgeMs: 2_000, changedAgeMs: 3_000 },
        { ...target, id: "ba", shown: { occurrence: "j.1", ageMs: 4_000, afterMs: 500 } },
      ],
    };
    const targets = () => model.states()[0]!.readiness.targets;
    model.readiness(told, BED.bed);
    await clock.advance(60_000);
    expect(targets()).toEqual([
      { ...target, provenAgeMs: 61_000, loudAgeMs: 62_000, changedAgeMs: 63_000 },
      { ...target, id: "ba", shown: { occurrence: "j.1", ageMs: 64_000, afterMs: 500 } },
    ]);
    // Told again as it is seen, nothing ages twice; told anew by the box, its word counts.
    model.readiness(model.state(BED.bed)!.readiness, BED.bed);
    await clock.advance(1_000);
    expect(targets()[0]).toMatchObject({ provenAgeMs: 62_000 });
    model.readiness(told, BED.bed);
    expect(targets()).toEqual(told.targets);
  });

  it("takes links, problems and readiness as they are told", () => {
    model.link(OXIMETER, { link: "refused", problem: "not allowed: add the user to dialout" });
    model.readiness({ sounder: { ok: true, detail: "hw:0" }, targets: [], durable: false });
    expect(bed().sources[0]).toMatchObject({
      link: "refused",
      problem: "not allowed: add the user to dialout",
    });
    expect(bed().readiness).toEqual({ sounder: { ok: true, detail: "hw:0" }, targets: [], durable: false });
    model.link(OXIMETER, { link: "open" });
    expect(bed().sources[0]).not.toHaveProperty("problem");
  });

  it("drops a fold that is older than the one it has", () => {
    model.alarms(fold([occurrence()], 7));
    model.alarms(fold([], 6));
    expect(model.fold("b1")?.open).toHaveLength(1);
    model.alarms(fold([], 8));
    expect(model.fold("b1")?.open).toEqual([]);
  });

  it("ignores devices and beds that it does not know", () => {
    model.observe(samples(clock, "strangeraa", { spo2: 97 }));
    model.link("strangeraa", { link: "open" });
    model.alarms({ ...fold([occurrence()]), bed: "b9" });
    expect(bed().signals).toEqual({});
    expect(model.fold("b9")).toBeUndefined();
  });

  it("never throws into the alarm path, whatever a listener does", () => {
    model.onChange(() => {
      throw new Error("page broke");
    });
    expect(() => model.observe(samples(clock, OXIMETER, { spo2: 97 }))).not.toThrow();
    expect(() => model.alarms(fold([occurrence()]))).not.toThrow();
    expect(notes).toEqual(["live.failed", "live.failed"]);
    expect(bed().signals.spo2).toMatchObject({ sample: 97 });
    expect(bed().alarms.open).toHaveLength(1);
  });
});

/** A page at the far end that takes messages when told to. */
class FakeSocket extends EventEmitter {
  bufferedAmount = 0;
  readonly OPEN = 1;
  readyState = 1;
  readonly inbox: LiveMessage[] = [];
  readonly pings: string[] = [];
  closed: number | "terminated" | undefined;
  takes = true;

  send(text: string): void {
    this.inbox.push(JSON.parse(text));
  }
  ping(data: string): void {
    this.pings.push(data);
    if (this.takes) this.take();
  }
  /** Answers the newest ping, as browsers do for all that came before. */
  take(): void {
    this.emit("pong", Buffer.from(this.pings.at(-1) ?? ""));
  }
  say(text: string): void {
    this.emit("message", Buffer.from(text), false);
  }
  close(code: number): void {
    this.closed = code;
    this.readyState = 3;
    this.emit("close");
  }
  terminate(): void {
    this.closed = "terminated";
    this.readyState = 3;
    this.emit("close");
  }
  kinds(): string[] {
    return this.inbox.map(({ kind }) => kind);
  }
}

describe("the live hub", () => {
  let hub: LiveHub;
  let signedIn: Set<string>;
  let stateDown: boolean;

  beforeEach(() => {
    signedIn = new Set(["mei"]);
    stateDown = false;
    hub = createLiveHub({
      clock,
      log: { note: (event) => notes.push(event) },
      model,
      sightOf: async (tokenHash) => {
        if (stateDown) throw new Error("down");
        return signedIn.has(tokenHash) ? () => true : undefined;
      },
    });
    hub.start();
  });

  const connect = (takes = true, tokenHash = "mei", sight = (_bed: string) => true): FakeSocket => {
    const socket = new FakeSocket();
    socket.takes = takes;
    hub.add(socket as unknown as WebSocket, tokenHash, sight);
    return socket;
  };

  it("tells a page the state at once, and then at most four times a second", async () => {
    const page = connect();
    expect(page.kinds()).toEqual(["state"]);
    for (let ms = 0; ms < 2_000; ms += 20) {
      model.observe(samples(clock, OXIMETER, { spo2: 97 }));
      await clock.advance(20);
    }
    expect(page.inbox.length).toBeGreaterThanOrEqual(8);
    expect(page.inbox.length).toBeLessThanOrEqual(10);
  });

  it("tells of the last change of a burst, not only of the first", async () => {
    const page = connect();
    model.observe(samples(clock, OXIMETER, { spo2: 97 }));
    await clock.advance(10);
    model.observe(samples(clock, OXIMETER, { spo2: 85 }));
    await clock.advance(300);
    const newest = page.inbox.at(-1);
    expect(newest).toMatchObject({
      kind: "state",
      beds: [{ signals: { spo2: { sample: 85, ageMs: 240 } } }],
    });
  });

  it("tells of an alarm without any wait, outside of the call that brought it", async () => {
    const page = connect();
    model.observe(samples(clock, OXIMETER, { spo2: 84 }));
    await clock.advance(0);
    const before = page.inbox.length;
    await clock.advance(10);
    model.alarms(fold([occurrence()]));
    expect(page.inbox).toHaveLength(before);
    await clock.advance(0);
    expect(page.inbox).toHaveLength(before + 1);
    expect(page.inbox.at(-1)).toMatchObject({ beds: [{ alarms: { open: [{ id: "b1-abcdefghij-1" }] } }] });
  });

  it("gives a page that does not take anything no second state, then the newest with its true age", async () => {
    const page = connect(false);
    for (const spo2 of [97, 96, 95, 94]) {
      model.observe(samples(clock, OXIMETER, { spo2 }));
      await clock.advance(1_000);
    }
    expect(page.inbox).toHaveLength(1);
    await clock.advance(2_000);
    page.take();
    expect(page.inbox).toHaveLength(2);
    expect(page.inbox.at(-1)).toMatchObject({ beds: [{ signals: { spo2: { sample: 94, ageMs: 3_000 } } }] });
  });

  it("sends alarms past what is on its way, but not without bound", async () => {
    const page = connect(false);
    for (let revision = 1; revision <= 10; revision += 1) {
      model.alarms(fold([occurrence()], revision));
      await clock.advance(500);
    }
    expect(page.kinds()).toEqual(["state", "state", "state"]);
    page.take();
    expect(page.inbox.at(-1)).toMatchObject({ beds: [{ alarms: { revision: 10 } }] });
  });

  it("is not fooled by pongs that were never asked for", async () => {
    const page = connect(false);
    page.emit("pong", Buffer.from("999"));
    page.emit("pong", Buffer.from("garbage"));
    page.emit("pong", Buffer.from(""));
    model.observe(samples(clock, OXIMETER, { spo2: 97 }));
    await clock.advance(1_000);
    expect(page.inbox).toHaveLength(1);
  });

  it("beats every five seconds when nothing changes, and lets go of a page that takes nothing for thirty", async () => {
    const awake = connect();
    const dead = connect(false);
    await clock.advance(25_000);
    expect(awake.kinds()).toEqual(["state", ...Array.from({ length: 5 }, () => "heartbeat")]);
    expect(dead.closed).toBeUndefined();
    await clock.advance(10_000);
    expect(dead.closed).toBe(4408);
    expect(awake.closed).toBeUndefined();
    expect(hub.size).toBe(1);
  });

  it("sends waves to those who asked, until they stop asking", async () => {
    const [asking, other] = [connect(), connect()];
    const wave = { kind: "wave", rateHz: 50, channels: { flow: [1, 2, 3] } } as const;
    asking.say('{"kind":"waves","bed":"b1","on":true}');
    asking.say('{"kind":"waves","bed":"b44","on":true}');
    model.observe(samples(clock, VENTILATOR, {}, { body: wave }));
    expect(asking.inbox.at(-1)).toEqual({ seq: 2, ...wave, bed: "b1", device: VENTILATOR });
    expect(other.kinds()).toEqual(["state"]);
    asking.say('{"kind":"waves","bed":"b1","on":false}');
    model.observe(samples(clock, VENTILATOR, {}, { body: wave }));
    expect(asking.kinds()).toEqual(["state", "wave"]);
    await clock.advance(0);
  });

  it.each([
    "",
    "garbage",
    "[]",
    "null",
    '{"kind":"acknowledge"}',
    '{"kind":"waves","bed":7,"on":true}',
    "{".repeat(900),
  ])("ends the connection of a page that says %j", (text) => {
    const page = connect();
    page.say(text);
    expect(page.closed).toBe(1008);
    expect(hub.size).toBe(0);
  });

  it("ends the connection of a page that never stops asking", () => {
    const page = connect();
    for (let n = 0; n < 50 && page.closed === undefined; n += 1)
      page.say('{"kind":"waves","bed":"b1","on":true}');
    expect(page.closed).toBe(1008);
  });

  it("closes the pages of a sign-in that ended, at once when told and within a minute when not", async () => {
    const first = connect();
    hub.drop("somebody else");
    expect(first.closed).toBeUndefined();
    hub.drop("mei");
    expect(first.closed).toBe(4401);
    const second = connect();
    stateDown = true;
    await clock.advance(60_000);
    expect(second.closed).toBeUndefined();
    stateDown = false;
    signedIn.clear();
    await clock.advance(60_000);
    expect(second.closed).toBe(4401);
  });

  it("says when it is full", () => {
    const many = (count: number, tokenHash: string) => {
      for (let n = 0; n < count; n += 1) connect(true, tokenHash);
    };
    for (let one = 0; one < 7; one += 1) many(32, `page ${one}`);
    many(31, "mei");
    expect(hub.full("mei")).toBe(false);
    many(1, "li");
    expect(hub.full("li")).toBe(true);
    expect(hub.full("mei")).toBe(true);
  });

  it("lets one sign-in have 32 pages and the others still connect", () => {
    for (let n = 0; n < 31; n += 1) connect();
    expect(hub.full("mei")).toBe(false);
    connect();
    expect(hub.full("mei")).toBe(true);
    expect(hub.full("li")).toBe(false);
  });

  it("lets go of a page that says it took what it never read", async () => {
    const page = connect();
    page.bufferedAmount = 2 << 20;
    model.observe(samples(clock, OXIMETER, { spo2: 97 }));
    await clock.advance(1_000);
    expect(page.closed).toBe(4408);
    expect(page.inbox).toHaveLength(1);
  });

  it("leaves no timer and no page behind when it stops", async () => {
    const page = connect();
    model.observe(samples(clock, OXIMETER, { spo2: 97 }));
    hub.stop();
    expect(page.closed).toBe("terminated");
    expect(clock.pending).toBe(0);
    model.alarms(fold([occurrence()]));
    expect(clock.pending).toBe(0);
  });
});
