import Type, { type Static, type StaticEncode, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { type AlarmEvent, type AlarmFold, PRIORITIES } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import { QUALITY_FLAGS } from "../domain/observation.ts";
import { actor, alarmEvent, count, foldFields, name, text, wallTime, wholeFold } from "./alarm-schemas.ts";
import {
  DEVICES_MAX,
  deviceFacts,
  edgeAbout,
  edgeLink,
  edgeReadiness,
  rawFrame,
  settingsRefused,
  type Unchanging,
} from "./bed-schemas.ts";
import { piece, remoteCommand } from "./look-schemas.ts";

/*
 * Every message on the bus: UTF-8 JSON, one schema each. `v` grows when something is added; readers ignore fields
 * that they do not know, and refuse, with a reason, what does not fit the schema. Times are epoch milliseconds of
 * the sender's wall clock.
 */

/** Grows with additions; breaks change the number in the topic instead. */
export const MESSAGE_VERSION = 1;

/** A longer payload is refused before it is parsed, in UTF-16 units. */
export const PAYLOAD_CHARS_MAX = 1 << 18;

const version = Type.Integer({ minimum: 1 });
const epoch = Type.String({ minLength: 1, maxLength: 64 });

/** What identifies an observation together with its device. */
const identity = {
  v: version,
  epoch,
  seq: count,
  /**
   * The number before it that the sender still holds, -1 for none; absent: `seq` - 1. Numbers between the two will
   * never come: they were stored already, or shed.
   */
  after: Type.Optional(Type.Integer({ minimum: -1 })),
};

const sample = Type.Union([Type.Number(), Type.Object({ absent: Type.String({ maxLength: 40 }) })]);

const envelope = {
  ...identity,
  at: wallTime,
  simulated: Type.Boolean(),
  timeliness: Type.Enum(["live", "delayed", "late"]),
  deviceAt: Type.Optional(wallTime),
  /**
   * The clock was not known to be right: its distance from the sender's monotonic clock, in milliseconds, by which
   * the sender corrects `at` later. Not stored until then.
   */
  unsynced: Type.Optional(Type.Number()),
};

const breath = Type.Object({
  number: Type.Optional(Type.Number()),
  /** Milliseconds from the first sample, and from after the last, to the observation's time. */
  startBeforeMs: Type.Number(),
  endBeforeMs: Type.Number(),
  inspTimeS: Type.Number(),
  expTimeS: Type.Number(),
  tidalVolumeInspMl: Type.Number(),
  tidalVolumeExpMl: Type.Number(),
  rateMin: Type.Number(),
  ieRatio: Type.Optional(Type.Number()),
  pressurePeakCmH2o: Type.Number(),
  pressureMeanCmH2o: Type.Number(),
  pressureInspMeanCmH2o: Type.Optional(Type.Number()),
  peepCmH2o: Type.Number(),
});

const ownAlarm = Type.Object({
  code: name,
  text,
  priority: Type.Enum([...PRIORITIES]),
  active: Type.Boolean(),
});

/** `observation/<device>` and `wave/<device>`, by the kind of the body. */
const observationSchemas = {
  samples: Type.Object({
    ...envelope,
    kind: Type.Literal("samples"),
    samples: Type.Record(Type.String(), sample),
    flags: Type.Optional(Type.Array(Type.String(), { maxItems: 4 * QUALITY_FLAGS.length })),
    counter: Type.Optional(Type.Number()),
  }),
  wave: Type.Object({
    ...envelope,
    kind: Type.Literal("wave"),
    rateHz: Type.Number({ exclusiveMinimum: 0, maximum: 10_000 }),
    channels: Type.Record(Type.String(), Type.Array(Type.Number(), { maxItems: 20_000 })),
  }),
  settings: Type.Object({
    ...envelope,
    kind: Type.Literal("settings"),
    settings: Type.Record(Type.String(), Type.Union([Type.Number(), text])),
  }),
  ownAlarm: Type.Object({
    ...envelope,
    kind: Type.Literal("ownAlarm"),
    alarms: Type.Array(ownAlarm, { maxItems: 200 }),
  }),
  identity: Type.Object({
    ...envelope,
    kind: Type.Literal("identity"),
    serial: Type.Optional(text),
    model: Type.Optional(text),
    firmware: Type.Optional(text),
  }),
  breath: Type.Object({ ...envelope, kind: Type.Literal("breath"), breath }),
  status: Type.Object({
    ...envelope,
    kind: Type.Literal("status"),
    codes: Type.Array(name, { maxItems: 200 }),
  }),
};

const schemas = {
  /** `state`, retained; the broker publishes it with `online: false` when the edge's connection dies. */
  state: Type.Object({
    v: version,
    epoch,
    online: Type.Boolean(),
    at: wallTime,
    simulated: Type.Boolean(),
    /** Hash of the settings that the edge runs on; absent before the first were applied. */
    settingsHash: Type.Optional(Type.String({ maxLength: 128 })),
    settingsVersion: Type.Optional(count),
    /** Newer settings that the edge did not take. */
    settingsRefused: Type.Optional(settingsRefused),
    /** What a hub shows of the bed; absent from an older edge. */
    about: Type.Optional(edgeAbout),
    /** What is known of its devices; not in the last will, and absent from an older edge. */
    devices: Type.Optional(Type.Array(deviceFacts, { maxItems: DEVICES_MAX })),
  }),
  /** `stored/<device>`, retained: everything up to `seq` of each epoch is safe in the store, newest epoch last. */
  stored: Type.Object({
    v: version,
    marks: Type.Array(Type.Object({ epoch, seq: count }), { maxItems: 64 }),
  }),
  /** `alarm`, retained: the fold of the bed's open occurrences. */
  alarm: Type.Object({ v: version, ...foldFields }),
  /** `called`, retained: the newest message about each alarm, and which phones no provider has taken it for yet. */
  called: Type.Object({
    v: version,
    sends: Type.Array(
      Type.Object({
        send: Type.Record(Type.String(), Type.Unknown()),
        waiting: Type.Array(name, { maxItems: 200 }),
      }),
      { maxItems: 64 },
    ),
  }),
  /** `alarm/event`: history, numbered like observations of a device of the name `alarm`. */
  alarmEvent: Type.Object({
    ...identity,
    event: alarmEvent,
  }),
  /** `settings`, retained: what the hub wants the edge to run on. */
  settings: Type.Object({
    v: version,
    version: count,
    author: text,
    at: wallTime,
    hash: Type.String({ maxLength: 128 }),
    /** HMAC-SHA-256 in base64url over place, version, author, time and hash; absent is refused by its reader. */
    mac: Type.Optional(Type.String({ maxLength: 64 })),
    body: Type.Record(Type.String(), Type.Unknown()),
  }),
  /** `settings` too, never retained: the hub has put this box out. */
  putOut: Type.Object({
    v: version,
    putOut: Type.Object({
      home: name,
      box: name,
      hub: Type.String({ maxLength: 500 }),
      at: wallTime,
      mac: Type.String({ maxLength: 64 }),
    }),
  }),
  /** `command`: signed, see signing.ts. */
  command: Type.Object({
    v: version,
    /** HMAC-SHA-256 in base64url; absent is refused by its reader. */
    mac: Type.Optional(Type.String({ maxLength: 64 })),
    command: Type.Object({
      id: name,
      person: actor,
      issuedAt: wallTime,
      expiresAt: wallTime,
      edgeEpoch: epoch,
      body: remoteCommand,
    }),
  }),
  /** `command/result`. */
  commandResult: Type.Object({
    v: version,
    id: name,
    outcome: Type.Enum(["done", "refused"]),
    reason: Type.Optional(text),
    /** Fault code of a refusal. */
    code: Type.Optional(name),
    /** It was not even looked at: the word of signing.ts. */
    refusal: Type.Optional(name),
    at: wallTime,
  }),
  /** `health`: the edge's heartbeat, every 10 s; answered by `health/echo` with the same nonce. */
  health: Type.Object({
    v: version,
    epoch,
    nonce: name,
    at: wallTime,
    clockTrusted: Type.Boolean(),
    spoolHeld: count,
    spoolDropped: count,
    /** How its sources' links are; absent from an older edge. */
    links: Type.Optional(Type.Array(edgeLink, { maxItems: DEVICES_MAX })),
    readiness: Type.Optional(edgeReadiness),
    /** How its evening check stands; judged apart (evening-schemas.ts), so that it never costs a heartbeat. */
    evening: Type.Optional(Type.Unknown()),
  }),
  /** `raw/<device>`: the newest frames of a device, for a technician who asked, once a second at most. */
  raw: Type.Object({ v: version, epoch, frames: Type.Array(rawFrame, { maxItems: 50 }) }),
  /** `answer`: a piece of what somebody asked the box for (look-schemas.ts). */
  answer: piece,
  /** `health/echo`: the hub heard the heartbeat. A new `session` has none of the messages sent to the one before. */
  echo: Type.Object({ v: version, nonce: name, session: name }),
};

export type StateMessage = Unchanging<Static<typeof schemas.state>>;
export type StoredMessage = Static<typeof schemas.stored>;
export type SettingsMessage = Static<typeof schemas.settings>;
export type PutOutMessage = Static<typeof schemas.putOut>;
export type CommandMessage = Static<typeof schemas.command>;
export type CommandResultMessage = Static<typeof schemas.commandResult>;
export type HealthMessage = Unchanging<Static<typeof schemas.health>>;
export type EchoMessage = Static<typeof schemas.echo>;
export type AnswerPiece = Unchanging<Static<typeof schemas.answer>>;
export type RawMessage = Unchanging<Static<typeof schemas.raw>>;
export type CalledMessage = Unchanging<Static<typeof schemas.called>>;
export type AlarmEventMessage = Static<typeof schemas.alarmEvent>;

/** What a reader made of a payload: the message, or in one sentence why it is refused. */
export type Decoded<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly reason: string };

