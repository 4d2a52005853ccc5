import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Priority } from "../../../src/domain/alarm.ts";
import {
  type Callable,
  type CallRule,
  callLevels,
  EVERYBODY,
  exhaustedAfter,
  levelAfter,
  nextSendAfter,
  paceOf,
  rehearseCalls,
  sendAt,
  TURNS,
  WAY_WAITS,
} from "../../../src/domain/calling.ts";
import { MINUTE_MS, SECOND_MS } from "../../../src/domain/time.ts";

const phone = (id: string, changes: Partial<Callable> = {}): Callable => ({
  ...{ id, person: id.split("-")[0] ?? id, rings: "message", proven: true, wakes: true },
  ...changes,
});
const CALL = { rings: "call" } as const;
const UNPROVEN = { proven: false } as const;

const levels = (
  callables: readonly Callable[],
  {
    on,
    rules = [],
    priority = "high",
  }: { on?: string; rules?: readonly CallRule[]; priority?: Priority } = {},
) =>
  Object.fromEntries(
    callLevels(callables, priority, { ...EVERYBODY, rules, ...(on === undefined ? {} : { on }) }),
  );

describe("who is called when", () => {
  test("where nobody is on duty and nobody has chosen anything: everybody at once", () => {
    expect(levels([phone("mei"), phone("ba"), phone("aunt")])).toEqual({ mei: 0, ba: 0, aunt: 0 });
  });

  test("whoever is on duty first, the others a minute later", () => {
    expect(levels([phone("mei"), phone("ba"), phone("aunt")], { on: "ba" })).toEqual({
      mei: 2,
      ba: 0,
      aunt: 2,
    });
  });

  test("as each has chosen, and on duty at once whatever that is", () => {
    const rules = [
      { person: "mei", turn: "last" },
      { person: "ba", turn: "third" },
      { person: "aunt", turn: "at_once" },
    ] as const;
    const people = [phone("mei"), phone("ba"), phone("aunt")];
    expect(levels(people, { on: "mei", rules })).toEqual({ mei: 0, ba: 3, aunt: 0 });
    expect(levels(people, { rules })).toEqual({ mei: 4, ba: 3, aunt: 0 });
  });

  test("a phone that rings like a call waits for the first repeat, where another one of that person rings", () => {
    const mei = [phone("mei-push"), phone("mei-call", CALL)];
    expect(levels(mei)).toEqual({ "mei-push": 0, "mei-call": 1 });
    expect(levels([phone("mei-call", CALL)])).toEqual({ "mei-call": 0 });
    expect(levels([...mei, phone("ba")], { on: "ba" })).toEqual({ ba: 0, "mei-push": 2, "mei-call": 3 });
  });

  test("the phones of a person in the order that they have chosen, apart for urgent alarms and warnings", () => {
    const ways = [
      { target: "mei-push", important: 1, usual: 0 },
      { target: "mei-call", important: 0, usual: 3 },
    ] as const;
    const mei = [phone("mei-push"), phone("mei-call", CALL)];
    const rules = [{ person: "mei", ways }];
    expect(levels(mei, { rules })).toEqual({ "mei-push": 1, "mei-call": 0 });
    expect(levels(mei, { rules, priority: "medium" })).toEqual({ "mei-push": 0, "mei-call": 3 });
  });

  test("what is no phone is told at once, and is nobody who could be counted on", () => {
    const siren = phone("siren", { rings: "machine" });
    expect(levels([siren, phone("mei", UNPROVEN), phone("ba")], { on: "mei" })).toEqual({
      siren: 0,
      mei: 0,
      ba: 0,
    });
  });
});

describe("a phone that has not proved that it rings", () => {
  test("is called all the same, and the next who has proved is called with it", () => {
    const people = [phone("mei", UNPROVEN), phone("ba"), phone("aunt")];
    const rules = [{ person: "aunt", turn: "third" }] as const;
    expect(levels(people, { on: "mei", rules })).toEqual({ mei: 0, ba: 0, aunt: 3 });
  });

  test("with none proven everybody is called at once, also who wants to be the last", () => {
    const people = [
      phone("mei", UNPROVEN),
      phone("ba", UNPROVEN),
      phone("ba-call", { ...CALL, ...UNPROVEN }),
    ];
    const rules = [{ person: "ba", turn: "last" }] as const;
    expect(levels(people, { on: "mei", rules })).toEqual({ mei: 0, ba: 0, "ba-call": 0 });
  });
});

