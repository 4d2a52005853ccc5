import { messageOf } from "../domain/fault.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Spool, SpoolItem } from "../port/record.ts";
import { withAfter } from "./observation.ts";
import { doneWithin } from "./patience.ts";

export interface LanesOptions {
  readonly bus: Bus;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  /** What is to be sent for a spooled item now; undefined holds it back for a later pass. */
  readonly prepare: (item: SpoolItem) => string | undefined;
}

/**
 * Two lanes over one connection. Live: what comes now goes out at once. Backlog: what the spool still holds goes
 * out behind it, a few messages at a time, so that it never stands before the live lane for long, and never far ahead
 * of what the hub says it has stored, so that a fleet that comes back at once does not drown it. Each keeps its order.
 */
export interface Lanes {
  send(item: SpoolItem): void;
  /** The hub has everything of a stream up to this number. */
  settled(device: string, epoch: string, seq: number): void;
  /** Sends everything that the spool holds again, except what goes out live from now on. */
  restart(): void;
  /** The backlog is being sent. */
  readonly busy: boolean;
  /** Items that went out on the backlog lane. */
  readonly resent: number;
  stop(): Promise<void>;
}

const BACKLOG_WINDOW = 64;
const LIVE_WINDOW = 512;
const READ_ITEMS = 128;
const RETRY_MS = 1_000;
const STOP_MS = 1_000;
/** Sent on the backlog lane and not yet stored, as far as is known: a second's work for a hub that is well. */
const AHEAD_MAX = 1_024;
/** Nothing of them is stored for so long: some were turned away or lost, so it begins anew. Doubles each time. */
const STALLED_MS_MIN = 30_000;
const STALLED_MS_MAX = 600_000;

/** Listens to the bus from the start. */
export function createLanes({ bus, spool, clock, log, prepare }: LanesOptions): Lanes {
  /** Of each stream the first number that went out live since the newest pass began. */
  const firstLive = new Map<string, number>();
  const stopping = new AbortController();
  let liveInFlight = 0;
  let backlogInFlight = 0;
  let wanted = 0;
  let running: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  let cancelRecovery: (() => void) | undefined;
  let resent = 0;
  /** Of each stream the numbers that this pass sent and that are not known to be stored, ascending. */
  const ahead = new Map<string, number[]>();
  let aheadCount = 0;
  let stalledMs = STALLED_MS_MIN;

  const forgetAhead = (): void => {
    ahead.clear();
    aheadCount = 0;
  };

  const restart = (): void => {
    firstLive.clear();
    forgetAhead();
    wanted++;
    wake?.();
    if (bus.connected && !stopping.signal.aborted) running ??= run();
  };

  /** Something did not go out although the connection stands: rest a second, then let the backlog repair it. */
  const recoverLater = (): void => {
    if (stopping.signal.aborted) return;
    cancelRecovery ??= clock.after(RETRY_MS, () => {
      cancelRecovery = undefined;
      restart();
    });
  };

  const run = async (): Promise<void> => {
    let done = wanted - 1;
    while (done !== wanted && bus.connected && !stopping.signal.aborted) {
      const pass = wanted;
      try {
        await sendBacklog(() => pass === wanted && bus.connected && !stopping.signal.aborted);
        done = pass;
      } catch (error) {
        log.note("uplink.spool_failed", { code: "DISK_FAILED", detail: messageOf(error) }, "error");
        await clock.sleep(RETRY_MS, stopping.signal).catch(() => undefined);
      }
    }
    running = undefined;
  };

  const sendBacklog = async (isCurrent: () => boolean): Promise<void> => {
    /** Of each stream the newest number that this pass saw. */
    const seen = new Map<string, number>();
    let position = 0;
    for (;;) {
      const items = await spool.read(position, READ_ITEMS);
      if (items.length === 0) return;
      for (const item of items) {
        while (isCurrent() && (backlogInFlight >= BACKLOG_WINDOW || aheadCount >= AHEAD_MAX)) await room();
        if (!isCurrent()) return;
        position = item.position + 1;
        sendAgain(item, seen);
      }
    }
  };

  const room = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(stalledMs, () => {
        stalledMs = Math.min(STALLED_MS_MAX, 2 * stalledMs);
        restart();
      });
      wake = () => {
        cancel();
        resolve();
      };
    });

  const sendAgain = (item: SpoolItem, seen: Map<string, number>): void => {
    const stream = `${item.device} ${item.epoch}`;
    const before = seen.get(stream) ?? -1;
    seen.set(stream, item.seq);
    const hasGap = before !== item.seq - 1;
    // What went out live needs no second time, unless the numbers before it were lost for good: it then says so.
    if (item.seq >= (firstLive.get(stream) ?? Number.POSITIVE_INFINITY) && !hasGap) return;
    const payload = prepare(item);
    if (payload === undefined) return;
    resent++;
    const sent = ahead.get(stream) ?? [];
    sent.push(item.seq);
    ahead.set(stream, sent);
    aheadCount++;
    backlogInFlight++;
    bus
      .publish(item.topic, hasGap ? withAfter(payload, before) : payload, { retain: false })
      .catch(whenLost)
      .finally(() => {
        backlogInFlight--;
        wake?.();
      })
      .catch(whenLost);
  };

  /** With the connection the item is not lost: the next connection begins with the backlog. */
  const whenLost = (): void => {
    if (bus.connected) recoverLater();
  };

  const stopListening = bus.onConnected((connected) => {
    cancelRecovery?.();
    cancelRecovery = undefined;
    wake?.();
    if (connected) restart();
  });
  if (bus.connected) restart();

  return {
    send(item) {
      spool.add(item);
      if (!bus.connected || cancelRecovery !== undefined) return;
      if (liveInFlight >= LIVE_WINDOW) return recoverLater();
      const stream = `${item.device} ${item.epoch}`;
      if (!firstLive.has(stream)) firstLive.set(stream, item.seq);
      liveInFlight++;
      bus
        .publish(item.topic, item.payload, { retain: false })
        .catch(whenLost)
        .finally(() => {
          liveInFlight--;
        })
        .catch(whenLost);
    },
    settled(device, epoch, seq) {
      const stream = `${device} ${epoch}`;
      const sent = ahead.get(stream);
      if (sent === undefined) return;
      const first = sent.findIndex((one) => one > seq);
      const gone = first === -1 ? sent.length : first;
      if (gone === 0) return;
      sent.splice(0, gone);
      aheadCount -= gone;
      stalledMs = STALLED_MS_MIN;
      if (sent.length === 0) ahead.delete(stream);
      wake?.();
    },
    restart,
    get busy() {
      return running !== undefined;
    },
    get resent() {
      return resent;
    },
    async stop() {
      stopping.abort();
      stopListening();
      cancelRecovery?.();
      wake?.();
      // A disk that stalls in the middle of a read must not keep the program from ending.
      if (running !== undefined) await doneWithin(clock, STOP_MS, running);
    },
  };
}
