import { messageOf } from "../domain/fault.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { HOUR_MS, MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { Channel, ChannelMessage, SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { answerWithin } from "./answer-within.ts";
import type { PlannedSend } from "./incident.ts";
import type { WatchTarget } from "./message.ts";

/** One message for one target. */
export interface Job {
  readonly send: PlannedSend;
  readonly target: WatchTarget;
  readonly message: ChannelMessage;
}

export interface DeliveryOptions {
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Whether its target is still on the list: a person who was removed is not called again. */
  readonly isListed: (job: Job) => boolean;
  /** How a job ended; exactly once for each, unless stopped. `reference`: as for onAccepted, before it. */
  readonly onEnd: (job: Job, outcome: "accepted" | "refused" | "superseded", reference?: string) => void;
  /** An attempt failed; it is made again while it matters. */
  readonly onFailed: (job: Job) => void;
  /** An alarm was accepted under this reference of the provider; more may become known of it. */
  readonly onAccepted: (job: Job, reference: string) => void;
  /** The target's answer to an alarm said that a person acts; whether that still matters is for the caller. */
  readonly onAcknowledged: (job: Job, by: string) => Promise<void> | undefined;
  readonly onGone: (target: WatchTarget, why: string) => void;
}

/**
 * Brings messages to targets. Each pair of occurrence and target has a lane of its own, so a slow provider delays
 * nobody else. A newer message takes the place of an older one; failures are tried again until then.
 */
export interface Delivery {
  deliver(job: Job): void;
  /** Nothing waiting about this occurrence is sent or tried again. What is under way cannot be called back. */
  supersede(occurrence: OccurrenceId): void;
  /** Ends all waiting; results of what is under way are still reported. */
  stop(): void;
}

/** Channels have shorter ones of their own; this is for a channel that breaks its promise. */
const ANSWER_MS = 15 * SECOND_MS;
const RETRY_MS = [1, 2, 4, 8, 16, 30, 60].map((seconds) => seconds * SECOND_MS);
/** A provider may ask for patience, but not for the whole night. */
const PATIENCE_MS = MINUTE_MS;
/** "It is over" is tried for this long; an alarm until a newer message replaces it. */
const QUIET_RETRY_MS = HOUR_MS;
const UNDER_WAY_MAX = 4;

interface Attempt {
  readonly job: Job;
  readonly since: Mono;
  tries: number;
  isUnderWay: boolean;
}

interface Lane {
  readonly occurrence: OccurrenceId;
  underWay: number;
  /** The newest message, until it has ended. */
  current: Attempt | undefined;
  cancelRetry: (() => void) | undefined;
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { clock, log } = options;
  const channels = new Map(options.channels.map((channel) => [channel.id, channel]));
  const lanes = new Map<string, Lane>();
  const notBefore = new Map<string, Mono>();
  let stopped = false;

  const end = (attempt: Attempt, outcome: "accepted" | "refused" | "superseded"): void => {
    options.onEnd(attempt.job, outcome);
  };

  /** Drops what waits in a lane; an attempt under way ends by itself. */
  const clear = (lane: Lane): void => {
    lane.cancelRetry?.();
    lane.cancelRetry = undefined;
    const { current } = lane;
    lane.current = undefined;
    if (current !== undefined && !current.isUnderWay) end(current, "superseded");
  };

  const start = (lane: Lane): void => {
    const { current } = lane;
    if (stopped || current === undefined || current.isUnderWay || lane.cancelRetry !== undefined) return;
    // Quiet messages wait until nothing older can overtake them; an alarm never waits for a slow answer.
    const { send, target } = current.job;
    const isAlarm = send.kind === "alarm";
    if (lane.underWay >= (isAlarm ? UNDER_WAY_MAX : 1)) return;
    // The provider's wish to wait holds for repeats; the first word of a new alarm is worth another refusal.
    const isFirstWord = isAlarm && send.repeat === 0 && current.tries === 0;
    const waitMs = (notBefore.get(target.id) ?? 0) - clock.mono();
    if (waitMs > 0 && !isFirstWord) return retryAfter(lane, waitMs);
    if (waitMs <= 0) notBefore.delete(target.id);
    if (!options.isListed(current.job)) return clear(lane);
    attempt(lane, current);
  };

  const retryAfter = (lane: Lane, ms: number): void => {
    lane.cancelRetry = clock.after(ms, () => {
      lane.cancelRetry = undefined;
      start(lane);
    });
  };

