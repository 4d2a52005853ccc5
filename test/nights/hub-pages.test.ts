// A home whose pages are on a hub, on virtual time: the evening check and the loud drill asked for there, taps that come back
// through it, what the box leaves of its nights.
import { afterEach, describe, expect, test } from "vitest";
import type { Occurrence } from "../../src/domain/alarm.ts";
import type { LimitOffer, MorningSummary, NightEntry } from "../../src/domain/morning.ts";
import type { Role } from "../../src/domain/person.ts";
import { atLocal, HOUR_MS, MINUTE_MS, SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { LoneEdge } from "../../src/edge-alone.ts";
import type { StoredRow } from "../../src/port/timeseries.ts";
import { openRecordLog } from "../../src/record/log.ts";
import { decodeNightEntry, NIGHTS_FILE } from "../../src/record/night-book.ts";
import { createRehearsalWorld, type RehearsalWorld } from "../../src/rehearse.ts";
import type { EveningResponse } from "../../src/server/contract/evening.ts";
import { type HubHome, MEI, type Phone, startHubHome, tapAddress } from "../support/hub-home.ts";

const ZONE = "Asia/Shanghai";
const NIGHT = "2026-11-21";

let world: RehearsalWorld;
let home: HubHome;
let owner: string;

/** The box, which is there. */
const box = (): LoneEdge["edge"] => {
  if (home.edge === undefined) throw new Error("the box is away");
  return home.edge.edge;
};

/** Time goes on while it is asked for. */
async function ask(method: "GET" | "POST" | "PUT" | "DELETE", url: string, payload?: object, cookie = owner) {
  let isOver = false;
  const asked = home.hub?.app.inject({
    ...{ method, url, headers: { cookie } },
    ...(payload === undefined ? {} : { payload }),
  });
  const answer = Promise.resolve(asked).finally(() => {
    isOver = true;
  });
  while (!isOver) await world.clock.advance(50);
  const given = await answer;
  if (given === undefined) throw new Error("the hub is away");
  return given;
}

const path = () => `/api/homes/${home.grant.home}/evening`;
const evening = async (): Promise<EveningResponse> => (await ask("GET", path())).json();
const begin = (payload: object, cookie = owner) => ask("POST", path(), payload, cookie);
const run = (seconds: number) => world.clock.advance(seconds * SECOND_MS);
const gotBy = (phone: Phone) => home.got(phone);

/** Taps on the newest message that asks, as the phone does: at the address that it was given. */
async function tap(phone: Phone): Promise<number> {
  const { origin, pathname } = tapAddress(home, phone);
  expect(origin).toBe(home.grant.hub);
  return (await ask("POST", pathname, undefined, "")).statusCode;
}

async function join(role: Role, name: string): Promise<string> {
  const made = await ask("POST", "/api/people/join-codes", { role, home: home.grant.home });
  expect(made.statusCode, made.body).toBe(200);
  return signIn(made.json().code, name);
}

async function signIn(code: string | undefined, name: string): Promise<string> {
  const joined = await ask("POST", "/api/sign-in", { code, name, language: "en" }, "");
  expect(joined.statusCode, joined.body).toBe(200);
  return String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "";
}

/** `minute`: local, of the night. */
const at = (minute: number): Wall => atLocal(minute >= 720 ? NIGHT : "2026-11-22", minute, ZONE);

async function startAt(time: Wall): Promise<void> {
  world = createRehearsalWorld({ seed: 3, startsAt: time });
  home = await startHubHome(world);
  owner = await signIn(home.grant.ownerCode, "Li");
  // So that the hub has its phones.
  await run(20);
}

afterEach(async () => {
  await home.stopEdge();
  await home.stopHub();
  await world.close();
});

describe("the evening check at a hub", { timeout: 120_000 }, () => {
  test("is asked of the box, and a tap that goes through the hub reaches its practice bed and proves the phone there", async () => {
    await startAt(at(20 * 60));
    const before = await evening();
    expect(before).toMatchObject({
      isHere: true,
      box: { online: true },
      settings: { on: true, atMinute: 1_290 },
    });
    expect(before.phones.map(({ id, provenAt }) => [id, provenAt])).toEqual([
      ["mei", undefined],
      ["ba", undefined],
    ]);
    const begun = await begin({ kind: "quiet" });
    expect(begun.statusCode, begun.body).toBe(200);
    expect(begun.json()).toMatchObject({
      running: { kind: "quiet", by: "Li", phones: [{ id: "mei" }, { id: "ba" }] },
    });
    expect(box().evening.running?.by).toBe("Li");
    await run(8);
    expect(gotBy("mei")).toMatchObject([{ kind: "alarm", check: "quiet", title: "Evening check: tap once" }]);
    expect((await evening()).running?.phones[0]?.acceptedMs).toEqual(expect.any(Number));

    // The page behind the message says what it is about, before anybody tapped.
    const { pathname } = new URL(gotBy("mei")[0]?.acknowledgeUrl ?? "");
    const page = await home.hub?.app.inject({ url: pathname, headers: { accept: "text/html" } });
    expect(page?.body).toContain("Evening check: tap once");

    expect(await tap("mei")).toBe(200);
    const answered = box().evening.running?.phones.find(({ id }) => id === "mei")?.answeredMs;
    expect(answered).toEqual(expect.any(Number));
    const proof = async () => (await world.state.targets()).find(({ id }) => id === "mei")?.lastProofAt;
    await run(1);
    expect(await proof()).toBeGreaterThan(box().evening.running?.startedAt ?? Number.POSITIVE_INFINITY);
    expect(box().evening.running).toBeDefined();
    expect(await tap("ba")).toBe(200);
    expect(box().evening.last.quiet).toMatchObject({ end: "done", by: "Li" });
    await run(2);
    const after = await evening();
    expect(after.running).toBeUndefined();
    expect(after).toMatchObject({ isDue: false, last: { quiet: { end: "done" } }, latest: { end: "done" } });
    expect(after.phones.map(({ provenAt }) => provenAt)).toEqual([expect.any(Number), expect.any(Number)]);
    // Once more on the same message: it was heard, and nothing rings anew.
    expect(await tap("mei")).toBe(200);
    await run(60);
    expect(gotBy("mei").map(({ kind }) => kind)).toEqual(["alarm", "closed"]);
    // The box's own record has it, whatever the hub writes.
    const audits = (await world.state.audits(20)).map(({ action, detail }) => `${action}: ${detail}`);
    expect(audits).toContain("check: quiet all phones for Li at the hub");
  });

  test("tries the sounder at the pillow from there, and takes what was heard", async () => {
    await startAt(at(20 * 60));
    const begun = await begin({ kind: "pillow" });
    expect(begun.statusCode, begun.body).toBe(200);
    expect(begun.json()).toMatchObject({ running: { kind: "pillow", by: "Li", phones: [] } });
    const heard = (says: boolean) => ask("POST", `${path()}/heard`, { heard: says });
    expect((await heard(true)).json()).toMatchObject({ status: 409, code: "CONFLICT" });
    await run(30);
    expect(world.audio.playing).toBe(true);
    const answered = await heard(true);
    expect(answered.json()).toMatchObject({ last: { pillow: { heard: true, heardBy: "Li" } } });
    expect(world.audio.playing).toBe(false);
    expect(box().evening.last.pillow).toMatchObject({ heard: true, end: "done" });
    const audits = (await world.state.audits(20)).map(({ action, detail }) => `${action}: ${detail}`);
    expect(audits).toContain("check.heard: yes for Li at the hub");
  });

  test("rings aloud from there, is followed, and is stopped", async () => {
    await startAt(at(20 * 60));
    expect((await begin({ kind: "loud", phones: ["mei"] })).json()).toMatchObject({
      running: { kind: "loud" },
    });
    await run(6);
    expect(gotBy("mei").at(-1)).toMatchObject({ check: "loud", priority: "high" });
    const again = await begin({ kind: "quiet" });
    expect([again.statusCode, again.json().code]).toEqual([409, "CONFLICT"]);
    expect(again.json().detail).toContain("A check is running");
    expect(await tap("mei")).toBe(200);
    await run(1);
    expect((await world.state.targets()).find(({ id }) => id === "mei")?.lastLoudProofAt).toEqual(
      expect.any(Number),
    );
    expect((await begin({ kind: "loud" })).statusCode).toBe(200);
    expect((await ask("DELETE", path())).statusCode).toBe(204);
    expect(box().evening.last.loud).toMatchObject({ end: "stopped" });
    expect((await evening()).last.loud).toMatchObject({ end: "stopped" });
    const moved = await ask("PUT", `${path()}/settings`, {
      on: false,
      atMinute: 1_200,
    });
    expect(moved.statusCode).toBe(204);
    expect(box().evening.settings).toEqual({ on: false, atMinute: 1_200 });
  });

  test("is refused in words at night and for a stranger's role; one phone may be tried quietly", async () => {
    await startAt(at(60));
    const therapist = await join("therapist", "Dr Wu");
    expect((await begin({ kind: "quiet" }, therapist)).statusCode).toBe(403);
    const night = await begin({ kind: "quiet" });
    expect([night.statusCode, night.json().code]).toEqual([409, "CHECK_AT_NIGHT"]);
    expect((await begin({ kind: "loud", phones: ["mei"] })).json().code).toBe("CHECK_AT_NIGHT");
    expect((await begin({ kind: "quiet", phones: ["mei", "ba"] })).json().code).toBe("CHECK_AT_NIGHT");
    expect(box().evening.latest).toBeUndefined();
    const tried = await begin({ kind: "quiet", phones: ["mei"] });
    expect(tried.json()).toMatchObject({ running: { kind: "quiet", some: true, phones: [{ id: "mei" }] } });
  });

  test("is refused in words while the box is away, and what it said of its phones grows older", async () => {
    await startAt(at(20 * 60));
    await begin({ kind: "quiet" });
    await run(8);
    await tap("mei");
    await run(2);
    const provenAt = async () => (await evening()).phones.find(({ id }) => id === "mei")?.provenAt ?? 0;
    const proven = await provenAt();
    expect(Math.abs(proven - world.clock.wall())).toBeLessThan(MINUTE_MS);
    await home.stopEdge();
    await run((2 * HOUR_MS) / SECOND_MS);
    // A check that was cut off does not run for ever.
    expect((await evening()).running).toBeUndefined();
    const away = await begin({ kind: "quiet" });
    expect([away.statusCode, away.json().code]).toEqual([503, "EDGE_SILENT"]);
    expect((await evening()).box).toMatchObject({ online: false, heardAt: expect.any(Number) });
    expect(Math.abs((await provenAt()) - proven)).toBeLessThan(2 * MINUTE_MS);
  });
});

/** What a finger said, each second of a stretch, as the hub's ingest wrote it. */
async function fill(from: Wall, to: Wall, pulse: (second: number) => number = () => 62): Promise<void> {
  const count = (to - from) / SECOND_MS;
  for (let start = 0; start < count; start += 3_600) {
    const rows = Array.from({ length: Math.min(3_600, count - start) }, (_, i): StoredRow => {
      const at = wall(from + (start + i) * SECOND_MS);
      const samples = { spo2: 95, pulse_rate: pulse(start + i) };
      return {
        bed: home.bed,
        device: "oximeter234",
        epoch: `e${from}`,
        seq: start + i,
        at,
        simulated: false,
        samples,
      };
    });
    await home.numbers.write({ rows, waves: [], settings: [], events: [] });
  }
}

/** A pulse of 130 for 68 s every hour: rings after 60 s, and would not after 75. */
const racing = (second: number): number => (second % 3_600 >= 1_800 && second % 3_600 < 1_868 ? 130 : 62);

const summary = async (): Promise<MorningSummary> => {
  const answer = await ask("GET", `/api/beds/${home.bed}/nights/${NIGHT}/summary`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
};
const until = (time: Wall) => world.clock.advance(time - world.clock.wall());
const call = (id: string) => box().command("b1", { kind: "call", id, call: { how: "touch", kind: "come" } });
const wakings = ({ people = [] }: MorningSummary) =>
  Object.fromEntries(
    people.map(({ name, wakings: list }) => [name, list.map(({ conditions }) => conditions)]),
  );

/** The end of a night: the box has just started, at a quarter past eight. */
const EIGHT = 8 * 60;
const BEGUN = at(EIGHT + 15);
const ENDS = at(9 * 60);

describe("the morning at a hub", { timeout: 120_000 }, () => {
  test("tells who was called by what, also where the hub was away while the night ended", async () => {
    await startAt(BEGUN);
    await until(at(EIGHT + 25));
    call("pressed");
    await run(30);
    expect(await tap("mei")).toBe(200);
    await run(1);
    expect(box().live.fold("b1")?.open).toMatchObject([
      { condition: "PATIENT_CALL", acknowledgement: { by: { name: "Mei" } } },
    ]);
    const id = box().live.fold("b1")?.open[0]?.id ?? "";
    box().command("b1", { kind: "with_patient", id: "here", occurrence: id, by: MEI });
    const early = await summary();
    expect(early).toMatchObject({ isRunning: true, troubles: expect.arrayContaining(["not_over"]) });
    expect(early.people).toBeUndefined();

    await home.stopHub();
    await until(wall(ENDS + 20 * MINUTE_MS));
    await home.startHub();
    await fill(BEGUN, ENDS);
    await run(150);
    const told = await summary();
    expect(wakings(told)).toEqual({ Li: [], Mei: [["PATIENT_CALL"]], Ba: [["PATIENT_CALL"]] });
    expect(told).toMatchObject({ isRunning: false, from: expect.any(Number), to: ENDS });
    expect(Math.abs(told.from - BEGUN)).toBeLessThan(MINUTE_MS);
    // The same a second time is nothing; another start of the hub knows it too.
    const kept = await home.stores.homes.of(home.grant.home).value("nights b1");
    await home.stopHub();
    await home.startHub();
    await run(150);
    expect(await home.stores.homes.of(home.grant.home).value("nights b1")).toBe(kept);
    expect(await summary()).toEqual(told);
  });

  test("never calls a night good of which less than 90 % was watched", async () => {
    await startAt(BEGUN);
    await until(wall(ENDS + 3 * MINUTE_MS));
    await fill(BEGUN, wall(ENDS - 5 * MINUTE_MS));
    const { watched, troubles, people } = await summary();
    expect(people?.map(({ name, wakings: list }) => [name, list.length])).toContainEqual(["Mei", 0]);
    expect(watched.seen / watched.seconds).toBeLessThan(0.9);
    expect(troubles).toEqual(["watched_little"]);
    await fill(wall(ENDS - 5 * MINUTE_MS), ENDS);
    expect((await summary()).troubles).toEqual([]);
  });

  test("proposes one change after a night of many wakings, once, and changes nothing", async () => {
    world = createRehearsalWorld({ seed: 3, startsAt: at(EIGHT + 50) });
    const { disk, clock, random, log } = world;
    const evenings = ["2026-11-19", "2026-11-20", NIGHT].map((day) => atLocal(day, 22 * 60, ZONE));
    const rung = Array.from({ length: 5 }, (_, n) => wall(atLocal(NIGHT, 22 * 60 + 31, ZONE) + n * HOUR_MS));
    // As an earlier run of the box wrote it down.
    const book = await openRecordLog<NightEntry>({
      ...{ disk, clock, random, log, path: NIGHTS_FILE, decode: decodeNightEntry },
    });
    await book.append({
      kind: "watch",
      bed: "b1",
      reason: "schedule",
      at: atLocal(NIGHT, 21 * 60, ZONE),
      on: true,
    });
    for (const [n, when] of rung.entries()) {
      await book.append({
        kind: "called",
        bed: "b1",
        at: when,
        occurrence: `b1-aaaaaaaaaa-${n}`,
        person: MEI.id,
      });
    }
    await book.close();
    home = await startHubHome(world);
    owner = await signIn(home.grant.ownerCode, "Li");
    for (const from of evenings) await fill(from, wall(from + 6 * HOUR_MS), racing);
    await home.numbers.write({
      ...{ rows: [], waves: [], settings: [] },
      events: rung.flatMap((when, n) => {
        const occurrence: Occurrence = {
          ...{ id: `b1-aaaaaaaaaa-${n}`, bed: home.bed, raisedAt: when, values: {}, state: "holds" },
          ...{ condition: "PR_HIGH", priority: "medium", simulated: false, drill: false },
        };
        return [
          { bed: home.bed, key: `${n}a`, event: { kind: "occurred", at: when, occurrence } as const },
          {
            bed: home.bed,
            key: `${n}b`,
            event: { kind: "ended", at: when, over: true, occurrence } as const,
          },
        ];
      }),
    });
    const offer = async (cookie = owner) =>
      (await ask("GET", `/api/beds/${home.bed}/limits/offer`, undefined, cookie)).json().offer as
        | LimitOffer
        | undefined;
    await until(wall(ENDS + 1 * MINUTE_MS));
    expect(await offer()).toBeUndefined();
    await until(wall(ENDS + 10 * MINUTE_MS));
    await expect.poll(async () => (await offer())?.condition, { timeout: 60_000 }).toBe("PR_HIGH");
    const offered = await offer();
    expect(offered).toMatchObject({
      ...{ bed: home.bed, night: NIGHT, setting: "delay_s", from: 60, to: 75, wakings: 5, criticalLimit: 80 },
    });
    // It says what it rests on, and a second look makes no second one.
    expect(offered?.before).toBeGreaterThan(offered?.after ?? Number.POSITIVE_INFINITY);
    await home.stopHub();
    await home.startHub();
    await run(300);
    expect((await offer())?.id).toBe(offered?.id);

    const answered = await ask("POST", `/api/beds/${home.bed}/limits/offer`, {
      id: offered?.id,
      answer: "handed_on",
    });
    expect(answered.statusCode, answered.body).toBe(204);
    expect(await offer(await join("therapist", "Dr Wu"))).toMatchObject({
      answer: { what: "handed_on", by: { name: "Li" } },
    });
    expect(box().live.fold("b1")?.limits.version).toBe(0);
    // At the box, which keeps no nights, nothing is offered.
    expect(await world.state.value("limit_offer b1")).toBeUndefined();
  });

  test("counts whom the hub called itself, because nobody heard the box", async () => {
    await startAt(BEGUN);
    await home.stopEdge();
    await run(120);
    expect(gotBy("mei").at(-1)).toMatchObject({ kind: "alarm" });
    expect(await tap("mei")).toBe(200);
    await home.startEdge();
    await until(wall(ENDS + 4 * MINUTE_MS));
    expect(wakings(await summary())).toEqual({ Li: [], Mei: [["EDGE_OFFLINE"]], Ba: [["EDGE_OFFLINE"]] });
  });
});
