import { describe, expect, test } from "vitest";
import { DEVICES } from "../../../devices/index.ts";
import { viatomRing } from "../../../devices/viatom-ring/module.ts";
import { createScanCommand, type Surroundings } from "../../../src/cli/scan.ts";
import { Fault } from "../../../src/domain/fault.ts";
import type { DeviceModule } from "../../../src/driver/contract.ts";
import type { Heard } from "../../../src/transport/ble-messages.ts";
import { createTestTerminal } from "../../support/terminal.ts";

const RING: Heard = {
  address: "c0:ff:ee:00:00:01",
  name: "O2Ring 1234",
  services: ["14839ac4-7d7e-415c-9a42-167340cf2339"],
  manufacturer: undefined,
  rssiDbm: -60,
};
const CLIP: Heard = { ...RING, address: "c0:ff:ee:00:00:02", name: "My Oximeter", services: ["1822"] };
const NEIGHBOUR: Heard = { ...RING, address: "c0:ff:ee:00:00:03", name: "TV", services: ["fe9f"] };
/** Contec's HID oximeters. */
const HID = { path: "/dev/hidraw0", vendorId: 0x28e9, productId: 0x028a };

const around = (changes: Partial<Surroundings> = {}): Surroundings => ({
  serial: async () => [{ path: "/dev/serial/by-id/usb-FTDI", description: "now /dev/ttyUSB0" }],
  hid: async () => [HID, HID, { path: "/dev/hidraw1", vendorId: 1, productId: 2 }],
  ble: async () => [RING, CLIP, NEIGHBOUR],
  ...changes,
});

const scan = (surroundings: Surroundings, ...argv: string[]) => scanFor(DEVICES, surroundings, ...argv);

async function scanFor(modules: readonly DeviceModule[], surroundings: Surroundings, ...argv: string[]) {
  const terminal = createTestTerminal();
  const code = await createScanCommand(surroundings, modules).run(argv, terminal);
  return { code, data: terminal.data(), words: terminal.words() };
}

interface Found {
  readonly kind: string;
  readonly port: string;
  readonly families: readonly {
    readonly family: string;
    readonly config: string;
    readonly evidence: string;
  }[];
}
const json = async (surroundings: Surroundings, ...argv: string[]) =>
  JSON.parse((await scan(surroundings, "--json", ...argv)).data) as {
    readonly found: readonly Found[];
    readonly problems: readonly object[];
  };

describe("scan", () => {
  test("shows a ring with what it is good for and the lines for the configuration", async () => {
    const { code, data } = await scan(around());
    expect(code).toBe(0);
    expect(data).toMatch(/^Bluetooth {2}O2Ring 1234 {2}ble:C0:FF:EE:00:00:01 {2}-60 dBm$/m);
    expect(data).toMatch(/viatom-ring: Viatom.*\n +as the sensor of a night: yes; made to be worn all night/);
    expect(data).toMatch(/evidence: proven on bytes/);
    expect(data).toMatch(/- family: viatom-ring\n +port: ble:C0:FF:EE:00:00:01\n/);
  });

  test("says of a clip that it is not made for a night, and that the configuration must insist", async () => {
    const { found } = await json(around());
    const clip = found.find(({ port }) => port === "ble:C0:FF:EE:00:00:02");
    expect(clip?.families[0]).toMatchObject({
      family: "sig-plx",
      night: { suited: "no" },
      config: expect.stringContaining("\n  insist: true"),
    });
  });

  test("finds a USB device once, by the family that knows it, and no other", async () => {
    const hid = (await json(around())).found.filter(({ kind }) => kind === "hid");
    expect(hid).toEqual([
      expect.objectContaining({
        port: "hid:28e9:028a",
        families: [expect.objectContaining({ family: "contec-eb-hid" })],
      }),
    ]);
  });

  test("sends whoever has a serial port on to probe", async () => {
    expect((await scan(around())).data).toContain(
      "serial  now /dev/ttyUSB0  /dev/serial/by-id/usb-FTDI\n  what hangs on it: breathwatch probe /dev/serial/by-id/usb-FTDI",
    );
  });

  test("counts devices that no family knows, and lists them only when asked", async () => {
    const { data, words } = await scan(around());
    expect(data).not.toContain("TV");
    expect(words).toContain("1 devices that no family knows; --all lists them");
    expect((await scan(around(), "--all")).data).toMatch(/TV .*\n {2}no family knows it/);
  });

  test("hides families that nothing proves until they are asked for", async () => {
    const only = around({ ble: async () => [RING] });
    const unproven = [{ ...viatomRing, evidence: "unproven" } as const];
    const hidden = await scanFor(unproven, only);
    expect(hidden.data).not.toContain("viatom-ring");
    expect(hidden.words).toContain("1 could be read by an unproven family; --all shows it");
    expect((await scanFor(unproven, only, "--all")).data).toMatch(/viatom-ring[^]*evidence: unproven/);
  });

  test("asks for the worn ring and the closed app where no sensor is heard", async () => {
    for (const heard of [[], [NEIGHBOUR]]) {
      const { words } = await scan(around({ ble: async () => heard }));
      expect(words).toMatch(
        /no sensor of a known family was heard\. Is the ring worn.*app closed on every phone/,
      );
    }
  });

  test("goes on where Bluetooth cannot be looked at, and says why once", async () => {
    const ble = () =>
      Promise.reject(new Fault("LINK_NOT_FOUND", "There is no adapter.", { fix: "Plug it in." }));
    const { code, data, words } = await scan(around({ ble }));
    expect(code).toBe(0);
    expect(data).toContain("contec-eb-hid");
    expect(words).toContain("Bluetooth: There is no adapter. (LINK_NOT_FOUND) Plug it in.");
    expect(words).not.toContain("ring worn");
    expect((await json(around({ ble }))).problems).toEqual([
      { kind: "ble", code: "LINK_NOT_FOUND", message: expect.any(String), fix: "Plug it in." },
    ]);
  });

  test("names the adapter in the address where one was chosen", async () => {
    const ports = async (...argv: string[]) => (await json(around(), ...argv)).found.map(({ port }) => port);
    expect(await ports("--adapter", "hci1")).toContain("ble:C0:FF:EE:00:00:01@hci1");
    expect(await ports("--own-adapter", "hci1")).toContain("ble+hci:C0:FF:EE:00:00:01@hci1");
    await expect(scan(around(), "--adapter", "hci0", "--own-adapter", "hci1")).rejects.toThrow(/exclude/);
  });
});
