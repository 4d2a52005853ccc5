import Type, { type Static } from "typebox";
import {
  type AlarmFold,
  CARE_ACTS,
  CAUSE_IDS,
  CONDITION_IDS,
  EVENT_KINDS,
  type Occurrence,
  PRIORITIES,
} from "../domain/alarm.ts";
import type { Wall } from "../domain/time.ts";

/*
 * The parts of messages that are about alarms. What came after the first version is optional here, so that a message
 * of an older edge is still an alarm.
 */

export const wallTime = Type.Unsafe<Wall>(Type.Number({ minimum: 0, maximum: 8.64e15 }));
export const name = Type.String({ minLength: 1, maxLength: 100 });
export const text = Type.String({ maxLength: 2_000 });
export const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const condition = Type.Enum([...CONDITION_IDS]);
const priority = Type.Enum([...PRIORITIES]);
const act = Type.Enum([...CARE_ACTS]);
const place = Type.Enum(["going", "bedside", "watching"]);
const values = Type.Record(Type.String(), Type.Union([Type.Number(), text]));

export const actor = Type.Object({ id: name, name: text });

/** No bed has more open at once. */
const OPEN_MAX = 500;
/** A duration in ms that a person may ask for; the engine has caps of its own. */
export const lasting = Type.Integer({ minimum: 1, maximum: 86_400_000 });
/** Minutes between two acts of care. */
const every = Type.Optional(Type.Integer({ minimum: 30, maximum: 1_440 }));
const carePlan = Type.Object({ suction: every, turn: every, mask: every, wash: every, cough_assist: every });

const usual = Type.Optional(Type.Object({ median: Type.Number(), nights: count }));

const occurrence = Type.Object({
  id: name,
  bed: name,
  condition,
  conditions: Type.Optional(Type.Array(condition, { maxItems: CONDITION_IDS.length })),
  card: Type.Optional(name),
  recurrent: Type.Optional(Type.Object({ count, since: wallTime })),
  quiet: Type.Optional(
    Type.Object({
      why: Type.Enum(["pause", "care"]),
      until: wallTime,
      by: actor,
      act: Type.Optional(act),
    }),
  ),
  accepted: Type.Optional(actor),
  subject: Type.Optional(name),
  priority,
  state: Type.Enum(["holds", "unknown"]),
  raisedAt: wallTime,
  unknownSince: Type.Optional(wallTime),
  values,
  acknowledgement: Type.Optional(Type.Object({ by: actor, at: wallTime, until: wallTime, place })),
  worsened: Type.Optional(count),
  allRight: Type.Optional(
    Type.Object({ by: actor, at: wallTime, before: Type.Optional(Type.Literal(true)) }),
  ),
  simulated: Type.Boolean(),
  drill: Type.Boolean(),
  notDurable: Type.Optional(Type.Literal(true)),
});

const watch = Type.Object({
  on: Type.Boolean(),
  reason: Type.Enum([
    "class_c",
    "schedule",
    "person",
    "therapy",
    "off",
    "ended",
    "hospital",
    "visit",
    "transfer",
    "death",
  ]),
  since: wallTime,
  by: Type.Optional(actor),
  until: Type.Optional(wallTime),
  asks: Type.Optional(Type.Literal(true)),
});

const card = Type.Object({
  id: name,
  cause: Type.Optional(Type.Enum([...CAUSE_IDS])),
  priority,
  members: Type.Array(name, { minItems: 1, maxItems: OPEN_MAX }),
  evidence: Type.Array(
    Type.Object({
      name,
      value: Type.Union([Type.Number(), text]),
      trend: Type.Optional(Type.Enum(["up", "down", "falling", "gone"])),
    }),
    { maxItems: 50 },
  ),
});

const limits = Type.Object({
  version: count,
  by: Type.Optional(actor),
  at: Type.Optional(wallTime),
  reason: Type.Optional(text),
  expiresAt: Type.Optional(wallTime),
  off: Type.Array(condition, { maxItems: CONDITION_IDS.length }),
});

