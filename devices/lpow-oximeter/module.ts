import type { GattModule } from "../../src/driver/contract.ts";
import { observeLpow } from "./driver.ts";
import { simulateLpow } from "./simulator.ts";

/** A fingertip oximeter sold under LPOW and other names. */
export const lpowOximeter: GattModule = {
  id: "lpow-oximeter",
  vendor: "LPOW",
  model: "A340B-LK",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: { suited: "no", reason: "a fingertip clip: it switches itself off" },
    evidence:
      "Twelve frames of a real clip within a minute, all with a finger in; what it sends without one nobody has " +
      "written down.",
  },
  options: {},
  gatt: {
    services: ["fff0"],
    names: [],
    notify: ["fff6"],
    notifyIfThere: [],
    read: [],
    write: {},
    bonded: false,
  },
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeLpow,
  simulate: simulateLpow,
};
