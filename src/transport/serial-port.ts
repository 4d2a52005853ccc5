import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { SerialPort } from "serialport";
import { Fault, messageOf } from "../domain/fault.ts";
import type { SerialSettings } from "../port/link.ts";

/** Names that stay the same whichever socket an adapter is plugged into. */
const STABLE_NAMES = "/dev/serial/by-id";
/** Terminals that a program made: Linux and macOS pseudo-terminals, null-modem modules. */
const VIRTUAL = /^\/dev\/(?:pts\/\d+|pty\w+|ttys\d+|ttyp\w+|tnt\d+)$/;
/** What a Linux machine calls real serial ports. */
const REAL = /^tty(?:USB|ACM|AMA|S|XRUSB|WCH|O|MFD)\d+$|^rfcomm\d+$/;

/** An opened port with what is true of it. */
export interface OpenPort {
  readonly port: SerialPort;
  readonly simulated: boolean;
  readonly resolved: string;
}

/**
 * Opens a serial port, always a fresh object: one that lost its cable does not read again (measured). `prepare` is
 * called before it opens, to put listeners on. Rejects with LINK_NOT_FOUND, LINK_REFUSED, or the signal's reason.
 */
export async function openPort(
  address: string,
  settings: SerialSettings,
  signal: AbortSignal,
  prepare: (port: SerialPort) => void,
): Promise<OpenPort> {
  const device = await deviceOf(address);
  signal.throwIfAborted();
  const port = new SerialPort({ path: device, autoOpen: false, ...settings });
  prepare(port);
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null ? resolve() : reject(openFault(address, error))));
  });
  if (signal.aborted) {
    await closed(port);
    throw signal.reason;
  }
  return { port, simulated: isVirtual(device), resolved: await stableName(address, device) };
}

/** Whether a device file is a terminal that a program made. */
export const isVirtual = (device: string): boolean => VIRTUAL.test(device);

/** Serial ports of this machine, by their stable names where they have one. */
export async function listSerial(): Promise<
  readonly { readonly path: string; readonly description: string }[]
> {
  if (process.platform !== "linux") {
    const ports = await SerialPort.list();
    return ports.map((port) => ({ path: port.path, description: port.manufacturer ?? "serial port" }));
  }
  const names = (await namesIn("/dev")).filter((name) => REAL.test(name)).map((name) => `/dev/${name}`);
  const ports = [];
  for (const name of names.toSorted()) {
    const stable = await stableName(name, name);
    ports.push({ path: stable, description: stable === name ? "serial port" : `now ${name}` });
  }
  return ports;
}

/** The device file behind an address; faults say what is wrong with it. */
async function deviceOf(address: string): Promise<string> {
  if (process.platform === "win32") return address;
  try {
    const device = await realpath(address);
    if ((await stat(device)).isCharacterDevice()) return device;
  } catch (error) {
    throw openFault(address, error);
  }
  throw new Fault("LINK_REFUSED", `${address} is not a serial port.`, {
    fix: `Name the adapter's own file, best the one in ${STABLE_NAMES}.`,
    permanent: true,
  });
}

/** How the system says that a terminal was hung up or its adapter pulled. */
export const HUNG_UP = /EIO|ENXIO|ENODEV|input\/output error|no such device|bad file descriptor/i;

/** What is told when a port goes away. */
export const lost = (address: string, cause: unknown): Fault =>
  new Fault("LINK_LOST", `The port ${address} went away: ${messageOf(cause)}.`, {
    fix: "Plug the adapter in again; it is opened by itself.",
    cause,
  });

/** Resolves once the port is closed, by us now or by an unplugged cable before. */
export function closed(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    if (!port.isOpen) return resolve();
    port.once("close", () => resolve());
    // The listener above answers; a failure to close has nothing left to do.
    port.close(() => resolve());
  });
}

/** The by-id name of a device where it has one, else the address as given. */
async function stableName(address: string, device: string): Promise<string> {
  if (address.startsWith(STABLE_NAMES)) return address;
  for (const name of await namesIn(STABLE_NAMES)) {
    const stable = path.join(STABLE_NAMES, name);
    // A name may vanish while it is looked at.
    const target = await realpath(stable).catch(() => undefined);
    if (target === device) return stable;
  }
  return address;
}

/** Names in a folder; none where it does not exist: no adapter has a stable name then. */
const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

function openFault(address: string, error: unknown): Fault {
  const message = messageOf(error);
  const options = { cause: error };
  if (/ENOENT|ENOTDIR|ELOOP|ENODEV|ENXIO|no such (?:file|device)/i.test(message)) {
    return new Fault("LINK_NOT_FOUND", `There is no port ${address}.`, {
      ...options,
      fix: `Plug the adapter in. Its stable name is listed in ${STABLE_NAMES}.`,
    });
  }
  if (/EACCES|EPERM|permission denied|operation not permitted/i.test(message)) {
    return new Fault("LINK_REFUSED", `The port ${address} may not be opened by this user.`, {
      ...options,
      fix: 'Add the user to the group "dialout" (sudo usermod -aG dialout USER) and sign in again.',
    });
  }
  if (/EBUSY|EAGAIN|lock|busy|temporarily unavailable/i.test(message)) {
    return new Fault("LINK_REFUSED", `The port ${address} is in use by another program.`, {
      ...options,
      fix: "Stop the other program (a modem manager, a terminal, a second Breathwatch).",
    });
  }
  return new Fault("LINK_REFUSED", `The port ${address} cannot be opened: ${message}.`, {
    ...options,
    fix: "Check that this is the adapter's own port and that its driver is loaded.",
  });
}
