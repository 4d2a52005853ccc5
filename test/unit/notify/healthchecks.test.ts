import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { DEAD_MEN } from "../../../src/notify/dead-men.ts";
import { healthchecks } from "../../../src/notify/healthchecks/healthchecks.ts";
import type { HttpRequest, HttpResponse } from "../../../src/port/http.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createDeadMen } from "../../../src/watch/deadman-keeper.ts";
import { NIGHT } from "../../support/alarms.ts";
import { GARBAGE, textOf } from "../../support/channel-bench.ts";
import { silentLog } from "../../support/silent-log.ts";

const UUID = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";
const ADDRESS = `https://hc-ping.com/${UUID}`;
const ORDER = { sequence: "dead-man-home-0", aheadMs: 6 * MINUTE_MS, title: "Silent", body: "Look." };

/** One check as healthchecks.io/docs/http_api has it: period a minute, grace five minutes. */
function service(now: () => number) {
  let lastMs: number | undefined;
  let hasFailed = false;
  const requests: HttpRequest[] = [];
  const answer = (request: HttpRequest): HttpResponse => {
    requests.push(request);
    const { pathname } = new URL(request.url);
    const [, uuid, signal] = pathname.split("/");
    const text = (status: number, body: string): HttpResponse => ({ status, headers: {}, body });
    if (uuid !== UUID) return text(404, "not found");
    if (signal === "fail") hasFailed = true;
    else if (signal === undefined) [lastMs, hasFailed] = [now(), false];
    else if (signal !== "log" && signal !== "start") return text(400, "invalid url format");
    return text(200, "OK");
  };
  return {
    requests,
    answer,
    isDown: () => hasFailed || (lastMs !== undefined && now() - lastMs > 6 * MINUTE_MS),
  };
}

function setUp(settings: { [name: string]: string } = { address: ADDRESS }) {
  const clock = createVirtualClock(NIGHT);
  const check = service(() => clock.wall());
  let answer = check.answer;
  const man = healthchecks.create({ clock, http: { request: async (request) => answer(request) } });
  const state = { isCut: false, trouble: undefined as string | undefined };
  const men = createDeadMen({
    ...{ clock, random: createSeededRandom(1), log: silentLog, home: "qwertyuiop", language: "en" },
    men: [{ man, time: healthchecks.time }],
    ...{ settings: () => settings, isLed: () => false, onWatch: () => false, neededMs: () => 12 * HOUR_MS },
    ...{ isShared: () => false, trouble: () => state.trouble, onChange: () => undefined },
    state: { value: async () => undefined, setValue: async () => undefined },
  });
  const answering = (make: (request: HttpRequest) => HttpResponse): void => {
    answer = make;
  };
  return { clock, check, man, men, state, answering, settings };
}

describe("a check", () => {
  test("hears of the box every minute, by day as well, and goes down when the box is silent", async () => {
    const { clock, check, men } = setUp();
    await men.start();
    await clock.advance(2 * HOUR_MS);
    expect(check.isDown()).toBe(false);
    expect(check.requests.length).toBeGreaterThan(100);
    expect(check.requests.length).toBeLessThan(140);
    expect(men.states()).toEqual([{ id: "dead-man-ping", state: { kind: "armed" } }]);
    expect(check.requests.every(({ method, url }) => method === "POST" && url === ADDRESS)).toBe(true);
    await men.stop();
    await clock.advance(7 * MINUTE_MS);
    expect(check.isDown()).toBe(true);
  });

  test("is told at once, and once, when the box lives and does not work", async () => {
    const { clock, check, men, state } = setUp();
    await men.start();
    await clock.advance(5 * MINUTE_MS);
    state.trouble = "the engine of bed b1 has not ticked for 12 s";
    await clock.advance(2 * MINUTE_MS);
    expect(check.isDown()).toBe(true);
    const fails = check.requests.filter(({ url }) => url === `${ADDRESS}/fail`);
    expect(fails.map(textOf)).toEqual([state.trouble]);
    state.trouble = undefined;
    await clock.advance(MINUTE_MS);
    expect(check.isDown()).toBe(false);
    await men.stop();
  });

  test("cannot be called off from here, which is said", async () => {
    const { clock, check, men } = setUp();
    await men.start();
    await clock.advance(MINUTE_MS);
    expect(await men.callOff()).toEqual([{ id: "dead-man-ping", isOff: false }]);
    expect(check.requests.at(-1)).toMatchObject({ url: `${ADDRESS}/log` });
  });
});

describe("an answer", () => {
  test.each([
    ["a check that nobody made", 404, "not found", "refused"],
    ["a check that nobody made, with success", 200, "OK (not found)", "refused"],
    ["too often", 200, "OK (rate limited)", "failed"],
    ["too often, by status", 429, "slow down", "failed"],
    ["a server in trouble", 503, "<html>", "failed"],
    ["a wrong address", 400, "invalid url format", "refused"],
  ])("%s is no sign of life that arrived", async (_, status, body, outcome) => {
    const { man, answering, settings } = setUp();
    answering(() => ({ status, headers: {}, body }));
    expect(await man.putOff(settings, ORDER)).toMatchObject({ outcome });
  });

  test.each(GARBAGE)("%s is not taken for success", async (_, body) => {
    const { man, answering, settings } = setUp();
    answering(() => ({ status: 200, headers: {}, body }));
    expect((await man.putOff(settings, ORDER)).outcome).toBe("failed");
  });

  test("that repeats the address gives the check's code away to nobody", async () => {
    const { man, answering, settings } = setUp();
    answering(({ url }) => ({ status: 500, headers: {}, body: url }));
    expect(JSON.stringify(await man.putOff(settings, ORDER))).not.toContain(UUID);
  });
});

test("an address without TLS is for the house alone", async () => {
  const outside = setUp({ address: `http://hc.example.org/${UUID}` });
  expect(await outside.man.putOff(outside.settings, ORDER)).toMatchObject({ outcome: "refused" });
  expect(outside.check.requests).toEqual([]);
  const inside = setUp({ address: `http://192.168.1.9:8000/${UUID}` });
  expect(await inside.man.putOff(inside.settings, ORDER)).toMatchObject({ outcome: "accepted" });
});

describe.each(DEAD_MEN)("$id", ({ id, name, summary, steps, fields }) => {
  test("says everything in three languages, and asks for what can be checked", () => {
    expect(id).toMatch(/^dead-man-[a-z0-9-]{1,30}$/);
    for (const texts of [name, summary, ...steps, ...fields.flatMap(({ label, help }) => [label, help])]) {
      for (const text of Object.values(texts)) expect(text.trim()).not.toBe("");
    }
    expect(new Set(fields.map((field) => field.name)).size).toBe(fields.length);
    for (const { pattern } of fields) expect(() => new RegExp(`^(?:${pattern ?? ".*"})$`, "u")).not.toThrow();
  });
});