/** Reads a payload of one kind. Never throws. */
export type Reader<Message> = (payload: string) => Decoded<Message>;

export const readState: Reader<StateMessage> = reader(schemas.state);
export const readStored: Reader<StoredMessage> = reader(schemas.stored);
const readFold = reader(schemas.alarm);
/** The fold; what an older edge does not say is filled in. */
export const readAlarm: Reader<AlarmFold> = (payload) => {
  const read = readFold(payload);
  return read.ok ? { ok: true, message: wholeFold(read.message) } : read;
};
export const readCalled: Reader<CalledMessage> = reader(schemas.called);
export const readAlarmEvent: Reader<AlarmEventMessage> = reader(schemas.alarmEvent);
/** Which event it is, also of one that cannot be read. */
export const readAlarmEventIdentity = reader(Type.Object(identity));
export const readSettings: Reader<SettingsMessage> = reader(schemas.settings);
export const readPutOut: Reader<PutOutMessage> = reader(schemas.putOut);
export const readCommand: Reader<CommandMessage> = reader(schemas.command);
export const readCommandResult: Reader<CommandResultMessage> = reader(schemas.commandResult);
export const readHealth: Reader<HealthMessage> = reader(schemas.health);
export const readEcho: Reader<EchoMessage> = reader(schemas.echo);
export const readAnswer: Reader<AnswerPiece> = reader(schemas.answer);
export const readRaw: Reader<RawMessage> = reader(schemas.raw);
/** Checks the part of a parsed observation that every kind has: enough to know which one it is. */
export const checkIdentity = checker(Type.Object(identity));
/** Checks a parsed observation of one kind. */
export const checkObservation = {
  samples: checker(observationSchemas.samples),
  wave: checker(observationSchemas.wave),
  settings: checker(observationSchemas.settings),
  ownAlarm: checker(observationSchemas.ownAlarm),
  identity: checker(observationSchemas.identity),
  breath: checker(observationSchemas.breath),
  status: checker(observationSchemas.status),
};

