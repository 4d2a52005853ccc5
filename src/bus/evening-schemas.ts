import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { CHECK_ENDS, CHECK_KINDS, CHECK_PHONES_MAX } from "../domain/evening.ts";
import { count, name, wallTime } from "./alarm-schemas.ts";
import type { Unchanging } from "./bed-schemas.ts";

/*
 * The evening check and the loud drill, from a hub: how they stand, with the heartbeat, and what a person there may ask for.
 */

const label = Type.String({ maxLength: 200 });
const ms = Type.Optional(count);
const kind = Type.Enum(CHECK_KINDS);
const minute = Type.Integer({ minimum: 0, maximum: 1_439 });
const settings = { on: Type.Boolean(), atMinute: minute };

const check = Type.Object({
  ...{ kind, startedAt: wallTime, by: Type.Optional(label) },
  ...{ sounder: Type.Optional(Type.Literal(true)), some: Type.Optional(Type.Literal(true)) },
  phones: Type.Array(
    Type.Object({
      ...{ id: name, label, person: name, name: label, channel: name },
      ...{ askedMs: ms, acceptedMs: ms, answeredMs: ms, trouble: Type.Optional(label) },
      ...{ refused: Type.Optional(Type.Literal(true)), mute: Type.Optional(Type.Literal(true)) },
    }),
    { maxItems: CHECK_PHONES_MAX },
  ),
  ...{ soundedMs: ms, heard: Type.Optional(Type.Boolean()), heardBy: Type.Optional(label) },
  ...{ end: Type.Optional(Type.Enum(CHECK_ENDS)), endedAt: Type.Optional(wallTime) },
});

/** What a box says of its checks; the phones with their proofs are in its readiness. */
const edgeEvening = Type.Object({
  settings: Type.Object(settings),
  /** The newest since its start, running or over. */
  latest: Type.Optional(check),
  /** The newest of all phones that is over, where it is not `latest`. */
  quiet: Type.Optional(check),
  loud: Type.Optional(check),
  pillow: Type.Optional(check),
  /** What the one that runs asks phones about: answers name it. */
  asks: Type.Optional(Type.Array(name, { maxItems: CHECK_PHONES_MAX })),
});

export type EdgeEvening = Unchanging<Static<typeof edgeEvening>>;

/** More is not told: a heartbeat must fit through any broker. Three checks of twenty phones are half of it. */
const CHARS_MAX = 64 * 1_024;

const validator = Compile(edgeEvening);

/**
 * For both ends. Undefined for what is none, or too much: nothing of it goes with a heartbeat then, and nothing of it keeps
 * one from counting, which tells whether the box lives.
 */
export const readEvening = (told: unknown): EdgeEvening | undefined =>
  validator.Check(told) && JSON.stringify(told).length <= CHARS_MAX ? told : undefined;

/** Of the box itself; nothing of it is brought on later: what a person was told has failed must not ring at night. */
export const checkCommands = [
  Type.Object({
    ...{ kind: Type.Literal("check"), check: kind },
    phones: Type.Optional(Type.Array(name, { minItems: 1, maxItems: CHECK_PHONES_MAX })),
    sounder: Type.Optional(Type.Boolean()),
  }),
  Type.Object({ kind: Type.Literal("check_stop") }),
  Type.Object({ kind: Type.Literal("check_heard"), heard: Type.Boolean() }),
  Type.Object({ kind: Type.Literal("check_settings"), ...settings }),
] as const;
