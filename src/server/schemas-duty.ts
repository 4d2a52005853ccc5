import Type from "typebox";
import { DUTY_CHANGES, HANDOVERS_MAX, ROTA_MAX } from "../domain/duty.ts";
import { BedParams, Id } from "./schemas.ts";

/** Duty over HTTP; types in contract/duty.ts. */

const { bed } = BedParams.properties;
const Time = Type.Number();
const When = Type.Integer({ minimum: 0 });
const Person = Type.String({ pattern: "^[a-z0-9-]{1,20}$" });
const Minute = Type.Integer({ minimum: 0, maximum: 1_439 });

export const DutyParams = Type.Object({ bed });
/** Somebody has read that nobody knows whether this person can be woken. */
export const UnprovenQuery = Type.Object({ unproven: Type.Optional(Type.Literal("agreed")) });
export const HandoverParams = Type.Object({ bed, handover: Id });

const Entry = Type.Object({
  person: Person,
  weekday: Type.Integer({ minimum: 1, maximum: 7 }),
  from: Minute,
  to: Minute,
});
export const SetRota = Type.Object({ rota: Type.Array(Entry, { maxItems: ROTA_MAX }) });
export const Offer = Type.Object({ to: Person, from: Type.Optional(When), until: When });
export const Answer = Type.Object({ answer: Type.Enum(["accepted", "declined", "withdrawn"] as const) });

const Span = { from: Time, to: Time };
const Shift = Type.Object({
  person: Type.String(),
  from: Time,
  until: Time,
  by: Type.Enum(["rota", "handover"] as const),
});
const Named = Type.Object({ id: Type.String(), name: Type.String() });

export const DutyAnswer = Type.Object({
  bed: Type.String(),
  version: Type.Integer(),
  zone: Type.String(),
  at: Time,
  people: Type.Array(
    Type.Object({ id: Type.String(), name: Type.String(), unproven: Type.Optional(Type.Literal(true)) }),
  ),
  on: Type.Optional(Shift),
  next: Type.Optional(Shift),
  tonight: Type.Object({ ...Span, gaps: Type.Array(Type.Object(Span)) }),
  shifts: Type.Array(Shift),
  rota: Type.Array(Entry),
  handovers: Type.Array(
    Type.Object({
      ...{ id: Type.String(), giver: Type.String(), to: Type.String() },
      ...{ from: Time, until: Time, offeredAt: Time, answeredAt: Type.Optional(Time) },
      state: Type.Enum(["open", "accepted", "declined", "withdrawn"] as const),
    }),
    { maxItems: HANDOVERS_MAX },
  ),
  changed: Type.Optional(Type.Object({ at: Time, by: Named, change: Type.Enum(DUTY_CHANGES) })),
  ledBy: Type.Optional(Type.String()),
});
