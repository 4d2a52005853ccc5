// The way over bluetoothd: real noble with its D-Bus binding, on a real message bus, against a stand-in for bluetoothd.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { createClock } from "../../src/ops/clock.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { GattProfile, OpenLink, PacketLink } from "../../src/port/link.ts";
import { createLinks } from "../../src/transport/links.ts";
import {
  type FakeBluez,
  type FakeDevice,
  type PrivateBus,
  startBluez,
  startBus,
} from "../support/fake-bluez.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("dbus");

const RING: FakeDevice = { address: "c0:ff:ee:00:00:01", name: "Ring 0815", rssi: -60 };
const PROFILE: GattProfile = {
  services: ["1822"],
  names: [/^Ring /],
  notify: ["2a5f"],
  notifyIfThere: [],
  read: [],
  write: { "2a5f": "with_response" },
  bonded: false,
};
const real = createClock();
/** The search for a device passes ten times as fast. */
const hasty: Clock = {
  ...real,
  after: (ms, callback) => real.after(ms >= 15_000 ? ms / 10 : ms, callback),
};

let bus: PrivateBus;
let bluez: FakeBluez | undefined;
let opened: OpenLink<PacketLink>[] = [];
const before = process.env["DBUS_SYSTEM_BUS_ADDRESS"];

async function start(device = RING, options = {}): Promise<FakeBluez> {
  bluez = await startBluez(bus, device, options);
  return bluez;
}

async function open(
  address = `ble:${RING.address}`,
  gatt = PROFILE,
  clock: Clock = real,
): Promise<OpenLink<PacketLink>> {
  const signal = new AbortController().signal;
  const link = await createLinks({ clock }).openPackets(address, { kind: "gatt", gatt }, signal);
  opened.push(link);
  return link;
}

async function next({ link }: OpenLink<PacketLink>): Promise<string> {
  const { value } = await link.chunks[Symbol.asyncIterator]().next();
  return `${value.channel} ${Buffer.from(value.bytes).toString("hex")}`;
}

async function until(what: () => boolean, ms = 5_000): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms; ${bluez?.calls.join()}`);
    await sleep(5);
  }
}

describe("a sensor that bluetoothd manages", () => {
  beforeAll(async () => {
    bus = await startBus();
    process.env["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address;
  });
  afterEach(async () => {
    await Promise.all(opened.map(({ link }) => link.close()));
    opened = [];
    await bluez?.stop();
    bluez = undefined;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env["DBUS_SYSTEM_BUS_ADDRESS"];
    else process.env["DBUS_SYSTEM_BUS_ADDRESS"] = before;
    await bus.remove();
  });

  test("is found by its name, heard, written to, and let go in the end", async () => {
    const { calls, notify } = await start();
    const link = await open("ble:Ring 0815@hci0");
    expect(link.resolved).toBe("ble:C0:FF:EE:00:00:01@hci0");
    notify(Uint8Array.of(0, 0x61, 0, 0x48, 0));
    expect(await next(link)).toBe("2a5f 0061004800");
    await link.link.write({ channel: "2a5f", bytes: Uint8Array.of(1, 2) });
    expect(calls).toContain("WriteValue 0102");
    expect(calls.indexOf("StopDiscovery")).toBeLessThan(calls.indexOf("Connect"));
    expect(calls).not.toContain("Pair");
    await link.link.close();
    await until(() => calls.at(-1) === "Disconnect");
  });

  test("that goes out of reach is a lost link", async () => {
    const { drop } = await start();
    const link = await open();
    const ending = next(link);
    drop();
    await expect(ending).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  test("is lost when bluetoothd restarts, and opened again over the new one", async () => {
    const first = await start();
    const link = await open();
    const ending = expect(next(link)).rejects.toMatchObject({
      code: "LINK_LOST",
      message: expect.stringContaining("bluetoothd"),
    });
    await first.stop();
    await ending;
    const second = await start();
    const again = await open();
    second.notify(Uint8Array.of(5));
    expect(await next(again)).toBe("2a5f 05");
  });

  test("is bonded where the family wants it, once", async () => {
    const { calls } = await start();
    await open(undefined, { ...PROFILE, bonded: true });
    expect(calls.filter((call) => call === "Pair")).toHaveLength(1);
    expect(calls.indexOf("Pair")).toBeLessThan(calls.indexOf("StartNotify"));
    await opened[0]?.link.close();
    await open(undefined, { ...PROFILE, bonded: true });
    expect(calls.filter((call) => call === "Pair")).toHaveLength(1);
  });

  test.each([RING.address, RING.name])(
    "that is still connected from before is let go first, since it would not advertise: %s",
    async (named) => {
      const { calls } = await start({ ...RING, connected: true });
      await open(`ble:${named}`);
      expect(calls.indexOf("Disconnect")).toBe(0);
      expect(calls).toContain("Connect");
    },
  );

  test("whose connection is aborted at once, as happens, is tried again", async () => {
    const { calls, connectFailures } = await start();
    connectFailures.push("le-connection-abort-by-local", "le-connection-abort-by-local");
    await open();
    expect(calls.filter((call) => call === "Connect")).toHaveLength(3);
  });

  test("that refuses every time is refused, with the phone that may hold it", async () => {
    const { connectFailures } = await start();
    connectFailures.push("no", "no", "le-connection-abort-by-local");
    await expect(open()).rejects.toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringContaining("le-connection-abort-by-local"),
      fix: expect.stringContaining("another phone"),
    });
  });

  test("that is only remembered, not heard, is not found", async () => {
    const { rssi, ...remembered } = RING;
    expect(rssi).toBeDefined();
    await start(remembered);
    await expect(open(undefined, PROFILE, hasty)).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  });

  test("cannot be had while the adapter is off, absent, or bluetoothd does not run", async () => {
    const on = await start();
    await expect(open("ble:Ring 0815@hci7")).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
      message: expect.stringContaining("hci0"),
    });
    await on.stop();
    const off = await start(RING, { powered: false });
    await expect(open()).rejects.toMatchObject({
      code: "LINK_REFUSED",
      fix: expect.stringContaining("bluetoothctl power on"),
    });
    await off.stop();
    bluez = undefined;
    const notRunning = { code: "LINK_REFUSED", fix: expect.stringContaining("systemctl") };
    await expect(open()).rejects.toMatchObject(notRunning);
    process.env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent/bus";
    await expect(open()).rejects.toMatchObject(notRunning);
    process.env["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address;
  });
});
