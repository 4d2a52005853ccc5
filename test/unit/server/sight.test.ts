import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createLiveHub, type LiveHub } from "../../../src/server/live-hub.ts";
import { createLiveModel, type LiveModel } from "../../../src/server/live-model.ts";
import type { Sight } from "../../../src/server/live-views.ts";
import { sightOf } from "../../../src/server/rights.ts";
import { BED, NOW } from "./harness.ts";

const [OURS, THEIRS] = ["homeaaaaaa~b1", "homebbbbbb~b1"] as const;

class Page extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly heard: string[] = [];
  send(text: string): void {
    this.heard.push(text);
  }
  ping(number: string): void {
    this.emit("pong", Buffer.from(number));
  }
  close(): void {
    this.emit("close");
  }
  terminate(): void {
    this.emit("close");
  }
  newest(): string[] {
    const states = this.heard.map((text) => JSON.parse(text)).filter(({ kind }) => kind === "state");
    return states.at(-1).beds.map(({ bed }: { bed: string }) => bed);
  }
}

let clock: VirtualClock;
let model: LiveModel;
let hub: LiveHub;
let homes: string[];
const sight = (): Sight => {
  const roles = homes.map((home) => ({ home, role: "caregiver" as const }));
  const account = { id: "a", name: "Mei", language: "en" as const, homes: roles, organisations: [] };
  return sightOf(account, (bed) => bed.split("~")[0]);
};

beforeEach(() => {
  clock = createVirtualClock(NOW);
  const log = { note: () => {} };
  const beds = [OURS, THEIRS].map((bed, n) => {
    const sources = BED.sources.map((each) => ({ ...each, device: `${each.device}${n}` }));
    return { ...BED, bed, sources };
  });
  model = createLiveModel({ clock, log, beds });
  homes = ["homeaaaaaa"];
  hub = createLiveHub({ clock, log, model, sightOf: async () => sight() });
  hub.start();
});
afterEach(() => hub.stop());

function connect(): Page {
  const page = new Page();
  hub.add(page as unknown as WebSocket, "mei", sight());
  return page;
}

const wave = (bed: string, device: string) =>
  model.observe({
    ...{ device, bed, epoch: "epochaaaaa", seq: 0, at: clock.wall(), mono: clock.mono() },
    ...{ simulated: false, timeliness: "live" },
    body: { kind: "wave", rateHz: 10, channels: { flow: [1, 2, 3] } },
  });

it("A live page is shown the beds of its own homes, and no wave of any other however it asks", async () => {
  const page = connect();
  expect(page.newest()).toEqual([OURS]);
  for (const bed of [OURS, THEIRS])
    page.emit("message", Buffer.from(JSON.stringify({ kind: "waves", bed, on: true })));
  wave(THEIRS, "ventaaaaaa1");
  await clock.advance(1_000);
  expect(page.heard.join()).not.toContain(THEIRS);
  wave(OURS, "ventaaaaaa0");
  await clock.advance(1_000);
  expect(page.heard.join()).toContain('"kind":"wave"');
});

it("A live page loses a bed, and its waves, as soon as the consent is gone", async () => {
  homes = ["homeaaaaaa", "homebbbbbb"];
  const page = connect();
  page.emit("message", Buffer.from(JSON.stringify({ kind: "waves", bed: THEIRS, on: true })));
  expect(page.newest()).toEqual([OURS, THEIRS]);
  homes = ["homeaaaaaa"];
  hub.recheck();
  await clock.advance(500);
  expect(page.newest()).toEqual([OURS]);
  const before = page.heard.length;
  wave(THEIRS, "ventaaaaaa1");
  await clock.advance(1_000);
  expect(page.heard.slice(before).join()).not.toContain(THEIRS);
});
