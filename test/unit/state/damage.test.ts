// State files that are damaged, on a real disk: put aside, and the newest copy that is whole takes their place.
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { DAY_MS, HOUR_MS, type Wall, wall } from "../../../src/domain/time.ts";
import { createClock } from "../../../src/ops/clock.ts";
import { openSqliteStores } from "../../../src/store/state/state.ts";
import { openStores, type StoreMethods } from "../../../src/store/state/stores.ts";

const NOW = wall(Date.UTC(2026, 10, 22));
const key = new Uint8Array(32).fill(7);
const other = new Uint8Array(32).fill(8);
const PAGE = 4_096;

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-damage-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const open = (folder: string, hadOne = true, sealedWith = key): StoreMethods =>
  openStores({ folder, key: sealedWith, mend: { hadOne } });

const value = (stores: StoreMethods): unknown => stores.call("home", "", "value", ["ack_key"]);
const setValue = (stores: StoreMethods, text: string): unknown =>
  stores.call("home", "", "setValue", ["ack_key", text]);

/** A file with one value and a copy of it; then the value changes once more. */
function usedFolder(): { readonly folder: string; readonly file: string } {
  const folder = temporaryFolder();
  const stores = open(folder, false);
  for (let n = 0; n < 200; n++) {
    stores.call("home", "", "audit", [{ at: NOW, action: "test", detail: `something happened ${n}` }]);
  }
  setValue(stores, '"copied"');
  stores.keepCopy(NOW);
  setValue(stores, '"after the copy"');
  stores.close();
  return { folder, file: path.join(folder, "state.sqlite") };
}

function garbage(file: string, from: number, bytes: number): void {
  const content = readFileSync(file);
  content.fill(0xa5, from, from + bytes);
  writeFileSync(file, content);
}

/** Where a sealed text lies in the file, so that the structure around it stays whole. */
function inText(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const sealed = database.prepare("SELECT detail FROM audit ORDER BY id DESC LIMIT 1").get()?.["detail"];
  database.close();
  const at = readFileSync(file).indexOf(Buffer.from(sealed as Uint8Array));
  expect(at).toBeGreaterThan(0);
  return at + 20;
}

