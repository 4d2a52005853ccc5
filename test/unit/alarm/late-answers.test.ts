// Answers that were on their way for a while: given at a hub whose box could not be heard, or to an old message.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AcknowledgePlace, Occurrence } from "../../../src/domain/alarm.ts";
import { isWorseThanShown, worsenedBy } from "../../../src/domain/worsened.ts";
import { ANNA, BEN, Bedside, EVENING } from "./bedside.ts";

const id = (bed: Bedside, condition = "SPO2_LOW"): string => bed.open(condition)?.id ?? "none";

/** What whoever sees this alarm is shown of it now. */
const shown = (bed: Bedside, condition = "SPO2_LOW"): number => worsenedBy(bed.fold.open, id(bed, condition));

const going = (bed: Bedside, more: { agoMs?: number; worsened?: number; card?: true } = {}, by = ANNA) =>
  bed.command({ kind: "acknowledge", occurrence: id(bed), by, place: "going", ...more });

/** Medium from second 30 on, high from second 60 on. */
const rising = () => new Bedside({ cls: "A", limits: { SPO2_INTEGRAL: { on: false } } }).at(87, 40);

describe("an answer to something milder", () => {
  test("is refused once the priority has risen, and the alarm goes on as it was", () => {
    const bed = rising();
    expect(bed.open("SPO2_LOW")?.priority).toBe("medium");
    const worsened = shown(bed);
    bed.at(87, 21);
    expect(bed.open("SPO2_LOW")?.priority).toBe("high");
    const before = bed.state;
    expect(going(bed, { worsened, agoMs: 10_000 })).toMatchObject({ events: [], refused: "worse" });
    expect(bed.state).toBe(before);
    expect(going(bed, { worsened: shown(bed) }).refused).toBeUndefined();
    expect(bed.open("SPO2_LOW")?.acknowledgement?.by).toEqual(ANNA);
  });

  test("is refused once a worse tier has joined, also where somebody had answered in between", () => {
    const bed = new Bedside().at(85, 40);
    const worsened = shown(bed);
    going(bed, {}, BEN);
    bed.at(79, 11);
    expect(bed.open("SPO2_CRIT")?.id).toBe(id(bed));
    expect(going(bed, { worsened })).toMatchObject({ refused: "worse" });
    const there = bed.command({ kind: "with_patient", occurrence: id(bed), by: ANNA, worsened });
    expect(there).toMatchObject({ refused: "worse" });
    expect(bed.open("SPO2_CRIT")?.acknowledgement).toBeUndefined();
  });

  test("is refused when the alarm was over meanwhile and has come back as something worse", () => {
    const bed = new Bedside().at(85, 40);
    const worsened = shown(bed);
    const was = id(bed);
    bed.at(97, 60).at(75, 15);
    expect(bed.open("SPO2_CRIT")?.id).toBe(was);
    const late = { kind: "acknowledge", occurrence: was, by: ANNA, place: "going" } as const;
    expect(bed.command({ ...late, worsened })).toMatchObject({ refused: "worse" });
  });

  test("counts as long as nothing has become worse, and where nobody knows what was shown", () => {
    const bed = rising();
    const worsened = shown(bed);
    bed.at(87, 10);
    expect(going(bed, { worsened }).refused).toBeUndefined();
    const worse = rising().at(87, 21);
    expect(going(worse).refused).toBeUndefined();
  });

  test("is judged after a restart as before it, also from a journal of a version that did not count this", () => {
    const bed = rising();
    const worsened = shown(bed);
    bed.at(87, 21).restart({ downS: 2 });
    expect(going(bed, { worsened })).toMatchObject({ refused: "worse" });

    const old = rising();
    const entries = JSON.stringify(old.entries).replaceAll(/,"worsened":\d+/g, "");
    old.entries.splice(0, old.entries.length, ...JSON.parse(entries));
    old.restart({ downS: 2 });
    expect(shown(old)).toBe(0);
    expect(old.copy().at(87, 1).open("SPO2_LOW")?.priority).toBe("medium");
    old.at(87, 40);
    expect(old.open("SPO2_LOW")?.priority).toBe("high");
    expect(going(old, { worsened: 0 })).toMatchObject({ refused: "worse" });
  });
});

