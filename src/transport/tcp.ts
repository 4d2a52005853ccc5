import { Socket } from "node:net";
import { isLoopback } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink, OpenLink } from "../port/link.ts";
import { type ChunkQueue, createChunkQueue } from "./chunk-queue.ts";

/** A serial server in the house answers in milliseconds, over a weak Wi-Fi in a second or two. */
const CONNECT_MS = 5_000;
/** Seven times the fastest serial line; a server that sends more waits, so that alarms are judged meanwhile. */
const SHARE = { bytes: 64 << 10, everyMs: 100 };
/** When the kernel begins to ask a silent server whether it is still there. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Opens a serial server's raw port, `tcp:HOST:PORT` (ser2net, an Ethernet or Wi-Fi serial adapter). A server that
 * vanishes without a word is noticed by the watchdog above, which is quicker than any keep-alive. On this machine's
 * own loopback only simulators listen for us: simulated. Rejects with LINK_NOT_FOUND, LINK_REFUSED, or the signal's
 * reason.
 */
export async function openTcp(address: string, signal: AbortSignal, clock: Clock): Promise<OpenLink> {
  const { host, port } = parse(address);
  const socket = new Socket();
  const queue = createChunkQueue();
  try {
    await connected(socket, { host, port, address, signal, clock });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  // Nothing is waited for between the connection and these, so that no byte and no end is missed.
  const share = createShare(socket, clock);
  socket.on("data", (chunk: Uint8Array) => {
    queue.push(chunk);
    share.took(chunk.length);
  });
  socket.on("close", () => share.stop());
  socket.on("error", (error) => queue.end(lost(address, messageOf(error))));
  socket.on("close", () => queue.end(lost(address, "it closed the connection")));
  return {
    link: linkOf(socket, queue, address),
    simulated: isLoopback(socket.remoteAddress ?? ""),
    resolved: address,
  };
}

/** Stops reading for a moment whenever more came than any serial line carries. */
function createShare(socket: Socket, clock: Clock): { took(bytes: number): void; stop(): void } {
  let sinceMs: number = clock.mono();
  let bytes = 0;
  let cancel: (() => void) | undefined;
  const begin = (): void => {
    cancel = undefined;
    sinceMs = clock.mono();
    bytes = 0;
  };
  return {
    took(more) {
      if (cancel !== undefined) return;
      if (clock.mono() - sinceMs >= SHARE.everyMs) begin();
      bytes += more;
      if (bytes < SHARE.bytes) return;
      socket.pause();
      cancel = clock.after(SHARE.everyMs, () => {
        begin();
        socket.resume();
      });
    },
    stop: () => cancel?.(),
  };
}

function parse(address: string): { readonly host: string; readonly port: number } {
  const parts = /^tcp:(?:\[([\da-fA-F:.%\w]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(address);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new Fault("LINK_REFUSED", `${address} is not the address of a serial server.`, {
      fix: "Write tcp:HOST:PORT, as in tcp:192.168.1.20:4001.",
      permanent: true,
    });
  }
  return { host, port };
}

interface Connecting {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Resolves once connected; whoever calls this destroys the socket when it does not come to that. */
function connected(socket: Socket, { host, port, address, signal, clock }: Connecting): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      cancel();
      signal.removeEventListener("abort", give);
      socket.removeAllListeners();
      // An error on the way out has nobody left to tell.
      socket.on("error", () => undefined);
      act();
    };
    const give = (): void => settle(() => reject(reasonOf(signal)));
    const cancel = clock.after(CONNECT_MS, () =>
      settle(() => reject(unanswered(address, `no answer in ${CONNECT_MS / 1000} s`))),
    );
    signal.addEventListener("abort", give, { once: true });
    socket.once("error", (error) => settle(() => reject(openFault(address, error))));
    socket.once("connect", () => settle(resolve));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.connect({ host, port });
  });
}

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error("no longer wanted");

function linkOf(socket: Socket, queue: ChunkQueue, address: string): ByteLink {
  return {
    chunks: queue.chunks,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (!socket.writable) return reject(lost(address, "it is closed"));
        socket.write(bytes, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(lost(address, messageOf(error)));
        });
      }),
    close: () =>
      new Promise((resolve) => {
        queue.end();
        if (socket.closed) return resolve();
        socket.once("close", () => resolve());
        // Not end(): a server that has vanished would never answer the goodbye.
        socket.destroy();
      }),
  };
}

const lost = (address: string, why: string): Fault =>
  new Fault("LINK_LOST", `The serial server ${address} went away: ${why}.`, {
    fix: "It is connected again by itself. Check its power, its network, and that nobody else reads it.",
  });

const unanswered = (address: string, why: string, cause?: unknown): Fault =>
  new Fault("LINK_NOT_FOUND", `The serial server ${address} is not reached: ${why}.`, {
    fix: "Check its power, its network, and that the address is still its own.",
    cause,
  });

function openFault(address: string, error: Error & { readonly code?: string }): Fault {
  if (error.code === "ECONNREFUSED") {
    return new Fault("LINK_REFUSED", `At ${address} is a machine, but no serial server on that port.`, {
      fix: "Check the port number, and that the server's raw (not telnet) service runs.",
      cause: error,
    });
  }
  return unanswered(address, messageOf(error), error);
}
