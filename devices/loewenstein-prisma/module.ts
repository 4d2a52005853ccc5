import { DAY_MS } from "../../src/domain/time.ts";
import type { FilesModule } from "../../src/driver/contract.ts";
import { observePrisma } from "./driver.ts";
import { simulatePrisma } from "./simulator.ts";

/** Memory cards of Löwenstein (Weinmann) prisma machines. */
export const loewensteinPrisma: FilesModule = {
  id: "loewenstein-prisma",
  vendor: "Löwenstein (Weinmann)",
  model: "prisma SMART, SOFT, LINE, VENT: memory card",
  role: "ventilator",
  link: "files",
  timeliness: "late",
  evidence: "inferred",
  facts: {
    connection: "memory card",
    averaging: "numbers of the last breath, once a second; averaging not published",
    power: "mains",
    night: { suited: "no", reason: "the card is read afterwards; no live port is documented" },
    evidence:
      "The layout of signals follows what public readers found in real files; no card was at hand, and prisma VENT's " +
      "modes and an oximeter without its sensor are not known.",
  },
  options: {},
  quietMs: () => 7 * DAY_MS,
  signals: () => [
    "therapy",
    "pressure_insp",
    "pressure_exp",
    "leak",
    "leak_total",
    "tidal_volume_exp",
    "minute_volume",
    "resp_rate",
    "spo2",
    "pulse_rate",
  ],
  waves: ["flow", "airway_pressure"],
  observe: observePrisma,
  simulate: simulatePrisma,
};
