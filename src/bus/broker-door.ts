import type { Socket } from "node:net";
import { isLoopback } from "../domain/address.ts";

/** How many may stand at a broker's door, and be inside. */
export interface Doorkeeper {
  /** Counts a new connection; false when it was turned away. */
  enter(socket: Socket): boolean;
  /** The connection has proved whose it is; false when this user has as many as it may. */
  admit(socket: Socket, user: string, most: number): boolean;
}

/** Connections that have not yet proved who they are; the oldest makes room, so that a crowd cannot shut others out. */
const WAITING_MAX = 64;
/** From one address of another machine; behind it may be a whole clinic's network. */
const PER_ADDRESS_MAX = 64;

/** `turnedAway` is told the reason of each. */
export function createDoorkeeper({ turnedAway }: { turnedAway(why: string): void }): Doorkeeper {
  const waiting = new Map<string, Socket>();
  const perAddress = new Map<string, number>();
  const perUser = new Map<string, number>();

  const enter = (socket: Socket, place: string, address: string): void => {
    const [oldest] = waiting.values();
    if (waiting.size >= WAITING_MAX && oldest !== undefined) {
      turnedAway("waited too long among many");
      oldest.destroy();
    }
    waiting.set(place, socket);
    add(perAddress, address, 1);
    socket.once("close", () => {
      if (waiting.get(place) === socket) waiting.delete(place);
      add(perAddress, address, -1);
    });
  };

  return {
    enter(socket) {
      const { remoteAddress: address, remotePort } = socket;
      const isFull =
        address !== undefined && !isLoopback(address) && countOf(perAddress, address) >= PER_ADDRESS_MAX;
      if (address === undefined || isFull) {
        if (isFull) turnedAway("too many connections from one address");
        socket.destroy();
        return false;
      }
      enter(socket, `${address} ${remotePort}`, address);
      return true;
    },
    admit(socket, user, most) {
      // The port tells a connection from all others of its address, also where TLS has wrapped the socket.
      waiting.delete(`${socket.remoteAddress} ${socket.remotePort}`);
      if (socket.destroyed) return false;
      if (countOf(perUser, user) >= most) {
        turnedAway("too many connections of one user");
        return false;
      }
      add(perUser, user, 1);
      socket.once("close", () => add(perUser, user, -1));
      return true;
    },
  };
}

const countOf = (counts: ReadonlyMap<string, number>, name: string): number => counts.get(name) ?? 0;

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = countOf(counts, name) + change;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
