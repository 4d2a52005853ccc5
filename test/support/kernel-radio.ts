// Plugs a controller of a virtual room into the running kernel, as a USB adapter would be: through /dev/vhci (Linux,
// drivers/bluetooth/hci_vhci.c), where the kernel's packets are read and the controller's are written, one at a time.
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import type { VirtualRoom } from "./virtual-radio.ts";

/** An adapter of this kernel. */
export interface KernelAdapter {
  /** `hci0` */
  readonly name: string;
  /** Pulls it out. */
  unplug(): void;
}

const VENDOR = 0xff;
const EVENT = 0x04;

/** Looked for packets of the kernel so often: a waiting read would keep the process from ending. */
const LOOK_MS = 2;

/** Makes an adapter with this address. Needs root, /dev/vhci and the module hci_vhci. */
export function plugIntoKernel(room: VirtualRoom, address: string): Promise<KernelAdapter> {
  const file = openSync("/dev/vhci", constants.O_RDWR | constants.O_NONBLOCK);
  const plug = room.plugIn(address, (bytes) => {
    for (const packet of packetsOf(bytes)) writeSync(file, packet);
  });
  const buffer = Buffer.alloc(4_096);
  return new Promise((resolve) => {
    const looking = setInterval(() => {
      for (let packet = next(); packet !== undefined; packet = next()) {
        if (packet[0] === VENDOR) resolve({ name: `hci${packet.readUInt16LE(2)}`, unplug });
        else plug.hear(packet);
      }
    }, LOOK_MS);
    const next = (): Buffer | undefined => {
      try {
        return Buffer.from(buffer.subarray(0, readSync(file, buffer)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
        throw error;
      }
    };
    const unplug = (): void => {
      clearInterval(looking);
      plug.unplug();
      closeSync(file);
    };
    // An adapter of the ordinary kind.
    writeSync(file, Uint8Array.of(VENDOR, 0x00));
  });
}

/** Events and data, each whole. */
function* packetsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const length =
      bytes[at] === EVENT ? 3 + (bytes[at + 2] ?? 0) : 5 + (bytes[at + 3] ?? 0) + 256 * (bytes[at + 4] ?? 0);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
