import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { type Connections, limitConnections } from "../../../src/server/connections.ts";

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;
  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

describe("connections of one address", () => {
  let server: EventEmitter;
  beforeEach(() => {
    server = new EventEmitter();
    limitConnections(server as unknown as Server);
  });
  const open = (address: string): FakeSocket => {
    const socket = new FakeSocket(address);
    server.emit("connection", socket);
    return socket;
  };
  const openMany = (address: (n: number) => string, count: number): FakeSocket[] =>
    Array.from({ length: count }, (_, n) => open(address(n)));
  const refused = (sockets: readonly FakeSocket[]): number =>
    sockets.filter(({ destroyed }) => destroyed).length;

  it("a machine that opens hundreds is cut off, and another one still gets in", () => {
    expect(refused(openMany(() => "192.168.1.66", 500))).toBe(436);
    expect(open("192.168.1.20").destroyed).toBe(false);
  });

  it("places become free again when connections close", () => {
    const sockets = openMany(() => "192.168.1.66", 64);
    expect(open("192.168.1.66").destroyed).toBe(true);
    sockets[0]?.destroy();
    expect(open("192.168.1.66").destroyed).toBe(false);
    expect(open("192.168.1.66").destroyed).toBe(true);
  });

  it.each([
    ["addresses of one IPv6 network", (n: number) => `2001:db8:1:2::${n.toString(16)}`],
    ["long addresses of one IPv6 network", (n: number) => `2001:db8:1:2:3:4:5:${n.toString(16)}`],
    ["link-local addresses", (n: number) => `fe80::${n.toString(16)}`],
    ["an IPv4 address in both spellings", (n: number) => (n % 2 === 0 ? "::ffff:10.0.0.9" : "10.0.0.9")],
  ])("counts as one: %s", (_, address) => {
    expect(refused(openMany(address, 70))).toBe(6);
  });

  it("keeps different IPv6 networks apart", () => {
    expect(refused(openMany((n) => `2001:db8:1:${n.toString(16)}::1`, 70))).toBe(0);
  });

  it("does not count this machine, where a proxy brings everybody from", () => {
    expect(refused(openMany((n) => ["127.0.0.1", "::1", "::ffff:127.0.0.1"][n % 3] ?? "", 200))).toBe(0);
  });
});

describe("when all places are taken", () => {
  let server: EventEmitter;
  let connections: Connections;
  let port = 0;
  beforeEach(() => {
    server = new EventEmitter();
    connections = limitConnections(server as unknown as Server);
  });
  const open = (address: string): FakeSocket => {
    port += 1;
    const socket = Object.assign(new FakeSocket(address), { remotePort: port });
    server.emit("connection", socket);
    return socket;
  };

  it("the oldest of the address with most that nobody signed in over makes room, and others stay", () => {
    const family = open("192.168.1.20");
    const crowd = Array.from({ length: 2_000 }, (_, n) => open(`127.0.0.${2 + (n % 20)}`));
    expect(connections.size).toBe(512);
    expect(family.destroyed).toBe(false);
    const left = crowd.filter(({ destroyed }) => !destroyed);
    expect(left).toEqual(crowd.slice(-511));
  });

  it("who has signed in stays, and the newest is refused where there is nobody else", () => {
    const signedIn = Array.from({ length: 512 }, () => open("127.0.0.1"));
    for (const socket of signedIn) connections.admit(socket as unknown as Socket);
    expect(open("127.0.0.1").destroyed).toBe(true);
    expect(signedIn.some(({ destroyed }) => destroyed)).toBe(false);
    signedIn[0]?.destroy();
    expect(open("127.0.0.1").destroyed).toBe(false);
  });
});
