import { messageOf } from "../domain/fault.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { Channel, HeardAnswer, Receipt } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Job } from "./delivery.ts";
import type { PlannedSend } from "./incident.ts";
import type { WatchTarget } from "./message.ts";

export interface ReceiptsOptions {
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly log: Log;
  readonly targets: (send?: PlannedSend) => readonly WatchTarget[];
  /** A key or a button was pressed; whether that still matters is for the caller. Must not throw. */
  /** Undefined: it counts nowhere, since its message was about something milder, or its phone is gone. */
  readonly onAcknowledged: (job: Job, by: string) => Promise<void> | undefined;
  /** A provider knows that an accepted message came to nobody. Must not throw. */
  readonly onUnreached: (job: Job) => void;
  /**
   * An answer to a message that is not followed here: of before a restart, or of whoever calls for this home too. What it
   * gives back is as for `Channel.listen`. Absent: it counts nowhere.
   */
  readonly onStray?: (answer: HeardAnswer) => Promise<void> | undefined;
  /** The box of this home hears answers, too, and for both: listens only while it waits for some itself. */
  readonly sharesAnswers?: boolean;
}

/**
 * What becomes of messages that were accepted: asks the providers that can be asked, hears those that tell by
 * themselves, and ends what still rings once nobody needs to hear of it.
 */
export interface Receipts {
  /** From now on, until it is answered or over. */
  follow(job: Job, reference: string): void;
  /** A phone says that it showed a message about this: it arrived, and nobody has answered by that. */
  reached(occurrence: OccurrenceId, target: string): void;
  /** Nobody needs to hear of this occurrence any more. */
  cancel(occurrence: OccurrenceId): void;
  start(): void;
  stop(): void;
}

const ASK_MS = 5 * SECOND_MS;
/** An answer to a message that is older comes too late to be told apart from an answer to nothing. */
const FOLLOW_MS = 15 * MINUTE_MS;
/** A provider that does not answer is asked anew after this. */
const ANSWER_MS = 15 * SECOND_MS;
const FOLLOWED_MAX = 500;
/** An answer that comes before its message is followed, as after a restart, is kept for this long. */
const EARLY_MS = MINUTE_MS;
const EARLY_MAX = 100;
/** A channel that stops listening is listened to again. */
const AGAIN_MS = 10 * SECOND_MS;

interface Followed {
  readonly job: Job;
  readonly reference: string;
  readonly until: Mono;
  isAsked: boolean;
  isReached: boolean;
}

