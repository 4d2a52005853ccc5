// Two who call: the box, and the hub that stands by (docs/adr/0032). No silence when one of them is gone, no second message
// of another number about the same thing.
import { expect, test } from "vitest";
import { SECOND_MS } from "../../src/domain/time.ts";
import { createLedHome, type LedHome, type Rung } from "../support/led-home.ts";
import { outsideBell } from "../support/outside-channel.ts";

const alarmsOf = (rung: readonly Rung[]): readonly Rung[] => rung.filter(({ kind }) => kind === "alarm");
const occurrenceOf = ({ key }: Rung): string => key.split("/")[1] ?? "";
const openAtHub = ({ hub, bed }: LedHome) => hub().live.fold(bed)?.open ?? [];
const callOf = (led: LedHome) => openAtHub(led).find(({ condition }) => condition === "PATIENT_CALL");
const noted = ({ world }: LedHome, event: string) => world.log.notes.filter((note) => note.event === event);

/** The longest time without a word about one alarm that nobody answers, between two moments. */
function longestGapMs(rung: readonly Rung[], fromMs: number, toMs: number): number {
  const times = [fromMs, ...rung.map(({ atMs }) => atMs).filter((at) => at >= fromMs && at <= toMs), toMs];
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}

test("while the box calls, the hub that stands by calls nobody", { timeout: 60_000 }, async () => {
  const led = await createLedHome();
  led.call();
  await led.world.clock.advance(600 * SECOND_MS);
  expect(alarmsOf(led.rung).length).toBeGreaterThan(8);
  expect(led.rung.filter(({ from }) => from === "hub")).toEqual([]);
  expect(noted(led, "standby.taken")).toEqual([]);
});

test.each([
  ["says goodbye", (led: LedHome) => led.stopBox()],
  ["is cut off and nobody is told", async (led: LedHome) => led.cut(true)],
])(
  "a box that %s while it calls is gone on for, with the next number and without a gap",
  { timeout: 60_000 },
  async (_how, leave) => {
    const led = await createLedHome();
    const { clock } = led.world;
    led.call();
    await clock.advance(130 * SECOND_MS);
    const call = callOf(led);
    const before = alarmsOf(led.rung).filter((one) => occurrenceOf(one) === call?.id);
    led.reaches.box = false;
    await leave(led);
    const cutAt = clock.mono();
    await clock.advance(300 * SECOND_MS);
    const after = alarmsOf(led.rung).filter((one) => one.atMs > cutAt && occurrenceOf(one) === call?.id);
    expect(new Set(after.map(({ from }) => from))).toEqual(new Set(["hub"]));
    const [step, repeat] = (before.at(-1)?.key ?? "").split("/").slice(2).map(Number);
    expect(after[0]?.key).toBe(`${led.home}/${call?.id}/${step}/${(repeat ?? 0) + 1}`);
    expect(new Set(after.map(({ key }) => key)).size).toBe(after.length);
    const ofCall = led.rung.filter((one) => occurrenceOf(one) === call?.id);
    expect(longestGapMs(ofCall, before[0]?.atMs ?? 0, clock.mono())).toBeLessThanOrEqual(60 * SECOND_MS);
  },
);

test("a box whose way out is closed has its messages brought by the hub, under the same key, each once", {
  timeout: 60_000,
}, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  led.reaches.box = false;
  led.call();
  await clock.advance(10 * SECOND_MS);
  const call = callOf(led);
  const first = alarmsOf(led.rung).filter((one) => occurrenceOf(one) === call?.id);
  expect(first.map(({ from, key }) => `${from} ${key}`)).toEqual([`hub ${led.home}/${call?.id}/0/0`]);
  await clock.advance(290 * SECOND_MS);
  const all = alarmsOf(led.rung).filter((one) => occurrenceOf(one) === call?.id);
  expect(longestGapMs(all, first[0]?.atMs ?? 0, clock.mono())).toBeLessThanOrEqual(60 * SECOND_MS);
  expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
  expect(noted(led, "standby.taken")).toEqual([]);
});

