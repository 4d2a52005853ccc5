import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS, wall } from "../../../src/domain/time.ts";
import type { Spool, SpoolItem } from "../../../src/port/record.ts";
import { openSpool, type SpoolOptions } from "../../../src/record/spool.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

function setUp(disk: MemoryDisk = createMemoryDisk(), limits: Partial<SpoolOptions> = {}) {
  const clock = createVirtualClock(wall(1_800_000_000_000));
  const notes: string[] = [];
  const log = { note: (event: string) => void notes.push(event) };
  const open = (): Promise<Spool> =>
    openSpool({ disk, clock, random: createSeededRandom(3), log, folder: "spool/b1", ...limits });
  return { disk, clock, notes, open };
}

const item = (seq: number, more: Partial<SpoolItem> = {}): SpoolItem => ({
  device: "oximeterxx",
  epoch: "epochaaaaa",
  seq,
  kind: "samples",
  topic: "t/observation",
  payload: `{"seq":${seq}}`,
  ...more,
});

const seqsOf = async (spool: Spool, from = 0, limit = 1_000): Promise<number[]> =>
  (await spool.read(from, limit)).map((found) => found.seq);

describe("a spool", () => {
  test("gives its items back in order and lets go of those below the mark", async () => {
    const { clock, open } = setUp();
    const spool = await open();
    for (let seq = 0; seq < 10; seq++) spool.add(item(seq, seq % 3 === 0 ? { kind: "wave" } : {}));
    expect(await seqsOf(spool)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await clock.advance(1_000);
    expect(await seqsOf(spool)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    spool.release("oximeterxx", "epochaaaaa", 6);
    expect(await seqsOf(spool)).toEqual([7, 8, 9]);
    expect(spool.size).toBe(3);
    const [first] = await spool.read(0, 1);
    expect(await seqsOf(spool, first!.position + 1, 1)).toEqual([8]);
  });

  test("lets go of one epoch of one device only", async () => {
    const { open } = setUp();
    const spool = await open();
    spool.add(item(5));
    spool.add(item(5, { epoch: "epochbbbbb" }));
    spool.add(item(5, { device: "ventilator" }));
    spool.release("oximeterxx", "epochaaaaa", 9);
    expect((await spool.read(0, 9)).map(({ device, epoch }) => [device, epoch])).toEqual([
      ["oximeterxx", "epochbbbbb"],
      ["ventilator", "epochaaaaa"],
    ]);
  });

  test("has on disk after a second what was added, and in the next run what was not released", async () => {
    const { disk, clock, open } = setUp();
    const spool = await open();
    for (let seq = 0; seq < 20; seq++) spool.add(item(seq, seq % 2 === 0 ? { kind: "wave" } : {}));
    await clock.advance(1_000);
    spool.release("oximeterxx", "epochaaaaa", 4);
    const next = setUp(disk.powerCut(createSeededRandom(1)));
    const reopened = await next.open();
    const seqs = await seqsOf(reopened);
    // The mark is the hub's to repeat: what lies below it may come again, what lies above must.
    expect(seqs.slice(-15)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    reopened.release("oximeterxx", "epochaaaaa", 18);
    reopened.add(item(0, { epoch: "epochbbbbb" }));
    expect((await reopened.read(0, 9)).map(({ epoch, seq }) => [epoch, seq])).toEqual([
      ["epochaaaaa", 19],
      ["epochbbbbb", 0],
    ]);
  });

  test("leaves no file behind once everything is released", async () => {
    const { disk, clock, open } = setUp(createMemoryDisk(), { segmentBytes: 500 });
    const spool = await open();
    for (let seq = 0; seq < 40; seq++) {
      spool.add(item(seq));
      await clock.advance(1_000);
    }
    expect((await disk.list("spool/b1")).length).toBeGreaterThan(3);
    spool.release("oximeterxx", "epochaaaaa", 39);
    await clock.advance(1_000);
    expect((await disk.list("spool/b1")).length).toBeLessThanOrEqual(1);
    await spool.close();
    expect(await disk.list("spool/b1")).toEqual([]);
    expect(spool.dropped).toBe(0);
  });

  test("writes nothing to the disk that the hub had before the next sync", async () => {
    const { disk, clock, open } = setUp();
    const spool = await open();
    for (let seq = 0; seq < 5; seq++) {
      spool.add(item(seq));
      spool.release("oximeterxx", "epochaaaaa", seq);
      await clock.advance(1_000);
    }
    expect(await disk.list("spool/b1")).toEqual([]);
    expect(spool.size).toBe(0);
  });

  test("sheds waves first and then the oldest numbers when the bytes run out, and counts them", async () => {
    const { clock, notes, open } = setUp(createMemoryDisk(), { segmentBytes: 2_000, bytesMax: 9_000 });
    const spool = await open();
    for (let seq = 0; seq < 120; seq++) {
      spool.add(item(seq, seq % 2 === 0 ? { kind: "wave" } : {}));
      await clock.advance(1_000);
    }
    const held = await spool.read(0, 1_000);
    const numbers = held.filter((found) => found.kind !== "wave").map((found) => found.seq);
    expect(held.length).toBe(spool.size);
    expect(held.length + spool.dropped).toBe(120);
    expect(spool.dropped).toBeGreaterThan(0);
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, n) => 2 * n + 1));
    expect(notes).toContain("spool.shed");

    for (let seq = 120; seq < 400; seq++) {
      spool.add(item(seq));
      await clock.advance(1_000);
    }
    const left = await spool.read(0, 1_000);
    expect(left.every((found) => found.kind !== "wave" || found.seq > 100)).toBe(true);
    expect(left.at(-1)?.seq).toBe(399);
    expect(left.length + spool.dropped).toBe(400);
  });

  test("keeps 72 hours and drops what is older", async () => {
    const { clock, open } = setUp();
    const spool = await open();
    for (let hour = 0; hour < 72; hour++) {
      spool.add(item(hour));
      await clock.advance(HOUR_MS);
    }
    expect(spool.dropped).toBe(0);
    for (let hour = 72; hour < 80; hour++) {
      spool.add(item(hour));
      await clock.advance(HOUR_MS);
    }
    const [oldest] = await seqsOf(spool);
    expect(oldest).toBeGreaterThanOrEqual(80 - 75);
    expect(oldest).toBeLessThanOrEqual(80 - 72);
    expect(spool.dropped + spool.size).toBe(80);
  });

  test("does not take data for old because a clock that nobody believed was set right", async () => {
    const disk = createMemoryDisk();
    const before = createVirtualClock(wall(0), false);
    const options = {
      disk,
      random: createSeededRandom(3),
      log: { note: () => undefined },
      folder: "spool/b1",
    };
    const spool = await openSpool({ ...options, clock: before });
    spool.add(item(0));
    await before.advance(1_000);
    await spool.close();
    const after = createVirtualClock(wall(1_800_000_000_000));
    const reopened = await openSpool({ ...options, clock: after });
    await after.advance(HOUR_MS);
    expect(await seqsOf(reopened)).toEqual([0]);
  });

  test("holds what comes while the disk stalls or fails, and writes it once the disk answers", async () => {
    const { disk, clock, notes, open } = setUp();
    const spool = await open();
    disk.stall();
    for (let seq = 0; seq < 30; seq++) {
      spool.add(item(seq));
      await clock.advance(1_000);
    }
    disk.resume();
    disk.setReadOnly(true);
    for (let seq = 30; seq < 60; seq++) {
      spool.add(item(seq));
      await clock.advance(1_000);
    }
    expect(notes.filter((event) => event === "spool.failed")).toHaveLength(1);
    expect(spool.size).toBe(60);
    disk.setReadOnly(false);
    await clock.advance(2_000);
    const reopened = await setUp(disk.powerCut(createSeededRandom(2))).open();
    expect(await seqsOf(reopened)).toEqual(Array.from({ length: 60 }, (_, seq) => seq));
  });

  test("lets go of what the hub stored while the disk was still writing it", async () => {
    const { disk, clock, open } = setUp();
    const spool = await open();
    disk.stall();
    spool.add(item(0));
    await clock.advance(1_000);
    spool.release("oximeterxx", "epochaaaaa", 0);
    disk.resume();
    await clock.advance(1_000);
    expect(spool.size).toBe(0);
    expect(await seqsOf(spool)).toEqual([]);
    await spool.close();
    expect(await disk.list("spool/b1")).toEqual([]);
  });

  test("bounds what waits in memory, waves first", async () => {
    const { disk, clock, open } = setUp(createMemoryDisk(), { memoryMax: 2_000 });
    const spool = await open();
    disk.setReadOnly(true);
    for (let seq = 0; seq < 300; seq++) {
      spool.add(item(seq, seq % 10 === 0 ? {} : { kind: "wave" }));
      if (seq % 10 === 0) await clock.advance(1_000);
    }
    const held = await spool.read(0, 1_000);
    const chars = held.reduce((sum, found) => sum + found.payload.length, 0);
    expect(chars).toBeLessThanOrEqual(2_000);
    expect(held.filter((found) => found.kind !== "wave")).toHaveLength(30);
    expect(held.length + spool.dropped).toBe(300);
  });

  test("keeps waves off a nearly full disk, and numbers on it", async () => {
    const disk = createMemoryDisk(100_000);
    disk.poke("other", new Uint8Array(96_000));
    const { clock, open } = setUp(disk);
    const spool = await open();
    spool.add(item(0));
    spool.add(item(1, { kind: "wave" }));
    await clock.advance(1_000);
    expect((await disk.list("spool/b1")).filter((name) => name.startsWith("w"))).toEqual([]);
    expect((await disk.list("spool/b1")).filter((name) => name.startsWith("n"))).toHaveLength(1);
    expect(await seqsOf(spool)).toEqual([0, 1]);
  });

  test("gives up its oldest file, waves first, for newer numbers on a full disk", async () => {
    const { disk, clock, open } = setUp(createMemoryDisk(), { segmentBytes: 400 });
    const spool = await open();
    for (let seq = 0; seq < 40; seq++) {
      spool.add(item(seq, seq % 2 === 0 ? { kind: "wave" } : {}));
      await clock.advance(1_000);
    }
    disk.setFull(true);
    const before = (await disk.list("spool/b1")).filter((name) => name.startsWith("w")).length;
    spool.add(item(40));
    await clock.advance(3_000);
    const after = (await disk.list("spool/b1")).filter((name) => name.startsWith("w")).length;
    expect(after).toBeLessThan(before);
    disk.setFull(false);
    await clock.advance(2_000);
    expect((await seqsOf(spool)).at(-1)).toBe(40);
    expect((await spool.read(0, 100)).filter((found) => found.kind !== "wave")).toHaveLength(21);
  });

  test("reads around a damaged file and says so", async () => {
    const { disk, clock, open } = setUp();
    const spool = await open();
    for (let seq = 0; seq < 10; seq++) spool.add(item(seq));
    await clock.advance(1_000);
    const [name] = await disk.list("spool/b1");
    const file = disk.peek(`spool/b1/${name}`)!;
    file[Math.floor(file.length / 2)]! ^= 0x40;
    disk.poke(`spool/b1/${name}`, file);
    const next = setUp(disk);
    const reopened = await next.open();
    expect(next.notes).toContain("record.damaged");
    expect(await seqsOf(reopened)).toHaveLength(9);
  });

  test("leaves no timer behind when closed", async () => {
    const { clock, open } = setUp();
    const spool = await open();
    spool.add(item(0));
    await spool.close();
    expect(clock.pending).toBe(0);
  });
});

