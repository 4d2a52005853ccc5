import { Socket } from "node:net";
import { connect, type MqttClient } from "mqtt";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Bus, BusConnector, BusOptions } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { withoutShare } from "./acl.ts";
import { clientOptions, retryWait } from "./client-options.ts";
import { PAYLOAD_CHARS_MAX } from "./messages.ts";
import { topicMatcher } from "./topics.ts";

export interface BusConnectorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

type Handler = (topic: string, payload: string, retained: boolean) => void;

/** Everybody who listens to one filter. */
interface Subscription {
  readonly matches: (topic: string) => boolean;
  readonly handlers: Set<Handler>;
}

/** A broker that acknowledges nothing for so long is gone, whatever the socket says (a half-open connection). */
const ACKNOWLEDGE_MS = 5_000;
const CLOSE_MS = 1_000;
/** A connection that lived this long was a good one: the next attempt starts over with the shortest wait. */
const STEADY_MS = 5_000;
/** UTF-8 takes up to three bytes for one UTF-16 unit; nobody reads a longer payload, so it is not made a text of. */
const PAYLOAD_BYTES_MAX = 3 * PAYLOAD_CHARS_MAX;
/** Messages on their way or waiting for it; further ones are refused. */
const IN_FLIGHT_MAX = 1_000;

/**
 * MQTT 3.1.1 or 5 over mqtt.js. Every connection is a new client of the library with nothing left in it of the one
 * before: what was not acknowledged is rejected, and it is for the caller, who has it on disk, to send it again.
 */
export function createBusConnector(options: BusConnectorOptions): BusConnector {
  return { connect: (busOptions) => createBus(options, busOptions) };
}

/** A message that is not acknowledged yet. */
interface Outgoing {
  /** When it was sent; undefined while it waits for a place. */
  since?: number;
  send(): void;
  fail(fault: Fault): void;
}

/** One live connection. */
interface Connection {
  readonly client: MqttClient;
  /** Oldest first. */
  readonly inFlight: Set<Outgoing>;
  /** The last of `inFlight`, which are not sent yet; oldest first. */
  readonly waiting: Outgoing[];
  /** How many of `inFlight` are sent. */
  sent: number;
  /** How many the broker takes unacknowledged (MQTT 5, receive maximum). */
  window: number;
  /** When it was granted its subscriptions. */
  readyAt?: number;
}

