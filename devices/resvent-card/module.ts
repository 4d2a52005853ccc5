import { DAY_MS } from "../../src/domain/time.ts";
import type { FilesModule } from "../../src/driver/contract.ts";
import { observeResvent } from "./driver.ts";
import { simulateResvent } from "./simulator.ts";

/** Memory cards of Resvent iBreeze machines. */
export const resventCard: FilesModule = {
  id: "resvent-card",
  vendor: "Resvent",
  model: "iBreeze (also Hoffrichter Point, Trend): memory card",
  role: "ventilator",
  link: "files",
  timeliness: "late",
  evidence: "inferred",
  facts: {
    connection: "memory card",
    averaging: "numbers every 2 to 4 s, averaging not published",
    power: "mains",
    night: { suited: "no", reason: "the card is read afterwards; no live port is documented" },
    evidence: "Written after one public reader of such cards; no card was at hand.",
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
    "insp_time",
    "spo2",
    "pulse_rate",
  ],
  waves: ["flow", "airway_pressure"],
  observe: observeResvent,
  simulate: simulateResvent,
};
