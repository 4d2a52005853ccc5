import type { Characteristic, DisconnectReason, Noble, Peripheral } from "@stoprocent/noble";
import { messageOf } from "../domain/fault.ts";
import { plainWords } from "../domain/plain-words.ts";
import { type Advertised, isOfFamily, isWanted } from "./ble-match.ts";
import { type Heard, type Radio, RadioProblem, type Wanted } from "./ble-messages.ts";
import { type Bluez, openBluez } from "./bluez.ts";

declare module "@stoprocent/noble" {
  /** Missing in the types of 2.8.0. */
  export function withBindings(binding: "dbus", options: { readonly adapterId: string }): Noble;
}

/** One device over one adapter, in a process that is thrown away with it. Nothing here has a time limit of its own. */
export interface BleRadio {
  readonly adapter: string;
  find(wanted: Wanted): Promise<string>;
  /** "NAME (ADDRESS)" of devices of the family that were heard and are not the wanted one. */
  heard(): readonly string[];
  /** Tells of everything that advertises, instead of finding one device. */
  listen(): Promise<void>;
  connect(): Promise<void>;
  bond(): Promise<void>;
  discover(): Promise<readonly string[]>;
  subscribe(uuid: string, channel: string): Promise<void>;
  read(uuid: string, channel: string): Promise<void>;
  write(uuid: string, bytes: Uint8Array, withResponse: boolean): Promise<void>;
  leave(): Promise<void>;
}

export interface BleRadioEvents {
  packet(channel: string, bytes: Uint8Array): void;
  heard(heard: Heard): void;
  /** The device, the adapter or bluetoothd went away. */
  lost(detail: string): void;
}

/** Names of neighbours' devices are not worth more room than this. */
const HEARD_MAX = 20;

/** Gets noble and, where bluetoothd manages the adapter, D-Bus ready. Rejects with a RadioProblem. */
export async function openRadio(radio: Radio, events: BleRadioEvents): Promise<BleRadio> {
  const bluez = radio.kind === "bluez" ? await openBluez(radio.adapter, events.lost) : undefined;
  const { withBindings, hciStatusMessage } = await import("@stoprocent/noble").catch((error: unknown) => {
    throw new RadioProblem("no_library", messageOf(error), { cause: error });
  });
  const noble =
    bluez === undefined
      ? withBindings("hci", hciOptions(radio.adapter ?? ""))
      : withBindings("dbus", { adapterId: bluez.adapter });
  const forbidden = new Promise<never>((_resolve, reject) => {
    noble.on("stateChange", (state) => {
      if (state === "unauthorized") reject(new RadioProblem("no_permission", "the system does not allow it"));
    });
  });
  await Promise.race([noble.waitForPoweredOnAsync(POWER_MS), forbidden]).catch((error: unknown) => {
    if (error instanceof RadioProblem) throw error;
    throw new RadioProblem("adapter_off", messageOf(error), { cause: error });
  });
  noble.on("stateChange", (state) => {
    if (state !== "poweredOn") events.lost(`the Bluetooth adapter is ${state}`);
  });
  // From here on an adapter that is taken away is a lost link.
  forbidden.catch(() => undefined);
  const reasonOf = (reason: DisconnectReason): string =>
    typeof reason === "number" ? hciStatusMessage(reason) : reason;
  return radioOf(noble, bluez, bluez?.adapter ?? radio.adapter ?? "", events, reasonOf);
}

/** Longer than the caller waits. */
const POWER_MS = 60_000;

const hciOptions = (adapter: string) =>
  /^hci\d+$/.test(adapter)
    ? { deviceId: Number(adapter.slice(3)), userChannel: true }
    : { hciDriver: "uart", bindParams: { uart: { port: adapter, baudRate: 1_000_000 } } };

function radioOf(
  noble: Noble,
  bluez: Bluez | undefined,
  adapter: string,
  events: BleRadioEvents,
  reasonOf: (reason: DisconnectReason) => string,
): BleRadio {
  const others = new Map<string, string>();
  let device: Peripheral | undefined;
  let characteristics: readonly Characteristic[] = [];

  const found = (): Peripheral => {
    if (device === undefined) throw new Error("no device was found before");
    return device;
  };
  /** Of several with one UUID the first that can do it. */
  const the = (uuid: string, ...able: readonly string[]): Characteristic => {
    const named = characteristics.filter((each) => each.uuid === uuid);
    const fit = named.find(({ properties }) => properties.some((each) => able.includes(each)));
    if (fit === undefined) throw new Error(`the characteristic ${uuid} has no ${able.join(" or ")}`);
    return fit;
  };

  return {
    adapter,
    async find(wanted) {
      await bluez?.release(wanted);
      const heard = new Promise<Peripheral>((resolve) => {
        noble.on("discover", (each: Peripheral) => {
          if (isRemembered(each)) return;
          const advertised = advertisedBy(each);
          if (isWanted(advertised, wanted)) resolve(each);
          else if (isOfFamily(advertised, wanted) && others.size < HEARD_MAX)
            others.set(each.address, `${advertised.name} (${each.address})`);
        });
      });
      await noble.startScanningAsync([], true);
      device = await heard;
      // Connecting while scanning fails on many adapters.
      await noble.stopScanningAsync();
      noble.removeAllListeners("discover");
      device.on("disconnect", (reason) => events.lost(`the device is gone: ${reasonOf(reason)}`));
      return device.address;
    },
    heard: () => [...others.values()],
    async listen() {
      noble.on("discover", (each: Peripheral) => {
        if (isRemembered(each)) return;
        const { address, name, services } = advertisedBy(each);
        const company = each.advertisement.manufacturerData;
        events.heard({
          address,
          name: name === "" || INSTEAD_OF_A_NAME.test(name) ? undefined : name,
          services,
          manufacturer: company === undefined || company.length < 2 ? undefined : company.readUInt16LE(0),
          rssiDbm: each.rssi,
        });
      });
      await noble.startScanningAsync([], true);
    },
    connect: () => found().connectAsync(),
    bond: async () => bluez?.bond(found().address),
    async discover() {
      ({ characteristics } = await found().discoverAllServicesAndCharacteristicsAsync());
      return characteristics.map(({ uuid, properties }) => [uuid, ...properties].join(" "));
    },
    async subscribe(uuid, channel) {
      const characteristic = the(uuid, "notify", "indicate");
      characteristic.on("data", (data, isNotification) => {
        if (isNotification) events.packet(channel, data);
      });
      await characteristic.subscribeAsync();
    },
    async read(uuid, channel) {
      events.packet(channel, await the(uuid, "read").readAsync());
    },
    async write(uuid, bytes, withResponse) {
      const characteristic = the(uuid, withResponse ? "write" : "writeWithoutResponse");
      await characteristic.writeAsync(Buffer.from(bytes), !withResponse);
    },
    async leave() {
      if (device?.state === "connected") await device.disconnectAsync();
      noble.stop();
      bluez?.stop();
    },
  };
}

/** bluetoothd calls a device that tells no name by its address. */
const INSTEAD_OF_A_NAME = /^(?:[\da-f]{2}-){5}[\da-f]{2}$/i;

/** bluetoothd also tells of those that it only remembers: they have no signal strength. */
const isRemembered = ({ rssi }: Peripheral): boolean => rssi === 0;

const advertisedBy = ({ address, advertisement }: Peripheral): Advertised => ({
  address,
  // Neither is always there, whatever the types say.
  name: plainWords(advertisement.localName ?? ""),
  services: advertisement.serviceUuids ?? [],
});
