import { EventEmitter } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createLiveChanges } from "../../../src/server/live-changes.ts";
import { createLiveHub, type LiveHub } from "../../../src/server/live-hub.ts";
import { createLiveModel, type LiveModel } from "../../../src/server/live-model.ts";
import { fold, NOW, occurrence, samples } from "./harness.ts";

interface Heard {
  readonly kind: string;
  readonly seq: number;
  readonly cursor?: string;
  readonly since?: string;
  readonly all?: readonly string[];
  readonly torn?: true;
  readonly beds?: readonly { readonly bed: string; readonly alarms: { readonly open: readonly object[] } }[];
}

/** A page that takes what it is sent, unless it is told not to. */
class Page extends EventEmitter {
  bufferedAmount = 0;
  readonly OPEN = 1;
  readyState = 1;
  takes = true;
  /** Whether it answers a close. */
  hearsClose = true;
  closed: readonly [number, string] | "cut off" | undefined;
  readonly inbox: Heard[] = [];
  #last = "";
  send(text: string): void {
    this.inbox.push(JSON.parse(text));
  }
  ping(data: string): void {
    this.#last = data;
    if (this.takes) this.take();
  }
  take(): void {
    this.emit("pong", Buffer.from(this.#last));
  }
  close(code: number, reason: string): void {
    this.closed = [code, reason];
    this.readyState = 2;
    if (this.hearsClose) this.emit("close");
  }
  terminate(): void {
    this.closed = "cut off";
    this.readyState = 3;
    this.emit("close");
  }
}

const source = { device: "oxiaaaaaaa", family: "x", label: "Finger", role: "oximeter", simulated: false };
const bedOf = (bed: string) => ({ bed, label: bed, zone: "UTC", sources: [source] });

let clock: VirtualClock;
let model: LiveModel;
let hub: LiveHub;
const notes: { readonly event: string; readonly fields: object | undefined }[] = [];
const log = { note: (event: string, fields?: object) => notes.push({ event, fields }) };
const start = (): LiveHub => {
  const made = createLiveHub({ clock, log, model, sightOf: async () => () => true });
  made.start();
  return made;
};
beforeEach(() => {
  notes.length = 0;
  clock = createVirtualClock(NOW);
  model = createLiveModel({ clock, log, beds: ["b1", "b2", "b3"].map(bedOf) });
  hub = start();
});
afterEach(() => {
  hub.stop();
  expect(clock.pending).toBe(0);
});
const connect = (after?: string, sight = (_bed: string) => true): Page => {
  const page = new Page();
  hub.add(page as unknown as WebSocket, "mei", sight, after);
  return page;
};
const bedsOf = ({ beds = [] }: Heard) => beds.map(({ bed }) => bed);
const measure = (bed: string) => model.observe({ ...samples(clock, source.device, { spo2: 90 }), bed });

describe("a page that comes back", () => {
  it("gets what changed meanwhile, and the names of all that is there", async () => {
    const first = connect();
    const { cursor } = first.inbox[0]!;
    first.emit("close");
    measure("b2");
    model.alarms({ ...fold([occurrence()]), bed: "b3" });
    await clock.advance(1_000);
    const [again] = connect(cursor).inbox;
    expect(again).toMatchObject({ kind: "state", seq: 1, since: cursor, all: ["b1", "b2", "b3"] });
    expect(bedsOf(again!)).toEqual(["b2", "b3"]);
    expect(again!.beds![1]!.alarms.open).toHaveLength(1);
    expect(bedsOf(connect(again!.cursor).inbox[0]!)).toEqual([]);
  });

  it.each(["", "nonsense", "zzzzzz.0", ".", "1.2.3"])(
    "with %j for a cursor gets the whole picture",
    (cursor) => {
      const [first] = connect(cursor).inbox;
      expect(first!.since).toBeUndefined();
      expect(bedsOf(first!)).toEqual(["b1", "b2", "b3"]);
    },
  );

  it("to another run gets the whole picture, and so does one that is ahead of what there was", async () => {
    measure("b1");
    await clock.advance(1_000);
    const cursor = connect().inbox[0]!.cursor!;
    hub.stop();
    hub = start();
    expect(connect(cursor).inbox[0]!.since).toBeUndefined();
    const own = connect().inbox[0]!.cursor!;
    expect(connect(own.replace(/\d+$/, "999999")).inbox[0]!.since).toBeUndefined();
  });

  it("learns of beds that went away, and sees none that it must not", () => {
    const { cursor } = connect().inbox[0]!;
    measure("b1");
    measure("b2");
    model.removeBed("b3");
    expect(connect(cursor).inbox[0]!.all).toEqual(["b1", "b2"]);
    const [limited] = connect(cursor, (bed) => bed === "b1").inbox;
    expect(limited!.all).toEqual(["b1"]);
    expect(bedsOf(limited!)).toEqual(["b1"]);
  });

  it("never misses a change, whatever changed before and after it left", () => {
    const beds = ["a", "b", "c"];
    const change = fc.option(fc.constantFrom(...beds), { nil: undefined });
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (before, after) => {
        const changes = createLiveChanges("run", () => true);
        for (const bed of before) changes.add(bed);
        const isNew = changes.since(changes.cursor)!;
        expect(beds.filter(isNew)).toEqual([]);
        const { cursor } = changes;
        for (const bed of after) changes.add(bed);
        const found = beds.filter(changes.since(cursor)!);
        expect(found).toEqual(beds.filter((bed) => after.includes(bed) || after.includes(undefined)));
      }),
    );
  });
});

describe("the messages of a connection", () => {
  it("are numbered without a gap, from one", async () => {
    const page = connect();
    for (let n = 0; n < 5; n += 1) {
      measure("b1");
      await clock.advance(3_000);
    }
    expect(page.inbox.map(({ seq }) => seq)).toEqual(page.inbox.map((_, i) => i + 1));
    expect(page.inbox.length).toBeGreaterThan(5);
  });

  it("say of a wave that what lay before it was held back", () => {
    const page = connect();
    page.emit("message", Buffer.from('{"kind":"waves","bed":"b1","on":true}'));
    const wave = (value: number) =>
      model.observe({
        ...samples(clock, source.device, {}),
        body: { kind: "wave", rateHz: 1, channels: { flow: [value] } },
      });
    wave(1);
    page.takes = false;
    for (const value of [2, 3, 4, 5]) wave(value);
    page.takes = true;
    page.take();
    wave(6);
    wave(7);
    const waves = page.inbox.filter(({ kind }) => kind === "wave");
    const shown = waves.map((one) => [Reflect.get(one, "channels").flow[0], one.torn ?? false]);
    expect(shown).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [6, true],
      [7, false],
    ]);
  });
});

describe("a page that is too slow", () => {
  it("is shown out with the reason, which is noted, and cut off where it does not answer", async () => {
    const [polite, dead] = [connect(), connect()];
    polite.takes = false;
    dead.takes = false;
    dead.hearsClose = false;
    await clock.advance(4_000);
    measure("b1");
    await clock.advance(31_000);
    expect(polite.closed).toEqual([4408, "took nothing for 30 s"]);
    expect(dead.closed).toEqual([4408, "took nothing for 30 s"]);
    expect(hub.size).toBe(1);
    await clock.advance(2_000);
    expect(dead.closed).toBe("cut off");
    expect(hub.size).toBe(0);
    expect(notes.filter(({ event }) => event === "live.dropped")).toHaveLength(2);
  });
});
