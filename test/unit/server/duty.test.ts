import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Role } from "../../../src/domain/person.ts";
import { DAY_MS, HOUR_MS, type Wall, wall } from "../../../src/domain/time.ts";
import { CHANNEL_MODULES } from "../../../src/notify/modules.ts";
import { createLedDesk } from "../../support/evening-desk.ts";
import { type Harness, NOW, startHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ channels: CHANNEL_MODULES });
});
afterEach(async () => {
  await harness.close();
});

const MORNING = NOW + 11 * HOUR_MS;

interface Someone {
  readonly id: string;
  readonly cookie: string;
}

/** Somebody whose phone has proved itself an hour ago, or not at all. */
async function someone(
  role: Role,
  name: string,
  lastProofAt: Wall | "never" = wall(NOW - HOUR_MS),
): Promise<Someone> {
  const { id } = await harness.person(role, name);
  await harness.state.putTarget({
    ...{ id: `${name.toLowerCase()}-phone`, person: id, channel: "bark", label: name, settings: {} },
    addedAt: wall(NOW - 30 * DAY_MS),
    ...(lastProofAt === "never" ? {} : { lastProofAt }),
  });
  return { id, cookie: await harness.signIn(role, name) };
}

async function ask(
  who: Someone,
  method: "GET" | "PUT" | "POST" | "DELETE",
  url: string,
  payload?: object,
  headers: object = {},
) {
  const request = { method, url: `/api/beds/b1/${url}`, headers: { cookie: who.cookie, ...headers } };
  const answer = await harness.app.inject({ ...request, ...(payload === undefined ? {} : { payload }) });
  return {
    status: answer.statusCode,
    etag: answer.headers["etag"],
    body: answer.body === "" ? {} : answer.json(),
  };
}

const duty = async (who: Someone) => (await ask(who, "GET", "duty")).body;
/** Saturday 2026-01-10, 21:00 to 09:00. */
const nightOf = (person: string) => [{ person, weekday: 6, from: 1_260, to: 540 }];

describe("duty over HTTP", () => {
  it("begins with nobody, and takes a rota of the version that was seen", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await someone("therapist", "Lin");
    const empty = await ask(mei, "GET", "duty");
    expect(empty).toMatchObject({ status: 200, etag: '"0"' });
    expect(empty.body).toMatchObject({
      ...{ version: 0, zone: "Asia/Shanghai", rota: [], handovers: [], shifts: [] },
      people: [
        { id: mei.id, name: "Mei" },
        { id: ba.id, name: "Ba" },
      ],
      tonight: { from: NOW, to: MORNING, gaps: [{ from: NOW, to: MORNING }] },
    });
    expect(empty.body.on).toBeUndefined();
    const without = await ask(mei, "PUT", "duty/rota", { rota: nightOf(ba.id) });
    expect(without).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    const set = await ask(mei, "PUT", "duty/rota", { rota: nightOf(ba.id) }, { "if-match": '"0"' });
    expect(set).toMatchObject({ status: 200, etag: '"1"' });
    expect(set.body).toMatchObject({
      on: { person: ba.id, from: NOW - HOUR_MS, until: MORNING },
      tonight: { gaps: [] },
      changed: { by: { name: "Mei" }, change: "rota" },
    });
    const late = await ask(ba, "PUT", "duty/rota", { rota: [] }, { "if-match": '"0"' });
    expect(late).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    expect((await duty(ba)).on.person).toBe(ba.id);
    expect(harness.targetChanges.count).toBe(1);
    const [entry] = await harness.state.audits(1);
    expect(entry).toMatchObject({ action: "duty.rota", person: mei.id });
    expect(entry?.detail).toContain(`${ba.id} 6 1260-540`);
  });

  it("hands over only with the yes of the one who takes it, on a sign-in of their own", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    const an = await someone("caregiver", "An");
    await ask(mei, "PUT", "duty/rota", { rota: nightOf(mei.id) }, { "if-match": '"0"' });
    const until = NOW + 5 * HOUR_MS;
    const notTheirs = await ask(ba, "POST", "duty/handovers", { to: an.id, until });
    expect(notTheirs).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    const asked = await ask(mei, "POST", "duty/handovers", { to: ba.id, until });
    expect(asked.body.on.person).toBe(mei.id);
    const [{ id, state }] = asked.body.handovers;
    expect(state).toBe("open");
    for (const other of [mei, an]) {
      const refused = await ask(other, "POST", `duty/handovers/${id}`, { answer: "accepted" });
      expect(refused).toMatchObject({ status: 403, body: { code: "NOT_ALLOWED" } });
    }
    expect((await duty(ba)).on.person).toBe(mei.id);
    const accepted = await ask(ba, "POST", `duty/handovers/${id}`, { answer: "accepted" });
    expect(accepted.body).toMatchObject({
      on: { person: ba.id, until, by: "handover" },
      next: { person: mei.id, until: MORNING },
    });
    const again = await ask(ba, "POST", `duty/handovers/${id}`, { answer: "declined" });
    expect(again.status).toBe(409);
    const actions = (await harness.state.audits(3)).map(({ action, person }) => [action, person]);
    expect(actions.slice(0, 2)).toEqual([
      ["duty.accepted", ba.id],
      ["duty.offered", mei.id],
    ]);
  });

  it("is taken by whoever says so of themselves, also as a note", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    const until = NOW + 2 * HOUR_MS;
    const taken = await ask(ba, "POST", "duty/handovers", { to: ba.id, until });
    expect(taken.body).toMatchObject({ on: { person: ba.id, until }, changed: { change: "taken" } });
    const noted = await ask(mei, "POST", "notes/duty", { person: mei.id, until });
    expect(noted.status).toBe(204);
    expect((await duty(ba)).on.person).toBe(mei.id);
    const { notes } = (await ask(ba, "GET", "notes/duty")).body;
    expect(notes).toMatchObject([{ body: { person: mei.id, until } }]);
  });

  it("is nobody's any more when somebody is removed from the home", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await ask(mei, "PUT", "duty/rota", { rota: nightOf(ba.id) }, { "if-match": '"0"' });
    await harness.state.removePerson(ba.id, wall(1));
    const after = await duty(mei);
    expect(after.on).toBeUndefined();
    expect(after.tonight.gaps).toHaveLength(1);
    const strange = await ask(mei, "POST", "duty/handovers", { to: ba.id, until: MORNING });
    expect(strange).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
  });

  it("is one truth where many answer in the same moment", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    const until = NOW + HOUR_MS;
    const all = await Promise.all(
      [mei, ba, mei, ba].map((who) => ask(who, "POST", "duty/handovers", { to: who.id, until })),
    );
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await duty(mei)).version).toBe(4);
  });
});

