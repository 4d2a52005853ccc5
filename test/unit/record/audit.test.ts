import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import { DAY_MS, wall } from "../../../src/domain/time.ts";
import type { AuditAnchor, AuditEntry, AuditLog, AuditRecord } from "../../../src/port/record.ts";
import { openAuditLog } from "../../../src/record/audit.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

const NOW = wall(Date.parse("2026-11-21T14:00:00Z"));
const FOLDER = "audit-b1";
const ANA = { id: "p-ana", name: "Ana" };

function setUp(disk: MemoryDisk = createMemoryDisk(), startsAt = NOW) {
  const clock = createVirtualClock(startsAt);
  const notes: { event: string; level: string }[] = [];
  const log = {
    note: (event: string, _fields?: object, level = "info") => void notes.push({ event, level }),
  };
  const open = (
    more: {
      readonly anchor?: AuditAnchor;
      readonly keepMs?: number;
      readonly fileBytes?: number;
      readonly filesMax?: number;
    } = {},
  ) => openAuditLog({ disk, clock, log, folder: FOLDER, ...more });
  return { disk, clock, notes, open };
}

const occurrence = (n: number): Occurrence => ({
  id: `b1-abcdefghij-${n}`,
  bed: "b1",
  condition: "SPO2_LOW",
  priority: "high",
  state: "holds",
  raisedAt: NOW,
  values: { spo2: 84 },
  simulated: false,
  drill: false,
});

const occurred = (n: number, at: number = NOW): AuditEntry => ({
  kind: "event",
  at: wall(at),
  trusted: true,
  limits: 0,
  revision: n,
  event: { kind: "occurred", at: wall(at), occurrence: occurrence(n) },
});

async function recordsOf(log: Pick<AuditLog, "read">, from = 0, to = 8e15): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of log.read(wall(from), wall(to))) records.push(record);
  return records;
}

async function textOf(log: AuditLog, format: "jsonl" | "csv"): Promise<string> {
  let text = "";
  for await (const piece of log.text(format, wall(0), wall(8e15))) text += piece;
  return text;
}

const filesOf = (disk: MemoryDisk): Promise<readonly string[]> => disk.list(FOLDER);

/** A disk whose audit record holds so many alarms, in one file. */
async function written(count: number) {
  const { disk, open } = setUp();
  const log = await open();
  for (let n = 1; n <= count; n++) await log.append(occurred(n));
  await log.close();
  const [name = ""] = await filesOf(disk);
  return { path: `${FOLDER}/${name}`, bytes: disk.peek(`${FOLDER}/${name}`)!, head: log.head };
}

/** The audit record of a disk that holds just this file. */
async function opened(path: string, bytes: Uint8Array, anchor?: AuditAnchor) {
  const disk = createMemoryDisk();
  disk.poke(path, bytes);
  const bed = setUp(disk);
  return { ...bed, log: await bed.open(anchor === undefined ? {} : { anchor }) };
}

