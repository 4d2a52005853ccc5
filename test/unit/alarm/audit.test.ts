import { describe, expect, test } from "vitest";
import { createAuditTrail } from "../../../src/alarm/audit.ts";
import { foldJournal, toFold } from "../../../src/alarm/fold.ts";
import type { JournalEntry } from "../../../src/alarm/journal.ts";
import { readJournalEntry } from "../../../src/alarm/runner.ts";
import type { AuditEntry } from "../../../src/port/record.ts";
import { openAuditLog } from "../../../src/record/audit.ts";
import { openRecordLog } from "../../../src/record/log.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { silentLog } from "../../support/silent-log.ts";
import { ANNA, Bedside } from "./bedside.ts";

/** A minute of low oxygen, answered, with new limits set meanwhile; then the watch is ended. */
function evening(): Bedside {
  const bed = new Bedside();
  const seconds = (count: number, spo2: number): void => {
    for (let second = 0; second < count; second++) {
      bed.oxi(spo2);
      bed.run(1);
    }
  };
  seconds(15, 96);
  seconds(60, 84);
  bed.command({
    kind: "acknowledge",
    occurrence: toFold(bed.state).open[0]?.id ?? "none",
    by: ANNA,
    place: "going",
  });
  bed.command({
    kind: "limits",
    version: 1,
    limits: { SPO2_LOW: { limit: 86 } },
    reason: "clinic",
    by: ANNA,
  });
  seconds(5, 84);
  bed.command({ kind: "end_watch", by: ANNA });
  return bed;
}

function audited(entries: readonly JournalEntry[]) {
  const trail: AuditEntry[] = [];
  const hand = createAuditTrail(
    { append: async (entry) => void trail.push(entry), written: async () => undefined },
    () => expect.unreachable("nothing failed"),
  );
  for (const entry of entries) hand(entry);
  return trail;
}

describe("what comes into the audit record", () => {
  test("is every event and every accepted command, in order, with the limits in force", () => {
    const { entries, events } = evening();
    const trail = audited(entries);
    const told = trail.flatMap((one) => (one.kind === "event" ? [one.event] : []));
    expect(told).toEqual(events);
    expect(told.length).toBeGreaterThan(3);
    const commands = trail.flatMap((one) => (one.kind === "command" ? [one] : []));
    expect(commands.map(({ command, limits }) => [command.kind, limits])).toEqual([
      ["acknowledge", 0],
      ["limits", 1],
      ["end_watch", 1],
    ]);
    expect(commands[0]?.command).toMatchObject({
      by: ANNA,
      occurrence: expect.stringMatching(/^b1-/) as string,
    });
    const revisions = trail.flatMap((one) => ("revision" in one ? [one.revision] : []));
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  });

  test("is the watch at the start, and whenever it is another", () => {
    const trail = audited(evening().entries);
    const watch = trail.flatMap((one) => (one.kind === "watch" ? [one.watch] : []));
    expect(watch.map(({ on, reason }) => [on, reason])).toEqual([
      [true, "schedule"],
      [false, "ended"],
    ]);
    expect(watch[1]?.by).toEqual(ANNA);
  });

  test("is nothing for entries that only tell that time went by", () => {
    const { entries } = evening();
    expect(entries.length).toBeGreaterThan(8);
    const idle = entries.filter(({ events, command }) => events.length === 0 && command === undefined);
    expect(idle.length).toBeGreaterThan(1);
    expect(audited(idle).every(({ kind }) => kind === "watch")).toBe(true);
  });

  test("tells that it cannot be kept, and that it can be again as soon as the disk is well, once each", async () => {
    const disk = createMemoryDisk();
    const clock = createVirtualClock(evening().wall(0));
    const audit = await openAuditLog({ disk, clock, log: silentLog, folder: "audit-b1" });
    const told: boolean[] = [];
    const hand = createAuditTrail(audit, (durable) => told.push(durable));
    disk.setFull(true);
    for (const entry of evening().entries) hand(entry);
    await clock.advance(5_000);
    expect(told).toEqual([false]);
    disk.setFull(false);
    await clock.advance(2_000);
    expect(told).toEqual([false, true]);
    expect((await audit.verify()).records).toBe(audited(evening().entries).length);
  });
});

describe("an engine whose journal was damaged", () => {
  test("goes on from the last entry that can be read, wherever the journal was cut", async () => {
    const disk = createMemoryDisk();
    const clock = createVirtualClock(evening().wall(0));
    const open = () =>
      openRecordLog({
        ...{ disk, clock, random: createSeededRandom(1), log: silentLog, path: "j" },
        decode: readJournalEntry,
      });
    const bed = evening();
    const journal = await open();
    const ends: number[] = [];
    for (const entry of bed.entries) {
      await journal.append(entry);
      ends.push(journal.bytes);
    }
    await journal.close();
    const whole = disk.peek("j")!;
    const now = { mono: bed.mono(bed.second), wall: bed.wall(bed.second), trusted: true };
    const fold = (entries: readonly JournalEntry[]) => toFold(foldJournal(entries, now, "b1"));
    const cuts = [0, 7, 20, ...ends.flatMap((end) => [end - 1, end, end + 1, end + 300])];
    for (const length of cuts.filter((cut) => cut <= whole.length)) {
      disk.poke("j", whole.subarray(0, length));
      const { recovered } = await open();
      const kept = ends.filter((end) => end <= length).length;
      const read: readonly JournalEntry[] = JSON.parse(JSON.stringify(bed.entries.slice(0, kept)));
      expect(fold(recovered.entries), `${length} bytes`).toEqual(fold(read));
    }
  });
});
