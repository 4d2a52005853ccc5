import Type, { type Static } from "typebox";
import { count, name, text, wallTime } from "./alarm-schemas.ts";

/*
 * What an edge says of a bed beside numbers and alarms, so that a hub can show it as the edge itself does.
 */

/** What is read is not changed: only so do the house's own types fit. */
export type Unchanging<T> = T extends number | string
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Unchanging<T[K]> }
    : T;

export const DEVICES_MAX = 100;
const TARGETS_MAX = 200;
/** Rooms, lamps and buttons of a house. */
const HOUSE_MAX = 40;
/** As many as a configuration holds. */
const WEBHOOKS_MAX = 20;
const age = Type.Number({ minimum: 0 });
const minute = Type.Integer({ minimum: 0, maximum: 1_440 });

/** With the retained state: who watches what. */
export const edgeAbout = Type.Object({
  label: text,
  /** IANA zone. */
  zone: name,
  dependencyClass: Type.Enum(["A", "B", "C"]),
  /** When the bed is on watch by itself, minutes since midnight in its zone; absent: a box that does not say. */
  schedule: Type.Optional(Type.Object({ fromMinute: minute, toMinute: minute })),
  devices: Type.Array(
    Type.Object({ device: name, family: name, label: text, role: name, simulated: Type.Boolean() }),
    { maxItems: DEVICES_MAX },
  ),
  /** Webhooks of the box's own configuration, without address and secret: whose answers a hub may believe. */
  webhooks: Type.Optional(
    Type.Array(Type.Object({ id: name, label: text, language: name }), { maxItems: WEBHOOKS_MAX }),
  ),
});

export type EdgeAbout = Unchanging<Static<typeof edgeAbout>>;

/** With the heartbeat: how a source's link is. */
export const edgeLink = Type.Object({
  device: name,
  link: Type.Enum(["opening", "open", "quiet", "lost", "refused", "stopped"]),
  problem: Type.Optional(text),
  simulated: Type.Boolean(),
  /** What a technician wants to know of it; absent from an older edge. */
  reading: Type.Optional(
    Type.Object({
      timeliness: Type.Enum(["live", "delayed", "late"]),
      /** Since the newest observation; absent: none. */
      ageMs: Type.Optional(age),
      resolved: Type.Optional(text),
      serial: Type.Optional(Type.Object({ found: text, bound: text })),
      counters: Type.Object({
        ...{ bytes: count, frames: count, rejects: count, reopens: count, observations: count, gaps: count },
      }),
      latency: Type.Optional(Type.Object({ newestMs: Type.Number(), worstMs: Type.Number() })),
      /** What the flight recorder has. */
      recorded: Type.Object({ bytes: count, since: Type.Optional(wallTime) }),
    }),
  ),
});

export type EdgeLink = Unchanging<Static<typeof edgeLink>>;

export type DeviceReading = NonNullable<EdgeLink["reading"]>;

/** With the retained state: what a device is, and what is known of its family (server/contract/technician.ts). */
export const deviceFacts = Type.Object({
  device: name,
  /** Without user and password. */
  address: text,
  signals: Type.Array(name, { maxItems: 200 }),
  /** Without what looks like a secret. */
  options: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Boolean(), text])),
  quietMs: Type.Number({ minimum: 0 }),
  facts: Type.Object({
    ...{ vendor: text, model: text, connection: text, averaging: Type.Optional(text) },
    evidence: Type.Enum(["real_bytes", "maker_document", "inferred", "unproven"]),
    evidenceText: text,
    night: Type.Object({ suited: Type.Enum(["yes", "doubtful", "no"]), reason: text }),
  }),
});

export type DeviceFacts = Unchanging<Static<typeof deviceFacts>>;

/** With the heartbeat: how the house would wake somebody now (server/contract.ts, WakeReadiness). */
export const edgeReadiness = Type.Object({
  sounder: Type.Object({ ok: Type.Boolean(), detail: text, remark: Type.Optional(text) }),
  house: Type.Optional(
    Type.Array(
      Type.Object({
        kind: Type.Enum(["caregiver", "patient", "output", "key"]),
        ...{ name: text, ok: Type.Boolean(), detail: text },
      }),
      { maxItems: HOUSE_MAX },
    ),
  ),
  targets: Type.Array(
    Type.Object({
      ...{ id: name, label: text, person: text, channel: name },
      personId: Type.Optional(name),
      provenAgeMs: Type.Optional(age),
      loudAgeMs: Type.Optional(age),
      changedAgeMs: Type.Optional(age),
      dead: Type.Optional(text),
      house: Type.Optional(Type.Object({ ok: Type.Boolean(), detail: text })),
      shown: Type.Optional(Type.Object({ occurrence: name, ageMs: age, afterMs: age })),
    }),
    { maxItems: TARGETS_MAX },
  ),
  durable: Type.Boolean(),
  away: Type.Optional(
    Type.Object({ by: Type.Enum(["name", "relay", "none"]), ok: Type.Boolean(), detail: text }),
  ),
  deadMan: Type.Optional(
    Type.Object({
      ...{ by: Type.Enum(["hub", "outside", "none"]), ok: Type.Boolean(), detail: text },
      ...{ way: Type.Optional(name), afterMs: Type.Optional(age), since: Type.Optional(age) },
      resting: Type.Optional(Type.Literal(true)),
    }),
  ),
});

export type EdgeReadiness = Unchanging<Static<typeof edgeReadiness>>;

/** Settings that an edge did not take, and why. */
export const settingsRefused = Type.Object({
  version: Type.Integer({ minimum: 0 }),
  hash: Type.String({ maxLength: 128 }),
  reason: text,
});

export type SettingsRefused = Unchanging<Static<typeof settingsRefused>>;

/** One frame on a device's link, explained (server/contract/technician.ts, FrameLine). */
export const rawFrame = Type.Object({
  at: wallTime,
  direction: Type.Enum(["in", "out", "rejected"]),
  hex: Type.String({ maxLength: 2_048 }),
  meaning: text,
});

export type RawFrame = Unchanging<Static<typeof rawFrame>>;
