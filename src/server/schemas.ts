import Type, { type Static, type TSchema } from "typebox";
import { CARE_ACTS, CAUSE_IDS, CONDITION_IDS, PRIORITIES } from "../domain/alarm.ts";
import { LANGUAGES, ROLES } from "../domain/person.ts";
import { SIGNAL_IDS } from "../domain/signal.ts";

/**
 * What HTTP carries, as JSON Schema: requests are checked against these by Fastify (its Ajv reads them as they
 * are), answers by the serializer. The types of contract.ts are the pages' side of the same; test/unit/server
 * checks that the two agree. Unknown fields are ignored.
 */

export const Id = Type.String({ pattern: "^[a-z2-7]{10}$" });
export const Name = Type.String({
  minLength: 1,
  maxLength: 60,
  // Nothing that cannot be seen, and nothing that turns the reading direction of what follows it.
  pattern: "^(?=.*\\S)[^\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]+$",
});

/** A bed's own id, on a hub behind the home's. */
const Bed = Type.String({ pattern: "^([a-z2-7]{10}~)?b[0-9]{1,4}$" });
export const BedParams = Type.Object({ bed: Bed });
export const OccurrenceParams = Type.Object({
  bed: BedParams.properties.bed,
  id: Type.String({ pattern: "^b[0-9]{1,4}-[a-z2-7]{10}-[0-9]{1,15}$" }),
});
export const NightParams = Type.Object({
  bed: BedParams.properties.bed,
  night: Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
});
const Limit = Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$" }));
/** `before`: what the last answer gave as `next`. */
export const NightsQuery = Type.Object({ limit: Limit, before: Type.Optional(NightParams.properties.night) });
export const IdsQuery = Type.Object({ limit: Limit, before: Type.Optional(Id) });
export const NightQuery = Type.Object({ width: Type.Optional(Type.String({ pattern: "^[0-9]{1,6}$" })) });
export const LinesQuery = Type.Object({ gz: Type.Optional(Type.Enum(["true", "false"] as const)) });
export const AuditQuery = Type.Object({
  from: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
  to: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
  format: Type.Optional(Type.Enum(["jsonl", "csv"] as const)),
});
export const SpeechParams = Type.Object({
  language: Type.Enum(LANGUAGES),
  key: Type.Enum([...CAUSE_IDS, ...CONDITION_IDS] as const),
});
/** `machine`: the machine's own voice, also where the family has spoken it itself. */
export const SpeechQuery = Type.Object({ voice: Type.Optional(Type.Enum(["machine"] as const)) });
export const TokenParams = Type.Object({ token: Type.String({ pattern: "^[\\w.~-]{16,512}$" }) });
/** Answers a telephone service: a call goes on with what it says. */
export const TokenQuery = Type.Object({ as: Type.Optional(Type.Enum(["twiml", "twiml-yue"] as const)) });
export const TargetParams = Type.Object({ id: Type.String({ pattern: "^[a-z2-7]{10}$" }) });

export const SignIn = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 40 }),
  name: Name,
  language: Type.Enum(LANGUAGES),
});
export const SetLanguage = Type.Object({ language: Type.Enum(LANGUAGES) });
export const MakeJoinCode = Type.Object({
  role: Type.Enum(["caregiver", "patient", "therapist", "technician"] as const),
  home: Type.Optional(Id),
});
export const Acknowledge = Type.Object({
  place: Type.Enum(["going", "bedside", "watching"] as const),
  card: Type.Optional(Type.Boolean()),
});
const Condition = Type.Enum(CONDITION_IDS);
export const Pause = Type.Object({
  condition: Condition,
  priority: Type.Enum(PRIORITIES),
  forMs: Type.Integer({ minimum: 1_000, maximum: 86_400_000 }),
});
export const Resume = Type.Object({ condition: Condition });
export const Care = Type.Object({ act: Type.Enum(CARE_ACTS) });
/** Minutes between two of the same; the engine has the bounds. */
const Every = Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 }));
export const CarePlan = Type.Object({
  plan: Type.Object({ suction: Every, turn: Every, mask: Every, wash: Every, cough_assist: Every }),
});
export const Leave = Type.Object({
  reason: Type.Enum(["hospital", "visit"] as const),
  until: Type.Number({ minimum: 0, maximum: 8.64e15 }),
});
export const Finish = Type.Object({ reason: Type.Enum(["transfer", "death"] as const) });
export const Call = Type.Object({
  how: Type.Enum(["touch", "key", "dwell", "switch"] as const),
  kind: Type.Enum(["come", "breathing", "mask", "suction", "turn", "pain", "toilet"] as const),
});
export const Watch = Type.Object({ on: Type.Boolean() });
export const Drill = Type.Object({ forMs: Type.Integer({ minimum: 1_000, maximum: 1_800_000 }) });
export const PushSubscribe = Type.Object({
  home: Type.Optional(Id),
  endpoint: Type.String({ minLength: 12, maxLength: 2_048, pattern: "^https://" }),
  // An uncompressed P-256 point and 16 bytes (RFC 8291, section 3), base64url with or without padding.
  p256dh: Type.String({ pattern: "^[\\w-]{87}=?$" }),
  auth: Type.String({ pattern: "^[\\w-]{22}(==)?$" }),
  label: Name,
});
export const LiveAsk = Type.Object({
  kind: Type.Literal("waves"),
  bed: BedParams.properties.bed,
  on: Type.Boolean(),
});

