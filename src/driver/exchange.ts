import type { Clock } from "../port/clock.ts";
import type { ByteLink } from "../port/link.ts";
import { chunksUntil } from "../wire/chunks.ts";
import type { Inbox } from "../wire/inbox.ts";
import type { Trace } from "./contract.ts";

/** One question to a device. */
export interface Request<Reply> {
  readonly bytes: Uint8Array;
  /** For people who watch the line: "SNDF: all values". */
  readonly meaning: string;
  /** Whether a reply belongs to this question. */
  matches(reply: Reply): boolean;
  /** How long to wait for it, counted from the moment the question is handed to the port. */
  readonly timeoutMs: number;
}

export interface ExchangeOptions<Reply> {
  readonly link: ByteLink;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Aborting ends whatever is waited for, without an error. */
  readonly signal: AbortSignal;
  /** Takes the chunks in order and calls `reply` for each reply that they complete. */
  read(chunk: Uint8Array, reply: (reply: Reply) => void): void;
  /** A reply that nobody waits for: late, or sent without being asked. */
  unasked(reply: Reply): void;
}

/**
 * Question and answer with a device that speaks when asked: one question at a time, replies that nobody waits for
 * are handed to `unasked` and counted.
 */
export interface Exchange<Reply> {
  /** Begins to read the link; once. */
  start(): void;
  /** Stops reading; whatever is waited for ends. Leaves closing the link to its owner. */
  stop(): Promise<void>;
  /**
   * Asks and waits: the reply, or undefined when none came in time, when the exchange was stopped or when the link
   * was closed. Throws the link's Fault when the link is lost, and Error when a question is still open.
   */
  request(request: Request<Reply>): Promise<Reply | undefined>;
  /** Waits; false when stopped or closed meanwhile. Throws the link's Fault as soon as the link is lost. */
  pause(ms: number): Promise<boolean>;
  /** Stopped, or its link closed or lost: nothing will be answered any more. */
  readonly ended: boolean;
  /** Replies that came when nobody waited, or not for them. */
  readonly unaskedReplies: number;
}

/** What a wait ends with. */
type Ending<Reply> =
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "time" }
  | { readonly kind: "over" }
  | { readonly kind: "failed"; readonly cause: unknown };

interface Wait<Reply> {
  matches(reply: Reply): boolean;
  finish(ending: Ending<Reply>): void;
}

/**
 * Opens and starts an exchange whose replies a framer finds. `cut` makes the framer; it hands each whole reply to
 * `deliver`, which answers the question that waits for it, and reads whatever else it wants of it itself: a reply that
 * nobody waits for is not missed.
 */
export function framedExchange<Reply>(
  line: Pick<ExchangeOptions<Reply>, "link" | "clock" | "trace" | "signal">,
  cut: (deliver: (reply: Reply) => void) => { push(chunk: Uint8Array): void },
): Exchange<Reply> {
  let deliver: (reply: Reply) => void = () => undefined;
  const framer = cut((reply) => deliver(reply));
  const exchange = createExchange<Reply>({
    ...line,
    read(chunk, reply) {
      deliver = reply;
      framer.push(chunk);
    },
    unasked: () => undefined,
  });
  exchange.start();
  return exchange;
}

export function createExchange<Reply>(options: ExchangeOptions<Reply>): Exchange<Reply> {
  const { link, clock, trace } = options;
  const own = new AbortController();
  const signal = AbortSignal.any([options.signal, own.signal]);
  let reading: Promise<void> | undefined;
  let waiting: Wait<Reply> | undefined;
  /** How reading ended. */
  let over: Ending<Reply> | undefined;
  let unaskedReplies = 0;

  const take = (reply: Reply): void => {
    if (waiting?.matches(reply) === true) return waiting.finish({ kind: "reply", reply });
    unaskedReplies += 1;
    options.unasked(reply);
  };

  /** Never rejects: what went wrong reaches whoever waits, now or later. */
  const read = async (): Promise<void> => {
    try {
      for await (const chunk of chunksUntil(link.chunks, signal)) options.read(chunk, take);
      over = { kind: "over" };
    } catch (cause) {
      over = { kind: "failed", cause };
    }
    waiting?.finish(over);
  };

  /** `begin` runs once the wait is set up, so that no reply can be missed; it may outlast the wait. */
  const wait = async (
    ms: number,
    matches: (reply: Reply) => boolean,
    begin: () => Promise<void>,
  ): Promise<Ending<Reply>> => {
    if (waiting !== undefined) throw new Error("a question to this device is still open");
    const ending =
      over ??
      (await new Promise<Ending<Reply>>((resolve) => {
        const mine: Wait<Reply> = {
          matches,
          finish(result) {
            cancel();
            if (waiting === mine) waiting = undefined;
            resolve(result);
          },
        };
        const cancel = clock.after(ms, () => mine.finish({ kind: "time" }));
        waiting = mine;
        begin().catch((cause: unknown) =>
          mine.finish(signal.aborted ? { kind: "over" } : { kind: "failed", cause }),
        );
      }));
    if (ending.kind === "failed") throw ending.cause;
    return ending;
  };

  return {
    start() {
      reading ??= read();
    },
    async stop() {
      own.abort();
      await reading;
    },
    async request({ bytes, meaning, matches, timeoutMs }) {
      const ending = await wait(timeoutMs, matches, () => {
        trace.sent(bytes, () => meaning);
        return link.write(bytes);
      });
      return ending.kind === "reply" ? ending.reply : undefined;
    },
    async pause(ms) {
      const ending = await wait(
        ms,
        () => false,
        async () => undefined,
      );
      return ending.kind === "time";
    },
    get ended() {
      return over !== undefined || signal.aborted;
    },
    get unaskedReplies() {
      return unaskedReplies;
    },
  };
}

/**
 * What is put into the inbox while somebody asks, in order. Ends when the asking does, throwing what it threw; whoever
 * stops reading stops the exchange, and with it the asking.
 */
export async function* heardWhile<Item>(
  inbox: Inbox<Item>,
  exchange: Pick<Exchange<never>, "stop">,
  asking: Promise<void>,
): AsyncGenerator<Item> {
  const asked = asking.then(
    () => inbox.end(),
    (cause: unknown) => inbox.end({ cause }),
  );
  try {
    for (let item = await inbox.next(); item !== undefined; item = await inbox.next()) yield item;
  } finally {
    await exchange.stop();
    await asked;
  }
}
