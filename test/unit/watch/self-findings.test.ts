import { describe, expect, test } from "vitest";
import { DEFAULT_SCHEDULE } from "../../../src/domain/bed.ts";
import { MINUTE_MS } from "../../../src/domain/time.ts";
import {
  type BedFacts,
  type HomeFacts,
  keyOf,
  selfFindings,
  type TargetFacts,
} from "../../../src/watch/self-findings.ts";

const GIB = 2 ** 30;

const phone = (id: string, changes: Partial<TargetFacts> = {}): TargetFacts => ({
  ...{ id, label: `phone ${id}`, proven: true },
  ...changes,
});

const WELL: HomeFacts = {
  targets: [phone("mei"), phone("lin")],
  sounder: true,
  room: { freeBytes: 10 * GIB, totalBytes: 30 * GIB },
};

/** Three in the morning of an ordinary night. */
const NIGHT: BedFacts = {
  onWatch: true,
  simulated: false,
  schedule: DEFAULT_SCHEDULE,
  minute: 3 * 60,
  dependencyClass: "B",
  unansweredMs: 0,
};

const found = (home: Partial<HomeFacts>, bed: Partial<BedFacts> = {}, standing: readonly string[] = []) =>
  selfFindings({ ...WELL, ...home }, { ...NIGHT, ...bed }, new Set(standing)).map(keyOf);

const gone = { dead: "the push service answered 410" };
const cut = { silent: { forMs: 1_000, detail: "no route" } };
const minutes = (count: number) => ({ forMs: count * MINUTE_MS, detail: "503" });

test("on a night on which all is well nothing is said, whatever the hour", () => {
  for (let minute = 0; minute < 1440; minute += 7) expect(found({}, { minute })).toEqual([]);
});

test("a key that is missing is told at any hour, and at a simulated bed too", () => {
  const keyless = "The key file /media/box.key is gone";
  expect(found({ keyless })).toEqual(["KEY_MISSING"]);
  expect(found({ keyless }, { onWatch: false })).toEqual(["KEY_MISSING"]);
  expect(found({ keyless }, { simulated: true })).toEqual(["KEY_MISSING"]);
});

describe("a certificate", () => {
  const ending = (stage: NonNullable<HomeFacts["certificate"]>["stage"]): Partial<HomeFacts> => ({
    certificate: { stage, detail: "ends" },
  });
  const NOON = 12 * 60;

  test.each(["early", "month", "weeks", "days"] as const)(
    "is told at each of its stages apart: %s",
    (stage) => {
      for (const minute of [NOON, 3 * 60]) {
        expect(found(ending(stage), { minute })).toEqual([`CERTIFICATE_ENDING/${stage}`]);
      }
      expect(found(ending(stage), { simulated: true })).toEqual([]);
    },
  );

  test("that has ended is loud while people are awake, stands low in the night, and is never left out", () => {
    for (let minute = 0; minute < 1440; minute += 7)
      expect(found(ending("ended"), { minute })).toHaveLength(1);
    expect(found(ending("ended"), { minute: NOON })).toEqual(["CERTIFICATE_EXPIRED"]);
    expect(found(ending("ended"), { minute: 3 * 60 })).toEqual(["CERTIFICATE_ENDING/ended"]);
  });

  test("of a month is told after a day: programs that renew begin then; without a clock that is right nothing is", () => {
    const [finding] = selfFindings({ ...WELL, ...ending("month") }, NIGHT, new Set());
    expect(finding?.afterMs).toBe(24 * 60 * MINUTE_MS);
    const { minute: _, ...timeless } = NIGHT;
    expect(selfFindings({ ...WELL, ...ending("ended") }, timeless, new Set())).toEqual([]);
  });
});

test("a simulated bed is told of nobody who cannot be called", () => {
  const bad = { targets: [phone("mei", gone)], sounder: false, unwritten: "journal b1: full" };
  expect(found(bad, { simulated: true, unansweredMs: 60 * MINUTE_MS })).toEqual(["DB_WRITE_FAIL"]);
});