describe("the audit record of a bed", () => {
  test("gives back what was appended, in order, numbered from one", async () => {
    const { open } = setUp();
    const first = await open();
    const command = { kind: "start_watch", id: "c1", by: ANA } as const;
    await Promise.all([
      first.append(occurred(1)),
      first.append({ kind: "command", at: NOW, trusted: true, limits: 3, revision: 2, command }),
    ]);
    await first.close();
    const second = await open();
    await second.append({ kind: "stopped", at: NOW, trusted: false });
    const records = await recordsOf(second);
    expect(records.map(({ n, kind }) => [n, kind])).toEqual([
      [1, "event"],
      [2, "command"],
      [3, "stopped"],
    ]);
    expect(records[1]).toMatchObject({ command, limits: 3, revision: 2, at: NOW });
    expect(second.recovered).toMatchObject({ newest: { n: 2 }, revision: 2 });
    expect(second.recovered.damage).toBeUndefined();
    expect(second.head).toEqual({ n: 3, hash: records[2]?.hash });
  });

  test("can be checked by anybody with SHA-256 and a text editor", async () => {
    const { bytes } = await written(5);
    let previous = "0".repeat(64);
    const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    for (const line of lines) {
      const [, body, hash] = /^(.*),"hash":"(.{64})"\}$/.exec(line)!;
      expect(createHash("sha256").update(`${body}}`).digest("hex")).toBe(hash);
      expect((JSON.parse(line) as AuditRecord).previous).toBe(previous);
      previous = hash!;
    }
  });

  test("is whole when it was left alone, up to its newest record", async () => {
    const { open } = setUp();
    const log = await open();
    for (let n = 1; n <= 30; n++) await log.append(occurred(n, NOW + n));
    expect(await log.verify()).toEqual({
      records: 30,
      first: { n: 1, at: NOW + 1 },
      whole: { ...log.head, at: NOW + 30 },
      breaks: [],
      unfinishedBytes: 0,
    });
  });

  test("goes on in a new file each month, with the chain unbroken across them", async () => {
    const { disk, open } = setUp();
    const log = await open();
    for (const month of ["2026-11-30", "2026-12-01", "2026-12-31", "2027-01-01"]) {
      await log.append(occurred(1, Date.parse(`${month}T10:00:00Z`)));
    }
    expect(await filesOf(disk)).toEqual([
      "000001-2026-11.jsonl",
      "000002-2026-12.jsonl",
      "000003-2027-01.jsonl",
    ]);
    expect(await log.verify()).toMatchObject({ records: 4, breaks: [] });
    const [, second, , fourth] = await recordsOf(log);
    expect(second?.previous).not.toBe("0".repeat(64));
    expect(fourth?.n).toBe(4);
  });

  test("begins no month by a clock that may be wrong", async () => {
    const { disk, open } = setUp();
    const log = await open();
    await log.append(occurred(1));
    await log.append({ ...occurred(2, 0), trusted: false });
    expect(await filesOf(disk)).toHaveLength(1);
  });

  test("begins a new file when one is full", async () => {
    const { disk, open } = setUp();
    const log = await open({ fileBytes: 2_000 });
    await Promise.all(Array.from({ length: 40 }, (_, n) => log.append(occurred(n))));
    expect((await filesOf(disk)).length).toBeGreaterThan(5);
    expect(await log.verify()).toMatchObject({ records: 40, breaks: [] });
  });

  test.each(["jsonl", "csv"] as const)(
    "comes page by page as the same text as at once, as %s",
    async (format) => {
      const { open } = setUp();
      const log = await open({ fileBytes: 2_000 });
      await Promise.all(Array.from({ length: 40 }, (_, n) => log.append(occurred(n, NOW + n * 1_000))));
      let text = "";
      let pages = 0;
      for (let next: number | undefined = 0; next !== undefined; pages += 1) {
        const page = await log.page(format, wall(0), wall(8e15), next === 0 ? undefined : next);
        text += page.text;
        next = page.next;
      }
      expect(pages).toBeGreaterThan(5);
      expect(text).toBe(await textOf(log, format));
      // A time in which nothing is: empty pages, and an end.
      const { text: none } = await log.page("jsonl", wall(1), wall(2));
      expect(none).toBe("");
    },
  );

  test("lets go of what is older than its time, says so, and stays whole", async () => {
    const { disk, clock, notes, open } = setUp();
    const log = await open({ keepMs: 100 * DAY_MS });
    for (let day = 0; day < 200; day++) {
      await log.append(occurred(day, clock.wall()));
      await clock.advance(DAY_MS);
    }
    await settle();
    expect((await filesOf(disk))[0]).toBe("000004-2027-02.jsonl");
    const records = await recordsOf(log);
    expect(records.filter(({ kind }) => kind === "let_go").at(-1)).toMatchObject({
      through: records[0]!.n - 1,
      why: "age",
    });
    expect(await log.verify()).toMatchObject({ breaks: [], first: { n: records[0]!.n } });
    expect(notes).toEqual([]);
  });

  test("never lets go by a clock that is not known to be right", async () => {
    const { disk, clock, open } = setUp();
    const log = await open({ keepMs: DAY_MS, fileBytes: 500 });
    clock.setTrusted(false);
    clock.stepWall(1_000 * DAY_MS);
    for (let n = 0; n < 10; n++) await log.append({ ...occurred(n, clock.wall()), trusted: false });
    await settle();
    expect((await recordsOf(log)).every(({ kind }) => kind === "event")).toBe(true);
    expect((await filesOf(disk)).length).toBeGreaterThan(3);
  });

  test("is bounded in files as well", async () => {
    const { disk, open } = setUp();
    const log = await open({ fileBytes: 2_000, filesMax: 5 });
    for (let n = 0; n < 80; n++) await log.append(occurred(n));
    await settle();
    expect((await filesOf(disk)).length).toBeLessThanOrEqual(6);
    expect(await log.verify()).toMatchObject({ breaks: [] });
  });

  test("answers after 500 ms when the disk stalls, and keeps the order when the records land late", async () => {
    const { disk, clock, open } = setUp();
    const log = await open();
    await log.append(occurred(0));
    disk.stall();
    const outcomes: string[] = [];
    for (const n of [1, 2])
      log.append(occurred(n)).catch((error: { code: string }) => outcomes.push(error.code));
    await clock.advance(500);
    expect(outcomes).toEqual(["DISK_DEADLINE", "DISK_DEADLINE"]);
    disk.resume();
    await log.append(occurred(3));
    expect(await log.verify()).toMatchObject({ records: 4, breaks: [] });
    await log.close();
    expect(clock.pending).toBe(0);
  });

  test("says how many records the disk did not take when too many waited", async () => {
    const { disk, clock, open } = setUp();
    const log = await open();
    disk.stall();
    const all = Promise.allSettled(Array.from({ length: 10_007 }, (_, n) => log.append(occurred(n))));
    await clock.advance(1_000);
    expect((await all).every(({ status }) => status === "rejected")).toBe(true);
    disk.resume();
    await settle();
    await clock.advance(2_000);
    await log.append(occurred(99_999));
    const records = await recordsOf(log);
    expect(records.find(({ kind }) => kind === "lost")).toMatchObject({ records: 7 });
    expect(await log.verify()).toMatchObject({ records: records.length, breaks: [] });
  });

  test("gives text for people: JSON lines as they lie there, and CSV that no spreadsheet takes for a formula", async () => {
    const { disk, open } = setUp();
    const log = await open();
    await log.append(occurred(1));
    const by = { id: "p", name: "=cmd()" };
    await log.append({
      kind: "command",
      at: NOW,
      trusted: false,
      limits: 2,
      revision: 5,
      command: { kind: "acknowledge", id: "a", occurrence: "b1-abcdefghij-1", by, place: "going" },
    });
    const [name = ""] = await filesOf(disk);
    expect(await textOf(log, "jsonl")).toBe(new TextDecoder().decode(disk.peek(`${FOLDER}/${name}`)));
    const [head, first, second] = (await textOf(log, "csv")).split("\r\n");
    expect(head).toBe(
      "n,at,clock,kind,what,who,occurrence,condition,priority,values,simulated,limits_version,detail,hash",
    );
    expect(first).toMatch(
      /^1,2026-11-21T14:00:00\.000Z,right,event,occurred,,b1-abcdefghij-1,SPO2_LOW,high,"\{""spo2"":84\}",,0,,[0-9a-f]{64}$/,
    );
    expect(second).toMatch(
      /^2,.*,not known to be right,command,acknowledge,'=cmd\(\),b1-abcdefghij-1,,,,,2,"\{""place"":""going""\}",/,
    );
  });

  test("reads a stretch of time", async () => {
    const { open } = setUp();
    const log = await open({ fileBytes: 1_000 });
    for (let n = 0; n < 20; n++) await log.append(occurred(n, NOW + n * 1_000));
    const some = await recordsOf(log, NOW + 5_000, NOW + 8_000);
    expect(some.map(({ n }) => n)).toEqual([6, 7, 8]);
  });
});

