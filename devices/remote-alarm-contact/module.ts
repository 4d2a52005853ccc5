import type { LinesModule } from "../../src/driver/contract.ts";
import { CONTACT_OPTIONS, observeContact } from "./driver.ts";
import { simulateContact } from "./simulator.ts";

/** The remote-alarm contact of a life-support ventilator on the modem lines of a USB serial adapter. */
export const remoteAlarmContact: LinesModule = {
  id: "remote-alarm-contact",
  vendor: "any",
  model: "ventilator with a remote-alarm (nurse-call) contact, on a USB serial adapter",
  role: "contact",
  link: "lines",
  timeliness: "live",
  evidence: "inferred",
  facts: {
    connection: "the maker's remote-alarm cable on the modem lines of a USB serial adapter",
    averaging: "none; believed after 0.5 s of alarm",
    power: "none",
    night: {
      suited: "yes",
      reason: "tells within a second that the ventilator sounds, not why; the ventilator stays the alarm",
    },
    evidence:
      "The truth table follows makers' descriptions of their contacts; the lines were read through a real serial " +
      "driver, no ventilator has been at the other end.",
  },
  options: CONTACT_OPTIONS,
  quietMs: () => 5_000,
  signals: () => ["remote_alarm"],
  waves: [],
  observe: observeContact,
  simulate: simulateContact,
};
