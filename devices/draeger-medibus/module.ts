import type { BytesModule, OptionValues } from "../../src/driver/contract.ts";
import { MEDIBUS_OPTIONS, observeMedibus } from "./driver.ts";
import { signalsOf } from "./samples.ts";
import { simulateMedibus } from "./simulator.ts";

/** Dräger ventilators with a serial port that speaks MEDIBUS or MEDIBUS.X. */
export const draegerMedibus: BytesModule = {
  id: "draeger-medibus",
  vendor: "Dräger",
  model: "Carina, Evita, Savina, Oxylog (MEDIBUS, MEDIBUS.X)",
  role: "ventilator",
  link: "bytes",
  timeliness: "live",
  evidence: "inferred",
  facts: {
    connection: "serial cable, mostly null-modem, at the ventilator's RS-232 port",
    averaging: "the ventilator's own, breath by breath; asked every one to two seconds",
    power: "mains",
    night: { suited: "yes", reason: "a mains-powered ventilator that answers about once a second" },
    evidence:
      "After four public programs that agree, and frames made by hand after them; no recording of a real ventilator " +
      "has been compared.",
  },
  options: MEDIBUS_OPTIONS,
  serial: (options) => ({
    baudRate: baudOf(options),
    dataBits: 8,
    parity: options["parity"] === "none" ? "none" : "even",
    stopBits: 1,
    rtscts: false,
  }),
  // Several times the silence after which the driver begins anew by itself.
  quietMs: () => 15_000,
  signals: signalsOf,
  waves: ["airway_pressure", "flow", "co2"],
  observe: observeMedibus,
  simulate: simulateMedibus,
};

const baudOf = (options: OptionValues): number => Number(options["baud"]);
