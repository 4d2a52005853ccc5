import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import type { LogFields } from "../../../src/port/log.ts";
import { openRecordLog } from "../../../src/record/log.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

interface Entry {
  readonly n: number;
  readonly text?: string;
}

const decode = (value: unknown): Entry | undefined =>
  typeof value === "object" && value !== null && "n" in value ? (value as Entry) : undefined;

function setUp(disk: MemoryDisk = createMemoryDisk()) {
  const clock = createVirtualClock(wall(1_800_000_000_000));
  const random = createSeededRandom(7);
  const notes: { event: string; fields: LogFields | undefined }[] = [];
  const log = { note: (event: string, fields?: LogFields) => void notes.push({ event, fields }) };
  const open = () => openRecordLog<Entry>({ disk, clock, random, log, path: "journal.log", decode });
  return { disk, clock, random, notes, open };
}

/** The outcome of an append as a word, once it is there. */
async function outcomeOf(append: Promise<void>): Promise<string> {
  return append.then(
    () => "safe",
    (error: { code: string }) => error.code,
  );
}

describe("a record log", () => {
  test("gives back after a restart what it acknowledged, under the same id", async () => {
    const { open } = setUp();
    const first = await open();
    await Promise.all([first.append({ n: 1 }), first.append({ n: 2 })]);
    await first.close();
    const second = await open();
    expect(second.recovered).toEqual({ entries: [{ n: 1 }, { n: 2 }], damaged: false, found: "entries" });
    expect(second.id).toBe(first.id);
    expect(second.id).toMatch(/^[a-z2-7]{10}$/);
  });

  test("killed at any moment of its first entry, it leaves no file or a whole one", async () => {
    const { disk, clock, random } = setUp();
    const left: (Uint8Array | undefined)[] = [];
    const seen = <Result>(result: Result): Result => {
      left.push(disk.peek("journal.log")?.slice());
      return result;
    };
    const log = await openRecordLog<Entry>({
      ...{ clock, random, decode, path: "journal.log", log: { note: () => undefined } },
      disk: {
        ...disk,
        async append(path) {
          const file = seen(await disk.append(path));
          return {
            length: file.length,
            append: async (bytes) => seen(await file.append(bytes)),
            sync: async () => seen(await file.sync()),
            close: () => file.close(),
          };
        },
        replace: async (path, bytes) => seen(await disk.replace(path, bytes)),
      },
    });
    await log.append({ n: 1 });
    expect(left.length).toBeGreaterThan(0);
    for (const bytes of left) {
      const found = createMemoryDisk();
      if (bytes !== undefined) found.poke("journal.log", bytes);
      expect(["no_file", "entries"]).toContain((await setUp(found).open()).recovered.found);
    }
  });

  test("opens on a disk that takes no writes, and tells each entry so", async () => {
    const { disk, open, clock } = setUp();
    disk.setReadOnly(true);
    const log = await open();
    expect(await outcomeOf(log.append({ n: 1 }))).toBe("DISK_FAILED");
    disk.setReadOnly(false);
    expect(await outcomeOf(log.append({ n: 2 }))).toBe("safe");
    await log.close();
    expect((await open()).recovered.entries).toEqual([{ n: 1 }, { n: 2 }]);
    expect(clock.pending).toBe(0);
  });

  test("answers after 500 ms when the disk stalls, and keeps the order when the entries land late", async () => {
    const { disk, clock, open } = setUp();
    const log = await open();
    await log.append({ n: 0 });
    disk.stall();
    const outcomes: string[] = [];
    for (const n of [1, 2, 3]) {
      outcomeOf(log.append({ n })).then((outcome) => outcomes.push(outcome), expect.unreachable);
    }
    await clock.advance(499);
    expect(outcomes).toEqual([]);
    await clock.advance(1);
    expect(outcomes).toEqual(["DISK_DEADLINE", "DISK_DEADLINE", "DISK_DEADLINE"]);
    disk.resume();
    await log.append({ n: 4 });
    await log.close();
    expect((await open()).recovered.entries.map((entry) => entry.n)).toEqual([0, 1, 2, 3, 4]);
  });

  test("lets entries that come together share one sync", async () => {
    const { disk, open } = setUp();
    let syncs = 0;
    const append = disk.append.bind(disk);
    disk.append = async (path) => {
      const file = await append(path);
      const sync = file.sync.bind(file);
      file.sync = () => {
        syncs++;
        return sync();
      };
      return file;
    };
    const log = await open();
    await Promise.all(Array.from({ length: 200 }, (_, n) => log.append({ n })));
    expect(syncs).toBeLessThanOrEqual(2);
  });

  test("takes an entry that arrives at the very moment when the line became empty", async () => {
    const { open } = setUp();
    const log = await open();
    for (let n = 0; n < 50; n++) {
      await log.append({ n });
      for (let step = 0; step < n % 7; step++) await Promise.resolve();
    }
    await log.close();
    expect((await open()).recovered.entries).toHaveLength(50);
  });

  test("writes an entry once, although its first attempt was cut short", async () => {
    const { disk, clock, open } = setUp();
    const log = await open();
    await log.append({ n: 0 });
    disk.tearNextAppend(13);
    expect(await outcomeOf(log.append({ n: 1 }))).toBe("DISK_FAILED");
    await clock.advance(1_000);
    await log.close();
    expect((await open()).recovered).toMatchObject({ entries: [{ n: 0 }, { n: 1 }], damaged: false });
  });

  test("believes no failed sync: what it covered is written again", async () => {
    const { disk, clock, random, open } = setUp();
    const log = await open();
    await log.append({ n: 0 });
    disk.failNextSync();
    expect(await outcomeOf(log.append({ n: 1 }))).toBe("DISK_FAILED");
    await clock.advance(1_000);
    const { open: openAgain } = setUp(disk.powerCut(random));
    expect((await openAgain()).recovered.entries).toEqual([{ n: 0 }, { n: 1 }]);
  });

  test("refuses further entries at once when ten thousand wait", async () => {
    const { disk, clock, open } = setUp();
    const log = await open();
    disk.stall();
    const waiting = Array.from({ length: 10_000 }, (_, n) => outcomeOf(log.append({ n })));
    expect(await outcomeOf(log.append({ n: 10_000 }))).toBe("DISK_FAILED");
    await clock.advance(500);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["DISK_DEADLINE"]));
    disk.resume();
  });

  test("skips damage in the middle, says so, keeps the damaged file beside and mends it with the next entry", async () => {
    const { disk, notes, open } = setUp();
    const log = await open();
    for (const n of [1, 2, 3]) await log.append({ n, text: "x".repeat(50) });
    await log.close();
    const file = disk.peek("journal.log")!;
    file[Math.floor(file.length / 2)]! ^= 0x10;
    disk.poke("journal.log", file);

    const damaged = await open();
    expect(damaged.recovered.damaged).toBe(true);
    expect(damaged.recovered.entries.map((entry) => entry.n)).toEqual([1, 3]);
    expect(notes).toContainEqual({
      event: "record.damaged",
      fields: expect.objectContaining({ code: "RECORD_CORRUPT" }) as LogFields,
    });
    await damaged.append({ n: 4 });
    await damaged.close();
    expect(disk.peek("journal.log.damaged")).toEqual(file);
    const mended = await open();
    expect(mended.recovered).toMatchObject({ damaged: false });
    expect(mended.recovered.entries.map((entry) => entry.n)).toEqual([1, 3, 4]);
    expect(mended.id).toBe(log.id);
  });

  test("keeps every entry behind a damaged header, under a new id", async () => {
    const { disk, open } = setUp();
    const log = await open();
    for (const n of [1, 2]) await log.append({ n });
    await log.close();
    const file = disk.peek("journal.log")!;
    file[5]! ^= 0xff;
    disk.poke("journal.log", file);
    const reopened = await open();
    expect(reopened.recovered).toMatchObject({ entries: [{ n: 1 }, { n: 2 }], damaged: true });
    expect(reopened.id).not.toBe(log.id);
    await reopened.append({ n: 3 });
    await reopened.close();
    const again = await open();
    expect(again.recovered.entries).toHaveLength(3);
    expect(again.id).toBe(reopened.id);
  });

  test("refuses a file of a newer Breathwatch instead of mending it", async () => {
    const { disk, open } = setUp();
    const log = await open();
    await log.append({ n: 1 });
    await log.close();
    const { encodeHeader } = await import("../../../src/record/frame.ts");
    const { crc32 } = await import("node:zlib");
    const header = encodeHeader(log.id);
    header[3] = 2;
    new DataView(header.buffer).setUint32(16, crc32(header.subarray(0, 16)), true);
    disk.poke("journal.log", header);
    await expect(open()).rejects.toMatchObject({ code: "DATA_DIR_NEWER" });
  });

  test("puts a rewrite in the place of everything before it, and later entries behind it", async () => {
    const { open } = setUp();
    const log = await open();
    for (let n = 0; n < 20; n++) await log.append({ n });
    const before = log.bytes;
    const late = log.append({ n: 20 });
    const rewrite = log.rewrite([{ n: 100 }]);
    const after = log.append({ n: 101 });
    await Promise.all([late, rewrite, after]);
    expect(log.bytes).toBeLessThan(before);
    await log.close();
    const reopened = await open();
    expect(reopened.recovered.entries).toEqual([{ n: 100 }, { n: 101 }]);
    expect(reopened.id).toBe(log.id);
  });

  test("keeps the old contents when a rewrite fails, and goes on", async () => {
    const { disk, open } = setUp();
    const log = await open();
    await log.append({ n: 1 });
    disk.setFull(true);
    expect(await outcomeOf(log.rewrite([{ n: 9 }]))).toBe("DISK_FAILED");
    disk.setFull(false);
    await log.append({ n: 2 });
    await log.close();
    expect((await open()).recovered.entries).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test("closes in bounded time on a disk that does not answer", async () => {
    const { disk, clock, open } = setUp();
    const log = await open();
    disk.stall();
    const append = outcomeOf(log.append({ n: 1 }));
    const closing = outcomeOf(log.close());
    await clock.advance(2_000);
    expect(await closing).toBe("DISK_DEADLINE");
    expect(await append).toBe("DISK_DEADLINE");
    disk.resume();
    await settle();
    expect(clock.pending).toBe(0);
  });
});

