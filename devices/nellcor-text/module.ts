import type { BytesModule } from "../../src/driver/contract.ts";
import { NELLCOR_OPTIONS, observeNellcor } from "./driver.ts";
import { simulateNellcor } from "./simulator.ts";

/** Nellcor bedside oximeters that print lines to their serial port. */
export const nellcorText: BytesModule = {
  id: "nellcor-text",
  vendor: "Nellcor",
  model: "N-560, N-595, N-395, NPB-290, NPB-295 (printed lines)",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "serial cable with a USB adapter",
    averaging: "set on the monitor; one line every two seconds",
    power: "mains",
    night: {
      suited: "yes",
      reason: "a mains-powered bedside monitor with its own alarms; the NPB-290 sends nothing on battery",
    },
    evidence:
      "After pages of the maker's manuals and one public driver; no line of a real monitor was seen, and the commands " +
      "that start some models have one source.",
  },
  options: NELLCOR_OPTIONS,
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  // Seven lines, and two tries with XON.
  quietMs: () => 15_000,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeNellcor,
  simulate: simulateNellcor,
  // A line of about 45 bytes every two seconds.
  bytesPerSecond: () => 23,
};
