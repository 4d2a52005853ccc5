/**
 * The modem lines of a serial port as packets: channel "inputs" from the port, "outputs" to it, one byte each.
 *
 *   inputs    0 0 0 0  RI DCD DSR CTS
 *   outputs   0 0 0 0  0 0 RTS DTR
 *
 * Inputs come when they change and at least once a second, so that silence means that the port is gone.
 */
import { flag } from "./field.ts";
import { frame, type ValuesOf } from "./frame.ts";

export const INPUTS_CHANNEL = "inputs";
export const OUTPUTS_CHANNEL = "outputs";

export const MODEM_INPUTS = frame({
  name: "modem inputs",
  lengthBytes: 1,
  constants: [{ byte: 0, mask: 0xf0, value: 0, doc: "bits 7 to 4 clear" }],
  fields: {
    cts: flag(0, 0, "CTS, DB9 pin 8"),
    dsr: flag(0, 1, "DSR, pin 6"),
    dcd: flag(0, 2, "DCD, pin 1"),
    ri: flag(0, 3, "RI, pin 9"),
  },
});

export const MODEM_OUTPUTS = frame({
  name: "modem outputs",
  lengthBytes: 1,
  constants: [{ byte: 0, mask: 0xfc, value: 0, doc: "bits 7 to 2 clear" }],
  fields: { dtr: flag(0, 0, "DTR, pin 4"), rts: flag(0, 1, "RTS, pin 7") },
});

export type ModemInputs = ValuesOf<typeof MODEM_INPUTS>;
