import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../../src/domain/person.ts";
import type { PairingDesk } from "../../../src/server/pairing-desk.ts";
import { type Harness, HOME, startHarness } from "./harness.ts";

const ADDRESS = "/api/beds/b1/research-consent";
const GIVE = { groups: ["oxygen", "pressure"], textVersion: 1 };

let harness: Harness;
const forgotten: string[] = [];
beforeEach(async () => {
  forgotten.length = 0;
  const home = { id: HOME, label: "The Zhao family", createdAt: 1, createdBy: "x" };
  harness = await startHarness({
    // Only what the route asks of it.
    pairing: {
      registry: { home: async (id: string) => (id === HOME ? home : undefined) },
    } as unknown as PairingDesk,
    forgetHome: async (id) => {
      forgotten.push(id);
      return { beds: [`${id}~b1`], accounts: 2, boxes: [{}] };
    },
  });
});
afterEach(() => harness.close());

const ask = (method: "GET" | "POST" | "DELETE", url: string, cookie: string, payload?: object) =>
  harness.app.inject({ method, url, headers: { cookie }, ...(payload === undefined ? {} : { payload }) });

const actions = async (): Promise<readonly string[]> =>
  (await harness.state.audits(10)).map(({ action, detail }) => `${action} ${detail}`);

describe("consent to research", () => {
  it("is given by the patient for named groups, with who, when and which words, and goes at once", async () => {
    const patient = await harness.signIn("patient", "Zhao");
    const before = (await ask("GET", ADDRESS, patient)).json();
    expect(before.consents).toEqual([]);
    for (const language of LANGUAGES) expect(before.text[language].length).toBeGreaterThan(3);

    const after = (await ask("POST", ADDRESS, patient, GIVE)).json();
    expect(after.consents).toHaveLength(2);
    expect(after.consents[0]).toMatchObject({
      given: { name: "Zhao", at: harness.clock.wall() },
      text: { version: 1, language: "en" },
    });
    const secret = await harness.state.researchSecret("b1");
    expect(Buffer.from(secret ?? "", "base64url")).toHaveLength(32);

    // One group: the rest stands, but with a secret that no earlier export knows.
    expect((await ask("DELETE", `${ADDRESS}?group=pressure`, patient)).statusCode).toBe(204);
    const fresh = await harness.state.researchSecret("b1");
    expect(fresh).not.toBe(secret);
    expect(fresh).toBeDefined();
    expect((await ask("DELETE", ADDRESS, patient)).statusCode).toBe(204);
    expect(await harness.state.researchSecret("b1")).toBeUndefined();
    expect((await ask("DELETE", ADDRESS, patient)).statusCode).toBe(404);
    const { consents } = (await ask("GET", ADDRESS, patient)).json();
    expect(consents.map(({ ended }: { ended?: { name: string } }) => ended?.name)).toEqual(["Zhao", "Zhao"]);
    expect(await actions()).toEqual([
      "research.ended b1 oxygen",
      "research.ended b1 pressure",
      "research.given b1 oxygen pressure text 1",
    ]);
    expect(harness.complaints()).toEqual([]);
  });

  it("given twice stays as it was, since its nights count from the first time", async () => {
    const owner = await harness.signIn("owner");
    const first = (await ask("POST", ADDRESS, owner, GIVE)).json();
    const secret = await harness.state.researchSecret("b1");
    await harness.clock.advance(60_000);
    expect((await ask("POST", ADDRESS, owner, GIVE)).json()).toEqual(first);
    expect(await harness.state.researchSecret("b1")).toBe(secret);
  });

  it("is looked at by a therapist and nobody else, and counts only for the words of today", async () => {
    const therapist = await harness.signIn("therapist");
    expect((await ask("GET", ADDRESS, therapist)).statusCode).toBe(200);
    expect((await ask("POST", ADDRESS, therapist, GIVE)).statusCode).toBe(403);
    expect((await ask("GET", ADDRESS, await harness.signIn("caregiver"))).statusCode).toBe(403);
    const owner = await harness.signIn("owner");
    expect((await ask("POST", ADDRESS, owner, { ...GIVE, textVersion: 2 })).statusCode).toBe(409);
    expect((await ask("POST", ADDRESS, owner, { ...GIVE, groups: ["names"] })).statusCode).toBe(400);
    expect((await harness.state.researchConsents("b1")).length).toBe(0);
  });
});

describe("deleting a home", () => {
  it("asks for its name typed by hand, and says what remains in one's own language", async () => {
    const owner = await harness.signIn("owner");
    const url = `/api/homes/${HOME}`;
    expect((await ask("DELETE", url, owner, { label: "the zhao family" })).statusCode).toBe(409);
    expect(forgotten).toEqual([]);
    const technician = await harness.signIn("technician");
    expect((await ask("DELETE", url, technician, { label: "The Zhao family" })).statusCode).toBe(403);
    const done = await ask("DELETE", url, owner, { label: "The Zhao family" });
    expect(done.json()).toEqual({
      ...{ beds: 1, accounts: 2, boxes: 1 },
      remains: expect.stringContaining("backups"),
    });
    expect(forgotten).toEqual([HOME]);
  });
});
