import { DAY_MS } from "../../src/domain/time.ts";
import type { FilesModule } from "../../src/driver/contract.ts";
import { CSV_OPTIONS, observeCsv } from "./driver.ts";
import { simulateCsv } from "./simulator.ts";

/** Exports of apps and programs as CSV: oximetry and transcutaneous CO2. */
export const csvImport: FilesModule = {
  id: "csv-import",
  vendor: "Any maker:",
  model:
    "CSV export of oximetry or transcutaneous CO2 (ViHealth, Checkme O2, O2 Insight Pro, Contec, tcPCO2 monitors)",
  role: "oximeter",
  link: "files",
  timeliness: "late",
  evidence: "real_bytes",
  facts: {
    connection: "files",
    power: "none",
    night: { suited: "no", reason: "a file that somebody brings afterwards: fills charts, never rings" },
    evidence:
      "Two exports of Contec's own program are read row for row; ViHealth, Checkme, O2 Insight Pro, SleepHQ and " +
      "tcPCO2 files follow public descriptions of such exports, headers in other languages than English follow none.",
  },
  options: CSV_OPTIONS,
  quietMs: () => 7 * DAY_MS,
  signals: () => ["spo2", "pulse_rate", "perfusion_index", "motion", "tcco2"],
  waves: [],
  observe: observeCsv,
  simulate: simulateCsv,
};
