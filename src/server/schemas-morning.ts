import Type from "typebox";
import { CONDITION_IDS, PRIORITIES } from "../domain/alarm.ts";
import { NIGHT_TROUBLES } from "../domain/morning.ts";
import { Id } from "./schemas.ts";

/** The morning's summary over HTTP; types in contract/morning.ts. */

const Time = Type.Number();
const Seconds = Type.Integer({ minimum: 0 });
const Count = Type.Integer({ minimum: 0 });
const Condition = Type.Enum([...CONDITION_IDS]);

export const SummaryAnswer = Type.Object({
  ...{ night: Type.String(), zone: Type.String(), from: Time, to: Time },
  ...{ isRunning: Type.Boolean(), simulated: Type.Boolean() },
  watched: Type.Object({
    ...{ seconds: Seconds, seen: Seconds, partMs: Type.Integer() },
    gaps: Type.Array(Type.Object({ from: Time, to: Time })),
    parts: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  }),
  alarms: Type.Array(
    Type.Object({
      ...{ id: Type.String(), condition: Condition, priority: Type.Enum([...PRIORITIES]), at: Time },
      ...{
        endedAt: Type.Optional(Time),
        answeredBy: Type.Optional(Type.String()),
        answeredAt: Type.Optional(Time),
      },
    }),
  ),
  counts: Type.Object({ low: Count, medium: Count, high: Count }),
  answered: Type.Object({
    ...{ count: Count, medianS: Type.Optional(Type.Number()), slowestS: Type.Optional(Type.Number()) },
  }),
  people: Type.Optional(
    Type.Array(
      Type.Object({
        ...{ person: Type.String(), name: Type.String() },
        wakings: Type.Array(Type.Object({ at: Time, calls: Count, conditions: Type.Array(Condition) })),
      }),
    ),
  ),
  blind: Type.Array(Type.Object({ condition: Condition, count: Count, seconds: Seconds })),
  troubles: Type.Array(Type.Enum([...NIGHT_TROUBLES])),
});

const Answer = Type.Enum(["handed_on", "declined"] as const);

export const OfferAnswer = Type.Object({
  offer: Type.Optional(
    Type.Object({
      ...{ id: Id, bed: Type.String(), night: Type.String(), condition: Condition, setting: Type.String() },
      ...{ from: Type.Number(), to: Type.Number(), unit: Type.String(), version: Count },
      ...{ wakings: Count, nights: Count, before: Count, after: Count, criticalLimit: Type.Number() },
      ...{ madeAt: Time, expiresAt: Time },
      answer: Type.Optional(
        Type.Object({
          ...{ what: Answer, at: Time },
          by: Type.Object({ id: Type.String(), name: Type.String() }),
        }),
      ),
    }),
  ),
});
export const OfferAnswered = Type.Object({ id: Id, answer: Answer });
export const MorningWanted = Type.Object({ wanted: Type.Boolean() });
