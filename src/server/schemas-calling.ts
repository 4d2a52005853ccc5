import Type from "typebox";
import { CONDITION_IDS } from "../domain/alarm.ts";
import { CALL_RULES_MAX, TURNS } from "../domain/calling.ts";
import { BACKSTOPS_MAX } from "../domain/duty.ts";

/** Who is called when, over HTTP; types in contract/calling.ts. */

const Condition = Type.Enum([...CONDITION_IDS]);
const Wait = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(3)]);

const Rule = Type.Object({
  person: Type.String({ pattern: "^[a-z0-9-]{1,20}$" }),
  turn: Type.Optional(Type.Enum([...TURNS])),
  ways: Type.Optional(
    Type.Array(
      Type.Object({
        target: Type.String({ minLength: 1, maxLength: 200 }),
        important: Wait,
        usual: Wait,
      }),
      { maxItems: 40 },
    ),
  ),
});
const Rules = Type.Array(Rule, { maxItems: CALL_RULES_MAX });
const Backstops = Type.Array(Condition, { maxItems: BACKSTOPS_MAX });

/** The plan is for an alarm at the next such minute since local midnight; absent: now. */
export const CallingAsked = Type.Object({
  minute: Type.Optional(Type.String({ pattern: "^([0-9]|[1-9][0-9]{1,2}|1[0-3][0-9]{2}|14[0-3][0-9])$" })),
});

export const SetCalling = Type.Object({ rules: Rules, backstops: Backstops });

const Plan = Type.Array(
  Type.Object({ afterMs: Type.Number(), first: Type.Array(Type.String()), again: Type.Integer() }),
);

export const CallingAnswer = Type.Object({
  bed: Type.String(),
  version: Type.Integer(),
  at: Type.Number(),
  zone: Type.String(),
  people: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  on: Type.Optional(Type.String()),
  rules: Rules,
  backstops: Backstops,
  choices: Type.Array(Condition),
  phones: Type.Array(
    Type.Object({
      ...{ id: Type.String(), person: Type.String(), label: Type.String(), channel: Type.String() },
      rings: Type.Enum(["call", "message", "machine"] as const),
      proven: Type.Boolean(),
      wakes: Type.Boolean(),
      way: Type.Optional(
        Type.Object({ "zh-Hans": Type.String(), "zh-Hant": Type.String(), en: Type.String() }),
      ),
    }),
  ),
  plans: Type.Object({ high: Plan, medium: Plan }),
  exhaustedMs: Type.Number(),
  againMs: Type.Object({ high: Type.Number(), medium: Type.Number() }),
  ledBy: Type.Optional(Type.String()),
});
