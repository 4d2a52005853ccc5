import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlarmFold, Occurrence, Priority } from "../../../src/domain/alarm.ts";
import { MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { answer, occurrence } from "../../support/alarms.ts";
import { follow, moment } from "../../support/escalations.ts";

const [A, B, C] = ["b1-abcdefghij-1", "b1-abcdefghij-2", "b1-abcdefghij-3"] as const;
const mei = { id: "p-mei", name: "Mei" };

const leak = (changes: Partial<Occurrence> = {}) =>
  occurrence({ id: A, condition: "VENT_LEAK_HIGH", ...changes });
const low = (changes: Partial<Occurrence> = {}) => occurrence({ id: B, card: A, ...changes });
const taken = (atS: number, name = "Mei") => ({ acknowledgement: answer(moment(atS).wall, name) });
const quiet = { quiet: { why: "care", until: wall(0), by: mei, act: "suction" } } as const;

const brief = (sends: ReturnType<typeof follow>) =>
  sends.map(
    ({ occurrence: id, kind, step, repeat, atS }) => `${atS} ${id.slice(-1)} ${kind} ${step}/${repeat}`,
  );

describe("alarms of one card", () => {
  test("are one series of messages: what joins as urgent as what rings starts none of its own", () => {
    const sends = follow(
      [
        { atS: 0, open: [leak()] },
        { atS: 20, open: [leak(), low()] },
      ],
      100,
    );
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "30 1 alarm 0/1", "60 1 alarm 0/2", "90 1 alarm 0/3"]);
  });

  test("ring at once for one that is more urgent, and then for that one alone", () => {
    const sends = follow(
      [
        { atS: 0, open: [leak({ priority: "medium" })] },
        { atS: 20, open: [low(), leak({ priority: "medium" })] },
      ],
      130,
    );
    expect(brief(sends)).toEqual([
      "0 1 alarm 0/0",
      "20 2 alarm 0/0",
      "50 2 alarm 0/1",
      "80 2 alarm 0/2",
      "110 2 alarm 0/3",
    ]);
    expect(sends[1]).toMatchObject({ card: A });
  });

  test.each<[string, readonly Occurrence[]]>([
    ["ends", [low()]],
    ["is answered", [leak(taken(40)), low()]],
    ["is quiet for care", [leak(quiet), low()]],
  ])("ring for themselves 5 s after the one that rang for them %s", (_what, after) => {
    const sends = follow(
      [
        { atS: 0, open: [leak()] },
        { atS: 20, open: [leak(), low()] },
        { atS: 40, open: after },
      ],
      80,
    );
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "30 1 alarm 0/1", "45 2 alarm 0/0", "75 2 alarm 0/1"]);
  });

  test("answered with one tap ring no more, and who goes is told once", () => {
    const sends = follow(
      [
        { atS: 0, open: [leak(), low()] },
        { atS: 10, open: [leak(taken(10)), low()] },
        { atS: 10.2, open: [leak(taken(10)), low(taken(10))] },
        { atS: 20, open: [leak(taken(10)), low(taken(10))] },
      ],
      100,
    );
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "10.2 1 update 1/0"]);
  });

  test("are over with the last of them", () => {
    const sends = follow(
      [
        { atS: 0, open: [leak(), low()] },
        { atS: 10, open: [low()] },
        { atS: 12, open: [] },
      ],
      100,
    );
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "12 2 closed 1/0"]);
  });

  test("that are real are never carried by one of a drill", () => {
    const drill = { simulated: true, drill: true };
    const sends = follow([{ atS: 0, open: [leak(drill), low()], drillUntil: 600 }], 10);
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "0 2 alarm 0/0"]);
  });
});

describe("a quiet alarm", () => {
  test("is not sent while it is quiet, tells of nobody who goes, and rings when the quiet ends", () => {
    const sends = follow(
      [
        { atS: 0, open: [leak()] },
        { atS: 40, open: [leak(quiet)] },
        { atS: 200, open: [leak()] },
      ],
      210,
    );
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "30 1 alarm 0/1", "200 1 alarm 1/0"]);
  });

  test("tells those who were called when it is over", () => {
    const sends = follow(
      [
        { atS: 0, open: [leak()] },
        { atS: 5, open: [leak(quiet)] },
        { atS: 50, open: [] },
      ],
      60,
    );
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "50 1 closed 1/0"]);
  });
});

