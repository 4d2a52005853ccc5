/*
 * Draw the wiring here. The modem lines of a serial adapter come as packets of one byte (src/wire/modem-lines.ts):
 *
 *   DTR (pin 4) --- contact --- DSR (pin 6)        closed: well    open: alarm, or the cable is out
 *
 * Doubts. ? All of it: this is the example that `devices new` lays out.
 */
import type { ModemInputs } from "../../src/wire/modem-lines.ts";

/** What the contact says: this one opens in an alarm, so that a pulled cable is one too. */
export const isAlarm = ({ dsr }: ModemInputs): boolean => !dsr;
