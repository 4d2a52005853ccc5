import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink, CardLink, FileLink, Link, OpenLink, Packet, PacketLink } from "../port/link.ts";
import { createChunkQueue, createPacketQueue, type LinkQueue } from "./chunk-queue.ts";
import { createMemoryCard } from "./memory-card.ts";

/** One cable inside this process: a simulator at the device's end, `memory:NAME` at the other. Always simulated. */
export interface MemoryCable {
  /** The device's end. It outlives host ends: what it says while nobody listens is lost, as on a real cable. */
  readonly device: ByteLink;
  /** The same for families that speak in packets. */
  readonly packets: PacketLink;
  /** The same for families that write files. What was written stays. */
  readonly card: CardLink;
  /** Pulls the cable out: the open host end fails with LINK_LOST, opening it again with LINK_NOT_FOUND. */
  unplug(): void;
  plugIn(): void;
  /** While stalled the cable is in and open, but nothing comes through. */
  stall(stalled: boolean): void;
  /** Half open: what the host says does not arrive, what the device says does. */
  deafen(deaf: boolean): void;
  /** Changes bytes on their way to the host (noise, damage); undefined leaves them alone again. */
  tamper(change: ((bytes: Uint8Array) => Uint8Array) | undefined): void;
  /** What the device says comes this much later; needs the clock that the links were made with. */
  delay(ms: number): void;
}

export interface MemoryLinks {
  /** The cable of this name, laid on first use. */
  cable(name: string): MemoryCable;
  /** Pulls both cables and plugs each into the other's socket. */
  swap(one: string, other: string): void;
  /** Opens the host's end of `memory:NAME`. Throws LINK_NOT_FOUND or, while it is in use, LINK_REFUSED. */
  open(name: string): OpenLink;
  openPackets(name: string): OpenLink<PacketLink>;
  openFiles(name: string): OpenLink<FileLink>;
}

/** `clock`: for delays; without one nothing is delayed. */
export function createMemoryLinks(clock?: Pick<Clock, "after">): MemoryLinks {
  const cables = new Map<string, ReturnType<typeof createCable>>();
  const find = (name: string): ReturnType<typeof createCable> => {
    const cable = cables.get(name);
    if (cable === undefined) throw notThere(name);
    return cable;
  };
  const opened = <L>(name: string, link: L): OpenLink<L> => ({
    link,
    simulated: true,
    resolved: `memory:${name}`,
  });
  return {
    cable(name) {
      const known = cables.get(name);
      if (known !== undefined) return known;
      const laid = createCable(name, clock);
      cables.set(name, laid);
      return laid;
    },
    swap(one, other) {
      const both = [find(one), find(other)] as const;
      for (const cable of both) {
        cable.unplug();
        cable.plugIn();
      }
      cables.set(one, both[1]);
      cables.set(other, both[0]);
    },
    open: (name) => opened(name, find(name).open()),
    openPackets: (name) => opened(name, find(name).openPackets()),
    openFiles: (name) => opened(name, find(name).openFiles()),
  };
}

/** What can be done to a cable, whatever goes over it. */
interface State {
  readonly name: string;
  pluggedIn: boolean;
  stalled: boolean;
  deaf: boolean;
  delayMs: number;
  gone: boolean;
  change: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

function createCable(
  name: string,
  clock: Pick<Clock, "after"> | undefined,
): MemoryCable & {
  open(): ByteLink;
  openPackets(): PacketLink;
  openFiles(): FileLink;
} {
  const state: State = {
    name,
    pluggedIn: true,
    stalled: false,
    deaf: false,
    delayMs: 0,
    gone: false,
    change: undefined,
  };
  const later = (act: () => void): void => {
    if (clock === undefined || state.delayMs === 0) act();
    else clock.after(state.delayMs, act);
  };
  const bytes = createStrand<Uint8Array>(state, later, () => createChunkQueue(), changed);
  const packets = createStrand<Packet>(
    state,
    later,
    () => createPacketQueue(),
    (packet, change) => ({ channel: packet.channel, bytes: changed(packet.bytes, change) }),
  );
  const card = createMemoryCard(() => state.pluggedIn && !state.gone, name);
  return {
    device: bytes.device,
    packets: packets.device,
    card: card.device,
    unplug() {
      state.pluggedIn = false;
      bytes.lose();
      packets.lose();
    },
    plugIn() {
      state.pluggedIn = true;
    },
    stall(now) {
      state.stalled = now;
    },
    deafen(now) {
      state.deaf = now;
    },
    tamper(next) {
      state.change = next;
    },
    delay(ms) {
      state.delayMs = ms;
    },
    open: bytes.open,
    openPackets: packets.open,
    openFiles() {
      if (!state.pluggedIn || state.gone) throw notThere(name);
      return card.open();
    },
  };
}

type Change = State["change"];

const changed = (bytes: Uint8Array, change: Change): Uint8Array =>
  change === undefined ? bytes.slice() : change(bytes.slice());

/** One direction each way for items of one kind. */
function createStrand<Item>(
  state: State,
  later: (act: () => void) => void,
  createQueue: () => LinkQueue<Item>,
  copy: (item: Item, change: Change) => Item,
): { readonly device: Link<Item>; open(): Link<Item>; lose(): void } {
  const { name } = state;
  const toDevice = createQueue();
  let toHost: LinkQueue<Item> | undefined;

  const lose = (): void => {
    toHost?.end(lost(name));
    toHost = undefined;
  };

  return {
    device: {
      chunks: toDevice.chunks,
      async write(item) {
        if (state.gone) throw lost(name);
        const queue = toHost;
        if (queue === undefined || state.stalled) return;
        const arriving = copy(item, state.change);
        later(() => queue.push(arriving));
        await queue.roomy();
      },
      async close() {
        state.gone = true;
        lose();
        toDevice.end();
      },
    },
    lose,
    open() {
      if (!state.pluggedIn || state.gone) throw notThere(name);
      if (toHost !== undefined) {
        throw new Fault("LINK_REFUSED", `memory:${name} is already open.`, {
          fix: "Close its other reader.",
        });
      }
      const queue = createQueue();
      toHost = queue;
      return {
        chunks: queue.chunks,
        async write(item) {
          if (toHost !== queue) throw lost(name);
          if (!state.stalled && !state.deaf) toDevice.push(copy(item, undefined));
        },
        async close() {
          queue.end();
          if (toHost === queue) toHost = undefined;
        },
      };
    },
  };
}

const lost = (name: string): Fault => new Fault("LINK_LOST", `The link memory:${name} was cut.`);

const notThere = (name: string): Fault =>
  new Fault("LINK_NOT_FOUND", `There is no simulated device at memory:${name}.`, {
    fix: "Start the simulator first, or name a real port.",
  });
