import type { GattModule } from "../../src/driver/contract.ts";
import { NOTIFY, observeChoiceMMed } from "./driver.ts";
import { simulateChoiceMMed } from "./simulator.ts";

/** Fingertip oximeters of ChoiceMMed with their maker's own service. */
export const choiceMMedOximeter: GattModule = {
  id: "choicemmed-oximeter",
  vendor: "ChoiceMMed",
  model: "OX100, iChoice",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: { suited: "no", reason: "a fingertip clip: it switches itself off" },
    evidence:
      "One frame of values and the answer to the password, as printed by programs for the real clip; no capture of a " +
      "session, and none without a finger.",
  },
  options: {},
  gatt: {
    services: ["ba11f08c5f140b0d108000*"],
    names: [/^iChoice/, /^OX100/],
    notify: NOTIFY,
    notifyIfThere: [],
    read: [],
    write: { cd20: "with_response" },
    bonded: false,
  },
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeChoiceMMed,
  simulate: simulateChoiceMMed,
};
