import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DAY_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { addMember } from "../../support/sign-in.ts";
import { type Harness, HOME, startHarness } from "./harness.ts";

const CLINIC = "clinicaaaa";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

type Method = "GET" | "POST" | "PUT" | "DELETE";
const ask = (method: Method, url: string, cookie: string | undefined, payload?: object) =>
  harness.app.inject({
    ...{ method, url, headers: cookie === undefined ? {} : { cookie } },
    ...(payload === undefined ? {} : { payload }),
  });
const cookieOf = (answer: { readonly headers: Record<string, unknown> }): string =>
  String(answer.headers["set-cookie"]).split(";")[0]!;
const byName = ({ name }: { readonly name: string }): string => name;
const actions = async () => (await harness.state.audits(20)).map(({ action }) => action);

const PHONE = {
  endpoint: "https://push.example.com/send/abc",
  p256dh: "B".repeat(87),
  auth: "a".repeat(22),
  label: "Kitchen phone",
};

describe("sign-ins", () => {
  it("are listed without what would let anybody use them, and ended one by one", async () => {
    const here = await harness.signIn("caregiver", "Mei");
    const lost = await harness.signIn("caregiver", "Mei");
    const { signIns } = (await ask("GET", "/api/me/sign-ins", here)).json();
    expect(signIns.map(({ current }: { current: boolean }) => current).toSorted()).toEqual([false, true]);
    const other = signIns.find(({ current }: { current: boolean }) => !current);
    expect(other.id).toMatch(/^[0-9a-f]{16}$/);
    expect((await ask("GET", "/api/me/sign-ins", lost)).statusCode).toBe(200);
    expect((await ask("DELETE", `/api/me/sign-ins/${other.id}`, here)).statusCode).toBe(204);
    expect((await ask("GET", "/api/me/sign-ins", lost)).statusCode).toBe(401);
    expect((await ask("GET", "/api/me/sign-ins", here)).json().signIns).toHaveLength(1);
    expect(await actions()).toContain("sign_in.ended");
  });

  it("of somebody of the home are seen and ended by its owner alone, with the phone, and written down", async () => {
    const owner = await harness.signIn("owner", "Lin");
    const lost = await harness.signIn("caregiver", "Mei");
    const kept = await harness.signIn("caregiver", "Mei");
    await ask("POST", "/api/push", lost, PHONE);
    const people = (await ask("GET", `/api/homes/${HOME}/people`, owner)).json().people;
    const { id } = people.find(({ name }: { name: string }) => name === "Mei");
    const path = `/api/homes/${HOME}/people/${id}/sign-ins`;
    for (const role of ["caregiver", "therapist", "technician", "patient"] as const) {
      const other = await harness.signIn(role, "Wu");
      expect((await ask("GET", path, other)).statusCode, role).toBe(403);
      expect((await ask("DELETE", `${path}/0123456789abcdef`, other)).statusCode, role).toBe(403);
    }
    const { signIns } = (await ask("GET", path, owner)).json();
    expect(signIns).toHaveLength(2);
    expect(JSON.stringify(signIns)).not.toContain(lost.split("=")[1]);
    expect(signIns.map(({ current }: { current: boolean }) => current)).toEqual([false, false]);
    const own = (await ask("GET", "/api/me/sign-ins", lost)).json().signIns;
    const one = own.find(({ current }: { current: boolean }) => current);
    // It is the one phone of Mei: that is said first, and nothing ends before it is agreed to.
    const lossOf = { told: [{ id, name: "Mei" }], woken: [] };
    expect((await ask("GET", `${path}/${one.id}/loss`, owner)).json()).toEqual(lossOf);
    expect((await ask("DELETE", `${path}/${one.id}`, owner)).json()).toMatchObject({
      ...{ status: 409, code: "CONFLICT", detail: expect.stringContaining("Mei") },
    });
    expect((await ask("GET", "/api/me/sign-ins", lost)).statusCode).toBe(200);
    expect((await ask("DELETE", `${path}/${one.id}?fewer=agreed`, owner)).statusCode).toBe(204);
    expect((await ask("GET", "/api/me/sign-ins", lost)).statusCode).toBe(401);
    expect((await ask("GET", "/api/me/sign-ins", kept)).statusCode).toBe(200);
    expect(await harness.state.targets()).toEqual([]);
    expect(await harness.state.audits(3)).toContainEqual(
      expect.objectContaining({ action: "sign_in.ended", detail: `${id} ${one.id}` }),
    );
    expect((await ask("DELETE", `${path}/${one.id}`, owner)).statusCode).toBe(404);
    // One's own sign-in under somebody else's name is nobody's.
    const mine = (await ask("GET", "/api/me/sign-ins", owner)).json().signIns[0].id;
    expect((await ask("DELETE", `${path}/${mine}`, owner)).statusCode).toBe(404);
    expect((await ask("GET", `/api/homes/${HOME}/people/nobodyaaaa/sign-ins`, owner)).statusCode).toBe(404);
  });

  it("that let into another home too are not an owner's to end, nor does an owner hear who is woken there", async () => {
    const owner = await harness.signIn("owner", "Lin");
    const carer = await harness.signIn("caregiver", "Mei");
    const { id } = await harness.person("caregiver", "Mei");
    await harness.accounts.putRole(id, "homebbbbbb", "caregiver");
    const path = `/api/homes/${HOME}/people/${id}/sign-ins`;
    const [one] = (await ask("GET", path, owner)).json().signIns;
    const elsewhere = { status: 409, code: "CONFLICT", detail: expect.stringContaining("other places") };
    expect((await ask("GET", `${path}/${one.id}/loss`, owner)).json()).toMatchObject(elsewhere);
    expect((await ask("DELETE", `${path}/${one.id}?fewer=agreed`, owner)).json()).toMatchObject(elsewhere);
    expect((await ask("GET", "/api/me/sign-ins", carer)).statusCode).toBe(200);
  });

  it("of others cannot be ended, nor guessed", async () => {
    const mine = await harness.signIn("caregiver", "Mei");
    const hers = await harness.signIn("owner", "Lin");
    const [{ id }] = (await ask("GET", "/api/me/sign-ins", hers)).json().signIns;
    expect((await ask("DELETE", `/api/me/sign-ins/${id}`, mine)).statusCode).toBe(404);
    expect((await ask("GET", "/api/me/sign-ins", hers)).statusCode).toBe(200);
  });

  it("take along the phone that was added in them, also when all others are ended", async () => {
    const here = await harness.signIn("caregiver", "Mei");
    const lost = await harness.signIn("caregiver", "Mei");
    await ask("POST", "/api/push", lost, PHONE);
    await ask("POST", "/api/push", here, { ...PHONE, endpoint: "https://push.example.com/send/mine" });
    const before = harness.targetChanges.count;
    const lossAt = async (which: string) =>
      (await ask("GET", `/api/me/sign-ins/${which}/loss`, here)).json().told.map(byName);
    expect(await lossAt("others")).toEqual([]);
    expect((await ask("DELETE", "/api/me/sign-ins", here)).statusCode).toBe(204);
    expect((await ask("GET", "/api/me/sign-ins", lost)).statusCode).toBe(401);
    const left = await harness.state.targets();
    expect(left.map(({ settings }) => settings["endpoint"])).toEqual(["https://push.example.com/send/mine"]);
    expect(harness.targetChanges.count).toBe(before + 1);
    expect(await lossAt("here")).toEqual(["Mei"]);
    expect((await ask("POST", "/api/sign-out", here)).statusCode).toBe(409);
    expect((await ask("GET", "/api/me/sign-ins", here)).statusCode).toBe(200);
    expect(await harness.state.targets()).toHaveLength(1);
    expect((await ask("POST", "/api/sign-out?fewer=agreed", here)).statusCode).toBe(204);
    expect((await ask("GET", "/api/me/sign-ins", here)).statusCode).toBe(401);
    expect(await harness.state.targets()).toEqual([]);
  });
});

