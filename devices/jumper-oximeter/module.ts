import type { GattModule } from "../../src/driver/contract.ts";
import { CHANNEL } from "./codec.ts";
import { observeJumper } from "./driver.ts";
import { simulateJumper } from "./simulator.ts";

/** Jumper's fingertip oximeter and what is sold of it under other names. */
export const jumperOximeter: GattModule = {
  id: "jumper-oximeter",
  vendor: "Jumper",
  model: "JPD-500F and rebrands (My Oximeter, PLS_01BT)",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: { suited: "no", reason: "a fingertip clip: it switches itself off" },
    evidence: "One frame of values of a real clip; five programs agree on the rest. Frames have no checksum.",
  },
  options: {},
  gatt: {
    services: ["cdeacb8052354c07884693a37ee6b86d"],
    names: [/^My Oximeter/, /^PLS_01BT/],
    notify: [CHANNEL],
    notifyIfThere: [],
    read: [],
    write: {},
    bonded: false,
  },
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate", "perfusion_index"],
  waves: [],
  observe: observeJumper,
  simulate: simulateJumper,
};
