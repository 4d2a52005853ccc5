import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../../src/domain/person.ts";
import type { ChannelField, ChannelModule } from "../../../src/port/channel.ts";
import { type Harness, HOME, startHarness } from "./harness.ts";

const same = (text: string) => ({ en: text, "zh-Hans": text, "zh-Hant": text });
const field = (name: string, kind: ChannelField["kind"], more: Partial<ChannelField> = {}): ChannelField => ({
  ...{ name, kind, label: same(name), help: same(name), required: true, maxLength: 100 },
  ...more,
});

/** Of a provider with a server and a token, that rings phones by their numbers. */
const BELL: ChannelModule = {
  id: "bell",
  name: same("Bell"),
  summary: same("Rings"),
  place: "anywhere",
  steps: [same("Switch it on")],
  access: [
    field("server", "address", { required: false, fallback: "https://bell.example.org" }),
    field("token", "secret", { pattern: "tk_[a-z0-9]{8}" }),
  ],
  target: [
    field("number", "phone"),
    field("key", "secret", { required: false }),
    field("way", "choice", {
      required: false,
      fallback: "call",
      choices: [
        { value: "call", label: same("Call") },
        { value: "text", label: same("Text") },
      ],
    }),
  ],
  capabilities: {
    ...{ breaksDndIos: "yes", breaksDndAndroid: "setting", mainlandChina: "yes", sounds: "call" },
    ...{ acknowledges: false, endToEndEncrypted: false, maxBytes: 70, ratePerMinute: 5 },
    perTarget: [{ most: 3, withinMs: 480_000 }],
  },
  create: () => ({
    id: "bell",
    capabilities: BELL.capabilities,
    send: async () => ({ outcome: "accepted", reference: "" }),
  }),
};

const TOKEN = "tk_12345678";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ channels: [BELL] });
});
afterEach(async () => {
  await harness.close();
});

async function someone(role: Role, name: string) {
  const { id } = await harness.person(role, name);
  const cookie = await harness.signIn(role, name);
  const ask = async (method: "GET" | "PUT" | "POST" | "DELETE", url: string, payload?: object) => {
    const answer = await harness.app.inject({
      ...{
        method,
        url: new URL(url, `http://box/api/homes/${HOME}/`).pathname + new URL(url, "http://box/").search,
        headers: { cookie },
      },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: answer.statusCode, text: answer.body, body: answer.body === "" ? {} : answer.json() };
  };
  return { id, ask };
}

const enter = (settings: object) => ({ settings });
const bell = (settings: object, more: object = {}) => ({
  channel: "bell",
  label: "Phone",
  settings,
  ...more,
});

describe("what a home has with a provider", () => {
  test("is entered by the owner, keeps its secret to itself, and a phone can be added from then on", async () => {
    const mei = await someone("owner", "Mei");
    const before = await mei.ask("GET", "channels");
    expect(before.body.channels).toMatchObject([{ id: "bell", isReady: false, entered: {} }]);
    const early = await mei.ask("POST", "phones", bell({ number: "+86 138 0013 8000" }));
    expect(early).toMatchObject({ status: 409, body: { code: "CONFLICT" } });

    expect(await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }))).toMatchObject({ status: 204 });
    const after = await mei.ask("GET", "channels");
    expect(after.body.channels).toMatchObject([
      { isReady: true, entered: { server: "https://bell.example.org" } },
    ]);
    expect(after.text).not.toContain(TOKEN);

    const added = await mei.ask("POST", "phones", bell({ number: "+86 138 0013 8000", key: "hush hush" }));
    expect(added).toMatchObject({ status: 200, body: { id: expect.any(String) } });
    const [target] = await harness.state.targets();
    expect(target).toMatchObject({
      ...{ channel: "bell", person: mei.id, label: "Phone" },
      settings: { number: "+8613800138000", key: "hush hush", way: "call" },
    });
    const shown = await mei.ask("GET", "channels");
    expect(shown.body.phones).toMatchObject([{ settings: { number: "+8613800138000", way: "call" } }]);
    expect(shown.text).not.toContain("hush");
    expect(harness.targetChanges.count).toBe(2);
    const actions = (await harness.state.audits(10)).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(["channel.entered", "target.added"]));
  });

  test("changes without the secret being written again, and is forgotten whole", async () => {
    const mei = await someone("owner", "Mei");
    await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }));
    await mei.ask("PUT", "channels/bell", enter({ server: "https://other.example.org/", token: "" }));
    expect(JSON.parse((await harness.state.value("channel_access bell")) ?? "")).toEqual({
      ...{ server: "https://other.example.org", token: TOKEN },
    });
    expect(await mei.ask("DELETE", "channels/bell?fewer=agreed")).toMatchObject({ status: 204 });
    expect((await mei.ask("GET", "channels")).body.channels).toMatchObject([{ isReady: false, entered: {} }]);
  });

  test.each([
    [{}, "token is missing"],
    [{ token: "short" }, "token does not look like one"],
    [{ token: `${TOKEN}\u0000` }, "token holds characters"],
    [{ token: TOKEN, server: "ftp://bell.example.org" }, "server is no address"],
    [{ token: TOKEN, server: "https://user:pass@bell.example.org" }, "server holds a password"],
    [{ token: TOKEN, server: `https://${"a".repeat(200)}.example.org` }, "server is longer"],
    [{ token: TOKEN, sever: "https://bell.example.org" }, "sever is no setting"],
  ])("refuses %j in words that name the field", async (settings, words) => {
    const mei = await someone("owner", "Mei");
    const answer = await mei.ask("PUT", "channels/bell", enter(settings));
    expect(answer).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    expect(answer.text).toContain(words);
    expect(answer.text).not.toContain(TOKEN);
    expect(await harness.state.value("channel_access bell")).toBeUndefined();
  });

  test("of a channel that is not here is not found", async () => {
    const mei = await someone("owner", "Mei");
    expect(await mei.ask("PUT", "channels/horn", enter({}))).toMatchObject({ status: 404 });
    expect(await mei.ask("POST", "phones", { ...bell({}), channel: "horn" })).toMatchObject({ status: 404 });
  });
});