describe("a password", () => {
  const set = (cookie: string, changes: object = {}) =>
    ask("PUT", "/api/me/password", cookie, { login: "mei@home", password: "correct horse", ...changes });
  const signIn = (password: string, login = "mei@home") =>
    ask("POST", "/api/sign-in/password", undefined, { login, password });

  it("signs its owner in with a new sign-in, and nobody after it was ended", async () => {
    const cookie = await harness.signIn("caregiver", "Mei");
    expect((await set(cookie)).statusCode).toBe(204);
    const answer = await signIn("correct horse", "MEI@home");
    expect(answer.json().person).toMatchObject({ name: "Mei", role: "caregiver" });
    const { signIns, login } = (await ask("GET", "/api/me/sign-ins", cookieOf(answer))).json();
    expect(login).toBe("mei@home");
    expect(signIns.map(({ way }: { way: string }) => way).toSorted()).toEqual(["code", "password"]);
    const wrong = await ask("DELETE", "/api/me/password", cookie, { old: "wrong horse" });
    expect(wrong.statusCode).toBe(403);
    const ended = await ask("DELETE", "/api/me/password", cookie, { old: "correct horse" });
    expect(ended.statusCode).toBe(204);
    expect((await signIn("correct horse")).statusCode).toBe(403);
  });

  it("is changed by whoever knows the old one, and that ends every other sign-in with its phone", async () => {
    const cookie = await harness.signIn("caregiver", "Mei");
    await set(cookie);
    const thief = cookieOf(await signIn("correct horse"));
    await ask("POST", "/api/push", thief, PHONE);
    for (const old of [undefined, "wrong horse"]) {
      const refused = await set(thief, {
        password: "mine from now on",
        ...(old === undefined ? {} : { old }),
      });
      expect(refused.statusCode).toBe(403);
      expect(refused.json().detail).toBe("The password until now is wrong.");
    }
    expect((await signIn("correct horse")).statusCode).toBe(200);
    // Nothing has changed before somebody agreed that Mei's only phone goes.
    const changes = { password: "another horse", old: "correct horse" };
    const asked = await set(cookie, changes);
    expect([asked.statusCode, asked.json().code]).toEqual([409, "CONFLICT"]);
    expect(asked.json().detail).toContain("Mei");
    expect((await ask("GET", "/api/me/sign-ins", thief)).statusCode).toBe(200);
    const agreed = { login: "mei@home", ...changes };
    expect((await ask("PUT", "/api/me/password?fewer=agreed", cookie, agreed)).statusCode).toBe(204);
    expect((await ask("GET", "/api/me/sign-ins", thief)).statusCode).toBe(401);
    expect((await ask("GET", "/api/me/sign-ins", cookie)).json().signIns).toHaveLength(1);
    expect(await harness.state.targets()).toEqual([]);
    expect((await signIn("correct horse")).statusCode).toBe(403);
    expect((await signIn("another horse")).statusCode).toBe(200);
  });

  it("that is new leaves the phone of the page where it was set, also one that another sign-in had added before", async () => {
    const cookie = await harness.signIn("caregiver", "Mei");
    const before = await harness.signIn("caregiver", "Mei");
    for (const each of [before, cookie]) await ask("POST", "/api/push", each, PHONE);
    expect((await set(cookie)).statusCode).toBe(204);
    expect((await ask("GET", "/api/me/sign-ins", before)).statusCode).toBe(401);
    expect((await harness.state.targets()).map(({ label }) => label)).toEqual(["Kitchen phone"]);
  });

  it("that is wrong is refused as one of nobody is, ten times a minute at most", async () => {
    await set(await harness.signIn("caregiver", "Mei"));
    const wrong = await signIn("wrong horse");
    const nobody = await signIn("correct horse", "nobody");
    expect([wrong.statusCode, nobody.statusCode]).toEqual([403, 403]);
    expect(nobody.json()).toEqual({ ...wrong.json(), instance: nobody.json().instance });
    for (let n = 0; n < 8; n += 1) await signIn("wrong horse");
    expect((await signIn("correct horse")).statusCode).toBe(429);
    await harness.clock.advance(MINUTE_MS);
    expect((await signIn("correct horse")).statusCode).toBe(200);
  });

  it("keeps whoever types the same name from becoming that person", async () => {
    const cookie = await harness.signIn("caregiver", "Mei");
    await set(cookie);
    const owner = await harness.signIn("owner", "Lin");
    const join = async () => {
      const { code } = (await ask("POST", "/api/people/join-codes", owner, { role: "caregiver" })).json();
      return ask("POST", "/api/sign-in", undefined, { code, name: "Mei", language: "en" });
    };
    const known = await harness.person("caregiver", "Mei");
    expect((await join()).json().person.id).not.toBe(known.id);
  });

  it("is not needed to keep one home's owner from becoming somebody who belongs to another home too", async () => {
    const mei = await harness.signIn("caregiver", "Mei");
    const known = await harness.person("caregiver", "Mei");
    await harness.accounts.putRole(known.id, "homebbbbbb", "owner");
    const owner = await harness.signIn("owner", "Lin");
    const { code } = (await ask("POST", "/api/people/join-codes", owner, { role: "caregiver" })).json();
    const joined = await ask("POST", "/api/sign-in", undefined, { code, name: "Mei", language: "en" });
    expect(joined.json().person.id).not.toBe(known.id);
    const reached = await ask("GET", "/api/homes/homebbbbbb/people", cookieOf(joined));
    expect(reached.statusCode).toBe(404);
    expect((await ask("GET", "/api/homes/homebbbbbb/people", mei)).statusCode).toBe(200);
  });

  it.each([{ password: "short" }, { login: "x" }, { login: "a\nb c" }, { password: 5 }])(
    "%j is not taken",
    async (changes) => {
      expect((await set(await harness.signIn("caregiver"), changes)).statusCode).toBe(400);
    },
  );
});

