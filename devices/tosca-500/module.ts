import type { BytesModule } from "../../src/driver/contract.ts";
import { observeTosca, TOSCA_OPTIONS } from "./driver.ts";
import { simulateTosca } from "./simulator.ts";

/** Radiometer TOSCA 500, transcutaneous CO2. Experimental. */
export const tosca500: BytesModule = {
  id: "tosca-500",
  vendor: "Radiometer",
  model: "TOSCA 500 (earlier Linde)",
  role: "capnograph",
  link: "bytes",
  timeliness: "live",
  evidence: "unproven",
  facts: {
    connection: "serial cable with RTS and CTS",
    averaging: "skin needs a minute or more to follow the blood; asked every two seconds",
    power: "mains",
    night: {
      suited: "doubtful",
      reason:
        "lent by clinics, never tried; drifts over a night, and is no measure in the 10 to 15 min after the sensor moved",
    },
    evidence:
      "After one page of the monitor's manual; line speed and dashes are guesses, no bytes were seen.",
  },
  options: TOSCA_OPTIONS,
  serial: (options) => ({
    baudRate: Number(options["baud"]),
    dataBits: 8,
    parity: "none",
    stopBits: 1,
    rtscts: options["rtscts"] !== false,
  }),
  quietMs: () => 12_000,
  signals: () => ["tcco2", "spo2", "pulse_rate"],
  waves: [],
  observe: observeTosca,
  simulate: simulateTosca,
};
