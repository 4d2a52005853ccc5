import type { MessageBus } from "dbus-next";
import { messageOf } from "../domain/fault.ts";
import { isWanted } from "./ble-match.ts";
import { RadioProblem, type Wanted } from "./ble-messages.ts";

const BLUEZ = "org.bluez";
const ADAPTER = "org.bluez.Adapter1";
const DEVICE = "org.bluez.Device1";

/** What noble's D-Bus binding leaves out: bluetoothd coming and going, bonds, connections left over. */
export interface Bluez {
  /** `hci0` */
  readonly adapter: string;
  /** Ends a connection that a predecessor of ours, or another program here, still has: it would not advertise. */
  release(wanted: Pick<Wanted, "address" | "name">): Promise<void>;
  /** Asks for a bond where there is none; keys stay with bluetoothd. */
  bond(address: string): Promise<void>;
  stop(): void;
}

/**
 * Looks for bluetoothd and one of its adapters on the system bus. `onGone` is called once when bluetoothd stops or is
 * started anew: nothing of it is usable from then on. Rejects with a RadioProblem.
 */
export async function openBluez(
  wanted: string | undefined,
  onGone: (detail: string) => void,
): Promise<Bluez> {
  const { systemBus, Message, Variant } = await import("dbus-next").catch((error: unknown) => {
    throw new RadioProblem("no_library", messageOf(error), { cause: error });
  });
  const bus = await connected(systemBus);

  const call = async (
    destination: string,
    path: string,
    [name, member]: readonly [string, string],
    signature = "",
    body: unknown[] = [],
  ): Promise<unknown> => {
    const reply = await bus
      .call(new Message({ destination, path, interface: name, member, signature, body }))
      .catch((error: unknown) => {
        if (!/AccessDenied/.test(nameOf(error))) throw error;
        throw new RadioProblem("no_permission", messageOf(error), { cause: error });
      });
    return reply?.body[0];
  };
  const askBus = (member: string, text: string): Promise<unknown> =>
    call("org.freedesktop.DBus", "/org/freedesktop/DBus", ["org.freedesktop.DBus", member], "s", [text]);

  const isThere = await askBus("NameHasOwner", BLUEZ);
  if (isThere !== true) {
    bus.disconnect();
    throw new RadioProblem("no_bluetoothd", "bluetoothd does not run");
  }

  const plain = (value: unknown): unknown => {
    if (!(value instanceof Variant)) return value;
    const inside: unknown = value.value;
    return inside;
  };

  /** Properties of every object of one interface, by path. */
  const objects = async (name: string): Promise<ReadonlyMap<string, (property: string) => unknown>> => {
    const tree = await call(BLUEZ, "/", ["org.freedesktop.DBus.ObjectManager", "GetManagedObjects"]);
    const found = new Map<string, (property: string) => unknown>();
    for (const [path, interfaces] of entriesOf(tree)) {
      const properties = new Map(entriesOf(new Map(entriesOf(interfaces)).get(name)));
      if (properties.size > 0) found.set(path, (property) => plain(properties.get(property)));
    }
    return found;
  };

  const adapterPath = await adapterOf(await objects(ADAPTER), wanted).catch((error: unknown) => {
    bus.disconnect();
    throw error;
  });
  const deviceOf = async (wanted: Pick<Wanted, "address" | "name">) => {
    const text = (value: unknown): string => (typeof value === "string" ? value : "");
    for (const [path, property] of await objects(DEVICE)) {
      const known = { address: text(property("Address")), name: text(property("Name")), services: [] };
      const isHere = path.startsWith(`${adapterPath}/`);
      if (isHere && isWanted(known, { ...wanted, services: [], names: [] })) return { path, property };
    }
    return undefined;
  };

  let told = false;
  const gone = (detail: string): void => {
    if (told) return;
    told = true;
    onGone(detail);
  };
  bus.on("message", (message) => {
    if (message.member !== "NameOwnerChanged") return;
    const name: unknown = message.body[0];
    if (name === BLUEZ) gone("bluetoothd stopped or was started anew");
  });
  bus.on("error", (error: unknown) => gone(`the system bus failed: ${messageOf(error)}`));
  const rule = `type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${BLUEZ}'`;
  await askBus("AddMatch", rule);

  return {
    adapter: adapterPath.slice(adapterPath.lastIndexOf("/") + 1),
    async release(wanted) {
      const device = await deviceOf(wanted);
      if (device?.property("Connected") === true) await call(BLUEZ, device.path, [DEVICE, "Disconnect"]);
    },
    async bond(address) {
      const device = await deviceOf({ address: address.toLowerCase(), name: undefined });
      if (device === undefined) throw new Error("bluetoothd does not know it any more");
      if (device.property("Paired") !== true) await call(BLUEZ, device.path, [DEVICE, "Pair"]);
    },
    stop: () => bus.disconnect(),
  };
}

/** A bus that answers. The library tells a missing bus by an event only. */
function connected(systemBus: () => MessageBus): Promise<MessageBus> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const why = /EACCES|EPERM/.test(messageOf(error)) ? "no_permission" : "no_bluetoothd";
      reject(new RadioProblem(why, `no system bus: ${messageOf(error)}`, { cause: error }));
    };
    try {
      const bus = systemBus();
      bus.on("error", fail);
      bus.on("connect", () => resolve(bus));
    } catch (error) {
      fail(error);
    }
  });
}

async function adapterOf(
  adapters: ReadonlyMap<string, (property: string) => unknown>,
  wanted: string | undefined,
): Promise<string> {
  const paths = [...adapters.keys()].toSorted();
  const path = paths.find((each) => wanted === undefined || each.endsWith(`/${wanted}`));
  if (path === undefined) {
    const there = paths.length === 0 ? "none" : paths.map((each) => each.slice(each.lastIndexOf("/") + 1));
    throw new RadioProblem("no_adapter", `bluetoothd has ${String(there)}`);
  }
  if (adapters.get(path)?.("Powered") !== true) throw new RadioProblem("adapter_off", path);
  return path;
}

/** The error's D-Bus name, as the library keeps it; empty where it has none. */
const nameOf = (error: unknown): string =>
  error instanceof Error && "type" in error && typeof error.type === "string" ? error.type : "";

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];