describe("the people of a home", () => {
  it("are removed with sign-ins and phones by the owner, never the last owner", async () => {
    const owner = await harness.signIn("owner", "Lin");
    const mei = await harness.signIn("caregiver", "Mei");
    await ask("POST", "/api/push", mei, PHONE);
    const { people } = (await ask("GET", `/api/homes/${HOME}/people`, mei)).json();
    const idOf = (name: string) => people.find((one: { name: string }) => one.name === name).id;
    const removing = `/api/homes/${HOME}/people/${idOf("Mei")}`;
    expect((await ask("DELETE", removing, owner)).statusCode).toBe(409);
    expect((await ask("GET", "/api/me/sign-ins", mei)).statusCode).toBe(200);
    expect((await ask("DELETE", `${removing}?fewer=agreed`, owner)).statusCode).toBe(204);
    expect((await ask("GET", "/api/me/sign-ins", mei)).statusCode).toBe(401);
    expect(await harness.state.targets()).toEqual([]);
    expect((await harness.state.people()).map(({ name }) => name)).toEqual(["Lin"]);
    expect((await ask("DELETE", `/api/homes/${HOME}/people/${idOf("Lin")}`, owner)).statusCode).toBe(409);
    expect(await actions()).toContain("person.removed");
  });

  it("who belong elsewhere too lose this home only", async () => {
    const owner = await harness.signIn("owner", "Lin");
    const mei = await harness.signIn("caregiver", "Mei");
    const { id } = await harness.person("caregiver", "Mei");
    await harness.accounts.putRole(id, "homebbbbbb", "caregiver");
    await ask("DELETE", `/api/homes/${HOME}/people/${id}`, owner);
    expect((await ask("GET", "/api/me", mei)).json().homes).toEqual([
      { home: "homebbbbbb", role: "caregiver" },
    ]);
    expect((await ask("POST", "/api/beds/b1/watch", mei, { on: true })).statusCode).toBe(404);
  });
});

