// A radio that needs no antenna: Bluetooth LE controllers that speak HCI (Bluetooth Core 5.0, volume 4, part E) over
// serial framing (part A, "H4") on pseudo-terminals, all in one room. As much of a controller as noble, as the central,
// and bleno, as the peripheral, ask of one.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Needs `requires("socat")`. */
export interface VirtualRoom {
  /** A controller with this address; resolves with the pseudo-terminal at which a host finds it. */
  controller(address: string): Promise<string>;
  /** A controller for a host that hands over its packets itself; `write` gets one or more whole ones. */
  plugIn(address: string, write: (bytes: Uint8Array) => void): Plug;
  /** Ends every connection as a supervision time-out does (0x08), or for another reason. */
  loseLinks(reason?: number): void;
  /** The next connections are established and fail at once (0x3e), as under radio noise. */
  failConnections(count: number): void;
  /** Whether wishes to connect are heard by nobody. */
  ignoreConnecting(ignores: boolean): void;
  /** From now on what this says is carried no further: the connection stays, and neither side learns of it. */
  swallow(drops: (att: Uint8Array) => boolean): void;
  readonly connections: number;
  remove(): Promise<void>;
}

/** A controller from its host's side. */
export interface Plug {
  /** Bytes from the host, cut anywhere. */
  hear(bytes: Uint8Array): void;
  unplug(): void;
}

const COMMAND = 0x01;
const DATA = 0x02;
const EVENT = 0x04;

const LINK_TIMEOUT = 0x08;
const ENDED_BY_REMOTE = 0x13;
const ENDED_BY_US = 0x16;
const NOT_ESTABLISHED = 0x3e;
const UNKNOWN_COMMAND = 0x01;
const UNKNOWN_CONNECTION = 0x02;
const NOT_ALLOWED = 0x0c;

/** dBm, as a signed byte. */
const RSSI = 0x100 - 55;
const ADVERTISED_EVERY_MS = 30;

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const le16 = (value: number): number[] => [value & 0xff, value >> 8];
const addressIn = (parameters: Uint8Array, at: number): string =>
  Array.from(parameters.subarray(at, at + 6).toReversed(), hex).join(":");
const reversed = (address: string): number[] => [
  ...Buffer.from(address.replaceAll(":", ""), "hex").toReversed(),
];

interface Connection {
  readonly handle: number;
  readonly central: Controller;
  readonly peripheral: Controller;
}

/** What the controllers share. */
interface Air {
  readonly controllers: Set<Controller>;
  readonly connections: Map<number, Connection>;
  failures: number;
  ignoresConnecting: boolean;
  drops: (att: Uint8Array) => boolean;
  nextHandle: number;
}

function endConnection(air: Air, connection: Connection, reason: number, by?: Controller): void {
  if (!air.connections.delete(connection.handle)) return;
  for (const each of [connection.central, connection.peripheral])
    each.event(0x05, [0, ...le16(connection.handle), each === by ? ENDED_BY_US : reason]);
}

class Controller {
  readonly #air: Air;
  readonly #address: string;
  readonly #write: (bytes: Uint8Array) => void;
  #pending = Buffer.alloc(0);
  #advertising: NodeJS.Timeout | undefined;
  #advertisement: number[] = [];
  #scanResponse: number[] = [];
  #scans = false;
  #connectsTo: { readonly address: string; readonly parameters: number[] } | undefined;

  constructor(air: Air, address: string, write: (bytes: Uint8Array) => void) {
    this.#air = air;
    this.#address = address;
    this.#write = write;
    air.controllers.add(this);
  }

