import { HOUR_MS, MINUTE_MS } from "../../src/domain/time.ts";
import type { FilesModule, GattModule } from "../../src/driver/contract.ts";
import { observeOxyii } from "./driver.ts";
import { OXYII_CHANNELS } from "./ring.ts";
import { observeSessions } from "./session-files.ts";
import { simulateSessions } from "./session-files-simulator.ts";
import { simulateOxyii } from "./simulator.ts";
import { fetchSessions } from "./stored.ts";

const vendor = "Viatom/Wellue";
const models = "O2Ring-S (T8520, S8-AW), SleepHQ O2 Ring Pro (SHQO2Pro)";

/** Viatom's later rings over Bluetooth LE: a reading a minute, and the sessions in their memory. */
export const viatomOxyii: GattModule = {
  id: "viatom-oxyii",
  vendor,
  model: models,
  role: "oximeter",
  link: "gatt",
  gatt: {
    // Not T8520_...: so the ring calls itself while it records, and then it must not be connected.
    services: ["e8fb0001a14b98f9831b4e2941d01248"],
    names: [/^(?:S8-AW|SHQO2Pro)/i],
    notify: [OXYII_CHANNELS.from],
    notifyIfThere: [],
    read: [],
    write: { [OXYII_CHANNELS.to]: "without_response" },
    bonded: false,
  },
  timeliness: "delayed",
  evidence: "inferred",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: {
      suited: "no",
      reason:
        "one reading a minute at best: not enough to wake anybody for a dip; a link that is held drains the ring and " +
        "keeps it from saving its session",
    },
    evidence: "After two other programs and the maker's kit; no bytes of a real ring were seen.",
  },
  options: {},
  // Longer than the longest that a ring is left alone.
  quietMs: () => 5 * MINUTE_MS,
  signals: () => ["spo2", "pulse_rate", "motion", "battery_percent"],
  waves: [],
  observe: observeOxyii,
  stored: fetchSessions,
  simulate: simulateOxyii,
};

/** The session files of these rings, in a folder. */
export const viatomOxyiiFile: FilesModule = {
  id: "viatom-oxyii-file",
  folder: "viatom-oxyii",
  vendor,
  model: `${models}: session files`,
  role: "oximeter",
  link: "files",
  timeliness: "late",
  evidence: "inferred",
  facts: {
    connection: "files that the ring's app saved",
    averaging: "one record a second",
    power: {},
    night: { suited: "no", reason: "the files come after the night: they fill charts and never ring" },
    evidence: "After two other programs and the maker's kit; no real file was seen.",
  },
  options: {},
  quietMs: () => 24 * HOUR_MS,
  signals: () => ["spo2", "pulse_rate", "motion"],
  waves: [],
  observe: observeSessions,
  simulate: simulateSessions,
};
