import type { GattModule } from "../../src/driver/contract.ts";
import { DATA_CHANNEL } from "./codec.ts";
import { BERRY_OPTIONS, observeBerry } from "./driver.ts";
import { simulateBerry } from "./simulator.ts";

/** Fingertip oximeters of BerryMed and the many that are made from their module. */
export const berryMedBci: GattModule = {
  id: "berrymed-bci",
  vendor: "BerryMed",
  model: "BM1000 family (BCI and BERRY frames)",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: { suited: "no", reason: "a fingertip clip: it switches itself off" },
    evidence:
      "Of BCI one real notification without a finger, of BERRY two frames printed by the maker; frames with numbers " +
      "follow the maker's documents and other programs.",
  },
  options: BERRY_OPTIONS,
  gatt: {
    services: ["49535343fe7d4ae58fa99fafd205e455"],
    names: [/^BerryMed/i, /^BM1000/],
    notify: [DATA_CHANNEL],
    notifyIfThere: [],
    read: [],
    write: {},
    bonded: false,
  },
  quietMs: () => 5_000,
  signals: ({ form }) =>
    form === "bci" ? ["spo2", "pulse_rate"] : ["spo2", "pulse_rate", "perfusion_index", "battery_percent"],
  waves: ["pleth"],
  observe: observeBerry,
  simulate: simulateBerry,
};
