import type { SignalId } from "../../src/domain/signal.ts";
import { MINUTE_MS } from "../../src/domain/time.ts";
import type { FilesModule, OptionValues } from "../../src/driver/contract.ts";
import { NUMBER_CHANNELS } from "./channels.ts";
import { importCard, observeCard, RESMED_OPTIONS } from "./driver.ts";
import { simulateCard } from "./simulator.ts";

/** The memory card of ResMed machines: about two minutes behind where it is read while it grows, else the night after. */
export const resmedCard: FilesModule = {
  id: "resmed-card",
  vendor: "ResMed",
  model: "S9, AirSense, AirCurve and Lumis 10, Air 11: memory card",
  role: "ventilator",
  link: "files",
  timeliness: "delayed",
  evidence: "real_bytes",
  facts: {
    connection: "memory card, by Wi-Fi card or the morning after",
    averaging: "records of a minute: 60 to 130 s behind over a Wi-Fi card; rates over five breaths",
    power: "mains",
    night: {
      suited: "doubtful",
      reason:
        "it says what was a minute or two ago, and nothing while the mask is off: never for disconnection",
    },
    evidence:
      "Five whole nights of an AirSense 10 agree with its own daily statistics; first minutes of an AirCurve 10 VAuto, " +
      "an ASVAuto and an AirSense 11 are decoded. No card of an S9, of a Lumis or with an oximeter stands in the tests.",
  },
  options: RESMED_OPTIONS,
  // Each look is a frame; two may be missed, and a slow card takes long to list.
  quietMs: () => 5 * MINUTE_MS,
  signals: signalsOf,
  waves: ["flow", "airway_pressure"],
  observe: observeCard,
  stored: importCard,
  simulate: simulateCard,
};

function signalsOf(options: OptionValues): readonly SignalId[] {
  const oximetry: readonly SignalId[] = options["oximeter"] === true ? ["spo2", "pulse_rate"] : [];
  return ["therapy", ...NUMBER_CHANNELS.map(({ signal }) => signal), "triggered_percent", ...oximetry];
}