  const attempt = (lane: Lane, current: Attempt): void => {
    current.isUnderWay = true;
    current.tries += 1;
    lane.underWay += 1;
    request(current.job, channels.get(current.job.target.channel), clock)
      .then((result) => {
        current.isUnderWay = false;
        lane.underWay -= 1;
        settle(lane, current, result);
        start(lane);
        if (lane.underWay === 0 && lane.current === undefined) lanes.delete(laneOf(current.job));
      })
      .catch((thrown: unknown) => log.note("send.broken", { detail: messageOf(thrown) }, "error"));
  };

  const settle = (lane: Lane, { job, tries }: Attempt, result: SendResult): void => {
    const isNewest = lane.current?.job === job;
    const about = { key: job.message.key, target: job.target.id, channel: job.target.channel, tries };
    if (result.outcome === "accepted") {
      log.note("send.accepted", about);
      if (isNewest) lane.current = undefined;
      const { acknowledgedBy: by, reference } = result;
      const asks = job.send.kind === "alarm" || job.send.kind === "gentle";
      const mayBeAnswered = asks && by === undefined && reference !== "";
      options.onEnd(job, "accepted", mayBeAnswered ? reference : undefined);
      if (asks && by !== undefined) options.onAcknowledged(job, by)?.catch(() => undefined);
      else if (mayBeAnswered) options.onAccepted(job, reference);
      return;
    }
    const detail = withoutAddresses(result.detail);
    if (result.outcome === "refused") {
      log.note("send.refused", { ...about, detail, gone: result.gone }, "error");
      if (isNewest) lane.current = undefined;
      options.onEnd(job, "refused");
      if (result.gone) options.onGone(job.target, detail);
      return;
    }
    log.note("send.failed", { ...about, detail }, "warn");
    const retry = retryMs(tries, options.random);
    const waitMs = Math.max(retry, Math.min(result.retryAfterMs ?? 0, PATIENCE_MS));
    if (result.retryAfterMs !== undefined) notBefore.set(job.target.id, mono(clock.mono() + waitMs));
    options.onFailed(job);
    if (!isNewest) return options.onEnd(job, "superseded");
    if (isTooOld(lane.current, clock)) return clear(lane);
    if (!stopped) retryAfter(lane, waitMs);
  };

  return {
    deliver(job) {
      if (stopped) return;
      const id = laneOf(job);
      const lane = lanes.get(id) ?? newLane(job);
      lanes.set(id, lane);
      clear(lane);
      lane.current = { job, since: clock.mono(), tries: 0, isUnderWay: false };
      start(lane);
    },
    supersede(occurrence) {
      for (const [id, lane] of lanes) {
        if (lane.occurrence !== occurrence) continue;
        clear(lane);
        if (lane.underWay === 0) lanes.delete(id);
      }
    },
    stop() {
      stopped = true;
      for (const lane of lanes.values()) {
        lane.cancelRetry?.();
        lane.cancelRetry = undefined;
      }
    },
  };
}

const laneOf = ({ send, target }: Job): string => `${send.occurrence} ${target.id}`;

const newLane = ({ send }: Job): Lane => ({
  occurrence: send.occurrence,
  underWay: 0,
  current: undefined,
  cancelRetry: undefined,
});

const isTooOld = (current: Attempt | undefined, clock: Clock): boolean =>
  current !== undefined && current.job.send.kind !== "alarm" && clock.mono() - current.since > QUIET_RETRY_MS;

function request(job: Job, channel: Channel | undefined, clock: Clock): Promise<SendResult> {
  if (channel === undefined) {
    const detail = `there is no channel ${job.target.channel} here`;
    return Promise.resolve({ outcome: "refused", detail, gone: false });
  }
  return answerWithin(clock, ANSWER_MS, () => channel.send(job.target, job.message));
}

/** Back-off with a fifth of chance, so that homes do not return to a provider all at once. */
function retryMs(tries: number, random: Random): number {
  const base = RETRY_MS[Math.min(tries, RETRY_MS.length) - 1] ?? MINUTE_MS;
  return base * (0.8 + 0.4 * random.uniform());
}

/** A push address is as good as a key: it does not belong in logs or on pages. */
const withoutAddresses = (detail: string): string => detail.replaceAll(/https?:\/\/\S+/g, "(address)");
