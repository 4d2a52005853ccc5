import type { FilesModule } from "../../src/driver/contract.ts";
import { observeDevice } from "./driver.ts";
import { simulateDevice } from "./simulator.ts";

/** One line: what it is and how it is connected. */
export const newDevice: FilesModule = {
  id: "new-device",
  vendor: "Maker",
  model: "model, as it stands on the device",
  role: "oximeter",
  link: "files",
  timeliness: "late",
  // Upwards only with proof: "real_bytes" wants a test that compares bytes of a real device with what it showed.
  evidence: "unproven",
  facts: {
    connection: "memory card",
    // averaging: how old a number is when it leaves; left out while nobody published it.
    power: {},
    night: { suited: "no", reason: "a card that somebody brings: fills charts and never rings" },
    evidence: "Laid out from the example; nothing was compared with a real device.",
  },
  // Declared as data: configuration check, pages and help are made from it.
  options: {},
  // The longest silence of a healthy device; then the link is opened again.
  quietMs: () => 24 * 3_600_000,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeDevice,
  simulate: simulateDevice,
};