describe("an audit record that was damaged", () => {
  test("is called broken wherever one byte is changed, and only from there on", async () => {
    const { path, bytes } = await written(4);
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = new Uint8Array(bytes);
      damaged[at]! ^= 1 << (at % 8);
      const { log } = await opened(path, damaged);
      const before = ends.filter((end) => end < at).length;
      expect(log.recovered.damage, `byte ${at}`).toBeDefined();
      const verdict = await log.verify();
      expect(verdict.whole?.n ?? 0, `byte ${at}`).toBe(before);
      expect(verdict.breaks.length, `byte ${at}`).toBeGreaterThan(0);
    }
  });

  test("cut at any byte: whole lines stay, an unfinished one is dropped, which is recorded, and the chain goes on", async () => {
    const { path, bytes } = await written(3);
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    for (let length = 1; length < bytes.length; length++) {
      const { log } = await opened(path, bytes.subarray(0, length));
      await log.append(occurred(9));
      const whole = ends.filter((end) => end <= length).length;
      const torn = length - (ends.findLast((end) => end <= length) ?? 0);
      const records = await recordsOf(log);
      const kinds = records.map(({ kind }) => kind).filter((kind) => kind !== "damaged");
      const expected = [
        ...Array.from({ length: whole }, () => "event"),
        ...(torn > 0 ? ["cut"] : []),
        "event",
      ];
      expect(kinds, `${length} bytes`).toEqual(expected);
      expect(records.find(({ kind }) => kind === "cut")).toEqual(
        torn > 0 ? expect.objectContaining({ bytes: torn }) : undefined,
      );
      expect((await log.verify()).breaks, `${length} bytes`).toEqual([]);
      // Without a whole record left it is told: a power cut leaves that only where it came with the very first one.
      expect(log.recovered.damage !== undefined).toBe(whole === 0);
    }
  });

  test("cut where a record that counted had been: told, when something else remembers it", async () => {
    const { path, bytes, head } = await written(3);
    for (const length of [1, 300, bytes.lastIndexOf(0x0a, bytes.length - 2) + 1, bytes.length - 1]) {
      const { log } = await opened(path, bytes.subarray(0, length), head);
      expect(log.recovered.damage, `${length} bytes`).toMatch(
        /audit-b1#3: (it ends with record|nothing is left)/,
      );
      await log.append(occurred(9));
      const verdict = await log.verify();
      expect(verdict.breaks.length).toBeGreaterThan(0);
      expect(verdict.breaks.every(({ recorded }) => recorded)).toBe(true);
      expect((await recordsOf(log)).at(-1)?.n).toBeGreaterThan(4);
    }
    const whole = await opened(path, bytes, head);
    expect(whole.log.recovered.damage).toBeUndefined();
  });

  test("gone altogether: told, when something else remembers it, and numbers are not given twice", async () => {
    const { head } = await written(3);
    const { open } = setUp();
    const log = await open({ anchor: head! });
    expect(log.recovered.damage).toContain("nothing is left of 3 records");
    await log.append(occurred(1));
    expect((await recordsOf(log)).map(({ n, kind }) => [n, kind])).toEqual([
      [4, "damaged"],
      [5, "event"],
    ]);
    expect((await log.verify()).breaks).toEqual([
      { where: FOLDER, why: "records 1 to 3 are missing", recorded: true },
    ]);
  });

  test("empty: told", async () => {
    const { log } = await opened(`${FOLDER}/000001-2026-11.jsonl`, new Uint8Array());
    expect(log.recovered.damage).toContain("no record in them can be read");
  });

  test("with zeros in the place of a block: told, and what is readable is kept", async () => {
    const { path, bytes } = await written(12);
    const damaged = new Uint8Array(bytes);
    damaged.fill(0, 1_024, 2_048);
    const { log } = await opened(path, damaged);
    expect(log.recovered.damage).toContain(`${path}:`);
    const kept = (await recordsOf(log)).filter(({ kind }) => kind === "event");
    expect(kept.length).toBeGreaterThanOrEqual(8);
    expect(kept.length).toBeLessThan(12);
  });

  test("is never rewritten: the damaged bytes stay where they were", async () => {
    const { path, bytes } = await written(4);
    const damaged = new Uint8Array(bytes);
    damaged[700]! ^= 4;
    damaged[bytes.length - 1] = 0x41;
    const { disk, log } = await opened(path, damaged);
    await log.append(occurred(5));
    expect(disk.peek(path)).toEqual(damaged);
    expect(await filesOf(disk)).toHaveLength(2);
  });

  test("is told once: the chain itself says it from then on", async () => {
    const { path, bytes } = await written(4);
    const damaged = new Uint8Array(bytes);
    damaged[700]! ^= 4;
    const { disk, log, open } = await opened(path, damaged);
    await log.append(occurred(5));
    await log.close();
    const again = await open();
    expect(again.recovered.damage).toBeUndefined();
    const verdict = await again.verify();
    expect(verdict.breaks).toEqual([
      { where: `${path}:2`, why: "this line is not as it was written", recorded: true },
    ]);
    expect(verdict.whole?.n).toBe(1);
    expect(await disk.list(FOLDER)).toHaveLength(1);
  });

  test("shows a line that was taken out, put elsewhere, or written anew with a right hash of its own", async () => {
    const { path, bytes } = await written(5);
    const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
    const forged = (line: string): string => {
      const body = line.replace(/,"hash":".*$/, "}").replace('"spo2":84', '"spo2":94');
      return `${body.slice(0, -1)},"hash":"${createHash("sha256").update(body).digest("hex")}"}`;
    };
    const cases: readonly (readonly [string, readonly string[], string])[] = [
      ["taken out", [lines[0]!, lines[1]!, lines[3]!, lines[4]!], "record 3 is missing"],
      ["beginning taken away", lines.slice(2), "records 1 to 2 are missing"],
      ["swapped", [lines[0]!, lines[2]!, lines[1]!, lines[3]!, lines[4]!], "record 2 is missing"],
      ["doubled", [...lines.slice(0, 3), lines[2]!, ...lines.slice(3)], "record 3 stands behind record 3"],
      [
        "forged",
        [...lines.slice(0, 2), forged(lines[2]!), ...lines.slice(3)],
        "record 4 does not follow record 3",
      ],
    ];
    for (const [name, changed, why] of cases) {
      const { log } = await opened(path, new TextEncoder().encode(`${changed.join("\n")}\n`));
      expect((await log.verify()).breaks[0]?.why, name).toContain(why);
    }
  });

  test("shows a file that is missing in the middle", async () => {
    const { disk, open } = setUp();
    const log = await open({ fileBytes: 1_000 });
    for (let n = 1; n <= 12; n++) await log.append(occurred(n));
    const names = await filesOf(disk);
    await disk.remove(`${FOLDER}/${names[1]}`);
    const { breaks } = await log.verify();
    expect(breaks).toEqual([
      expect.objectContaining({ why: expect.stringMatching(/records? \d/) as string }),
    ]);
  });
});

