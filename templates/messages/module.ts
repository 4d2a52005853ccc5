import type { MessagesModule } from "../../src/driver/contract.ts";
import { observeDevice } from "./driver.ts";
import { simulateDevice } from "./simulator.ts";
import { topicsOf } from "./topics.ts";

/** One line: what it is and how it is connected. */
export const newDevice: MessagesModule = {
  id: "new-device",
  vendor: "Maker",
  model: "model, as it stands on the device",
  role: "oximeter",
  link: "messages",
  timeliness: "live",
  // Upwards only with proof: "real_bytes" wants a test that compares bytes of a real device with what it showed.
  evidence: "unproven",
  facts: {
    connection: "MQTT",
    // averaging: how old a number is when it leaves; left out while nobody published it.
    power: {},
    night: {
      suited: "doubtful",
      reason: "say here what is known of its battery and whether it switches itself off",
    },
    evidence: "Laid out from the example; nothing was compared with a real device.",
  },
  // Declared as data: configuration check, pages and help are made from it.
  options: {},
  topics: (_options, address) => topicsOf(address),
  // The longest silence of a healthy device; then the link is opened again.
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeDevice,
  simulate: simulateDevice,
};
