import { describe, expect, test } from "vitest";
import { MINUTE_MS, wall } from "../../../src/domain/time.ts";
import type { AuditEntry } from "../../../src/port/record.ts";
import { openBedRecords, openKnownLog } from "../../../src/record/bed-records.ts";
import { openKnownRecords } from "../../../src/record/known.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOW = wall(Date.parse("2026-11-21T14:00:00Z"));
const JOURNAL = "journal-b1.log";
const KNOWN = "records.json";

interface Entry {
  readonly revision: number;
}

const decode = (value: unknown): Entry | undefined =>
  typeof value === "object" && value !== null && "revision" in value ? (value as Entry) : undefined;

async function open(disk: MemoryDisk, seed = 1, begun = false) {
  const clock = createVirtualClock(NOW);
  const shared = { disk, clock, random: createSeededRandom(seed), log: silentLog };
  const known = await openKnownRecords({ ...shared, begun, onSaved: () => undefined });
  const records = await openBedRecords<Entry>({
    ...{ ...shared, known, bed: "b1", decode },
    revisionOf: ({ revision }) => revision,
  });
  const outbox = await openKnownLog({ ...shared, known, path: "outbox.log", decode, mayBeEmpty: true });
  return { ...records, outbox, known, clock };
}

const started: AuditEntry = { kind: "started", at: NOW, trusted: true, journal: "abcdefghij", damage: [] };

const watchOn = (revision: number): AuditEntry => ({
  kind: "watch",
  at: NOW,
  trusted: true,
  limits: 0,
  revision,
  watch: { on: true, reason: "schedule", since: NOW },
});

/** A bed that ran for a while: five steps of the engine, each in the journal and then in the audit record. */
async function lived(steps = 5): Promise<MemoryDisk> {
  const disk = createMemoryDisk();
  const { journal, audit, outbox, known } = await open(disk);
  await audit.append(started);
  for (let revision = 1; revision <= steps; revision++) {
    await journal.append({ revision });
    await audit.append(watchOn(revision));
  }
  await outbox.log.append({ revision: 1 });
  await Promise.all([journal.close(), audit.close(), outbox.log.close()]);
  await known.close();
  return disk;
}

const AUDIT = "audit-b1/000001-2026-11.jsonl";