describe("a phone", () => {
  test("is added by whoever owns it; somebody else's by the owner alone", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }));
    const own = bell({ number: "+8613900139000" });
    expect(await ba.ask("POST", "phones", own)).toMatchObject({ status: 200 });
    const others = bell({ number: "+8613900139000" }, { person: mei.id });
    expect(await ba.ask("POST", "phones", others)).toMatchObject({ status: 403 });
    expect(await mei.ask("POST", "phones", { ...own, person: ba.id })).toMatchObject({ status: 200 });
    expect(await mei.ask("POST", "phones", { ...own, person: "nobody" })).toMatchObject({ status: 404 });
    expect((await harness.state.targets()).map(({ person }) => person)).toEqual([ba.id, ba.id]);
  });

  test.each([
    [{ number: "13800138000" }, "number is no phone number"],
    [{ number: "+8613800138000", way: "smoke" }, "way is none of the choices"],
  ])("with %j is refused", async (settings, words) => {
    const mei = await someone("owner", "Mei");
    await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }));
    const answer = await mei.ask("POST", "phones", bell(settings));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(words);
  });
});

describe("nobody is left out by a slip of the finger", () => {
  test("a phone or a provider whose loss wakes fewer people goes only once that was agreed to", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }));
    const add = async (who: typeof mei, number: string): Promise<string> =>
      (await who.ask("POST", "phones", bell({ number }))).body.id;
    const first = await add(ba, "+8613800138000");
    const second = await add(ba, "+8613800138001");
    const own = await add(mei, "+8613800138002");
    expect((await ba.ask("GET", `phones/${first}/loss`)).body).toEqual({ told: [], woken: [] });
    expect((await ba.ask("GET", `phones/${own}/loss`)).body).toEqual({
      ...{ told: [{ id: mei.id, name: "Mei" }], woken: [] },
    });
    const both = {
      told: [
        { id: ba.id, name: "Ba" },
        { id: mei.id, name: "Mei" },
      ],
      woken: [],
    };
    expect((await mei.ask("GET", "channels/bell/loss")).body).toEqual(both);
    expect(await ba.ask("GET", "channels/bell/loss")).toMatchObject({ status: 403 });

    const remove = (id: string, query = "") => ba.ask("DELETE", `../../push/${id}${query}`);
    expect(await remove(first)).toMatchObject({ status: 204 });
    const refused = await remove(second);
    expect(refused.body).toMatchObject({
      status: 409,
      code: "CONFLICT",
      detail: expect.stringContaining("Ba"),
    });
    expect((await harness.state.targets()).map(({ id }) => id)).toEqual([second, own]);
    expect(await mei.ask("DELETE", "channels/bell")).toMatchObject({ status: 409 });
    expect(await remove(second, "?fewer=agreed")).toMatchObject({ status: 204 });
    expect(await mei.ask("DELETE", "channels/bell?fewer=agreed")).toMatchObject({ status: 204 });
    // What reaches nobody any more costs nobody anything.
    expect((await mei.ask("GET", `phones/${own}/loss`)).body).toEqual({ told: [], woken: [] });
  });
});

