// A stand-in for bluetoothd on a message bus of its own: the objects, methods and signals of its D-Bus interface (BlueZ,
// doc/org.bluez.*.rst) as far as a central uses them, for one device. Without a radio, so that the real noble D-Bus
// binding and our own calls run wherever dbus-daemon does.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DBusError, type MessageBus, interface as service, sessionBus, Variant } from "dbus-next";

/** A private message bus. Needs `requires("dbus")`. */
export interface PrivateBus {
  /** For DBUS_SYSTEM_BUS_ADDRESS. */
  readonly address: string;
  remove(): Promise<void>;
}

/** Starts a message bus that belongs to this test. */
export async function startBus(): Promise<PrivateBus> {
  const folder = mkdtempSync(path.join(tmpdir(), "bus-"));
  const socket = path.join(folder, "bus");
  const config = path.join(folder, "bus.conf");
  const policy =
    '<policy context="default"><allow send_destination="*"/><allow own="*"/><allow receive_sender="*"/></policy>';
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>${policy}</busconfig>`,
  );
  const daemon: ChildProcess = spawn("dbus-daemon", [`--config-file=${config}`, "--nofork"], {
    stdio: "ignore",
  });
  while (!existsSync(socket)) await sleep(5);
  return {
    address: `unix:path=${socket}`,
    async remove() {
      const gone = new Promise((resolve) => daemon.once("exit", resolve));
      if (daemon.kill()) await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the device is, and what bluetoothd knows of it before anybody looks. */
export interface FakeDevice {
  readonly address: string;
  readonly name: string;
  /** Absent: only remembered, not heard now. */
  readonly rssi?: number;
  readonly connected?: boolean;
  readonly paired?: boolean;
}

/** A bluetoothd with the adapter hci0 and one device, a pulse oximeter that notifies by 2a5f. */
export interface FakeBluez {
  /** What it was asked to do, in order: "Connect", "StartNotify"... */
  readonly calls: string[];
  /** The next calls of Connect fail with this message. */
  readonly connectFailures: string[];
  notify(bytes: Uint8Array): void;
  /** The device goes out of reach. */
  drop(): void;
  stop(): Promise<void>;
}

const { Interface } = service;
const ADAPTER_PATH = "/org/bluez/hci0";
const PLX_SERVICE = "00001822-0000-1000-8000-00805f9b34fb";
const PLX_CONTINUOUS = "00002a5f-0000-1000-8000-00805f9b34fb";

type Properties = { [name: string]: Variant };

export async function startBluez(
  bus: PrivateBus,
  device: FakeDevice,
  { powered = true } = {},
): Promise<FakeBluez> {
  const calls: string[] = [];
  const connectFailures: string[] = [];
  let connected = device.connected ?? false;
  let paired = device.paired ?? false;
  const devicePath = `${ADAPTER_PATH}/dev_${device.address.toUpperCase().replaceAll(":", "_")}`;
  const servicePath = `${devicePath}/service0001`;
  const characteristicPath = `${servicePath}/char0002`;

  class Adapter extends Interface {
    SetDiscoveryFilter(): void {
      calls.push("SetDiscoveryFilter");
    }
    StartDiscovery(): void {
      calls.push("StartDiscovery");
    }
    StopDiscovery(): void {
      calls.push("StopDiscovery");
    }
  }
  Adapter.configureMembers({
    methods: {
      SetDiscoveryFilter: { inSignature: "a{sv}" },
      StartDiscovery: {},
      StopDiscovery: {},
    },
  });

  class Device extends Interface {
    readonly Connected = false;
    readonly ServicesResolved = false;
    async Connect(): Promise<void> {
      calls.push("Connect");
      const failure = connectFailures.shift();
      if (failure !== undefined) throw new DBusError("org.bluez.Error.Failed", failure);
      connected = true;
      Interface.emitPropertiesChanged(this, { Connected: true }, []);
      Interface.emitPropertiesChanged(this, { ServicesResolved: true }, []);
    }
    async Disconnect(): Promise<void> {
      calls.push("Disconnect");
      connected = false;
      Interface.emitPropertiesChanged(this, { Connected: false }, []);
    }
    async Pair(): Promise<void> {
      calls.push("Pair");
      paired = true;
    }
  }
  Device.configureMembers({
    properties: {
      Connected: { signature: "b", access: "read" },
      ServicesResolved: { signature: "b", access: "read" },
    },
    methods: { Connect: {}, Disconnect: {}, Pair: {} },
  });

  class Gatt extends Interface {
    readonly UUID = PLX_SERVICE;
  }
  Gatt.configureMembers({ properties: { UUID: { signature: "s", access: "read" } } });

  class Oximeter extends Interface {
    readonly Value = Buffer.alloc(0);
    StartNotify(): void {
      calls.push("StartNotify");
    }
    StopNotify(): void {
      calls.push("StopNotify");
    }
    WriteValue(value: Uint8Array): void {
      calls.push(`WriteValue ${Buffer.from(value).toString("hex")}`);
    }
  }
  Oximeter.configureMembers({
    properties: { Value: { signature: "ay", access: "read" } },
    methods: { StartNotify: {}, StopNotify: {}, WriteValue: { inSignature: "aya{sv}" } },
  });

  const adapterFacts = (): Properties => ({
    Address: new Variant("s", "00:AA:01:00:00:00"),
    Powered: new Variant("b", powered),
  });
  const deviceFacts = (): Properties => ({
    Address: new Variant("s", device.address.toUpperCase()),
    AddressType: new Variant("s", "public"),
    Name: new Variant("s", device.name),
    UUIDs: new Variant("as", [PLX_SERVICE]),
    Connected: new Variant("b", connected),
    Paired: new Variant("b", paired),
    ServicesResolved: new Variant("b", connected),
    ...(device.rssi === undefined ? {} : { RSSI: new Variant("n", device.rssi) }),
  });

  class Objects extends Interface {
    GetManagedObjects(): unknown {
      return {
        [ADAPTER_PATH]: { "org.bluez.Adapter1": adapterFacts() },
        [devicePath]: { "org.bluez.Device1": deviceFacts() },
        [servicePath]: {
          "org.bluez.GattService1": {
            UUID: new Variant("s", PLX_SERVICE),
            Primary: new Variant("b", true),
          },
        },
        [characteristicPath]: {
          "org.bluez.GattCharacteristic1": {
            UUID: new Variant("s", PLX_CONTINUOUS),
            Flags: new Variant("as", ["notify", "write"]),
          },
        },
      };
    }
    InterfacesAdded(): void {
      // Everything is there from the start: declared because centrals listen for it.
    }
    InterfacesRemoved(): void {
      // As above.
    }
  }
  Objects.configureMembers({
    methods: { GetManagedObjects: { outSignature: "a{oa{sa{sv}}}" } },
    signals: { InterfacesAdded: { signature: "oa{sa{sv}}" }, InterfacesRemoved: { signature: "oas" } },
  });

  const connection: MessageBus = sessionBus({ busAddress: bus.address });
  const deviceObject = new Device("org.bluez.Device1");
  const oximeter = new Oximeter("org.bluez.GattCharacteristic1");
  connection.export("/", new Objects("org.freedesktop.DBus.ObjectManager"));
  connection.export(ADAPTER_PATH, new Adapter("org.bluez.Adapter1"));
  connection.export(devicePath, deviceObject);
  connection.export(servicePath, new Gatt("org.bluez.GattService1"));
  connection.export(characteristicPath, oximeter);
  await connection.requestName("org.bluez", 0);

  return {
    calls,
    connectFailures,
    notify: (bytes) => Interface.emitPropertiesChanged(oximeter, { Value: Buffer.from(bytes) }, []),
    drop() {
      connected = false;
      Interface.emitPropertiesChanged(deviceObject, { Connected: false }, []);
    },
    async stop() {
      await connection.releaseName("org.bluez");
      connection.disconnect();
    },
  };
}
