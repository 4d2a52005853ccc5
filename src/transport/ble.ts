import { readlink, realpath } from "node:fs/promises";
import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { GattProfile, OpenLink, PacketLink } from "../port/link.ts";
import type { Log } from "../port/log.ts";
import { lost, missing, NOT_HEARD, refusalFault } from "./ble-faults.ts";
import { type BleHelper, BleRefusal, type StartBleHelper } from "./ble-helper.ts";
import { uuidFor } from "./ble-match.ts";
import type { Radio } from "./ble-messages.ts";
import { createPacketQueue, type PacketQueue } from "./chunk-queue.ts";
import { isVirtual } from "./serial-port.ts";

/** Time limits of our own, because none of these steps ends by itself when the radio or bluetoothd is stuck. */
const START_MS = 8_000;
/** Rings advertise once in one or two seconds, and some packets get lost. */
const FIND_MS = 15_000;
const CONNECT_MS = 12_000;
const DISCOVER_MS = 10_000;
const STEP_MS = 5_000;
/** Somebody may have to press a button. */
const BOND_MS = 20_000;
/** A goodbye, so that the device can be found again at once. */
const LEAVE_MS = 1_500;
/** bluetoothd gives up a first attempt now and then (le-connection-abort-by-local). */
const CONNECT_ATTEMPTS = 3;

export interface BleOptions {
  readonly clock: Clock;
  readonly startHelper: StartBleHelper;
  /** Told when something did not work that the device can be read without. */
  readonly log?: Log | undefined;
}

/**
 * Opens a Bluetooth LE device, `ble:ADDRESS` or `ble:NAME`, with `@ADAPTER` where there are several; `ble+hci:` with
 * an adapter takes one that bluetoothd does not manage. Every link has a process of its own. Simulated over a virtual
 * adapter. Rejects with LINK_NOT_FOUND, LINK_REFUSED, LINK_LOST, or the signal's reason.
 */
export async function openBle(
  address: string,
  gatt: GattProfile,
  signal: AbortSignal,
  { clock, startHelper, log }: BleOptions,
): Promise<OpenLink<PacketLink>> {
  const { device, radio } = parse(address);
  const queue = createPacketQueue();
  const helper = startHelper(clock, {
    packet: (channel, bytes) => queue.push({ channel, bytes }),
    lost: (detail) => queue.end(lost(address, detail)),
  });
  try {
    const [adapter = ""] = await helper.ask({ do: "start", radio }, START_MS, signal);
    const found = await find(helper, device, gatt, address, signal);
    await connect(helper, address, signal);
    if (gatt.bonded) await helper.ask({ do: "bond" }, BOND_MS, signal);
    const table = await helper.ask({ do: "discover" }, DISCOVER_MS, signal);
    await prepare(helper, gatt, table, { address, signal, log });
    return {
      link: linkOf(helper, queue, gatt, able(table, "write", "writeWithoutResponse"), address),
      simulated: await isVirtualRadio(radio, adapter),
      resolved: `ble:${found}@${adapter}`,
    };
  } catch (error) {
    helper.kill();
    throw error instanceof BleRefusal ? refusalFault(address, error) : error;
  }
}

type Device = { readonly address: string | undefined; readonly name: string | undefined };

function parse(address: string): { readonly device: Device; readonly radio: Radio } {
  const parts = /^ble(\+hci)?:(.+?)(?:@([^@]+))?$/.exec(address);
  const name = parts?.[2]?.trim();
  const adapter = parts?.[3];
  const ownAdapter = parts?.[1] !== undefined;
  if (name === undefined || name === "" || (ownAdapter && adapter === undefined)) {
    throw new Fault("LINK_REFUSED", `${address} is not the address of a Bluetooth device.`, {
      fix: "Write ble:ADDRESS or ble:NAME, as in ble:AA:BB:CC:DD:EE:FF; ble+hci: also wants @ADAPTER.",
      permanent: true,
    });
  }
  const isAddress = /^[\da-f]{2}(?::[\da-f]{2}){5}$/i.test(name);
  return {
    device: { address: isAddress ? name.toLowerCase() : undefined, name: isAddress ? undefined : name },
    radio:
      ownAdapter && adapter !== undefined ? { kind: "hci", adapter } : { kind: "bluez", adapter: adapter },
  };
}

async function find(
  helper: BleHelper,
  device: Device,
  { services, names }: GattProfile,
  address: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    const wanted = { ...device, services, names };
    const [found = ""] = await helper.ask({ do: "find", wanted }, FIND_MS, signal);
    return found;
  } catch (error) {
    if (!(error instanceof BleRefusal) || error.why !== "timeout") throw error;
  }
  const others = await helper.ask({ do: "heard" }, STEP_MS, signal);
  const beside = others.length === 0 ? "" : ` Of its kind are heard: ${others.join(", ")}.`;
  throw new Fault("LINK_NOT_FOUND", `${address} is not heard.${beside}`, { fix: NOT_HEARD });
}

