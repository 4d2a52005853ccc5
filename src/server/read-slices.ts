import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Some seventy of the shortest requests; a whole head of a browser. */
const SLICE_BYTES = 2_048;

/** What listens to a server's connections; over TLS, to those whose handshake is done. */
interface Readable {
  on(event: "connection" | "secureConnection", listener: (socket: Duplex) => void): unknown;
  prependListener(event: "upgrade", listener: (request: IncomingMessage, socket: Duplex) => void): unknown;
}

/**
 * Hands what comes over a connection to the HTTP parser a little at a time. The parser reads whatever it is given to its end,
 * and makes a request of every 27 bytes: of a read of 64 KiB thousands, also after the connection was ended for them. So
 * it is given no more once that has happened. To be called after the server's own listeners are there.
 */
export function readInSlices(server: Readable, event: "connection" | "secureConnection"): void {
  const taken = new WeakSet<Duplex>();
  server.prependListener("upgrade", (_, socket) => {
    // From here on it is no HTTP, and somebody else's.
    taken.add(socket);
  });
  server.on(event, (socket) => {
    const [read, ...others] = socket.listeners("data");
    if (read === undefined || others.length > 0) return;
    // An emitter lists its listeners as plain functions, and takes other ones.
    Reflect.apply(socket.removeListener, socket, ["data", read]);
    const readAll = (bytes: Uint8Array): void => {
      for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
        if (socket.destroyed) return;
        const isTaken = taken.has(socket);
        // The library has enough for now, or does not read here any more.
        if (isTaken || socket.isPaused()) {
          if (isTaken) socket.removeListener("data", readAll);
          socket.unshift(bytes.subarray(at));
          return;
        }
        Reflect.apply(read, socket, [bytes.subarray(at, at + SLICE_BYTES)]);
      }
      if (taken.has(socket)) socket.removeListener("data", readAll);
    };
    socket.on("data", readAll);
  });
}