const Time = Type.Number();
const PersonAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.Enum(ROLES),
  language: Type.Enum(LANGUAGES),
});

export const MeAnswer = Type.Object({
  person: Type.Optional(PersonAnswer),
  homes: Type.Optional(
    Type.Array(
      Type.Object({
        home: Type.String(),
        role: Type.Enum(ROLES),
        through: Type.Optional(Type.String()),
      }),
    ),
  ),
  organisations: Type.Optional(
    Type.Array(Type.Object({ organisation: Type.String(), role: Type.Enum(ROLES) })),
  ),
  home: Type.String(),
  demo: Type.Boolean(),
  hub: Type.Optional(Type.Boolean()),
  version: Type.String(),
  pushKey: Type.String(),
  pushHomes: Type.Optional(Type.Array(Type.Object({ home: Type.String(), pushKey: Type.String() }))),
  ways: Type.Optional(
    Type.Object({
      passkey: Type.Optional(Type.String()),
      oidc: Type.Optional(
        Type.Object({
          origin: Type.String(),
          providers: Type.Array(Type.Object({ id: Type.String(), label: Type.String() })),
        }),
      ),
    }),
  ),
});
export const JoinCodeAnswer = Type.Object({ code: Type.String(), expiresInMs: Type.Number() });
export const CommandAnswer = Type.Object({ accepted: Type.Literal(true) });
export const PushAnswer = Type.Object({ id: Type.String() });
export const NightsAnswer = Type.Object({
  nights: Type.Array(Type.Object({ night: Type.String(), simulated: Type.Boolean() }), { maxItems: 366 }),
  next: Type.Optional(Type.String({ description: "`before` of the next request" })),
});

const OccurrenceAnswer = Type.Object({
  id: Type.String(),
  bed: Type.String(),
  condition: Type.Enum(CONDITION_IDS),
  priority: Type.Enum(PRIORITIES),
  state: Type.Enum(["holds", "unknown"] as const),
  raisedAt: Time,
  values: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])),
  simulated: Type.Boolean(),
  drill: Type.Boolean(),
});
const Values = Type.Array(Type.Union([Type.Number(), Type.Null()]));
export const NightAnswer = Type.Object({
  night: Type.String(),
  zone: Type.String(),
  from: Time,
  to: Time,
  bucketMs: Type.Number(),
  simulated: Type.Boolean(),
  strips: Type.Array(
    Type.Object({
      signal: Type.Enum(SIGNAL_IDS),
      unit: Type.String(),
      min: Values,
      mean: Values,
      max: Values,
    }),
  ),
  alarms: Type.Array(
    Type.Object({
      occurrence: OccurrenceAnswer,
      endedAt: Type.Optional(Time),
      acknowledgedBy: Type.Optional(Type.String()),
      acknowledgedAt: Type.Optional(Time),
    }),
  ),
  metrics: Type.Record(
    Type.String(),
    Type.Object({
      value: Type.Union([Type.Number(), Type.Null()]),
      unit: Type.String(),
      rule: Type.String(),
      coverage: Type.Number(),
    }),
  ),
});
export const TokenAnswer = Type.Object({ occurrence: Type.Optional(OccurrenceAnswer), by: Type.String() });

export const ProblemAnswer = Type.Object(
  {
    type: Type.String({ description: "urn:breathwatch:fault: and the code" }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "for people, in English" }),
    code: Type.String({ description: "one of docs/faults.md" }),
    instance: Type.String({ description: "names this answer: urn:breathwatch:request: and x-request-id" }),
    fix: Type.Optional(Type.String()),
    names: Type.Optional(Type.Array(Type.String(), { description: "of the people it is about" })),
  },
  { description: "Problem details (RFC 9457)." },
);

/** Lets Fastify's handlers see the types of their schemas. */
export interface SchemaTypes {
  readonly schema: unknown;
  readonly validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  readonly serializer: unknown;
}
