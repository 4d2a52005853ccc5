import { DAY_MS } from "../../src/domain/time.ts";
import type { FilesModule } from "../../src/driver/contract.ts";
import { observeBmc } from "./driver.ts";
import { simulateBmc } from "./simulator.ts";

/** Memory cards of BMC RESmart ventilators. */
export const bmcCard: FilesModule = {
  id: "bmc-card",
  vendor: "BMC",
  model: "RESmart GII, G3 (also Luna): memory card",
  role: "ventilator",
  link: "files",
  timeliness: "late",
  evidence: "inferred",
  facts: {
    connection: "memory card",
    averaging: "one set of numbers a second, averaging of the machine not published",
    power: "mains",
    night: { suited: "no", reason: "the card is read afterwards; the machine has no documented live port" },
    evidence:
      "Written after three public readers of such cards, which differ in places; no card was at hand. Leak, SpO2 and " +
      "heart rate are the least certain.",
  },
  options: {},
  quietMs: () => 7 * DAY_MS,
  signals: () => [
    "therapy",
    "pressure_insp",
    "pressure_exp",
    "leak",
    "tidal_volume_exp",
    "minute_volume",
    "resp_rate",
    "spo2",
    "pulse_rate",
  ],
  waves: ["flow"],
  observe: observeBmc,
  simulate: simulateBmc,
};