/** The retained fold, without the version of the message. */
export const foldFields = {
  bed: name,
  revision: count,
  at: wallTime,
  watch,
  open: Type.Array(occurrence, { maxItems: OPEN_MAX }),
  unknown: Type.Array(Type.Object({ condition, why: text }), { maxItems: OPEN_MAX }),
  drillUntil: Type.Optional(wallTime),
  cards: Type.Optional(Type.Array(card, { maxItems: OPEN_MAX })),
  past: Type.Optional(
    Type.Array(
      Type.Object({ occurrence, endedAt: wallTime, seconds: Type.Number(), missed: Type.Boolean() }),
      { maxItems: 100 },
    ),
  ),
  pauses: Type.Optional(
    Type.Array(Type.Object({ condition, priority, until: wallTime, by: actor }), {
      maxItems: CONDITION_IDS.length,
    }),
  ),
  care: Type.Optional(Type.Object({ act, since: wallTime, until: wallTime, by: actor })),
  carePlan: Type.Optional(carePlan),
  limits: Type.Optional(limits),
};

/** One event of an alarm's history. */
export const alarmEvent = Type.Object({
  kind: Type.Enum([...EVENT_KINDS]),
  at: wallTime,
  member: Type.Optional(Type.Object({ condition, priority, values })),
  occurrence,
  reason: Type.Optional(Type.Enum(["recovered", "answered", "watch_ended", "settings"])),
  over: Type.Optional(Type.Literal(true)),
  by: Type.Optional(actor),
});

/** Of an answer that was on its way (domain/alarm.ts). An hour is longer than any is brought on. */
const given = {
  agoMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
  worsened: Type.Optional(count),
};

/** What may be asked of an engine from afar; what the box says of itself is not among it. */
export const alarmCommands = [
  Type.Object({
    kind: Type.Literal("acknowledge"),
    occurrence: name,
    place,
    card: Type.Optional(Type.Literal(true)),
    ...given,
  }),
  Type.Object({ kind: Type.Literal("with_patient"), occurrence: name, ...given }),
  Type.Object({ kind: Type.Literal("all_right"), occurrence: name }),
  Type.Object({ kind: Type.Literal("pause"), condition, priority, forMs: lasting }),
  Type.Object({ kind: Type.Literal("resume"), condition }),
  Type.Object({ kind: Type.Literal("care"), act }),
  Type.Object({ kind: Type.Literal("care_done") }),
  Type.Object({ kind: Type.Literal("seen"), occurrence: name }),
  Type.Object({ kind: Type.Literal("leave"), reason: Type.Enum(["hospital", "visit"]), until: wallTime }),
  Type.Object({ kind: Type.Literal("finish"), reason: Type.Enum(["transfer", "death"]) }),
  Type.Object({ kind: Type.Literal("undo_finish") }),
  Type.Object({
    kind: Type.Literal("care_plan"),
    plan: carePlan,
  }),
  Type.Object({
    kind: Type.Literal("limits"),
    version: count,
    limits: Type.Unknown(),
    reason: text,
    expiresAt: Type.Optional(wallTime),
    afterwards: Type.Optional(Type.Unknown()),
  }),
  Type.Object({ kind: Type.Literal("start_watch") }),
  Type.Object({ kind: Type.Literal("end_watch") }),
  Type.Object({ kind: Type.Literal("drill"), forMs: Type.Integer({ minimum: 1, maximum: 3_600_000 }) }),
  /** The patient calls from a page of the hub. */
  Type.Object({
    kind: Type.Literal("call"),
    call: Type.Object({
      how: Type.Enum(["touch", "key", "dwell", "switch"]),
      kind: Type.Enum(["come", "breathing", "mask", "suction", "turn", "pain", "toilet"]),
    }),
  }),
  /** The usual values, which the hub works out of the nights that it stores. */
  Type.Object({
    kind: Type.Literal("baselines"),
    baselines: Type.Object({
      minute_volume: usual,
      tidal_volume_exp: usual,
      resp_rate: usual,
      leak: usual,
      pulse_rate: usual,
    }),
  }),
] as const;

const foldMessage = Type.Object({ v: count, ...foldFields });

/** A fold with what an older edge does not say: there, every alarm stands for itself. */
export function wholeFold(message: Static<typeof foldMessage>): AlarmFold {
  return {
    ...message,
    cards: message.cards ?? message.open.map(cardOfItsOwn),
    past: message.past ?? [],
    pauses: message.pauses ?? [],
    limits: message.limits ?? { version: 0, off: [] },
  };
}

const cardOfItsOwn = ({ id, priority }: Pick<Occurrence, "id" | "priority">): AlarmFold["cards"][number] => ({
  id,
  priority,
  members: [id],
  evidence: [],
});
