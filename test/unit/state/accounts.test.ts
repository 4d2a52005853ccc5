import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import type { Consent, Credential, SessionRecord, Share } from "../../../src/port/accounts.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryStores, openSqliteStores, type Stores } from "../../../src/store/state/state.ts";

const MOTHER = { id: "aaaaaaaaaa", name: "妈妈'); DROP TABLE account;--", language: "zh-Hans" } as const;
const WU = { id: "bbbbbbbbbb", name: "Dr Wu", language: "en" } as const;
const HOME = "homeaaaaaa";
const OTHER = "homebbbbbb";
const CLINIC = { id: "clinicaaaa", name: "呼吸门诊" };

/** Longer than any test. */
const LASTS_MS = 1;

const session = (tokenHash: string, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  ...{ tokenHash, account: MOTHER.id, createdAt: wall(0), expiresAt: wall(10_000) },
  ...{ way: "code", label: "Firefox, Android" },
  ...changes,
});

const consent = (id: string, changes: Partial<Consent> = {}): Consent => ({
  ...{ id, home: HOME, organisation: CLINIC.id, roles: ["therapist"] },
  given: { at: wall(5), by: MOTHER.id, name: "Mei" },
  ...changes,
});

const share = (id: string, changes: Partial<Share> = {}): Share => ({
  ...{ id, home: HOME, bed: "b1", scope: "nights", label: "Dr Li", madeBy: MOTHER.id },
  ...{ madeAt: wall(1), expiresAt: wall(100), uses: 0 },
  ...changes,
});

const passkey: Credential = {
  ...{ id: "Y3JlZA", account: MOTHER.id, publicKey: "a2V5", counter: 0, transports: ["internal", "hybrid"] },
  ...{ label: "Phone", createdAt: wall(3) },
};

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function onDisk(): Promise<Stores> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-accounts-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const key = new Uint8Array(32).fill(7);
  const stores = await openSqliteStores({
    ...{ folder, key },
    clock: createVirtualClock(wall(0)),
    log: { note: () => {} },
  });
  cleanups.push(() => stores.close());
  return stores;
}

async function inMemory(): Promise<Stores> {
  const stores = createMemoryStores();
  cleanups.push(() => stores.close());
  return stores;
}

