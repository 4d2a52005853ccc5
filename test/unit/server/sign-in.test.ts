import { afterEach, describe, expect, it } from "vitest";
import { DAY_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import type { Me } from "../../../src/server/contract.ts";
import { ensureOwnerCode, normaliseCode, verifyOwnerCode } from "../../../src/server/owner-code.ts";
import { createMemoryState, createMemoryStores } from "../../../src/store/state/state.ts";
import { addMember } from "../../support/sign-in.ts";
import { type Harness, type HarnessOptions, HOME, startHarness } from "./harness.ts";

const open: Harness[] = [];
async function start(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness({ withOwnerCode: true, ...options });
  open.push(harness);
  return harness;
}
afterEach(async () => {
  for (const harness of open.splice(0)) {
    expect(harness.complaints()).toEqual([]);
    await harness.close();
  }
});

const signIn = (harness: Harness, payload: object, headers: Record<string, string> = {}) =>
  harness.app.inject({ method: "POST", url: "/api/sign-in", payload, headers });

const cookieOf = (answer: { readonly headers: Record<string, unknown> }): string =>
  String(answer.headers["set-cookie"]).split(";")[0]!;

const me = async (harness: Harness, cookie?: string): Promise<Me> => {
  const headers = cookie === undefined ? {} : { cookie };
  return (await harness.app.inject({ url: "/api/me", headers })).json();
};

describe("signing in", () => {
  it("with the owner code makes an owner, however the code is typed", async () => {
    const harness = await start();
    expect(harness.ownerCode).toMatch(/^[a-z2-7]{5}-[a-z2-7]{5}$/);
    const typed = ` ${harness.ownerCode.toUpperCase().replace("-", " ").replaceAll("O", "0")} `;
    const answer = await signIn(harness, { code: typed, name: " 小梅 ", language: "zh-Hans" });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      home: "homeaaaaaa",
      demo: true,
      person: { name: "小梅", role: "owner", language: "zh-Hans" },
    });
    expect(await me(harness, cookieOf(answer))).toEqual(answer.json());
    expect((await me(harness)).person).toBeUndefined();
  });

  it("again with the same name continues the same owner on one more phone", async () => {
    const harness = await start();
    const first = await signIn(harness, { code: harness.ownerCode, name: "Mei", language: "en" });
    const second = await signIn(harness, { code: harness.ownerCode, name: "Mei", language: "zh-Hant" });
    const other = await signIn(harness, { code: harness.ownerCode, name: "Lin", language: "en" });
    expect(second.json().person).toEqual({ ...first.json().person, language: "zh-Hant" });
    expect(other.json().person.id).not.toBe(first.json().person.id);
    expect(cookieOf(second)).not.toBe(cookieOf(first));
    expect(await harness.state.people()).toHaveLength(2);
  });

  it("as somebody whom the home brought along is that person, with the phones; another name or role is not", async () => {
    const harness = await start();
    const mei = { id: "meimeimeim", name: "Mei", role: "owner", language: "zh-Hans" } as const;
    const ba = { id: "bababababa", name: "Ba", role: "caregiver", language: "zh-Hans" } as const;
    const machine = { ...mei, id: "local", name: "Command line" };
    for (const one of [mei, ba, machine]) await harness.state.putPerson(one);
    const idOf = async (name: string): Promise<string> =>
      (await signIn(harness, { code: harness.ownerCode, name, language: "en" })).json().person.id;
    expect([await idOf("Mei"), await idOf("Mei")]).toEqual([mei.id, mei.id]);
    for (const other of ["Ba", "Command line"]) {
      expect([mei.id, ba.id, machine.id]).not.toContain(await idOf(other));
    }
    const people = await harness.state.people();
    expect(people.filter(({ name }) => name === "Mei")).toMatchObject([{ ...mei, language: "en" }]);
  });

  it("sets a cookie that scripts and other sites cannot use, kept only as a hash", async () => {
    const harness = await start();
    const answer = await signIn(harness, { code: harness.ownerCode, name: "Mei", language: "en" });
    const header = String(answer.headers["set-cookie"]);
    expect(header).toMatch(/^breathwatch=[\w-]{43};/);
    expect(header).toContain("HttpOnly");
    expect(header).toContain("SameSite=Lax");
    expect(header).toContain("Max-Age=7776000");
    expect(header).not.toContain("Secure");
    expect(answer.body).not.toContain(cookieOf(answer).split("=")[1]);
  });

  it("ends ninety days after it was last used", async () => {
    const harness = await start();
    const cookie = cookieOf(await signIn(harness, { code: harness.ownerCode, name: "Mei", language: "en" }));
    harness.clock.stepWall(90 * DAY_MS - 10 * MINUTE_MS);
    await harness.clock.advance(2 * MINUTE_MS);
    const used = await harness.app.inject({ method: "GET", url: "/api/me", headers: { cookie } });
    expect(used.json().person?.name).toBe("Mei");
    // The browser keeps it for as long.
    expect(cookieOf(used)).toBe(cookie);
    expect(String(used.headers["set-cookie"])).toContain(`Max-Age=${(90 * DAY_MS) / 1_000}`);
    harness.clock.stepWall(90 * DAY_MS - 10 * MINUTE_MS);
    await harness.clock.advance(2 * MINUTE_MS);
    expect((await me(harness, cookie)).person?.name).toBe("Mei");
    harness.clock.stepWall(91 * DAY_MS);
    await harness.clock.advance(2 * MINUTE_MS);
    expect((await me(harness, cookie)).person).toBeUndefined();
  });

  it("ends at once when signed out, on this phone only", async () => {
    const harness = await start();
    const cookie = await harness.signIn("caregiver", "Mei");
    const elsewhere = await harness.signIn("caregiver", "Mei");
    expect((await me(harness, cookie)).person?.name).toBe("Mei");
    const out = await harness.app.inject({ method: "POST", url: "/api/sign-out", headers: { cookie } });
    expect(out.statusCode).toBe(204);
    expect(String(out.headers["set-cookie"])).toContain("Max-Age=0");
    expect((await me(harness, cookie)).person).toBeUndefined();
    expect((await me(harness, elsewhere)).person?.name).toBe("Mei");
  });

  it("with a join code gives the role of the code, once, for ten minutes", async () => {
    const harness = await start();
    const owner = await harness.signIn("owner");
    const make = async (role: string): Promise<string> => {
      const url = "/api/people/join-codes";
      const answer = await harness.app.inject({
        method: "POST",
        url,
        payload: { role },
        headers: { cookie: owner },
      });
      expect(answer.json().expiresInMs).toBe(10 * MINUTE_MS);
      return answer.json().code;
    };
    const code = await make("therapist");
    const joined = await signIn(harness, { code, name: "Dr Wu", language: "zh-Hant" });
    expect(joined.json().person.role).toBe("therapist");
    const again = await signIn(harness, { code, name: "Dr Wu", language: "zh-Hant" });
    expect(again.statusCode).toBe(403);
    const late = await make("technician");
    await harness.clock.advance(10 * MINUTE_MS);
    expect((await signIn(harness, { code: late, name: "Tech", language: "en" })).statusCode).toBe(403);
  });

  it("never makes an owner by a join code", async () => {
    const harness = await start();
    const answer = await harness.app.inject({
      method: "POST",
      url: "/api/people/join-codes",
      payload: { role: "owner" },
      headers: { cookie: await harness.signIn("owner") },
    });
    expect(answer.statusCode).toBe(400);
  });

  it("is refused after ten tries in a minute, right code or wrong, and possible a minute later", async () => {
    const harness = await start();
    const wrong = { code: "aaaaa-aaaaa", name: "Mallory", language: "en" };
    for (let n = 0; n < 10; n += 1) expect((await signIn(harness, wrong)).statusCode).toBe(403);
    const right = { code: harness.ownerCode, name: "Mei", language: "en" };
    const refused = await signIn(harness, right);
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.json()).toMatchObject({ code: "RATE_LIMITED", status: 429 });
    await harness.clock.advance(MINUTE_MS);
    expect((await signIn(harness, right)).statusCode).toBe(200);
    expect(await harness.state.people()).toHaveLength(1);
  });

  it.each([
    ["a name of spaces", { name: "   " }],
    ["a name with a line end", { name: "Mei\n2026 alarm.acknowledged" }],
    ["a name that turns the text around", { name: "Mei\u202Egnp.exe" }],
    ["a name longer than sixty letters", { name: "x".repeat(61) }],
    ["an unknown language", { language: "tlh" }],
    ["a code that is a list", { code: ["a"] }],
    ["no code", { code: undefined }],
  ])("refuses %s", async (_, change) => {
    const harness = await start();
    const answer = await signIn(harness, { code: harness.ownerCode, name: "Mei", language: "en", ...change });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: "INPUT_INVALID",
      type: "urn:breathwatch:fault:INPUT_INVALID",
    });
    expect(await harness.state.people()).toEqual([]);
  });

  it("writes down who signed in, and that somebody failed to", async () => {
    const harness = await start();
    await signIn(harness, { code: harness.ownerCode, name: "Mei", language: "en" });
    await signIn(harness, { code: "aaaaa-aaaaa", name: "Mallory", language: "en" });
    const [refused, accepted] = await harness.state.audits(10);
    expect(refused).toMatchObject({ action: "sign_in.refused" });
    expect(JSON.stringify(refused)).not.toContain("aaaaa");
    expect(accepted).toMatchObject({ action: "sign_in", detail: "owner" });
  });
});

