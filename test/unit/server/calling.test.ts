import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Role } from "../../../src/domain/person.ts";
import { HOUR_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { CHANNEL_MODULES } from "../../../src/notify/modules.ts";
import type { CallingResponse } from "../../../src/server/contract/calling.ts";
import { type Harness, NOW, startHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ channels: CHANNEL_MODULES });
});
afterEach(async () => {
  await harness.close();
});

async function someone(role: Role, name: string) {
  const { id } = await harness.person(role, name);
  return { id, cookie: await harness.signIn(role, name) };
}

async function ask(
  who: { readonly cookie: string },
  method: "GET" | "PUT",
  url = "calling",
  payload?: object,
  headers: object = {},
) {
  const request = { method, url: `/api/beds/b1/${url}`, headers: { cookie: who.cookie, ...headers } };
  const answer = await harness.app.inject({ ...request, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, etag: answer.headers["etag"], body: answer.json() };
}

const phone = async (id: string, person: string, channel = "bark", proven = true): Promise<void> => {
  await harness.state.putTarget({
    ...{ id, person, channel, label: id, settings: {}, addedAt: wall(NOW - 9 * HOUR_MS) },
    ...(proven ? { lastProofAt: wall(NOW - HOUR_MS) } : {}),
  });
};

/** `0 mei-phone`, `60 ba-phone`: who is called first when. */
const firsts = ({ plans }: CallingResponse, priority: "high" | "medium"): string[] =>
  plans[priority].flatMap(({ afterMs, first }) => first.map((id) => `${afterMs / SECOND_MS} ${id}`));

describe("who is called when", () => {
  it("is everybody at once, until somebody has the duty: then that one first", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await phone("mei-phone", mei.id);
    await phone("ba-phone", ba.id);
    await phone("ba-call", ba.id, "twilio", false);
    const before = (await ask(mei, "GET")).body;
    expect(firsts(before, "high")).toEqual(["0 mei-phone", "0 ba-phone", "30 ba-call"]);
    const rota = [{ person: mei.id, weekday: 6, from: 1_260, to: 540 }];
    await ask(mei, "PUT", "duty/rota", { rota }, { "if-match": '"0"' });
    const after = (await ask(ba, "GET")).body;
    expect(after).toMatchObject({ version: 1, on: mei.id, exhaustedMs: 300_000 });
    expect(firsts(after, "high")).toEqual(["0 mei-phone", "60 ba-phone", "120 ba-call"]);
    expect(firsts(after, "medium")).toEqual(["0 mei-phone", "300 ba-phone", "900 ba-call"]);
  });

  it("is asked for a time of the night: who has the duty then, and whose proof still holds", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await phone("mei-phone", mei.id);
    await phone("ba-phone", ba.id);
    const rota = [{ person: ba.id, weekday: 7, from: 60, to: 180 }];
    await ask(mei, "PUT", "duty/rota", { rota }, { "if-match": '"0"' });
    const now = (await ask(mei, "GET")).body;
    expect(now).toMatchObject({ at: NOW });
    expect(now).not.toHaveProperty("on");
    const then = (await ask(mei, "GET", "calling?minute=120")).body;
    expect(new Date(then.at).toLocaleString("sv", { timeZone: then.zone })).toMatch(/ 02:00:00$/);
    expect(then.at - NOW).toBeLessThanOrEqual(24 * HOUR_MS);
    expect(then).toMatchObject({ on: ba.id, againMs: { high: 50_000, medium: 900_000 } });
    expect(firsts(then, "high")).toEqual(["0 ba-phone", "60 mei-phone"]);
    const [bark] = then.phones;
    expect(bark).toMatchObject({ proven: true, way: { en: "Bark" } });
    const noon = (await ask(mei, "GET", "calling?minute=1200")).body;
    expect(noon.phones.map(({ proven }: { proven: boolean }) => proven)).toEqual([false, false]);
    expect((await ask(mei, "GET", "calling?minute=1440")).status).toBe(400);
  });

  it("is as each has chosen, in the version that was seen, and written into the audit record", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await phone("mei-phone", mei.id);
    await phone("ba-phone", ba.id);
    const wish = {
      rules: [{ person: ba.id, turn: "last", ways: [{ target: "ba-phone", important: 1, usual: 0 }] }],
      backstops: ["SPO2_CRIT"],
    };
    expect((await ask(ba, "PUT", "calling", wish)).status).toBe(400);
    const saved = await ask(ba, "PUT", "calling", wish, { "if-match": '"0"' });
    expect(saved).toMatchObject({ status: 200, etag: '"1"', body: { ...wish, version: 1 } });
    expect(firsts(saved.body, "high")).toEqual(["0 mei-phone", "240 ba-phone"]);
    expect(firsts(saved.body, "medium")).toEqual(["0 mei-phone"]);
    expect((await ask(mei, "PUT", "calling", wish, { "if-match": '"0"' })).status).toBe(409);
    const [entry] = await harness.state.audits(1);
    expect(entry).toMatchObject({ action: "duty.calling", person: ba.id });
    expect(entry?.detail).toContain(`${ba.id} last`);
  });

  it("takes no stranger, nobody twice, no alarm that does not exist, and leaves a rota as it is", async () => {
    const mei = await someone("owner", "Mei");
    const rota = [{ person: mei.id, weekday: 6, from: 1_260, to: 540 }];
    await ask(mei, "PUT", "duty/rota?unproven=agreed", { rota }, { "if-match": '"0"' });
    const put = (rules: readonly object[], backstops: readonly string[] = []) =>
      ask(mei, "PUT", "calling", { rules, backstops }, { "if-match": '"1"' });
    expect((await put([{ person: "stranger" }])).status).toBe(400);
    expect((await put([{ person: mei.id }, { person: mei.id }])).status).toBe(400);
    expect((await put([], ["NO_SUCH_ALARM"])).status).toBe(400);
    expect((await put([], ["SPO2_CRIT", "SPO2_LOW", "APNEA", "PR_LOW"])).status).toBe(400);
    expect((await put([{ person: mei.id, turn: "last" }])).status).toBe(200);
    expect((await ask(mei, "GET", "duty")).body.rota).toEqual(rota);
  });
});
