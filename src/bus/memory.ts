import { Fault } from "../domain/fault.ts";
import type { Bus, BusConnector, BusOptions } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { BrokerStarter } from "../port/world.ts";
import { topicMatcher } from "./topics.ts";

/** What a message on its way to one subscriber meets. */
export type Fate = "deliver" | "lose" | "twice";

/** A broker without sockets, for rehearsals: the same promises as MQTT with QoS 1, and faults on demand. */
export interface MemoryBus {
  readonly connector: BusConnector;
  /** Starting it brings the broker up, closing it takes it down, retained messages and all. */
  readonly starter: BrokerStarter;
  /** Breaks every connection as a lost network does: last wills are published, clients come back after a second. */
  disconnectAll(): void;
  /** Decides for each message and subscriber; `lose` loses it behind the sender's acknowledgement. */
  setFate(fate: (topic: string) => Fate): void;
  /** Everything takes this long on its way to a subscriber. */
  setDelay(ms: number): void;
  /** Messages that reached a subscriber so far. */
  readonly delivered: number;
}

type Handler = (topic: string, payload: string, retained: boolean) => void;

interface Subscription {
  readonly matches: (topic: string) => boolean;
  readonly handlers: Set<Handler>;
}

interface Client {
  readonly options: BusOptions;
  readonly subscriptions: Map<string, Subscription>;
  setConnected(connected: boolean): void;
  readonly isConnected: () => boolean;
  readonly isClosed: () => boolean;
}

const RETRY_MS = 1_000;

/** Each message of it goes to one of its subscribers, and no retained one (MQTT 5, section 4.8.2). */
const isShared = (filter: string): boolean => filter.startsWith("$share/");

/** A broker that is up from the start; `starter` is for compositions that bring their own. */
export function createMemoryBus(clock: Clock): MemoryBus {
  const clients = new Set<Client>();
  const retained = new Map<string, string>();
  let up = true;
  let delayMs = 0;
  let fateOf: (topic: string) => Fate = () => "deliver";
  let delivered = 0;

  /** Later than now in any case, as on a network, and in order. */
  const later = (action: () => void): void => {
    if (delayMs === 0) queueMicrotask(action);
    else clock.after(delayMs, action);
  };

  /** Whose turn it is in each shared subscription. */
  const turns = new Map<string, number>();

  /** Of each shared subscription that covers a topic, the one client that gets the message. */
  const sharersOf = (topic: string): ReadonlyMap<string, Client> => {
    const sharers = new Map<string, Client[]>();
    for (const client of clients) {
      for (const [filter, { matches }] of client.subscriptions) {
        if (!isShared(filter) || !client.isConnected() || !matches(topic)) continue;
        sharers.set(filter, [...(sharers.get(filter) ?? []), client]);
      }
    }
    const chosen = new Map<string, Client>();
    for (const [filter, among] of sharers) {
      const turn = turns.get(filter) ?? 0;
      turns.set(filter, turn + 1);
      const client = among[turn % among.length];
      if (client !== undefined) chosen.set(filter, client);
    }
    return chosen;
  };

  const deliver = (
    client: Client,
    topic: string,
    payload: string,
    isRetained: boolean,
    gets: (filter: string) => boolean,
  ): void => {
    const fate = fateOf(topic);
    const times = { lose: 0, deliver: 1, twice: 2 }[fate];
    for (let time = 0; time < times; time++) {
      later(() => {
        if (!client.isConnected()) return;
        delivered++;
        for (const [filter, { matches, handlers }] of client.subscriptions) {
          if (gets(filter) && matches(topic))
            for (const handler of handlers) handler(topic, payload, isRetained);
        }
      });
    }
  };

  const route = (topic: string, payload: string, retain: boolean): void => {
    if (retain && payload === "") retained.delete(topic);
    else if (retain) retained.set(topic, payload);
    const chosen = sharersOf(topic);
    for (const client of clients) {
      const gets = (filter: string): boolean => !isShared(filter) || chosen.get(filter) === client;
      const wants = [...client.subscriptions].some(([filter, { matches }]) => gets(filter) && matches(topic));
      if (client.isConnected() && wants) deliver(client, topic, payload, false, gets);
    }
  };

  const sendRetained = (client: Client, { matches }: Subscription): void => {
    for (const [topic, payload] of retained) {
      if (matches(topic)) deliver(client, topic, payload, true, (filter) => !isShared(filter));
    }
  };

  const connect = (client: Client): void => {
    if (client.isClosed()) return;
    if (!up) return reconnect(client);
    client.setConnected(true);
    for (const subscription of client.subscriptions.values()) sendRetained(client, subscription);
  };

  const reconnect = (client: Client): void => {
    clock.after(RETRY_MS, () => connect(client));
  };

  const breakConnection = (client: Client): void => {
    if (!client.isConnected()) return;
    client.setConnected(false);
    const { will } = client.options;
    if (will !== undefined) route(will.topic, will.payload, true);
    reconnect(client);
  };

  const disconnectAll = (): void => {
    for (const client of clients) breakConnection(client);
  };

  return {
    connector: {
      connect(options) {
        const { client, bus } = createClient(options, {
          route,
          later,
          sendRetained,
          forget: (gone) => clients.delete(gone),
        });
        clients.add(client);
        later(() => connect(client));
        return bus;
      },
    },
    starter: {
      start: ({ host, port }) => {
        up = true;
        return Promise.resolve({
          url: `memory://${host}:${port}`,
          users: {
            put: () => Promise.resolve(),
            remove: () => Promise.resolve(),
            list: () => Promise.resolve([]),
          },
          setCertificate: () => Promise.resolve(),
          close() {
            up = false;
            disconnectAll();
            retained.clear();
            return Promise.resolve();
          },
        });
      },
    },
    disconnectAll,
    setFate(fate) {
      fateOf = fate;
    },
    setDelay(ms) {
      delayMs = ms;
    },
    get delivered() {
      return delivered;
    },
  };
}