describe("a program on this machine", () => {
  it("may send the secret of a sign-in in a header instead of a cookie", async () => {
    const harness = await start();
    const secret = (await harness.signIn("technician")).split("=")[1];
    const ask = async (authorization: string) =>
      (await harness.app.inject({ url: "/api/devices", headers: { authorization } })).statusCode;
    expect(await ask(`Bearer ${secret}`)).toBe(200);
    expect(await ask(`Bearer ${"x".repeat(43)}`)).toBe(401);
    expect(await ask(`Basic ${secret}`)).toBe(401);
  });
});

describe("a person's language", () => {
  it("is changed for every phone of that person", async () => {
    const harness = await start();
    const [one, two] = [await harness.signIn("caregiver", "Mei"), await harness.signIn("caregiver", "Mei")];
    await me(harness, two);
    const changed = await harness.app.inject({
      method: "POST",
      url: "/api/me/language",
      payload: { language: "zh-Hans" },
      headers: { cookie: one },
    });
    expect(changed.statusCode).toBe(204);
    expect((await me(harness, one)).person?.language).toBe("zh-Hans");
    expect((await me(harness, two)).person?.language).toBe("zh-Hans");
  });
});

describe("while the state store does not answer", () => {
  it("somebody who was signed in can still acknowledge, within a second", async () => {
    const memory = createMemoryStores();
    let down: "no" | "failing" | "hanging" = "no";
    const accounts = {
      ...memory.accounts,
      session: async (...args: Parameters<typeof memory.accounts.session>) => {
        if (down === "failing") throw new Error("disk gone");
        if (down === "hanging") return await new Promise<never>(() => {});
        return await memory.accounts.session(...args);
      },
    };
    const harness = await startHarness({ stores: { ...memory, accounts } });
    const cookie = await harness.signIn("caregiver");
    await me(harness, cookie);
    const acknowledge = () =>
      harness.app.inject({
        method: "POST",
        url: "/api/beds/b1/occurrences/b1-abcdefghij-1/acknowledge",
        payload: { place: "going" },
        headers: { cookie },
      });
    await harness.clock.advance(5 * MINUTE_MS);
    down = "failing";
    expect((await acknowledge()).statusCode).toBe(200);
    down = "hanging";
    const waiting = acknowledge();
    await harness.clock.advance(600);
    expect((await waiting).statusCode).toBe(200);
    expect(harness.commands).toHaveLength(2);
    const stranger = await harness.app.inject({ url: "/api/devices" });
    expect(stranger.statusCode).toBe(401);
    down = "failing";
    const unknown = await harness.app.inject({
      url: "/api/devices",
      headers: { cookie: `breathwatch=${"z".repeat(43)}` },
    });
    expect(unknown.statusCode).toBe(500);
    expect(unknown.body).not.toContain("disk gone");
    await harness.close();
  });
});