describe("an organisation", () => {
  const letIn = async (roles: readonly string[]) => {
    const patient = await harness.signIn("patient", "Ba");
    const given = await ask("POST", `/api/homes/${HOME}/consents`, patient, { organisation: CLINIC, roles });
    expect(given.statusCode).toBe(204);
    return patient;
  };
  const nights = (cookie: string) => ask("GET", "/api/beds/b1/nights", cookie);
  const frames = (cookie: string) => ask("GET", "/api/beds/b1/devices/oxiaaaaaaa/frames", cookie);

  /** Dr Wu of the clinic, who has signed in somewhere: the cookie. */
  async function doctor(role: "therapist" | "technician" = "therapist"): Promise<string> {
    await harness.accounts.putOrganisation({ id: CLINIC, name: "呼吸门诊" });
    const cookie = await harness.signIn("patient", "Dr Wu");
    const { id } = await harness.person("patient", "Dr Wu");
    await harness.accounts.endRole(id, HOME);
    await harness.accounts.putOrganisationRole(id, CLINIC, role);
    return cookie;
  }

  it("sees nothing of a home before its consent, what its role may with it, and nothing from its end on", async () => {
    const wu = await doctor();
    expect((await nights(wu)).statusCode).toBe(404);
    const patient = await letIn(["therapist"]);
    expect((await nights(wu)).statusCode).toBe(200);
    expect((await frames(wu)).statusCode).toBe(403);
    const { consents } = (await ask("GET", `/api/homes/${HOME}/consents`, patient)).json();
    expect(consents).toMatchObject([{ name: "呼吸门诊", roles: ["therapist"], given: { name: "Ba" } }]);
    const url = `/api/homes/${HOME}/consents/${consents[0].id}`;
    expect((await ask("DELETE", url, wu)).statusCode).toBe(403);
    expect((await ask("DELETE", url, patient)).statusCode).toBe(204);
    expect((await nights(wu)).statusCode).toBe(404);
    const after = (await ask("GET", `/api/homes/${HOME}/consents`, patient)).json().consents;
    expect(after).toMatchObject([{ ended: { name: "Ba" } }]);
    expect(await actions()).toEqual(expect.arrayContaining(["consent.given", "consent.ended"]));
  });

  it("is let in by role: a technician's consent shows no therapist a night", async () => {
    const wu = await doctor();
    await letIn(["technician"]);
    expect((await nights(wu)).statusCode).toBe(404);
  });

  it("cannot be let in by caregivers or by itself, nor one that does not exist", async () => {
    const wu = await doctor();
    const body = { organisation: CLINIC, roles: ["therapist"] };
    const url = `/api/homes/${HOME}/consents`;
    expect((await ask("POST", url, wu, body)).statusCode).toBe(404);
    expect((await ask("POST", url, await harness.signIn("caregiver"), body)).statusCode).toBe(403);
    const owner = await harness.signIn("owner");
    expect((await ask("POST", url, owner, { ...body, organisation: "nosuchaaaa" })).statusCode).toBe(404);
    expect((await ask("POST", url, owner, { ...body, roles: ["owner"] })).statusCode).toBe(400);
  });

  it("grows by codes that its owner makes, and shrinks at once", async () => {
    await harness.accounts.putOrganisation({ id: CLINIC, name: "Clinic" });
    const boss = { id: "bossaaaaaa", name: "Boss", role: "owner", language: "en" } as const;
    await addMember(harness, HOME, boss);
    await harness.accounts.putOrganisationRole(boss.id, CLINIC, "owner");
    const owner = await harness.signIn("owner", "Boss");
    const code = async () =>
      (await ask("POST", `/api/organisations/${CLINIC}/join-codes`, owner, { role: "therapist" })).json()
        .code;
    const joined = await ask("POST", "/api/sign-in", undefined, {
      ...{ code: await code(), name: "Dr Wu", language: "en" },
    });
    expect(joined.json()).toMatchObject({ organisations: [{ organisation: CLINIC, role: "therapist" }] });
    const again = { code: await code(), name: "Dr Wu", language: "en" };
    const namesake = await ask("POST", "/api/sign-in", undefined, again);
    expect(namesake.json().person.id).not.toBe(joined.json().person.id);
    const { id } = joined.json().person;
    const url = `/api/organisations/${CLINIC}/people`;
    expect((await ask("GET", url, cookieOf(joined))).json().people).toHaveLength(3);
    expect((await ask("DELETE", `${url}/${boss.id}`, owner)).statusCode).toBe(409);
    expect((await ask("DELETE", `${url}/${id}`, owner)).statusCode).toBe(204);
    expect((await ask("GET", url, cookieOf(joined))).statusCode).toBe(401);
  });
});