describe("an alarm that somebody watches in its place", () => {
  const lost = (changes: Partial<Occurrence> = {}) =>
    occurrence({ id: A, condition: "OXI_SENSOR_OFF", priority: "medium", ...changes });
  const watching = (atS: number) => ({
    acknowledgement: answer(moment(atS).wall, "Mei", {
      place: "watching",
      until: wall(moment(atS).wall + 30 * MINUTE_MS),
    }),
  });

  test("asks this person once, softly, with each lapse, and rings for all when the engine gives up asking", () => {
    const sends = follow(
      [
        { atS: 0, open: [lost()] },
        { atS: 10, open: [lost(watching(10))] },
        { atS: 1_810, open: [lost({ accepted: mei })] },
        { atS: 1_900, open: [lost({ accepted: mei, state: "unknown" })] },
        { atS: 2_000, open: [lost(watching(2_000))] },
        { atS: 3_800, open: [lost({ accepted: mei })] },
        { atS: 4_400, open: [lost()] },
      ],
      4_410,
    );
    expect(brief(sends)).toEqual([
      "0 1 alarm 0/0",
      "10 1 update 1/0",
      "1810 1 gentle 2/0",
      "2000 1 update 3/0",
      "3800 1 gentle 4/0",
      "4400 1 alarm 5/0",
    ]);
    expect(sends[2]?.audience).toEqual({ only: "p-mei" });
    expect(sends[5]?.audience).toBeUndefined();
  });
});

describe("an alarm that comes again", () => {
  test("under the same number rings anew, with keys that were never used", () => {
    const sends = follow(
      [
        { atS: 0, open: [leak()] },
        { atS: 10, open: [] },
        { atS: 300, open: [leak()] },
        { atS: 310, open: [] },
      ],
      400,
    );
    expect(brief(sends)).toEqual(["0 1 alarm 0/0", "10 1 closed 1/0", "300 1 alarm 2/0", "310 1 closed 3/0"]);
  });

  test("again and again is told as a warning from then on", () => {
    const often = { priority: "medium", recurrent: { count: 7, since: wall(0) } } as const;
    const sends = follow(
      [
        { atS: 0, open: [leak()] },
        { atS: 10, open: [] },
        { atS: 100, open: [leak(often)] },
      ],
      250,
    );
    expect(sends.slice(2).map(({ atS, priority }) => [atS, priority])).toEqual([
      [100, "medium"],
      [220, "medium"],
    ]);
  });

  test("worse by its tier alone is sent at once", () => {
    const sends = follow(
      [
        { atS: 0, open: [low({ condition: "SPO2_WARN" })] },
        { atS: 10, open: [low({ condition: "SPO2_LOW" })] },
        { atS: 12, open: [low({ condition: "SPO2_CRIT" })] },
      ],
      15,
    );
    expect(sends.map(({ atS, condition }) => `${atS} ${condition}`)).toEqual([
      "0 SPO2_WARN",
      "10 SPO2_LOW",
      "12 SPO2_CRIT",
    ]);
  });
});

describe("leaving the watch", () => {
  const left = (reason: "hospital" | "death", atS: number): AlarmFold["watch"] => ({
    on: false,
    reason,
    since: moment(atS).wall,
    by: mei,
    until: wall(moment(atS).wall + 100_000),
  });

  test.each(["hospital", "death"] as const)("ends all sends and tells the others once: %s", (reason) => {
    const watch = left(reason, 20);
    const sends = follow(
      [
        { atS: 0, open: [leak(), occurrence({ id: C })] },
        { atS: 20, open: [], watch },
        { atS: 25, open: [], watch },
        { atS: 9_000, open: [], watch: { ...watch, asks: true } },
      ],
      10_000,
    );
    expect(sends.map(({ atS, kind }) => `${atS} ${kind}`)).toEqual(["0 alarm", "0 alarm", "20 left"]);
    expect(sends[2]).toMatchObject({
      left: { reason, by: mei },
      audience: { except: "p-mei" },
      priority: "low",
    });
  });

  test("for good, and taken back, is told as well; the end of a time away is not", () => {
    const on: AlarmFold["watch"] = { on: true, reason: "person", since: moment(60).wall, by: mei };
    const back = (reason: "hospital" | "death") =>
      follow(
        [
          { atS: 0, open: [], watch: left(reason, 0) },
          { atS: 60, open: [], watch: on },
          { atS: 70, open: [], watch: on },
        ],
        100,
      ).map(({ atS, kind, left: leaving }) => `${atS} ${kind} ${leaving?.reason}`);
    expect(back("death")).toEqual(["0 left death", "60 left undone"]);
    expect(back("hospital")).toEqual(["0 left hospital"]);
  });

  test("hours ago is no news to a box that has just started", () => {
    expect(follow([{ atS: 9_000, open: [], watch: left("death", 0) }], 9_100)).toEqual([]);
  });

  test("lets the patient's call ring while somebody is away", () => {
    const call = occurrence({ id: C, condition: "PATIENT_CALL" });
    const watch = left("hospital", 0);
    const sends = follow(
      [
        { atS: 0, open: [], watch },
        { atS: 100, open: [call], watch },
      ],
      110,
    );
    expect(sends.map(({ atS, kind }) => `${atS} ${kind}`)).toEqual(["0 left", "100 alarm"]);
  });
});

