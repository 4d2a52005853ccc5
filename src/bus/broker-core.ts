import type { Socket } from "node:net";
import { Aedes, type Client } from "aedes";
import { messageOf } from "../domain/fault.ts";
import type { BrokerUsers } from "../port/bus.ts";
import type { Log, LogFields } from "../port/log.ts";
import { mayPublish, maySubscribe } from "./acl.ts";
import { createDoorkeeper } from "./broker-door.ts";
import { createPacketGauge, gaugedStream, PAYLOAD_BYTES_MAX, type PacketGauge } from "./broker-packets.ts";
import { createRetainedShelf } from "./broker-retained.ts";
import { type Admission, createGatekeeper } from "./broker-users.ts";

/** The broker behind its listeners. */
export interface BrokerCore {
  readonly users: BrokerUsers;
  /** At the first byte of a connection; false when it was turned away. */
  enter(socket: Socket): boolean;
  /** The connection speaks MQTT from here on. */
  accept(socket: Socket): void;
  close(): Promise<void>;
}

/** One connection. */
interface Session {
  readonly socket: Socket;
  readonly gauge: PacketGauge;
  /** Set once it has proved who it is. */
  admitted?: { readonly user: string; readonly as: Admission };
  readonly filters: Set<string>;
}

const CONNECT_MS = 10_000;
/** A subscriber that reads nothing for so long is thrown out, or it would hold up everybody (aedes, drainTimeout). */
const DRAIN_MS = 10_000;
const KEEP_ALIVE_S_MAX = 600;
const FILTERS_MAX = 100;
const CONNECTIONS_OF_A_BOX_MAX = 8;
const CONNECTIONS_OF_OWN_MAX = 256;
/** Messages of quality of service 2 lie in memory until they are released. */
const UNRELEASED_MAX = 20;

export async function createBrokerCore(options: {
  readonly username: string;
  readonly password: string;
  readonly knows?: (username: string, password: string) => Promise<boolean>;
  readonly log: Log;
}): Promise<BrokerCore> {
  const { log } = options;
  const sessions = new WeakMap<Client, Session>();
  const connected = new Set<Client>();
  const refused = createRefusals(log);
  const shelf = createRetainedShelf();
  const door = createDoorkeeper({ turnedAway: (why) => refused(why, {}) });
  const gate = createGatekeeper({
    ...options,
    end(user) {
      for (const client of connected) if (sessions.get(client)?.admitted?.user === user) client.close();
    },
  });

  const admit = async (client: Client, user: string, password: string): Promise<boolean> => {
    const session = sessions.get(client);
    const as = await gate.admit(user, password);
    if (as === undefined) refused("user or password", { client: client.id });
    if (session === undefined || as === undefined) return false;
    const most = as.kind === "own" ? CONNECTIONS_OF_OWN_MAX : CONNECTIONS_OF_A_BOX_MAX;
    if (!door.admit(session.socket, user, most)) return false;
    session.gauge.admit();
    session.admitted = { user, as };
    return true;
  };

  /** Who cannot be judged is not let in. */
  const answer = async (
    client: Client,
    user: string,
    password: string,
    done: (error: null, ok: boolean) => void,
  ): Promise<void> => {
    const ok = await admit(client, user, password).catch((error: unknown) => {
      log.note("broker.failed", { detail: messageOf(error) }, "error");
      return false;
    });
    done(null, ok);
  };

  /** Why a message is not taken. */
  const refusePublish = (client: Client | null, topic: string, bytes: number): string | undefined => {
    const as = client === null ? undefined : sessions.get(client)?.admitted?.as;
    if (topic.startsWith("$")) return "a topic of the broker itself";
    if (bytes > PAYLOAD_BYTES_MAX) return `a payload of more than ${PAYLOAD_BYTES_MAX} bytes`;
    if (as === undefined) return "nobody that is known";
    return as.kind === "own" || mayPublish(as, topic) ? undefined : "a topic of somebody else";
  };

  const refuseFilter = (client: Client, filter: string): string | undefined => {
    const session = sessions.get(client);
    const as = session?.admitted?.as;
    if (filter.startsWith("$share/")) return "shared subscription";
    if (as === undefined) return "nobody that is known";
    if (as.kind !== "own" && !maySubscribe(as, filter)) return "topics of somebody else";
    session?.filters.add(filter);
    return session !== undefined && session.filters.size > FILTERS_MAX ? "too many subscriptions" : undefined;
  };

  const broker = await Aedes.createBroker({
    concurrency: 1_000,
    connectTimeout: CONNECT_MS,
    drainTimeout: DRAIN_MS,
    keepaliveLimit: KEEP_ALIVE_S_MAX,
    maxInflightInbound: UNRELEASED_MAX,
    maxClientsIdLength: 128,
    maxTopicLevels: 16,
    preConnect(_client, packet, done) {
      // A session kept for somebody who is away would grow without bound; MQTT lets a server not keep it.
      packet.clean = true;
      // Who takes another's client id throws that one out: so each user has ids of its own.
      packet.clientId = `${packet.username ?? ""}/${packet.clientId}`.slice(0, 128);
      done(null, true);
    },
    authenticate(client, username, password, done) {
      answer(client, username ?? "", password?.toString("utf8") ?? "", done).catch((error: unknown) => {
        log.note("broker.failed", { detail: messageOf(error) }, "error");
      });
    },
    authorizeSubscribe(client, subscription, done) {
      const why = refuseFilter(client, subscription.topic);
      if (why === undefined) return done(null, subscription);
      refused(why, { client: client.id });
      done(null, null);
    },
    authorizePublish(client, packet, done) {
      const { topic, payload } = packet;
      const why = refusePublish(client, topic, payload.length);
      if (why !== undefined) {
        refused(why, { client: client?.id, topic: topic.slice(0, 200) });
        return done(new Error(why));
      }
      if (packet.retain && !shelf.admits(topic, payload.length)) {
        refused("too much to keep", { client: client?.id, topic });
        packet.retain = false;
      }
      done(null);
    },
  });
  broker.on("unsubscribe", (filters, client) => {
    for (const filter of filters) sessions.get(client)?.filters.delete(filter);
  });
  const failed = (error: unknown): void => {
    log.note("broker.client_failed", { detail: messageOf(error) }, "debug");
  };
  broker.on("clientError", (_client, error) => failed(error));
  broker.on("connectionError", (_client, error) => failed(error));

  return {
    users: gate.users,
    enter: (socket) => door.enter(socket),
    accept(socket) {
      const gauge = createPacketGauge();
      const stream = gaugedStream(socket, gauge);
      const client = broker.handle(stream);
      sessions.set(client, { socket, gauge, filters: new Set() });
      // What the session was is still known after this, since its last will is judged by it.
      connected.add(client);
      stream.once("close", () => connected.delete(client));
    },
    close: () => new Promise((resolve) => broker.close(() => resolve())),
  };
}

/** The first refusal of a kind is noted, then the 2nd, 4th, 8th...: who knocks all night must not fill the log. */
function createRefusals(log: Log): (why: string, fields: LogFields) => void {
  const counts = new Map<string, number>();
  return (why, fields) => {
    const count = (counts.get(why) ?? 0) + 1;
    counts.set(why, count);
    if (Number.isInteger(Math.log2(count))) log.note("broker.refused", { ...fields, why, count }, "warn");
  };
}