describe("requests from another site", () => {
  const call = async (harness: Harness, headers: Record<string, string>) => {
    const answer = await harness.app.inject({
      method: "POST",
      url: "/api/beds/b1/call",
      payload: { how: "touch", kind: "come" },
      headers: { cookie: await harness.signIn("caregiver"), host: "box.example:8443", ...headers },
    });
    return answer.statusCode;
  };

  it.each([
    ["of the same origin by Sec-Fetch-Site", { "sec-fetch-site": "same-origin" }, 200],
    ["of the same origin by Origin", { origin: "https://box.example:8443" }, 200],
    ["of a program that is no browser", {}, 200],
    ["of another site by Sec-Fetch-Site", { "sec-fetch-site": "cross-site" }, 403],
    ["of a sister site", { "sec-fetch-site": "same-site", origin: "https://box.example:8443" }, 403],
    ["of another origin", { origin: "https://evil.example" }, 403],
    ["of another port of this machine", { origin: "https://box.example" }, 403],
    ["of a sandboxed frame", { origin: "null" }, 403],
  ])("a request %s is answered with its right status", async (_, headers, status) => {
    const harness = await start();
    expect(await call(harness, headers as unknown as Record<string, string>)).toBe(status);
    expect(harness.commands).toHaveLength(status === 200 ? 1 : 0);
  });

  it("cannot sign anybody in either", async () => {
    const harness = await start();
    const body = { code: harness.ownerCode, name: "Mei", language: "en" };
    expect((await signIn(harness, body, { origin: "https://evil.example" })).statusCode).toBe(403);
  });
});

