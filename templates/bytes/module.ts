import type { BytesModule } from "../../src/driver/contract.ts";
import { FRAME } from "../common/codec.ts";
import { observeDevice } from "./driver.ts";
import { simulateDevice } from "./simulator.ts";

/** One line: what it is and how it is connected. */
export const newDevice: BytesModule = {
  id: "new-device",
  vendor: "Maker",
  model: "model, as it stands on the device",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  // Upwards only with proof: "real_bytes" wants a test that compares bytes of a real device with what it showed.
  evidence: "unproven",
  facts: {
    connection: "serial cable",
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
  serial: () => ({ baudRate: 9_600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  // How fast a file of bare bytes is replayed: one frame a second.
  bytesPerSecond: () => FRAME.lengthBytes,
  // The longest silence of a healthy device; then the link is opened again.
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeDevice,
  simulate: simulateDevice,
};
