// No machine that tests has a HID device to open: a double behind the same interface plays recorded reports.
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import type { ByteNeed, OpenLink } from "../../../src/port/link.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { type Hid, type HidDevice, hasReportIds, machineHid } from "../../../src/transport/hid.ts";
import { createLinks } from "../../../src/transport/links.ts";

const never = new AbortController().signal;
const ADAPTER: HidDevice = { path: "dongle-1", vendorId: 0x28e9, productId: 0x028a };
const OTHER: HidDevice = { path: "keyboard", vendorId: 0x046d, productId: 0xc31c };
const NEED: ByteNeed = { kind: "reports", usb: [{ vendorId: 0x28e9, productId: 0x028a }] };

function double(devices: readonly HidDevice[]) {
  const written: number[][] = [];
  let report: (bytes: Uint8Array) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let opened: string | undefined;
  let closes = 0;
  const hid: Hid = {
    devices: async () => devices,
    async open(path) {
      opened = path;
      return {
        listen(onReport, onError) {
          report = onReport;
          fail = onError;
        },
        write: async (bytes) => void written.push([...bytes]),
        async close() {
          closes += 1;
          if (closes > 1) throw new Error("closed twice");
        },
      };
    },
  };
  return {
    hid,
    written,
    report: (bytes: Uint8Array) => report(bytes),
    fail: (error: Error) => fail(error),
    opened: () => opened,
    closes: () => closes,
  };
}

const open = (hid: Hid, address: string, need: ByteNeed = NEED): Promise<OpenLink> =>
  createLinks({ clock: createVirtualClock(wall(0)), hid }).open(address, need, never);

describe("a USB HID device", () => {
  test.each(["hid:28e9:028a", "hid:28E9:028A", "hid:"])("is opened by its ids at %s", async (address) => {
    const usb = double([OTHER, ADAPTER, ADAPTER]);
    const { resolved, simulated } = await open(usb.hid, address);
    expect(usb.opened()).toBe("dongle-1");
    expect({ resolved, simulated }).toEqual({ resolved: "hid:dongle-1", simulated: false });
  });

  test("gives each report as one chunk and takes reports without an id", async () => {
    const usb = double([ADAPTER]);
    const { link } = await open(usb.hid, "hid:28e9:028a");
    usb.report(Uint8Array.of(0xeb, 1, 5));
    usb.report(Uint8Array.of(0xeb, 0));
    const chunks = link.chunks[Symbol.asyncIterator]();
    expect((await chunks.next()).value).toEqual(Uint8Array.of(0xeb, 1, 5));
    expect((await chunks.next()).value).toEqual(Uint8Array.of(0xeb, 0));
    await link.write(Uint8Array.of(0x7d, 0x81));
    expect(usb.written).toEqual([[0, 0x7d, 0x81]]);
  });

  test("that is pulled is a lost link; closing it then is harmless, also twice", async () => {
    const usb = double([ADAPTER]);
    const { link } = await open(usb.hid, "hid:");
    const next = link.chunks[Symbol.asyncIterator]().next();
    usb.fail(new Error("could not read from HID device"));
    await expect(next).rejects.toMatchObject({ code: "LINK_LOST" });
    await link.close();
    await link.close();
    expect(usb.closes()).toBe(1);
    await expect(link.write(Uint8Array.of(1))).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  test("that is closed ends without a fault", async () => {
    const { link } = await open(double([ADAPTER]).hid, "hid:");
    const next = link.chunks[Symbol.asyncIterator]().next();
    await link.close();
    expect((await next).done).toBe(true);
  });

  test("that is not there is not found, by ids or by file", async () => {
    const usb = double([OTHER]);
    await expect(open(usb.hid, "hid:")).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
      message: expect.stringContaining("28e9:028a"),
    });
    await expect(open(usb.hid, "hid:/dev/hidraw-none")).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  });

  test("of which there are two is named by its file", async () => {
    const usb = double([ADAPTER, { ...ADAPTER, path: "dongle-2" }]);
    await expect(open(usb.hid, "hid:")).rejects.toMatchObject({
      code: "LINK_REFUSED",
      fix: expect.stringContaining("hid:dongle-1"),
    });
  });

  test.each(["hid:28e9", "hid:xyz", "hid:28e9:028a:1"])("is not at %s", async (address) => {
    const refused = { code: "LINK_REFUSED", permanent: true };
    await expect(open(double([ADAPTER]).hid, address)).rejects.toMatchObject(refused);
  });

  test("is not what a serial family reads", async () => {
    const serial = { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;
    await expect(open(double([ADAPTER]).hid, "hid:", { kind: "bytes", serial })).rejects.toMatchObject({
      code: "LINK_REFUSED",
    });
  });

  test("that is no longer wanted when it has opened is closed again", async () => {
    const usb = double([ADAPTER]);
    const stop = new AbortController();
    const hid: Hid = {
      ...usb.hid,
      open: async (path) => {
        stop.abort();
        return usb.hid.open(path);
      },
    };
    const links = createLinks({ clock: createVirtualClock(wall(0)), hid });
    await expect(links.open("hid:", NEED, stop.signal)).rejects.toThrow(/abort/);
    await settle();
    expect(usb.closes()).toBe(1);
  });

  test("numbers its reports where its descriptor says so", () => {
    // A vendor's page with one input and one output report of 64 bytes, as cheap dongles have it.
    const plain = [
      0x06, 0, 0xff, 9, 1, 0xa1, 1, 0x15, 0, 0x26, 0xff, 0, 0x75, 8, 0x95, 64, 9, 1, 0x81, 2, 0xc0,
    ];
    expect(hasReportIds(Uint8Array.from(plain))).toBe(false);
    expect(hasReportIds(Uint8Array.from([...plain.slice(0, 7), 0x85, 1, ...plain.slice(7)]))).toBe(true);
    // 0x85 as somebody's data, and in a long item.
    expect(hasReportIds(Uint8Array.of(0x95, 0x85, 0xfe, 2, 0x10, 0x85, 0x85, 0xc0))).toBe(false);
    expect(hasReportIds(new Uint8Array(0))).toBe(false);
  });

  test("of this machine is listed by node-hid, or the missing part of the system is named", async () => {
    const devices = await machineHid.devices().catch((error: unknown) => error);
    if (Array.isArray(devices)) for (const { path } of devices) expect(existsSync(path)).toBe(true);
    else expect(devices).toMatchObject({ code: "PROGRAM_MISSING", fix: expect.stringContaining("libusb") });
  });
});