describe("who would hear", () => {
  test.each<[string, Partial<HomeFacts>, string[]]>([
    ["a lone caregiver beside a sounder that works", { targets: [] }, []],
    ["no phone, and a sounder that does not work", { targets: [], sounder: false }, ["NOBODY_ON_CALL"]],
    ["phones, and a sounder that does not work", { sounder: false }, []],
    [
      "every phone gone",
      { targets: [phone("mei", gone), phone("lin", gone)] },
      ["PHONE_UNREACHABLE/mei", "PHONE_UNREACHABLE/lin", "NOBODY_ON_CALL"],
    ],
    ["one of two phones gone", { targets: [phone("mei", gone), phone("lin")] }, ["PHONE_UNREACHABLE/mei"]],
  ])("%s", (_what, home, expected) => {
    expect(found(home)).toEqual(expected);
  });

  test("does not matter while nobody watches", () => {
    expect(found({ targets: [], sounder: false }, { onWatch: false })).toEqual([]);
    expect(found({ targets: [phone("mei", cut)] }, { onWatch: false })).toEqual([]);
  });

  test("is asked for some time before it is told: a sounder may be busy", () => {
    const [finding] = selfFindings({ ...WELL, targets: [], sounder: false }, NIGHT, new Set());
    expect(finding?.afterMs).toBe(2 * MINUTE_MS);
  });
});

describe("a phone", () => {
  test("whose messages are not taken is told after five minutes", () => {
    const after = (forMinutes: number) =>
      found({ targets: [phone("mei", { refused: minutes(forMinutes) }), phone("lin")] });
    expect(after(4)).toEqual([]);
    expect(after(5)).toEqual(["PHONE_UNREACHABLE/mei"]);
  });

  test("whose service alone is silent for five minutes is told, since others can be reached", () => {
    expect(found({ targets: [phone("mei", { silent: minutes(6) }), phone("lin")] })).toEqual([
      "PHONE_UNREACHABLE/mei",
    ]);
  });

  test("of which nothing has been heard since a restart stays told", () => {
    const told = ["PHONE_UNREACHABLE/mei"];
    expect(found({ targets: [phone("mei", { unknown: true })] }, {}, told)).toEqual(told);
    expect(found({ targets: [phone("mei")] }, {}, told)).toEqual([]);
    expect(found({ targets: [phone("mei", { unknown: true })] })).toEqual([]);
  });
});

describe("the way out", () => {
  test("is closed when no service of any living phone answers; then no single phone is told", () => {
    const silent = { silent: minutes(20) };
    const targets = [phone("mei", silent), phone("lin", silent), phone("old", gone)];
    expect(found({ targets })).toEqual(["NET_DOWN", "PHONE_UNREACHABLE/old"]);
    expect(found({ targets: [phone("mei", cut), phone("lin")] })).toEqual([]);
  });

  test("to a hub elsewhere counts only where nobody has a phone", () => {
    expect(found({ hubSilentMs: 1_000 })).toEqual([]);
    expect(found({ hubSilentMs: 1_000, targets: [] })).toEqual(["NET_DOWN"]);
  });
});

describe("a test of the alarm", () => {
  const targets = [phone("mei", { proven: false }), phone("lin", { proven: false })];
  test.each([
    ["19:59", 19 * 60 + 59, false],
    ["20:00", 20 * 60, true],
    ["22:59", 22 * 60 + 59, true],
    ["23:00", 23 * 60, false],
    ["03:00", 3 * 60, false],
    ["12:00", 12 * 60, false],
  ])("is asked for at %s: %s", (_clock, minute, expected) => {
    expect(found({ targets }, { minute })).toEqual(expected ? ["TEST_OVERDUE"] : []);
  });

  test("stays asked for until one phone has proved itself", () => {
    expect(found({ targets }, {}, ["TEST_OVERDUE"])).toEqual(["TEST_OVERDUE"]);
    expect(found({ targets: [phone("mei", { proven: false }), phone("lin")] }, {}, ["TEST_OVERDUE"])).toEqual(
      [],
    );
  });

  test("is not asked for where there is no phone, nor by a clock that may be wrong", () => {
    expect(found({ targets: [] }, { minute: 21 * 60 })).toEqual([]);
    const { minute: _unknown, ...bed } = NIGHT;
    expect(selfFindings({ ...WELL, targets }, bed, new Set())).toEqual([]);
  });
});

test("no answer a minute after the last was called is told", () => {
  expect(found({}, { unansweredMs: 5 * MINUTE_MS - 1 })).toEqual([]);
  expect(found({}, { unansweredMs: 5 * MINUTE_MS })).toEqual(["ESCALATION_EXHAUSTED"]);
  const classC = { dependencyClass: "C" } as const;
  expect(found({}, { ...classC, unansweredMs: 3 * MINUTE_MS - 1 })).toEqual([]);
  expect(found({}, { ...classC, unansweredMs: 3 * MINUTE_MS })).toEqual(["ESCALATION_EXHAUSTED"]);
});

