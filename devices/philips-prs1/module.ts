import { DAY_MS } from "../../src/domain/time.ts";
import type { FilesModule } from "../../src/driver/contract.ts";
import { observePrs1 } from "./driver.ts";
import { simulatePrs1 } from "./simulator.ts";

/** Memory cards of Philips Respironics ventilators of family 3. */
export const philipsPrs1: FilesModule = {
  id: "philips-prs1",
  vendor: "Philips Respironics",
  model: "BiPAP S/T, AVAPS (C series, 30), DreamStation BiPAP S/T and AVAPS: memory card",
  role: "ventilator",
  link: "files",
  timeliness: "late",
  evidence: "inferred",
  facts: {
    connection: "memory card",
    averaging: "means of two minutes; waves 5 Hz",
    power: "mains",
    night: { suited: "no", reason: "the card is read afterwards; the machine has no documented live port" },
    evidence:
      "Written after public readers of such cards, which agree; checked with frames made by hand after their documents, " +
      "no card was at hand.",
  },
  options: {},
  quietMs: () => 7 * DAY_MS,
  signals: () => [
    "therapy",
    "pressure_insp",
    "pressure_exp",
    "leak",
    "leak_total",
    "resp_rate",
    "tidal_volume_exp",
    "minute_volume",
    "triggered_percent",
    "spo2",
    "pulse_rate",
  ],
  waves: ["flow", "airway_pressure"],
  observe: observePrs1,
  simulate: simulatePrs1,
};
