import { beforeEach, describe, expect, test } from "vitest";
import type { RotaEntry } from "../../../src/domain/duty.ts";
import { MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryState } from "../../../src/store/state/state.ts";
import { createTargetBook, type TargetBook } from "../../../src/watch/target-book.ts";
import { NIGHT } from "../../support/alarms.ts";
import { silentLog } from "../../support/silent-log.ts";

const MEI = { id: "p-mei", name: "Mei" };
const BA = { id: "p-ba", name: "Ba" };

let clock: VirtualClock;
let state: ReturnType<typeof createMemoryState>;
let book: TargetBook;

/** Every night from nine to nine. */
const everyNight = (person: string): readonly RotaEntry[] =>
  [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ person, weekday, from: 21 * 60, to: 9 * 60 }));

const plan = (version: number, rota: readonly RotaEntry[]): Promise<unknown> =>
  state.adoptDuty({
    ...{ bed: "b1", version, at: clock.wall(), by: MEI, change: "rota", handovers: [] },
    rota,
  });

beforeEach(async () => {
  clock = createVirtualClock(NIGHT);
  state = createMemoryState();
  book = createTargetBook({
    ...{ state, clock, log: silentLog, configured: [], language: "en", onChange: () => undefined },
    beds: [{ bed: "b1", zone: "UTC" }],
  });
  for (const each of [MEI, BA]) await state.putPerson({ ...each, role: "caregiver", language: "en" });
});

describe("a night without anybody on duty", () => {
  test("is none where nobody has planned any duty", async () => {
    await book.refresh();
    expect(book.dutyGap("b1")).toBeUndefined();
    await plan(1, []);
    await book.refresh();
    expect(book.dutyGap("b1")).toBeUndefined();
  });

  test("is none where somebody of the home has it", async () => {
    await plan(1, everyNight(MEI.id));
    await book.refresh();
    expect(book.dutyGap("b1")).toBeUndefined();
  });

  test("is the whole of it once the only person of the rota is removed, until the plan is settled", async () => {
    await plan(1, everyNight(MEI.id));
    await state.removePerson(MEI.id, clock.wall());
    await book.refresh();
    expect(book.calling("b1")?.on).toBeUndefined();
    // It is a quarter past two, and the night ends at nine.
    expect(book.dutyGap("b1")).toEqual({ from: NIGHT, to: wall(NIGHT + (6 * 60 + 46) * MINUTE_MS) });
    await plan(2, everyNight(BA.id));
    await book.refresh();
    expect(book.dutyGap("b1")).toBeUndefined();
    await plan(3, []);
    await book.refresh();
    expect(book.dutyGap("b1")).toBeUndefined();
  });
});
