// Plugs a controller of a virtual room into the running kernel, as a USB adapter would be: through /dev/vhci (Linux,
// drivers/bluetooth/hci_vhci.c), where the kernel's packets are read and the controller's are written, one at a time.
import { closeSync, openSync, read, writeSync } from "node:fs";
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

/** Makes an adapter with this address. Needs root, /dev/vhci and the module hci_vhci. */
export function plugIntoKernel(room: VirtualRoom, address: string): Promise<KernelAdapter> {
  const file = openSync("/dev/vhci", "r+");
  const plug = room.plugIn(address, (bytes) => {
    for (const packet of packetsOf(bytes)) writeSync(file, packet);
  });
  return new Promise((resolve, reject) => {
    const buffer = Buffer.alloc(4_096);
    const next = (): void =>
      read(file, buffer, 0, buffer.length, null, (error, length) => {
        if (error !== null) return reject(error);
        const packet = Buffer.from(buffer.subarray(0, length));
        if (packet[0] === VENDOR) resolve({ name: `hci${packet.readUInt16LE(2)}`, unplug });
        else plug.hear(packet);
        next();
      });
    const unplug = (): void => {
      plug.unplug();
      closeSync(file);
    };
    next();
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
