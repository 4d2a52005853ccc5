import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../../src/domain/person.ts";
import { DEAD_MEN } from "../../../src/notify/dead-men.ts";
import type { DeadManState } from "../../../src/port/dead-man.ts";
import { type Harness, HOME, startHarness } from "./harness.ts";

const TOPIC = "h-8fK3mQ0zT7vW2xYb";
const TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2";
const STATE: DeadManState = { kind: "armed", aheadMs: 360_000 };

let harness: Harness;
let drilled: string[];
beforeEach(async () => {
  drilled = [];
  harness = await startHarness({
    deadMen: {
      modules: DEAD_MEN,
      states: () => [{ id: "dead-man-ntfy", state: STATE }],
      drill: async (way) => {
        drilled.push(way);
        return { outcome: "failed", detail: "busy", tookMs: 12 };
      },
    },
  });
});
afterEach(async () => {
  await harness.close();
});

async function someone(role: Role, of: Harness = harness) {
  const cookie = await of.signIn(role, role);
  return async (method: "GET" | "PUT" | "POST" | "DELETE", url: string, payload?: object) => {
    const answer = await of.app.inject({
      ...{ method, url: `/api/homes/${HOME}/dead-men${url}`, headers: { cookie } },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: answer.statusCode, text: answer.body, body: answer.body === "" ? {} : answer.json() };
  };
}

describe("who is told if the box dies", () => {
  test("is entered by the owner, shown to the family without secrets, and forgotten", async () => {
    const owner = await someone("owner");
    const caregiver = await someone("caregiver");
    const settings = { topic: TOPIC, token: TOKEN, when: "always" };
    expect(await caregiver("PUT", "/dead-man-ntfy", { settings })).toMatchObject({ status: 403 });
    expect(await owner("PUT", "/dead-man-ntfy", { settings })).toMatchObject({ status: 204 });
    const shown = await caregiver("GET", "");
    expect(shown.body.ways).toMatchObject([
      {
        ...{ id: "dead-man-ntfy", isReady: true, state: STATE },
        entered: { server: "https://ntfy.sh", when: "always" },
      },
      { id: "dead-man-ping", isReady: false, entered: {} },
    ]);
    expect(shown.text).not.toContain(TOPIC);
    expect(shown.text).not.toContain(TOKEN);
    // A secret that is left out stays.
    await owner("PUT", "/dead-man-ntfy", { settings: { when: "watch" } });
    expect((await caregiver("GET", "")).body.ways[0].entered).toEqual({
      server: "https://ntfy.sh",
      when: "watch",
    });
    await owner("DELETE", "/dead-man-ntfy");
    expect((await caregiver("GET", "")).body.ways[0]).toMatchObject({ isReady: false, entered: {} });
  });

  test.each([
    ["a short topic", { topic: "alarm" }, /topic does not look/],
    ["no topic", {}, /topic is missing/],
    ["a server that is no address", { topic: TOPIC, server: "ntfy" }, /server is no address/],
    ["a choice that is none", { topic: TOPIC, when: "never" }, /when is none of the choices/],
  ])("is refused with %s, which is named", async (_, settings, words) => {
    const owner = await someone("owner");
    const answer = await owner("PUT", "/dead-man-ntfy", { settings });
    expect(answer).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    expect(answer.body.detail).toMatch(words);
  });

  test("can be tried by the family, and says how the service took it", async () => {
    const caregiver = await someone("caregiver");
    expect((await caregiver("POST", "/dead-man-ntfy/try")).body).toEqual({
      ...{ outcome: "failed", detail: "busy", tookMs: 12 },
    });
    expect(drilled).toEqual(["dead-man-ntfy"]);
    expect(await caregiver("POST", "/dead-man-horn/try")).toMatchObject({ status: 404 });
  });
});

test("where a hub leads the box nothing is set up here, and it says which", async () => {
  const led = await startHarness({
    ledBy: "https://hub.example",
    deadMen: { modules: DEAD_MEN, states: () => [], drill: () => Promise.reject(new Error("no")) },
  });
  const owner = await someone("owner", led);
  expect((await owner("GET", "")).body).toEqual({ ledBy: "https://hub.example", ways: [] });
  const answer = await owner("PUT", "/dead-man-ntfy", { settings: { topic: TOPIC } });
  expect(answer).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  await led.close();
});
