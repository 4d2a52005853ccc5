import { createHash, timingSafeEqual } from "node:crypto";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Log } from "../port/log.ts";
import type { BrokerStarter } from "../port/world.ts";
import { PAYLOAD_CHARS_MAX } from "./messages.ts";

const LOOPBACK = ["127.0.0.1", "::1", "localhost"];
const CONNECT_MS = 10_000;
/** A subscriber that reads nothing for so long is thrown out, or it would hold up everybody (aedes, drainTimeout). */
const DRAIN_MS = 10_000;
/** UTF-8 takes up to three bytes for one UTF-16 unit. */
const PAYLOAD_BYTES_MAX = 3 * PAYLOAD_CHARS_MAX;

/**
 * The broker of a home without one: aedes in this process, MQTT 3.1.1, this machine only, with user and password.
 * Shared subscriptions are refused, since aedes grants them and then delivers nothing. Retained messages live as
 * long as the process; everybody publishes theirs again after connecting.
 */
export function createBrokerStarter({ log }: { readonly log: Log }): BrokerStarter {
  return {
    async start({ host, port, username, password }) {
      if (!LOOPBACK.includes(host)) throw notLoopback(host);
      if (username === "" || password === "") throw noPassword();
      const broker = await createAedes(username, password, log);
      const sockets = new Set<Socket>();
      const server = createServer({ noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        broker.handle(socket);
      });
      try {
        await listen(server, host, port);
      } catch (error) {
        await closeBroker(broker);
        throw error;
      }
      server.on("error", (error) => {
        log.note("broker.failed", { detail: error.message }, "error");
      });
      return {
        url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${portOf(server)}`,
        async close() {
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          await closeBroker(broker);
          for (const socket of sockets) socket.destroy();
          await closed;
        },
      };
    },
  };
}

async function createAedes(username: string, password: string, log: Log): Promise<Aedes> {
  const broker = await Aedes.createBroker({
    concurrency: 1_000,
    connectTimeout: CONNECT_MS,
    drainTimeout: DRAIN_MS,
    maxTopicLevels: 16,
    authenticate(client, givenName, givenPassword, done) {
      const ok =
        isEqual(givenName ?? "", username) && isEqual(givenPassword?.toString("utf8") ?? "", password);
      if (!ok) log.note("broker.refused", { client: client.id, why: "user or password" }, "warn");
      done(null, ok);
    },
    authorizeSubscribe(client, subscription, done) {
      if (!subscription.topic.startsWith("$share/")) return done(null, subscription);
      log.note("broker.refused", { client: client.id, why: "shared subscription" }, "warn");
      done(null, null);
    },
    authorizePublish(client, { topic, payload }, done) {
      const why = refusePublish(topic, payload.length);
      if (why === undefined) return done(null);
      log.note("broker.refused", { client: client?.id, why, topic }, "warn");
      done(new Error(why));
    },
  });
  broker.on("clientError", (client, error) => {
    log.note("broker.client_failed", { client: client.id, detail: messageOf(error) }, "debug");
  });
  broker.on("connectionError", (_client, error) => {
    log.note("broker.client_failed", { detail: messageOf(error) }, "debug");
  });
  return broker;
}

function refusePublish(topic: string, bytes: number): string | undefined {
  if (topic.startsWith("$")) return "a topic of the broker itself";
  return bytes > PAYLOAD_BYTES_MAX ? `a payload of more than ${PAYLOAD_BYTES_MAX} bytes` : undefined;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(cannotListen(error, host, port));
    };
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

const closeBroker = (broker: Aedes): Promise<void> => new Promise((resolve) => broker.close(() => resolve()));

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Takes the same time for every wrong answer. */
function isEqual(given: string, wanted: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}

function cannotListen(error: Error, host: string, port: number): Fault {
  const taken = "code" in error && error.code === "EADDRINUSE";
  const why = taken ? "is used by another program" : `cannot be opened: ${error.message}`;
  return new Fault("BUS_PORT_TAKEN", `The broker's port ${port} on ${host} ${why}.`, {
    fix: taken
      ? `Stop the other program ("ss -ltnp 'sport = :${port}'" names it), or set another broker port.`
      : "Set another broker port, above 1023.",
    cause: error,
  });
}

function notLoopback(host: string): Fault {
  return new Fault(
    "CONFIG_INVALID",
    `The built-in broker does not listen on ${host}: it speaks without encryption.`,
    {
      fix: "Set its host to 127.0.0.1, or use a broker of your own with TLS for other machines.",
      permanent: true,
    },
  );
}

function noPassword(): Fault {
  return new Fault("CONFIG_INVALID", "The built-in broker needs a user and a password.", {
    fix: "Give both, or leave both out: then they are made up.",
    permanent: true,
  });
}
