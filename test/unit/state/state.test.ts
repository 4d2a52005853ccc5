import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "vitest";
import type { LimitsVersion } from "../../../src/domain/limits.ts";
import type { Person, Role } from "../../../src/domain/person.ts";
import { wall } from "../../../src/domain/time.ts";
import type { State, TargetRecord } from "../../../src/port/state.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { migrate } from "../../../src/store/state/migrations.ts";
import { createMemoryState, openSqliteStores } from "../../../src/store/state/state.ts";

const mother: Person = { id: "aaaaaaaaaa", name: "妈妈", role: "owner", language: "zh-Hans" };
const nurse: Person = {
  id: "bbbbbbbbbb",
  name: "Robert'); DROP TABLE person;--",
  role: "caregiver",
  language: "en",
};

const phone: TargetRecord = {
  id: "cccccccccc",
  person: mother.id,
  channel: "webpush",
  label: "Kitchen phone",
  settings: { endpoint: "https://push.example/1", auth: "x" },
  addedAt: wall(1_000),
};

const limitsVersion = (version: number, reason = "because"): LimitsVersion => ({
  ...{ bed: "b1", version, at: wall(1_000 + version), by: { id: "a", name: "妈妈" }, role: "owner", reason },
  ...{ previous: version - 1, file: { SPO2_LOW: { limit: 86.5 }, PR_LOW: { on: false } } },
  origin: { kind: "code", clinic: "c", key: "k", name: "n", issue: 202603011430 },
  temporary: [{ condition: "SPO2_LOW", setting: "limit", until: wall(9_000) }],
  afterwards: { PR_LOW: { on: false } },
});

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "breathwatch-state-"));
  cleanups.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function onDisk(where = folder()): Promise<State> {
  const clock = createVirtualClock(wall(0));
  const { state } = await openSqliteStores({ folder: where, clock, log: { note: () => {} } });
  cleanups.push(() => state.close());
  return state;
}

async function inMemory(): Promise<State> {
  const state = createMemoryState();
  cleanups.push(() => state.close());
  return state;
}