type Step = "append" | "wait" | "tear" | "full" | "room" | "syncFails" | "rewrite" | "crash";

describe("a record log on a disk that fails and loses power at any moment", () => {
  const step = fc.oneof(
    { weight: 10, arbitrary: fc.constant<Step>("append") },
    { weight: 4, arbitrary: fc.constant<Step>("wait") },
    { weight: 1, arbitrary: fc.constantFrom<Step>("tear", "full", "room", "syncFails", "rewrite", "crash") },
  );

  test("loses no acknowledged entry, invents none, doubles none and keeps the order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, seed) => {
        let disk = createMemoryDisk();
        let { clock, open } = setUp(disk);
        const chance = createSeededRandom(seed);
        const acknowledged = new Set<number>();
        /** Entries before one of these may be gone where it is there: it stands for them. */
        const rewrites: number[] = [];
        let n = 0;
        let log = await open();
        const restart = async (): Promise<void> => {
          disk = disk.powerCut(chance);
          ({ clock, open } = setUp(disk));
          log = await open();
          check(
            log.recovered.entries.map((entry) => entry.n),
            log.recovered.damaged,
          );
        };
        const check = (found: readonly number[], damaged: boolean): void => {
          expect(damaged).toBe(false);
          expect(found).toEqual([...new Set(found)].toSorted((a, b) => a - b));
          expect(found.every((entry) => entry < n)).toBe(true);
          const standsFor = (entry: number): boolean =>
            rewrites.some((rewrite) => rewrite > entry && found.includes(rewrite));
          expect([...acknowledged].filter((entry) => !found.includes(entry) && !standsFor(entry))).toEqual(
            [],
          );
        };
        for (const doing of [...steps, "crash" as const]) {
          if (doing === "append") {
            const entry = n++;
            log.append({ n: entry }).then(
              () => acknowledged.add(entry),
              () => undefined,
            );
          } else if (doing === "rewrite") {
            // The owner's fold of everything so far: one entry that stands for all before it.
            const entry = n++;
            log.rewrite([{ n: entry }]).then(
              () => acknowledged.add(entry),
              () => undefined,
            );
            rewrites.push(entry);
          } else if (doing === "wait") await clock.advance(1_000);
          else if (doing === "tear") disk.tearNextAppend(Math.floor(chance.uniform() * 30));
          else if (doing === "full") disk.setFull(true);
          else if (doing === "room") disk.setFull(false);
          else if (doing === "syncFails") disk.failNextSync();
          else await restart();
        }
      }),
      { numRuns: 300 },
    );
  });
});
