import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Occurrence, Priority } from "../../../src/domain/alarm.ts";
import { HOUR_MS, SECOND_MS } from "../../../src/domain/time.ts";
import { escalate } from "../../../src/watch/escalation.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { follow, moment, STYLE } from "../../support/escalations.ts";

const alarm = (changes: Partial<Occurrence> = {}): Occurrence => occurrence(changes);
const answered = (atS: number, changes: Partial<Occurrence> = {}): Occurrence =>
  alarm({ acknowledgement: answer(moment(atS).wall), ...changes });
const brief = (sends: readonly { kind: string; step: number; repeat: number; atS: number }[]) =>
  sends.map(({ kind, step, repeat, atS }) => `${atS} ${kind} ${step}/${repeat}`);

describe("an unanswered alarm", () => {
  test("of high priority is sent at once and again at most 60 s apart, for as long as it takes", () => {
    const sends = follow([{ atS: 0, open: [alarm()] }], 6 * 3_600);
    expect(sends[0]?.atS).toBe(0);
    const gaps = sends.slice(1).map((send, index) => send.atS - (sends[index]?.atS ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20);
    expect(sends.at(-1)?.atS).toBeGreaterThan(6 * 3_600 - 60);
    expect(new Set(sends.map(({ step }) => step))).toEqual(new Set([0]));
    expect(sends.map(({ repeat }) => repeat)).toEqual(sends.map((_send, index) => index));
  });

  test("of medium priority is sent at 0, 2, 5 and 15 minutes and then every 15 minutes", () => {
    const sends = follow([{ atS: 0, open: [alarm({ priority: "medium" })] }], 3_700);
    expect(sends.map(({ atS }) => atS / 60)).toEqual([0, 2, 5, 15, 30, 45, 60]);
  });

  test("of low priority is never sent, nor is its end", () => {
    const sends = follow(
      [
        { atS: 0, open: [alarm({ priority: "low" })] },
        { atS: 9_000, open: [] },
      ],
      10_000,
    );
    expect(sends).toEqual([]);
  });

  test("without data is sent on as before", () => {
    const sends = follow(
      [
        { atS: 0, open: [alarm()] },
        { atS: 10, open: [alarm({ state: "unknown" })] },
      ],
      100,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "30 alarm 0/1", "60 alarm 0/2", "90 alarm 0/3"]);
  });

  test("is not sent more often because other things change", () => {
    const other = alarm({ id: "b1-abcdefghij-2", condition: "PR_LOW", priority: "medium" });
    const changes = Array.from({ length: 25 }, (_, s) => ({
      atS: s,
      open: s % 2 === 0 ? [alarm()] : [alarm(), other],
    }));
    const mine = follow(changes, 29).filter((send) => send.occurrence === alarm().id);
    expect(brief(mine)).toEqual(["0 alarm 0/0"]);
  });
});