describe("a shared link", () => {
  const make = async (changes: object = {}) => {
    const cookie = await harness.signIn("owner");
    const body = { bed: "b1", scope: "nights", label: "Dr Li", forMs: DAY_MS, ...changes };
    const { id, path } = (await ask("POST", `/api/homes/${HOME}/shares`, cookie, body)).json();
    return { cookie, id, secret: path.split("=")[1] as string };
  };
  const openIt = (secret: string) => ask("POST", "/api/share", undefined, { secret });

  it("shows the nights of its bed and nothing else, counted, until it is ended", async () => {
    const { cookie, id, secret } = await make();
    const opened = await openIt(secret);
    expect(opened.json()).toMatchObject({ bed: "b1", scope: "nights" });
    expect(String(opened.headers["set-cookie"])).toMatch(/HttpOnly.*SameSite=Lax/);
    const link = cookieOf(opened);
    expect((await ask("GET", "/api/beds/b1/nights", link)).statusCode).toBe(200);
    for (const [method, url] of [
      ["GET", "/api/beds/b2/nights"],
      ["GET", "/api/beds/homebbbbbb~b1/nights"],
      ["GET", "/api/beds/b1/nights/2026-01-10/csv"],
      ["GET", "/api/beds/b1/nights/2026-01-10/fhir"],
      ["GET", "/api/beds/b1/nights/2026-01-10/lines"],
      ["GET", "/api/beds/b1/limits"],
      ["GET", "/api/live"],
      ["GET", "/api/me/sign-ins"],
      ["POST", "/api/beds/b1/call"],
    ] as const) {
      expect((await ask(method, url, link)).statusCode, url).toBe(401);
    }
    const list = await ask("GET", `/api/homes/${HOME}/shares`, cookie);
    expect(list.json().shares).toMatchObject([{ id, label: "Dr Li", uses: 1 }]);
    expect(list.body).not.toContain(secret);
    expect((await ask("DELETE", `/api/homes/${HOME}/shares/${id}`, cookie)).statusCode).toBe(204);
    expect((await ask("GET", "/api/beds/b1/nights", link)).statusCode).toBe(401);
    expect((await openIt(secret)).statusCode).toBe(404);
    expect(await actions()).toEqual(expect.arrayContaining(["share.made", "share.opened", "share.ended"]));
  });

  it("runs out by itself", async () => {
    const { secret } = await make({ forMs: 10 * MINUTE_MS });
    const link = cookieOf(await openIt(secret));
    await harness.clock.advance(10 * MINUTE_MS);
    expect((await ask("GET", "/api/beds/b1/nights", link)).statusCode).toBe(401);
    expect((await openIt(secret)).statusCode).toBe(404);
  });

  it("to the bed live shows no nights", async () => {
    const { secret } = await make({ scope: "live" });
    const link = cookieOf(await openIt(secret));
    expect((await ask("GET", "/api/beds/b1/nights", link)).statusCode).toBe(401);
    expect((await ask("GET", "/api/live", link)).statusCode).toBe(400);
  });

  it("is never guessed: ten tries a minute", async () => {
    for (let n = 0; n < 10; n += 1) expect((await openIt("x".repeat(43))).statusCode).toBe(404);
    expect((await openIt("x".repeat(43))).statusCode).toBe(429);
  });

  it.each([{ forMs: 91 * DAY_MS }, { forMs: 0 }, { scope: "all" }, { label: " " }, { bed: "../b1" }])(
    "with %j is not made",
    async (changes) => {
      const cookie = await harness.signIn("owner");
      const body = { bed: "b1", scope: "nights", label: "Dr Li", forMs: DAY_MS, ...changes };
      expect((await ask("POST", `/api/homes/${HOME}/shares`, cookie, body)).statusCode).toBe(400);
    },
  );
});
