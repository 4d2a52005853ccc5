// A home whose records were damaged while it was off, on virtual time: real files, real corruption.
import { describe, expect, test } from "vitest";
import type { Occurrence } from "../../src/domain/alarm.ts";
import { wall } from "../../src/domain/time.ts";
import { createAuditReader } from "../../src/record/audit-read.ts";
import type { MemoryDisk } from "../../src/rehearsal/disk.ts";
import { createLastingBed, openIn } from "../support/home-rehearsed.ts";

const ANA = { id: "p-ana", name: "Ana" };
const JOURNAL = "journal-b1.log";

/** An alarm is open and answered; the home is stopped or loses power, something happens to its disk, it starts again. */
async function restarted(seed: number, harm: (disk: MemoryDisk) => void | Promise<void>) {
  const bed = await createLastingBed(seed, harm);
  await bed.now.world.clock.advance(10_000);
  bed.patient.apply("mask_off");
  await bed.now.world.clock.advance(40_000);
  const before = openIn(bed.now, "VENT_DISCONNECT");
  expect(before).toBeDefined();
  acknowledge(bed, before);
  await bed.now.world.clock.advance(2_000);
  await bed.cutPower(3_000);
  await bed.now.world.clock.advance(1_000);
  return { bed, before, alarm: openIn(bed.now, "JOURNAL_DAMAGED") };
}

type Bed = Awaited<ReturnType<typeof createLastingBed>>;

const acknowledge = (bed: Bed, one: Occurrence | undefined) =>
  bed.now.home.edge.command("b1", {
    kind: "acknowledge",
    ...{ id: `ack-${one?.id}`, occurrence: one?.id ?? "none", by: ANA, place: "going" },
  });

const auditOf = (bed: Bed) => createAuditReader(bed.now.world.disk, "audit-b1");

async function auditedIn(bed: Bed) {
  const records = [];
  for await (const record of auditOf(bed).read(wall(0), wall(8e15))) records.push(record);
  return records;
}

function flip(disk: MemoryDisk, path: string, share: number): void {
  const bytes = disk.peek(path)!;
  bytes[Math.floor(bytes.length * share)]! ^= 0x10;
  disk.poke(path, bytes);
}

async function auditFile(disk: MemoryDisk): Promise<string> {
  return `audit-b1/${(await disk.list("audit-b1"))[0]}`;
}

describe("a home that starts after a power cut", { timeout: 120_000 }, () => {
  test("tells of no damage where there is none, and its audit record is whole", async () => {
    const { bed, before, alarm } = await restarted(1, () => undefined);
    expect(alarm).toBeUndefined();
    expect(openIn(bed.now, "VENT_DISCONNECT")?.id).toBe(before?.id);
    const verdict = await auditOf(bed).verify();
    expect(verdict.breaks).toEqual([]);
    const records = await auditedIn(bed);
    const events = records.flatMap((one) => (one.kind === "event" ? [one.event] : []));
    expect(events.map(({ kind, occurrence }) => [kind, occurrence.condition])).toEqual(
      expect.arrayContaining([
        ["occurred", "VENT_DISCONNECT"],
        ["acknowledged", "VENT_DISCONNECT"],
      ]),
    );
    expect(records.filter(({ kind }) => kind === "started")).toHaveLength(2);
    expect(records.find(({ kind }) => kind === "command")).toMatchObject({
      command: { kind: "acknowledge", by: ANA, occurrence: before?.id },
      limits: 0,
    });
    await bed.stop();
    expect((await auditedIn(bed)).at(-1)?.kind).toBe("stopped");
  });

  const harms: readonly (readonly [string, RegExp, (disk: MemoryDisk) => void | Promise<void>])[] = [
    [
      "a bit of the journal is another",
      /journal-b1.log was damaged: \d+ entries/,
      (disk) => flip(disk, JOURNAL, 0.5),
    ],
    ["the journal is gone", /journal-b1.log is gone/, (disk) => disk.remove(JOURNAL)],
    [
      "every record is gone",
      /journal-b1.log is gone/,
      async (disk) => {
        for (const name of [JOURNAL, "outbox.log", "records.json", await auditFile(disk)])
          await disk.remove(name);
      },
    ],
    ["the journal is empty", /nothing in it can be read/, (disk) => disk.poke(JOURNAL, new Uint8Array())],
    [
      "the journal was cut in half",
      /journal-b1.log ends before what audit-b1 tells/,
      (disk) => disk.poke(JOURNAL, disk.peek(JOURNAL)!.subarray(0, disk.peek(JOURNAL)!.length / 3)),
    ],
    [
      "a block of the journal is zeros",
      /journal-b1.log was damaged/,
      (disk) => disk.poke(JOURNAL, disk.peek(JOURNAL)!.fill(0, 1_024, 2_048)),
    ],
    [
      "a line of the audit record is another",
      /audit-b1\/.*: this line is not as it was written/,
      async (disk) => flip(disk, await auditFile(disk), 0.5),
    ],
  ];
  for (const [seed, [name, words, harm]] of harms.entries()) {
    test(`rings when ${name}, until somebody has taken note`, async () => {
      const { bed, alarm } = await restarted(seed + 10, harm);
      expect(alarm?.values["detail"]).toMatch(words);
      // All at this bed is simulated, the alarm about its records too: it sounds in a drill alone.
      bed.now.home.edge.command("b1", { kind: "drill", id: "drill-1", forMs: 600_000, by: ANA });
      await bed.now.world.clock.advance(2_000);
      expect(bed.now.world.audio.playing).toBe(true);
      await bed.now.world.clock.advance(60_000);
      expect(openIn(bed.now, "JOURNAL_DAMAGED")?.id).toBe(alarm?.id);
      expect(acknowledge(bed, alarm)).toEqual({ accepted: true });
      await bed.now.world.clock.advance(5_000);
      expect(openIn(bed.now, "JOURNAL_DAMAGED")).toBeUndefined();
      expect((await auditedIn(bed)).some(({ kind }) => kind === "started")).toBe(true);
      await bed.cutPower(1_000);
      await bed.now.world.clock.advance(5_000);
      expect(openIn(bed.now, "JOURNAL_DAMAGED")).toBeUndefined();
      await bed.stop();
    });
  }

  test("goes on from the last entry of the journal that can be read", async () => {
    const { bed, before, alarm } = await restarted(30, (disk) => flip(disk, JOURNAL, 0.3));
    expect(alarm).toBeDefined();
    const { id, raisedAt, acknowledgement } = openIn(bed.now, "VENT_DISCONNECT") ?? {};
    expect([id, raisedAt]).toEqual([before?.id, before?.raisedAt]);
    expect(acknowledgement?.by).toEqual(ANA);
    await bed.stop();
  });
});