describe("the records of a bed at the start", () => {
  test("are well in a new data folder, where there is nothing", async () => {
    const { damage, outbox, journal } = await open(createMemoryDisk());
    expect([...damage, ...outbox.damage]).toEqual([]);
    expect(journal.recovered.entries).toEqual([]);
  });

  test("are well when they are as they were left", async () => {
    const { damage, outbox, journal, check } = await open(await lived());
    expect([...damage, ...outbox.damage]).toEqual([]);
    expect(journal.recovered.entries).toHaveLength(5);
    expect(await check()).toBeUndefined();
  });

  test("are well in a folder of before there was an audit record", async () => {
    const disk = await lived();
    await disk.remove(AUDIT);
    await disk.remove(KNOWN);
    expect((await open(disk)).damage).toEqual([]);
  });

  test("say so when the journal is gone, with either of the two things that remember it", async () => {
    for (const also of [undefined, AUDIT, KNOWN]) {
      const disk = await lived();
      await disk.remove(JOURNAL);
      if (also !== undefined) await disk.remove(also);
      const { damage, journal } = await open(disk);
      expect(damage[0], also).toBe("journal-b1.log is gone");
      expect(journal.recovered.entries).toEqual([]);
    }
  });

  test("say so when everything is gone in a data folder that is not new", async () => {
    expect((await open(createMemoryDisk(), 1, true)).damage).toEqual(["journal-b1.log is gone"]);
  });

  test("say so when the journal is there and empty, or holds nothing but its beginning", async () => {
    const whole = (await lived()).peek(JOURNAL)!;
    for (const length of [0, 1, 19, 20, 25]) {
      for (const remembers of [true, false]) {
        const disk = remembers ? await lived() : createMemoryDisk();
        disk.poke(JOURNAL, whole.subarray(0, length));
        const { damage } = await open(disk);
        expect(damage[0], `${length} bytes`).toBe("journal-b1.log is there, and nothing in it can be read");
      }
    }
  });

  test("say so when the journal was cut at any byte: what is whole is kept", async () => {
    const disk = await lived(3);
    const whole = disk.peek(JOURNAL)!;
    const record = (whole.length - 20) / 3;
    for (let length = 20 + record; length < whole.length; length++) {
      disk.poke(JOURNAL, whole.subarray(0, length));
      const { damage, journal } = await open(disk);
      expect(damage, `${length} bytes`).toEqual(["journal-b1.log ends before what audit-b1 tells"]);
      const kept = Math.floor((length - 20) / record);
      expect(journal.recovered.entries.map(({ revision }) => revision)).toEqual([1, 2, 3].slice(0, kept));
    }
    disk.poke(JOURNAL, whole);
    expect((await open(disk)).damage).toEqual([]);
  });

  test("say so when any one bit of the journal is another, and keep every other entry", async () => {
    const disk = await lived(3);
    const whole = disk.peek(JOURNAL)!;
    for (let at = 0; at < whole.length; at++) {
      const damaged = new Uint8Array(whole);
      damaged[at]! ^= 1 << (at % 8);
      disk.poke(JOURNAL, damaged);
      const { damage, journal } = await open(disk);
      expect(damage.length, `byte ${at}`).toBeGreaterThan(0);
      expect(journal.recovered.entries.length, `byte ${at}`).toBeGreaterThanOrEqual(2);
    }
  });

  test("say so when a block of the journal is zeros", async () => {
    const disk = await lived(60);
    const whole = disk.peek(JOURNAL)!;
    const damaged = new Uint8Array(whole);
    damaged.fill(0, 512, 1_024);
    disk.poke(JOURNAL, damaged);
    const { damage, journal } = await open(disk);
    expect(damage[0]).toMatch(/^journal-b1.log was damaged: \d+ entries could be read/);
    expect(journal.recovered.entries.at(-1)).toEqual({ revision: 60 });
    expect(journal.recovered.entries.length).toBeGreaterThan(20);
  });

  test("say so when the journal is another one than before", async () => {
    const disk = await lived();
    const other = createMemoryDisk();
    const { journal } = await open(other, 99);
    await journal.append({ revision: 1_000 });
    disk.poke(JOURNAL, other.peek(JOURNAL)!);
    expect((await open(disk)).damage).toEqual(["journal-b1.log is another file than before"]);
  });

  test("say so when the audit record is gone, cut or changed", async () => {
    const cases: readonly (readonly [string, (disk: MemoryDisk) => void | Promise<void>])[] = [
      ["nothing is left", (disk) => disk.remove(AUDIT)],
      ["it ends with record 2", (disk) => disk.poke(AUDIT, linesOf(disk, 2))],
      [`${AUDIT}:3`, (disk) => flip(disk, AUDIT, linesOf(disk, 2).length + 40)],
    ];
    for (const [words, harm] of cases) {
      const disk = await lived();
      await harm(disk);
      const { damage } = await open(disk);
      expect(damage.join("; ")).toContain(words);
      expect(damage).toHaveLength(1);
    }
  });

  test("say so when the outbox is gone, unreadable or damaged, and not when it is just empty", async () => {
    const disk = await lived();
    await disk.remove("outbox.log");
    expect((await open(disk)).outbox.damage).toEqual(["outbox.log is gone"]);
    disk.poke("outbox.log", new Uint8Array());
    expect((await open(disk)).outbox.damage).toEqual(["outbox.log is there, and nothing in it can be read"]);
    const emptied = await lived();
    const { outbox } = await open(emptied);
    await outbox.log.rewrite([]);
    await outbox.log.close();
    expect((await open(emptied)).outbox.damage).toEqual([]);
  });

  test("are well again at the next start, once something has been written", async () => {
    const disk = await lived();
    flip(disk, JOURNAL, 60);
    flip(disk, AUDIT, 60);
    const hurt = await open(disk);
    expect(hurt.damage).toHaveLength(2);
    await hurt.journal.append({ revision: 106 });
    await hurt.audit.append(started);
    await hurt.known.close();
    const again = await open(disk);
    expect(again.damage).toEqual([]);
    expect(await again.check()).toBeUndefined();
  });

  test("find what is broken further back in the audit record in the background, once", async () => {
    const disk = createMemoryDisk();
    const first = await open(disk);
    await first.journal.append({ revision: 1 });
    for (const month of ["10", "11", "12"]) {
      await first.audit.append({ ...started, at: wall(Date.parse(`2026-${month}-05T00:00:00Z`)) });
    }
    flip(disk, "audit-b1/000001-2026-10.jsonl", 100);
    const second = await open(disk);
    expect(second.damage).toEqual([]);
    expect(await second.check()).toBe("audit-b1/000001-2026-10.jsonl:1: this line is not as it was written");
    expect(await (await open(disk)).check()).toBeUndefined();
  });
});

describe("what is known of the records", () => {
  test("is written down as soon as a log is there, and for the audit record every ten minutes", async () => {
    const disk = createMemoryDisk();
    const { journal, audit, known, clock } = await open(disk);
    known.start();
    await journal.append({ revision: 1 });
    await settle();
    expect(JSON.parse(new TextDecoder().decode(disk.peek(KNOWN)))).toEqual({
      logs: { [JOURNAL]: journal.id },
      heads: {},
    });
    await audit.append(started);
    await clock.advance(10 * MINUTE_MS);
    expect(JSON.parse(new TextDecoder().decode(disk.peek(KNOWN)))).toMatchObject({
      heads: { "audit-b1": audit.head },
    });
    await known.close();
    await Promise.all([journal.close(), audit.close()]);
    expect(clock.pending).toBe(0);
  });

  test("is an aid: where it cannot be read or written, everything else goes on", async () => {
    const disk = await lived();
    disk.poke(KNOWN, new TextEncoder().encode('{"logs": 3}'));
    const { damage, known } = await open(disk);
    expect(damage).toEqual([]);
    disk.setFull(true);
    known.sawLog(JOURNAL, "aaaaaaaaaa");
    await known.close();
  });
});

function flip(disk: MemoryDisk, path: string, at: number): void {
  const bytes = disk.peek(path)!;
  bytes[at]! ^= 0x10;
  disk.poke(path, bytes);
}

/** The first lines of the audit record. */
function linesOf(disk: MemoryDisk, count: number): Uint8Array {
  const bytes = disk.peek(AUDIT)!;
  let end = 0;
  for (let line = 0; line < count; line++) end = bytes.indexOf(0x0a, end) + 1;
  return bytes.subarray(0, end);
}
