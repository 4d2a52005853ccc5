import type { BytesModule, MessagesModule } from "../../src/driver/contract.ts";
import { NUT_OPTIONS, observeSupplies, observeUps } from "./driver.ts";
import { simulateSupplies, simulateUps } from "./simulator.ts";

const SIGNALS = ["mains", "battery_percent", "battery_minutes"] as const;

const NIGHT = {
  suited: "yes",
  reason: "tells that the box runs on its battery; it is the box's power, not the ventilator's",
} as const;

/** Mains and battery of the bedside box, as Linux knows them. */
export const edgePowerLinux: MessagesModule = {
  id: "edge-power-linux",
  folder: "edge-power",
  vendor: "any",
  model: "the bedside box itself: a laptop, or a board with a battery that Linux knows",
  role: "power",
  link: "messages",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "inside the box (power:)",
    averaging: "looked at every 5 s",
    power: "mains",
    night: NIGHT,
    evidence:
      "After the kernel's description of its power supplies; read from files made by hand, of no real laptop.",
  },
  options: {},
  topics: () => [],
  quietMs: () => 20_000,
  signals: () => SIGNALS,
  waves: [],
  observe: observeSupplies,
  simulate: simulateSupplies,
};

/** Mains and battery of the UPS that feeds the bedside box, by way of Network UPS Tools. */
export const edgePowerNut: BytesModule = {
  id: "edge-power-nut",
  folder: "edge-power",
  vendor: "any",
  model: "UPS with USB that Network UPS Tools knows",
  role: "power",
  link: "bytes",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "USB cable from the UPS to the box, by way of Network UPS Tools (nut:)",
    averaging: "asked every 5 s; the server itself asks the UPS every 2 to 30 s",
    power: "mains",
    night: NIGHT,
    evidence: "After RFC 9271, which describes the protocol; no real UPS has been at the other end.",
  },
  options: NUT_OPTIONS,
  // A network connection: the line settings do nothing.
  serial: () => ({ baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs: () => 20_000,
  signals: () => SIGNALS,
  waves: [],
  observe: observeUps,
  simulate: simulateUps,
};