describe.each([
  ["in memory", inMemory],
  ["on disk in its thread", onDisk],
])("the state store %s", (_, open: () => Promise<State>) => {
  it("keeps every version of a bed's limits as it was written, and never two on top of one", async () => {
    const state = await open();
    const first = limitsVersion(1);
    expect(await state.limits("b1", 10)).toEqual([]);
    expect(await state.addLimits(first, 0)).toBe(true);
    expect(await state.addLimits(limitsVersion(2, "somebody slower"), 0)).toBe(false);
    expect(await state.addLimits(limitsVersion(1), 1)).toBe(false);
    const third = limitsVersion(3, "a number is left out where the engine was ahead");
    expect(await state.addLimits(third, 1)).toBe(true);
    expect(await state.addLimits({ ...limitsVersion(1), bed: "b2" }, 0)).toBe(true);
    expect(await state.limits("b1", 10)).toEqual([third, first]);
    expect(await state.limits("b1", 1)).toEqual([third]);
    expect(await state.limits("b2", Number.MAX_SAFE_INTEGER)).toHaveLength(1);
  });

  it("takes one of two that are written at once", async () => {
    const state = await open();
    const both = [state.addLimits(limitsVersion(1, "one"), 0), state.addLimits(limitsVersion(1, "two"), 0)];
    expect((await Promise.all(both)).filter((taken) => taken)).toHaveLength(1);
  });

  it("knows a clinic by its key, with who trusted it first", async () => {
    const state = await open();
    const clinic = {
      key: "k".repeat(43),
      name: "呼吸门诊",
      trustedAt: wall(5),
      by: { id: "a", name: "Mei" },
    };
    await state.trustClinic(clinic);
    await state.trustClinic({ ...clinic, name: "Somebody else", by: { id: "b", name: "Ben" } });
    await state.trustClinic({ ...clinic, key: "other" });
    expect(await state.trustedClinics()).toEqual([clinic, { ...clinic, key: "other" }]);
  });

  it("keeps people as they were given, hostile names included", async () => {
    const state = await open();
    await state.putPerson(mother);
    await state.putPerson(nurse);
    await state.putPerson({ ...nurse, language: "zh-Hant" });
    expect(await state.people()).toEqual([mother, { ...nurse, language: "zh-Hant" }]);
  });

  it("replaces a target by id, keeps its newest proof and the first reason of its death", async () => {
    const state = await open();
    await state.putPerson(mother);
    await state.putTarget(phone);
    await state.proveTarget(phone.id, wall(900));
    await state.proveTarget(phone.id, wall(700));
    await state.killTarget(phone.id, wall(950), "410 gone");
    await state.killTarget(phone.id, wall(999), "still gone");
    const dead = { ...phone, lastProofAt: 900, deadSince: 950, deadWhy: "410 gone" };
    expect(await state.targets()).toEqual([dead]);
    await state.putTarget({ ...phone, label: "New phone" });
    expect(await state.targets()).toEqual([{ ...phone, label: "New phone" }]);
    await state.removeTarget(phone.id, wall(1_000));
    expect(await state.targets()).toEqual([]);
  });

  it("keeps what a phone was heard at aloud apart from its quiet proof, and what runs on it", async () => {
    const state = await open();
    await state.putPerson(mother);
    const known = { ...phone, system: "iOS 17, Safari 17", changedAt: wall(300) };
    await state.putTarget(known);
    await state.proveTarget(phone.id, wall(800), true);
    await state.proveTarget(phone.id, wall(900));
    await state.proveTarget(phone.id, wall(700), true);
    expect(await state.targets()).toEqual([{ ...known, lastProofAt: 900, lastLoudProofAt: 800 }]);
  });

  it("refuses a target of a person that is not there", async () => {
    const state = await open();
    await expect(state.putTarget(phone)).rejects.toMatchObject({ code: "STATE_FAILED" });
    expect(await state.targets()).toEqual([]);
  });

  it("removes a person's phones with the person, and those of sign-ins that were ended", async () => {
    const state = await open();
    await state.putPerson(mother);
    await state.putPerson(nurse);
    await state.putTarget({ ...phone, id: "one", signIn: "ended" });
    await state.putTarget({ ...phone, id: "two", signIn: "other" });
    await state.putTarget({ ...phone, id: "three" });
    await state.putTarget({ ...phone, id: "hers", person: nurse.id, signIn: "ended" });
    expect((await state.removeTargetsOf(["ended", "unheard of"], wall(1_000))).toSorted()).toEqual([
      "hers",
      "one",
    ]);
    expect((await state.targets()).map(({ id }) => id)).toEqual(["two", "three"]);
    await state.removePerson(mother.id, wall(1_000));
    expect(await state.targets()).toEqual([]);
    expect(await state.people()).toEqual([nurse]);
  });

  it("keeps named values and the newest audit entries first", async () => {
    const state = await open();
    expect(await state.value("home")).toBeUndefined();
    await state.setValue("home", "1");
    await state.setValue("home", "2");
    expect(await state.value("home")).toBe("2");
    await state.setValue("also", '"x"');
    expect(await state.values()).toEqual({ also: '"x"', home: "2" });
    await state.audit({ at: wall(1), action: "drill", detail: "first" });
    await state.audit({ at: wall(2), person: mother.id, action: "sign_in", detail: "owner" });
    expect(await state.audits(10)).toEqual([
      { at: 2, person: mother.id, action: "sign_in", detail: "owner" },
      { at: 1, action: "drill", detail: "first" },
    ]);
    expect(await state.audits(1)).toHaveLength(1);
    expect(await state.audits(-5)).toEqual([]);
  });

  it("keeps one open protocol a bed; a closed one takes no step any more and the next is another one", async () => {
    const state = await open();
    const step = {
      step: "contact_alarm",
      result: "failed",
      how: "seen",
      at: wall(20),
      by: "Li",
      value: 1.5,
    } as const;
    expect(await state.openCommissioning("b1", "one", wall(10))).toBe("one");
    expect(await state.openCommissioning("b1", "two", wall(11))).toBe("one");
    expect(await state.openCommissioning("b2", "other", wall(11))).toBe("other");
    expect(await state.putCommissionedStep("one", step)).toBe(true);
    const again = {
      ...step,
      result: "passed",
      at: wall(30),
      note: "the wire was loose",
      saw: "remote_alarm 1",
    } as const;
    expect(await state.putCommissionedStep("one", again)).toBe(true);
    const end = { at: wall(40), by: "Mei", note: "", about: "{}" };
    expect(await state.closeCommissioning("b1", end)).toBe("one");
    expect(await state.closeCommissioning("b1", end)).toBeUndefined();
    expect(await state.putCommissionedStep("one", step)).toBe(false);
    expect(await state.putCommissionedStep("nobody's", step)).toBe(false);
    expect(await state.openCommissioning("b1", "two", wall(50))).toBe("two");
    expect(await state.commissionings("b1", 10)).toEqual([
      { id: "two", bed: "b1", begunAt: 50, steps: [] },
      { id: "one", bed: "b1", begunAt: 10, steps: [again], closed: end },
    ]);
    expect(await state.commissionings("b1", 1)).toHaveLength(1);
  });

  it("refuses work after it was closed", async () => {
    const state = await open();
    await state.close();
    await state.close();
    await expect(state.people()).rejects.toMatchObject({ code: "STATE_FAILED" });
  });
});