describe("a phone that may stay silent", () => {
  const silent = { wakes: false } as const;
  const rules = [{ person: "aunt", turn: "third" }] as const;

  test("makes nobody wait by its proof who has one that rings through silence", () => {
    const people = [phone("mei", silent), phone("ba"), phone("aunt")];
    expect(levels(people, { on: "mei", rules })).toEqual({ mei: 0, ba: 0, aunt: 3 });
    const unsure = [phone("mei", silent), phone("ba", UNPROVEN), phone("aunt", silent)];
    expect(levels(unsure, { on: "mei", rules })).toEqual({ mei: 0, ba: 0, aunt: 3 });
  });

  test("counts where a home has no other ones", () => {
    expect(levels([phone("mei", silent), phone("ba", silent)], { on: "mei" })).toEqual({ mei: 0, ba: 2 });
  });

  test("is called on with the other one of its owner that wakes and is proven", () => {
    const people = [phone("mei", silent), phone("mei-call", CALL), phone("ba")];
    expect(levels(people, { on: "mei" })).toEqual({ mei: 0, "mei-call": 1, ba: 2 });
  });
});

describe("a warning", () => {
  test("reaches every phone of a person in the end, however many levels they wait", () => {
    const all = [phone("mei"), phone("aunt"), phone("aunt-call", CALL)];
    const rules: readonly CallRule[] = [{ person: "aunt", turn: "third" }];
    expect(levels(all, { on: "mei", rules, priority: "medium" })).toEqual({
      mei: 0,
      aunt: 3,
      "aunt-call": 3,
    });
    const plan = rehearseCalls(callLevels(all, "medium", { ...EVERYBODY, on: "mei", rules }), "medium", "B");
    expect(plan.flatMap(({ first }) => first).toSorted()).toEqual(["aunt", "aunt-call", "mei"]);
  });

  test("wakes nobody who wants to be woken last, unless there is nobody else", () => {
    const rules = [{ person: "aunt", turn: "last" }] as const;
    const warning = { rules, priority: "medium" } as const;
    expect(levels([phone("mei"), phone("aunt")], warning)).toEqual({ mei: 0 });
    expect(levels([phone("mei", UNPROVEN), phone("aunt")], warning)).toEqual({ mei: 0 });
    expect(levels([phone("aunt")], warning)).toEqual({ aunt: 0 });
  });
});

