import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DAY_MS } from "../../../src/domain/time.ts";
import { createClinic } from "../../support/clinic.ts";
import { type Harness, NOW, startHarness } from "./harness.ts";

let harness: Harness;
let owner: string;
beforeEach(async () => {
  harness = await startHarness();
  owner = await harness.signIn("owner", "Mei");
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const URL = "/api/beds/b1/limits";
const get = (cookie = owner) => harness.app.inject({ url: URL, headers: { cookie } });
const put = (payload: object, ifMatch: string | undefined, cookie = owner) =>
  harness.app.inject({
    ...{ method: "PUT", url: URL, payload },
    headers: { cookie, ...(ifMatch === undefined ? {} : { "if-match": ifMatch }) },
  });
const post = (path: string, payload: object, ifMatch = '"0"', cookie = owner) =>
  harness.app.inject({
    ...{ method: "POST", url: `${URL}/${path}`, payload },
    headers: { cookie, "if-match": ifMatch },
  });

describe("limits over HTTP", () => {
  it("are the presets at first, then what somebody set, with its version in etag", async () => {
    const first = await get();
    expect(first.statusCode).toBe(200);
    expect(first.headers).toMatchObject({ etag: '"0"', "cache-control": "no-store" });
    expect(first.json()).toMatchObject({ version: 0, history: [], file: {} });
    expect(first.json().conditions.length).toBeGreaterThan(50);

    const set = await put({ limits: { SPO2_LOW: { limit: 86 } }, reason: "agreed" }, '"0"');
    expect(set.statusCode).toBe(200);
    expect(set.headers.etag).toBe('"1"');
    expect(set.json()).toMatchObject({
      delivered: true,
      version: { version: 1, by: { name: "Mei" }, role: "owner", temporary: [{ until: NOW + DAY_MS }] },
    });
    expect(harness.commands).toMatchObject([
      { bed: "b1", command: { kind: "limits", version: 1, expiresAt: NOW + DAY_MS, afterwards: {} } },
    ]);
    expect(await harness.state.audits(1)).toMatchObject([
      { action: "limits", detail: "b1 version 1: agreed" },
    ]);
    const after = (await get(await harness.signIn("patient"))).json();
    expect(after).toMatchObject({ version: 1, engineVersion: 1, history: [{ version: 1 }] });
  });

  it.each<[string, object, string | undefined, number, string, RegExp]>([
    [
      "an impossible number",
      { SPO2_LOW: { limit: 99 } },
      '"0"',
      422,
      "LIMITS_REFUSED",
      /SPO2_LOW.limit is 99/,
    ],
    ["an unknown alarm", { SPO2: { limit: 90 } }, '"0"', 422, "LIMITS_REFUSED", /"SPO2" is not an alarm/],
    [
      "a prototype's name",
      JSON.parse('{"__proto__": {"limit": 1}}'),
      '"0"',
      400,
      "INPUT_INVALID",
      /not valid JSON/,
    ],
    [
      "crossed limits",
      { PR_LOW: { limit: 80 }, PR_HIGH: { limit: 80 } },
      '"0"',
      422,
      "LIMITS_REFUSED",
      /PR_LOW ends/,
    ],
    [
      "what is not recommended",
      { SPO2_LOW: { limit: 80 } },
      '"0"',
      422,
      "LIMITS_UNCONFIRMED",
      /recommended from 85/,
    ],
    ["an old version", { SPO2_LOW: { limit: 90 } }, '"7"', 409, "CONFLICT", /presets are in force/],
    ["no version", { SPO2_LOW: { limit: 90 } }, undefined, 400, "INPUT_INVALID", /which version/],
    ["any version", { SPO2_LOW: { limit: 90 } }, "*", 400, "INPUT_INVALID", /which version/],
  ])("refuse %s, and nothing changes", async (_, limits, ifMatch, status, code, detail) => {
    const answer = await put({ limits, reason: "why" }, ifMatch);
    expect(answer.statusCode).toBe(status);
    expect(answer.json().code).toBe(code);
    expect(answer.json().detail).toMatch(detail);
    expect((await get()).json().version).toBe(0);
    expect(harness.commands).toEqual([]);
  });

  it("want a reason, and take what is confirmed", async () => {
    const limits = { SPO2_LOW: { limit: 80 } };
    expect((await put({ limits }, '"0"')).statusCode).toBe(400);
    expect((await put({ limits, reason: "" }, '"0"')).statusCode).toBe(400);
    expect((await put({ limits, reason: "  " }, '"0"')).json().code).toBe("LIMITS_REFUSED");
    const until = NOW + 3 * DAY_MS;
    const answer = await put({ limits, reason: "hospital letter", confirm: true, until }, '"0"');
    expect(answer.json().version.temporary).toEqual([{ condition: "SPO2_LOW", setting: "limit", until }]);
  });

  it("are narrowed by a caregiver, never widened beyond what is recommended", async () => {
    const caregiver = await harness.signIn("caregiver");
    expect(
      (await put({ limits: { SPO2_LOW: { limit: 91 } }, reason: "cold" }, '"0"', caregiver)).statusCode,
    ).toBe(200);
    const beyond = { limits: { SPO2_LOW: { limit: 80 } }, reason: "tired", confirm: true };
    expect((await put(beyond, '"1"', caregiver)).statusCode).toBe(403);
  });

  it("stay until a therapist changes them, and come back from history", async () => {
    const therapist = await harness.signIn("therapist");
    const limits = { preset: "chronic_low" };
    const set = await put({ limits, reason: "titration", confirm: true, until: "changed" }, '"0"', therapist);
    expect(set.json().version).toMatchObject({ version: 1, temporary: [] });
    expect(set.json().version.file).toMatchObject({ SPO2_RELATIVE: { on: true } });
    const back = await post("restore/0", { reason: "too quiet" }, '"1"');
    expect(back.json().version).toMatchObject({
      version: 2,
      file: {},
      origin: { kind: "restore", version: 0 },
    });
    expect((await post("restore/77", { reason: "?" }, '"2"')).statusCode).toBe(404);
  });

  it("say beforehand what they would change", async () => {
    const answer = await post("check", { limits: { SPO2_LOW: { limit: 84 } } });
    expect(answer.json()).toMatchObject({
      changed: [{ condition: "SPO2_LOW", setting: "limit", from: 88, to: 84 }],
      widened: [{ condition: "SPO2_LOW" }],
      outside: [{ condition: "SPO2_LOW", min: 85 }],
    });
    expect((await get()).json().version).toBe(0);
  });

  it("that the engine did not take are kept, and the answer says so", async () => {
    harness.outcome = { accepted: false, reason: "away" };
    const answer = await put({ limits: { SPO2_LOW: { limit: 90 } }, reason: "why" }, '"0"');
    expect(answer.json()).toMatchObject({ delivered: false, version: { version: 1 } });
    expect((await get()).json()).toMatchObject({ version: 1, engineVersion: 0 });
  });

  it("are of a bed that is here", async () => {
    const answer = await harness.app.inject({ url: "/api/beds/b9/limits", headers: { cookie: owner } });
    expect(answer.statusCode).toBe(404);
  });
});

describe("a clinic's code over HTTP", () => {
  const preset = {
    ...{ clinic: "Lung clinic", name: "low", issue: 1, issuedAt: NOW },
    limits: { SPO2_LOW: { limit: 86 } },
  };

  it("is looked at first, then taken over with the digits of its key", async () => {
    const code = await (await createClinic()).sign(preset);
    const looked = (await post("code", { code })).json();
    expect(looked).toMatchObject({ clinic: "unknown", preset, widened: [{ condition: "SPO2_LOW" }] });
    const unknown = await post("code/apply", { code });
    expect([unknown.statusCode, unknown.json().code]).toEqual([409, "PRESET_CODE_UNKNOWN"]);
    const taken = await post("code/apply", { code, fingerprint: looked.fingerprint });
    expect(taken.json().version).toMatchObject({
      version: 1,
      origin: { kind: "code", clinic: "Lung clinic" },
    });
    expect((await post("code", { code })).json().clinic).toBe("known");
  });

  it("that was changed is refused", async () => {
    const code = await (await createClinic()).sign(preset);
    const changed = `${code.slice(0, 60)}${code.charAt(60) === "A" ? "B" : "A"}${code.slice(61)}`;
    for (const path of ["code", "code/apply"]) {
      const answer = await post(path, { code: changed });
      expect([answer.statusCode, answer.json().code]).toEqual([422, "PRESET_CODE_BAD"]);
    }
  });
});
