import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OidcConfig } from "../../../src/config/oidc.ts";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { createOidcProvider } from "../../../src/server/oidc-provider.ts";
import {
  CLIENT,
  createOidcDouble,
  ISSUER,
  json,
  type Lies,
  type OidcDouble,
  SECRET,
} from "../../support/oidc-double.ts";
import { type Harness, HOME, NOW, startHarness } from "./harness.ts";

const ORIGIN = "http://localhost:8420";
const CLINIC = "clinicaaaa";
const CONFIG: OidcConfig = {
  ...{ id: "city", label: "City Clinic", issuer: ISSUER, clientId: CLIENT, clientSecretFile: "secret" },
  scopes: ["openid", "profile"],
  roles: [
    { claim: "groups", value: "breathwatch-therapists", role: "therapist" },
    { claim: "groups", value: "breathwatch-technicians", role: "technician" },
  ],
  hours: 12,
};

let harness: Harness;
let double: OidcDouble;

async function start(changes: Partial<OidcConfig> = {}): Promise<void> {
  double = createOidcDouble(() => harness.clock.wall());
  const { http } = double;
  harness = await startHarness({
    passkeyHost: "localhost",
    oidc: ({ clock, log }) => ({
      ...{ origin: ORIGIN, organisation: CLINIC },
      providers: [
        { ...CONFIG, ...changes },
        { ...CONFIG, id: "other", issuer: "https://other.example" },
      ].map((config) => createOidcProvider({ config, http, clock, log, secret: async () => SECRET })),
    }),
  });
  await harness.accounts.putOrganisation({ id: CLINIC, name: "City Clinic" });
}