describe("the owner code", () => {
  const random = (seed: number) => ({
    bytes: (count: number) => new Uint8Array(count).map((_, i) => (seed * 37 + i * 11) & 255),
    uniform: () => 0,
  });

  it("stays valid once an owner has signed in, and is new at each start before that", async () => {
    const stores = createMemoryStores();
    const { state } = stores;
    const first = (await ensureOwnerCode({ ...stores, random: random(1), renew: false }))!;
    const second = (await ensureOwnerCode({ ...stores, random: random(2), renew: false }))!;
    expect(second).not.toBe(first);
    expect(await verifyOwnerCode(state, first)).toBe(false);
    expect(await verifyOwnerCode(state, second)).toBe(true);
    await addMember(stores, HOME, { id: "p", name: "Mei", role: "owner", language: "en" });
    expect(await ensureOwnerCode({ ...stores, random: random(3), renew: false })).toBeUndefined();
    expect(await verifyOwnerCode(state, second)).toBe(true);
    const renewed = (await ensureOwnerCode({ ...stores, random: random(4), renew: true }))!;
    expect(await verifyOwnerCode(state, second)).toBe(false);
    expect(await verifyOwnerCode(state, renewed)).toBe(true);
    await state.close();
  });

  it("is stored so that the state file does not give it away", async () => {
    const stores = createMemoryStores();
    const { state } = stores;
    const code = (await ensureOwnerCode({ ...stores, random: random(5), renew: false }))!;
    const stored = (await state.value("owner_code"))!;
    expect(stored).not.toContain(normaliseCode(code));
    expect(await verifyOwnerCode(createMemoryState(), code)).toBe(false);
  });
});
