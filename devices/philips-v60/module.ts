import type { BytesModule } from "../../src/driver/contract.ts";
import { FIELDS } from "./codec.ts";
import { observePhilips, PHILIPS_OPTIONS } from "./driver.ts";
import { simulatePhilips } from "./simulator.ts";

/** Philips Respironics V60, V200 and Esprit, polled by SNDA. Experimental. */
export const philipsV60: BytesModule = {
  id: "philips-v60",
  vendor: "Philips Respironics",
  model: "V60, V200, Esprit (SNDA)",
  role: "ventilator",
  link: "bytes",
  timeliness: "live",
  evidence: "unproven",
  facts: {
    connection: "serial cable (DB25) at the ventilator's RS-232 port",
    averaging: "the ventilator's own, breath by breath",
    power: "mains",
    night: {
      suited: "doubtful",
      reason:
        "never tried with a ventilator; that its fields stand where an older maker's do is taken on trust",
    },
    evidence:
      "After pages of the V200's manual and a note on the V60, which call the answer compatible; no answer of a real " +
      "ventilator was seen.",
  },
  options: PHILIPS_OPTIONS,
  serial: (options) => ({
    baudRate: Number(options["baud"]),
    dataBits: 8,
    parity: "none",
    stopBits: 1,
    rtscts: false,
  }),
  // Twice the time without an answer, and a question more.
  quietMs: () => 15_000,
  signals: () => FIELDS.flatMap((field) => (field.kind === "signal" ? [field.signal] : [])),
  waves: [],
  observe: observePhilips,
  simulate: simulatePhilips,
};
