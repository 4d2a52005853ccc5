import { expect, test } from "vitest";
import type { NightEntry } from "../../../src/domain/morning.ts";
import { DAY_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import type { CompactableLog } from "../../../src/port/record.ts";
import { createNightBook, decodeNightEntry } from "../../../src/record/night-book.ts";

const log = { note: () => undefined };

/** A record in memory that does as one on disk. */
function recordsOf(entries: readonly NightEntry[] = []): CompactableLog<NightEntry> & { kept: NightEntry[] } {
  const records = {
    ...{ id: "aaaaaaaaaa", bytes: 0, recovered: { entries, damaged: false, found: "entries" as const } },
    kept: [...entries],
    async append(entry: NightEntry) {
      records.kept.push(JSON.parse(JSON.stringify(entry)));
    },
    async rewrite(all: readonly NightEntry[]) {
      records.kept = [...all];
    },
    close: async () => undefined,
  };
  return records;
}

const watch = (at: number, on: boolean, bed = "b1"): NightEntry => ({
  ...{ kind: "watch", bed, at: wall(at), on, reason: on ? "schedule" : "off" },
});
const call = (at: number): NightEntry => ({
  ...{ kind: "called", bed: "b1", at: wall(at), occurrence: "b1-a-1", person: "mei" },
});

test("a night is read with the change of the watch before it, of one bed alone", () => {
  const book = createNightBook(recordsOf(), log);
  for (const entry of [watch(1, true), watch(2, false), watch(3, true, "b2"), watch(10, true), call(20)]) {
    book.note(entry);
  }
  book.note(watch(30, false));
  expect(book.read("b1", wall(5), wall(30))).toEqual([watch(2, false), watch(10, true), call(20)]);
  expect(book.read("b1", wall(10), wall(31))).toEqual([watch(10, true), call(20), watch(30, false)]);
});

test("a start says what the watch is once more, and that is no change", () => {
  const records = recordsOf([watch(1, true)]);
  const book = createNightBook(records, log);
  book.note(watch(50, true));
  expect(records.kept).toEqual([watch(1, true)]);
  book.note(watch(60, false));
  expect(records.kept).toHaveLength(2);
});

test("it stays small: five weeks, and of each bed the newest change however old", () => {
  const records = recordsOf([watch(0, true, "b2"), watch(1, false), watch(2, true)]);
  const book = createNightBook(records, log);
  const later = 40 * DAY_MS;
  for (let i = 0; i < 1_000; i++) book.note(call(later + i * SECOND_MS));
  expect(records.kept.length).toBeLessThanOrEqual(1_002);
  expect(records.kept.slice(0, 2)).toEqual([watch(0, true, "b2"), watch(2, true)]);
  for (let i = 0; i < 30_000; i++) book.note(call(later + i));
  expect(records.kept.length).toBeLessThanOrEqual(10_500);
});

test("a disk that refuses costs nothing but the record", () => {
  const records = { ...recordsOf(), append: () => Promise.reject(new Error("full")) };
  const book = createNightBook(records, log);
  book.note(call(1));
  expect(book.read("b1", wall(0), wall(2))).toEqual([call(1)]);
});

test("what is no entry is refused, what was written is read", () => {
  for (const entry of [watch(1, true), call(2)]) {
    expect(decodeNightEntry(JSON.parse(JSON.stringify(entry)))).toEqual(entry);
  }
  const odd = [
    null,
    1,
    {},
    { ...call(1), person: 3 },
    { ...watch(1, true), reason: "joy" },
    { ...call(1), at: "1" },
  ];
  for (const value of odd) expect(decodeNightEntry(value)).toBeUndefined();
});
