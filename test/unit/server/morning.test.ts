import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LimitOffer, MorningSummary, NightEntry } from "../../../src/domain/morning.ts";
import { atLocal, type Night, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { bark } from "../../../src/notify/bark/bark.ts";
import { modem } from "../../../src/notify/modem/modem.ts";
import { type Harness, HOME, NOW, occurrence, startHarness } from "./harness.ts";

const ZONE = "Asia/Shanghai";
const OFFER: LimitOffer = {
  ...{ id: "offeraaaaa", bed: "b1", night: "2026-01-09" as Night, condition: "PR_HIGH", setting: "delay_s" },
  ...{
    from: 60,
    to: 75,
    unit: "s",
    version: 0,
    wakings: 5,
    nights: 3,
    before: 18,
    after: 0,
    criticalLimit: 80,
  },
  ...{ madeAt: NOW, expiresAt: wall(NOW + 7 * 86_400_000) },
};
const at = (hour: number): number => atLocal(hour >= 12 ? "2026-01-09" : "2026-01-10", hour * 60, ZONE);

let harness: Harness;
let mei: string;
let answers: object[];
let entries: NightEntry[];

beforeEach(async () => {
  answers = [];
  entries = [
    { kind: "watch", bed: "b1", at: wall(at(22)), on: true, reason: "schedule" },
    { kind: "called", bed: "b1", at: wall(at(2)), occurrence: "b1-abcdefghij-1", person: "person-1" },
    { kind: "watch", bed: "b1", at: wall(at(6)), on: false, reason: "ended" },
  ];
  harness = await startHarness({
    channels: [bark, modem],
    nights: {
      schedule: () => undefined,
      entries: (bed) => entries.filter((entry) => entry.bed === bed),
    },
    offers: {
      current: async () => OFFER,
      answer: async (bed, id, what, by) => void answers.push({ bed, id, what, name: by.name }),
    },
  });
  mei = await harness.signIn("caregiver", "Mei");
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const get = (url: string, cookie = mei, headers: object = {}) =>
  harness.app.inject({ url, headers: { cookie, ...headers } });
const SUMMARY = "/api/beds/b1/nights/2026-01-09/summary";

describe("the summary of a night, over HTTP", () => {
  it("says what was watched by the oximeter, who was woken by what, and has an ETag", async () => {
    harness.store.points.spo2 = Array.from({ length: 4 * 3_600 }, (_, i) => ({
      at: wall(at(22) + i * SECOND_MS),
      sample: 95,
    }));
    const raisedAt = wall(at(2) - 30 * SECOND_MS);
    const alarm = occurrence({ raisedAt });
    harness.store.eventList = [{ kind: "occurred", at: raisedAt, occurrence: alarm }];
    const answer = await get(SUMMARY);
    expect(answer.statusCode).toBe(200);
    expect(answer.json<MorningSummary>()).toMatchObject({
      ...{ night: "2026-01-09", from: at(22), to: at(6), isRunning: false, simulated: false },
      watched: { seconds: 8 * 3_600, seen: expect.closeTo(4 * 3_600, -2) },
      people: [{ name: "Mei", wakings: [{ calls: 1, conditions: ["SPO2_LOW"] }] }],
      troubles: ["watched_little", "high_alarm", "data_loss"],
    });
    const tag = String(answer.headers["etag"]);
    expect((await get(SUMMARY, mei, { "if-none-match": tag })).statusCode).toBe(304);
    expect((await get(SUMMARY.replace("2026-01-09", "2026-13-09"))).statusCode).toBe(400);
  });

  it("is not made up by a box that keeps no nights: they are at its hub", async () => {
    const box = await startHarness({ ledBy: "https://hub.example" });
    const cookie = await box.signIn("owner");
    const answer = await box.app.inject({ url: SUMMARY, headers: { cookie } });
    expect(answer.json()).toMatchObject({ code: "NOT_FOUND", fix: expect.stringContaining("hub.example") });
    expect((await box.app.inject({ url: "/api/beds/b1/limits/offer", headers: { cookie } })).json()).toEqual(
      {},
    );
    await box.close();
  });
});

describe("one change to think about, over HTTP", () => {
  const post = (cookie: string, answer = "handed_on") =>
    harness.app.inject({
      ...{ method: "POST", url: "/api/beds/b1/limits/offer", headers: { cookie } },
      payload: { id: OFFER.id, answer },
    });

  it("is seen by home and therapist, answered by home alone, and changes no limit", async () => {
    const wu = await harness.signIn("therapist", "Wu");
    expect((await get("/api/beds/b1/limits/offer", wu)).json()).toMatchObject({ offer: { ...OFFER } });
    expect((await post(wu)).statusCode).toBe(403);
    expect((await post(mei, "apply")).statusCode).toBe(400);
    expect((await post(mei)).statusCode).toBe(204);
    expect(answers).toEqual([{ bed: "b1", id: OFFER.id, what: "handed_on", name: "Mei" }]);
    expect(harness.commands).toEqual([]);
    expect((await harness.state.audits(1))[0]).toMatchObject({ action: "limits.offer.handed_on" });
  });
});

describe("the word in the morning, over HTTP", () => {
  const phone = async (channel: string): Promise<string> => {
    const { id: person } = await harness.person("caregiver", "Mei");
    const target = { id: "phoneaaaaa", channel, person, label: "Mei's", addedAt: NOW, settings: {} };
    await harness.state.putTarget(target);
    return target.id;
  };
  const want = (id: string, wanted: boolean, cookie = mei) =>
    harness.app.inject({
      ...{ method: "PUT", url: `/api/homes/${HOME}/phones/${id}/morning`, headers: { cookie } },
      payload: { wanted },
    });
  const wants = async (): Promise<boolean[]> =>
    (await harness.state.targets()).map(({ morning }) => morning === true);

  it("is off until its owner wants it, for one's own phone alone, and is told to whoever calls", async () => {
    const id = await phone("bark");
    expect(await wants()).toEqual([false]);
    const changes = harness.targetChanges.count;
    expect((await want(id, true)).statusCode).toBe(204);
    expect(await wants()).toEqual([true]);
    expect(harness.targetChanges.count).toBe(changes + 1);
    expect((await want(id, false, await harness.signIn("caregiver", "Bo"))).statusCode).toBe(404);
    expect((await want(id, false, await harness.signIn("owner", "Li"))).statusCode).toBe(204);
    expect(await wants()).toEqual([false]);
  });

  it("is never a call", async () => {
    const id = await phone("modem");
    expect((await want(id, true)).json()).toMatchObject({ status: 409, code: "CONFLICT" });
    expect(await wants()).toEqual([false]);
  });

  it("stays wanted when the same person's browser subscribes anew", async () => {
    const subscribe = (auth: string, cookie: string) =>
      harness.app.inject({
        ...{ method: "POST", url: "/api/push", headers: { cookie } },
        payload: { endpoint: "https://push.example.org/1", p256dh: "B".repeat(87), auth, label: "Mei's" },
      });
    const first = await subscribe("a".repeat(22), mei);
    await want(first.json<{ id: string }>().id, true);
    await subscribe("b".repeat(22), mei);
    expect(await wants()).toEqual([true]);
    await subscribe("c".repeat(22), await harness.signIn("caregiver", "Bo"));
    expect(await wants()).toEqual([false]);
  });
});