/** Idle until start(). */
export function createReceipts(options: ReceiptsOptions): Receipts {
  const { clock, log } = options;
  const channels = new Map(options.channels.map((channel) => [channel.id, channel]));
  const followed = new Map<string, Followed>();
  const early = new Map<string, { readonly receipt: Receipt; readonly until: Mono }>();
  const waits = new Set<() => void>();
  let listening = new AbortController();
  let isListening = false;
  let stopped = false;
  let cancelAsking: (() => void) | undefined;

  /** Whoever was removed answers nothing any more, and what rings there is ended. */
  const isListed = (name: string, { job, reference }: Followed): boolean => {
    if (options.targets(job.send).some(({ id }) => id === job.target.id)) return true;
    followed.delete(name);
    end(job, reference);
    return false;
  };

  const end = ({ target }: Job, reference: string): void => {
    const channel = channels.get(target.channel);
    channel?.cancel?.(target, reference).catch((thrown: unknown) => {
      log.note("send.not_cancelled", { channel: channel.id, detail: messageOf(thrown) }, "warn");
    });
  };

  /** Given back: when an answer has come to where it counts. */
  const settle = (name: string, one: Followed, receipt: Receipt): Promise<void> | undefined => {
    // Somebody answered meanwhile, or it was cancelled.
    if (followed.get(name) !== one || !isListed(name, one)) return undefined;
    const about = { key: one.job.message.key, target: one.job.target.id, channel: one.job.target.channel };
    switch (receipt.state) {
      case "waiting":
        return undefined;
      case "reached":
        if (!one.isReached) {
          one.isReached = true;
          log.note("send.reached", about);
        }
        return undefined;
      case "acknowledged":
        followed.delete(name);
        log.note("send.acknowledged", about);
        return options.onAcknowledged(one.job, receipt.by ?? one.job.target.label);
      case "over":
        followed.delete(name);
        log.note("send.over", { ...about, detail: receipt.detail });
        if (receipt.unreached === true && !one.isReached) options.onUnreached(one.job);
        return undefined;
    }
  };

  /** Asks once; the next question waits for the answer to this one, but not for ever. */
  const ask = (name: string, one: Followed): void => {
    const channel = channels.get(one.job.target.channel);
    if (channel?.poll === undefined || one.isAsked) return;
    one.isAsked = true;
    const cancelWait = clock.after(ANSWER_MS, () => release());
    waits.add(cancelWait);
    const release = (): void => {
      cancelWait();
      waits.delete(cancelWait);
      one.isAsked = false;
    };
    channel
      .poll(one.job.target, one.reference)
      .then((receipt) => {
        release();
        settle(name, one, receipt)?.catch(() => undefined);
      })
      .catch((thrown: unknown) => {
        release();
        log.note("send.unasked", { channel: channel.id, detail: messageOf(thrown) }, "warn");
      });
  };

  const round = (): void => {
    const now = clock.mono();
    for (const [name, one] of followed) {
      if (now >= one.until) followed.delete(name);
      else if (isListed(name, one)) ask(name, one);
    }
    if (followed.size === 0 && options.sharesAnswers === true) hush();
    setRound();
  };

  const setRound = (): void => {
    cancelAsking?.();
    cancelAsking = followed.size === 0 ? undefined : clock.after(ASK_MS, round);
  };

  const listen = (channel: Channel, signal: AbortSignal): void => {
    if (channel.listen === undefined || signal.aborted) return;
    const own = (): readonly WatchTarget[] =>
      options.targets().filter((target) => target.channel === channel.id);
    channel
      .listen(
        own,
        (answer) => {
          const { target, reference, by } = answer;
          const name = nameOf(target, reference);
          const one = followed.get(name);
          const receipt: Receipt = { state: "acknowledged", ...(by === undefined ? {} : { by }) };
          if (one !== undefined) return settle(name, one, receipt);
          const taken = options.onStray?.(answer);
          if (taken === undefined) keepEarly(name, receipt);
          return taken;
        },
        signal,
      )
      .catch((thrown: unknown) =>
        log.note("channel.deaf", { channel: channel.id, detail: messageOf(thrown) }, "warn"),
      )
      .finally(() => {
        if (signal.aborted) return;
        const cancelWait = clock.after(AGAIN_MS, () => {
          waits.delete(cancelWait);
          listen(channel, signal);
        });
        waits.add(cancelWait);
      });
  };

  const keepEarly = (name: string, receipt: Receipt): void => {
    early.delete(name);
    early.set(name, { receipt, until: mono(clock.mono() + EARLY_MS) });
    const oldest = early.keys().next().value;
    if (early.size > EARLY_MAX && oldest !== undefined) early.delete(oldest);
  };

  const listenToAll = (): void => {
    if (isListening) return;
    isListening = true;
    listening = new AbortController();
    for (const channel of channels.values()) listen(channel, listening.signal);
  };

  const hush = (): void => {
    isListening = false;
    listening.abort();
  };

  return {
    follow(job, reference) {
      if (stopped) return;
      if (options.sharesAnswers === true) listenToAll();
      const name = nameOf(job.target.id, reference);
      followed.delete(name);
      const until = mono(clock.mono() + FOLLOW_MS);
      const one = { job, reference, until, isAsked: false, isReached: false };
      followed.set(name, one);
      const oldest = followed.keys().next().value;
      if (followed.size > FOLLOWED_MAX && oldest !== undefined) followed.delete(oldest);
      if (cancelAsking === undefined) setRound();
      const answer = early.get(name);
      early.delete(name);
      if (answer !== undefined && clock.mono() < answer.until)
        settle(name, one, answer.receipt)?.catch(() => undefined);
    },
    reached(occurrence, target) {
      for (const [name, one] of followed) {
        const { send, target: to } = one.job;
        if (send.occurrence === occurrence && to.id === target)
          settle(name, one, { state: "reached" })?.catch(() => undefined);
      }
    },
    cancel(occurrence) {
      for (const [name, { job, reference }] of followed) {
        if (job.send.occurrence !== occurrence) continue;
        followed.delete(name);
        end(job, reference);
      }
    },
    start() {
      if (options.sharesAnswers !== true) listenToAll();
    },
    stop() {
      stopped = true;
      hush();
      cancelAsking?.();
      cancelAsking = undefined;
      for (const cancelWait of waits) cancelWait();
      waits.clear();
      followed.clear();
      early.clear();
    },
  };
}

const nameOf = (target: string, reference: string): string => `${target} ${reference}`;