describe("the state file", () => {
  it("is readable by its owner alone and still there after a restart", async () => {
    const where = folder();
    chmodSync(where, 0o755);
    const first = await onDisk(where);
    await first.putPerson(mother);
    expect(statSync(where).mode & 0o777).toBe(0o700);
    for (const file of ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"]) {
      expect(statSync(path.join(where, file)).mode & 0o777, file).toBe(0o600);
    }
    await first.close();
    const second = await onDisk(where);
    expect(await second.people()).toEqual([mother]);
  });

  it("of a newer program is refused and left as it is", async () => {
    const where = folder();
    const file = path.join(where, "state.sqlite");
    const newer = new DatabaseSync(file);
    newer.exec("CREATE TABLE future (x); PRAGMA user_version = 999");
    newer.close();
    await expect(onDisk(where)).rejects.toMatchObject({ code: "DATA_DIR_NEWER", permanent: true });
    const after = new DatabaseSync(file);
    expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 999 });
    expect(after.prepare("SELECT name FROM sqlite_master").all()).toEqual([{ name: "future" }]);
    after.close();
  });

  it("that is no database is refused with a way out", async () => {
    const where = folder();
    writeFileSync(path.join(where, "state.sqlite"), "this is a letter, not a database. ".repeat(100));
    await expect(onDisk(where)).rejects.toMatchObject({
      code: "STATE_FAILED",
      fix: expect.stringContaining("backup"),
    });
  });

  it("in a place where no folder can be made is refused by name", async () => {
    const where = path.join(folder(), "plain-file");
    writeFileSync(where, "");
    await expect(onDisk(where)).rejects.toMatchObject({
      code: "DATA_DIR_UNWRITABLE",
      message: expect.stringContaining(where),
    });
  });

  it("is migrated step by step, each step whole or not at all", () => {
    const database = new DatabaseSync(":memory:");
    const one = "CREATE TABLE a (x TEXT) STRICT";
    migrate(database, [one]);
    expect(() => migrate(database, [one, "CREATE TABLE b (x TEXT) STRICT; SELECT nonsense"])).toThrow(
      /nonsense/,
    );
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    migrate(database, [one, "CREATE TABLE b (x TEXT) STRICT"]);
    migrate(database, [one, "CREATE TABLE b (x TEXT) STRICT"]);
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
    database.close();
  });
});

const roles: readonly Role[] = ["owner", "caregiver", "patient", "therapist", "technician"];
it.each(roles)("a person with the role %s comes back with it", async (role) => {
  const state = await inMemory();
  await state.putPerson({ ...mother, role });
  expect((await state.people())[0]?.role).toBe(role);
});

it("says that a stored version of limits is damaged instead of guessing", async () => {
  const where = folder();
  const state = await onDisk(where);
  await state.addLimits(limitsVersion(1), 0);
  const file = new DatabaseSync(path.join(where, "state.sqlite"));
  for (const body of ["{", "{}", '{"bed": "b1", "version": "1"}']) {
    file.prepare("UPDATE limits SET body = ?").run(body);
    await expect(state.limits("b1", 1)).rejects.toMatchObject({ code: "STATE_FAILED" });
  }
  file.close();
});