describe("mornings and scores over HTTP", () => {
  it("keep a report of a night, its correction, and what it was before", async () => {
    const mei = await someone("caregiver", "Mei");
    const ba = await someone("caregiver", "Ba");
    const night = "2026-01-09";
    const first = await ask(mei, "POST", "notes/morning", { night, answers: { headache: 2, pain: 0 } });
    expect(first.status).toBe(204);
    const second = await ask(ba, "POST", "notes/morning", { night, answers: {} });
    expect(second).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    const [{ id }] = (await ask(mei, "GET", "notes/morning")).body.notes;
    const corrected = { night, answers: { headache: 1 }, replaces: id };
    expect((await ask(ba, "POST", "notes/morning", corrected)).status).toBe(204);
    expect((await ask(mei, "POST", "notes/morning", corrected)).status).toBe(409);
    const { notes } = (await ask(mei, "GET", "notes/morning")).body;
    expect(notes.map((note: { body: object }) => note.body)).toEqual(
      expect.arrayContaining([
        { kind: "morning", night, answers: { headache: 2, pain: 0 } },
        { kind: "morning", night, answers: { headache: 1 } },
      ]),
    );
    const newest = notes.find((note: { replaces?: string }) => note.replaces === id);
    // Somebody else's is not taken back; one's own is, and what was before counts again.
    expect((await ask(mei, "DELETE", `notes/${newest.id}`)).status).toBe(404);
    expect((await ask(ba, "DELETE", `notes/${newest.id}`)).status).toBe(204);
    expect((await ask(mei, "GET", "notes/morning")).body.notes).toMatchObject([{ id }]);
  });

  it("refuse nights to come, symptoms that nobody knows, and marks that are none", async () => {
    const mei = await someone("caregiver", "Mei");
    for (const body of [
      { night: "2026-01-11", answers: {} },
      { night: "2026-02-31", answers: {} },
      { night: "2026-01-09", answers: { headache: 4 } },
      { night: "2026-01-09", answers: { hunger: 1 } },
    ]) {
      const answer = await ask(mei, "POST", "notes/morning", body);
      expect(answer, JSON.stringify(body)).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    }
    expect((await ask(mei, "GET", "notes/morning")).body.notes).toEqual([]);
  });

  it("let a therapist correct an owner's score with a new one", async () => {
    const owner = await someone("owner", "Mei");
    const lin = await someone("therapist", "Lin");
    const scores = { dyspnoea: 3, orthopnoea: 3, insufficiency: 3 };
    await ask(owner, "POST", "notes/alsfrs_r", { ...scores, at: NOW - 48 * HOUR_MS });
    const [{ id }] = (await ask(lin, "GET", "notes/alsfrs_r")).body.notes;
    const correction = { ...scores, insufficiency: 2, at: NOW - 48 * HOUR_MS, replaces: id };
    expect((await ask(lin, "POST", "notes/alsfrs_r", correction)).status).toBe(204);
    const { notes } = (await ask(owner, "GET", "notes/alsfrs_r")).body;
    expect(notes).toHaveLength(2);
    expect(notes.find((note: { replaces?: string }) => note.replaces === id)).toMatchObject({
      ...{ by: { name: "Lin" }, body: { insufficiency: 2 } },
    });
  });
});

