// What goes out to pages of many beds: to whom, how much of it, and how often it is worked out.
import { EventEmitter } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { bedsAfter, type Known } from "../../../dashboards/shared/live-beds.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import type { LiveMessage } from "../../../src/server/contract.ts";
import { createLiveHub, type LiveHub } from "../../../src/server/live-hub.ts";
import { createLiveModel, type LiveModel } from "../../../src/server/live-model.ts";
import type { Sight } from "../../../src/server/live-views.ts";
import { BED, fold, NOW, occurrence, samples } from "./harness.ts";

type State = Extract<LiveMessage, { kind: "state" }>;

/** A page that takes at once what it is sent, unless it is told not to. */
class Page extends EventEmitter {
  bufferedAmount = 0;
  readonly OPEN = 1;
  readyState = 1;
  takes = true;
  readonly inbox: LiveMessage[] = [];
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
  close(): void {
    this.emit("close");
  }
  terminate(): void {
    this.emit("close");
  }
  states(): State[] {
    return this.inbox.filter((message) => message.kind === "state");
  }
  newest(): string[] | undefined {
    return this.states()
      .at(-1)
      ?.beds.map(({ bed }) => bed);
  }
}

const log = { note() {} };
let clock: VirtualClock;
let model: LiveModel;
let hub: LiveHub;
beforeEach(() => {
  clock = createVirtualClock(NOW);
  model = createLiveModel({ clock, log, beds: ["b1", "b2", "b3"].map((bed) => ({ ...BED, bed })) });
  hub = createLiveHub({ clock, log, model, sightOf: async () => undefined });
  hub.start();
});
afterEach(() => hub.stop());

const seeing = (...beds: string[]): Sight =>
  Object.assign((bed: string) => beds.includes(bed), { key: beds.join(" ") });
const connect = (sight: Sight, changes = false): Page => {
  const page = new Page();
  hub.add(page as unknown as WebSocket, "mei", sight, undefined, changes);
  return page;
};
const measure = (bed: string, spo2 = 90) => model.observe({ ...samples(clock, "oxiaaaaaaa", { spo2 }), bed });

describe("a push to pages", () => {
  it("works a bed's state out once for all that see the same, and not at all for beds that nobody sees", async () => {
    for (let n = 0; n < 10; n += 1) connect(seeing("b1"));
    await clock.advance(1_000);
    const built = vi.spyOn(model, "state");
    measure("b1");
    measure("b3");
    await clock.advance(250);
    expect(built.mock.calls).toEqual([["b1"]]);
  });

  it("reaches whom it concerns alone: a page hears nothing of what changes in other homes", async () => {
    const [ours, theirs] = [connect(seeing("b1")), connect(seeing("b2"))];
    measure("b2");
    await clock.advance(1_000);
    expect([ours.states().length, theirs.states().length]).toEqual([1, 2]);
    model.alarms({ ...fold([occurrence()]), bed: "b1" });
    await clock.advance(1);
    expect(ours.states().at(-1)!.beds[0]!.alarms.open).toHaveLength(1);
    expect(theirs.states()).toHaveLength(2);
  });

  it("holds all of the page's beds, or for a page that keeps them what changed alone", async () => {
    const [whole, keeping] = [connect(seeing("b1", "b2")), connect(seeing("b1", "b2"), true)];
    expect(keeping.newest()).toEqual(["b1", "b2"]);
    measure("b2");
    await clock.advance(250);
    expect(whole.newest()).toEqual(["b1", "b2"]);
    expect(whole.states().at(-1)!.since).toBeUndefined();
    expect(keeping.newest()).toEqual(["b2"]);
    expect(keeping.states().at(-1)!.since).toBe(keeping.states().at(-2)!.cursor);
  });

  it("tells of beds that come and go, with the whole", async () => {
    const [ours, theirs] = [connect(seeing("b1", "b4"), true), connect(seeing("b2"), true)];
    model.putBed({ ...BED, bed: "b4" });
    await clock.advance(250);
    expect(ours.newest()).toEqual(["b1", "b4"]);
    model.removeBed("b1");
    await clock.advance(250);
    expect(ours.newest()).toEqual(["b4"]);
    expect(ours.states().at(-1)!.since).toBeUndefined();
    expect(theirs.states()).toHaveLength(1);
  });

  it("concerns everybody when it is of no one bed", async () => {
    const pages = [connect(seeing("b1")), connect(seeing("b2"), true)];
    model.readiness({ sounder: { ok: true, detail: "" }, targets: [], durable: true });
    await clock.advance(250);
    for (const page of pages) expect(page.states().at(-1)!.beds[0]!.readiness.sounder.ok).toBe(true);
  });

  it("that was held back goes on from what the page has, waves between or not", async () => {
    const page = connect(seeing("b1", "b2"), true);
    page.emit("message", Buffer.from('{"kind":"waves","bed":"b1","on":true}'));
    page.takes = false;
    measure("b1", 91);
    await clock.advance(250);
    measure("b2", 92);
    await clock.advance(250);
    const body = { kind: "wave", rateHz: 1, channels: { flow: [1] } } as const;
    model.observe({ ...samples(clock, "oxiaaaaaaa", {}), bed: "b1", body });
    expect(page.inbox.at(-1)!.kind).toBe("wave");
    page.takes = true;
    page.take();
    expect(page.newest()).toEqual(["b2"]);
    expect(page.states().at(-1)!.since).toBe(page.states().at(-2)!.cursor);
  });

  it("leaves a page that keeps its beds with what one has that is told all of them, whatever happens", async () => {
    const beds = ["b1", "b2", "b3", "b4"];
    const step = fc.record({
      what: fc.constantFrom("measure", "alarm", "put", "remove", "ready", "hold", "take"),
      bed: fc.constantFrom(...beds),
      waitMs: fc.constantFrom(0, 100, 300),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const page = connect(seeing("b1", "b2", "b4"), true);
        let revision = 1_000;
        for (const { what, bed, waitMs } of steps) {
          if (what === "measure") measure(bed);
          if (what === "alarm") model.alarms({ ...fold([occurrence()], (revision += 1)), bed });
          if (what === "put") model.putBed({ ...BED, bed });
          if (what === "remove") model.removeBed(bed);
          if (what === "ready")
            model.readiness({ sounder: { ok: true, detail: "" }, targets: [], durable: true });
          if (what === "hold") page.takes = false;
          if (what === "take") {
            page.takes = true;
            page.take();
          }
          await clock.advance(waitMs);
        }
        page.takes = true;
        page.take();
        await clock.advance(300);
        let known: Known | undefined;
        for (const state of page.states()) {
          const after = bedsAfter(known, state, 0);
          expect(after).toBeDefined();
          known = { beds: after ?? [], cursor: state.cursor };
        }
        const seen = model.beds().filter((bed) => bed !== "b3");
        const told = known!.beds.map(({ bed, alarms, label }) => [bed, alarms.revision, label]);
        expect(told).toEqual(seen.map((bed) => [bed, model.fold(bed)!.revision, model.bed(bed)!.label]));
        page.close();
      }),
      { numRuns: 60 },
    );
  });
});
