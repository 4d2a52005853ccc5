import type { BytesModule } from "../../src/driver/contract.ts";
import { RATE_HZ } from "./codec.ts";
import { LISTENER_OPTIONS, observeMicrophone } from "./driver.ts";
import { simulateMicrophone } from "./simulator.ts";

/** A microphone that knows the ventilator's own alarm. */
export const alarmListener: BytesModule = {
  id: "alarm-listener",
  vendor: "any",
  model: "USB microphone that has learned the ventilator's own alarm",
  role: "contact",
  link: "bytes",
  timeliness: "live",
  evidence: "inferred",
  confidential: true,
  facts: {
    connection: "USB microphone at the box, pointing at the ventilator",
    averaging: "one to eight seconds: a burst of the alarm must have been heard",
    power: "none",
    night: {
      suited: "doubtful",
      reason:
        "hears an alarm that it has learned, not others, and none that noise drowns; a contact is better",
    },
    evidence:
      "Learned and recognised on synthetic sounds only (README.md has the numbers); no ventilator has been heard by it.",
  },
  options: LISTENER_OPTIONS,
  // A microphone has no line: a serial port in its place would have to be this fast.
  serial: () => ({ baudRate: 460_800, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  bytesPerSecond: () => 2 * RATE_HZ,
  quietMs: () => 5_000,
  signals: () => ["remote_alarm"],
  waves: [],
  observe: observeMicrophone,
  simulate: simulateMicrophone,
};