beforeEach(async () => {
  // The library that checks tokens looks at the machine's own clock.
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await start();
});
afterEach(async () => {
  vi.useRealTimers();
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const post = (url: string, payload: object, cookie = "", host = "localhost:8420") =>
  harness.app.inject({ method: "POST", url, payload, headers: { host, cookie } });
const get = (url: string, cookie: string) => harness.app.inject({ url, headers: { cookie } });
const remove = (url: string, cookie: string) =>
  harness.app.inject({ method: "DELETE", url, headers: { cookie } });

const cookiesOf = (answer: { readonly headers: { readonly [name: string]: unknown } }): string[] =>
  [answer.headers["set-cookie"] ?? []].flat().map(String);
/** Name and value of the cookie of this name; undefined where it is not set, or emptied. */
const cookieIn = (answer: Parameters<typeof cookiesOf>[0], name: string): string | undefined =>
  cookiesOf(answer)
    .map((cookie) => cookie.split(";", 1)[0] ?? "")
    .find((cookie) => new RegExp(`^${name}=.`).test(cookie));

interface Begun {
  readonly url: string;
  readonly cookie: string;
}
async function begin(page = "/therapist"): Promise<Begun> {
  const answer = await post("/api/sign-in/oidc/city/begin", { page, language: "en" });
  expect(answer.statusCode, answer.body).toBe(200);
  return { url: answer.json().url, cookie: cookieIn(answer, "breathwatch-oidc") ?? "" };
}
const comeBack = (to: URL, cookie: string) => get(`${to.pathname}${to.search}`, cookie);

async function signIn() {
  const { url, cookie } = await begin();
  return comeBack(double.authorize(url), cookie);
}
async function signedIn(): Promise<string> {
  const answer = await signIn();
  const cookie = cookieIn(answer, "breathwatch");
  expect(cookie, String(answer.headers.location)).toBeDefined();
  return cookie ?? "";
}
const me = async (cookie: string) => (await get("/api/me", cookie)).json();
const members = () => harness.accounts.organisationMembers(CLINIC);

const refused = (answer: Awaited<ReturnType<typeof get>>, code: string): void => {
  expect(answer.statusCode).toBe(303);
  expect(answer.headers.location).toMatch(new RegExp(`^/[a-z]*#oidc=${code}$`));
  expect(cookieIn(answer, "breathwatch")).toBeUndefined();
};

describe("a sign-in through the clinic", () => {
  it("makes a person of the clinic in the role of the group, for the hours that are set", async () => {
    const answer = await signIn();
    expect([answer.statusCode, answer.headers.location]).toEqual([303, "/therapist"]);
    expect(answer.headers["cache-control"]).toBe("no-store");
    const cookie = cookieIn(answer, "breathwatch") ?? "";
    expect(await me(cookie)).toMatchObject({
      person: { name: "Dr Wu", role: "therapist", language: "en" },
      organisations: [{ organisation: CLINIC, role: "therapist" }],
      ways: { oidc: { origin: ORIGIN, providers: [{ id: "city", label: "City Clinic" }, { id: "other" }] } },
    });
    const { signIns, identities } = (await get("/api/me/sign-ins", cookie)).json();
    expect(signIns).toMatchObject([{ way: "clinic", current: true, expiresAt: NOW + 12 * HOUR_MS }]);
    expect(identities).toEqual([
      { provider: "city", label: "City Clinic", linkedAt: NOW, usedAt: NOW, only: true },
    ]);
    expect(cookiesOf(answer).find((one) => one.startsWith("breathwatch="))).toContain(
      `Max-Age=${12 * 3600};`,
    );
    await harness.clock.advance(12 * HOUR_MS);
    expect((await get("/api/me/sign-ins", cookie)).statusCode).toBe(401);
  });

  it("asks with code, PKCE, state and nonce, and keeps them to the browser for ten minutes", async () => {
    const answer = await post("/api/sign-in/oidc/city/begin", { page: "/", language: "en" });
    const { searchParams: asked, origin, pathname } = new URL(answer.json().url);
    expect(`${origin}${pathname}`).toBe(`${ISSUER}/authorize`);
    expect(Object.fromEntries(asked)).toMatchObject({
      ...{ response_type: "code", client_id: CLIENT, scope: "openid profile", code_challenge_method: "S256" },
      redirect_uri: `${ORIGIN}/api/sign-in/oidc/city/return`,
    });
    for (const name of ["state", "nonce", "code_challenge"]) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
    expect(cookiesOf(answer)).toEqual([
      expect.stringMatching(/^breathwatch-oidc=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
  });

  it("is the same person whatever name and address the provider tells, and nobody by the address alone", async () => {
    double.person = { ...double.person, email: "wu@city.example", email_verified: true };
    const { person: first } = await me(await signedIn());
    double.person = { ...double.person, name: "Dr Wu-Li", email: "li@city.example" };
    const { person: again } = await me(await signedIn());
    expect(again).toMatchObject({ id: first.id, name: "Dr Wu-Li" });
    double.person = { ...double.person, sub: "wu-2", name: "Dr Wu", email: "wu@city.example" };
    const { person: other } = await me(await signedIn());
    expect(other.id).not.toBe(first.id);
    expect(await members()).toHaveLength(2);
  });

  it("of somebody without the group is refused in words, and makes nobody", async () => {
    double.person = { ...double.person, groups: ["staff", "not-breathwatch-therapists"] };
    refused(await signIn(), "OIDC_NOT_ADMITTED");
    expect(await members()).toEqual([]);
    expect((await harness.state.audits(10)).map(({ detail }) => detail)).toContain("oidc OIDC_NOT_ADMITTED");
  });

  it("follows the groups each time: another role counts at once, where one was signed in before too", async () => {
    const before = await signedIn();
    double.person = { ...double.person, groups: ["breathwatch-technicians"] };
    const after = await signedIn();
    for (const cookie of [before, after]) expect((await me(cookie)).person.role).toBe("technician");
  });

  it("without the group any more ends every sign-in of that identity and the role, and nobody else's", async () => {
    const wu = await signedIn();
    const tablet = await signedIn();
    double.person = { sub: "li-1", name: "Dr Li", groups: ["breathwatch-therapists"] };
    const li = await signedIn();
    double.person = { sub: "wu-1", name: "Dr Wu", groups: [] };
    refused(await signIn(), "OIDC_NOT_ADMITTED");
    for (const cookie of [wu, tablet]) expect((await get("/api/me/sign-ins", cookie)).statusCode).toBe(401);
    expect((await get("/api/me/sign-ins", li)).statusCode).toBe(200);
    expect((await members()).map(({ name }) => name)).toEqual(["Dr Li"]);
    double.person = { ...double.person, groups: ["breathwatch-therapists"] };
    expect((await me(await signedIn())).person).toMatchObject({ name: "Dr Wu", role: "therapist" });
  });

  it("is the one way in of whom it made: no password, no passkey, no unlinking beside it", async () => {
    const cookie = await signedIn();
    const password = { login: "wu@city", password: "correct horse" };
    const put = await harness.app.inject({
      ...{ method: "PUT", url: "/api/me/password", payload: password, headers: { cookie } },
    });
    expect(put.json()).toMatchObject({ status: 409, code: "OIDC_ONLY" });
    expect((await post("/api/me/passkeys/begin", {}, cookie)).json()).toMatchObject({ code: "OIDC_ONLY" });
    expect((await remove("/api/me/oidc/city", cookie)).json()).toMatchObject({ code: "OIDC_ONLY" });
  });

  it("never makes less of who was made an owner here", async () => {
    const cookie = await signedIn();
    const { person } = await me(cookie);
    await harness.accounts.putOrganisationRole(person.id, CLINIC, "owner");
    expect((await me(await signedIn())).person.role).toBe("owner");
    double.person = { ...double.person, groups: [] };
    refused(await signIn(), "OIDC_NOT_ADMITTED");
    expect(await members()).toMatchObject([{ role: "owner" }]);
  });

  it("is ended one by one like any other", async () => {
    const lost = await signedIn();
    const here = await signedIn();
    const { signIns } = (await get("/api/me/sign-ins", here)).json();
    const other = signIns.find(({ current }: { current: boolean }) => !current);
    expect((await remove(`/api/me/sign-ins/${other.id}`, here)).statusCode).toBe(204);
    expect((await get("/api/me/sign-ins", lost)).statusCode).toBe(401);
  });

  it("does not make two people of two first sign-ins at once", async () => {
    const [one, two] = [await begin(), await begin()];
    const answers = await Promise.all(
      [one, two].map(({ url, cookie }) => comeBack(double.authorize(url), cookie)),
    );
    expect(answers.map(({ headers }) => headers.location)).toEqual(["/therapist", "/therapist"]);
    expect(await members()).toHaveLength(1);
  });

  it("lets nobody in beyond the people that fit", async () => {
    for (let n = 0; n < 200; n += 1) {
      const id = `p${n}`;
      await harness.accounts.putAccount({ id, name: id, language: "en" });
      await harness.accounts.putOrganisationRole(id, CLINIC, "therapist");
    }
    refused(await signIn(), "CONFLICT");
  });
});

describe("an address that must be of the clinic's domain", () => {
  it.each([
    [{ email: "wu@City.example", email_verified: true }, "/therapist"],
    [{ email: "wu@city.example", email_verified: false }, "/therapist#oidc=OIDC_NOT_ADMITTED"],
    [{ email: "wu@city.example", email_verified: "true" }, "/therapist#oidc=OIDC_NOT_ADMITTED"],
    [{ email: "wu@city.example" }, "/therapist#oidc=OIDC_NOT_ADMITTED"],
    [{ email: "wu@evil.example@notcity.example", email_verified: true }, "/therapist#oidc=OIDC_NOT_ADMITTED"],
    [{ email: "@city.example", email_verified: true }, "/therapist#oidc=OIDC_NOT_ADMITTED"],
  ])("%o leads to %s", async (claims, page) => {
    await harness.close();
    await start({ emailDomain: "city.example" });
    double.person = { ...double.person, ...claims };
    expect((await signIn()).headers.location).toBe(page);
  });
});

describe("an identity of the clinic", () => {
  async function link(cookie: string, browser = cookie) {
    const answer = await post("/api/me/oidc/city/begin", { page: "/technician" }, cookie);
    const flow = cookieIn(answer, "breathwatch-oidc");
    return comeBack(double.authorize(answer.json().url), `${flow}; ${browser}`);
  }
  const identities = async (cookie: string) => (await get("/api/me/sign-ins", cookie)).json().identities;

  it("is linked by who is signed in, gives no role, signs in from then on, and is taken away again", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    expect((await link(mei)).headers.location).toBe("/technician");
    expect(await identities(mei)).toMatchObject([{ provider: "city", only: false }]);
    expect((await link(mei)).headers.location).toBe("/technician");
    const byClinic = await signedIn();
    expect(await me(byClinic)).toMatchObject({
      ...{ person: { name: "Mei", role: "caregiver" }, homes: [{ home: HOME }], organisations: [] },
    });
    expect((await remove("/api/me/oidc/city", mei)).statusCode).toBe(204);
    expect((await remove("/api/me/oidc/city", mei)).statusCode).toBe(404);
    expect((await get("/api/me/sign-ins", byClinic)).statusCode).toBe(401);
    expect((await get("/api/me/sign-ins", mei)).statusCode).toBe(200);
    expect((await me(await signedIn())).person.name).toBe("Dr Wu");
  });

  it("is taken away only once somebody agreed, where a phone goes with it that is the last", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    await link(mei);
    const byClinic = await signedIn();
    const phone = {
      ...{ endpoint: "https://push.example.com/send/a", p256dh: "B".repeat(87) },
      ...{ auth: "a".repeat(22), label: "Phone" },
    };
    await post("/api/push", phone, byClinic);
    const loss = async (cookie: string) => (await get("/api/me/oidc/city/loss", cookie)).json();
    expect(await loss(mei)).toMatchObject({ told: [{ name: "Mei" }] });
    // Of the sign-in that asks the phone stays.
    expect(await loss(byClinic)).toEqual({ told: [], woken: [] });
    const refusal = await remove("/api/me/oidc/city", mei);
    expect([refusal.statusCode, refusal.json().code]).toEqual([409, "CONFLICT"]);
    expect(await identities(mei)).toHaveLength(1);
    expect((await get("/api/me/sign-ins", byClinic)).statusCode).toBe(200);
    expect((await remove("/api/me/oidc/city?fewer=agreed", mei)).statusCode).toBe(204);
    expect((await get("/api/me/sign-ins", byClinic)).statusCode).toBe(401);
    expect(await harness.state.targets()).toEqual([]);
  });

  it("that is linked and loses its group loses its sign-ins, and nothing that came another way", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    await link(mei);
    const byClinic = await signedIn();
    double.person = { ...double.person, groups: [] };
    refused(await signIn(), "OIDC_NOT_ADMITTED");
    expect((await get("/api/me/sign-ins", byClinic)).statusCode).toBe(401);
    expect((await me(mei)).person.role).toBe("caregiver");
  });

  it("belongs to one person, and a person has one at each clinic", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    await link(mei);
    refused(await link(await harness.signIn("owner", "Lin")), "OIDC_TAKEN");
    double.person = { ...double.person, sub: "wu-9" };
    refused(await link(mei), "OIDC_TAKEN");
  });

  it("is linked for nobody without the group, and in no other browser than the one that asked", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    refused(await link(mei, await harness.signIn("owner", "Lin")), "OIDC_REFUSED");
    refused(await link(mei, ""), "OIDC_REFUSED");
    double.person = { ...double.person, groups: [] };
    refused(await link(mei), "OIDC_NOT_ADMITTED");
    expect(await identities(mei)).toEqual([]);
  });
});