test("the answer to what the hub brought reaches the box", { timeout: 60_000 }, async () => {
  const led = await createLedHome();
  led.reaches.box = false;
  led.call();
  await led.world.clock.advance(10 * SECOND_MS);
  const message = alarmsOf(led.rung).at(-1);
  const answered = led
    .hub()
    .app.inject({ method: "POST", url: new URL(message?.acknowledgeUrl ?? "").pathname });
  await led.world.clock.advance(5 * SECOND_MS);
  expect((await answered).statusCode).toBe(200);
  const here = led
    .box()
    .edge.live.fold("b1")
    ?.open.find(({ condition }) => condition === "PATIENT_CALL");
  expect(here?.acknowledgement?.by.name).toBe("Mei");
});

test("an answer while the box is cut off stops the hub at once, and the box hears it when it is back", {
  timeout: 60_000,
}, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  led.call();
  await clock.advance(60 * SECOND_MS);
  led.cut(true);
  led.reaches.box = false;
  await clock.advance(90 * SECOND_MS);
  const call = callOf(led);
  const newest = alarmsOf(led.rung).findLast((one) => occurrenceOf(one) === call?.id);
  expect(newest?.from).toBe("hub");
  const url = new URL(newest?.acknowledgeUrl ?? "").pathname;
  const answered = await led.hub().app.inject({ method: "POST", url });
  expect(answered.statusCode, answered.body).toBe(200);
  const quietFrom = led.rung.length;
  await clock.advance(100 * SECOND_MS);
  expect(callOf(led)?.acknowledgement?.by.name).toBe("Mei");
  const later = alarmsOf(led.rung.slice(quietFrom)).filter((one) => occurrenceOf(one) === call?.id);
  expect(later).toEqual([]);
  led.cut(false);
  await clock.advance(30 * SECOND_MS);
  const here = led
    .box()
    .edge.live.fold("b1")
    ?.open.find(({ condition }) => condition === "PATIENT_CALL");
  expect(here?.acknowledgement?.by.name).toBe("Mei");
});

test("an answer off watch to a box that is silent since is not the last that anybody hears of it", {
  timeout: 60_000,
}, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  const by = { id: "p-mei", name: "Mei" };
  led.box().edge.command("b1", { kind: "end_watch", id: "w1", by });
  led.call();
  await clock.advance(60 * SECOND_MS);
  led.cut(true);
  led.reaches.box = false;
  await clock.advance(90 * SECOND_MS);
  const call = callOf(led);
  const newest = alarmsOf(led.rung).findLast((one) => occurrenceOf(one) === call?.id);
  const url = new URL(newest?.acknowledgeUrl ?? "").pathname;
  expect((await led.hub().app.inject({ method: "POST", url })).statusCode).toBe(200);
  const quietFrom = clock.mono();
  await clock.advance(10 * 60 * SECOND_MS);
  const silent = openAtHub(led).find(({ condition }) => condition === "EDGE_OFFLINE");
  expect(silent).toMatchObject({ priority: "high" });
  const later = alarmsOf(led.rung).filter(({ atMs }) => atMs > quietFrom);
  expect(new Set(later.map(occurrenceOf))).toEqual(new Set([silent?.id]));
  expect(later.length).toBeGreaterThan(8);
  led.cut(false);
  await clock.advance(60 * SECOND_MS);
  expect(openAtHub(led).map(({ condition }) => condition)).not.toContain("EDGE_OFFLINE");
});

test("a box that is back calls again alone, and nothing is said to be over that is not", {
  timeout: 60_000,
}, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  led.call();
  await clock.advance(60 * SECOND_MS);
  led.cut(true);
  led.reaches.box = false;
  await clock.advance(120 * SECOND_MS);
  const call = callOf(led);
  led.cut(false);
  led.reaches.box = true;
  const backAt = clock.mono();
  await clock.advance(240 * SECOND_MS);
  const ofCall = led.rung.filter((one) => occurrenceOf(one) === call?.id);
  expect(ofCall.filter(({ kind }) => kind !== "alarm")).toEqual([]);
  expect(longestGapMs(ofCall, ofCall[0]?.atMs ?? 0, clock.mono())).toBeLessThanOrEqual(60 * SECOND_MS);
  const settled = ofCall.filter(({ atMs }) => atMs > backAt + 60 * SECOND_MS);
  expect(settled.length).toBeGreaterThan(0);
  expect(new Set(settled.map(({ from }) => from))).toEqual(new Set(["box"]));
});

