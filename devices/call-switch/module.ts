import type { BytesModule, LinesModule } from "../../src/driver/contract.ts";
import { KEY_OPTIONS, observeKey, observeWire, WIRE_OPTIONS } from "./driver.ts";
import { simulateKey, simulateWire } from "./simulator.ts";

const NIGHT = {
  suited: "yes",
  reason: "read by the box itself: the call needs no network, no page and no tablet",
} as const;

/** A switch on a modem line of a serial adapter. */
export const callSwitchWire: LinesModule = {
  id: "call-switch-wire",
  folder: "call-switch",
  vendor: "any",
  model: "wired call switch (3.5 mm jack) on a USB serial adapter",
  role: "call",
  link: "lines",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "two wires on a modem line of a USB serial adapter",
    power: "none",
    night: NIGHT,
    evidence: "A line is closed or open; read through a real serial driver, with the line moved by a test.",
  },
  options: WIRE_OPTIONS,
  quietMs: () => 5_000,
  signals: () => [],
  waves: [],
  observe: observeWire,
  simulate: simulateWire,
};

/** A key of a keyboard, a presentation pointer or a switch interface, read by the edge itself. */
export const callSwitchKey: BytesModule = {
  id: "call-switch-key",
  folder: "call-switch",
  vendor: "any",
  model: "USB key, keyboard or adapted switch interface, as Linux reports it",
  role: "call",
  link: "bytes",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "USB or Bluetooth input device (input:/dev/input/by-id/...)",
    power: {},
    night: NIGHT,
    evidence:
      "After the kernel's own description of input events; no event of a real keyboard stands in the tests.",
  },
  options: KEY_OPTIONS,
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  // A switch may rest for days; a link that is lost says so itself.
  quietMs: () => 7 * 24 * 3_600_000,
  signals: () => [],
  waves: [],
  observe: observeKey,
  simulate: simulateKey,
};
