import type { BytesModule } from "../../src/driver/contract.ts";
import { MICROSTREAM_OPTIONS, observeMicrostream } from "./driver.ts";
import { simulateMicrostream } from "./simulator.ts";

/** Oridion (Medtronic) Microstream capnographs with a serial port. */
export const oridionMicrostream: BytesModule = {
  id: "oridion-microstream",
  vendor: "Oridion",
  model: "Capnostream 20, MicroPod",
  role: "capnograph",
  link: "bytes",
  timeliness: "live",
  evidence: "inferred",
  facts: {
    connection: "serial cable with a USB adapter",
    averaging: "highest end-tidal value of the last 10 to 30 s, set on the monitor; numbers once a second",
    power: "mains",
    night: {
      suited: "doubtful",
      reason:
        "needs a sampling line at the nose under the mask; under leak the end-tidal value reads low: a trend, no measure of CO2",
    },
    evidence:
      "After two public programs that agree, and frames made by hand from their rules; no bytes of a real device were seen.",
  },
  options: MICROSTREAM_OPTIONS,
  serial: (options) => ({
    baudRate: options["model"] === "micropod" ? 9_600 : 115_200,
    dataBits: 8,
    parity: "none",
    stopBits: 1,
    rtscts: false,
  }),
  quietMs: () => 12_000,
  signals: (options) =>
    options["model"] === "micropod" ? ["etco2", "resp_rate"] : ["etco2", "resp_rate", "spo2", "pulse_rate"],
  waves: ["co2"],
  observe: observeMicrostream,
  simulate: simulateMicrostream,
  // 20 waves of 8 bytes and one numerics message of 33.
  bytesPerSecond: () => 193,
};
