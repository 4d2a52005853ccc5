// The box watches itself: a whole home on virtual time, whose bed is real (nothing at it is simulated).
import { describe, expect, test } from "vitest";
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import type { AlarmEvent } from "../../src/domain/alarm.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS, wall } from "../../src/domain/time.ts";
import { composeHome } from "../../src/home.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createRehearsalWorld, simulateBed } from "../../src/rehearse.ts";
import { addPhone, openIn, putPhone } from "../support/home-rehearsed.ts";

const ANA = { id: "p-ana", name: "Ana" };
const NO_ROUTE = () => Promise.reject(new Error("network is unreachable"));
const TAKEN = () => ({ status: 201, headers: {}, body: "" });

/** A bed without devices: there is nothing to be simulated, so people are called. */
const realConfig = (): HomeConfig => {
  const config = rehearsalConfig("B");
  return { ...config, demo: false, beds: config.beds.map((bed) => ({ ...bed, devices: [] })) };
};

/** At ten in the evening; Ana's phone has just proved itself. */
async function startRealHome({ phone = true }: { readonly phone?: boolean } = {}) {
  const run = await startRehearsedHome(7, realConfig());
  if (phone) {
    await addPhone(run);
    run.home.edge.targets.prove("phone");
  }
  const startMs = run.world.clock.wall();
  const told = (events: readonly AlarmEvent[] = run.events): string[] =>
    events.map(({ kind, at, member, occurrence }) => {
      const { condition, priority } = member ?? occurrence;
      return `${Math.round((at - startMs) / SECOND_MS)} ${kind} ${condition} ${priority}`;
    });
  return { ...run, told };
}

test("a whole night on which the router redials twice wakes nobody", { timeout: 300_000 }, async () => {
  const run = await startRealHome();
  const { clock, http, audio } = run.world;
  for (let redial = 0; redial < 2; redial++) {
    await clock.advance(2 * HOUR_MS + 17 * SECOND_MS);
    http.answer = NO_ROUTE;
    await clock.advance(90 * SECOND_MS);
    http.answer = TAKEN;
  }
  await clock.advance(5 * HOUR_MS);
  expect(run.told()).toEqual([]);
  expect(audio.starts).toEqual([]);
  expect(http.requests.every(({ method, url }) => method === "GET" && url.endsWith("example.org/"))).toBe(
    true,
  );
  await run.stop();
});

test("phones that cannot be reached are told after two minutes, in the house, and are high after five", async () => {
  const run = await startRealHome();
  const { clock, http, audio } = run.world;
  await clock.advance(90 * SECOND_MS);
  http.answer = NO_ROUTE;
  await clock.advance(8 * MINUTE_MS);
  expect(openIn(run, "NET_DOWN")).toMatchObject({ priority: "high", simulated: false });
  expect(audio.playing).toBe(true);
  http.answer = TAKEN;
  await clock.advance(20 * SECOND_MS);
  expect(run.told()).toEqual([
    "240 occurred NET_DOWN medium",
    "420 escalated NET_DOWN high",
    expect.stringMatching(/^5[789]\d ended NET_DOWN high$/),
  ]);
  await run.stop();
});

test("what was told before a restart stands after it, and is taken back when it is mended", async () => {
  const run = await startRealHome();
  const { clock, http, disk, state, accounts, homes } = run.world;
  http.answer = NO_ROUTE;
  await clock.advance(4 * MINUTE_MS);
  const before = openIn(run, "NET_DOWN");
  expect(before).toBeDefined();
  const stopping = run.home.stop();
  await clock.advance(5 * SECOND_MS);
  await stopping;
  const startsAt = wall(clock.wall() + 5 * SECOND_MS);
  const fresh = createRehearsalWorld({ seed: 8, startsAt, disk });
  await fresh.state.close();
  const home = await composeHome({ ...fresh, state, accounts, homes }, realConfig(), {
    pagesFolder: "/nonexistent",
  });
  expect(openIn({ home }, "NET_DOWN")?.id).toBe(before?.id);
  await fresh.clock.advance(20 * SECOND_MS);
  expect(openIn({ home }, "NET_DOWN")?.id).toBe(before?.id);
  await fresh.clock.advance(20 * SECOND_MS);
  expect(openIn({ home }, "NET_DOWN")).toBeUndefined();
  const ending = home.stop();
  await fresh.clock.advance(5 * SECOND_MS);
  await ending;
  await fresh.timeseries.close();
  await run.stop();
});

test("a phone whose subscription is gone is told while people are awake; without another one nobody is on call", async () => {
  const run = await startRealHome();
  const { clock, http } = run.world;
  await clock.advance(MINUTE_MS);
  http.answer = ({ method }) => ({ status: method === "POST" ? 410 : 404, headers: {}, body: "" });
  const call = { how: "switch", kind: "come" } as const;
  run.home.edge.command("b1", { kind: "call", id: "call-1", call });
  await clock.advance(10 * SECOND_MS);
  expect(openIn(run, "PHONE_UNREACHABLE")).toMatchObject({
    priority: "medium",
    values: { detail: expect.stringContaining("Ana's phone") },
  });
  await clock.advance(2 * MINUTE_MS);
  expect(openIn(run, "NOBODY_ON_CALL")?.priority).toBe("high");
  http.answer = TAKEN;
  await putPhone(run);
  await clock.advance(10 * SECOND_MS);
  expect(openIn(run, "PHONE_UNREACHABLE")).toBeUndefined();
  expect(openIn(run, "NOBODY_ON_CALL")).toBeUndefined();
  await run.stop();
});

