import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { MIGRATIONS, migrate } from "../../../src/store/state/migrations.ts";
import { openSqliteStores, type Stores } from "../../../src/store/state/state.ts";
import { openStores } from "../../../src/store/state/stores.ts";

/**
 * State files as released versions wrote them, in their own SQL: the programs of version 1 (people, phones), 2 (with
 * protocols) and 3 (with limits and clinics). Never edited, only added to.
 */
const VERSION_1 = `
  CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, language TEXT NOT NULL) STRICT;
  CREATE TABLE session (token_hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  CREATE INDEX session_by_person ON session (person, created_at);
  CREATE TABLE join_code (code_hash TEXT PRIMARY KEY, role TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  CREATE TABLE target (id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    channel TEXT NOT NULL, label TEXT NOT NULL, settings TEXT NOT NULL, added_at INTEGER NOT NULL,
    last_proof_at INTEGER, dead_since INTEGER, dead_why TEXT) STRICT;
  CREATE TABLE value (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, person TEXT, action TEXT NOT NULL,
    detail TEXT NOT NULL) STRICT;
  INSERT INTO person VALUES ('meiaaaaaaa', '妈妈', 'owner', 'zh-Hans'), ('wuaaaaaaaa', 'Dr Wu', 'therapist', 'en');
  INSERT INTO session VALUES ('hash-of-mei', 'meiaaaaaaa', 100, 9000), ('hash-of-wu', 'wuaaaaaaaa', 200, 8000);
  INSERT INTO join_code VALUES ('code', 'caregiver', 5000);
  INSERT INTO target VALUES ('phoneaaaaa', 'meiaaaaaaa', 'web-push', 'Kitchen phone',
    '{"endpoint":"https://push.example/1","auth":"secret"}', 150, 160, NULL, NULL);
  INSERT INTO value VALUES ('home_id', '"homeaaaaaa"'), ('owner_code', '"salt:hash"');
  INSERT INTO audit VALUES (1, 100, 'meiaaaaaaa', 'sign_in', 'owner'), (2, 120, NULL, 'sign_in.refused', 'wrong code');
  PRAGMA user_version = 1;
`;
const VERSION_2 = `${VERSION_1}
  CREATE TABLE commissioning (id TEXT PRIMARY KEY, bed TEXT NOT NULL, begun_at INTEGER NOT NULL, closed_at INTEGER,
    closed_by TEXT, note TEXT, about TEXT) STRICT;
  CREATE INDEX commissioning_by_bed ON commissioning (bed, begun_at);
  CREATE TABLE commissioned_step (commissioning TEXT NOT NULL REFERENCES commissioning (id) ON DELETE CASCADE,
    step TEXT NOT NULL, result TEXT NOT NULL, how TEXT NOT NULL, at INTEGER NOT NULL, done_by TEXT NOT NULL,
    value REAL, note TEXT, saw TEXT, PRIMARY KEY (commissioning, step)) STRICT;
  INSERT INTO commissioning VALUES ('one', 'b1', 10, 40, 'Mei', '', '{}');
  INSERT INTO commissioned_step VALUES ('one', 'contact_alarm', 'passed', 'seen', 20, 'Li', 1.5, NULL, NULL);
  PRAGMA user_version = 2;
`;
const LIMITS = {
  ...{
    bed: "b1",
    version: 1,
    at: 5,
    by: { id: "meiaaaaaaa", name: "妈妈" },
    role: "owner",
    reason: "as agreed",
  },
  ...{
    previous: 0,
    file: { SPO2_LOW: { limit: 86 } },
    origin: { kind: "person" },
    temporary: [],
    afterwards: {},
  },
};
const VERSION_3 = `${VERSION_2}
  CREATE TABLE limits (bed TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (bed, version)) STRICT;
  CREATE TABLE clinic (key TEXT PRIMARY KEY, name TEXT NOT NULL, trusted_at INTEGER NOT NULL, by_id TEXT NOT NULL,
    by_name TEXT NOT NULL) STRICT;
  INSERT INTO limits VALUES ('b1', 1, 5, '${JSON.stringify(LIMITS)}');
  INSERT INTO clinic VALUES ('key', '呼吸门诊', 6, 'meiaaaaaaa', '妈妈');
  PRAGMA user_version = 3;
`;