describe("an attack on the sign-in is refused:", () => {
  it("an answer that is brought to another browser (login CSRF)", async () => {
    const { url } = await begin();
    refused(await comeBack(double.authorize(url), ""), "OIDC_REFUSED");
    const victim = await begin();
    refused(await comeBack(double.authorize(url), victim.cookie), "OIDC_REFUSED");
  });

  it("an answer that comes twice, or a code that was used in another sign-in", async () => {
    const { url, cookie } = await begin();
    const back = double.authorize(url);
    expect((await comeBack(back, cookie)).headers.location).toBe("/therapist");
    refused(await comeBack(back, cookie), "OIDC_REFUSED");
    const next = await begin();
    const mine = double.authorize(next.url);
    mine.searchParams.set("code", back.searchParams.get("code") ?? "");
    refused(await comeBack(mine, next.cookie), "OIDC_REFUSED");
  });

  it("a code that somebody else's browser asked for (PKCE)", async () => {
    const theirs = double.authorize((await begin()).url);
    const { url, cookie } = await begin();
    const back = double.authorize(url);
    back.searchParams.set("code", theirs.searchParams.get("code") ?? "");
    refused(await comeBack(back, cookie), "OIDC_REFUSED");
  });

  it("an answer after ten minutes", async () => {
    const { url, cookie } = await begin();
    await harness.clock.advance(10 * MINUTE_MS);
    refused(await comeBack(double.authorize(url), cookie), "OIDC_REFUSED");
  });

  it.each([
    ["another state", (back: URL) => back.searchParams.set("state", "A".repeat(43))],
    ["no state", (back: URL) => back.searchParams.delete("state")],
    ["two states", (back: URL) => back.searchParams.append("state", "A".repeat(43))],
    ["another issuer", (back: URL) => back.searchParams.set("iss", "https://evil.example")],
    ["no issuer where it must name one", (back: URL) => back.searchParams.delete("iss")],
    ["a refusal of its own", (back: URL) => back.searchParams.set("error", "access_denied")],
    ["no code", (back: URL) => back.searchParams.delete("code")],
    [
      "the address of another provider",
      (back: URL) => {
        back.pathname = "/api/sign-in/oidc/other/return";
      },
    ],
  ])("an answer with %s", async (_, change) => {
    const { url, cookie } = await begin();
    const back = double.authorize(url);
    change(back);
    refused(await comeBack(back, cookie), "OIDC_REFUSED");
    // It is used up all the same.
    refused(await comeBack(double.authorize(url), cookie), "OIDC_REFUSED");
  });

  const past = NOW / 1_000 - 3_600;
  it.each<[string, Lies]>([
    ["of another nonce", { claims: { nonce: "A".repeat(43) } }],
    ["without a nonce", { claims: { nonce: undefined } }],
    ["that ran out", { claims: { exp: past, iat: past - 300 } }],
    ["without an end", { claims: { exp: undefined } }],
    ["for another audience", { claims: { aud: "another-program" } }],
    ["for others too, issued to another", { claims: { aud: [CLIENT, "other"], azp: "other" } }],
    ["of another issuer", { claims: { iss: "https://evil.example" } }],
    ["without a subject", { claims: { sub: undefined } }],
    ["that nobody signed (alg none)", { signature: "none" }],
    ["signed with the secret in place of the key (HS256)", { signature: "client secret" }],
    ["signed with another key", { signature: "another key" }],
    [
      "signed with another key of a name that is not known",
      { signature: "another key", header: { kid: "k2" } },
    ],
    ["whose algorithm is not the key's", { header: { alg: "RS256" } }],
  ])("a token %s", async (_, lies) => {
    double.lies = lies;
    refused(await signIn(), "OIDC_REFUSED");
    expect(await members()).toEqual([]);
  });

  it.each<[string, { readonly [ending: string]: object | "down" }]>([
    ["is down", { "/token": "down" }],
    ["loses its keys", { "/keys": "down" }],
    ["fails", { "/keys": json({}, 500) }],
    ["talks garbage", { "/token": { status: 200, headers: {}, body: "<html>" } }],
    ["breaks off in the middle", { "/token": { ...json({}), body: '{"id_token": "ey' } }],
    ["sends us elsewhere", { "/keys": { ...json({}, 302), headers: { location: "https://evil.example" } } }],
  ])("whatever the provider does when it %s", async (_, answers) => {
    double.lies = { answers: answers as NonNullable<Lies["answers"]> };
    refused(await signIn(), "OIDC_UNREACHABLE");
    expect(double.asked.every(({ url, timeoutMs }) => url.startsWith(ISSUER) && timeoutMs <= 5_000)).toBe(
      true,
    );
  });

  it.each<[string, Lies]>([
    ["is down", { answers: { "openid-configuration": "down" } }],
    ["is garbage", { answers: { "openid-configuration": { status: 200, headers: {}, body: "no" } } }],
    [
      "leads elsewhere",
      { answers: { "openid-configuration": { ...json({}, 302), headers: { location: `${ISSUER}/x` } } } },
    ],
    ["is of another issuer", { discovery: { issuer: "https://evil.example" } }],
    [
      "is Microsoft's of any tenant",
      { discovery: { issuer: "https://login.microsoftonline.com/{tenantid}" } },
    ],
    ["names a page without https", { discovery: { authorization_endpoint: "http://id.example/authorize" } }],
    ["names a script as its page", { discovery: { authorization_endpoint: "javascript:alert(1)" } }],
    ["names no page", { discovery: { authorization_endpoint: undefined } }],
  ])("a discovery that %s sends nobody anywhere", async (_, lies) => {
    double.lies = lies;
    const answer = await post("/api/sign-in/oidc/city/begin", { page: "/", language: "en" });
    expect(answer.json()).toMatchObject({ status: 503, code: "OIDC_UNREACHABLE" });
    expect(cookiesOf(answer)).toEqual([]);
    expect(harness.complaints().splice(0)).toEqual([expect.stringContaining("OIDC_UNREACHABLE")]);
    // What was wrong is not believed for an hour.
    double.lies = {};
    expect((await signIn()).headers.location).toBe("/therapist");
  });

  it("a token or keys over http, where the issuer is another machine", async () => {
    for (const name of ["token_endpoint", "jwks_uri"]) {
      await harness.close();
      await start();
      double.lies = { discovery: { [name]: "http://127.0.0.1/x" } };
      refused(await signIn(), "OIDC_UNREACHABLE");
      expect(double.asked.some(({ url }) => url.startsWith("http:"))).toBe(false);
    }
  });

  it.each(["https://evil.example", "//evil.example", "/\\evil.example", "/api/me", "therapist", ""])(
    "a way back to %j (open redirect)",
    async (page) => {
      const answer = await post("/api/sign-in/oidc/city/begin", { page, language: "en" });
      expect(answer.json()).toMatchObject({ status: 400, code: "INPUT_INVALID" });
      const linked = await post("/api/me/oidc/city/begin", { page }, await harness.signIn("owner"));
      expect(linked.statusCode).toBe(400);
    },
  );

  it("a page at another address, a provider that is not there, and too many tries", async () => {
    const asked = { page: "/", language: "en" };
    const elsewhere = await post("/api/sign-in/oidc/city/begin", asked, "", "127.0.0.1:8420");
    expect(elsewhere.json()).toMatchObject({
      status: 403,
      code: "OIDC_REFUSED",
      fix: `Open the page at ${ORIGIN}.`,
    });
    expect((await post("/api/sign-in/oidc/nobody/begin", asked)).statusCode).toBe(404);
    refused(await get("/api/sign-in/oidc/nobody/return?code=x&state=y", ""), "NOT_FOUND");
    for (let n = 0; n < 8; n += 1) await post("/api/sign-in/oidc/city/begin", asked);
    expect((await post("/api/sign-in/oidc/city/begin", asked)).statusCode).toBe(429);
  });
});

it("a claim inside another is found, and one of the same name outside counts first", async () => {
  await harness.close();
  const rule = { claim: "realm_access.roles", value: "therapist", role: "technician" } as const;
  await start({ roles: [rule] });
  double.person = { sub: "wu-1", realm_access: { roles: ["therapist"] } };
  expect((await me(await signedIn())).person).toMatchObject({ name: "City Clinic", role: "technician" });
  double.person = { ...double.person, "realm_access.roles": "nobody" };
  refused(await signIn(), "OIDC_NOT_ADMITTED");
});

it("what the log tells of a refusal holds nothing of the person", async () => {
  double.person = { sub: "wu-secret", name: "Dr Wu", email: "wu@city.example", groups: ["x"] };
  double.lies = { claims: { aud: "another" } };
  refused(await signIn(), "OIDC_REFUSED");
  const notes = JSON.stringify(harness.notes);
  expect(notes).toContain("oidc.failed");
  expect(notes).not.toMatch(/wu-secret|wu@city|Dr Wu|eyJ/);
});
