// A hub that no longer hears a box, with the phones of the home: what it calls, and what it must not take back.
import { expect, onTestFinished, test } from "vitest";
import { answersOf } from "../../src/alarm/answers.ts";
import type { EdgeAbout } from "../../src/bus/bed-schemas.ts";
import type { EdgeStatus, Edges, SilentBed } from "../../src/bus/edges.ts";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import { createHubAlarms } from "../../src/hub-alarms.ts";
import { createHubHomes } from "../../src/hub-homes.ts";
import { createVapidKeys } from "../../src/notify/web-push/vapid.ts";
import { createRehearsalWorld } from "../../src/rehearse.ts";
import { createLiveModel } from "../../src/server/live-model.ts";
import { createPushReceiver } from "../support/push-receiver.ts";

const HOME = "abcdefghij";
const BED = `${HOME}~b1`;
const ABOUT: EdgeAbout = {
  ...{ label: "Anna", zone: "UTC", dependencyClass: "C" },
  devices: [
    { device: "abcdefghij", label: "Ventilator", family: "pb840", role: "ventilator", simulated: false },
  ],
};

async function setUp({ keys = true } = {}) {
  const world = createRehearsalWorld({ seed: 3, startsAt: wall(Date.UTC(2026, 10, 22, 2)) });
  const { clock, log, random, homes: states } = world;
  const state = states.of(HOME);
  const leaveKeys = async (): Promise<void> => {
    const { publicKey, privateKey } = createVapidKeys(random);
    await state.setValue("ack_key", JSON.stringify("k".repeat(43)));
    await state.setValue("vapid_keys", JSON.stringify(`${publicKey} ${privateKey}`));
  };
  if (keys) await leaveKeys();
  await state.putPerson({ id: "ana", name: "Ana", role: "caregiver", language: "en" });
  const { p256dh, auth } = createPushReceiver();
  await state.putTarget({
    ...{ id: "phone", person: "ana", channel: "web-push", label: "Phone", addedAt: clock.wall() },
    settings: { endpoint: "https://push.example.org/send/1", p256dh, auth },
  });
  const heard = { silent: undefined as SilentBed["why"] | undefined, online: true };
  const status = (): EdgeStatus => ({
    ...{ home: HOME, bed: "b1", online: heard.online, simulated: false, settings: {}, about: ABOUT },
  });
  const edges: Pick<Edges, "silent" | "of" | "there"> = {
    there: () => (heard.online ? "heard" : "away"),
    silent: () =>
      heard.silent === undefined ? [] : [{ home: HOME, bed: "b1", forMs: 60_000, why: heard.silent }],
    of: status,
  };
  const live = createLiveModel({ clock, log, beds: [] });
  live.putBed({ bed: BED, label: "Anna", zone: "UTC", sources: ABOUT.devices, answers: answersOf("C") });
  const homes = createHubHomes({ states, clock, log });
  const alarms = createHubAlarms({
    aboutOf: () => undefined,
    forward: async () => ({ accepted: true }),
    ...{ world, config: rehearsalConfig("C"), homes, live, origin: "https://hub.example.org" },
    edges: edges as Edges,
  });
  alarms.start();
  onTestFinished(async () => {
    await alarms.stop();
    await world.close();
  });
  const open = () => live.fold(BED)?.open.filter(({ condition }) => condition === "EDGE_OFFLINE") ?? [];
  return { world, heard, open, alarms, leaveKeys, calls: () => world.http.requests.length };
}

test("a box that is silent calls the phones of its home, and is over once it is heard", async () => {
  const { world, heard, open, calls } = await setUp();
  Object.assign(heard, { silent: "quiet", online: false });
  await world.clock.advance(60 * SECOND_MS);
  expect(open()).toHaveLength(1);
  expect(calls()).toBeGreaterThan(0);
  Object.assign(heard, { silent: undefined, online: true });
  await world.clock.advance(60 * SECOND_MS);
  expect(open()).toEqual([]);
});

test("a box that is heard again is let go, and watched anew when it falls silent again", async () => {
  const { world, heard, open, alarms, calls } = await setUp();
  const engines = () => alarms.ticking().filter(({ name }) => name.includes("engine"));
  const ids = new Set<string>();
  for (let time = 1; time <= 3; time++) {
    const before = calls();
    Object.assign(heard, { silent: "quiet", online: false });
    await world.clock.advance(60 * SECOND_MS);
    for (const { id } of open()) ids.add(id);
    expect(ids.size).toBe(time);
    expect(engines()).toHaveLength(1);
    expect(calls()).toBeGreaterThan(before);
    Object.assign(heard, { silent: undefined, online: true });
    await world.clock.advance(30 * SECOND_MS);
    expect(open()).toEqual([]);
    expect(engines()).toEqual([]);
  }
});

test("a hub that loses its broker meanwhile has not heard the box again", async () => {
  const { world, heard, open } = await setUp();
  Object.assign(heard, { silent: "quiet", online: false });
  await world.clock.advance(60 * SECOND_MS);
  const [before] = open();
  expect(before).toBeDefined();
  heard.silent = "broker";
  await world.clock.advance(20 * SECOND_MS);
  // Back, and everybody has the grace again.
  heard.silent = undefined;
  await world.clock.advance(20 * SECOND_MS);
  expect(open().map(({ id }) => id)).toEqual([before?.id]);
});

test("keys of phones that come late are used: until then the page alone says it", async () => {
  const { world, heard, open, calls, leaveKeys } = await setUp({ keys: false });
  Object.assign(heard, { silent: "offline", online: false });
  await world.clock.advance(60 * SECOND_MS);
  expect(open()).toHaveLength(1);
  expect(calls()).toBe(0);
  await leaveKeys();
  await world.clock.advance(60 * SECOND_MS);
  expect(calls()).toBeGreaterThan(0);
});
