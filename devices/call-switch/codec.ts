/*
 * A switch that calls for help, wired to one modem line of a serial adapter (src/wire/modem-lines.ts; DTR feeds it), or a
 * key of a keyboard or adapted switch interface, as Linux reports it (src/wire/input-event.ts).
 */
export { EV_KEY, INPUT_EVENT, PRESSED } from "../../src/wire/input-event.ts";