describe("a spool through power cuts, releases and a failing disk", () => {
  type Step = { readonly kind: "add" | "wave" | "wait" | "release" | "fail" | "mend" | "cut" };
  const step = fc.record({
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<Step["kind"]>("add", "wave") },
      { weight: 6, arbitrary: fc.constant<Step["kind"]>("wait") },
      { weight: 2, arbitrary: fc.constantFrom<Step["kind"]>("release", "fail", "mend", "cut") },
    ),
  });

  test("loses nothing that a flush covered and that was not released, doubles nothing, keeps the order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.nat(), async (steps, seed) => {
        const chance = createSeededRandom(seed);
        let disk = createMemoryDisk();
        let { clock, open } = setUp(disk, { segmentBytes: 600 });
        let spool = await open();
        let seq = 0;
        let mark = -1;
        /** What was added before the newest power cut and not flushed by then may be gone. */
        let firstOfRun = 0;
        const safe = new Set<number>();
        const check = async (): Promise<void> => {
          const seqs = await seqsOf(spool);
          expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
          expect([...safe].filter((sure) => sure > mark && !seqs.includes(sure))).toEqual([]);
        };
        for (const { kind } of [...steps, { kind: "wait" as const }, { kind: "cut" as const }]) {
          if (kind === "add" || kind === "wave") spool.add(item(seq++, kind === "wave" ? { kind } : {}));
          else if (kind === "wait") {
            const covered = seq;
            const flushed = spool.flush().then(
              () => true,
              () => false,
            );
            await clock.advance(1_000);
            if (await flushed) for (let sure = firstOfRun; sure < covered; sure++) safe.add(sure);
          } else if (kind === "release") {
            mark = Math.max(mark, Math.floor(chance.uniform() * seq) - 1);
            spool.release("oximeterxx", "epochaaaaa", mark);
          } else if (kind === "fail") disk.setReadOnly(true);
          else if (kind === "mend") disk.setReadOnly(false);
          else {
            disk = disk.powerCut(chance);
            ({ clock, open } = setUp(disk, { segmentBytes: 600 }));
            spool = await open();
            firstOfRun = seq;
            spool.release("oximeterxx", "epochaaaaa", mark);
          }
          await check();
        }
      }),
      { numRuns: 150 },
    );
  });
});
