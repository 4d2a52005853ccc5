import Type, { type Static } from "typebox";
import { Check, Errors } from "typebox/value";
import { CONDITION_IDS } from "../domain/alarm.ts";
import { Fault } from "../domain/fault.ts";
import { PATIENT_EVENTS } from "./patient.ts";

const ScenarioSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    seed: Type.Integer({ minimum: 0 }),
    /** How long it runs, s. */
    seconds: Type.Number({ exclusiveMinimum: 0, maximum: 86_400 }),
    class: Type.Enum(["A", "B", "C"]),
    events: Type.Array(
      Type.Object(
        { at: Type.Number({ minimum: 0 }), event: Type.Enum([...PATIENT_EVENTS]) },
        { additionalProperties: false },
      ),
      { maxItems: 1_000 },
    ),
    /** Alarms that must have occurred by then, s after the start, and not before `after`. */
    expect: Type.Array(
      Type.Object(
        {
          condition: Type.Enum([...CONDITION_IDS]),
          by: Type.Number({ minimum: 0 }),
          after: Type.Optional(Type.Number({ minimum: 0 })),
        },
        { additionalProperties: false },
      ),
    ),
    /** Alarms that must not occur at all. */
    never: Type.Array(Type.Enum([...CONDITION_IDS])),
  },
  { additionalProperties: false },
);

/** What happens to the virtual patient when, and which alarms must result and which must not. Times in s. */
export type Scenario = Static<typeof ScenarioSchema>;

/** Checks a parsed scenario file. Throws Fault INPUT_INVALID that names the first wrong place. */
export function readScenario(value: unknown, file: string): Scenario {
  if (Check(ScenarioSchema, value)) return value;
  const [error] = Errors(ScenarioSchema, value);
  throw new Fault(
    "INPUT_INVALID",
    `${file}: ${error?.instancePath || "the file"} ${error?.message ?? "is wrong"}`,
    {
      fix: "docs/scenarios.md lists what a scenario may say.",
      permanent: true,
    },
  );
}
