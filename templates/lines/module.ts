import type { LinesModule } from "../../src/driver/contract.ts";
import { observeDevice } from "./driver.ts";
import { simulateDevice } from "./simulator.ts";

/** One line: what it is and how it is connected. */
export const newDevice: LinesModule = {
  id: "new-device",
  vendor: "Maker",
  model: "model, as it stands on the device",
  role: "contact",
  link: "lines",
  timeliness: "live",
  // Upwards only with proof: "real_bytes" wants a test that compares bytes of a real device with what it showed.
  evidence: "unproven",
  facts: {
    connection: "a contact on the modem lines of a USB serial adapter",
    // averaging: how old a number is when it leaves; left out while nobody published it.
    power: "none",
    night: { suited: "doubtful", reason: "say here what the contact tells and what not" },
    evidence: "Laid out from the example; nothing was compared with a real device.",
  },
  // Declared as data: configuration check, pages and help are made from it.
  options: {},
  // The longest silence of a healthy device; then the link is opened again.
  quietMs: () => 5_000,
  signals: () => ["remote_alarm"],
  waves: [],
  observe: observeDevice,
  simulate: simulateDevice,
};