test("a hub that stops and starts while the box calls changes nothing and says nothing", {
  timeout: 60_000,
}, async () => {
  const led = await createLedHome();
  const { clock } = led.world;
  led.call();
  await clock.advance(60 * SECOND_MS);
  await led.stopHub();
  await clock.advance(120 * SECOND_MS);
  await led.startHub();
  await clock.advance(180 * SECOND_MS);
  expect(led.rung.filter(({ from }) => from === "hub")).toEqual([]);
  expect(
    longestGapMs(alarmsOf(led.rung), alarmsOf(led.rung)[0]?.atMs ?? 0, clock.mono()),
  ).toBeLessThanOrEqual(60 * SECOND_MS);
});

test.each([11, 12, 13, 14])(
  "whoever of the two is gone, one of them calls: no minute without a new word (seed %i)",
  { timeout: 120_000 },
  async (seed) => {
    const led = await createLedHome({ seed: seed });
    const { clock, random } = led.world;
    led.call();
    await clock.advance(5 * SECOND_MS);
    const id = callOf(led)?.id;
    const startedAt = clock.mono();
    const below = (many: number): number => Math.floor(random.uniform() * many);
    const faults: readonly (() => Promise<void> | void)[] = [
      () => {
        led.reaches.box = false;
      },
      () => {
        led.cut(true);
        led.reaches.box = false;
      },
      () => {
        led.reaches.hub = false;
      },
      () => led.stopHub(),
      () => led.cut(true),
      () => led.world.faults.disconnectAll(),
      () => led.stopBox(),
    ];
    const done: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      const fault = below(faults.length);
      done.push(fault);
      await faults[fault]?.();
      await clock.advance((30 + below(90)) * SECOND_MS);
      led.cut(false);
      led.reaches.box = true;
      led.reaches.hub = true;
      await led.startHub();
      await led.startBox();
      await clock.advance((60 + below(60)) * SECOND_MS);
    }
    const ofCall = led.rung.filter((one) => occurrenceOf(one) === id);
    expect(ofCall.filter(({ kind }) => kind !== "alarm")).toEqual([]);
    expect(longestGapMs(ofCall, startedAt, clock.mono()), `faults ${done.join()}`).toBeLessThanOrEqual(
      60 * SECOND_MS,
    );
    // A provider that knows a key has had the message: what counts is the first of each.
    const firsts = ofCall.filter(({ key }, at) => ofCall.findIndex((one) => one.key === key) === at);
    expect(longestGapMs(firsts, startedAt, clock.mono()), `faults ${done.join()}`).toBeLessThanOrEqual(
      60 * SECOND_MS,
    );
  },
);

test("a hub calls over a way from outside the tree that its configuration names, and not over one that it lacks", {
  timeout: 60_000,
}, async () => {
  const at = {
    box: outsideBell("door-bell"),
    hub: outsideBell("door-bell"),
    alone: outsideBell("attic-bell"),
  };
  const led = await createLedHome({
    channels: { box: [at.box.module, at.alone.module], hub: [at.hub.module] },
    phones: [
      { id: "door", channel: "door-bell", settings: { door: "7" } },
      { id: "attic", channel: "attic-bell", settings: { door: "8" } },
    ],
  });
  const { clock } = led.world;
  led.call();
  await clock.advance(10 * SECOND_MS);
  expect([at.box.rung, at.hub.rung, at.alone.rung]).toEqual([["door alarm"], [], ["attic alarm"]]);
  await led.stopBox();
  await clock.advance(60 * SECOND_MS);
  expect(at.hub.rung.length).toBeGreaterThan(0);
  expect(new Set(at.hub.rung)).toEqual(new Set(["door alarm"]));
  expect(at.alone.rung).toEqual(["attic alarm"]);
  const refused = noted(led, "send.refused").map(({ fields }) => fields);
  expect(refused).toContainEqual(
    expect.objectContaining({ target: "attic", detail: "there is no channel attic-bell here" }),
  );
});