describe("an answer to a whole card", () => {
  const one = (name: string, more: Partial<Occurrence> = {}) => ({
    ...{ id: name, priority: "medium" as const },
    ...more,
  });

  test("is to something milder when a more urgent alarm has come onto it", () => {
    const bed = new Bedside();
    bed.run(65, () => bed.oxi(96 + (bed.second % 2), 46));
    expect(bed.open("PR_LOW")?.priority).toBe("medium");
    const worsened = shown(bed, "PR_LOW");
    const answer = { kind: "acknowledge", occurrence: id(bed, "PR_LOW"), by: ANNA, place: "going" } as const;
    bed.run(40, () => bed.oxi(85, 46));
    expect(bed.open("SPO2_LOW")).toMatchObject({ card: answer.occurrence, priority: "high" });
    expect(bed.command({ ...answer, worsened, card: true })).toMatchObject({ events: [], refused: "worse" });
    expect(bed.command({ ...answer, worsened }).refused).toBeUndefined();
    const now = { worsened: shown(bed, "PR_LOW"), card: true } as const;
    expect(bed.command({ ...answer, ...now }).refused).toBeUndefined();
    expect(bed.open("SPO2_LOW")?.acknowledgement?.by).toEqual(ANNA);
  });

  test("covers what has come onto it and is no more urgent: that rings for nobody by itself", () => {
    const first = one("a");
    const alike = one("b", { card: "a", worsened: 7 });
    const worse = one("b", { card: "a", worsened: 7, priority: "high" });
    const ask = { occurrence: "a", worsened: 3, card: true } as const;
    expect(isWorseThanShown([first, alike], ask)).toBe(false);
    expect(isWorseThanShown([first, worse], ask)).toBe(true);
    expect(isWorseThanShown([first, worse], { occurrence: "a", worsened: 3 })).toBe(false);
    expect(isWorseThanShown([first, worse], { ...ask, worsened: worsenedBy([first, worse], "a") })).toBe(
      false,
    );
  });
});

describe("an answer that comes late", () => {
  test("counts from when it was given", () => {
    const bed = new Bedside().at(85, 100);
    going(bed, { agoMs: 50_000 });
    expect(bed.open("SPO2_LOW")?.acknowledgement).toMatchObject({
      at: EVENING + 50_000,
      until: EVENING + 230_000,
    });
    bed.at(85, 130);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeDefined();
    bed.at(85, 1);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("230 lapsed SPO2_LOW high");
  });

  test("later than it would have counted is refused", () => {
    const bed = new Bedside().at(85, 300);
    expect(going(bed, { agoMs: 180_000 })).toMatchObject({ events: [], refused: "too_late" });
    expect(going(bed, { agoMs: 179_000 }).refused).toBeUndefined();
  });

  test("was given after the alarm was raised at the earliest, and now at the latest", () => {
    const bed = new Bedside().at(85, 40);
    const { raisedAt } = bed.open("SPO2_LOW") ?? {};
    going(bed, { agoMs: 3_600_000 });
    expect(bed.open("SPO2_LOW")?.acknowledgement?.at).toBe(raisedAt);
    going(bed, { agoMs: -60_000 }, BEN);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toMatchObject({ at: EVENING + 40_000, by: BEN });
  });

  test("does not take the place of a newer one, and is written down all the same", () => {
    const bed = new Bedside().at(85, 60);
    going(bed, {}, BEN);
    const newer = bed.open("SPO2_LOW")?.acknowledgement;
    bed.at(85, 20);
    expect(going(bed, { agoMs: 30_000 }, ANNA).refused).toBeUndefined();
    expect(bed.open("SPO2_LOW")?.acknowledgement).toEqual(newer);
    expect(bed.events.at(-1)).toMatchObject({ kind: "acknowledged", by: ANNA });
    bed.at(85, 160);
    expect(bed.open("SPO2_LOW")?.acknowledgement).toBeDefined();
    bed.at(85, 1);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("240 lapsed SPO2_LOW high");
  });

  test("keeps its order when the wall clock was set in between", () => {
    const bed = new Bedside().at(85, 60);
    going(bed, {}, BEN);
    bed.at(85, 20);
    const { mono, at } = bed.state;
    const command = {
      kind: "acknowledge",
      id: "late",
      occurrence: id(bed),
      by: ANNA,
      place: "going",
    } as const;
    const stepped = { kind: "command", mono, at: at + 3_600_000 } as Parameters<Bedside["take"]>[0];
    bed.take({ ...stepped, command: { ...command, agoMs: 30_000 } } as Parameters<Bedside["take"]>[0]);
    expect(bed.open("SPO2_LOW")?.acknowledgement?.by).toEqual(BEN);
  });

  test("comes to the same as one that came in time, whatever the two were", () => {
    const place = fc.constantFrom<AcknowledgePlace>("going", "bedside");
    fc.assert(
      fc.property(
        place,
        place,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 80 }),
        (a, b, apart, held) => {
          const inTime = new Bedside().at(85, 40);
          const late = inTime.copy();
          const first = { kind: "acknowledge", occurrence: id(inTime), by: ANNA, place: a } as const;
          const second = { ...first, by: BEN, place: b };
          inTime.command(first);
          inTime.at(85, apart).command(second);
          inTime.at(85, held);
          late.at(85, apart).command(second);
          late.at(85, held).command({ ...first, agoMs: (apart + held) * 1_000 });
          const answerOf = (bed: Bedside) => bed.open("SPO2_LOW")?.acknowledgement;
          expect(answerOf(late)).toEqual(answerOf(inTime));
          const lapsedOf = (bed: Bedside) =>
            bed
              .at(85, 1_000)
              .lines("SPO2_LOW")
              .find((line) => line.includes("lapsed"));
          expect(lapsedOf(late)).toBe(lapsedOf(inTime));
        },
      ),
      { numRuns: 12 },
    );
  });
});
