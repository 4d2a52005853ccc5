import Type from "typebox";
import { CONDITION_IDS } from "../domain/alarm.ts";
import { PRESET_IDS } from "../domain/limits.ts";
import { ROLES } from "../domain/person.ts";
import { PRESET_CODE_MAX } from "../domain/preset-code.ts";
import { BedParams } from "./schemas.ts";

/** What is sent and got about limits, as JSON Schema; see schemas.ts. */

const Value = Type.Union([Type.Number(), Type.Boolean()]);
const Time = Type.Number();
/** Nothing that cannot be seen, and nothing that turns the reading direction. */
const Line = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: "^[^\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]*$" });
const Code = Type.String({ minLength: 1, maxLength: 2 * PRESET_CODE_MAX });

export const VersionParams = Type.Object({
  bed: BedParams.properties.bed,
  version: Type.String({ pattern: "^[0-9]{1,9}$" }),
});

/** Any names and values: the refusal that names the one that is wrong is better than a schema's. */
const Wanted = Type.Object({}, { additionalProperties: true });
const Author = {
  reason: Line(300),
  confirm: Type.Optional(Type.Boolean()),
  until: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Literal("changed")])),
};

export const CheckLimits = Type.Object({ limits: Wanted });
export const SetLimits = Type.Object({ limits: Wanted, ...Author });
export const RestoreLimits = Type.Object(Author);
export const CheckCode = Type.Object({ code: Code });
export const ApplyCode = Type.Object({
  code: Code,
  fingerprint: Type.Optional(Type.String({ maxLength: 60 })),
  confirm: Type.Optional(Type.Boolean()),
});

const File = Type.Record(Type.String(), Type.Record(Type.String(), Value));
const Named = { condition: Type.Enum(CONDITION_IDS), setting: Type.String() };
const Bounds = {
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
  source: Type.String(),
};
const Change = Type.Object({ ...Named, from: Value, to: Value });
const Preview = {
  changed: Type.Array(Change),
  widened: Type.Array(Change),
  outside: Type.Array(Type.Object({ ...Named, value: Value, ...Bounds })),
};

const Version = Type.Object({
  bed: Type.String(),
  version: Type.Integer(),
  at: Time,
  by: Type.Object({ id: Type.String(), name: Type.String() }),
  role: Type.Enum(ROLES),
  reason: Type.String(),
  previous: Type.Integer(),
  origin: Type.Object({ kind: Type.Enum(["person", "restore", "code", "expiry"] as const) }),
  file: File,
  temporary: Type.Array(Type.Object({ ...Named, until: Time })),
  afterwards: File,
});

const Setting = Type.Object({
  name: Type.String(),
  value: Type.Number(),
  preset: Type.Number(),
  unit: Type.String(),
  help: Type.String(),
  min: Type.Number(),
  max: Type.Number(),
  recommended: Type.Optional(Type.Object(Bounds)),
  wider: Type.Enum(["up", "down", "either"] as const),
  temporary: Type.Optional(Type.Object({ until: Time, afterwards: Type.Number() })),
});

export const LimitsAnswer = Type.Object({
  bed: Type.String(),
  dependencyClass: Type.Enum(["A", "B", "C"] as const),
  version: Type.Integer(),
  engineVersion: Type.Integer(),
  file: File,
  conditions: Type.Array(
    Type.Object({
      id: Type.Enum(CONDITION_IDS),
      rule: Type.String(),
      on: Type.Boolean(),
      presetOn: Type.Boolean(),
      canBeOff: Type.Boolean(),
      offUntil: Type.Optional(Time),
      settings: Type.Array(Setting),
    }),
  ),
  presets: Type.Record(Type.Enum(PRESET_IDS), File),
  history: Type.Array(Version),
});

export const PreviewAnswer = Type.Object(Preview);
export const SavedAnswer = Type.Object({ version: Version, delivered: Type.Boolean() });
export const CodeAnswer = Type.Object({
  ...Preview,
  preset: Type.Object({
    clinic: Type.String(),
    name: Type.String(),
    issue: Type.Integer(),
    issuedAt: Time,
    dependencyClass: Type.Optional(Type.Enum(["A", "B", "C"] as const)),
    limits: File,
  }),
  fingerprint: Type.String(),
  clinic: Type.Enum(["known", "unknown", "other"] as const),
});

export const BaselinesAnswer = Type.Object({
  baselines: Type.Record(Type.String(), Type.Object({ median: Type.Number(), nights: Type.Integer() })),
  least: Type.Integer(),
  at: Type.Optional(Time),
  simulated: Type.Boolean(),
});
