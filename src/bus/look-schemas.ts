import Type, { type Static } from "typebox";
import { alarmCommands, count, lasting, name, text, wallTime } from "./alarm-schemas.ts";
import { checkCommands } from "./evening-schemas.ts";

/*
 * Looking at a box from afar: what a hub may ask of the box itself, and the pieces in which it answers. The answer to a
 * command is a line of `command/result`; what does not fit there comes on `answer`, in order, with the command's id.
 */

/** Bytes in a piece: on a slow line an alarm waits behind one of them at most. */
export const PIECE_BYTES = 24 * 1_024;
/** Of one answer, packed: two hours of the busiest device are about 2.5 MB. */
export const ANSWER_BYTES_MAX = 4 << 20;
/** Unpacked: what a flight recorder gives at once, and its last line. */
export const ANSWER_PLAIN_MAX = 34 << 20;
const PIECES_MAX = Math.ceil(ANSWER_BYTES_MAX / PIECE_BYTES);

const recording = Type.Object({
  kind: Type.Literal("recording"),
  ...{ device: name, from: wallTime, to: wallTime },
});
const audit = Type.Object({
  kind: Type.Literal("audit"),
  format: Type.Enum(["jsonl", "csv"]),
  ...{ from: wallTime, to: wallTime },
  /** `next` of the page before; absent: the first. */
  after: Type.Optional(count),
});

/** Of the box itself. */
const lookCommands = [
  /** To send the frames of a device for a time. */
  Type.Object({ kind: Type.Literal("raw"), device: name, forMs: lasting }),
  recording,
  audit,
  /** Nobody waits for the answer to the command of this id any more. */
  Type.Object({ kind: Type.Literal("hang_up"), answer: name }),
] as const;

/** What is answered in pieces. */
export type Asked = Static<typeof recording> | Static<typeof audit>;

/** Of an engine, or of the box itself. */
export const remoteCommand = Type.Union([...alarmCommands, ...lookCommands, ...checkCommands]);

/** One piece of an answer: a text, packed with gzip and cut. */
export const piece = Type.Object({
  v: Type.Integer({ minimum: 1 }),
  /** Of the command. */
  id: name,
  /** Counts from 0, without a hole. */
  n: Type.Integer({ minimum: 0, maximum: PIECES_MAX }),
  /** base64. */
  data: Type.String({ maxLength: 2 * PIECE_BYTES }),
  /** With the last piece. */
  end: Type.Optional(
    Type.Object({
      /** Of the whole, packed. */
      bytes: Type.Integer({ minimum: 0, maximum: ANSWER_BYTES_MAX }),
      /** SHA-256 of the whole, packed, in base64url. */
      hash: Type.String({ maxLength: 64 }),
      /** HMAC-SHA-256 in base64url over place, id, bytes, hash and next. */
      mac: Type.String({ maxLength: 64 }),
      /** There is another page after this one: `after` of the next command. */
      next: Type.Optional(count),
    }),
  ),
  /** In place of the rest: why there is none. */
  failed: Type.Optional(Type.Object({ code: name, reason: text })),
});