/** What disks and hands do to a file: flip, zero, cut, take out, put in, double. */
const harm = fc.record({
  kind: fc.constantFrom("flip", "zero", "cut", "take", "put", "double"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 1_200 }),
});

function harmed(
  bytes: Uint8Array,
  { kind, at, length }: { kind: string; at: number; length: number },
): Uint8Array {
  const from = Math.floor(at * bytes.length);
  const [before, part, after] = [
    bytes.slice(0, from),
    bytes.slice(from, from + length),
    bytes.slice(from + length),
  ];
  switch (kind) {
    case "flip":
      return Uint8Array.from([
        ...before,
        ...part.slice(0, 1).map((byte) => byte ^ 0x20),
        ...part.slice(1),
        ...after,
      ]);
    case "zero":
      return Uint8Array.from([...before, ...part.map(() => 0), ...after]);
    case "cut":
      return before;
    case "take":
      return Uint8Array.from([...before, ...after]);
    case "put":
      return Uint8Array.from([...before, ...part.map((byte) => byte ^ length), ...part, ...after]);
    default:
      return Uint8Array.from([...before, ...part, ...part, ...after]);
  }
}

test("whatever is done to the file, it is told, what is whole is read, and the chain goes on behind it", async () => {
  const { path, bytes, head } = await written(8);
  const whole = (await recordsOf((await opened(path, bytes)).log)).map(({ hash }) => hash);
  await fc.assert(
    fc.asyncProperty(fc.array(harm, { minLength: 1, maxLength: 3 }), async (harms) => {
      const hurt = harms.reduce(harmed, bytes);
      const isSame = Buffer.compare(hurt, bytes) === 0;
      const { disk, log, open } = await opened(path, hurt, head);
      // Something unfinished behind all the rest is what a power cut leaves, and costs nothing that had counted.
      const isTorn =
        hurt.length > bytes.length && Buffer.compare(hurt.subarray(0, bytes.length), bytes) === 0;
      if (!isTorn) expect(log.recovered.damage === undefined).toBe(isSame);
      const read = await recordsOf(log);
      const old = read.map(({ hash }) => hash).filter((hash) => whole.includes(hash));
      const lines = new TextDecoder("latin1").decode(hurt).split("\n").slice(0, -1);
      expect(old).toEqual(
        lines.flatMap((line) => whole.filter((hash) => line.endsWith(`"hash":"${hash}"}`) && intact(line))),
      );
      await log.append(occurred(100));
      await log.close();
      const again = await open({ anchor: log.head! });
      expect(again.recovered.damage).toBeUndefined();
      expect((await recordsOf(again)).at(-1)).toMatchObject({ kind: "event", revision: 100 });
      expect((await disk.list(FOLDER)).length).toBeLessThanOrEqual(2);
    }),
    { numRuns: 300 },
  );
});

