import { type Mono, mono, SECOND_MS } from "../../domain/time.ts";
import type { Receipt, SendResult } from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import type { Links } from "../../port/link.ts";
import type { Log } from "../../port/log.ts";
import type { CallEnd } from "./call.ts";
import { type CreditOptions, createCreditKeeper } from "./credit.ts";
import { createStickKeeper } from "./keeper.ts";
import type { StickSettings } from "./open-port.ts";
import { leastOf, nextOf, QUEUE_MAX, type Waiting } from "./queue.ts";
import type { SmsPdu } from "./sms-pdu.ts";
import type { ModemHealth, Stick } from "./stick.ts";
import { type Trouble, troubleResult } from "./trouble.ts";

/** What is asked of the one stick of a home. */
export interface Order {
  readonly number: string;
  /** One call at a time to a number about the same incident. */
  readonly incident: string;
  readonly target: string;
  readonly rank: number;
  /** Worthless after this. */
  readonly ttlMs: number;
}

/** The stick's line: calls and texts in turn, what became of each. */
export interface Line {
  /** Resolves once the network has taken it, it waits its turn at a working stick, or it came to nothing. */
  call(order: Order): Promise<SendResult>;
  /** Resolves once the network has taken it or it came to nothing, which may take as long as its time is worth. */
  text(order: Order, parts: readonly SmsPdu[]): Promise<SendResult>;
  receipt(reference: string): Receipt;
  cancel(reference: string): void;
  /** Ends calls to a number about an incident. */
  end(number: string, incident: string): void;
  health(): Promise<ModemHealth>;
  /** Somebody is being called or texted, or the network is asked for the credit. */
  isBusy(): boolean;
  /** Keeps the stick open and hears keys, until the signal aborts. */
  run(onKey: (target: string, reference: string) => void, signal: AbortSignal): Promise<void>;
}

export interface LineOptions {
  readonly links: Links;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => StickSettings | undefined;
  /** How the SIM's credit is asked for; undefined: it is not. */
  readonly credit: CreditOptions["settings"];
  readonly zone: string | undefined;
  /** Unlike those of an earlier run. */
  readonly newReference: () => string;
}

interface Job extends Order, Waiting {
  readonly reference: string;
  /** Of a text. */
  readonly parts: readonly SmsPdu[];
  readonly started: (result: SendResult) => void;
  readonly startedOnce: Promise<SendResult>;
  stop: AbortController;
  expiresAt: Mono;
  state: "waiting" | "placed" | "reached";
  /** A more urgent call takes its turn. */
  isMoved: boolean;
  attempts: number;
}

const FULL: SendResult = { outcome: "failed", detail: "too much is waiting for the 4G stick" };

/** Sends have to answer within 15 s. */
const ANSWER_MS = 10 * SECOND_MS;
/** How long it rings: long enough for a phone in another room, less while others wait for their call. */
const RING_MS = { alone: 45 * SECOND_MS, others: 25 * SECOND_MS };
const RECEIPTS_MAX = 300;
const ATTEMPTS_MAX = 2;
/** A stick that was pulled out is looked for again after this, for a call that had begun. */
const AGAIN_MS = 2 * SECOND_MS;

