import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Actor } from "../domain/alarm.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { base32Id, type HomeId } from "../domain/ids.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { Commander } from "./commander.ts";
import { isFaultCode } from "./commands.ts";
import { ANSWER_BYTES_MAX, ANSWER_PLAIN_MAX, type Asked } from "./look-schemas.ts";
import { type AnswerPiece, readAnswer } from "./messages.ts";
import { hashOfBytes, isAnswerOurs } from "./signing.ts";
import { allHomesFilter, createTopicReader, type Place } from "./topics.ts";

export interface AnswersInOptions {
  /** Never closed here. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pairingKeyOf: (home: HomeId) => Uint8Array | undefined;
  readonly look: Commander["look"];
}

/** A text that a box answered; `next`: where the page after it begins. */
export interface WholeAnswer {
  readonly text: string;
  readonly next?: number;
}

/** The hub's end of what is too large for a line: gathers the pieces, and believes them as a whole or not at all. */
export interface AnswersIn {
  start(): void;
  /**
   * Rejects with EDGE_SILENT where pieces stay away for 20 s, RATE_LIMITED where too much is gathered, BUS_UNREACHABLE for
   * an answer that does not hold together, and with whatever the box refuses it with. The signal tells the box to stop.
   */
  fetch(place: Place, asked: Asked, by: Actor, signal: AbortSignal): Promise<WholeAnswer>;
  /** Under way. */
  readonly waiting: number;
  /** What is under way is given up. */
  stop(): void;
}

/** Two hours of the busiest device are unpacked and packed before the first piece. */
const QUIET_MS = 20 * SECOND_MS;
/** Each holds up to ANSWER_BYTES_MAX. */
const WAITING_MAX = 8;

interface Waiting {
  readonly place: Place;
  readonly id: string;
  readonly pieces: Buffer[];
  bytes: number;
  readonly whole: PromiseWithResolvers<NonNullable<AnswerPiece["end"]>>;
  cancelQuiet: () => void;
}

/** Idle until `start`. */
export function createAnswersIn(options: AnswersInOptions): AnswersIn {
  const { bus, clock, random, log } = options;
  const waiting = new Map<string, Waiting>();
  const readTopic = createTopicReader();
  const stops: (() => void)[] = [];
  const keyOf = ({ home, bed }: Place, id: string): string => `${home} ${bed} ${id}`;

  const heard = (one: Waiting): void => {
    one.cancelQuiet();
    one.cancelQuiet = clock.after(QUIET_MS, () => one.whole.reject(silent()));
  };

  const onPiece = (topic: string, payload: string): void => {
    const place = readTopic(topic);
    const read = readAnswer(payload);
    if (place === undefined || !read.ok) return;
    const { id, n, data, end, failed } = read.message;
    const one = waiting.get(keyOf(place, id));
    // One that came before, once more: the broker gives each at least once.
    if (one === undefined || n < one.pieces.length) return;
    heard(one);
    if (failed !== undefined) return one.whole.reject(refusedWith(failed.code, failed.reason));
    if (n > one.pieces.length) return one.whole.reject(broken("a piece is missing"));
    const bytes = Buffer.from(data, "base64");
    one.bytes += bytes.length;
    if (one.bytes > ANSWER_BYTES_MAX) return one.whole.reject(broken("it is too long"));
    one.pieces.push(bytes);
    if (end !== undefined) one.whole.resolve(end);
  };

  const hangUp = ({ place, id }: Waiting, by: Actor): void => {
    options
      .look(place, { kind: "hang_up", answer: id }, by)
      .catch((error: unknown) => log.note("answer.not_hung_up", { detail: messageOf(error) }, "debug"));
  };

  /** Checked before a byte of it is unpacked. */
  const textOf = async (one: Waiting, end: NonNullable<AnswerPiece["end"]>): Promise<WholeAnswer> => {
    const key = options.pairingKeyOf(one.place.home);
    const packed = Buffer.concat(one.pieces);
    const isWhole = packed.length === end.bytes && hashOfBytes(packed) === end.hash;
    if (!isWhole || key === undefined || !isAnswerOurs(key, one.place, { id: one.id, ...end })) {
      throw broken("it is not what the box signed");
    }
    try {
      const plain = await promisify(gunzip)(packed, { maxOutputLength: ANSWER_PLAIN_MAX });
      return { text: plain.toString("utf8"), ...(end.next === undefined ? {} : { next: end.next }) };
    } catch (error) {
      throw broken(messageOf(error));
    }
  };

  return {
    start() {
      stops.push(bus.subscribe(allHomesFilter("answer"), onPiece));
    },
    async fetch(place, asked, by, signal) {
      if (waiting.size >= WAITING_MAX) throw tooMany();
      if (signal.aborted) throw hungUp();
      const id = `ask-${base32Id(random.bytes(10))}`;
      const one: Waiting = {
        ...{ place, id, pieces: [], bytes: 0, cancelQuiet: () => undefined },
        whole: Promise.withResolvers<NonNullable<AnswerPiece["end"]>>(),
      };
      const key = keyOf(place, id);
      waiting.set(key, one);
      // What was refused before anybody waited for it is nobody's unhandled rejection.
      one.whole.promise.catch(() => undefined);
      let isAccepted = false;
      const abort = (): void => one.whole.reject(hungUp());
      signal.addEventListener("abort", abort, { once: true });
      try {
        const { accepted, code, reason } = await options.look(place, asked, by, id);
        if (!accepted) throw refusedWith(code ?? "CONFLICT", reason ?? "The box does not give it.");
        isAccepted = true;
        if (one.pieces.length === 0) heard(one);
        return await textOf(one, await one.whole.promise);
      } catch (error) {
        if (isAccepted || signal.aborted) hangUp(one, by);
        throw error;
      } finally {
        one.cancelQuiet();
        waiting.delete(key);
        signal.removeEventListener("abort", abort);
      }
    },
    get waiting() {
      return waiting.size;
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
      for (const one of waiting.values()) one.whole.reject(silent());
    },
  };
}

const silent = (): Fault =>
  new Fault("EDGE_SILENT", "The bedside box began to answer and fell silent.", {
    fix: "Try again when the box is back, or open its own page in the house.",
  });

const hungUp = (): Fault => new Fault("CONFLICT", "Whoever asked is gone.");

const tooMany = (): Fault =>
  new Fault("RATE_LIMITED", "Too much is being fetched from boxes at once.", {
    fix: "Try again in a minute.",
  });

const broken = (why: string): Fault =>
  new Fault("BUS_UNREACHABLE", `The box's answer did not come through whole: ${why}.`, { fix: "Try again." });

const refusedWith = (code: string, reason: string): Fault =>
  new Fault(isFaultCode(code) ? code : "CONFLICT", reason);
