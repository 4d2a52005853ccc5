import type { BytesModule } from "../../src/driver/contract.ts";
import { CAPNOSTAT_OPTIONS, observeCapnostat } from "./driver.ts";
import { simulateCapnostat } from "./simulator.ts";

/** Respironics CO2 modules with a serial port. */
export const respironicsCapnostat: BytesModule = {
  id: "respironics-capnostat",
  vendor: "Respironics",
  model: "Capnostat 5 (mainstream), LoFlo (sidestream)",
  role: "capnograph",
  link: "bytes",
  timeliness: "live",
  evidence: "inferred",
  facts: {
    connection: "serial cable with a USB adapter, and the module's own 5 V supply",
    averaging: "end-tidal CO2 over the period that the module is set to (usually one breath or 10 s)",
    power: "mains",
    night: {
      suited: "doubtful",
      reason:
        "a part for hospital monitors; with a mask the end-tidal value reads low under leak: a trend, no measure of CO2",
    },
    evidence:
      "After two public programs and frames made by hand from their rules; no bytes of a real module were seen, and 100 " +
      "frames a second is an assumption.",
  },
  options: CAPNOSTAT_OPTIONS,
  serial: () => ({ baudRate: 19_200, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs: () => 6_000,
  signals: () => ["etco2", "resp_rate"],
  waves: ["co2"],
  observe: observeCapnostat,
  simulate: simulateCapnostat,
  // 100 frames of 6 bytes, some longer.
  bytesPerSecond: () => 615,
};
