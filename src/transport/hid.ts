import { access, constants, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import type { ByteLink, OpenLink, UsbId } from "../port/link.ts";
import { createChunkQueue } from "./chunk-queue.ts";

/** A HID device that is plugged in. */
export interface HidDevice extends UsbId {
  /** `/dev/hidraw0` on Linux; names of their own elsewhere. */
  readonly path: string;
}

/** An open HID device. Reports come as the system gives them: with their id in front where the device numbers them. */
export interface HidConnection {
  /** Both before anything else is done with it. */
  listen(onReport: (bytes: Uint8Array) => void, onError: (error: Error) => void): void;
  /** With the report's id in front, 0 where the device has none. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The HID devices of a machine. */
export interface Hid {
  devices(): Promise<readonly HidDevice[]>;
  open(path: string): Promise<HidConnection>;
}

/** Those of this machine, by node-hid. Every call rejects with PROGRAM_MISSING where its parts are not there. */
export const machineHid: Hid = {
  async devices() {
    const { devicesAsync } = await library();
    const found = await devicesAsync().catch(noParts);
    return found.flatMap(({ path, vendorId, productId }) =>
      path === undefined ? [] : [{ path, vendorId, productId }],
    );
  },
  async open(place) {
    const { HIDAsync } = await library();
    const device = await HIDAsync.open(place).catch(noParts);
    return {
      listen(onReport, onError) {
        device.on("error", onError);
        device.on("data", (bytes: Uint8Array) => onReport(new Uint8Array(bytes)));
      },
      write: async (bytes) => {
        await device.write(Buffer.from(bytes));
      },
      close: () => device.close(),
    };
  },
};

const library = () =>
  import("node-hid").catch((error: unknown) => {
    throw new Fault("PROGRAM_MISSING", `USB HID devices need the package node-hid: ${messageOf(error)}.`, {
      fix: "Install it: npm install --include=optional.",
    });
  });

/** node-hid loads its native part at the first call; that wants a library of the system. */
function noParts(error: unknown): never {
  if (!/lib(?:usb|udev)[\w.-]*\.so/.test(messageOf(error))) throw error;
  throw new Fault("PROGRAM_MISSING", `USB HID devices need libusb: ${messageOf(error)}.`, {
    fix: "Install it: sudo apt-get install libusb-1.0-0.",
    cause: error,
  });
}

/**
 * Opens a USB HID device: `hid:VVVV:PPPP` by its USB ids in hex, `hid:/dev/hidrawN` by its file, `hid:` by the ids of
 * the family. A report is one chunk, without its id where that is 0. Simulated where the kernel says that a program
 * made the device (uhid). Rejects with LINK_NOT_FOUND, LINK_REFUSED, PROGRAM_MISSING, or the signal's reason.
 */
export async function openHid(
  address: string,
  usb: readonly UsbId[],
  signal: AbortSignal,
  hid: Hid,
): Promise<OpenLink> {
  const place = await placeOf(address, usb, hid);
  signal.throwIfAborted();
  await mayOpen(place, address);
  const facts = await kernelFacts(place);
  const connection = await hid.open(place).catch((error: unknown) => {
    throw error instanceof Fault ? error : openFault(address, error);
  });
  const queue = createChunkQueue();
  connection.listen(
    (bytes) => queue.push(bytes),
    (error) => queue.end(lost(address, messageOf(error))),
  );
  let closed = false;
  const link: ByteLink = {
    chunks: queue.chunks,
    async write(bytes) {
      if (closed) throw lost(address, "it is closed");
      const report = facts.numbered ? bytes : Uint8Array.of(0, ...bytes);
      await connection.write(report).catch((error: unknown) => {
        throw lost(address, messageOf(error));
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      queue.end();
      // A device that was pulled fails to close, too.
      await connection.close().catch(() => undefined);
    },
  };
  if (signal.aborted) {
    await link.close();
    throw signal.reason;
  }
  return { link, simulated: facts.virtual, resolved: `hid:${place}` };
}

async function placeOf(address: string, usb: readonly UsbId[], hid: Hid): Promise<string> {
  const rest = address.slice("hid:".length);
  if (rest.startsWith("/dev/")) return rest;
  const ids = /^([\da-f]{4}):([\da-f]{4})$/i.exec(rest);
  if (ids === null && rest !== "") throw notAnAddress(address);
  const wanted =
    ids === null
      ? usb
      : [{ vendorId: Number.parseInt(ids[1] ?? "", 16), productId: Number.parseInt(ids[2] ?? "", 16) }];
  const devices = await hid.devices().catch((error: unknown) => {
    throw error instanceof Fault ? error : openFault(address, error);
  });
  // A device with several interfaces is listed several times.
  const paths = new Set<string>();
  for (const device of devices) {
    if (wanted.some((id) => id.vendorId === device.vendorId && id.productId === device.productId))
      paths.add(device.path);
  }
  const [first, ...more] = [...paths].toSorted();
  if (first === undefined) throw notThere(address, wanted);
  if (more.length === 0) return first;
  throw new Fault(
    "LINK_REFUSED",
    `Several devices are meant by ${address}: ${[first, ...more].join(", ")}.`,
    {
      fix: `Name one by its file, as in hid:${first}, or plug the others out.`,
    },
  );
}

/** hidapi does not tell a missing right from anything else that goes wrong. */
async function mayOpen(place: string, address: string): Promise<void> {
  if (!place.startsWith("/dev/")) return;
  try {
    await access(place, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw notThere(address, []);
    throw new Fault("LINK_REFUSED", `The device ${address} may not be opened by this user.`, {
      fix:
        'Write KERNEL=="hidraw*", TAG+="uaccess", MODE="0660", GROUP="plugdev" to /etc/udev/rules.d/70-breathwatch.rules, ' +
        'put the user into the group "plugdev", and plug the device in again.',
      cause: error,
    });
  }
}

/** What Linux knows of a hidraw device; elsewhere, and where it says nothing, a real one without report ids. */
async function kernelFacts(
  place: string,
): Promise<{ readonly numbered: boolean; readonly virtual: boolean }> {
  const device = path.join("/sys/class/hidraw", path.basename(place), "device");
  const real = await realpath(device).catch(() => "");
  const descriptor = await readFile(path.join(device, "report_descriptor")).catch(() => new Uint8Array(0));
  return { numbered: hasReportIds(descriptor), virtual: real.includes("/virtual/") };
}

/** Whether a report descriptor numbers its reports: it has an item "Report ID" (USB HID 1.11, 6.2.2.2 and 6.2.2.7). */
export function hasReportIds(descriptor: Uint8Array): boolean {
  for (let at = 0; at < descriptor.length; ) {
    const prefix = descriptor[at] ?? 0;
    // A long item has its length in the next byte; a short one in two bits, where 3 stands for 4.
    if (prefix === 0xfe) at += 3 + (descriptor[at + 1] ?? 0);
    else if ((prefix & 0xfc) === 0x84) return true;
    else at += 1 + ((prefix & 3) === 3 ? 4 : prefix & 3);
  }
  return false;
}

const named = ({ vendorId, productId }: UsbId): string =>
  [vendorId, productId].map((id) => id.toString(16).padStart(4, "0")).join(":");

const notThere = (address: string, wanted: readonly UsbId[]): Fault => {
  const ids = wanted.length === 0 ? "" : ` (${wanted.map(named).join(", ")})`;
  return new Fault("LINK_NOT_FOUND", `There is no USB device ${address}${ids}.`, {
    fix: "Plug it in and switch it on; `lsusb` lists what is there.",
  });
};

const notAnAddress = (address: string): Fault =>
  new Fault("LINK_REFUSED", `${address} is not the address of a USB HID device.`, {
    fix: "Write hid:VVVV:PPPP with the ids that lsusb shows, or hid:/dev/hidraw0.",
    permanent: true,
  });

const openFault = (address: string, error: unknown): Fault =>
  new Fault("LINK_REFUSED", `The device ${address} cannot be opened: ${messageOf(error)}.`, {
    fix: "Stop the other program that has it, or plug it out and in again.",
    cause: error,
  });

const lost = (address: string, why: string): Fault =>
  new Fault("LINK_LOST", `The device ${address} went away: ${why}.`, {
    fix: "Plug it in again; it is opened by itself.",
  });
