import { SECOND_MS } from "../../src/domain/time.ts";
import type { MessagesModule } from "../../src/driver/contract.ts";
import { observePlug, PLUG_OPTIONS, plugTopics } from "./driver.ts";
import { simulatePlug } from "./simulator.ts";

/** Reports that may be missed before the plug counts as silent. */
const MISSED_REPORTS = 4;

/** A metering plug in front of the ventilator's power supply, by way of an MQTT broker. */
export const meteringPlug: MessagesModule = {
  id: "metering-plug",
  vendor: "any",
  model: "metering plug through Zigbee2MQTT, Tasmota or Shelly",
  role: "plug",
  link: "messages",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "Wi-Fi or Zigbee, by way of an MQTT broker",
    averaging: "the plug's reporting interval; off is believed after the window",
    power: "mains",
    night: {
      suited: "yes",
      reason: "tells that mains or machine went off; cannot see a machine on its battery",
    },
    evidence:
      "Topics and payloads as the three projects document them; power levels have to be measured at the machine.",
  },
  options: PLUG_OPTIONS,
  topics: plugTopics,
  quietMs: (options) => MISSED_REPORTS * Number(options["report_s"]) * SECOND_MS,
  signals: () => ["mains", "therapy"],
  waves: [],
  observe: observePlug,
  simulate: simulatePlug,
};