/** The payload of a message; the version is filled in. */
export function write(
  message:
    | Omit<StateMessage, "v">
    | Omit<StoredMessage, "v">
    | AlarmFold
    | Omit<CalledMessage, "v">
    | (Omit<AlarmEventMessage, "v" | "event"> & { readonly event: AlarmEvent })
    | Omit<SettingsMessage, "v">
    | Omit<PutOutMessage, "v">
    | Omit<CommandMessage, "v">
    | Omit<CommandResultMessage, "v">
    | Omit<HealthMessage, "v">
    | Omit<EchoMessage, "v">
    | Omit<RawMessage, "v">
    | Omit<AnswerPiece, "v">,
): string {
  return JSON.stringify({ v: MESSAGE_VERSION, ...message });
}

/** Parses a payload; the reason instead when it is too long or not JSON. */
export function parse(payload: string): Decoded<unknown> {
  if (payload.length > PAYLOAD_CHARS_MAX) {
    return { ok: false, reason: `longer than ${PAYLOAD_CHARS_MAX} characters` };
  }
  try {
    const message: unknown = JSON.parse(payload);
    return { ok: true, message };
  } catch (error) {
    return { ok: false, reason: `not JSON: ${messageOf(error)}` };
  }
}

function reader<Schema extends TSchema>(schema: Schema): Reader<StaticEncode<Schema>> {
  const check = checker(schema);
  return (payload) => {
    const parsed = parse(payload);
    return parsed.ok ? check(parsed.message) : parsed;
  };
}

function checker<Schema extends TSchema>(schema: Schema): (value: unknown) => Decoded<StaticEncode<Schema>> {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return { ok: true, message: value };
    const [error] = validator.Errors(value);
    return { ok: false, reason: `${error?.instancePath ?? ""} ${error?.message ?? "does not fit"}`.trim() };
  };
}