function createClient(
  options: BusOptions,
  broker: {
    route(topic: string, payload: string, retain: boolean): void;
    later(action: () => void): void;
    sendRetained(client: Client, subscription: Subscription): void;
    forget(client: Client): void;
  },
): { readonly client: Client; readonly bus: Bus } {
  const listeners = new Set<(connected: boolean) => void>();
  const inFlight = new Set<(fault: Fault) => void>();
  let connected = false;
  let closed = false;

  const client: Client = {
    options,
    subscriptions: new Map(),
    isConnected: () => connected,
    isClosed: () => closed,
    setConnected(value) {
      connected = value;
      for (const listener of listeners) listener(value);
      if (value) return;
      for (const fail of inFlight) fail(unreachable(options.url));
      inFlight.clear();
    },
  };

  const bus: Bus = {
    get connected() {
      return connected;
    },
    publish(topic, payload, { retain }) {
      if (!connected) return Promise.reject(unreachable(options.url));
      return new Promise((resolve, reject) => {
        inFlight.add(reject);
        broker.later(() => {
          if (!inFlight.delete(reject)) return;
          broker.route(topic, payload, retain);
          resolve();
        });
      });
    },
    subscribe(filter, handler) {
      const subscription = client.subscriptions.get(filter) ?? {
        matches: topicMatcher(filter),
        handlers: new Set(),
      };
      subscription.handlers.add(handler);
      client.subscriptions.set(filter, subscription);
      if (connected) broker.sendRetained(client, subscription);
      return () => {
        subscription.handlers.delete(handler);
        if (subscription.handlers.size > 0 || client.subscriptions.get(filter) !== subscription) return;
        client.subscriptions.delete(filter);
      };
    },
    onConnected(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      if (connected) client.setConnected(false);
      broker.forget(client);
      return Promise.resolve();
    },
  };
  return { client, bus };
}

function unreachable(url: string): Fault {
  return new Fault("BUS_UNREACHABLE", `The broker at ${url} is away.`);
}
