import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { ROLES } from "../../../src/domain/person.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Account } from "../../../src/port/accounts.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createLiveHub, type LiveHub } from "../../../src/server/live-hub.ts";
import { createLiveModel, type LiveModel } from "../../../src/server/live-model.ts";
import type { Sight } from "../../../src/server/live-views.ts";
import { sightOf, sightOfShare } from "../../../src/server/rights.ts";
import { BED, fold, NOW, occurrence } from "./harness.ts";

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
let homes: Account["homes"];
const homeOf = (bed: string) => bed.split("~")[0];
const at = (home: string): Account["homes"][number] => ({ home, role: "caregiver" });
const sight = (): Sight =>
  sightOf({ id: "a", name: "Mei", language: "en", homes, organisations: [] }, homeOf);

beforeEach(() => {
  clock = createVirtualClock(NOW);
  const log = { note: () => {} };
  const beds = [OURS, THEIRS].map((bed, n) => {
    const sources = BED.sources.map((each) => ({ ...each, device: `${each.device}${n}` }));
    return { ...BED, bed, sources };
  });
  model = createLiveModel({ clock, log, beds });
  homes = [at("homeaaaaaa")];
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
  homes = [at("homeaaaaaa"), at("homebbbbbb")];
  const page = connect();
  page.emit("message", Buffer.from(JSON.stringify({ kind: "waves", bed: THEIRS, on: true })));
  expect(page.newest()).toEqual([OURS, THEIRS]);
  homes = [at("homeaaaaaa")];
  hub.recheck();
  await clock.advance(500);
  expect(page.newest()).toEqual([OURS]);
  const before = page.heard.length;
  wave(THEIRS, "ventaaaaaa1");
  await clock.advance(1_000);
  expect(page.heard.slice(before).join()).not.toContain(THEIRS);
});

/** Whoever may open the live socket: as whom, and which of the two beds is theirs to see. */
const LOOKERS: readonly { readonly who: string; readonly sight: Sight; readonly sees: readonly string[] }[] =
  [
    ...ROLES.flatMap((role) =>
      [
        { who: `${role} of the home`, homes: [{ home: "homeaaaaaa", role }] },
        {
          who: `${role} of an organisation that the home lets in`,
          homes: [{ home: "homeaaaaaa", role, through: "orgaaaaaaa" }],
        },
      ].map(({ who, homes: own }) => ({ who, sight: seen(own), sees: [OURS] })),
    ),
    ...ROLES.map((role) => ({
      who: `${role} of an organisation that no home lets in`,
      sight: seen([]),
      sees: [],
    })),
    { who: "somebody who is nothing anywhere", sight: seen([]), sees: [] },
    ...(["live", "nights"] as const).map((scope) => ({
      who: `a shared link to ${scope}`,
      sight: sightOfShare(
        {
          ...{ id: "shareaaaaa", home: "homeaaaaaa", bed: "b1", scope, label: "Dr Li" },
          ...{ madeAt: NOW, madeBy: "a", expiresAt: wall(NOW + 60_000), uses: 0 },
        },
        homeOf,
      ),
      sees: scope === "live" ? [OURS] : [],
    })),
  ];

function seen(own: Account["homes"]): Sight {
  return sightOf({ id: "a", name: "Mei", language: "en", homes: own, organisations: [] }, homeOf);
}

/** Whatever a page may send: each kind there is, about each bed and about none. */
const ASKED: readonly unknown[] = [OURS, THEIRS, "b1", "b2"].flatMap((bed) =>
  [true, false, true].map((on) => ({ kind: "waves", bed, on })),
);

it.each(LOOKERS)(
  "$who hears of every message what is theirs, and never another home",
  async ({ sight: own, sees }) => {
    hub.stop();
    hub = createLiveHub({ clock, log: { note: () => {} }, model, sightOf: async () => own });
    hub.start();
    const page = new Page();
    hub.add(page as unknown as WebSocket, "mei", own);
    expect(page.newest()).toEqual(sees);
    for (const asked of ASKED) page.emit("message", Buffer.from(JSON.stringify(asked)));
    for (const [n, bed] of [OURS, THEIRS].entries()) {
      model.alarms({ ...fold([{ ...occurrence(), bed, id: `of ${bed}` }]), bed });
      wave(bed, `ventaaaaaa${n}`);
    }
    await clock.advance(11_000);
    const heard = page.heard.join();
    expect(heard).not.toContain("homebbbbbb");
    expect(heard.includes(`of ${OURS}`)).toBe(sees.length > 0);
    expect(heard.includes('"kind":"wave"')).toBe(sees.length > 0);
    expect(heard).toContain('"kind":"heartbeat"');
  },
);

it.each([
  ...["state", "subscribe", "command", "wave"].map((kind) => ({ kind, bed: THEIRS, on: true })),
  { kind: "waves", bed: { toString: "x" }, on: true },
  { kind: "waves", bed: OURS, on: "yes" },
  { kind: "waves", bed: "__proto__", on: true },
  [],
  null,
  "waves",
])("A live page that sends %j is put out, and told nothing for it", (asked) => {
  const page = connect();
  const before = page.heard.length;
  let isOut = false;
  page.once("close", () => {
    isOut = true;
  });
  page.emit("message", Buffer.from(JSON.stringify(asked)));
  expect(isOut).toBe(true);
  wave(OURS, "ventaaaaaa0");
  expect(page.heard.length).toBe(before);
});
