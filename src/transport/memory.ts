import { Fault } from "../domain/fault.ts";
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
  /** Changes bytes on their way to the host (noise, damage); undefined leaves them alone again. */
  tamper(change: ((bytes: Uint8Array) => Uint8Array) | undefined): void;
}

export interface MemoryLinks {
  /** The cable of this name, laid on first use. */
  cable(name: string): MemoryCable;
  /** Opens the host's end of `memory:NAME`. Throws LINK_NOT_FOUND or, while it is in use, LINK_REFUSED. */
  open(name: string): OpenLink;
  openPackets(name: string): OpenLink<PacketLink>;
  openFiles(name: string): OpenLink<FileLink>;
}

export function createMemoryLinks(): MemoryLinks {
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
      const laid = createCable(name);
      cables.set(name, laid);
      return laid;
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
  gone: boolean;
  change: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

function createCable(name: string): MemoryCable & {
  open(): ByteLink;
  openPackets(): PacketLink;
  openFiles(): FileLink;
} {
  const state: State = { name, pluggedIn: true, stalled: false, gone: false, change: undefined };
  const bytes = createStrand<Uint8Array>(state, () => createChunkQueue(), changed);
  const packets = createStrand<Packet>(
    state,
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
    tamper(next) {
      state.change = next;
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
        queue.push(copy(item, state.change));
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
          if (!state.stalled) toDevice.push(copy(item, undefined));
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
