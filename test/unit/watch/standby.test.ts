import { expect, onTestFinished, test } from "vitest";
import type { AlarmFold, Occurrence } from "../../../src/domain/alarm.ts";
import { MINUTE_MS, SECOND_MS, type Wall, wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import type { PlannedSend } from "../../../src/watch/incident.ts";
import { createStandby } from "../../../src/watch/standby.ts";
import { folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { silentLog } from "../../support/silent-log.ts";

const BED = "abcdefghij~b1";

function setUp() {
  const clock = createVirtualClock(NIGHT);
  const is: { there: "heard" | "away" | "unsure"; cls: "B" | undefined } = { there: "heard", cls: "B" };
  const seen: string[] = [];
  const standby = createStandby({
    ...{ clock, log: silentLog },
    isThere: () => is.there,
    classOf: () => is.cls,
    onTaken: (_bed, { fold, told }) => seen.push(`taken ${fold.open.length} ${told.size}`),
    onHandedBack: () => seen.push("back"),
    onHelp: (_bed, { kind, repeat }, targets) => seen.push(`help ${kind} ${repeat} ${targets.join()}`),
    onMovedOn: (_bed, id) => seen.push(`on ${id}`),
  });
  const cancel = clock.every(SECOND_MS, standby.look);
  onTestFinished(cancel);
  const next = folds(clock, BED);
  const fold = (...open: readonly Occurrence[]): AlarmFold => next(open);
  return { clock, is, seen, standby, fold };
}

const sendOf = (id: string, at: Wall, more: Partial<PlannedSend> = {}): PlannedSend => ({
  ...{
    bed: "b1",
    occurrence: id,
    kind: "alarm",
    step: 0,
    repeat: 0,
    priority: "high",
    condition: "SPO2_LOW",
  },
  ...{ simulated: false, drill: false, at, level: 0, ...more },
});

const high = (id: string, more: Partial<Occurrence> = {}): Occurrence => occurrence({ id, ...more });

test("a box that says nothing of what it tells is taken over while it is away, and handed back to once it is heard", async () => {
  const { clock, is, seen, standby, fold } = setUp();
  standby.onFold(fold(high("a")));
  await clock.advance(MINUTE_MS);
  expect(seen).toEqual([]);
  is.there = "away";
  await clock.advance(2 * SECOND_MS);
  is.there = "heard";
  await clock.advance(2 * SECOND_MS);
  expect(seen).toEqual(["taken 1 0", "back"]);
});

test("a box that is heard and tells nobody of a new alarm for 8 s is taken over", async () => {
  const { clock, seen, standby, fold } = setUp();
  standby.onTold(BED, [], 0);
  standby.onFold(fold(high("a")));
  await clock.advance(7 * SECOND_MS);
  expect(seen).toEqual([]);
  await clock.advance(2 * SECOND_MS);
  expect(seen).toEqual(["taken 1 0"]);
});

test("while this side hears nobody, nobody is late", async () => {
  const { clock, is, seen, standby, fold } = setUp();
  standby.onTold(BED, [], 0);
  is.there = "unsure";
  standby.onFold(fold(high("a")));
  await clock.advance(5 * MINUTE_MS);
  expect(seen).toEqual([]);
});

test("of a card the alarm that was told last rings for all of it", async () => {
  const { clock, seen, standby, fold } = setUp();
  const [a, b] = [high("a", { card: "a" }), high("b", { card: "a" })];
  const together = {
    ...fold(a, b),
    cards: [{ id: "a", priority: "high" as const, members: ["a", "b"], evidence: [] }],
  };
  const told = (repeat: number) => [
    { send: sendOf("a", clock.wall()), waiting: [] },
    { send: sendOf("b", clock.wall(), { card: "a", repeat }), waiting: [] },
  ];
  standby.onTold(BED, told(0), 0);
  standby.onFold(together);
  for (let repeat = 1; repeat < 4; repeat += 1) {
    await clock.advance(30 * SECOND_MS);
    standby.onTold(BED, told(repeat), 0);
  }
  expect(seen).toEqual([]);
});

test("what the box could not bring in 8 s is brought, once, and no more when the box goes on", async () => {
  const { clock, seen, standby, fold } = setUp();
  standby.onTold(BED, [{ send: sendOf("a", clock.wall()), waiting: ["phone"] }], 0);
  standby.onFold(fold(high("a")));
  await clock.advance(20 * SECOND_MS);
  expect(seen).toEqual(["help alarm 0 phone"]);
  standby.onTold(BED, [{ send: sendOf("a", clock.wall(), { repeat: 1 }), waiting: [] }], 0);
  expect(seen).toEqual(["help alarm 0 phone", "on a"]);
});

test("an alarm that was quieted meanwhile is brought to nobody, and not tried any more", async () => {
  const { clock, seen, standby, fold } = setUp();
  const told = [{ send: sendOf("a", clock.wall()), waiting: ["phone"] }];
  standby.onTold(BED, told, 0);
  standby.onFold(fold(high("a")));
  await clock.advance(3 * SECOND_MS);
  const by = { id: "mei", name: "Mei" };
  standby.onFold(fold(high("a", { quiet: { why: "pause", until: wall(NIGHT + MINUTE_MS), by } })));
  await clock.advance(30 * SECOND_MS);
  expect(seen).toEqual([]);
});

test("what was told of a night that is over is brought to nobody", async () => {
  const { clock, seen, standby, fold } = setUp();
  standby.onTold(
    BED,
    [{ send: sendOf("old", wall(NIGHT - 3_600_000), { kind: "closed", step: 1 }), waiting: ["phone"] }],
    0,
  );
  standby.onFold(fold(occurrence({ id: "new", priority: "low" })));
  await clock.advance(MINUTE_MS);
  expect(seen).toEqual([]);
});

test("a bed of which nothing is known yet keeps what was told of it", async () => {
  const { clock, is, seen, standby, fold } = setUp();
  is.cls = undefined;
  is.there = "away";
  standby.onTold(BED, [{ send: sendOf("a", clock.wall(), { repeat: 4 }), waiting: [] }], undefined);
  standby.onFold(fold(high("a")));
  await clock.advance(20 * SECOND_MS);
  expect(seen).toEqual([]);
  is.cls = "B";
  await clock.advance(2 * SECOND_MS);
  expect(seen).toEqual(["taken 1 1"]);
});

test("a clock of the box that is hours wrong makes nobody late", async () => {
  const { clock, seen, standby, fold } = setUp();
  const at = wall(clock.wall() - 3 * 3_600_000);
  standby.onTold(BED, [{ send: sendOf("a", at), waiting: [] }], undefined);
  standby.onFold(fold(high("a")));
  await clock.advance(25 * SECOND_MS);
  standby.onTold(BED, [{ send: sendOf("a", at), waiting: [] }], -3 * 3_600_000);
  await clock.advance(4 * SECOND_MS);
  expect(seen).toEqual([]);
});

test("an answer stands over a line that is cut again, until the box has it", async () => {
  const { clock, is, standby, fold } = setUp();
  standby.onFold(fold(high("a")));
  is.there = "away";
  await clock.advance(2 * SECOND_MS);
  const acknowledgement = {
    by: { id: "mei", name: "Mei" },
    at: clock.wall(),
    until: clock.wall(),
    place: "going",
  } as const;
  expect(standby.answer(BED, ["a"], acknowledgement)).toBe(true);
  is.there = "heard";
  await clock.advance(2 * SECOND_MS);
  expect(standby.taken(BED)).toBeUndefined();
  is.there = "away";
  await clock.advance(2 * SECOND_MS);
  expect(standby.taken(BED)?.fold.open[0]?.acknowledgement?.by.name).toBe("Mei");
});