const DAMAGES: readonly (readonly [string, (file: string) => void, RegExp])[] = [
  ["a page of garbage in the middle", (file) => garbage(file, 8 * PAGE, PAGE), /is damaged \(/],
  ["a first page of garbage", (file) => garbage(file, 0, PAGE), /cannot be read \(file is not a database\)/],
  ["a version that no program has", (file) => garbage(file, 60, 4), /is damaged \(version/],
  [
    "a text that does not open",
    (file) => garbage(file, inText(file), 4),
    /is damaged \(texts of audit.detail\)/,
  ],
  [
    "half of it",
    (file) => writeFileSync(file, readFileSync(file).subarray(0, 6 * PAGE)),
    /is damaged|cannot be read/,
  ],
  ["no bytes", (file) => writeFileSync(file, ""), /is empty/],
  ["no file", (file) => rmSync(file), /state.sqlite is gone/],
  [
    "a folder in its place",
    (file) => {
      rmSync(file);
      mkdirSync(file);
    },
    /cannot be read/,
  ],
];

test.each(DAMAGES)("%s: the copy takes its place, and what was there is kept", (_, damage, words) => {
  const { folder, file } = usedFolder();
  damage(file);
  const wasThere = existsSync(file);
  const stores = open(folder);
  onTestFinished(() => stores.close());
  expect(stores.damage()).toMatch(words);
  expect(stores.damage()).toContain("Its copy of ");
  expect(value(stores)).toBe('"copied"');
  expect(existsSync(`${file}.damaged-1`)).toBe(wasThere);
});

test.each(DAMAGES)("%s, and no copy: it begins empty and says so", (_, damage) => {
  const { folder, file } = usedFolder();
  damage(file);
  rmSync(`${file}.copy-1`);
  const stores = open(folder);
  onTestFinished(() => stores.close());
  expect(stores.damage()).toContain("There is no copy: nobody is known");
  expect(value(stores)).toBeUndefined();
});

describe("what is no damage", () => {
  test("a sound file, and a folder that never had one", () => {
    const { folder } = usedFolder();
    const sound = open(folder);
    expect([sound.damage(), value(sound)]).toEqual(["", '"after the copy"']);
    sound.close();
    const fresh = open(temporaryFolder(), false);
    expect(fresh.damage()).toBe("");
    fresh.close();
  });

  test("another key, and a later version: refused, and nothing is moved", () => {
    const { folder, file } = usedFolder();
    expect(() => open(folder, true, other)).toThrow(/UNSEALABLE/);
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 900");
    database.close();
    expect(() => open(folder)).toThrow(/DATA_DIR_NEWER/);
    expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toEqual([]);
  });

  test("a hub refuses a damaged file as it is", () => {
    const { folder, file } = usedFolder();
    garbage(file, 0, PAGE);
    expect(() => openStores({ folder, key })).toThrow(/STATE_FAILED/);
    expect(existsSync(`${file}.damaged-1`)).toBe(false);
  });
});

describe("copies", () => {
  const copies = (folder: string): readonly string[] =>
    readdirSync(folder).filter((name) => name.startsWith("state.sqlite.copy"));
  const keep = (stores: StoreMethods, at: Wall, text: string): void => {
    setValue(stores, text);
    stores.keepCopy(at);
  };

  test("are three at most: the newest, and two a day apart; only where something was written", () => {
    const folder = temporaryFolder();
    const stores = open(folder, false);
    onTestFinished(() => stores.close());
    const start = Date.now();
    for (let hour = 0; hour < 80; hour++) {
      keep(stores, wall(start + hour * HOUR_MS), `"${hour}"`);
      const at = (start + hour * HOUR_MS) / 1_000;
      utimesSync(path.join(folder, "state.sqlite.copy-1"), at, at);
    }
    expect(copies(folder)).toEqual([1, 2, 3].map((n) => `state.sqlite.copy-${n}`));
    const inside = copies(folder).map((name) => {
      const moved = temporaryFolder();
      writeFileSync(path.join(moved, "state.sqlite"), readFileSync(path.join(folder, name)));
      const one = open(moved);
      onTestFinished(() => one.close());
      return Number(JSON.parse(String(value(one))));
    });
    const [first = 0, second = 0, third = 0] = inside;
    expect(first).toBe(79);
    expect(second).toBeGreaterThanOrEqual(79 - 25);
    expect(second - third).toBeGreaterThanOrEqual(23);

    rmSync(path.join(folder, "state.sqlite.copy-1"));
    stores.keepCopy(wall(start + 90 * HOUR_MS));
    expect(copies(folder)).toHaveLength(2);
  });

  test("a damaged one is passed over, and none is made of a file that is damaged meanwhile", () => {
    const { folder, file } = usedFolder();
    const stores = open(folder);
    keep(stores, wall(NOW + 3 * DAY_MS), '"newer"');
    expect(copies(folder)).toHaveLength(2);
    stores.close();
    garbage(`${file}.copy-1`, 8 * PAGE, PAGE);
    garbage(file, 8 * PAGE, PAGE);
    const mended = open(folder);
    expect(value(mended)).toBe('"copied"');
    mended.close();

    const again = openStores({ folder, key });
    onTestFinished(() => again.close());
    setValue(again, '"once more"');
    garbage(file, inText(file), 4);
    expect(() => again.keepCopy(wall(NOW + 4 * DAY_MS))).toThrow(
      /the copy is damaged \(texts of audit.detail\)/,
    );
    expect(existsSync(`${file}.copying`)).toBe(false);
  });
});

describe("while it is open", () => {
  /** Longer than what SQLite keeps of a file in memory, so that it has to be read again. */
  const LONG = JSON.stringify("x".repeat(6 << 20));

  /** Everything but the first pages, under the program that has it open. */
  function garbageBelow(file: string): void {
    const handle = openSync(file, "r+");
    writeSync(handle, Buffer.alloc(5 << 20, 0xa5), 0, 5 << 20, 60 * PAGE);
    closeSync(handle);
  }

  async function opened(folder: string, mend?: { readonly hadOne: boolean }) {
    const noted: string[] = [];
    const stores = await openSqliteStores({
      ...{ folder, key, clock: createClock(), ...(mend && { mend }) },
      log: { note: (event, fields) => void noted.push(`${event} ${String(fields?.["damage"])}`) },
    });
    onTestFinished(() => stores.close());
    const told: string[] = [];
    stores.onTrouble((trouble) => void told.push(trouble));
    return { stores, told, noted };
  }

  test("damage is told at once, once, and stays said; what can be read is still read", async () => {
    const folder = temporaryFolder();
    const { stores, told, noted } = await opened(folder, { hadOne: false });
    await stores.state.setValue("short", '"still there"');
    await stores.state.setValue("long", LONG);
    expect(stores.trouble()).toBe("");
    garbageBelow(path.join(folder, "state.sqlite"));
    for (let n = 0; n < 3; n++) {
      await expect(stores.state.value("long")).rejects.toMatchObject({ code: /STATE_FAILED|UNSEALABLE/ });
    }
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told[0]).toMatch(/^state\.sqlite is damaged \((?:database disk image|a sealed text).*\)$/);
    expect(stores.trouble()).toBe(told[0]);
    expect(noted).toEqual([`state.damaged ${told[0]}`]);
    expect(await stores.state.value("short")).toBe('"still there"');
    // No copy is made of it: those before stay.
    await expect(stores.keepCopy(NOW)).rejects.toMatchObject({ code: "STATE_FAILED" });
    expect(told).toHaveLength(1);
  });

  test("on a hub the home is named whose file it is, and the others go on", async () => {
    const folder = temporaryFolder();
    const { stores, told } = await opened(folder);
    const [broken, whole] = [stores.homes.of("homeaaaaaa"), stores.homes.of("homebbbbbb")];
    await broken.setValue("long", LONG);
    await whole.setValue("long", LONG);
    garbageBelow(path.join(folder, "homes", "homeaaaaaa", "state.sqlite"));
    await expect(broken.value("long")).rejects.toThrow();
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told[0]).toMatch(/^homes\/homeaaaaaa\/state\.sqlite is damaged/);
    expect(await whole.value("long")).toBe(LONG);
    expect(told).toHaveLength(1);
  });

  test("what is refused for another reason is no damage", async () => {
    const { stores, told } = await opened(temporaryFolder(), { hadOne: false });
    const phone = { id: "p", person: "nobody", channel: "web-push", label: "", settings: {}, addedAt: NOW };
    await expect(stores.state.putTarget(phone)).rejects.toMatchObject({ code: "STATE_FAILED" });
    // The thread answers in order: it was asked before this.
    await stores.state.people();
    expect([told, stores.trouble()]).toEqual([[], ""]);
  });
});
