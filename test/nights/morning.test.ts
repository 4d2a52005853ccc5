// A home's night on virtual time that ends with its summary: what was watched, who was woken by what, the quiet word in the
// morning, and one change to think about after a night of many wakings.
import { expect, test } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import type { Occurrence } from "../../src/domain/alarm.ts";
import type { LimitOffer, MorningSummary, NightEntry } from "../../src/domain/morning.ts";
import { atLocal, HOUR_MS, MINUTE_MS, SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import { composeHome } from "../../src/home.ts";
import type { StoredRow } from "../../src/port/timeseries.ts";
import { openRecordLog } from "../../src/record/log.ts";
import { decodeNightEntry, NIGHTS_FILE } from "../../src/record/night-book.ts";
import { createRehearsalWorld, type RehearsalWorld } from "../../src/rehearse.ts";
import { createPushReceiver } from "../support/push-receiver.ts";
import { addMember, addSignIn } from "../support/sign-in.ts";

const ZONE = "Asia/Shanghai";
const ANA = { id: "p-ana", name: "Ana", role: "caregiver", language: "en" } as const;
const BO = { id: "p-bo", name: "Bo", role: "owner", language: "zh-Hans" } as const;
const WU = { id: "p-wu", name: "Dr Wu", role: "therapist", language: "en" } as const;
const secretOf = (id: string): string => id.padEnd(43, "x");

/** A bed without devices: nothing at it is simulated, so people are called. */
const realConfig = (): HomeConfig => {
  const config = rehearsalConfig("B");
  return { ...config, demo: false, beds: config.beds.map((bed) => ({ ...bed, devices: [] })) };
};

/** What a finger said, each second of a stretch, as a device wrote it. */
async function fill(
  { timeseries }: RehearsalWorld,
  from: Wall,
  to: Wall,
  pulse: (second: number) => number = () => 62,
): Promise<void> {
  const count = (to - from) / SECOND_MS;
  for (let begin = 0; begin < count; begin += 3_600) {
    const rows = Array.from({ length: Math.min(3_600, count - begin) }, (_, i): StoredRow => {
      const at = wall(from + (begin + i) * SECOND_MS);
      const samples = { spo2: 95, pulse_rate: pulse(begin + i) };
      return {
        bed: "b1",
        device: "oximeter234",
        epoch: `e${from}`,
        seq: begin + i,
        at,
        simulated: false,
        samples,
      };
    });
    await timeseries.write({ rows, waves: [], settings: [], events: [] });
  }
}

async function homeAt(start: Wall, before: (world: RehearsalWorld) => Promise<void> = async () => undefined) {
  const world = createRehearsalWorld({ seed: 11, startsAt: start });
  const { clock, state } = world;
  await before(world);
  const home = await composeHome(world, realConfig(), { pagesFolder: "/nonexistent" });
  for (const person of [ANA, BO, WU]) {
    await addMember(world, home.identity.home, person);
    await addSignIn(world, person.id, secretOf(person.id));
  }
  const receiver = createPushReceiver();
  for (const [id, person] of [
    ["phoneanaaa", ANA.id],
    ["phonebobbb", BO.id],
  ] as const) {
    await state.putTarget({
      ...{ id, channel: "web-push", person, label: id, addedAt: clock.wall() },
      settings: {
        endpoint: `https://push.example.org/send/${id}`,
        p256dh: receiver.p256dh,
        auth: receiver.auth,
      },
    });
  }
  await home.edge.targets.refresh();
  home.edge.targets.prove("phoneanaaa");
  const inject = async (
    method: "GET" | "POST" | "PUT",
    path: string,
    person: { id: string },
    payload?: object,
  ) => {
    const headers = { cookie: `breathwatch=${secretOf(person.id)}` };
    const asking = home.app.inject({
      method,
      url: path,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    let isOver = false;
    const ended = asking.finally(() => {
      isOver = true;
    });
    for (let i = 0; i < 600 && !isOver; i++) await clock.advance(100);
    return ended;
  };
  return {
    ...{ world, home, clock, inject },
    /** Messages that went to a phone, as it reads them. */
    pushes: (phone: string) =>
      world.http.requests
        .filter(({ method, url }) => method === "POST" && url.endsWith(phone))
        .map(({ body }) => JSON.parse(receiver.decrypt(Buffer.from(body ?? new Uint8Array())))),
    async stop() {
      const stopping = home.stop();
      await clock.advance(5_000);
      await stopping;
      await world.close();
    },
  };
}

const local = (date: string, hour: number, minute = 0): Wall => atLocal(date, hour * 60 + minute, ZONE);

test("a night ends with its summary: who was woken by what, and one quiet word to the phone that wants it", {
  timeout: 300_000,
}, async () => {
  const run = await homeAt(local("2026-11-21", 20, 30));
  const { clock, home, inject, pushes } = run;
  const path = `/api/homes/${home.identity.home}/phones/phoneanaaa/morning`;
  expect((await inject("PUT", path, ANA, { wanted: true })).statusCode).toBe(204);
  const until = async (at: Wall): Promise<void> => clock.advance(at - clock.wall());
  const ring = async (id: string, answerMs: number): Promise<void> => {
    home.edge.command("b1", { kind: "call", id, call: { how: "key", kind: "come" } });
    await clock.advance(answerMs);
    const [open] = home.edge.live.fold("b1")?.open ?? [];
    expect(open).toMatchObject({ condition: "PATIENT_CALL", simulated: false });
    home.edge.command("b1", { kind: "with_patient", id: `${id}-done`, occurrence: open?.id ?? "", by: ANA });
  };
  await until(local("2026-11-22", 2));
  await ring("call-one", 40 * SECOND_MS);
  await until(local("2026-11-22", 4, 30));
  await ring("call-two", 3 * MINUTE_MS);
  await fill(run.world, local("2026-11-21", 21), local("2026-11-22", 8, 30));
  const isQuiet = ({ title }: { title: string }): boolean => title === "Last night's summary is ready";
  await until(local("2026-11-22", 8, 59));
  expect(pushes("phoneanaaa").some(isQuiet)).toBe(false);
  // The watch ends by the schedule at nine.
  await until(local("2026-11-22", 9, 3));
  const told = pushes("phoneanaaa").filter(isQuiet);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ kind: "update", priority: "low", drill: false });
  await until(local("2026-11-22", 11));
  expect(pushes("phoneanaaa").filter(isQuiet)).toHaveLength(1);
  // Bo's phone has not asked for it.
  expect(pushes("phonebobbb").every(({ kind }) => kind === "alarm" || kind === "closed")).toBe(true);

  const answer = await inject("GET", "/api/beds/b1/nights/2026-11-21/summary", BO);
  const summary = answer.json<MorningSummary>();
  expect(summary).toMatchObject({
    ...{ from: local("2026-11-21", 21), to: local("2026-11-22", 9), isRunning: false, simulated: false },
    watched: { seconds: 12 * 3_600, gaps: [{ from: expect.closeTo(local("2026-11-22", 8, 30), -5) }] },
    counts: { high: 2, medium: 0, low: 0 },
    answered: { count: 2, medianS: 40, slowestS: 180 },
    troubles: ["high_alarm", "data_loss"],
  });
  expect(summary.watched.seen / summary.watched.seconds).toBeCloseTo(11.5 / 12, 3);
  const wakings = summary.people?.map(({ name, wakings: own }) => [
    name,
    own.map(({ at, conditions }) => [at, conditions]),
  ]);
  const both = [local("2026-11-22", 2), local("2026-11-22", 4, 30)].map((at) => [
    expect.closeTo(at, -5),
    ["PATIENT_CALL"],
  ]);
  expect(wakings).toEqual([
    ["Ana", both],
    ["Bo", both],
  ]);
  // The therapist may look too, and who has it already is told that nothing has changed.
  const again = await run.home.app.inject({
    url: "/api/beds/b1/nights/2026-11-21/summary",
    headers: { cookie: `breathwatch=${secretOf(WU.id)}`, "if-none-match": String(answer.headers["etag"]) },
  });
  expect(again.statusCode).toBe(304);
  expect((await inject("GET", "/api/beds/b1/limits/offer", BO)).json()).toEqual({});
  await run.stop();
});

/** A pulse of 130 for 68 s every hour: rings after 60 s, and would not after 75. */
const racing = (second: number): number => (second % 3_600 >= 1_800 && second % 3_600 < 1_868 ? 130 : 62);

test("after a night of many wakings by one alarm one step is proposed, handed on, and nothing is changed", {
  timeout: 300_000,
}, async () => {
  const days = ["2026-11-19", "2026-11-20", "2026-11-21"];
  const run = await homeAt(local("2026-11-22", 8, 30), async (world) => {
    for (const day of days) await fill(world, local(day, 22), wall(local(day, 22) + 6 * HOUR_MS), racing);
    const { disk, clock, random, log } = world;
    const book = await openRecordLog<NightEntry>({
      ...{ disk, clock, random, log, path: NIGHTS_FILE, decode: decodeNightEntry },
    });
    const watch = { kind: "watch", bed: "b1", reason: "schedule" } as const;
    await book.append({ ...watch, at: local("2026-11-21", 21), on: true });
    for (let n = 0; n < 5; n++) {
      const at = wall(local("2026-11-21", 22) + n * HOUR_MS + 31 * MINUTE_MS);
      const occurrence = `b1-aaaaaaaaaa-${n}`;
      await book.append({ kind: "called", bed: "b1", at, occurrence, person: ANA.id });
      const raised: Occurrence = {
        ...{ id: occurrence, bed: "b1", raisedAt: at, values: {}, simulated: false, drill: false },
        condition: "PR_HIGH",
        priority: "medium",
        state: "holds",
      };
      const events = [
        { bed: "b1", key: `${n}a`, event: { kind: "occurred", at, occurrence: raised } as const },
        { bed: "b1", key: `${n}b`, event: { kind: "ended", at, over: true, occurrence: raised } as const },
      ];
      await world.timeseries.write({ rows: [], waves: [], settings: [], events });
    }
    await book.close();
  });
  const { clock, inject } = run;
  const offerOf = async (person: { id: string }): Promise<LimitOffer | undefined> =>
    (await inject("GET", "/api/beds/b1/limits/offer", person)).json<{ offer?: LimitOffer }>().offer;
  await clock.advance(35 * MINUTE_MS);
  await expect.poll(async () => (await offerOf(BO))?.condition, { timeout: 60_000 }).toBe("PR_HIGH");
  const offer = await offerOf(BO);
  expect(offer).toMatchObject({
    ...{ setting: "delay_s", from: 60, to: 75, unit: "s", night: "2026-11-21", wakings: 5 },
    ...{ nights: 3, before: 18, after: 0, criticalLimit: 80, version: 0 },
  });
  const handing = { id: offer?.id ?? "", answer: "handed_on" };
  expect((await inject("POST", "/api/beds/b1/limits/offer", WU, handing)).statusCode).toBe(403);
  expect((await inject("POST", "/api/beds/b1/limits/offer", ANA, handing)).statusCode).toBe(204);
  expect(await offerOf(WU)).toMatchObject({ answer: { what: "handed_on", by: { name: "Ana" } } });
  expect(run.home.edge.live.fold("b1")?.limits.version).toBe(0);
  await run.stop();
});
