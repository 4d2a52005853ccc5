import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listen } from "../../../src/server/listen.ts";
import { type Harness, startHarness } from "./harness.ts";

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

const URL = "/api/beds/b1/limits/what-if";
const post = (limits: object, cookie = owner) =>
  harness.app.inject({ method: "POST", url: URL, payload: { limits }, headers: { cookie } });

describe("what if, over HTTP", () => {
  it("answers line by line, and changes nothing", async () => {
    harness.whatIfLines = async function* () {
      yield { kind: "begun", nights: 0, criticalLimit: 80, simulated: false };
      yield { kind: "failed", code: "STORE_FAILED" };
    };
    const answer = await post({ SPO2_LOW: { limit: 86 } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      "content-type": "application/x-ndjson; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(
      answer.body
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { kind: "begun", criticalLimit: 80 },
      { kind: "failed", code: "STORE_FAILED" },
    ]);
    expect(harness.tried).toMatchObject([{ limits: { SPO2_LOW: { limit: 86 } } }]);
    expect(harness.commands).toEqual([]);
  });

  it("refuses impossible limits, beds that are not there and roles that set none for good", async () => {
    expect((await post({ SPO2_LOW: { limit: 5 } })).json()).toMatchObject({
      status: 422,
      code: "LIMITS_REFUSED",
    });
    const nowhere = { method: "POST", url: URL.replace("b1", "b9"), payload: { limits: {} } } as const;
    expect((await harness.app.inject({ ...nowhere, headers: { cookie: owner } })).statusCode).toBe(404);
    expect((await post({}, await harness.signIn("caregiver"))).statusCode).toBe(403);
  });

  it("ends as soon as the reader is gone", async () => {
    harness.whatIfLines = async function* () {
      yield { kind: "begun", nights: 14, criticalLimit: 80, simulated: false };
      await new Promise(() => undefined);
    };
    const { url } = await listen(harness.app, { host: "127.0.0.1", port: 0 });
    const reader = new AbortController();
    const response = await fetch(url + URL, {
      method: "POST",
      headers: { cookie: owner, "content-type": "application/json" },
      body: JSON.stringify({ limits: {} }),
      signal: reader.signal,
    });
    expect((await response.body?.getReader().read())?.done).toBe(false);
    const ended = new Promise((resolve) => harness.tried[0]?.signal.addEventListener("abort", resolve));
    expect(harness.tried[0]?.signal.aborted).toBe(false);
    reader.abort();
    await ended;
  });
});

it("the usual values of a person, from how many nights", async () => {
  const url = "/api/beds/b1/baselines";
  const answer = await harness.app.inject({ url, headers: { cookie: owner } });
  expect(answer.json()).toEqual({
    baselines: { minute_volume: { median: 7.2, nights: 18 } },
    least: 5,
    simulated: false,
  });
  const patient = await harness.signIn("patient");
  expect((await harness.app.inject({ url, headers: { cookie: patient } })).statusCode).toBe(403);
});
