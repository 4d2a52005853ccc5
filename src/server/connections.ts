import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";
import { isLoopback } from "../domain/address.ts";

/** Connections of one address at once: some pages with six each, a few sockets, and room. */
const PER_ADDRESS_MAX = 64;
/** Connections at once, sockets included. */
const ALL_MAX = 512;

/** Requests of one connection that wait for an answer. Browsers send one after the other; some programs a few at once. */
const PIPELINED_MAX = 16;

/** The connections of a server, and which of them belong to somebody who is signed in. */
export interface Connections {
  /** What came over this connection was signed: it stays, whoever else knocks. Harmless for one that is not here. */
  admit(socket: Pick<Socket, "remoteAddress" | "remotePort">): void;
  /** Whether one more request of this connection is taken; it has ended where too many wait for their answers. */
  takes(request: IncomingMessage, response: ServerResponse): boolean;
  /** Cuts off everything over which nobody has shown a sign-in, also what has not got as far as a request. */
  cutWaiting(): void;
  /** Connections that stand. */
  readonly size: number;
}

interface Entry {
  readonly socket: Socket;
  readonly source: string;
  readonly name: string;
}

/**
 * Bounds what is open. From one address of another machine 64, closed beyond that before a byte is read; this machine
 * itself is not counted so, since a proxy or a tunnel brings everybody from there. In all 512: when they are used up, a
 * connection over which nobody has shown a sign-in makes room, the oldest of the address that has most of those, so
 * that a crowd shuts out nobody but itself.
 */
export function limitConnections(server: Pick<Server, "on">): Connections {
  const open = new Map<string, number>();
  const waiting = new Map<string, Set<Entry>>();
  const byName = new Map<string, Entry>();
  const asked = new WeakMap<Socket, number>();
  let size = 0;

  const leaveWaiting = (entry: Entry): void => {
    byName.delete(entry.name);
    const others = waiting.get(entry.source);
    if (others?.delete(entry) === true && others.size === 0) waiting.delete(entry.source);
  };

  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const source = sourceOf(address);
    const entry = { socket, source, name: nameOf(socket) };
    let counted = true;
    const leave = (): void => {
      if (!counted) return;
      counted = false;
      size -= 1;
      add(open, source, -1);
      leaveWaiting(entry);
    };
    size += 1;
    add(open, source, 1);
    socket.once("close", leave);
    if (!isLoopback(address) && (open.get(source) ?? 0) > PER_ADDRESS_MAX) {
      leave();
      socket.destroy();
      return;
    }
    const others = waiting.get(source) ?? new Set();
    waiting.set(source, others.add(entry));
    byName.set(entry.name, entry);
    if (size <= ALL_MAX) return;
    // There is always one: the newest waits too.
    const [first] = largest(waiting.values());
    first?.socket.destroy();
    if (first !== undefined) leaveWaiting(first);
  });

  return {
    admit(socket) {
      const entry = byName.get(nameOf(socket));
      if (entry !== undefined) leaveWaiting(entry);
    },
    takes({ socket }, response) {
      if (socket.destroyed) return false;
      const count = (asked.get(socket) ?? 0) + 1;
      if (count > PIPELINED_MAX) {
        socket.destroy();
        return false;
      }
      asked.set(socket, count);
      response.once("close", () => asked.set(socket, (asked.get(socket) ?? 1) - 1));
      return true;
    },
    cutWaiting() {
      for (const set of waiting.values()) for (const { socket } of set) socket.destroy();
    },
    get size() {
      return size;
    },
  };
}

/** The port tells a connection from all others of its address, also where TLS has wrapped the socket. */
const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string =>
  `${remoteAddress} ${remotePort}`;

/** The set with most in it, the first of several. */
function largest(sets: Iterable<ReadonlySet<Entry>>): ReadonlySet<Entry> {
  let found: ReadonlySet<Entry> = new Set();
  for (const set of sets) if (set.size > found.size) found = set;
  return found;
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}

/** An IPv4 address, or the network of an IPv6 one, of which a machine has as many as it likes. */
function sourceOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=[0-9.]+$)/i, "");
  return plain.includes(":") && !isLoopback(plain) ? networkOf(plain) : plain;
}

/** The first 64 bits; `::` stands for zeros, which end them when it comes early. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  const filled = tail === undefined ? groups : [...groups, "0", "0", "0", "0"];
  return filled.slice(0, 4).join(":");
}
