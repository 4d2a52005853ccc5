import type { SignalId } from "../../src/domain/signal.ts";
import type { DeviceModule, OptionValues } from "../../src/driver/contract.ts";
import { observeParameters, PARAMETER_OPTIONS, reportOf } from "./driver.ts";
import { simulateParameters } from "./simulator.ts";

/** The parameter port of the Puritan Bennett 840 ventilator, polled by SNDF or SNDA. */
export const puritanBennett840Parameters: DeviceModule = {
  id: "puritan-bennett-840-parameters",
  vendor: "Puritan Bennett",
  model: "840, 980: parameter port (SNDF, SNDA)",
  role: "ventilator",
  link: "bytes",
  timeliness: "live",
  evidence: "maker_document",
  options: PARAMETER_OPTIONS,
  serial: (options) => ({
    baudRate: 9600,
    dataBits: 8,
    parity: "none",
    stopBits: 1,
    rtscts: options["rtscts"] !== false,
  }),
  // Twice the time without a reply, with the reset between them.
  quietMs: () => 25_000,
  signals: signalsOf,
  waves: [],
  observe: observeParameters,
  simulate: simulateParameters,
};

function signalsOf(options: OptionValues): readonly SignalId[] {
  return reportOf(options).fields.flatMap(({ signal }) => (signal === undefined ? [] : [signal.id]));
}
