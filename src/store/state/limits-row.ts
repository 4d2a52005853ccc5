import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { CONDITION_IDS } from "../../domain/alarm.ts";
import { Fault } from "../../domain/fault.ts";
import type { LimitsVersion } from "../../domain/limits.ts";
import { ROLES } from "../../domain/person.ts";
import { wall } from "../../domain/time.ts";

const Time = Type.Number();
const Name = { condition: Type.Enum(CONDITION_IDS), setting: Type.String() };
const File = Type.Record(
  Type.Enum(CONDITION_IDS),
  Type.Record(Type.String(), Type.Union([Type.Number(), Type.Boolean()])),
);

/** A version of limits as the state file holds it. */
const Row = Type.Object({
  bed: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  at: Time,
  by: Type.Object({ id: Type.String(), name: Type.String() }),
  role: Type.Enum(ROLES),
  reason: Type.String(),
  previous: Type.Integer({ minimum: 0 }),
  origin: Type.Union([
    Type.Object({ kind: Type.Literal("person") }),
    Type.Object({ kind: Type.Literal("restore"), version: Type.Integer() }),
    Type.Object({
      kind: Type.Literal("code"),
      clinic: Type.String(),
      key: Type.String(),
      name: Type.String(),
      issue: Type.Integer(),
    }),
    Type.Object({ kind: Type.Literal("expiry"), version: Type.Integer() }),
  ]),
  file: Type.Partial(File),
  temporary: Type.Array(Type.Object({ ...Name, until: Time })),
  afterwards: Type.Partial(File),
});

/** Reads a stored version. Throws STATE_FAILED for one that is damaged. */
export function limitsOf(json: string): LimitsVersion {
  const found = parsed(json);
  if (found === undefined) {
    throw new Fault("STATE_FAILED", "the state file holds a damaged version of limits", {
      fix: "Put the state file back from a backup.",
    });
  }
  const { at, temporary, ...rest } = found;
  return {
    ...rest,
    at: wall(at),
    temporary: temporary.map(({ until, ...name }) => ({ ...name, until: wall(until) })),
  };
}

function parsed(json: string): Static<typeof Row> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Check(Row, value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
