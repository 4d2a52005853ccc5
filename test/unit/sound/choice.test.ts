import { describe, expect, test } from "vitest";
import type { AlarmFold, Card, Occurrence } from "../../../src/domain/alarm.ts";
import { wall } from "../../../src/domain/time.ts";
import { choose } from "../../../src/sound/choice.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";

const clock = { wall: () => wall(NIGHT) };

const everything = () => true;

const open = (id: number, changes: Partial<Occurrence>): Occurrence =>
  occurrence({ id: `b1-abcdefghij-${id}`, ...changes });

const card = (members: readonly Occurrence[], cause?: Card["cause"]): Card => ({
  id: members[0]?.id ?? "",
  priority: members[0]?.priority ?? "low",
  members: members.map(({ id }) => id),
  evidence: [],
  ...(cause === undefined ? {} : { cause }),
});

const foldOf = (
  occurrences: readonly Occurrence[],
  cards: readonly Card[] = occurrences.map((each) => card([each])),
  changes: Partial<AlarmFold> = {},
): AlarmFold => folds(clock)(occurrences, { cards, ...changes });

const CARER = { id: "p-mei", name: "Mei" };

describe("what rings", () => {
  const oxygen = open(1, { condition: "SPO2_LOW" });
  const stale = open(2, { condition: "DATA_STALE" });
  const pulse = open(3, { condition: "PR_LOW", priority: "medium" });
  const leak = open(4, { condition: "VENT_LEAK_WARN", priority: "low" });
  const call = open(5, { condition: "PATIENT_CALL" });

  test.each([
    ["the highest priority, and only its sentences", [oxygen, pulse], "high", ["SPO2_LOW"]],
    ["a call with a sound of its own", [call, pulse], "call", ["PATIENT_CALL"]],
    ["a call that does not hide another high alarm", [oxygen, call], "high", ["SPO2_LOW", "PATIENT_CALL"]],
    ["medium alone", [pulse, leak], "medium", ["PR_LOW"]],
    [
      "all of the same priority in turn, in the order of the cards",
      [oxygen, stale],
      "high",
      ["SPO2_LOW", "DATA_STALE"],
    ],
  ] as const)("%s", (_what, occurrences, kind, spoken) => {
    expect(choose([foldOf(occurrences)], everything)).toEqual({ ring: { kind, spoken }, gentle: false });
  });

  test.each([
    ["nothing open", []],
    ["only low ones", [leak]],
    ["one that somebody takes care of", [{ ...oxygen, acknowledgement: answer(NIGHT) }]],
    ["one in a pause", [{ ...oxygen, quiet: { why: "pause" as const, until: wall(NIGHT + 1), by: CARER } }]],
    [
      "one that a care act explains",
      [
        {
          ...oxygen,
          quiet: { why: "care" as const, act: "suction" as const, until: wall(NIGHT + 1), by: CARER },
        },
      ],
    ],
  ])("nothing: %s", (_what, occurrences) => {
    expect(choose([foldOf(occurrences)], everything)).toEqual({ gentle: false });
  });

  test("a recurrent alarm sounds as what it has become: medium", () => {
    const often = open(1, {
      condition: "SPO2_LOW",
      priority: "medium",
      recurrent: { count: 7, since: wall(NIGHT) },
    });
    expect(choose([foldOf([often])], everything).ring?.kind).toBe("medium");
  });

  test("what the channel may not let through is not heard and not spoken", () => {
    const simulated = { ...oxygen, simulated: true };
    expect(choose([foldOf([simulated, pulse])], ({ simulated: is }) => !is).ring).toEqual({
      kind: "medium",
      spoken: ["PR_LOW"],
    });
  });

  test.each(["transfer", "death"] as const)(
    "nothing at all once the watch has ended for good: %s",
    (reason) => {
      const watch = { on: false, reason, since: NIGHT };
      const accepted = open(6, { priority: "medium", accepted: CARER });
      expect(choose([foldOf([oxygen, call, accepted], undefined, { watch })], everything)).toEqual({
        gentle: false,
      });
    },
  );
});

describe("what is spoken", () => {
  const leak = open(1, { condition: "VENT_LEAK_HIGH", priority: "high" });
  const oxygen = open(2, { condition: "SPO2_LOW" });

  test("alarms of one cause with one sentence, the cause's", () => {
    const one = foldOf([leak, oxygen], [card([oxygen, leak], "mask_off")]);
    expect(choose([one], everything).ring?.spoken).toEqual(["mask_off"]);
  });

  test("the cause still when the member that began it is answered and another rings", () => {
    const answered = { ...leak, acknowledgement: answer(NIGHT) };
    const one = foldOf([answered, oxygen], [card([answered, oxygen], "mask_off")]);
    expect(choose([one], everything).ring?.spoken).toEqual(["mask_off"]);
  });

  test("a card without a cause as its most urgent member that rings", () => {
    const answered = { ...leak, acknowledgement: answer(NIGHT) };
    const one = foldOf([answered, oxygen], [card([answered, oxygen])]);
    expect(choose([one], everything).ring?.spoken).toEqual(["SPO2_LOW"]);
  });

  test("an alarm that stands on no card all the same", () => {
    expect(choose([foldOf([oxygen], [])], everything).ring?.spoken).toEqual(["SPO2_LOW"]);
  });

  test("the same sentence of two beds once, and never more than three", () => {
    const other = foldOf([open(3, { condition: "SPO2_LOW" })]);
    expect(choose([foldOf([oxygen]), other], everything).ring?.spoken).toEqual(["SPO2_LOW"]);
    const many = (["VENT_APNEA", "SPO2_CRIT", "PULSE_LOST", "VENT_OBSTRUCTION"] as const).map(
      (condition, n) => open(n, { condition }),
    );
    expect(choose([foldOf(many)], everything).ring?.spoken).toEqual([
      "VENT_APNEA",
      "SPO2_CRIT",
      "PULSE_LOST",
    ]);
  });
});

describe("what asks gently", () => {
  const accepted = open(1, { condition: "DATA_STALE", priority: "medium", accepted: CARER });

  test("a loss that somebody watches themselves, once their word has run out", () => {
    expect(choose([foldOf([accepted])], everything)).toEqual({ gentle: true });
    const within = { ...accepted, acknowledgement: answer(NIGHT, "Mei", { place: "watching" }) };
    expect(choose([foldOf([within])], everything)).toEqual({ gentle: false });
  });

  test("does not keep anything else from ringing", () => {
    const oxygen = open(2, { condition: "SPO2_LOW" });
    expect(choose([foldOf([accepted, oxygen])], everything)).toEqual({
      ring: { kind: "high", spoken: ["SPO2_LOW"] },
      gentle: true,
    });
  });
});
