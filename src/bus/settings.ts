import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { CONDITION_IDS } from "../domain/alarm.ts";
import { CALL_RULES_MAX, TURNS } from "../domain/calling.ts";
import { BACKSTOPS_MAX, DUTY_CHANGES, HANDOVERS_MAX, ROTA_MAX } from "../domain/duty.ts";
import { LANGUAGES, ROLES } from "../domain/person.ts";
import { REMOVABLE, REMOVALS_MAX } from "../domain/removals.ts";
import { actor, name, text, wallTime } from "./alarm-schemas.ts";
import type { Unchanging } from "./bed-schemas.ts";
import type { Decoded } from "./messages.ts";

/*
 * What a hub wants an edge to run on. Everything is optional: what is not named is not spoken of, and what the edge made
 * itself stays. Unknown fields are left alone.
 */

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const condition = Type.Enum([...CONDITION_IDS]);
/** A limits file; the engine judges its names and values. */
const file = Type.Record(
  Type.String(),
  Type.Record(Type.String(), Type.Union([Type.Number(), Type.Boolean()])),
);

const person = Type.Object({
  id: name,
  name: text,
  role: Type.Enum([...ROLES]),
  language: Type.Enum([...LANGUAGES]),
  addedAt: Type.Optional(wallTime),
});

/** A person or phone that somebody removed (domain/removals.ts). */
const removal = Type.Object({
  kind: Type.Enum([...REMOVABLE]),
  id: Type.String({ minLength: 1, maxLength: 200 }),
  upTo: count,
  at: wallTime,
});

/** A phone or webhook (port/state.ts, TargetRecord). */
const target = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 200 }),
  channel: name,
  settings: Type.Record(Type.String(), Type.String({ maxLength: 4_096 })),
  person: name,
  label: text,
  addedAt: wallTime,
  lastProofAt: Type.Optional(wallTime),
  lastLoudProofAt: Type.Optional(wallTime),
  system: Type.Optional(text),
  changedAt: Type.Optional(wallTime),
  deadSince: Type.Optional(wallTime),
  deadWhy: Type.Optional(text),
  morning: Type.Optional(Type.Literal(true)),
});

/** One version of a bed's limits (domain/limits.ts). */
const limitsVersion = Type.Object({
  bed: name,
  version: count,
  at: wallTime,
  by: actor,
  role: Type.Enum([...ROLES]),
  reason: text,
  previous: count,
  origin: Type.Union([
    Type.Object({ kind: Type.Literal("person") }),
    Type.Object({ kind: Type.Literal("restore"), version: count }),
    Type.Object({ kind: Type.Literal("code"), clinic: text, key: name, name: text, issue: count }),
    Type.Object({ kind: Type.Literal("expiry"), version: count }),
  ]),
  file,
  temporary: Type.Array(Type.Object({ condition, setting: name, until: wallTime }), { maxItems: 500 }),
  afterwards: file,
});

const wait = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(3)]);

/** Who is on call (domain/duty.ts). */
const duty = Type.Object({
  ...{ bed: name, version: count, at: wallTime, by: actor },
  change: Type.Enum([...DUTY_CHANGES]),
  rota: Type.Array(
    Type.Object({
      person: name,
      weekday: Type.Integer({ minimum: 1, maximum: 7 }),
      from: Type.Integer({ minimum: 0, maximum: 1_439 }),
      to: Type.Integer({ minimum: 0, maximum: 1_439 }),
    }),
    { maxItems: ROTA_MAX },
  ),
  handovers: Type.Array(
    Type.Object({
      ...{ id: name, giver: name, to: name, from: wallTime, until: wallTime, offeredAt: wallTime },
      state: Type.Enum(["open", "accepted", "declined", "withdrawn"] as const),
      answeredAt: Type.Optional(wallTime),
    }),
    { maxItems: HANDOVERS_MAX },
  ),
  calling: Type.Optional(
    Type.Array(
      Type.Object({
        person: name,
        turn: Type.Optional(Type.Enum([...TURNS])),
        ways: Type.Optional(
          Type.Array(
            Type.Object({
              target: Type.String({ minLength: 1, maxLength: 200 }),
              important: wait,
              usual: wait,
            }),
            { maxItems: 40 },
          ),
        ),
      }),
      { maxItems: CALL_RULES_MAX },
    ),
  ),
  backstops: Type.Optional(Type.Array(condition, { maxItems: BACKSTOPS_MAX })),
});

const clinic = Type.Object({ key: name, name: text, trustedAt: wallTime, by: actor });

const settingsBody = Type.Object({
  people: Type.Optional(Type.Array(person, { maxItems: 200 })),
  targets: Type.Optional(Type.Array(target, { maxItems: 200 })),
  /** Who and what of them was removed, at the box or at the hub. */
  removed: Type.Optional(Type.Array(removal, { maxItems: REMOVALS_MAX })),
  /** What the home has with providers of messages, by channel (domain/channel-access.ts); all of it, or not spoken of. */
  channels: Type.Optional(
    Type.Record(
      Type.String({ maxLength: 40 }),
      Type.Record(Type.String(), Type.String({ maxLength: 4_096 })),
    ),
  ),
  /** By the home's own names of its beds. */
  limits: Type.Optional(Type.Record(Type.String(), limitsVersion)),
  clinics: Type.Optional(Type.Array(clinic, { maxItems: 50 })),
  /** By the home's own names of its beds. */
  duty: Type.Optional(Type.Record(Type.String(), duty)),
});

export type SettingsBody = Unchanging<Static<typeof settingsBody>>;

const validator = Compile(settingsBody);

/** Checks a body; the reason, in one sentence, where it does not fit. */
export function checkSettings(body: unknown): Decoded<SettingsBody> {
  if (validator.Check(body)) return { ok: true, message: body };
  const [error] = validator.Errors(body);
  return { ok: false, reason: `${error?.instancePath ?? ""} ${error?.message ?? "does not fit"}`.trim() };
}