describe.each([
  ["in memory", inMemory],
  ["encrypted on disk in its thread", onDisk],
])("accounts %s", (_, open: () => Promise<Stores>) => {
  const withBoth = async () => {
    const { accounts } = await open();
    await accounts.putAccount(MOTHER);
    await accounts.putAccount(WU);
    return accounts;
  };

  it("are kept as they were given, with one role in each home", async () => {
    const accounts = await withBoth();
    await accounts.putRole(MOTHER.id, HOME, "caregiver");
    await accounts.putRole(MOTHER.id, OTHER, "owner");
    await accounts.putRole(MOTHER.id, HOME, "owner");
    await accounts.putAccount({ ...MOTHER, language: "en" });
    expect(await accounts.account(MOTHER.id)).toEqual({
      ...MOTHER,
      language: "en",
      homes: [
        { home: HOME, role: "owner" },
        { home: OTHER, role: "owner" },
      ],
      organisations: [],
    });
    expect(await accounts.members(HOME)).toEqual([{ ...MOTHER, language: "en", role: "owner" }]);
    await accounts.endRole(MOTHER.id, HOME);
    expect(await accounts.members(HOME)).toEqual([]);
    expect((await accounts.account(MOTHER.id))?.homes).toEqual([{ home: OTHER, role: "owner" }]);
    expect(await accounts.account("nobody")).toBeUndefined();
  });

  it("know whether there is an owner of anything", async () => {
    const accounts = await withBoth();
    expect(await accounts.hasOwner()).toBe(false);
    await accounts.putOrganisation(CLINIC);
    await accounts.putOrganisationRole(WU.id, CLINIC.id, "owner");
    expect(await accounts.hasOwner()).toBe(true);
    await accounts.endOrganisationRole(WU.id, CLINIC.id);
    await accounts.putRole(MOTHER.id, HOME, "owner");
    expect(await accounts.hasOwner()).toBe(true);
  });

  it("are signed in until the sign-in expires or is ended", async () => {
    const accounts = await withBoth();
    await accounts.addSession(session("h1", { expiresAt: wall(100) }));
    await accounts.addSession(session("h2"));
    expect(await accounts.session("h1", wall(99), LASTS_MS)).toMatchObject({ id: MOTHER.id });
    expect(await accounts.session("h1", wall(100), LASTS_MS)).toBeUndefined();
    await accounts.endSession("h2");
    expect(await accounts.session("h2", wall(100), LASTS_MS)).toBeUndefined();
    expect(await accounts.session("unheard of", wall(0), LASTS_MS)).toBeUndefined();
  });

  it("stay signed in while they use it; a clinic's sign-in and a program's end when they said", async () => {
    const accounts = await withBoth();
    const hour = 3_600_000;
    const expiresAt = wall(9 * hour);
    await accounts.addSession(session("used", { expiresAt }));
    await accounts.addSession(session("unused", { expiresAt }));
    await accounts.addSession(
      session("clinic", { expiresAt, way: "clinic", issuer: "https://clinic.example" }),
    );
    await accounts.addSession(session("program", { expiresAt, way: "program" }));
    const at = async (hours: number, names: readonly string[]) => {
      const found = await Promise.all(
        names.map((name) => accounts.session(name, wall(hours * hour), 10 * hour)),
      );
      return names.filter((_name, n) => found[n] !== undefined);
    };
    expect(await at(8, ["used", "clinic", "program"])).toEqual(["used", "clinic", "program"]);
    expect(await at(10, ["used", "unused", "clinic", "program"])).toEqual(["used"]);
    expect(await at(19, ["used"])).toEqual(["used"]);
    expect(await at(30, ["used"])).toEqual([]);
  });

  it("list their sign-ins with the newest use, and end all but one", async () => {
    const accounts = await withBoth();
    const hour = 3_600_000;
    await accounts.addSession(session("h1", { expiresAt: wall(9 * hour) }));
    await accounts.addSession(
      session("h2", { createdAt: wall(10), expiresAt: wall(9 * hour), way: "passkey" }),
    );
    await accounts.addSession(session("his", { account: WU.id, expiresAt: wall(9 * hour) }));
    await accounts.session("h1", wall(1_000), LASTS_MS);
    await accounts.session("h1", wall(2 * hour), LASTS_MS);
    expect(await accounts.sessions(MOTHER.id, wall(3 * hour))).toEqual([
      expect.objectContaining({ tokenHash: "h2", way: "passkey", seenAt: 10, label: "Firefox, Android" }),
      expect.objectContaining({ tokenHash: "h1", way: "code", seenAt: 2 * hour }),
    ]);
    expect(await accounts.endSessions(MOTHER.id, "h2")).toEqual(["h1"]);
    expect(await accounts.endSessions(MOTHER.id)).toEqual(["h2"]);
    expect(await accounts.session("his", wall(20), LASTS_MS)).toMatchObject({ id: WU.id });
  });

  it("keep the newest fifty sign-ins of a person", async () => {
    const accounts = await withBoth();
    for (let n = 0; n < 52; n += 1) await accounts.addSession(session(`s${n}`, { createdAt: wall(n) }));
    expect(await accounts.session("s1", wall(60), LASTS_MS)).toBeUndefined();
    expect(await accounts.session("s2", wall(60), LASTS_MS)).toBeDefined();
    expect(await accounts.session("s51", wall(60), LASTS_MS)).toBeDefined();
  });

  it("lose everything with the person, and refuse what belongs to nobody", async () => {
    const accounts = await withBoth();
    await accounts.putRole(MOTHER.id, HOME, "owner");
    await accounts.addSession(session("h1"));
    await accounts.addCredential(passkey);
    await accounts.setPassword(MOTHER.id, "mei", "hash");
    const external = { issuer: "https://id.example", account: MOTHER.id, linkedAt: wall(1) };
    await accounts.addExternal("42", external);
    await accounts.removeAccount(MOTHER.id);
    await accounts.removeAccount(MOTHER.id);
    expect(await accounts.session("h1", wall(1), LASTS_MS)).toBeUndefined();
    expect(await accounts.credential(passkey.id)).toBeUndefined();
    expect(await accounts.password("mei")).toBeUndefined();
    expect(await accounts.external("https://id.example", "42")).toBeUndefined();
    expect(await accounts.members(HOME)).toEqual([]);
    await expect(accounts.addSession(session("h3"))).rejects.toMatchObject({ code: "STATE_FAILED" });
    await expect(accounts.putRole(MOTHER.id, HOME, "owner")).rejects.toMatchObject({ code: "STATE_FAILED" });
  });

  it("know who somebody is at a provider by a name that is not kept, once each, and whose sign-ins came that way", async () => {
    const accounts = await withBoth();
    const [issuer, other] = ["https://id.example", "https://id.other.example"];
    const gives = { organisation: CLINIC.id, role: "therapist" } as const;
    const linked = { issuer, account: MOTHER.id, gives, linkedAt: wall(1) };
    expect(await accounts.addExternal("mei@clinic", linked)).toBe(true);
    expect(await accounts.addExternal("mei@clinic", { ...linked, account: WU.id })).toBe(false);
    expect(await accounts.addExternal("mei-2", linked)).toBe(false);
    expect(await accounts.addExternal("mei@clinic", { ...linked, issuer: other })).toBe(true);
    expect(await accounts.external(issuer, "mei@clinic")).toEqual(linked);
    expect(await accounts.external(issuer, "Mei@clinic")).toBeUndefined();
    expect(JSON.stringify(await accounts.externals(MOTHER.id))).not.toContain("mei");

    await accounts.useExternal(MOTHER.id, issuer, wall(9), undefined);
    const { gives: _, ...rest } = linked;
    expect(await accounts.external(issuer, "mei@clinic")).toEqual({ ...rest, usedAt: 9 });
    await accounts.addSession(session("by-code"));
    await accounts.addSession(session("by-one", { way: "clinic", issuer }));
    await accounts.addSession(session("by-two", { way: "clinic", issuer }));
    await accounts.addSession(session("by-other", { way: "clinic", issuer: other }));
    expect(await accounts.endSessionsBy(MOTHER.id, issuer, "by-two")).toEqual(["by-one"]);
    expect(await accounts.endSessionsBy(WU.id, issuer)).toEqual([]);
    const left = (await accounts.sessions(MOTHER.id, wall(1))).map(({ tokenHash }) => tokenHash);
    expect(left.toSorted()).toEqual(["by-code", "by-other", "by-two"]);

    expect(await accounts.removeExternal(WU.id, issuer)).toBe(false);
    expect(await accounts.removeExternal(MOTHER.id, issuer)).toBe(true);
    expect(await accounts.externals(MOTHER.id)).toMatchObject([{ issuer: other }]);
  });

  it("let a join code be used once and not after it ran out", async () => {
    const accounts = await withBoth();
    const to = { home: HOME, role: "therapist" } as const;
    await accounts.addJoinCode({ codeHash: "good", to, expiresAt: wall(600) });
    await accounts.addJoinCode({ codeHash: "late", to, expiresAt: wall(600) });
    const clinic = { organisation: CLINIC.id, role: "technician" } as const;
    await accounts.addJoinCode({ codeHash: "clinic", to: clinic, expiresAt: wall(600) });
    expect(await accounts.takeJoinCode("good", wall(599))).toEqual(to);
    expect(await accounts.takeJoinCode("good", wall(599))).toBeUndefined();
    expect(await accounts.takeJoinCode("late", wall(600))).toBeUndefined();
    expect(await accounts.takeJoinCode("late", wall(1))).toBeUndefined();
    expect(await accounts.takeJoinCode("clinic", wall(1))).toEqual(clinic);
  });

  it("keep the newest join codes of each place: another's never push them out", async () => {
    const accounts = await withBoth();
    const ours = { organisation: CLINIC.id, role: "technician" } as const;
    await accounts.addJoinCode({ codeHash: "ours", to: ours, expiresAt: wall(600) });
    for (let number = 0; number < 30; number += 1) {
      const to = { home: HOME, role: "therapist" } as const;
      await accounts.addJoinCode({ codeHash: `theirs-${number}`, to, expiresAt: wall(700 + number) });
    }
    expect(await accounts.takeJoinCode("ours", wall(1))).toEqual(ours);
    expect(await accounts.takeJoinCode("theirs-0", wall(1))).toBeUndefined();
    expect(await accounts.takeJoinCode("theirs-29", wall(1))).toBeDefined();
  });

  it("find a password by its login name however that is typed, and give a name to one account only", async () => {
    const accounts = await withBoth();
    await accounts.setPassword(MOTHER.id, "Mei@Example.org", "one");
    expect(await accounts.password(" mei@example.ORG ")).toEqual({ account: MOTHER.id, hash: "one" });
    expect(await accounts.login(MOTHER.id)).toBe("Mei@Example.org");
    const taken = accounts.setPassword(WU.id, "mei@example.org", "two");
    await expect(taken).rejects.toMatchObject({ code: "CONFLICT" });
    await accounts.setPassword(MOTHER.id, "mei@example.org", "three");
    expect(await accounts.password("mei@example.org")).toEqual({ account: MOTHER.id, hash: "three" });
    await accounts.endPassword(MOTHER.id);
    expect(await accounts.login(MOTHER.id)).toBeUndefined();
    await accounts.setPassword(WU.id, "mei@example.org", "four");
  });

  it("keep passkeys, counted, each its owner's", async () => {
    const accounts = await withBoth();
    await accounts.addCredential(passkey);
    await accounts.useCredential(passkey.id, 9, wall(50));
    const used = { ...passkey, counter: 9, usedAt: 50 };
    expect(await accounts.credential(passkey.id)).toEqual(used);
    expect(await accounts.credentials(MOTHER.id)).toEqual([used]);
    await accounts.removeCredential(WU.id, passkey.id);
    expect(await accounts.credentials(MOTHER.id)).toHaveLength(1);
    await expect(accounts.addCredential(passkey)).rejects.toMatchObject({ code: "STATE_FAILED" });
    await accounts.removeCredential(MOTHER.id, passkey.id);
    expect(await accounts.credentials(MOTHER.id)).toEqual([]);
  });

  it("reach a home through an organisation as long as the home's consent stands, in the roles it names", async () => {
    const accounts = await withBoth();
    await accounts.putOrganisation(CLINIC);
    await accounts.putOrganisationRole(WU.id, CLINIC.id, "therapist");
    const homes = async () => (await accounts.account(WU.id))?.homes;
    expect(await homes()).toEqual([]);
    await accounts.addConsent(consent("tech", { roles: ["technician"] }));
    expect(await homes()).toEqual([]);
    await accounts.addConsent(consent("both", { roles: ["therapist", "technician"] }));
    await accounts.addConsent(consent("elsewhere", { home: OTHER }));
    expect(await homes()).toEqual([
      { home: HOME, role: "therapist", through: CLINIC.id },
      { home: OTHER, role: "therapist", through: CLINIC.id },
    ]);
    const end = { at: wall(9), by: MOTHER.id, name: "Mei" };
    expect(await accounts.endConsent(OTHER, "both", end)).toBe(false);
    expect(await accounts.endConsent(HOME, "both", end)).toBe(true);
    expect(await accounts.endConsent(HOME, "both", end)).toBe(false);
    expect(await homes()).toEqual([{ home: OTHER, role: "therapist", through: CLINIC.id }]);
    await accounts.putOrganisationRole(WU.id, CLINIC.id, "owner");
    expect(await homes()).toEqual([]);
    const all = await accounts.consents(HOME);
    expect(all.map(({ id, ended }) => [id, ended?.at])).toEqual([
      ["both", 9],
      ["tech", 5],
    ]);
    expect(await accounts.organisationMembers(CLINIC.id)).toEqual([{ ...WU, role: "owner" }]);
  });

  it("share one bed by a link that counts its uses, expires and can be ended", async () => {
    const accounts = await withBoth();
    await accounts.addShare(share("one"), "secret1");
    await accounts.addShare(share("two", { scope: "live", expiresAt: wall(50), madeAt: wall(2) }), "secret2");
    expect(await accounts.share("secret1", wall(10), true)).toMatchObject({ id: "one", uses: 1, usedAt: 10 });
    expect(await accounts.share("secret1", wall(11), false)).toMatchObject({ uses: 1 });
    expect(await accounts.share("secret2", wall(50), true)).toBeUndefined();
    expect(await accounts.share("guessed", wall(1), true)).toBeUndefined();
    expect((await accounts.shares(HOME, wall(20))).map(({ id }) => id)).toEqual(["two", "one"]);
    expect((await accounts.shares(HOME, wall(60))).map(({ id }) => id)).toEqual(["one"]);
    expect(await accounts.endShare(OTHER, "one")).toBe(false);
    expect(await accounts.endShare(HOME, "one")).toBe(true);
    expect(await accounts.share("secret1", wall(10), true)).toBeUndefined();
  });
});