describe("an answered alarm", () => {
  test("is not sent any more; everybody hears who goes, quietly and once", () => {
    const sends = follow(
      [
        { atS: 0, open: [alarm()] },
        { atS: 40, open: [answered(40)] },
        { atS: 50, open: [answered(40, { state: "unknown" })] },
      ],
      170,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "30 alarm 0/1", "40 update 1/0"]);
    expect(sends[2]?.acknowledgement?.by.name).toBe("Mei");
  });

  test("that is answered by another person, or from the bedside, is news; the same answer again is not", () => {
    const bedside = alarm({ acknowledgement: answer(moment(60).wall, "Mei", { place: "bedside" }) });
    const sends = follow(
      [
        { atS: 0, open: [alarm()] },
        { atS: 10, open: [answered(10)] },
        { atS: 20, open: [answered(20)] },
        { atS: 60, open: [bedside] },
        { atS: 70, open: [alarm({ acknowledgement: answer(moment(70).wall, "Lin") })] },
      ],
      80,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "10 update 1/0", "60 update 2/0", "70 update 3/0"]);
  });

  test("starts again from the beginning when the answer has lapsed", () => {
    const sends = follow(
      [
        { atS: 0, open: [alarm()] },
        { atS: 10, open: [answered(10)] },
        { atS: 190, open: [alarm()] },
        { atS: 200, open: [answered(200)] },
      ],
      240,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "10 update 1/0", "190 alarm 2/0", "200 update 3/0"]);
  });

  test("stays answered for as long as the engine says so, whatever the wall clock shows", () => {
    const changes = [0, 10, 190, 4_000].map((atS) => ({ atS, open: [atS === 0 ? alarm() : answered(10)] }));
    expect(brief(follow(changes, 4_100))).toEqual(["0 alarm 0/0", "10 update 1/0"]);
  });

  test("that becomes worse is sent at once: the answer was for something milder", () => {
    const medium = { priority: "medium" as const };
    const sends = follow(
      [
        { atS: 0, open: [alarm(medium)] },
        { atS: 10, open: [answered(10, medium)] },
        { atS: 20, open: [answered(10)] },
        { atS: 25, open: [answered(10)] },
        { atS: 60, open: [answered(60)] },
      ],
      70,
    );
    expect(brief(sends)).toEqual([
      "0 alarm 0/0",
      "10 update 1/0",
      "20 alarm 2/0",
      "50 alarm 2/1",
      "60 update 3/0",
    ]);
    expect(sends[2]?.priority).toBe("high");
  });

  test("that has become milder since is announced as what it is, and as low not at all", () => {
    const milder = (priority: Priority) =>
      follow(
        [
          { atS: 0, open: [alarm()] },
          { atS: 10, open: [answered(10)] },
          { atS: 60, open: [answered(10, { priority })] },
          { atS: 190, open: [alarm({ priority })] },
        ],
        300,
      ).map(({ atS, kind, priority: said }) => `${atS} ${kind} ${said}`);
    expect(milder("medium")).toEqual(["0 alarm high", "10 update high", "190 alarm medium"]);
    expect(milder("low")).toEqual(["0 alarm high", "10 update high"]);
  });

  test("before anybody was called needs no update", () => {
    expect(follow([{ atS: 0, open: [answered(0)] }], 100)).toEqual([]);
  });
});

describe("an alarm that becomes worse", () => {
  test.each([
    ["a higher priority", { priority: "medium" }, { priority: "high" }],
    ["a worse tier of the same priority", { condition: "SPO2_LOW" }, { condition: "SPO2_CRIT" }],
  ] as const)("is sent at once: %s", (_what, mild, worse) => {
    const sends = follow(
      [
        { atS: 0, open: [alarm(mild)] },
        { atS: 10, open: [alarm(worse)] },
      ],
      30,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "10 alarm 1/0"]);
  });

  test("and then milder again is neither sent again nor announced as milder", () => {
    const sends = follow(
      [
        { atS: 0, open: [alarm({ priority: "medium" })] },
        { atS: 10, open: [alarm({ condition: "SPO2_CRIT" })] },
        { atS: 20, open: [alarm({ priority: "medium" })] },
        { atS: 25, open: [alarm({ condition: "SPO2_CRIT" })] },
      ],
      41,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "10 alarm 1/0", "40 alarm 1/1"]);
    expect(sends[2]).toMatchObject({ priority: "high", condition: "SPO2_CRIT" });
  });
});

describe("the end", () => {
  test("is told once, quietly, to those who were called", () => {
    const sends = follow(
      [
        { atS: 0, open: [alarm()] },
        { atS: 45, open: [] },
        { atS: 50, open: [] },
      ],
      3_600,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "30 alarm 0/1", "45 closed 1/0"]);
  });

  test("is told after an answer too, and not where nobody was called", () => {
    const sends = follow(
      [
        { atS: 0, open: [alarm(), answered(0, { id: "b1-abcdefghij-2" })] },
        { atS: 5, open: [answered(5), answered(0, { id: "b1-abcdefghij-2" })] },
        { atS: 9, open: [] },
      ],
      100,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "5 update 1/0", "9 closed 2/0"]);
  });
});

