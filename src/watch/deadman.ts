import { DAY_MS, HOUR_MS, MINUTE_MS, type Mono, mono, SECOND_MS, type Wall } from "../domain/time.ts";
import type { SendResult } from "../port/channel.ts";
import type { DeadManState } from "../port/dead-man.ts";

/** How often a dead man is put off, and how far. */
export interface Pace {
  readonly everyMs: number;
  readonly aheadMs: number;
}

/** How one dead man stands, as this box knows. */
export interface DeadManPlan {
  /** It was accepted, and speaks up then unless it is put off again; undefined: nothing stands. */
  readonly speaksAt: Mono | undefined;
  /** The first try after the last success that the service did not take. */
  readonly failing: { readonly since: Mono; readonly sinceWall: Wall; readonly tries: number } | undefined;
  readonly detail: string;
  readonly dueAt: Mono;
  /** It was answered once, well or not. */
  readonly isKnown: boolean;
}

export type DeadManStep = "put_off" | "call_off" | "wait";

const EVERY_MS = MINUTE_MS;
const AHEAD_MS = 6 * MINUTE_MS;
/** So many tries fit into the time ahead: a router that redials, or a server that restarts, wakes nobody. */
const TRIES = 3;
/** Of what the service takes in a day: the rest is for alarms, where they go the same way, and for restarts. */
const SHARE = { alone: 0.88, withAlarms: 0.5 };
/** A watch that somebody began early or ends late. */
const MORE_MS = HOUR_MS;
const RETRY_MS = [10, 20, 30, 60].map((seconds) => seconds * SECOND_MS);
/** A service may ask for patience, but not for so long that what stands speaks up meanwhile. */
const PATIENCE_MS = MINUTE_MS;
/** So long nobody is told of a service that does not answer: what was ordered before still stands for most of it. */
export const TOLD_AFTER_MS = 10 * MINUTE_MS;

/**
 * The rhythm that fits into what a service takes: every minute and six minutes ahead where it takes enough.
 * `neededMs`: how long of a day it has to stand.
 */
export function paceOf(options: {
  readonly timesPerDay: number | undefined;
  readonly neededMs: number;
  readonly sharedWithAlarms: boolean;
}): Pace {
  const { timesPerDay, neededMs, sharedWithAlarms } = options;
  const share = sharedWithAlarms ? SHARE.withAlarms : SHARE.alone;
  const times = timesPerDay === undefined ? Infinity : Math.max(1, Math.floor(timesPerDay * share));
  const everyMs = Math.max(EVERY_MS, Math.min(DAY_MS, neededMs + MORE_MS) / times);
  return {
    everyMs,
    aheadMs: Math.max(AHEAD_MS, Math.ceil((everyMs * TRIES) / MINUTE_MS) * MINUTE_MS),
  };
}

/** `standsUntil`: what an earlier run left standing at the service, or undefined. */
export const planAt = (now: Mono, standsUntil?: Mono): DeadManPlan => ({
  ...{ speaksAt: standsUntil, failing: undefined, detail: "", dueAt: now, isKnown: false },
});

/**
 * What is to be done now. A box that does not work puts nothing off: then it is as good as dead. What stands and is not
 * wanted any more is called off; what has spoken up by itself too, so that it does not go on ringing.
 */
export function nextStep(
  plan: DeadManPlan,
  { now, isWanted, works }: { readonly now: Mono; readonly isWanted: boolean; readonly works: boolean },
): DeadManStep {
  if (!works) return "wait";
  const isDue = now >= plan.dueAt;
  if (isWanted) return isDue ? "put_off" : "wait";
  // At once: whoever ended the watch is not woken by it a minute later.
  return plan.speaksAt !== undefined && (isDue || plan.failing === undefined) ? "call_off" : "wait";
}

/** What comes of a step. `uniform` in [0, 1): homes do not all come to a service at once. */
export function afterStep(
  plan: DeadManPlan,
  step: Exclude<DeadManStep, "wait">,
  result: SendResult,
  at: { readonly now: Mono; readonly wall: Wall; readonly pace: Pace; readonly uniform: number },
): DeadManPlan {
  const { now, wall, pace, uniform } = at;
  if (result.outcome === "accepted") {
    const isOff = step === "call_off";
    return {
      speaksAt: isOff ? undefined : mono(now + pace.aheadMs),
      failing: undefined,
      detail: "",
      // Off is off: the next one is put up as soon as it is wanted.
      dueAt: isOff ? now : mono(now + pace.everyMs * (0.9 + 0.2 * uniform)),
      isKnown: true,
    };
  }
  const tries = (plan.failing?.tries ?? 0) + 1;
  const retryMs = (RETRY_MS[Math.min(tries, RETRY_MS.length) - 1] ?? MINUTE_MS) * (0.8 + 0.4 * uniform);
  const askedMs = result.outcome === "failed" ? Math.min(result.retryAfterMs ?? 0, PATIENCE_MS) : MINUTE_MS;
  return {
    speaksAt: plan.speaksAt,
    failing: { since: plan.failing?.since ?? now, sinceWall: plan.failing?.sinceWall ?? wall, tries },
    detail: result.detail,
    dueAt: mono(now + Math.max(retryMs, askedMs)),
    isKnown: true,
  };
}

/**
 * How it stands, for people. It is armed only while the service has taken the newest order; a failure of less than ten
 * minutes is not told while an earlier order still stands.
 */
export function stateOf(
  plan: DeadManPlan,
  at: { readonly now: Mono; readonly isWanted: boolean; readonly aheadMs: number | undefined },
): DeadManState {
  const { failing, speaksAt, detail } = plan;
  if (!at.isWanted) return { kind: "resting" };
  if (!plan.isKnown) return { kind: "beginning" };
  const stands = speaksAt !== undefined && at.now < speaksAt;
  const isTold = failing !== undefined && (!stands || at.now - failing.since >= TOLD_AFTER_MS);
  if (isTold) return { kind: "failing", since: failing.sinceWall, detail };
  if (!stands) return { kind: "beginning" };
  return { kind: "armed", ...(at.aheadMs === undefined ? {} : { aheadMs: at.aheadMs }) };
}