export function createLine(options: LineOptions): Line {
  const { clock, log } = options;
  const keeper = createStickKeeper(options);
  const credit = createCreditKeeper({ clock, log, settings: options.credit, zone: options.zone });
  const receipts = new Map<string, Receipt>();
  let jobs: readonly Job[] = [];
  let current: Job | undefined;
  let isWorking = false;
  let onKey: ((target: string, reference: string) => void) | undefined;

  const note = (reference: string, receipt: Receipt): void => {
    receipts.delete(reference);
    receipts.set(reference, receipt);
    const oldest = receipts.keys().next().value;
    if (receipts.size > RECEIPTS_MAX && oldest !== undefined) receipts.delete(oldest);
  };

  const over = (job: Job, detail: string): void => {
    note(job.reference, { state: "over", detail });
    job.started({ outcome: "failed", detail });
  };

  /** It came to nobody; whoever waits for its first word hears `result`. */
  const unreached = (job: Job, detail: string, result?: SendResult): void => {
    note(job.reference, { state: "over", detail, unreached: true });
    job.started(result ?? { outcome: "failed", detail });
  };

  const drop = (job: Job): void => {
    jobs = jobs.filter((each) => each !== job);
  };

  const add = (order: Order, kind: Job["kind"], parts: readonly SmsPdu[]): Job | undefined => {
    credit.giveWay();
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    const now = clock.mono();
    const job: Job = {
      ...order,
      kind,
      parts,
      reference: options.newReference(),
      queuedAt: now,
      expiresAt: mono(now + order.ttlMs),
      started: resolve,
      startedOnce: promise,
      stop: new AbortController(),
      state: "waiting",
      isMoved: false,
      attempts: 0,
    };
    if (jobs.length >= QUEUE_MAX) {
      const least = leastOf(jobs, job);
      if (least === undefined) return undefined;
      drop(least);
      unreached(least, "too much was waiting for the 4G stick");
    }
    jobs = [...jobs, job];
    note(job.reference, { state: "waiting" });
    if (
      kind === "call" &&
      current?.kind === "call" &&
      current.rank > job.rank &&
      current.state !== "reached"
    ) {
      current.isMoved = true;
      current.stop.abort();
    }
    work().catch((thrown: unknown) => log.note("modem.broken", { detail: String(thrown) }, "error"));
    return job;
  };

  const work = async (): Promise<void> => {
    if (isWorking) return;
    isWorking = true;
    keeper.hold();
    try {
      for (let job = nextOf(jobs, clock.mono()); job !== undefined; job = nextOf(jobs, clock.mono())) {
        drop(job);
        if (clock.mono() >= job.expiresAt) {
          unreached(job, "its time was over before it was its turn");
          continue;
        }
        current = job;
        await perform(job);
        current = undefined;
      }
    } finally {
      current = undefined;
      isWorking = false;
      keeper.release();
    }
  };

  const perform = async (job: Job): Promise<void> => {
    const found = await keeper.stick();
    if (job.stop.signal.aborted && !job.isMoved) return over(job, "stopped");
    if ("trouble" in found) return fail(job, found.trouble);
    if (job.kind === "text") return sendText(job, found);
    settle(job, await found.call(job.number, orderOf(job)));
    // A call that had begun when the stick went away is placed once more, when it is back.
    if (found.isGone() && jobs.includes(job)) await clock.sleep(AGAIN_MS);
  };

  const orderOf = (job: Job) => ({
    ringMs: () => (jobs.some(({ kind }) => kind === "call") ? RING_MS.others : RING_MS.alone),
    signal: job.stop.signal,
    onState: (state: "placed" | "reached") => {
      job.state = state;
      if (state === "reached") note(job.reference, { state });
      job.started({ outcome: "accepted", reference: job.reference });
    },
  });

  const settle = (job: Job, end: CallEnd): void => {
    switch (end.end) {
      case "key":
        note(job.reference, { state: "acknowledged" });
        return onKey?.(job.target, job.reference);
      case "reached":
        return over(job, "somebody picked up and pressed no key");
      case "no answer":
        return unreached(job, end.said === undefined ? "nobody picked up" : `nobody picked up (${end.said})`);
      case "stopped":
        return job.isMoved ? again(job) : over(job, "stopped");
      case "trouble": {
        const wasPlaced = job.state !== "waiting";
        job.attempts += 1;
        const isLost = end.trouble.code === "no_stick" || end.trouble.code === "silent";
        if (wasPlaced && isLost && job.attempts < ATTEMPTS_MAX) return again(job);
        return fail(job, end.trouble);
      }
    }
  };

  const again = (job: Job): void => {
    job.isMoved = false;
    job.stop = new AbortController();
    job.state = "waiting";
    jobs = [...jobs, job];
  };

  const sendText = async (job: Job, stick: Stick): Promise<void> => {
    const trouble = await stick.text(job.parts);
    if (trouble !== undefined) return fail(job, trouble);
    note(job.reference, { state: "over", detail: "the text was sent; whether it was read is not known" });
    job.started({ outcome: "accepted", reference: job.reference });
  };

  const fail = (job: Job, trouble: Trouble): void => {
    const result = troubleResult(trouble);
    log.note("modem.trouble", { what: job.kind, code: trouble.code, said: trouble.said }, "warn");
    unreached(job, result.detail, result);
  };

  /** The first word about a job; a job that waits its turn is accepted, one at a stick that does not open is not. */
  const answer = async (job: Job | undefined): Promise<SendResult> => {
    if (job === undefined) return FULL;
    let cancel = (): void => undefined;
    const late = new Promise<SendResult>((resolve) => {
      cancel = clock.after(ANSWER_MS, () => {
        const isWaiting = keeper.isOpen() && receipts.get(job.reference)?.state !== "over";
        resolve(
          isWaiting
            ? { outcome: "accepted", reference: job.reference }
            : { outcome: "failed", detail: "the 4G stick is still being opened" },
        );
      });
    });
    const result = await Promise.race([job.startedOnce, late]);
    cancel();
    return result;
  };

  const find = (match: (job: Job) => boolean): Job | undefined =>
    [...(current === undefined ? [] : [current]), ...jobs].find(match);

  const stop = (job: Job): void => {
    job.stop.abort();
    job.isMoved = false;
    if (!jobs.includes(job)) return;
    drop(job);
    over(job, "stopped");
  };

  return {
    call(order) {
      const known = find(
        ({ kind, number, incident, stop: { signal }, isMoved }) =>
          kind === "call" &&
          number === order.number &&
          incident === order.incident &&
          (isMoved || !signal.aborted),
      );
      if (known !== undefined) known.expiresAt = mono(clock.mono() + order.ttlMs);
      return answer(known ?? add(order, "call", []));
    },
    text: (order, parts) => add(order, "text", parts)?.startedOnce ?? Promise.resolve(FULL),
    receipt: (reference) =>
      receipts.get(reference) ?? { state: "over", detail: "it was sent before this box last started" },
    cancel(reference) {
      const job = find((each) => each.reference === reference);
      if (job?.kind === "call") stop(job);
    },
    end(number, incident) {
      const job = find(
        (each) => each.kind === "call" && each.number === number && each.incident === incident,
      );
      if (job !== undefined) stop(job);
    },
    async health() {
      const health = await keeper.health();
      const said = credit.known();
      return health.ready && said !== undefined ? { ...health, credit: said } : health;
    },
    isBusy: () => isWorking || credit.isAsking(),
    async run(listener, signal) {
      onKey = listener;
      try {
        await keeper.keepOpen(() => isWorking, credit.look, signal);
      } finally {
        onKey = undefined;
      }
    },
  };
}