describe("no answer in a house where nobody can be called", () => {
  const details = (home: Partial<HomeFacts>, unansweredMs: number, dependencyClass: "B" | "C" = "B") =>
    selfFindings({ ...WELL, ...home }, { ...NIGHT, unansweredMs, dependencyClass }, new Set()).flatMap(
      ({ condition, detail }) => (condition === "ESCALATION_EXHAUSTED" ? [detail] : []),
    );

  test("is told after the same time, and says what was tried", () => {
    const alone = { targets: [] };
    expect(details(alone, 5 * MINUTE_MS - 1)).toEqual([]);
    expect(details(alone, 5 * MINUTE_MS)).toEqual([
      "nobody can be called, and the sounder rang in the house for 5 minutes",
    ]);
    expect(details(alone, 3 * MINUTE_MS - 1, "C")).toEqual([]);
    expect(details(alone, 3 * MINUTE_MS, "C")).toEqual([
      "nobody can be called, and the sounder rang in the house for 3 minutes",
    ]);
  });

  test("is told where every phone is gone, and where nothing sounds either", () => {
    expect(details({ targets: [phone("mei", gone)] }, 5 * MINUTE_MS)).toEqual([
      "nobody can be called, and the sounder rang in the house for 5 minutes",
    ]);
    expect(details({ targets: [], sounder: false }, 5 * MINUTE_MS)).toEqual([
      "nobody can be called, the sounder does not work, and it stood on the screens for 5 minutes",
    ]);
    expect(found({ targets: [], sounder: false }, { unansweredMs: 5 * MINUTE_MS })).toEqual([
      "NOBODY_ON_CALL",
      "ESCALATION_EXHAUSTED",
    ]);
  });
});

describe("a night in which nobody is on duty for a while", () => {
  const dutyGap = { isNow: false, times: "from 03:00 to 04:00" };

  test("is told in the evening, and at that time; at another hour nobody is woken for it", () => {
    expect(found({}, { dutyGap, minute: 21 * 60 })).toEqual(["NOBODY_ON_CALL"]);
    expect(found({}, { dutyGap })).toEqual([]);
    expect(found({}, { dutyGap: { ...dutyGap, isNow: true } })).toEqual(["NOBODY_ON_CALL"]);
    expect(found({}, { dutyGap: { ...dutyGap, isNow: true }, onWatch: false })).toEqual([]);
    expect(found({}, { minute: 21 * 60 })).toEqual([]);
  });
});

describe("room", () => {
  const room = (freeBytes: number, totalBytes = 30 * GIB) => ({ room: { freeBytes, totalBytes } });
  const EVENING = { minute: 21 * 60 };

  test("at 95 % is told while people are awake, and waits for the morning at night", () => {
    expect(found(room(1.4 * GIB), EVENING)).toEqual(["STORAGE_FULL"]);
    expect(found(room(1.6 * GIB), EVENING)).toEqual([]);
    expect(found(room(1.4 * GIB))).toEqual([]);
    expect(found(room(1.4 * GIB), { minute: 9 * 60 })).toEqual(["STORAGE_FULL"]);
  });

  test("that is gone within the night is told at any hour", () => {
    expect(found(room(50 * 2 ** 20))).toEqual(["STORAGE_FULL"]);
    expect(found(room(0))).toEqual(["STORAGE_FULL"]);
  });

  test("of a large disk lasts for years at 95 %", () => {
    expect(found(room(20 * GIB, 1000 * GIB), EVENING)).toEqual([]);
    expect(found(room(1.9 * GIB, 1000 * GIB), EVENING)).toEqual(["STORAGE_FULL"]);
  });

  test("stays told until there is clearly more of it", () => {
    expect(found(room(1.7 * GIB), {}, ["STORAGE_FULL"])).toEqual(["STORAGE_FULL"]);
    expect(found(room(1.9 * GIB), {}, ["STORAGE_FULL"])).toEqual([]);
  });

  test("around the clock is judged by the usual night", () => {
    const schedule = { fromMinute: 0, toMinute: 0 };
    expect(found(room(1.4 * GIB), { schedule, minute: 12 * 60 })).toEqual(["STORAGE_FULL"]);
    expect(found(room(1.4 * GIB), { schedule })).toEqual([]);
  });
});
