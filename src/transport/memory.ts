import { Fault } from "../domain/fault.ts";
import type { ByteLink, OpenLink } from "../port/link.ts";
import { type ChunkQueue, createChunkQueue } from "./chunk-queue.ts";

/** One cable inside this process: a simulator at the device's end, `memory:NAME` at the other. Always simulated. */
export interface MemoryCable {
  /** The device's end. It outlives host ends: what it says while nobody listens is lost, as on a real cable. */
  readonly device: ByteLink;
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
  /** Opens the host's end of `memory:NAME`. Rejects with LINK_NOT_FOUND or, while it is in use, LINK_REFUSED. */
  open(name: string): OpenLink;
}

export function createMemoryLinks(): MemoryLinks {
  const cables = new Map<string, ReturnType<typeof createCable>>();
  return {
    cable(name) {
      const known = cables.get(name);
      if (known !== undefined) return known;
      const laid = createCable(name);
      cables.set(name, laid);
      return laid;
    },
    open(name) {
      const cable = cables.get(name);
      if (cable === undefined) throw notThere(name);
      return { link: cable.open(), simulated: true, resolved: `memory:${name}` };
    },
  };
}

function createCable(name: string): MemoryCable & { open(): ByteLink } {
  const toDevice = createChunkQueue();
  let toHost: ChunkQueue | undefined;
  let pluggedIn = true;
  let stalled = false;
  let gone = false;
  let change: ((bytes: Uint8Array) => Uint8Array) | undefined;

  const lose = (): void => {
    toHost?.end(lost(name));
    toHost = undefined;
  };

  return {
    device: {
      chunks: toDevice.chunks,
      async write(bytes) {
        if (gone) throw lost(name);
        const queue = toHost;
        if (queue === undefined || stalled) return;
        queue.push(change === undefined ? bytes.slice() : change(bytes.slice()));
        await queue.roomy();
      },
      async close() {
        gone = true;
        lose();
        toDevice.end();
      },
    },
    unplug() {
      pluggedIn = false;
      lose();
    },
    plugIn() {
      pluggedIn = true;
    },
    stall(now) {
      stalled = now;
    },
    tamper(next) {
      change = next;
    },
    open() {
      if (!pluggedIn || gone) throw notThere(name);
      if (toHost !== undefined) {
        throw new Fault("LINK_REFUSED", `memory:${name} is already open.`, {
          fix: "Close its other reader.",
        });
      }
      const queue = createChunkQueue();
      toHost = queue;
      return {
        chunks: queue.chunks,
        async write(bytes) {
          if (toHost !== queue) throw lost(name);
          if (!stalled) toDevice.push(bytes.slice());
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
