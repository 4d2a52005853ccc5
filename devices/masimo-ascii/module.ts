import type { BytesModule } from "../../src/driver/contract.ts";
import { observeMasimo } from "./driver.ts";
import { simulateMasimo } from "./simulator.ts";

/** Masimo bedside oximeters that send "ASCII 1" from their serial port. */
export const masimoAscii: BytesModule = {
  id: "masimo-ascii",
  vendor: "Masimo",
  model: "Rad-8, Rad-87, Radical-7 (serial output ASCII 1)",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "serial cable (DB9) with a USB adapter",
    averaging: "set on the monitor; one line a second",
    power: "mains",
    night: {
      suited: "yes",
      reason: "a mains-powered bedside monitor with a taped sensor and its own alarms",
    },
    evidence:
      "Compared with published lines of real Rad-8 and Radical-7 monitors; of the exception bits above the low twelve " +
      "one source knows, and no line with them was seen.",
  },
  options: {},
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs: () => 5_000,
  signals: () => ["spo2", "pulse_rate", "perfusion_index"],
  waves: [],
  observe: observeMasimo,
  simulate: simulateMasimo,
  // A Rad-8 line has 126 bytes, the blank one 2.
  bytesPerSecond: () => 128,
};
