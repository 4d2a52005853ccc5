import type { GattModule } from "../../src/driver/contract.ts";
import { observeDevice } from "./driver.ts";
import { simulateDevice } from "./simulator.ts";
import { NOTIFY_CHANNEL, SERVICE } from "./uuids.ts";

/** One line: what it is and how it is connected. */
export const newDevice: GattModule = {
  id: "new-device",
  vendor: "Maker",
  model: "model, as it stands on the device",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  // Upwards only with proof: "real_bytes" wants a test that compares bytes of a real device with what it showed.
  evidence: "unproven",
  facts: {
    connection: "Bluetooth",
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
  gatt: {
    services: [SERVICE],
    names: [/^New-Device/],
    notify: [NOTIFY_CHANNEL],
    notifyIfThere: [],
    read: [],
    write: {},
    bonded: false,
  },
  // The longest silence of a healthy device; then the link is opened again.
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeDevice,
  simulate: simulateDevice,
};