test("five minutes of calling without an answer are told, and end with the answer", async () => {
  const run = await startRealHome();
  const { clock } = run.world;
  await clock.advance(MINUTE_MS);
  const call = { how: "switch", kind: "come" } as const;
  run.home.edge.command("b1", { kind: "call", id: "call-1", call });
  await clock.advance(4 * MINUTE_MS);
  expect(openIn(run, "ESCALATION_EXHAUSTED")).toBeUndefined();
  await clock.advance(90 * SECOND_MS);
  expect(openIn(run, "ESCALATION_EXHAUSTED")?.priority).toBe("high");
  const occurrence = openIn(run, "PATIENT_CALL")?.id ?? "";
  run.home.edge.command("b1", { kind: "with_patient", id: "with-1", occurrence, by: ANA });
  await clock.advance(10 * SECOND_MS);
  expect(openIn(run, "ESCALATION_EXHAUSTED")).toBeUndefined();
  await run.stop();
});

test("phones that have proved nothing for a day are asked to in the evening, silently, until one does", async () => {
  const run = await startRealHome({ phone: false });
  const { clock, audio } = run.world;
  await addPhone(run);
  await clock.advance(MINUTE_MS);
  expect(openIn(run, "TEST_OVERDUE")?.priority).toBe("low");
  await clock.advance(MINUTE_MS);
  run.home.edge.targets.prove("phone");
  await clock.advance(10 * SECOND_MS);
  expect(openIn(run, "TEST_OVERDUE")).toBeUndefined();
  expect(audio.starts).toEqual([]);
  await run.stop();
});

describe("somebody alone beside the sounder", () => {
  test("needs no phone", async () => {
    const run = await startRealHome({ phone: false });
    await run.world.clock.advance(30 * MINUTE_MS);
    expect(run.told()).toEqual([]);
    expect(run.world.http.requests).toEqual([]);
    await run.stop();
  });

  test("is told when the sounder does not work", async () => {
    const run = await startRealHome({ phone: false });
    await run.world.clock.advance(MINUTE_MS);
    run.world.audio.works = false;
    await run.world.clock.advance(10 * MINUTE_MS);
    expect(openIn(run, "NOBODY_ON_CALL")?.priority).toBe("high");
    run.world.audio.works = true;
    await run.world.clock.advance(3 * MINUTE_MS);
    expect(openIn(run, "NOBODY_ON_CALL")).toBeUndefined();
    await run.stop();
  });
});

test("a disk without room is told, and a demo without phones says nothing of itself", async () => {
  const run = await startRealHome();
  run.world.disk.setFull(true);
  await run.world.clock.advance(2 * MINUTE_MS);
  expect(openIn(run, "STORAGE_FULL")?.priority).toBe("high");
  run.world.disk.setFull(false);
  await run.world.clock.advance(2 * MINUTE_MS);
  expect(openIn(run, "STORAGE_FULL")).toBeUndefined();
  await run.stop();
  const demo = await startRehearsedHome(7, rehearsalConfig("B"));
  demo.world.audio.works = false;
  await demo.world.clock.advance(5 * MINUTE_MS);
  expect(demo.events).toEqual([]);
  expect(demo.world.http.requests).toEqual([]);
  await demo.stop();
});

test("another device in the place of a bed's own is an alarm until a person binds it", async () => {
  const ring = (port: string) => ({ family: "viatom-ring", port, label: "Ring", options: {} });
  const config = rehearsalConfig("B");
  const beds = config.beds.map((bed) => ({ ...bed, devices: [ring("memory:ring")] }));
  const run = await startRehearsedHome(5, { ...config, beds });
  const { clock, log, memory } = run.world;
  const [bed] = beds;
  if (bed === undefined) throw new Error("no bed");
  const other = simulateBed({
    ...{ view: run.patient, zone: config.zone, memory, clock, log, random: createSeededRandom(99) },
    bed: { ...bed, devices: [ring("memory:other")] },
  });
  await clock.advance(30 * SECOND_MS);
  expect(openIn(run, "DEVICE_SWAPPED")).toBeUndefined();
  const [before] = run.home.edge.devices();
  memory.swap("ring", "other");
  await clock.advance(90 * SECOND_MS);
  const [after] = run.home.edge.devices();
  expect(after?.serial?.found).not.toBe(before?.serial?.found);
  expect(openIn(run, "DEVICE_SWAPPED")).toMatchObject({
    priority: "high",
    simulated: true,
    values: { serial: after?.serial?.found, expected: before?.serial?.bound },
  });
  expect(run.home.edge.bindSerial(after?.device ?? "")).toBe(after?.serial?.found);
  await clock.advance(5 * SECOND_MS);
  expect(openIn(run, "DEVICE_SWAPPED")).toBeUndefined();
  await other.stop();
  await run.stop();
});