describe("whatever happens, in any order", () => {
  const ids = [A, B, C, "b1-abcdefghij-4"];
  const one = fc.record({
    state: fc.constantFrom("gone", "rings", "answered", "quiet", "gentle"),
    priority: fc.constantFrom<Priority>("medium", "high"),
  });
  const cards = fc.array(fc.boolean(), { minLength: ids.length, maxLength: ids.length });
  const change = fc.record({
    afterS: fc.integer({ min: 1, max: 120 }),
    all: fc.array(one, { minLength: ids.length, maxLength: ids.length }),
  });

  test("every alarm that waits for an answer reaches somebody, by itself or with its card, at most 60 s apart", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 10 }), cards, (changes, shared) => {
        let atS = 0;
        const made = changes.map(({ afterS, all }) => {
          const open = all.flatMap(({ state, priority }, index) => {
            const id = ids[index] ?? "";
            const card = shared[index] === true ? A : undefined;
            if (state === "gone") return [];
            return [
              occurrence({
                id,
                priority,
                ...(card === undefined || card === id ? {} : { card }),
                ...(state === "answered" ? taken(atS) : {}),
                ...(state === "quiet" ? quiet : {}),
                ...(state === "gentle" ? { accepted: mei } : {}),
              }),
            ];
          });
          const fromS = atS;
          atS += afterS;
          return { change: { atS: fromS, open }, fromS, toS: atS };
        });
        const sends = follow(
          made.map((each) => each.change),
          atS - 0.001,
        );

        const keys = sends.map(({ occurrence: id, step, repeat }) => `${id}/${step}/${repeat}`);
        expect(new Set(keys).size).toBe(keys.length);
        // High alarms that wait: somebody has been told of them, or of a card that holds them, within the last 60 s.
        const waits = new Map<string, number>();
        for (const { change: now, fromS, toS } of made) {
          const ringing = now.open.filter(
            (each) =>
              each.priority === "high" &&
              each.acknowledgement === undefined &&
              each.quiet === undefined &&
              each.accepted === undefined,
          );
          for (const id of [...waits.keys()]) if (!ringing.some((each) => each.id === id)) waits.delete(id);
          for (const each of ringing) {
            const card = each.card ?? each.id;
            if (!waits.has(each.id)) waits.set(each.id, fromS);
            const sinceS = waits.get(each.id) ?? fromS;
            const told = sends.filter(
              (send) =>
                send.kind === "alarm" &&
                send.priority === "high" &&
                (send.occurrence === each.id || (send.card ?? send.occurrence) === card),
            );
            for (let s = Math.max(fromS, sinceS + 6); s < toS; s++) {
              const last = Math.max(...told.map((send) => send.atS).filter((sentS) => sentS <= s));
              expect(last, `${each.id} silent at ${s}`).toBeGreaterThan(s - 60);
            }
          }
        }
        // A card is one series: no two of its alarms ring at the same moment.
        const moments = sends
          .filter(({ kind }) => kind === "alarm")
          .map((send) => `${send.atS} ${send.card ?? send.occurrence}`);
        expect(new Set(moments).size).toBe(moments.length);
      }),
      { numRuns: 500 },
    );
  });
});
