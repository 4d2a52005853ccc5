import { HOUR_MS } from "../../src/domain/time.ts";
import type { GattModule } from "../../src/driver/contract.ts";
import { observePlx, PLX_OPTIONS } from "./driver.ts";
import { simulatePlx } from "./simulator.ts";
import { storedPlx } from "./stored.ts";

/** Any Bluetooth oximeter that offers the SIG's own Pulse Oximeter Service. */
export const sigPlx: GattModule = {
  id: "sig-plx",
  vendor: "Bluetooth SIG",
  model: "Pulse Oximeter Service: ChoiceMMed MD300C208S, Medisana PM100 Connect, Nonin 3230, other clips",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: {
      suited: "no",
      reason: "fingertip clips switch themselves off and drop the link seconds after the finger left",
    },
    evidence:
      "One continuous measurement and one spot check of a ChoiceMMed clip, both with good numbers; missing values, " +
      "the memory and all other status bits follow the specification and have met no real clip.",
  },
  options: PLX_OPTIONS,
  gatt: {
    services: ["1822"],
    names: [],
    notify: [],
    notifyIfThere: ["2a5f", "2a5e", "2a52", "2a19"],
    read: ["2a60", "2a19", "2a24", "2a25", "2a26"],
    write: { "2a52": "with_response" },
    bonded: false,
  },
  quietMs: (options) => (options["measurement"] === "spot" ? 12 * HOUR_MS : 10_000),
  signals: () => ["spo2", "pulse_rate", "perfusion_index", "battery_percent"],
  waves: [],
  observe: observePlx,
  stored: storedPlx,
  simulate: simulatePlx,
};
