import Type, { type Static } from "typebox";
import { Check, Errors } from "typebox/value";
import { CARE_ACTS, CAUSE_IDS, CONDITION_IDS } from "../domain/alarm.ts";
import { Fault } from "../domain/fault.ts";
import { PATIENT_EVENTS } from "./events.ts";
import { HOUSE_FAULTS, LINK_FAULTS } from "./faults.ts";

const closed = { additionalProperties: false } as const;

const Happening = Type.Object(
  {
    /** s after the start. */
    at: Type.Number({ minimum: 0 }),
    event: Type.Enum([...PATIENT_EVENTS, ...LINK_FAULTS, ...HOUSE_FAULTS, "call", "care", "care_done"]),
    /** Whose link, for what happens to a link. */
    device: Type.Optional(Type.String({ pattern: "^[a-z][a-z0-9_]*$" })),
    /** The other one, for `swap`. */
    with: Type.Optional(Type.String({ pattern: "^[a-z][a-z0-9_]*$" })),
    /** Of the bytes or chunks that are hit; default 0.01. */
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** s, for `delay`. */
    seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 600 })),
    /** Which, for `care`. */
    act: Type.Optional(Type.Enum([...CARE_ACTS])),
    /** Happens again every so many s until the end. */
    every: Type.Optional(Type.Number({ minimum: 1 })),
  },
  closed,
);

const ScenarioSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    seed: Type.Integer({ minimum: 0 }),
    /** How long it runs, s. */
    seconds: Type.Number({ exclusiveMinimum: 0, maximum: 86_400 }),
    class: Type.Enum(["A", "B", "C"]),
    /** How the ventilator is set; ST where nothing is said. */
    mode: Type.Optional(Type.Enum(["S", "ST", "AVAPS"])),
    /** What stands at the bed, by name; the demo's finger sensor and ventilator where nothing is said. */
    devices: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[a-z][a-z0-9_]*$" }),
        Type.Object(
          {
            family: Type.String(),
            options: Type.Optional(
              Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
            ),
          },
          closed,
        ),
        { minProperties: 1, maxProperties: 12 },
      ),
    ),
    events: Type.Array(Happening, { maxItems: 1_000 }),
    /** Alarms that must have occurred by then, s after the start, and not before `after`. */
    expect: Type.Array(
      Type.Object(
        {
          condition: Type.Enum([...CONDITION_IDS]),
          by: Type.Number({ minimum: 0 }),
          after: Type.Optional(Type.Number({ minimum: 0 })),
          /** About this device. */
          device: Type.Optional(Type.String()),
          /** What the card of this alarm says, at `by`, that it comes from. */
          cause: Type.Optional(Type.Enum([...CAUSE_IDS])),
        },
        closed,
      ),
    ),
    /** Alarms that must not occur at all. */
    never: Type.Array(Type.Enum([...CONDITION_IDS])),
    /** Nothing of high priority may ring: for ordinary nights. */
    calm: Type.Optional(Type.Boolean()),
    /** Most cards about data, devices and box alone that may ring for somebody. */
    wakings: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);

/** What happens at the bed when, and which alarms must result by when and which must not. Times in s. */
export type Scenario = Static<typeof ScenarioSchema>;

export type Happening = Static<typeof Happening>;

/** Checks a parsed scenario file. Throws Fault INPUT_INVALID that names the first wrong place. */
export function readScenario(value: unknown, file: string): Scenario {
  if (!Check(ScenarioSchema, value)) {
    const [error] = Errors(ScenarioSchema, value);
    throw wrong(file, `${error?.instancePath || "the file"} ${error?.message ?? "is wrong"}`);
  }
  const names = Object.keys(value.devices ?? DEMO_NAMES);
  for (const [index, { event, act, device, with: other }] of value.events.entries()) {
    const needsDevice = (LINK_FAULTS as readonly string[]).includes(event);
    const place = `/events/${index}`;
    if (needsDevice && (device === undefined || !names.includes(device))) {
      throw wrong(file, `${place}/device must be one of ${names.join(", ")}`);
    }
    if (event === "care" && act === undefined)
      throw wrong(file, `${place}/act must be one of ${CARE_ACTS.join(", ")}`);
    if (event === "swap" && (other === undefined || !names.includes(other))) {
      throw wrong(file, `${place}/with must be one of ${names.join(", ")}`);
    }
  }
  return value;
}

/** Names of the demo's devices. */
const DEMO_NAMES = { oximeter: true, ventilator: true };

const wrong = (file: string, problem: string): Fault =>
  new Fault("INPUT_INVALID", `${file}: ${problem}`, {
    fix: "docs/scenarios.md lists what a scenario may say.",
    permanent: true,
  });