describe("a box that a hub leads", () => {
  it("shows notes and duty, and says where they are written", async () => {
    await harness.close();
    harness = await startHarness({ ledBy: "https://hub.example" });
    const mei = await someone("owner", "Mei");
    expect((await duty(mei)).ledBy).toBe("https://hub.example");
    expect((await ask(mei, "GET", "notes/morning")).body).toEqual({
      notes: [],
      ledBy: "https://hub.example",
    });
    for (const refused of [
      await ask(mei, "PUT", "duty/rota", { rota: [] }, { "if-match": '"0"' }),
      await ask(mei, "POST", "duty/handovers", { to: mei.id, until: MORNING }),
      await ask(mei, "POST", "notes/morning", { night: "2026-01-09", answers: {} }),
      await ask(mei, "DELETE", "notes/aaaaaaaaaa"),
    ]) {
      expect(refused).toMatchObject({ status: 403, body: { code: "NOT_ALLOWED" } });
      expect(refused.body.detail).toContain("https://hub.example");
    }
  });

  it("asks back before somebody is relied on whose phone has not proved itself within a week, and does it once agreed", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba", "never");
    const wu = await someone("caregiver", "Wu", wall(NOW - 8 * DAY_MS));
    expect((await duty(mei)).people).toEqual([
      { id: mei.id, name: "Mei" },
      { id: ba.id, name: "Ba", unproven: true },
      { id: wu.id, name: "Wu", unproven: true },
    ]);
    const rota = [...nightOf(ba.id), { ...nightOf(wu.id)[0], weekday: 7 }];
    const seen = { "if-match": '"0"' };
    const asked = await ask(mei, "PUT", "duty/rota", { rota }, seen);
    expect(asked).toMatchObject({
      status: 409,
      body: {
        code: "DUTY_UNPROVEN",
        detail: expect.stringContaining("within a week: Ba, Wu."),
        names: ["Ba", "Wu"],
      },
    });
    expect((await duty(mei)).version).toBe(0);
    expect((await ask(mei, "PUT", "duty/rota?unproven=agreed", { rota }, seen)).status).toBe(200);
    // Who is planned already was asked about then.
    const fewer = await ask(mei, "PUT", "duty/rota", { rota: nightOf(ba.id) }, { "if-match": '"1"' });
    expect(fewer.status).toBe(200);
    const until = NOW + 2 * HOUR_MS;
    const given = await ask(mei, "POST", "duty/handovers", { to: wu.id, until });
    expect(given).toMatchObject({ status: 409, body: { code: "DUTY_UNPROVEN" } });
    expect((await ask(mei, "POST", "duty/handovers?unproven=no", { to: wu.id, until })).status).toBe(400);
    // The calls are who they are: proof decides nothing but the asking.
    expect((await ask(mei, "POST", "duty/handovers", { to: mei.id, until })).status).toBe(200);
  });

  it("does not ask about somebody without a phone who heard the sounder at the pillow", async () => {
    await harness.close();
    const desk = createLedDesk(wall(NOW - HOUR_MS), []);
    harness = await startHarness({ channels: CHANNEL_MODULES, evening: desk });
    const { id } = await harness.person("owner", "Mei");
    const mei = { id, cookie: await harness.signIn("owner", "Mei") };
    const sounderWorks = (ok: boolean) =>
      harness.live.readiness({ sounder: { ok, detail: "" }, durable: true, targets: [] });
    sounderWorks(true);
    const put = () => ask(mei, "PUT", "duty/rota", { rota: nightOf(id) }, { "if-match": '"0"' });
    expect((await put()).body.code).toBe("DUTY_UNPROVEN");
    await desk.begin({ kind: "pillow", by: "Mei" });
    await desk.heard(true, "Mei");
    sounderWorks(false);
    expect((await put()).body.code).toBe("DUTY_UNPROVEN");
    sounderWorks(true);
    // Who did not hear it is asked about, and so is whose only phone is gone.
    const ba = await someone("caregiver", "Ba", "never");
    await harness.state.killTarget("ba-phone", wall(NOW), "gone");
    const rota = [{ ...nightOf(ba.id)[0], weekday: 7 }];
    const other = await ask(mei, "PUT", "duty/rota", { rota }, { "if-match": '"0"' });
    expect(other.body.code).toBe("DUTY_UNPROVEN");
    expect((await put()).status).toBe(200);
  });
});
