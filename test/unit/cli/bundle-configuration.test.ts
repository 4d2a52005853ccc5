import { expect, test } from "vitest";
import { redactConfiguration } from "../../../src/cli/bundle/configuration.ts";

const WRITTEN = `
# Mei's machine, ring 555 1234 when it fails
zone: Asia/Shanghai
dataDir: /home/mei/nights
beds:
  - id: b1
    label: Mei Lin
    dependencyClass: B
    devices:
      - { family: nonin-serial, port: /dev/serial/by-id/usb-FTDI_A9F2-port0, label: finger of Mei }
      - { family: viatom-ring, port: "ble:C0:FF:EE:00:00:01", options: { slot: 2, name: O2Ring 0815 } }
web: { host: 192.168.1.5, port: 8420, name: lin.example }
bus: { url: "mqtts://mei:secretword@broker.lin.example:8883", password: secretword }
channels:
  webhooks:
    - { label: Brother, url: "https://hooks.lin.example/T0P/S3CR3T", secret: 0123456789abcdef }
audio: { enabled: false }
unheard: of-before
`;

test("a configuration keeps its shape, its numbers and what comes from our own lists", () => {
  expect(redactConfiguration(WRITTEN).text.split("\n")).toEqual([
    "zone: Asia/Shanghai",
    "dataDir: (absolute)",
    "beds/0/id: b1",
    "beds/0/label: [redacted]",
    "beds/0/dependencyClass: B",
    "beds/0/devices/0/family: nonin-serial",
    "beds/0/devices/0/port: (a device of the machine)",
    "beds/0/devices/0/label: [redacted]",
    "beds/0/devices/1/family: viatom-ring",
    "beds/0/devices/1/port: (ble)",
    "beds/0/devices/1/options/slot: 2",
    "beds/0/devices/1/options/name: [redacted]",
    "web/host: [redacted]",
    "web/port: 8420",
    "web/name: [redacted]",
    "bus/url: (mqtts)",
    "bus/password: [redacted]",
    "channels/webhooks/0/label: [redacted]",
    "channels/webhooks/0/url: [redacted]",
    "channels/webhooks/0/secret: [redacted]",
    "audio/enabled: false",
    "unheard: [redacted]",
    "",
  ]);
});

test("everything that was taken out is known, with the parts of addresses", () => {
  const { secrets } = redactConfiguration(WRITTEN);
  for (const secret of [
    "Mei Lin",
    "lin.example",
    "broker.lin.example",
    "secretword",
    "S3CR3T",
    "usb-FTDI_A9F2-port0",
    "/home/mei/nights",
    "0123456789abcdef",
  ])
    expect(secrets).toContain(secret);
});

test("what is no YAML is left out whole", () => {
  expect(redactConfiguration("a: [Mei\n\tb: }").text).toMatch(/left out/);
  expect(redactConfiguration("a: [Mei\n\tb: }").text).not.toMatch(/Mei/);
});
