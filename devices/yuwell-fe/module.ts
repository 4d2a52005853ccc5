import type { GattModule } from "../../src/driver/contract.ts";
import { observeYuwell } from "./driver.ts";
import { simulateYuwell } from "./simulator.ts";

/** Fingertip oximeters of Yuwell. */
export const yuwellFe: GattModule = {
  id: "yuwell-fe",
  vendor: "Yuwell",
  model: "YX110 and relatives (FE frames)",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: { suited: "no", reason: "a fingertip clip: it switches itself off" },
    evidence:
      "One frame of values of a real YX110; missing codes and the waves' flags follow a maker's library and another " +
      "program.",
  },
  options: {},
  gatt: {
    services: ["ffe0"],
    names: [],
    notify: ["ffe4"],
    notifyIfThere: [],
    read: [],
    write: {},
    bonded: false,
  },
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate", "perfusion_index"],
  waves: [],
  observe: observeYuwell,
  simulate: simulateYuwell,
};
