import { describe, expect, test } from "vitest";
import type { Occurrence } from "../../src/domain/alarm.ts";
import { wall } from "../../src/domain/time.ts";
import { answersTo } from "../../src/edge-keys.ts";
import { answer, folds, NIGHT, occurrence } from "../support/alarms.ts";

const MEI = { id: "p-mei", name: "Mei" };
const fold = folds({ wall: () => NIGHT });

const one = (n: number, changes: Partial<Occurrence> = {}): Occurrence =>
  occurrence({ id: `b1-abcdefghij-${n}`, ...changes });
const said = (open: readonly Occurrence[], means: "going" | "bedside" | "recovered", simulated = false) =>
  answersTo(fold(open), means, MEI, simulated).map(({ command }) =>
    command.kind === "acknowledge"
      ? `${command.occurrence.at(-1)} ${command.place}${command.card === true ? " card" : ""}`
      : command.kind,
  );

describe("one press", () => {
  test("answers every card that asks, each once and whole", () => {
    const open = [one(1), one(2, { card: "b1-abcdefghij-1" }), one(3, { priority: "medium" })];
    expect(said(open, "going")).toEqual(["2 going card", "3 going card"]);
    expect(said(open, "bedside")).toEqual(["2 bedside card", "3 bedside card"]);
  });

  test("leaves alone what is answered, quiet for a time, or low", () => {
    const quiet = { why: "pause", until: wall(NIGHT + 1), by: MEI } as const;
    const open = [
      one(1, { acknowledgement: answer(NIGHT, "Bo") }),
      one(2, { quiet }),
      one(3, { priority: "low" }),
    ];
    expect(said(open, "going")).toEqual([]);
  });

  test("answers a gentle question, too", () => {
    expect(said([one(1, { priority: "medium", accepted: MEI })], "bedside")).toEqual(["1 bedside card"]);
  });

  test("that means recovered also ends the care that is under way, and has seen what is over", () => {
    const past = [{ occurrence: one(7), endedAt: NIGHT, seconds: 60, missed: false }];
    const care = { act: "suction", since: NIGHT, until: wall(NIGHT + 1), by: MEI } as const;
    const answers = answersTo(fold([one(1)], { past, care }), "recovered", MEI, false);
    expect(answers.map(({ command }) => command)).toEqual([
      { kind: "acknowledge", occurrence: "b1-abcdefghij-1", by: MEI, place: "bedside", card: true },
      { kind: "care_done", by: MEI },
      { kind: "seen", occurrence: "b1-abcdefghij-7", by: MEI },
    ]);
    expect(said([one(1)], "recovered")).toEqual(["1 bedside card"]);
  });

  test("of a simulated button never silences what is real (law 7)", () => {
    const open = [one(1), one(2, { simulated: true, drill: true })];
    expect(said(open, "going", true)).toEqual(["2 going card"]);
    expect(said(open, "going", false)).toEqual(["1 going card", "2 going card"]);
    const care = { act: "suction", since: NIGHT, until: wall(NIGHT + 1), by: MEI } as const;
    expect(answersTo(fold([one(1)], { care }), "recovered", MEI, true)).toEqual([]);
  });
});