/** Tries again where bluetoothd says no at once; a connection that hangs needs a fresh process. */
async function connect(helper: BleHelper, address: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await helper.ask({ do: "connect" }, CONNECT_MS, signal);
      return;
    } catch (error) {
      if (!(error instanceof BleRefusal)) throw error;
      if (error.why === "failed" && attempt < CONNECT_ATTEMPTS) continue;
      throw new Fault("LINK_REFUSED", `${address} is heard but does not connect: ${error.message}.`, {
        fix: "Perhaps another phone's app holds the ring: close it. Bring the sensor nearer, charge it.",
        cause: error,
      });
    }
  }
}

/** UUIDs of the characteristics with which one of these can be done. */
const able = (table: readonly string[], ...what: readonly string[]): readonly string[] =>
  table.flatMap((line) => {
    const [uuid = "", ...can] = line.split(" ");
    return can.some((each) => what.includes(each)) ? [uuid] : [];
  });

interface Preparing {
  readonly address: string;
  readonly signal: AbortSignal;
  readonly log: Log | undefined;
}

/**
 * Subscribes in the order of the profile, then reads what is read once. What the family can do without may fail: it is
 * noted, and the link goes on.
 */
async function prepare(
  helper: BleHelper,
  gatt: GattProfile,
  table: readonly string[],
  preparing: Preparing,
): Promise<void> {
  const { address, signal } = preparing;
  const telling = able(table, "notify", "indicate");
  const subscribe = (uuid: string, channel: string): Promise<unknown> =>
    helper.ask({ do: "subscribe", uuid, channel }, STEP_MS, signal);
  for (const channel of gatt.notify) {
    const uuid = uuidFor(channel, telling);
    if (uuid === undefined) throw missing(address, channel);
    await subscribe(uuid, channel);
  }
  for (const channel of gatt.notifyIfThere) {
    const uuid = uuidFor(channel, telling);
    if (uuid !== undefined) await mayFail(subscribe(uuid, channel), `subscribe ${channel}`, preparing);
  }
  const readable = able(table, "read");
  for (const channel of gatt.read) {
    const uuid = uuidFor(channel, readable);
    if (uuid === undefined) continue;
    const reading = helper.ask({ do: "read", uuid, channel }, STEP_MS, signal);
    await mayFail(reading, `read ${channel}`, preparing);
  }
}

/** A device that refuses, or does not answer in time; a link that is gone is no matter of one step. */
async function mayFail(step: Promise<unknown>, what: string, { address, log }: Preparing): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!(error instanceof BleRefusal) || error.why === "gone") throw error;
    log?.note("link.step_failed", { address, step: what, problem: error.message }, "warn");
  }
}

function linkOf(
  helper: BleHelper,
  queue: PacketQueue,
  gatt: GattProfile,
  writable: readonly string[],
  address: string,
): PacketLink {
  let closing: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    queue.end();
    // A process that does not say goodbye is ended all the same.
    await helper.ask({ do: "leave" }, LEAVE_MS).catch(() => undefined);
    helper.kill();
  };
  return {
    chunks: queue.chunks,
    async write({ channel, bytes }) {
      const how = gatt.write[channel];
      const uuid = how === undefined ? undefined : uuidFor(channel, writable);
      if (uuid === undefined) {
        throw new Fault("DEVICE_REFUSED", `${address} has no characteristic ${channel} that is written.`);
      }
      const withResponse = how === "with_response";
      try {
        await helper.ask({ do: "write", uuid, bytes, withResponse }, STEP_MS);
      } catch (error) {
        if (!(error instanceof BleRefusal)) throw error;
        if (error.why === "failed") throw new Fault("DEVICE_REFUSED", `${address}: ${error.message}.`);
        throw lost(address, error.message);
      }
    },
    close() {
      closing ??= leave();
      return closing;
    },
  };
}

/** bluetoothd's virtual adapters and serial adapters that are pseudo-terminals carry no radio (law 7). */
async function isVirtualRadio(radio: Radio, adapter: string): Promise<boolean> {
  if (radio.kind === "hci" && radio.adapter.startsWith("/"))
    return isVirtual(await realpath(radio.adapter).catch(() => radio.adapter));
  // A link such as ../../devices/virtual/bluetooth/hci0; without sysfs nothing says that it is virtual.
  const place = await readlink(`/sys/class/bluetooth/${adapter}`).catch(() => "");
  return place.includes("/virtual/");
}
