import type { BytesModule } from "../../src/driver/contract.ts";
import { observeWaveform } from "./driver.ts";
import { portBytes } from "./log-file.ts";
import { simulateWaveform } from "./simulator.ts";

/** The waveform port of the Puritan Bennett 840 ventilator. */
export const puritanBennett840Waveform: BytesModule = {
  id: "puritan-bennett-840-waveform",
  vendor: "Puritan Bennett",
  model: "840, waveform port",
  role: "ventilator",
  link: "bytes",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "serial cable at the ventilator's waveform port",
    averaging: "breath by breath",
    power: "mains",
    night: { suited: "yes", reason: "a mains-powered ventilator that sends without being asked" },
    evidence: "319 breaths compared with another program's numbers, 2,741 breaths of three patients read.",
  },
  options: {},
  serial: () => ({ baudRate: 38_400, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs: () => 5_000,
  signals: () => [
    "resp_rate",
    "tidal_volume_insp",
    "tidal_volume_exp",
    "minute_volume",
    "ie_ratio",
    "insp_time",
    "pressure_peak",
    "pressure_mean",
    "pressure_insp",
    "pressure_exp",
    "apnea_duration",
  ],
  waves: ["flow", "airway_pressure"],
  observe: observeWaveform,
  simulate: simulateWaveform,
  paced: portBytes,
};
