import { expect, test } from "vitest";
import { readConfig } from "../../../src/config/read.ts";

const FAMILY = { id: "nonin-serial", optionsProblem: () => undefined };
const read = (keys: string) =>
  readConfig(
    `beds:\n  - id: b1\n    devices: [{ family: nonin-serial, port: /dev/ttyUSB0 }]\nkeys: ${keys}\n`,
    [FAMILY],
    { zone: "Asia/Shanghai" },
  );
const errors = (keys: string) =>
  read(keys)
    .findings.filter(({ level }) => level === "error")
    .map(({ where, what }) => `${where}: ${what}`);

test("a key and a contact, named by their label, their person or their port", () => {
  const { config } = read(`
  - { port: "evdev:/dev/input/by-id/usb-Knob-event-kbd", key: 28, means: going, person: Mei }
  - { port: "input:/dev/input/event3", means: bedside }
  - { port: /dev/serial/by-id/usb-Adapter, line: dsr, pressed: open, means: recovered, label: Wall button }`);
  expect(config?.keys).toEqual([
    {
      ...{ port: "input:/dev/input/by-id/usb-Knob-event-kbd", key: 28, line: "cts", pressed: "closed" },
      ...{ means: "going", person: "Mei", label: "Mei" },
    },
    {
      ...{ port: "input:/dev/input/event3", line: "cts", pressed: "closed" },
      ...{ means: "bedside", label: "event3" },
    },
    {
      ...{ port: "/dev/serial/by-id/usb-Adapter", line: "dsr", pressed: "open" },
      ...{ means: "recovered", label: "Wall button" },
    },
  ]);
});

test.each([
  [
    "a line of an input device",
    "[{ port: 'input:/dev/input/event3', line: cts, means: going }]",
    "line and pressed",
  ],
  [
    "a key code of a serial port",
    "[{ port: /dev/ttyUSB1, key: 3, means: going }]",
    "key is for input devices",
  ],
  ["the port of a device", "[{ port: /dev/ttyUSB0, means: going }]", "a device of a bed is on this port"],
  ["an address of another kind", "[{ port: 'ble:aa:bb', means: going }]", "keys.0.port"],
  ["an unknown meaning", "[{ port: /dev/ttyUSB1, means: maybe }]", "keys.0.means"],
])("%s is refused with words", (_what, keys, problem) => {
  expect(errors(keys).join("\n")).toContain(problem);
});