const KEY = new Uint8Array(32).fill(5);

let folder: string;
let open: Stores[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-migrations-"));
  open = [];
});
afterEach(async () => {
  for (const stores of open) await stores.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = (): string => path.join(folder, "state.sqlite");

function written(sql: string): void {
  const database = new DatabaseSync(file());
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(sql);
  database.close();
}

async function opened(key?: Uint8Array): Promise<Stores> {
  const clock = createVirtualClock(wall(0));
  const stores = await openSqliteStores({ folder, clock, log: { note: () => {} }, ...(key && { key }) });
  open.push(stores);
  return stores;
}

const bytesOfFile = (): string =>
  ["", "-wal"].map((end) => readFileSync(`${file()}${end}`, { flag: "a+" }).toString("latin1")).join("");

describe.each([
  ["1", VERSION_1],
  ["2", VERSION_2],
  ["3", VERSION_3],
])("a state file of version %s", (version, sql) => {
  it("keeps people, sign-ins, phones, values and audit, and makes accounts of the people", async () => {
    written(sql);
    const { state, accounts } = await opened();
    expect(await state.people()).toEqual([
      { id: "meiaaaaaaa", name: "妈妈", role: "owner", language: "zh-Hans" },
      { id: "wuaaaaaaaa", name: "Dr Wu", role: "therapist", language: "en" },
    ]);
    expect(await accounts.session("hash-of-mei", wall(1_000), 1)).toEqual({
      ...{ id: "meiaaaaaaa", name: "妈妈", language: "zh-Hans", organisations: [] },
      homes: [{ home: "homeaaaaaa", role: "owner" }],
    });
    expect(await accounts.session("hash-of-wu", wall(8_000), 1)).toBeUndefined();
    expect(await accounts.members("homeaaaaaa")).toHaveLength(2);
    expect(await accounts.hasOwner()).toBe(true);
    expect(await state.targets()).toMatchObject([
      { id: "phoneaaaaa", label: "Kitchen phone", settings: { auth: "secret" }, lastProofAt: 160 },
    ]);
    expect(await state.value("owner_code")).toBe('"salt:hash"');
    expect((await state.audits(10)).map(({ action }) => action)).toEqual(["sign_in.refused", "sign_in"]);
    const [protocol] = await state.commissionings("b1", 1);
    expect(protocol?.steps.length).toBe(version === "1" ? undefined : 1);
    expect(await state.limits("b1", 5)).toEqual(version === "3" ? [LIMITS] : []);
    // What refers to a person still does after the tables were made anew.
    await state.removePerson("meiaaaaaaa", wall(300));
    expect(await state.targets()).toEqual([]);
  });

  it("is encrypted at the first start with a key, to the last page of the file", async () => {
    written(sql);
    for (const plain of ["Kitchen phone", "push.example", "salt:hash"])
      expect(bytesOfFile()).toContain(plain);
    const first = await opened(KEY);
    expect((await first.state.targets())[0]?.label).toBe("Kitchen phone");
    await first.state.putPerson({ id: "new", name: "Newcomer Zhang", role: "caregiver", language: "en" });
    await first.close();
    for (const plain of [
      "Kitchen phone",
      "push.example",
      "salt:hash",
      "Newcomer",
      "as agreed",
      "wrong code",
    ]) {
      expect(bytesOfFile(), plain).not.toContain(plain);
    }
    const { state, accounts } = await opened(KEY);
    expect((await state.people()).map(({ name }) => name)).toEqual(["妈妈", "Dr Wu", "Newcomer Zhang"]);
    expect(await accounts.session("hash-of-mei", wall(1_000), 1)).toMatchObject({ name: "妈妈" });
  });
});

describe("a state file that was encrypted", () => {
  it.each([
    ["without its key", undefined],
    ["with another key", new Uint8Array(32).fill(6)],
  ])("does not open %s, and nothing of it is changed", async (_, key) => {
    await (await opened(KEY)).close();
    const before = bytesOfFile();
    await expect(opened(key)).rejects.toMatchObject({
      code: "UNSEALABLE",
      permanent: true,
      fix: expect.stringContaining("key file"),
    });
    expect(bytesOfFile()).toBe(before);
    await opened(KEY);
  });
});

describe("the homes of a hub", () => {
  it("have a file each, that holds nothing of any other and goes with the home", async () => {
    const { homes, state } = await opened(KEY);
    await homes.of("homeaaaaaa").setValue("whose", '"a"');
    await homes.of("homebbbbbb").setValue("whose", '"b"');
    expect(await homes.of("homeaaaaaa").value("whose")).toBe('"a"');
    expect(await homes.of("homebbbbbb").value("whose")).toBe('"b"');
    expect(await state.value("whose")).toBeUndefined();
    await homes.remove("homeaaaaaa");
    expect(await homes.of("homeaaaaaa").value("whose")).toBeUndefined();
    expect(await homes.of("homebbbbbb").value("whose")).toBe('"b"');
  });

  it.each(["", "..", "../../etc", "home", "homeaaaaaa/.."])("are never named %j", async (name) => {
    const { homes } = await opened();
    await expect(homes.of(name).setValue("x", "1")).rejects.toMatchObject({ code: "STATE_FAILED" });
    await expect(homes.remove(name)).rejects.toMatchObject({ code: "STATE_FAILED" });
  });
});

describe("a state file from before loud drills", () => {
  it("keeps its phones with their proofs; none has been heard aloud yet", async () => {
    const database = new DatabaseSync(file());
    const before = MIGRATIONS.findIndex((sql) => sql.includes("last_loud_proof_at"));
    migrate(database, MIGRATIONS.slice(0, before));
    database.exec(`
      INSERT INTO person (id, name, role, language) VALUES ('mei', 'Mei', 'owner', 'en');
      INSERT INTO target (id, person, channel, label, settings, added_at, last_proof_at)
        VALUES ('phone', 'mei', 'web-push', 'Phone', '{}', 100, 160);
    `);
    database.close();
    const { state } = await opened();
    const phone = {
      id: "phone",
      person: "mei",
      channel: "web-push",
      label: "Phone",
      settings: {},
      addedAt: 100,
    };
    expect(await state.targets()).toEqual([{ ...phone, lastProofAt: 160 }]);
    await state.proveTarget("phone", wall(500), true);
    expect(await state.targets()).toEqual([{ ...phone, lastProofAt: 500, lastLoudProofAt: 500 }]);
  });
});

describe.each(MIGRATIONS.slice(0, -1).map((_, n) => n + 1))("a state file of version %i", (version) => {
  it("keeps its people and phones; what is removed of them from now on is remembered, and may come again", () => {
    const database = new DatabaseSync(file());
    migrate(database, MIGRATIONS.slice(0, version));
    database.exec(`
      INSERT INTO person (id, name, role, language) VALUES ('mei', 'Mei', 'owner', 'en');
      INSERT INTO target (id, person, channel, label, settings, added_at)
        VALUES ('phone', 'mei', 'web-push', 'Phone', '{}', 100);
    `);
    database.close();
    const stores = openStores({ folder });
    const ask = (name: string, ...args: readonly unknown[]): unknown => stores.call("home", "", name, args);
    const mei = { id: "mei", name: "Mei", role: "owner", language: "en" } as const;
    const phone = { id: "phone", person: "mei", channel: "web-push", label: "Phone", settings: {} };
    expect(ask("people")).toEqual([mei]);
    expect(ask("targets")).toEqual([{ ...phone, addedAt: 100 }]);
    expect(ask("removals")).toEqual([]);
    ask("removePerson", "mei", wall(300));
    expect(ask("removals")).toEqual([
      { kind: "person", id: "mei", upTo: 0, at: 300 },
      { kind: "target", id: "phone", upTo: 100, at: 300 },
    ]);
    expect(ask("adoptPerson", mei)).toBe(false);
    // By a clock that is behind.
    ask("putPerson", { ...mei, addedAt: wall(0) });
    ask("putTarget", { ...phone, addedAt: wall(50) });
    expect(ask("people")).toEqual([{ ...mei, addedAt: 1 }]);
    expect(ask("targets")).toEqual([{ ...phone, addedAt: 101 }]);
    stores.close();
  });
});