/** The check of a line as docs/operating.md tells it to people. */
function intact(line: string): boolean {
  const [, body, hash] = /^(.*),"hash":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
  return body !== undefined && createHash("sha256").update(`${body}}`, "latin1").digest("hex") === hash;
}

type Step = "append" | "wait" | "tear" | "full" | "room" | "syncFails" | "month" | "crash";

describe("an audit record on a disk that fails and loses power at any moment", () => {
  const step = fc.oneof(
    { weight: 10, arbitrary: fc.constant<Step>("append") },
    { weight: 4, arbitrary: fc.constant<Step>("wait") },
    { weight: 1, arbitrary: fc.constantFrom<Step>("tear", "full", "room", "syncFails", "month", "crash") },
  );

  test("loses no acknowledged record, doubles none, and its chain is whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50 }), fc.nat(), async (steps, seed) => {
        let disk = createMemoryDisk();
        let { clock, open } = setUp(disk);
        const chance = createSeededRandom(seed);
        const acknowledged = new Set<number>();
        let n = 0;
        let month = 0;
        let log = await open();
        for (const doing of [...steps, "crash" as const]) {
          if (doing === "append") {
            const entry = n++;
            log.append(occurred(entry, NOW + month * 31 * DAY_MS)).then(
              () => acknowledged.add(entry),
              () => undefined,
            );
          } else if (doing === "wait") await clock.advance(1_000);
          else if (doing === "tear") disk.tearNextAppend(Math.floor(chance.uniform() * 300));
          else if (doing === "full") disk.setFull(true);
          else if (doing === "room") disk.setFull(false);
          else if (doing === "syncFails") disk.failNextSync();
          else if (doing === "month") month += 1;
          else {
            disk = disk.powerCut(chance);
            ({ clock, open } = setUp(disk));
            log = await open();
            await clock.advance(5_000);
            const verdict = await log.verify();
            expect(verdict.breaks).toEqual([]);
            expect(verdict.unfinishedBytes).toBe(0);
            const found = (await recordsOf(log)).flatMap((one) =>
              one.kind === "event" ? [one.revision] : [],
            );
            expect(found).toEqual([...new Set(found)].toSorted((a, b) => a - b));
            expect([...acknowledged].filter((entry) => !found.includes(entry))).toEqual([]);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
