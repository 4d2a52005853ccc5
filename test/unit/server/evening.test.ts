import { afterEach, describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, wall } from "../../../src/domain/time.ts";
import type { EveningDesk } from "../../../src/port/evening.ts";
import { createLedDesk, type LedDesk } from "../../support/evening-desk.ts";
import { type Harness, HOME, NOW, OCCURRENCE, startHarness, TOKEN } from "./harness.ts";

let harness: Harness;
afterEach(async () => {
  await harness.close();
});

const PHONE = { id: "mei", label: "Phone", person: "p", name: "Mei", channel: "web-push" };
const deskOfMei = (): LedDesk => createLedDesk(NOW, [PHONE]);

async function asMei(evening?: EveningDesk) {
  harness = await startHarness(evening === undefined ? {} : { evening });
  const cookie = await harness.signIn("owner", "Mei");
  return async (method: "GET" | "PUT" | "POST" | "DELETE", payload?: object, rest = "") => {
    const url = `/api/homes/${HOME}/evening${rest}`;
    const answer = await harness.app.inject({
      method,
      url,
      headers: { cookie },
      ...(payload && { payload }),
    });
    return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
  };
}

describe("the evening check over HTTP", () => {
  test("is begun, followed and ended; a second one is refused with the reason", async () => {
    const desk = deskOfMei();
    const ask = await asMei(desk);
    expect(await ask("GET")).toMatchObject({
      status: 200,
      body: { isHere: true, isDue: true, settings: { atMinute: 1_290 }, last: {} },
    });
    expect(await ask("POST", { kind: "quiet" })).toMatchObject({
      status: 200,
      body: { running: { phones: [{ id: "mei" }] } },
    });
    desk.phone("mei", { acceptedMs: 4_200 });
    expect((await ask("GET")).body.running.phones).toMatchObject([{ acceptedMs: 4_200 }]);
    expect(await ask("POST", { kind: "loud", sounder: true })).toMatchObject({
      status: 409,
      body: { code: "CONFLICT", detail: "A check is running." },
    });
    expect((await ask("DELETE")).status).toBe(204);
    expect((await ask("GET")).body).toMatchObject({
      ...{ latest: { end: "stopped" }, last: { quiet: { end: "stopped" } } },
    });
    expect((await ask("PUT", { on: false, atMinute: 1_260 }, "/settings")).status).toBe(204);
    expect(desk.requests).toEqual([{ kind: "quiet", by: "Mei" }, "stop", { on: false, atMinute: 1_260 }]);
    const audits = (await harness.state.audits(3)).map(({ action }) => action);
    expect(audits).toEqual(["check.settings", "check.stopped", "check"]);
  });

  test("refuses phones that are not of this home, and times that are none", async () => {
    const desk = deskOfMei();
    const ask = await asMei(desk);
    expect((await ask("POST", { kind: "quiet", phones: ["stranger"] })).status).toBe(404);
    expect((await ask("POST", { kind: "soft" })).status).toBe(400);
    expect((await ask("PUT", { on: true, atMinute: 1_440 }, "/settings")).status).toBe(400);
    expect(desk.requests).toEqual([]);
  });

  test("tells of each phone when it was proven and why it has to ring aloud", async () => {
    const desk = deskOfMei();
    const ask = await asMei(desk);
    const target = { id: "mei", label: "Phone", person: "Mei", personId: "p", channel: "web-push" };
    harness.live.readiness({
      ...{ sounder: { ok: true, detail: "" }, durable: true },
      targets: [
        { ...target, provenAgeMs: HOUR_MS, loudAgeMs: 8 * DAY_MS },
        { ...target, id: "ba", changedAgeMs: HOUR_MS, loudAgeMs: DAY_MS },
        { ...target, id: "ann" },
      ],
    });
    const { body } = await ask("GET");
    expect(body.phones).toMatchObject([
      { id: "mei", provenAt: NOW - HOUR_MS, loudDue: "old" },
      { id: "ba", loudDue: "changed" },
      { id: "ann", loudDue: "never" },
    ]);
    expect(body.sounder).toBe(true);
  });

  test("where phones are called elsewhere says so in words", async () => {
    const ask = await asMei();
    expect(await ask("GET")).toMatchObject({ status: 200, body: { isHere: false } });
    expect(await ask("POST", { kind: "quiet" })).toMatchObject({
      status: 409,
      body: { detail: "Phones are called by the box at the bed." },
    });
  });

  test("has words of its own on the page behind its address: nothing has happened", async () => {
    const desk = deskOfMei();
    const ask = await asMei(desk);
    desk.occurrence = OCCURRENCE;
    await ask("POST", { kind: "quiet" });
    const headers = { accept: "text/html", "accept-language": "en" };
    const url = `/api/a/${TOKEN}`;
    const page = await harness.app.inject({ url, headers });
    expect(page.body).toContain("晚間檢查：請點一下");
    expect(page.body).not.toContain("緊急");
    const taken = await harness.app.inject({ method: "POST", url, headers });
    expect(taken.body).toContain("謝謝：這支手機有回應");
  });

  test("shows proofs of a box that is away as old as they are", async () => {
    harness = await startHarness({ evening: deskOfMei(), box: () => ({ online: false, heardAt: NOW }) });
    harness.live.readiness({
      ...{ sounder: { ok: true, detail: "" }, durable: true },
      targets: [{ ...PHONE, person: "Mei", personId: "p", provenAgeMs: HOUR_MS }],
    });
    const headers = { cookie: await harness.signIn("owner", "Mei") };
    await harness.clock.advance(5 * HOUR_MS);
    const { body } = await harness.app.inject({ url: `/api/homes/${HOME}/evening`, headers });
    expect(JSON.parse(body)).toMatchObject({
      ...{ isHere: true, box: { online: false, heardAt: NOW }, now: NOW + 5 * HOUR_MS },
      phones: [{ id: "mei", provenAt: NOW - HOUR_MS }],
    });
  });
});

describe("a phone that tells what runs on it", () => {
  test("keeps its proofs when it comes again, and is due for a loud drill when its system changed", async () => {
    harness = await startHarness();
    const cookie = await harness.signIn("caregiver", "Ba");
    const payload = {
      endpoint: "https://push.example.org/1",
      p256dh: "p".repeat(87),
      auth: "a".repeat(22),
      label: "Phone",
    };
    const subscribe = async (agent: string): Promise<string> =>
      (
        await harness.app.inject({
          ...{ method: "POST", url: "/api/push", payload },
          headers: { cookie, "user-agent": agent },
        })
      ).json().id;
    const iphone = (ios: string): string =>
      `Mozilla/5.0 (iPhone; CPU iPhone OS ${ios} like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1`;
    const id = await subscribe(iphone("17_5"));
    await harness.state.proveTarget(id, wall(NOW - HOUR_MS), true);
    await subscribe(iphone("17_6"));
    const same = { system: "iOS 17, Safari 17", lastProofAt: NOW - HOUR_MS, lastLoudProofAt: NOW - HOUR_MS };
    expect((await harness.state.targets())[0]).toMatchObject(same);
    expect((await harness.state.targets())[0]?.changedAt).toBeUndefined();
    await subscribe(iphone("18_0"));
    expect((await harness.state.targets())[0]).toMatchObject({
      ...same,
      ...{ system: "iOS 18, Safari 17", changedAt: NOW },
    });
  });
});
