import type { SignalId } from "../../src/domain/signal.ts";
import type { BytesModule, OptionValues } from "../../src/driver/contract.ts";
import { observeParameters, PARAMETER_OPTIONS, reportOf } from "./driver.ts";
import { simulateParameters } from "./simulator.ts";

/** The parameter port of the Puritan Bennett 840 ventilator, polled by SNDF or SNDA. */
export const puritanBennett840Parameters: BytesModule = {
  id: "puritan-bennett-840-parameters",
  vendor: "Puritan Bennett",
  model: "840, 980: parameter port (SNDF, SNDA)",
  role: "ventilator",
  link: "bytes",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "serial cable at the ventilator's parameter port",
    averaging: "the ventilator's own, breath by breath",
    power: "mains",
    night: { suited: "yes", reason: "a mains-powered ventilator that answers every few seconds" },
    evidence:
      "After the maker's field list; compared with a reply made by hand elsewhere, with none of a real ventilator. Replies " +
      "of a 980 whose fields stand elsewhere are refused.",
  },
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
