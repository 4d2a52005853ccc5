import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MINUTE_MS } from "../../../src/domain/time.ts";
import { passkeysAt } from "../../../src/server/passkeys.ts";
import { createSoftKey, type SoftKey } from "../../support/soft-key.ts";
import { type Harness, startHarness } from "./harness.ts";

const ORIGIN = "http://localhost:8420";
let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({
    passkeyHost: "localhost",
    names: ["other.example", "localhost.other.example"],
  });
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const post = (url: string, payload: object | undefined, cookie?: string, host = "localhost:8420") =>
  harness.app.inject({
    method: "POST",
    url,
    ...(payload === undefined ? {} : { payload }),
    headers: { host, ...(cookie === undefined ? {} : { cookie }) },
  });

/** Makes a passkey for whoever this cookie is. */
async function make(cookie: string, key: SoftKey): Promise<number> {
  const options = (await post("/api/me/passkeys/begin", undefined, cookie)).json();
  const made = key.create(ORIGIN, options);
  return (await post("/api/me/passkeys", { label: "Mei's phone", made }, cookie)).statusCode;
}

const challenge = async (): Promise<{ readonly challenge: string; readonly rpId: string }> =>
  (await post("/api/sign-in/passkey/begin", undefined)).json();

describe("a passkey", () => {
  it("that somebody made signs that person in from then on, as often as asked", async () => {
    const key = createSoftKey();
    expect(await make(await harness.signIn("caregiver", "Mei"), key)).toBe(204);
    for (let n = 0; n < 2; n += 1) {
      const answer = await post("/api/sign-in/passkey", { answer: key.get(ORIGIN, await challenge()) });
      expect(answer.json()).toMatchObject({ person: { name: "Mei", role: "caregiver" } });
      expect(String(answer.headers["set-cookie"])).toMatch(/^breathwatch=[\w-]{43};/);
    }
  });

  it("is listed under its label, and signs nobody in once it is removed, by its owner only", async () => {
    const key = createSoftKey();
    const mei = await harness.signIn("caregiver", "Mei");
    const lin = await harness.signIn("owner", "Lin");
    await make(mei, key);
    const list = await harness.app.inject({ url: "/api/me/sign-ins", headers: { cookie: mei } });
    const [passkey] = list.json().passkeys;
    expect(passkey).toMatchObject({ label: "Mei's phone" });
    expect(list.body).not.toContain(key.id);
    const remove = (cookie: string) =>
      harness.app.inject({
        method: "DELETE",
        url: `/api/me/passkeys/${passkey.id}`,
        headers: { cookie },
      });
    expect((await remove(lin)).statusCode).toBe(404);
    expect((await remove(mei)).statusCode).toBe(204);
    const answer = await post("/api/sign-in/passkey", { answer: key.get(ORIGIN, await challenge()) });
    expect(answer.json()).toMatchObject({ status: 403, code: "PASSKEY_REFUSED" });
  });

  it.each([
    ["for another site", (key: SoftKey, asked: Asked) => key.get("https://evil.example", asked)],
    [
      "with another key",
      (key: SoftKey, asked: Asked) => ({
        ...createSoftKey().get(ORIGIN, asked, { user: "person-1" }),
        id: key.id,
        rawId: key.id,
      }),
    ],
    [
      "to a question that nobody asked",
      (key: SoftKey) => key.get(ORIGIN, { challenge: "A".repeat(43), rpId: "localhost" }),
    ],
    ["for another host", (key: SoftKey, asked: Asked) => key.get(ORIGIN, { ...asked, rpId: "evil.example" })],
    ["as somebody else", (key: SoftKey, asked: Asked) => key.get(ORIGIN, asked, { user: "person-9" })],
    ["without anybody there", (key: SoftKey, asked: Asked) => key.get(ORIGIN, asked, { present: false })],
  ])("that answers %s is refused", async (_, answerOf) => {
    const key = createSoftKey();
    await make(await harness.signIn("caregiver", "Mei"), key);
    const answer = await post("/api/sign-in/passkey", { answer: answerOf(key, await challenge()) });
    expect(answer.json()).toMatchObject({ status: 403, code: "PASSKEY_REFUSED" });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  it("answers a question once, and within five minutes", async () => {
    const key = createSoftKey();
    await make(await harness.signIn("caregiver", "Mei"), key);
    const once = key.get(ORIGIN, await challenge());
    expect((await post("/api/sign-in/passkey", { answer: once })).statusCode).toBe(200);
    expect((await post("/api/sign-in/passkey", { answer: once })).statusCode).toBe(403);
    const late = key.get(ORIGIN, await challenge());
    await harness.clock.advance(5 * MINUTE_MS);
    expect((await post("/api/sign-in/passkey", { answer: late })).statusCode).toBe(403);
  });

  it("whose count goes back is refused: somebody has a copy", async () => {
    const key = createSoftKey();
    await make(await harness.signIn("caregiver", "Mei"), key);
    const answer = async (count: number) =>
      (await post("/api/sign-in/passkey", { answer: key.get(ORIGIN, await challenge(), { count }) }))
        .statusCode;
    expect(await answer(7)).toBe(200);
    expect(await answer(7)).toBe(403);
    expect(await answer(8)).toBe(200);
  });

  it("is kept for who began to make it only", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    const lin = await harness.signIn("owner", "Lin");
    const options = (await post("/api/me/passkeys/begin", undefined, mei)).json();
    const made = createSoftKey().create(ORIGIN, options);
    expect((await post("/api/me/passkeys", { made }, lin)).json()).toMatchObject({ code: "PASSKEY_REFUSED" });
    // The question is used up by whoever answered.
    expect((await post("/api/me/passkeys", { made }, mei)).json()).toMatchObject({ code: "PASSKEY_REFUSED" });
  });

  it("is refused with words on a page at another address than its host name", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    for (const host of ["127.0.0.1:8420", "other.example", "localhost.other.example"]) {
      const answer = await post("/api/me/passkeys/begin", undefined, mei, host);
      expect(answer.json()).toMatchObject({ status: 409, code: "PASSKEY_NO_HOST" });
      expect((await post("/api/sign-in/passkey/begin", undefined, undefined, host)).statusCode).toBe(409);
    }
  });

  it("cannot be asked for without end", async () => {
    for (let n = 0; n < 10; n += 1) await challenge();
    expect((await post("/api/sign-in/passkey/begin", undefined)).statusCode).toBe(429);
  });
});

interface Asked {
  readonly challenge: string;
  readonly rpId: string;
}

describe("the host name of passkeys", () => {
  it.each([
    ["home.example", true, "home.example"],
    ["Home.Example", true, "home.example"],
    ["home.example", false, undefined],
    ["localhost", false, "localhost"],
    ["192.168.1.20", true, undefined],
    ["::1", true, undefined],
  ])("of pages at %s (TLS: %s) is %s", (name, encrypted, host) => {
    expect(passkeysAt(name, encrypted).passkeyHost).toBe(host);
  });
});
