import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Log } from "../port/log.ts";
import type { Broker, BrokerStarter, ServerCertificate } from "../port/world.ts";
import { type BrokerCore, createBrokerCore } from "./broker-core.ts";

const LOOPBACK = ["127.0.0.1", "::1", "localhost"];
const HANDSHAKE_MS = 10_000;
const CONNECTIONS_MAX = 1_000;
/** A machine that was unplugged is noticed by the kernel, also one whose client asked for no keep-alive. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true };

/**
 * The broker of a home without one: aedes in this process, MQTT 3.1.1, with user and password; in the clear for this
 * machine only, over TLS for others. Shared subscriptions are refused, since aedes grants them and then delivers
 * nothing. Retained messages live as long as the process; everybody publishes theirs again after connecting.
 */
export function createBrokerStarter({ log }: { readonly log: Log }): BrokerStarter {
  return {
    async start(options) {
      const { host, port, username, password, tls } = options;
      if (!LOOPBACK.includes(host)) throw notLoopback(host);
      if (username === "" || password === "") throw noPassword();
      if (tls !== undefined) judge(tls);
      const core = await createBrokerCore({ ...options, log });
      const plain = createServer(KEEP_ALIVE);
      const secure =
        tls === undefined
          ? undefined
          : createTlsServer({ ...secured(tls), ...KEEP_ALIVE, handshakeTimeout: HANDSHAKE_MS });
      const sockets = new Set<Socket>();
      const close = async (): Promise<void> => {
        const closed = [plain, secure].map((server) => closeServer(server));
        await core.close();
        for (const socket of sockets) socket.destroy();
        await Promise.all(closed);
      };
      try {
        serve(plain, "connection", { core, sockets, log });
        await listen(plain, host, port);
        if (secure !== undefined && tls !== undefined) {
          serve(secure, "secureConnection", { core, sockets, log });
          await listen(secure, tls.host, tls.port);
        }
      } catch (error) {
        await close();
        throw error;
      }
      const url = `mqtt://${host.includes(":") ? `[${host}]` : host}:${portOf(plain)}`;
      return {
        url,
        ...(secure === undefined ? {} : { tlsPort: portOf(secure) }),
        users: core.users,
        // What it throws becomes the rejection.
        async setCertificate(certificate) {
          judge(certificate);
          secure?.setSecureContext(secured(certificate));
        },
        close,
      } satisfies Broker;
    },
  };
}

/** Connections come in at the door, and are MQTT once `event` says that they speak it (after a handshake with TLS). */
function serve(
  server: Server,
  event: "connection" | "secureConnection",
  { core, sockets, log }: { readonly core: BrokerCore; readonly sockets: Set<Socket>; readonly log: Log },
): void {
  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", (socket: Socket) => {
    // Before TLS has taken the socket over, nobody else listens for its errors.
    socket.on("error", () => socket.destroy());
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    if (core.enter(socket) && event === "connection") core.accept(socket);
  });
  if (event === "secureConnection") server.on(event, (socket: Socket) => core.accept(socket));
  server.on("tlsClientError", (error: Error) => {
    log.note("broker.client_failed", { detail: error.message }, "debug");
  });
}

const secured = ({ cert, key }: ServerCertificate) => ({ cert, key, minVersion: "TLSv1.2" as const });

function judge(certificate: ServerCertificate): void {
  try {
    createSecureContext(secured(certificate));
  } catch (error) {
    throw new Fault("CONFIG_INVALID", `The broker cannot use its certificate: ${messageOf(error)}.`, {
      fix: "Give the certificate and the key that belongs to it, both as PEM.",
      permanent: true,
      cause: error,
    });
  }
}

function closeServer(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (server?.listening === true) server.close(() => resolve());
    else resolve();
  });
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

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
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
      fix: "Set its host to 127.0.0.1; other machines are served with TLS, or by a broker of your own.",
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