  /** Bytes from the host, cut anywhere. */
  hear(bytes: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const kind = this.#pending[0];
      const headBytes = kind === COMMAND ? 4 : 5;
      if (this.#pending.length < headBytes) return;
      const length =
        headBytes + (kind === COMMAND ? this.#pending.readUInt8(3) : this.#pending.readUInt16LE(3));
      if (this.#pending.length < length) return;
      const packet = this.#pending.subarray(0, length);
      this.#pending = this.#pending.subarray(length);
      if (kind === COMMAND) this.#command(packet.readUInt16LE(1), packet.subarray(4));
      else if (kind === DATA) this.#data(packet);
    }
  }

  event(code: number, parameters: readonly number[]): void {
    this.#write(Uint8Array.of(EVENT, code, parameters.length, ...parameters));
  }

  unplug(): void {
    this.#reset();
    for (const connection of [...this.#air.connections.values()])
      if (connection.central === this || connection.peripheral === this)
        endConnection(this.#air, connection, LINK_TIMEOUT);
    this.#air.controllers.delete(this);
  }

  #reset(): void {
    this.#advertise(false);
    this.#scans = false;
    this.#connectsTo = undefined;
  }

  #leEvent(kind: number, parameters: readonly number[]): void {
    this.event(0x3e, [kind, ...parameters]);
  }

  #complete(opcode: number, answer: readonly number[] = [0]): void {
    this.event(0x0e, [1, ...le16(opcode), ...answer]);
  }

  #status(opcode: number): void {
    this.event(0x0f, [0, 1, ...le16(opcode)]);
  }

  /** Commands with an answer that never changes: section 7 of part E by their opcode. */
  readonly #answers = new Map<number, () => readonly number[]>([
    [0x0c01, () => [0]], // set event mask
    [0x0c05, () => [0]], // set event filter
    [0x0c6c, () => [0, 1, 0]], // read LE host support
    [0x0c6d, () => [0]], // write LE host support
    [0x1001, () => [0, 9, 0, 0, 9, 0xff, 0xff, 0, 0]], // read local version: 5.0
    [0x1002, () => [0, ...Array.from({ length: 64 }, () => 0)]], // read supported commands
    [0x1003, () => [0, 0, 0, 0, 0, 0x60, 0, 0, 0]], // read local features: LE, and nothing else
    [0x1005, () => [0, ...le16(27), 0, ...le16(8), ...le16(0)]], // read buffer size
    [0x1009, () => [0, ...reversed(this.#address)]], // read BD_ADDR
    [0x2001, () => [0]], // LE set event mask
    [0x2002, () => [0, ...le16(251), 8]], // LE read buffer size
    [0x2003, () => [0, 0, 0, 0, 0, 0, 0, 0, 0]], // LE read local features: none
    [0x2005, () => [0]], // LE set random address
    [0x2006, () => [0]], // LE set advertising parameters
    [0x2007, () => [0, 0]], // LE read advertising power
    [0x200b, () => [0]], // LE set scan parameters
    [0x200f, () => [0, 8]], // LE read filter list size
    [0x2018, () => [0, 1, 2, 3, 4, 5, 6, 7, 8]], // LE rand
    [0x201c, () => [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03, 0, 0]], // LE read supported states
  ]);
  /** Whom a connection may be made with that names nobody (LE filter accept list). */
  readonly #accepted = new Set<string>();

  #command(opcode: number, parameters: Buffer): void {
    const answer = this.#answers.get(opcode);
    if (answer !== undefined) return this.#complete(opcode, answer());
    switch (opcode) {
      case 0x0c03: // reset
        this.#reset();
        return this.#complete(opcode);
      case 0x1405: // read RSSI
        return this.#complete(opcode, [0, parameters.readUInt8(0), parameters.readUInt8(1), RSSI]);
      case 0x2008: // LE set advertising data
        this.#advertisement = [...parameters.subarray(1, 1 + parameters.readUInt8(0))];
        return this.#complete(opcode);
      case 0x2009: // LE set scan response data
        this.#scanResponse = [...parameters.subarray(1, 1 + parameters.readUInt8(0))];
        return this.#complete(opcode);
      case 0x200a: // LE set advertising enable
        this.#complete(opcode);
        return this.#advertise(parameters.readUInt8(0) === 1);
      case 0x200c: // LE set scan enable
        this.#scans = parameters.readUInt8(0) === 1;
        return this.#complete(opcode);
      case 0x200d: // LE create connection
        this.#connectsTo = {
          // With the list instead of an address the first of it is meant: that is all a room needs.
          address: parameters[4] === 1 ? ([...this.#accepted][0] ?? "") : addressIn(parameters, 6),
          parameters: [...parameters.subarray(15, 21)],
        };
        return this.#status(opcode);
      case 0x2010: // LE clear filter accept list
        this.#accepted.clear();
        return this.#complete(opcode);
      case 0x2011: // LE add device to filter accept list
        this.#accepted.add(addressIn(parameters, 1));
        return this.#complete(opcode);
      case 0x2012: // LE remove device from filter accept list
        this.#accepted.delete(addressIn(parameters, 1));
        return this.#complete(opcode);
      case 0x200e: // LE create connection cancel
        return this.#cancelConnecting(opcode);
      case 0x0406: // disconnect
      case 0x041d: // read remote version
      case 0x2013: // LE connection update
      case 0x2016: // LE read remote features
        return this.#ofConnection(opcode, parameters);
      default:
        return this.#complete(opcode, [UNKNOWN_COMMAND]);
    }
  }

  #cancelConnecting(opcode: number): void {
    const was = this.#connectsTo;
    this.#connectsTo = undefined;
    this.#complete(opcode, [was === undefined ? NOT_ALLOWED : 0]);
    if (was !== undefined) this.#leEvent(0x01, [UNKNOWN_CONNECTION, ...Array.from({ length: 17 }, () => 0)]);
  }

  #ofConnection(opcode: number, parameters: Buffer): void {
    this.#status(opcode);
    const connection = this.#air.connections.get(parameters.readUInt16LE(0));
    if (connection === undefined) return;
    if (opcode === 0x0406) return endConnection(this.#air, connection, ENDED_BY_REMOTE, this);
    const handle = [...parameters.subarray(0, 2)];
    if (opcode === 0x041d) return this.event(0x0c, [0, ...handle, 9, 0xff, 0xff, 0, 0]);
    if (opcode === 0x2016) return this.#leEvent(0x04, [0, ...handle, 0, 0, 0, 0, 0, 0, 0, 0]);
    const update = [0, ...parameters.subarray(0, 2), ...parameters.subarray(4, 10)];
    for (const each of [connection.central, connection.peripheral]) each.#leEvent(0x03, update);
  }

  #advertise(on: boolean): void {
    clearInterval(this.#advertising);
    this.#advertising = on ? setInterval(() => this.#callOut(), ADVERTISED_EVERY_MS) : undefined;
  }

  #callOut(): void {
    for (const other of this.#air.controllers) {
      if (other === this || this.#advertising === undefined) continue;
      if (other.#connectsTo?.address === this.#address && !this.#air.ignoresConnecting) {
        this.#accept(other, other.#connectsTo.parameters);
      } else if (other.#scans) {
        const report = (kind: number, data: readonly number[]): void =>
          other.#leEvent(0x02, [1, kind, 0, ...reversed(this.#address), data.length, ...data, RSSI]);
        report(0x00, this.#advertisement);
        report(0x04, this.#scanResponse);
      }
    }
  }

  #accept(central: Controller, parameters: readonly number[]): void {
    const handle = this.#air.nextHandle;
    this.#air.nextHandle += 1;
    central.#connectsTo = undefined;
    this.#advertise(false);
    const connection: Connection = { handle, central, peripheral: this };
    this.#air.connections.set(handle, connection);
    const complete = (role: number, peer: Controller): number[] => [
      ...[0, ...le16(handle), role, 0, ...reversed(peer.#address)],
      ...[...parameters, 0],
    ];
    central.#leEvent(0x01, complete(0, this));
    this.#leEvent(0x01, complete(1, central));
    if (this.#air.failures > 0) {
      this.#air.failures -= 1;
      endConnection(this.#air, connection, NOT_ESTABLISHED);
    }
  }

  /** ACL data: handle and flags, length, then L2CAP (length, channel) with ATT inside. */
  #data(packet: Buffer): void {
    const flags = packet.readUInt16LE(1);
    const handle = flags & 0x0fff;
    this.event(0x13, [1, ...le16(handle), ...le16(1)]);
    const connection = this.#air.connections.get(handle);
    if (connection === undefined || this.#air.drops(packet.subarray(9))) return;
    const carried = Buffer.from(packet);
    // A first part that the host may flush arrives as one that it may not; later parts as they are.
    const isLaterPart = ((flags >> 12) & 0x3) === 0x1;
    carried.writeUInt16LE(handle | ((isLaterPart ? 0x1 : 0x2) << 12), 1);
    (connection.central === this ? connection.peripheral : connection.central).#write(carried);
  }
}

/** A room without any controller yet. */
export function createVirtualRoom(): VirtualRoom {
  const folder = mkdtempSync(path.join(tmpdir(), "radio-"));
  const air: Air = {
    controllers: new Set(),
    connections: new Map(),
    failures: 0,
    ignoresConnecting: false,
    drops: () => false,
    nextHandle: 0x40,
  };
  const servers: Server[] = [];
  const cables = new Set<ChildProcess>();
  let removed = false;
  const sockets = new Set<Socket>();

  /** A host that closes its port ends the cable; the next one finds a fresh cable and a controller just plugged in. */
  const layCable = (port: string, socket: string): void => {
    const cable = spawn("socat", [`pty,link=${port},rawer,wait-slave`, `unix-connect:${socket}`], {
      stdio: "ignore",
    });
    cables.add(cable);
    cable.once("exit", () => {
      cables.delete(cable);
      if (!removed) layCable(port, socket);
    });
  };

  return {
    async controller(address) {
      const socket = path.join(folder, `${servers.length}.sock`);
      const port = path.join(folder, String(servers.length));
      const server = createServer((host) => {
        sockets.add(host);
        // What happens at once arrives at once, as events of a busy controller do.
        let held: Uint8Array[] = [];
        const controller = new Controller(air, address, (bytes) => {
          held.push(bytes);
          if (held.length > 1) return;
          queueMicrotask(() => {
            host.write(Buffer.concat(held));
            held = [];
          });
        });
        host.on("data", (bytes) => controller.hear(bytes));
        host.on("error", () => undefined);
        host.on("close", () => {
          sockets.delete(host);
          controller.unplug();
        });
      });
      servers.push(server);
      await new Promise<void>((resolve) => {
        server.listen(socket, resolve);
      });
      layCable(port, socket);
      while (!existsSync(port)) await sleep(2);
      return port;
    },
    plugIn(address, write) {
      const controller = new Controller(air, address, write);
      return { hear: (bytes) => controller.hear(bytes), unplug: () => controller.unplug() };
    },
    loseLinks(reason = LINK_TIMEOUT) {
      for (const connection of [...air.connections.values()]) endConnection(air, connection, reason);
    },
    failConnections(count) {
      air.failures = count;
    },
    ignoreConnecting(ignores) {
      air.ignoresConnecting = ignores;
    },
    swallow(drops) {
      air.drops = drops;
    },
    get connections() {
      return air.connections.size;
    },
    async remove() {
      removed = true;
      const ended = [...cables].map((cable) => new Promise((resolve) => cable.once("exit", resolve)));
      for (const cable of cables) cable.kill("SIGKILL");
      await Promise.all(ended);
      for (const socket of sockets) socket.destroy();
      for (const controller of [...air.controllers]) controller.unplug();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