describe("somebody who leaves the home", () => {
  test("goes with their phones only once it was agreed that fewer people are woken", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    const lin = await someone("therapist", "Lin");
    await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }));
    for (const number of ["+8613800138000", "+8613800138001"])
      await ba.ask("POST", "phones", bell({ number }));
    await mei.ask("POST", "phones", bell({ number: "+8613800138002" }));

    const loss = await mei.ask("GET", `people/${ba.id}/loss`);
    expect(loss.body).toEqual({ told: [{ id: ba.id, name: "Ba" }], woken: [] });
    expect(await ba.ask("GET", `people/${mei.id}/loss`)).toMatchObject({ status: 403 });
    expect(await mei.ask("GET", "people/nobodyaaaa/loss")).toMatchObject({ status: 404 });
    const refused = await mei.ask("DELETE", `people/${ba.id}`);
    expect(refused.body).toMatchObject({
      ...{ status: 409, code: "CONFLICT", detail: "After this fewer people are woken than now: Ba." },
    });
    expect(await harness.state.targets()).toHaveLength(3);
    expect((await harness.accounts.members(HOME)).map(({ id }) => id)).toContain(ba.id);
    expect(await mei.ask("DELETE", `people/${ba.id}?fewer=agreed`)).toMatchObject({ status: 204 });
    expect((await harness.state.targets()).map(({ person }) => person)).toEqual([mei.id]);
    // Nobody is woken by whoever has no phone: nothing is asked.
    expect((await mei.ask("GET", `people/${lin.id}/loss`)).body).toEqual({ told: [], woken: [] });
    expect(await mei.ask("DELETE", `people/${lin.id}`)).toMatchObject({ status: 204 });
  });

  test("whose phones are gone already costs nobody anything", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }));
    await ba.ask("POST", "phones", bell({ number: "+8613800138000" }));
    for (const target of await harness.state.targets()) {
      await harness.state.putTarget({ ...target, deadSince: target.addedAt });
    }
    expect((await mei.ask("GET", `people/${ba.id}/loss`)).body).toEqual({ told: [], woken: [] });
    expect(await mei.ask("DELETE", `people/${ba.id}`)).toMatchObject({ status: 204 });
  });

  test("another role by a code takes no phone away; the only owner keeps theirs", async () => {
    const mei = await someone("owner", "Mei");
    const ba = await someone("caregiver", "Ba");
    await mei.ask("PUT", "channels/bell", enter({ token: TOKEN }));
    await ba.ask("POST", "phones", bell({ number: "+8613800138000" }));
    const codeFor = async (role: Role): Promise<string> =>
      (await mei.ask("POST", "/api/people/join-codes", { role })).body.code;
    const joined = await ba.ask("POST", "/api/me/join", { code: await codeFor("technician") });
    expect(joined).toMatchObject({ status: 200 });
    expect((await harness.state.targets()).map(({ person }) => person)).toEqual([ba.id]);
    const refused = await mei.ask("POST", "/api/me/join", { code: await codeFor("caregiver") });
    expect(refused).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    expect(await harness.accounts.members(HOME)).toContainEqual(
      expect.objectContaining({ id: mei.id, role: "owner" }),
    );
  });
});

test("where the home is, is remembered for everybody in it", async () => {
  const mei = await someone("owner", "Mei");
  const ba = await someone("caregiver", "Ba");
  expect((await ba.ask("GET", "channels")).body).not.toHaveProperty("where");
  const where = { country: "mainland-china", offline: true };
  expect(await ba.ask("PUT", "phones-where", where)).toMatchObject({ status: 204 });
  expect((await mei.ask("GET", "channels")).body).toMatchObject({ where });
  expect(await ba.ask("PUT", "phones-where", { country: "atlantis", offline: false })).toMatchObject({
    status: 400,
  });
  expect((await mei.ask("GET", "channels")).body).toMatchObject({ where });
});