const callable = fc.record({
  id: fc.constantFrom("a", "b", "c", "d", "e"),
  person: fc.constantFrom("mei", "ba", "aunt"),
  rings: fc.constantFrom("call", "message", "machine"),
  proven: fc.boolean(),
  wakes: fc.boolean(),
}) satisfies fc.Arbitrary<Callable>;
const rule: fc.Arbitrary<CallRule> = fc
  .record({
    person: fc.constantFrom("mei", "ba", "aunt"),
    turn: fc.option(fc.constantFrom(...TURNS), { nil: undefined }),
    ways: fc.array(
      fc.record({
        target: fc.constantFrom("a", "b", "c", "d", "e"),
        important: fc.constantFrom(...WAY_WAITS),
        usual: fc.constantFrom(...WAY_WAITS),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ person, turn, ways }) => ({ person, ways, ...(turn === undefined ? {} : { turn }) }));
const home = fc.record({
  callables: fc.uniqueArray(callable, { selector: ({ id }) => id, maxLength: 5 }),
  calling: fc
    .record({
      on: fc.option(fc.constantFrom("mei", "ba", "gone"), { nil: undefined }),
      rules: fc.uniqueArray(rule, { selector: ({ person }) => person, maxLength: 3 }),
    })
    .map(({ on, rules }) => ({ rules, backstops: [], ...(on === undefined ? {} : { on }) })),
});

describe("in every home", () => {
  test("an urgent alarm reaches every phone in the end, and begins with somebody who has proved it, or with all", () => {
    fc.assert(
      fc.property(home, ({ callables, calling }) => {
        const found = callLevels(callables, "high", calling);
        expect([...found.keys()].toSorted()).toEqual(callables.map(({ id }) => id).toSorted());
        const people = callables.filter(({ rings }) => rings !== "machine");
        const first = people.filter(({ id }) => found.get(id) === 0);
        if (people.some(({ proven }) => proven)) expect(first.some(({ proven }) => proven)).toBe(true);
        else expect(first).toEqual(people);
        // Whoever is not sure to be woken makes nobody wait who could be.
        const waking = people.filter(({ wakes }) => wakes);
        const called = new Set(first.map(({ person }) => person));
        if (waking.some(({ proven }) => proven)) {
          expect(waking.some(({ proven, person }) => proven && called.has(person))).toBe(true);
        } else {
          for (const { person } of waking) expect(called).toContain(person);
        }
      }),
    );
  });

  test("who is included does not depend on proof; a proof that is lost calls nobody later", () => {
    fc.assert(
      fc.property(
        home,
        fc.constantFrom<Priority>("high", "medium"),
        fc.constantFrom("a", "b", "c", "d", "e"),
        ({ callables, calling }, priority, loser) => {
          const before = callLevels(callables, priority, calling);
          const lost = callables.map((one) => (one.id === loser ? { ...one, proven: false } : one));
          const after = callLevels(lost, priority, calling);
          expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
          for (const [id, level] of before) expect(after.get(id)).toBeLessThanOrEqual(level);
        },
      ),
    );
  });

  test("a warning begins with somebody too", () => {
    fc.assert(
      fc.property(home, ({ callables, calling }) => {
        const people = callables.filter(({ rings }) => rings !== "machine");
        const found = callLevels(callables, "medium", calling);
        if (people.length > 0) expect(people.some(({ id }) => found.get(id) === 0)).toBe(true);
      }),
    );
  });
});

describe("the pace", () => {
  test("of urgent alarms never leaves more than 50 s between two sends; warnings at 0, 2, 5, 15 min and every 15", () => {
    for (const cls of ["A", "B", "C"] as const) {
      const pace = paceOf("high", cls);
      for (let at = 0; at < 20 * MINUTE_MS; at = nextSendAfter(pace, at)) {
        expect(nextSendAfter(pace, at) - at).toBeLessThanOrEqual(50 * SECOND_MS);
      }
      const medium = paceOf("medium", cls);
      const minutes = [0, 1, 2, 3, 4, 5].map((repeat) => sendAt(medium, repeat) / MINUTE_MS);
      expect(minutes).toEqual([0, 2, 5, 15, 30, 45]);
    }
  });

  test("each level begins with a send of its own", () => {
    for (const [priority, cls] of [
      ["high", "B"],
      ["high", "C"],
      ["medium", "A"],
    ] as const) {
      const pace = paceOf(priority, cls);
      for (const begins of pace.levels) expect(pace.sends).toContain(begins);
      expect(levelAfter(pace, 10 * MINUTE_MS * 10)).toBe(pace.levels.length - 1);
    }
  });

  test("everybody is called within two minutes for class C and four for others; a minute later it is exhausted", () => {
    expect(paceOf("high", "C").levels).toEqual([0, 20, 40, 60, 120].map((s) => s * SECOND_MS));
    expect(paceOf("high", "B").levels).toEqual([0, 30, 60, 120, 240].map((s) => s * SECOND_MS));
    expect([exhaustedAfter("B"), exhaustedAfter("C")]).toEqual([5 * MINUTE_MS, 3 * MINUTE_MS]);
  });
});

test("the plan says minute by minute who is called first and who again", () => {
  const people = [phone("mei-push"), phone("mei-call", CALL), phone("ba"), phone("aunt")];
  const rules = [{ person: "aunt", turn: "last" }] as const;
  const found = callLevels(people, "high", { ...EVERYBODY, on: "mei", rules });
  const plan = rehearseCalls(found, "high", "B").map(
    ({ afterMs, first, again }) => `${afterMs / SECOND_MS} ${first.join("+")} ${again}`,
  );
  expect(plan).toEqual([
    "0 mei-push 0",
    "30 mei-call 1",
    "60 ba 2",
    "90  3",
    "120  3",
    "160  3",
    "200  3",
    "240 aunt 3",
  ]);
});
