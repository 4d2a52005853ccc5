/*
 * A ventilator's remote-alarm (nurse-call) contact on the modem lines of a serial adapter. DTR and RTS feed the
 * contact; what comes back on an input line is "closed".
 *
 *   DTR ---[ normally closed pair ]--- DSR      closed while all is well; open: alarm, power loss, or cable out
 *   DTR ---[ normally open pair  ]---- CTS      closed in alarm; a pulled cable is silent
 *
 *   both pairs   (NC, NO)   1,0 well    0,1 alarm    0,0 cable out or broken    1,1 wiring fault
 *
 * ? A shorted cable on a normally closed pair looks like "well" for ever: a line cannot tell, so the alarm test of the
 * ventilator has to be heard here once a week.
 */
import type { ModemInputs } from "../../src/wire/modem-lines.ts";

export const LINES = ["dsr", "cts", "dcd", "ri"] as const;

export type Line = (typeof LINES)[number];

export const isLine = (text: unknown): text is Line => LINES.some((line) => line === text);

/** Which pairs of the contact are wired, and to which input. */
export interface Wiring {
  readonly normallyClosed: Line | undefined;
  readonly normallyOpen: Line | undefined;
}

/** What the contact says; `broken` is a cable that is out, `miswired` a state that no contact has. */
export type ContactState = "well" | "alarm" | "broken" | "miswired";

/** The truth table above; with one pair wired a pulled cable cannot be told from an alarm (NC) or from "well" (NO). */
export function contactState({ normallyClosed, normallyOpen }: Wiring, inputs: ModemInputs): ContactState {
  const closed = normallyClosed === undefined ? undefined : inputs[normallyClosed];
  const open = normallyOpen === undefined ? undefined : inputs[normallyOpen];
  if (closed === undefined) return open === true ? "alarm" : "well";
  if (open === undefined) return closed ? "well" : "alarm";
  if (closed === open) return closed ? "miswired" : "broken";
  return open ? "alarm" : "well";
}

/** Whether any line reads as closed: with DTR and RTS down none may. */
export const anyClosed = ({ normallyClosed, normallyOpen }: Wiring, inputs: ModemInputs): boolean =>
  (normallyClosed !== undefined && inputs[normallyClosed]) ||
  (normallyOpen !== undefined && inputs[normallyOpen]);
