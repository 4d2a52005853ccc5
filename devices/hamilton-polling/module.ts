import type { BytesModule } from "../../src/driver/contract.ts";
import { HAMILTON_OPTIONS, observeHamilton } from "./driver.ts";
import { EVERY_ROUND } from "./parameters.ts";
import { simulateHamilton } from "./simulator.ts";

/** Hamilton ventilators with the polling protocol on their serial port. Experimental. */
export const hamiltonPolling: BytesModule = {
  id: "hamilton-polling",
  vendor: "Hamilton",
  model: "Galileo, G5, C series with the polling option",
  role: "ventilator",
  link: "bytes",
  timeliness: "live",
  evidence: "unproven",
  facts: {
    connection: "serial cable at the ventilator's RS-232 port",
    averaging: "the ventilator's own, breath by breath",
    power: "mains",
    night: {
      suited: "doubtful",
      reason: "never tried with a ventilator; which values alarms have is a guess",
    },
    evidence:
      "After two public programs that agree on frames and ids; data bits and alarm values are guesses, and no bytes of a " +
      "real ventilator were seen.",
  },
  options: HAMILTON_OPTIONS,
  serial: (options) => ({
    baudRate: 9600,
    dataBits: options["databits"] === "8" ? 8 : 7,
    parity: "even",
    stopBits: 2,
    rtscts: false,
  }),
  quietMs: () => 10_000,
  signals: () => EVERY_ROUND.flatMap((parameter) => (parameter.kind === "signal" ? [parameter.signal] : [])),
  waves: [],
  observe: observeHamilton,
  simulate: simulateHamilton,
};