describe("simulated data", () => {
  const simulated = alarm({ simulated: true });
  const inDrill = alarm({ simulated: true, drill: true });

  test("never pages anybody", () => {
    expect(follow([{ atS: 0, open: [simulated] }], HOUR_MS / SECOND_MS)).toEqual([]);
  });

  test("pages inside a drill, marked, and not a second longer", () => {
    const sends = follow([{ atS: 0, open: [inDrill], drillUntil: 100 }], 3_600);
    expect(brief(sends)).toEqual(["0 alarm 0/0", "30 alarm 0/1", "60 alarm 0/2", "90 alarm 0/3"]);
    expect(sends.every((send) => send.drill && send.simulated)).toBe(true);
  });

  test("does not page because a drill runs for something else", () => {
    expect(follow([{ atS: 0, open: [simulated], drillUntil: 600 }], 600)).toEqual([]);
  });

  test("of a drill that is over tells no end", () => {
    const sends = follow(
      [
        { atS: 0, open: [inDrill], drillUntil: 50 },
        { atS: 60, open: [] },
      ],
      100,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "30 alarm 0/1"]);
  });

  test("pages again in the next drill", () => {
    const sends = follow(
      [
        { atS: 0, open: [inDrill], drillUntil: 10 },
        { atS: 20, open: [inDrill] },
        { atS: 300, open: [inDrill], drillUntil: 320 },
      ],
      400,
    );
    expect(brief(sends)).toEqual(["0 alarm 0/0", "300 alarm 1/0"]);
  });

  test("does not hide a real alarm raised while a drill runs: that one is not marked as an exercise", () => {
    const [send] = follow([{ atS: 0, open: [alarm({ drill: true })], drillUntil: 600 }], 5);
    expect(send).toMatchObject({ drill: false, simulated: false });
  });
});

describe("whatever happens, in any order", () => {
  const priority = fc.constantFrom<Priority>("low", "medium", "high");
  const change = fc.record({
    afterS: fc.integer({ min: 1, max: 200 }),
    state: fc.constantFrom("open", "answered", "gone"),
    priority,
  });

  test("nothing is sent after the end, keys never repeat, and an open high alarm is never silent for 60 s", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        let atS = 0;
        let isGone = false;
        const spans: { fromS: number; toS: number; rings: boolean; gone: boolean }[] = [];
        let worst: Priority = "low";
        const steps = changes.flatMap((each) => {
          if (isGone) return [];
          isGone = each.state === "gone";
          // Answered, it may have become milder; while it waits it never does.
          const falls = each.state === "answered";
          if (falls || each.priority === "high" || (each.priority === "medium" && worst === "low"))
            worst = each.priority;
          const open =
            each.state === "gone"
              ? []
              : [
                  each.state === "open"
                    ? alarm({ priority: each.priority })
                    : answered(atS, { priority: each.priority }),
                ];
          const rings = each.state === "open" && worst === "high";
          spans.push({ fromS: atS, toS: atS + each.afterS, rings, gone: isGone });
          const step = { atS, open };
          atS += each.afterS;
          return [step];
        });
        const sends = follow(steps, atS);

        const keys = sends.map(({ step, repeat }) => `${step}/${repeat}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { fromS, toS, rings, gone } of spans) {
          const inside = sends.filter((send) => send.atS >= fromS && send.atS < toS);
          if (gone) expect(inside.every(({ kind, atS: at }) => kind === "closed" && at === fromS)).toBe(true);
          if (!rings) continue;
          const before = sends
            .filter((send) => send.kind === "alarm" && send.atS < toS)
            .map((send) => send.atS);
          for (let s = fromS; s < toS; s++) {
            expect(Math.max(...before.filter((at) => at <= s)), `silent at ${s}`).toBeGreaterThan(s - 60);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

test("an occurrence of another bed has a life of its own", () => {
  const mine = folds({ wall: () => NIGHT }, "b2");
  const { due } = escalate(new Map(), mine([alarm({ bed: "b2", id: "b2-abcdefghij-1" })]), moment(0), STYLE);
  expect(due).toMatchObject([{ bed: "b2", occurrence: "b2-abcdefghij-1" }]);
});
