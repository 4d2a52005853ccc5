import { messageOf } from "../domain/fault.ts";
import type { Language } from "../domain/person.ts";
import { HOUR_MS, MINUTE_MS, type Mono, SECOND_MS } from "../domain/time.ts";
import type { Channel, ChannelReady, ChannelTarget, SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Http } from "../port/http.ts";
import type { Log } from "../port/log.ts";

/** How somewhere has answered of late. */
export type Reached =
  | { readonly ok: true }
  /** `since`: the first failure after the last success. */
  | { readonly ok: false; readonly since: Mono; readonly detail: string };

/**
 * Whether phones could be called now: what sends come to, and, while it matters, a question to each service once a
 * minute, since on a good night nothing is sent. A question is a plain request for the first page of the service: it
 * names nobody.
 */
export interface Reach {
  /** The same channel; what its sends come to counts. */
  listening(channel: Channel): Channel;
  /** How the newest messages to a target ended; undefined before the first. */
  sends(target: string): Reached | undefined;
  /** How the service behind a target answers; undefined before the first answer, or where it cannot be asked. */
  service(target: ChannelTarget): Reached | undefined;
  /** What a channel last said of what it needs in the house; undefined before that, or where it needs nothing. */
  ready(channel: string): ChannelReady | undefined;
  start(): void;
  stop(): void;
}

export interface ReachOptions {
  readonly clock: Clock;
  readonly http: Http;
  readonly log: Log;
  /** Whose services are asked now: empty while nobody would be called. */
  readonly wanted: () => readonly ChannelTarget[];
  /** Of what channels say of the house. */
  readonly language: Language;
  /** Something answers that did not, or the reverse; must not throw. */
  readonly onChange: () => void;
}

const ASK_MS = MINUTE_MS;
/** A service that did not answer is asked again so soon, so that the end of a redial is seen at once. */
const AGAIN_MS = 15 * SECOND_MS;
const TIMEOUT_MS = 10 * SECOND_MS;
/** What stands in the house and works is asked about so often: a stick that was pulled out is missed before the alarm. */
const READY_MS = HOUR_MS;
/** A stick that has to be opened takes its time. */
const READY_TIMEOUT_MS = MINUTE_MS;
/** Targets and services that are remembered. */
const MOST = 100;

export function createReach(options: ReachOptions): Reach {
  const { clock, http, log } = options;
  const sends = new Map<string, Reached>();
  const services = new Map<string, Reached>();
  const waits = new Set<() => void>();
  const channels = new Map<string, Channel>();
  const readies = new Map<string, { readonly said: ChannelReady; readonly at: Mono }>();
  let cancel: (() => void) | undefined;
  let running = false;

  const note = (book: Map<string, Reached>, name: string, failure: string | undefined): void => {
    const before = book.get(name);
    const since = before?.ok === false ? before.since : clock.mono();
    // The newest last: the one that nobody has spoken of for the longest time is forgotten first.
    book.delete(name);
    book.set(name, failure === undefined ? { ok: true } : { ok: false, since, detail: failure });
    const oldest = book.keys().next().value;
    if (book.size > MOST && oldest !== undefined) book.delete(oldest);
    if (before?.ok !== (failure === undefined)) options.onChange();
  };

  const addressOf = (target: ChannelTarget): string | undefined => {
    const channel = channels.get(target.channel);
    return channel?.ready === undefined ? channel?.service?.(target) : houseOf(channel.id);
  };

  /** What a channel says; a channel that never answers counts as one that cannot (law 1). */
  const readyInTime = (channel: Channel): Promise<ChannelReady | undefined> =>
    new Promise((resolve) => {
      const end = (said: ChannelReady | undefined): void => {
        cancelWait();
        waits.delete(cancelWait);
        resolve(said);
      };
      const cancelWait = clock.after(READY_TIMEOUT_MS, () => end({ ok: false, detail: "no answer in time" }));
      waits.add(cancelWait);
      const asking = channel.ready?.(options.language) ?? Promise.resolve(undefined);
      asking.then(end, (thrown: unknown) => end({ ok: false, detail: messageOf(thrown) }));
    });

  /** By hour, and as soon as it may be mended. */
  const askHouse = async (channel: Channel): Promise<void> => {
    const before = readies.get(channel.id);
    const isFresh = before?.said.ok === true && clock.mono() - before.at < READY_MS;
    if (channel.ready === undefined || isFresh) return;
    const said = await readyInTime(channel);
    if (said === undefined || !running) return;
    readies.set(channel.id, { said, at: clock.mono() });
    note(services, houseOf(channel.id), said.ok ? undefined : said.detail);
    if (before?.said.detail !== said.detail) options.onChange();
  };

  /**
   * Why a service did not answer; undefined when it did. Any answer will do, also a refusal: somebody was there. Never
   * rejects, and always ends: a question that hangs must not pass for silence in which all is well (law 1).
   */
  const failureOf = (address: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      const cancelWait = clock.after(TIMEOUT_MS, () => end("no answer in time"));
      const end = (failure: string | undefined): void => {
        cancelWait();
        waits.delete(cancelWait);
        resolve(failure);
      };
      waits.add(cancelWait);
      http.request({ method: "GET", url: address, headers: {}, timeoutMs: TIMEOUT_MS }).then(
        () => end(undefined),
        (thrown: unknown) => end(messageOf(thrown)),
      );
    });

  const ask = async (address: string): Promise<void> => {
    const failure = await failureOf(address);
    if (running) note(services, address, failure);
  };

  const round = async (): Promise<void> => {
    const addresses = new Set(options.wanted().flatMap((target) => addressOf(target) ?? []));
    // What nobody has any more is not remembered, nor what nobody asks about: it may have changed by then.
    for (const address of services.keys()) if (!addresses.has(address)) services.delete(address);
    for (const id of readies.keys()) if (!addresses.has(houseOf(id))) readies.delete(id);
    const inHouse = [...channels.values()].filter(({ id }) => addresses.has(houseOf(id)));
    const outside = [...addresses].filter((address) => !inHouse.some(({ id }) => houseOf(id) === address));
    await Promise.all([...outside.map(ask), ...inHouse.map(askHouse)]);
  };

  /** For ever, whatever happens to one round. */
  const next = (): void => {
    round()
      .catch((error: unknown) => log.note("reach.failed", { why: messageOf(error) }, "error"))
      .finally(() => {
        if (!running) return;
        const isWell = [...services.values()].every(({ ok }) => ok);
        cancel = clock.after(isWell ? ASK_MS : AGAIN_MS, next);
      });
  };

  const noteSend = (target: ChannelTarget, result: SendResult): void => {
    note(sends, target.id, result.outcome === "accepted" ? undefined : result.detail);
    const address = addressOf(target);
    if (running && address !== undefined && result.outcome === "accepted") note(services, address, undefined);
  };

  return {
    listening(channel) {
      channels.set(channel.id, channel);
      return {
        ...channel,
        async send(target, message) {
          const result = await channel.send(target, message);
          noteSend(target, result);
          return result;
        },
      };
    },
    sends: (target) => sends.get(target),
    service(target) {
      const address = addressOf(target);
      return address === undefined ? undefined : services.get(address);
    },
    ready: (channel) => readies.get(channel)?.said,
    start() {
      if (running) return;
      running = true;
      next();
    },
    stop() {
      running = false;
      cancel?.();
      for (const cancelWait of waits) cancelWait();
      waits.clear();
    },
  };
}

/** Stands for what a channel needs in the house, among the addresses of services. */
const houseOf = (channel: string): string => `house:${channel}`;
