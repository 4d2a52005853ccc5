import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Actor } from "../domain/alarm.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { HOUR_MS, MINUTE_MS, type Wall } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { AuditPage } from "../port/record.ts";
import type { CommandAnswer } from "./commands.ts";
import { ANSWER_BYTES_MAX, type Asked, PIECE_BYTES } from "./look-schemas.ts";
import { type AnswerPiece, write } from "./messages.ts";
import { hashOfBytes, signAnswer } from "./signing.ts";
import { bedTopic, type Place } from "./topics.ts";

export interface AnswersOutOptions extends Place {
  /** Never closed here. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly pairingKey: Uint8Array;
  /** What went over a device's link, as a transcript; undefined for one that is not at this bed. */
  recording(device: string, from: Wall, to: Wall): Promise<string> | undefined;
  auditPage(asked: Extract<Asked, { readonly kind: "audit" }>): Promise<AuditPage>;
  /** Writes down who asked for what, before it leaves. Must not throw. */
  audit(by: Actor, action: Asked["kind"], detail: string): void;
}

/** The edge's end of what is too large for a line: one answer at a time, packed, in pieces, each when the last is through. */
export interface AnswersOut {
  /** `id`: of the command; the pieces carry it. */
  begin(id: string, asked: Asked, by: Actor): CommandAnswer;
  /** Nobody waits for it any more. */
  hangUp(id: string): CommandAnswer;
  stop(): void;
}

/** As long as one request of the box's own pages may ask for. */
const RECORDING_MS_MAX = 2 * HOUR_MS;
/** Longer nobody waits: a line so slow carries its alarms better without. */
const SENDING_MS_MAX = 5 * MINUTE_MS;

export function createAnswersOut(options: AnswersOutOptions): AnswersOut {
  const { bus, clock, log, home, bed, pairingKey } = options;
  let current: { readonly id: string; isOver: boolean } | undefined;
  const topic = bedTopic(home, bed, "answer");

  const send = (message: Omit<AnswerPiece, "v">): Promise<void> =>
    bus.publish(topic, write(message), { retain: false });

  const sendAll = async (one: NonNullable<typeof current>, text: string, next?: number): Promise<void> => {
    const packed = await promisify(gzip)(text);
    const { id } = one;
    if (packed.length > ANSWER_BYTES_MAX) throw tooLarge();
    const end = { bytes: packed.length, hash: hashOfBytes(packed), ...(next === undefined ? {} : { next }) };
    const last = Math.max(0, Math.ceil(packed.length / PIECE_BYTES) - 1);
    for (let n = 0; n <= last; n += 1) {
      if (one.isOver) return;
      const data = packed.subarray(n * PIECE_BYTES, (n + 1) * PIECE_BYTES).toString("base64");
      const mac = n < last ? undefined : signAnswer(pairingKey, options, { id, ...end });
      // One at a time: what is on the same connection, alarms above all, waits behind one piece and no more.
      await send({ id, n, data, ...(mac === undefined ? {} : { end: { ...end, mac } }) });
    }
  };

  const work = async (one: NonNullable<typeof current>, asked: Asked): Promise<void> => {
    if (asked.kind === "audit") {
      const { text, next } = await options.auditPage(asked);
      return sendAll(one, text, next);
    }
    const text = await options.recording(asked.device, asked.from, asked.to);
    if (text !== undefined) await sendAll(one, text);
  };

  const refusalOf = (asked: Asked): CommandAnswer | undefined => {
    if (current !== undefined) {
      return { accepted: false, code: "RATE_LIMITED", reason: "The box is answering somebody else." };
    }
    if (asked.to <= asked.from) {
      return { accepted: false, code: "INPUT_INVALID", reason: "The time ends before it begins." };
    }
    if (asked.kind === "recording" && asked.to - asked.from > RECORDING_MS_MAX) {
      return { accepted: false, code: "INPUT_INVALID", reason: "A recording holds at most 2 h." };
    }
    return undefined;
  };

  return {
    begin(id, asked, by) {
      const refused = refusalOf(asked);
      if (refused !== undefined) return refused;
      const one = { id, isOver: false };
      current = one;
      // Later pages of one export are the same looking.
      if (asked.kind === "recording" || asked.after === undefined) {
        options.audit(by, asked.kind, wordsOf(asked));
      }
      const cancel = clock.after(SENDING_MS_MAX, () => {
        one.isOver = true;
        if (current === one) current = undefined;
      });
      work(one, asked)
        .catch(async (error: unknown) => {
          log.note("answer.failed", { bed, id, detail: messageOf(error) }, "warn");
          const code = error instanceof Fault ? error.code : "SERVER_FAILED";
          const reason = messageOf(error)
            .replace(/ \([A-Z_]+\)$/, "")
            .slice(0, 500);
          if (!one.isOver) await send({ id, n: 0, data: "", failed: { code, reason } });
        })
        .catch((error: unknown) => log.note("answer.unsent", { detail: messageOf(error) }, "debug"))
        .finally(() => {
          cancel();
          if (current === one) current = undefined;
        });
      return { accepted: true };
    },
    hangUp(id) {
      if (current?.id === id) {
        current.isOver = true;
        current = undefined;
      }
      return { accepted: true };
    },
    stop() {
      if (current !== undefined) current.isOver = true;
      current = undefined;
    },
  };
}

const wordsOf = (asked: Asked): string => {
  const times = `${new Date(asked.from).toISOString()} to ${new Date(asked.to).toISOString()}`;
  return asked.kind === "recording" ? `${asked.device} ${times}` : times;
};

const tooLarge = (): Fault =>
  new Fault("INPUT_INVALID", "This is more than a box sends at once.", { fix: "Choose a shorter time." });
