import { isIP } from "node:net";
import { Server as TlsServer } from "node:tls";
import { isLoopbackHost } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { ListenOptions } from "../port/world.ts";
import type { App } from "./context.ts";

/**
 * Opens the port. Rejects with HTTP_INSECURE when pages would leave this machine without TLS, HTTP_PORT_TAKEN
 * when another program listens there, INPUT_INVALID for an address that this machine does not have. Resolves
 * with the address for people and the port really used (for port 0).
 */
export async function listen(
  app: App,
  { host, port, tls }: ListenOptions,
): Promise<{ readonly url: string; readonly port: number }> {
  if (tls === undefined && !isLoopbackHost(host)) {
    throw new Fault("HTTP_INSECURE", `Pages on ${host} would be readable by everybody in the network.`, {
      fix: "Configure TLS (web.tls.cert and web.tls.key), or listen on 127.0.0.1 behind a proxy that has it.",
      permanent: true,
    });
  }
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenFault(error, host, port);
  }
  const address = app.server.address();
  const opened = address === null || typeof address === "string" ? port : address.port;
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return { url: `${tls === undefined ? "http" : "https"}://${name}:${opened}`, port: opened };
}

/** Shows another certificate to whoever connects from now on; connections that stand go on. PEM texts. */
export function renewCertificate(app: App, { cert, key }: NonNullable<ListenOptions["tls"]>): void {
  const server: unknown = app.server;
  if (server instanceof TlsServer) server.setSecureContext({ cert, key });
}

function listenFault(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return new Fault("HTTP_PORT_TAKEN", `Port ${port} on ${host} is used by another program.`, {
      fix: "Stop that program (ss -ltnp shows it), or set another web.port.",
      cause: error,
    });
  }
  if (code === "EACCES") {
    return new Fault("HTTP_PORT_TAKEN", `Port ${port} may not be opened by this user.`, {
      fix: "Use a port from 1024 up, or give the service CAP_NET_BIND_SERVICE.",
      cause: error,
    });
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new Fault("INPUT_INVALID", `This machine has no address ${host}: ${messageOf(error)}.`, {
      fix: "Set web.host to 127.0.0.1, or to an address of this machine.",
      cause: error,
    });
  }
  return error;
}
