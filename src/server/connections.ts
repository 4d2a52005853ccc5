import type { Server, Socket } from "node:net";
import { isLoopback } from "../domain/address.ts";

/** Connections of one address at once: some pages with six each, a few sockets, and room. */
const PER_ADDRESS_MAX = 64;

/**
 * Closes what one address opens beyond 64 connections, before a byte of it is read: a single machine that opens many
 * and says nothing would otherwise keep everybody else out. This machine itself is not counted, since a proxy or a
 * tunnel brings everybody from there.
 */
export function limitConnections(server: Pick<Server, "on">): void {
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const key = sourceOf(socket.remoteAddress ?? "");
    if (key === undefined) return;
    const count = (open.get(key) ?? 0) + 1;
    open.set(key, count);
    socket.once("close", () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
    if (count > PER_ADDRESS_MAX) socket.destroy();
  });
}

/** An IPv4 address, or the network of an IPv6 one, of which a machine has as many as it likes; undefined: this machine. */
function sourceOf(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=[0-9.]+$)/i, "");
  if (isLoopback(plain)) return undefined;
  return plain.includes(":") ? networkOf(plain) : plain;
}

/** The first 64 bits; `::` stands for zeros, which end them when it comes early. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  const filled = tail === undefined ? groups : [...groups, "0", "0", "0", "0"];
  return filled.slice(0, 4).join(":");
}
