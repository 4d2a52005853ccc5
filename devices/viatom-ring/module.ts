import type { SignalId } from "../../src/domain/signal.ts";
import { HOUR_MS } from "../../src/domain/time.ts";
import type { FilesModule, GattModule } from "../../src/driver/contract.ts";
import { observeRing } from "./driver.ts";
import { RING_CHANNELS } from "./ring.ts";
import { observeSessions } from "./session-files.ts";
import { simulateSessions } from "./session-files-simulator.ts";
import { simulateRing } from "./simulator.ts";
import { fetchSessions } from "./stored.ts";

const vendor = "Viatom/Wellue";
const models = "O2Ring, SleepU, SleepO2, KidsO2, BabyO2, O2M, O2 Max, Oxylink, WearO2, Checkme O2";

const LIVE_SIGNALS: readonly SignalId[] = [
  "spo2",
  "pulse_rate",
  "perfusion_index",
  "motion",
  "battery_percent",
];

/** Viatom's rings and wrist oximeters of the first protocol, polled over Bluetooth LE. */
export const viatomRing: GattModule = {
  id: "viatom-ring",
  vendor,
  model: models,
  role: "oximeter",
  link: "gatt",
  gatt: {
    services: ["14839ac47d7e415c9a42167340cf2339"],
    names: [/^(?:O2Ring|SleepU|SleepO2|KidsO2|BabyO2|O2M|O2 ?Max|Oxylink|WearO2|Checkme ?_?O2)/i],
    manufacturers: [0xf34e],
    notify: [RING_CHANNELS.from],
    notifyIfThere: [],
    read: [],
    write: { [RING_CHANNELS.to]: "without_response" },
    bonded: false,
  },
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: {
      suited: "yes",
      reason:
        "made to be worn all night and on air as long as it is worn; its battery must be charged every day",
    },
    evidence:
      "Live data compared with three payloads of a real ring and the stored session with the head and records of a " +
      "real file; the envelope follows the maker's kit and two other programs, and no whole reply of a ring stands " +
      "in the tests.",
  },
  options: {},
  quietMs: () => 10_000,
  signals: () => LIVE_SIGNALS,
  waves: [],
  observe: observeRing,
  stored: fetchSessions,
  simulate: simulateRing,
};

/** The session files that these rings keep, in a folder. */
export const viatomRingFile: FilesModule = {
  id: "viatom-ring-file",
  folder: "viatom-ring",
  vendor,
  model: `${models}: session files (.vld)`,
  role: "oximeter",
  link: "files",
  timeliness: "late",
  evidence: "real_bytes",
  facts: {
    connection: "files that the ring's app saved",
    averaging: "one record in 4 s, older models 2 s",
    power: {},
    night: { suited: "no", reason: "the files come after the night: they fill charts and never ring" },
    evidence:
      "Compared with the published head and records of a real version 3 file; version 5 after one other program, which " +
      "reads it in the same way.",
  },
  options: {},
  quietMs: () => 24 * HOUR_MS,
  signals: () => ["spo2", "pulse_rate", "motion"],
  waves: [],
  observe: observeSessions,
  simulate: simulateSessions,
};