function createBus({ clock, random, log }: BusConnectorOptions, options: BusOptions): Bus {
  const subscriptions = new Map<string, Subscription>();
  const listeners = new Set<(connected: boolean) => void>();
  let connection: Connection | undefined;
  let connected = false;
  let failures = 0;
  let told: string | undefined;
  let cancelRetry: (() => void) | undefined;
  let cancelWatch: (() => void) | undefined;
  let closed = false;

  const setConnected = (value: boolean): void => {
    if (connected === value) return;
    connected = value;
    for (const listener of listeners) guarded("connected", () => listener(value));
  };

  const guarded = (what: string, call: () => void): void => {
    try {
      call();
    } catch (error) {
      log.note("bus.handler_failed", { what, detail: messageOf(error) }, "error");
    }
  };

  /** The same cause is told once, not at every attempt. */
  const tell = (cause: string): void => {
    if (told === cause) return;
    told = cause;
    log.note("bus.unreachable", { code: "BUS_UNREACHABLE", url: options.url, detail: cause }, "warn");
  };

  const open = (): void => {
    const client = connect(options.url, clientOptions(options));
    const opened: Connection = { client, inFlight: new Set(), waiting: [], sent: 0, window: IN_FLIGHT_MAX };
    connection = opened;
    client.on("error", (error) => {
      tell(messageOf(error));
      giveUp(opened);
    });
    client.on("close", () => {
      lose(opened);
    });
    client.on("message", (topic, payload, packet) => {
      if (connection !== opened) return;
      if (payload.length > PAYLOAD_BYTES_MAX) {
        log.note("bus.payload_refused", { topic: topic.slice(0, 200), bytes: payload.length }, "warn");
        return;
      }
      const text = payload.toString("utf8");
      for (const { matches, handlers } of subscriptions.values()) {
        if (!matches(topic)) continue;
        for (const handler of handlers) guarded(topic, () => handler(topic, text, packet.retain));
      }
    });
    client.on("connect", ({ properties }) => {
      opened.window = Math.min(IN_FLIGHT_MAX, properties?.receiveMaximum ?? IN_FLIGHT_MAX);
      if (client.stream instanceof Socket) client.stream.setNoDelay(true);
      writeTogether(client.stream);
      subscribeAll(opened);
    });
  };

  /** The library says "close" some time later, and not after every error: from here on the connection is gone. */
  const giveUp = (opened: Connection): void => {
    opened.client.end(true);
    lose(opened);
  };

  /** Only with its subscriptions granted is a connection one: otherwise answers to what is sent would be missed. */
  const subscribeAll = (opened: Connection): void => {
    const ready = (): void => {
      if (connection !== opened) return;
      told = undefined;
      opened.readyAt = clock.mono();
      log.note("bus.connected", { url: options.url });
      setConnected(true);
    };
    const filters = [...subscriptions.keys()];
    if (filters.length === 0) ready();
    else subscribeTo(opened, filters, ready);
  };

  const subscribeTo = (opened: Connection, filters: string[], ready: () => void): void => {
    opened.client.subscribe(filters, { qos: 1 }, (error, granted = []) => {
      if (connection !== opened) return;
      const refused = granted.filter(({ qos }) => qos >= 128).map(({ topic }) => topic);
      if (refused.length > 0) {
        log.note(
          "bus.subscription_refused",
          { code: "BUS_UNREACHABLE", filters: refused.join(" ") },
          "error",
        );
      }
      if (error !== null && refused.length === 0) giveUp(opened);
      else ready();
    });
  };

  const lose = (opened: Connection): void => {
    if (connection !== opened) return;
    connection = undefined;
    cancelWatch?.();
    cancelWatch = undefined;
    if (opened.readyAt !== undefined && clock.mono() - opened.readyAt >= STEADY_MS) failures = 0;
    if (connected) log.note("bus.lost", { code: "BUS_UNREACHABLE", url: options.url }, "warn");
    setConnected(false);
    for (const { fail } of opened.inFlight) fail(unreachable(options.url, "the connection broke"));
    opened.inFlight.clear();
    if (closed) return;
    cancelRetry = clock.after(retryWait(failures++, options.shared === true, random), open);
  };

  /** Sends what waits, as far as the broker takes more. */
  const sendWaiting = (opened: Connection): void => {
    while (connection === opened && opened.sent < opened.window) {
      const entry = opened.waiting.shift();
      if (entry === undefined) return;
      entry.since = clock.mono();
      opened.sent++;
      watch(opened);
      entry.send();
    }
  };

  /** Watches for a broker that takes messages and acknowledges none. */
  const watch = (opened: Connection): void => {
    cancelWatch ??= clock.after(ACKNOWLEDGE_MS, () => {
      cancelWatch = undefined;
      const [oldest] = opened.inFlight;
      if (connection !== opened || oldest?.since === undefined) return;
      if (clock.mono() - oldest.since < ACKNOWLEDGE_MS) return watch(opened);
      tell(`no acknowledgement in ${ACKNOWLEDGE_MS} ms`);
      giveUp(opened);
    });
  };

  open();

  return {
    get connected() {
      return connected;
    },
    publish(topic, payload, { retain }) {
      const open = connection;
      if (!connected || open === undefined) return Promise.reject(unreachable(options.url, "not connected"));
      if (open.inFlight.size >= IN_FLIGHT_MAX) {
        return Promise.reject(unreachable(options.url, `${IN_FLIGHT_MAX} messages are not acknowledged`));
      }
      return new Promise((resolve, reject) => {
        const settle = (error?: unknown): void => {
          open.inFlight.delete(entry);
          open.sent--;
          sendWaiting(open);
          if (error === undefined || error === null) resolve();
          else reject(unreachable(options.url, messageOf(error)));
        };
        const entry: Outgoing = {
          send: () => void open.client.publish(topic, payload, { qos: 1, retain }, settle),
          fail: reject,
        };
        open.inFlight.add(entry);
        open.waiting.push(entry);
        sendWaiting(open);
      });
    },
    subscribe(filter, handler) {
      const known = subscriptions.get(filter);
      const subscription = known ?? { matches: topicMatcher(withoutShare(filter)), handlers: new Set() };
      subscription.handlers.add(handler);
      subscriptions.set(filter, subscription);
      const client = connection?.client;
      if (known === undefined && connection !== undefined && client?.connected === true) {
        subscribeTo(connection, [filter], () => undefined);
      }
      return () => {
        subscription.handlers.delete(handler);
        if (subscription.handlers.size > 0 || subscriptions.get(filter) !== subscription) return;
        subscriptions.delete(filter);
        if (connection?.client.connected === true) connection.client.unsubscribe(filter);
      };
    },
    onConnected(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      cancelRetry?.();
      const closing = connection?.client;
      if (closing === undefined) return;
      await new Promise<void>((resolve) => {
        closing.on("close", resolve);
        // A broker that does not answer must not keep the program from ending.
        const cancel = clock.after(CLOSE_MS, () => closing.stream.destroy());
        closing.on("close", cancel);
        closing.end(!connected);
      });
    },
  };
}

/** What one piece of the stream makes the library write, above all its acknowledgements, leaves in one system call. */
function writeTogether(stream: MqttClient["stream"]): void {
  stream.on("data", () => {
    stream.cork();
    setImmediate(() => stream.uncork());
  });
}

function unreachable(url: string, why: string): Fault {
  return new Fault("BUS_UNREACHABLE", `The broker at ${url}: ${why}.`, {
    fix: "Check that the broker runs, its address, and the user and password for it.",
  });
}
