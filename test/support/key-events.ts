import { EV_KEY, INPUT_EVENT } from "../../src/wire/input-event.ts";

const AT = { seconds: 1_768_514_400, micros: 250_000 };

/** A key as the kernel tells it, with the event that closes the report: 1 pressed, 0 released, 2 held. */
export const keyEvent = (code: number, value: 0 | 1 | 2): Uint8Array =>
  Buffer.concat([
    INPUT_EVENT.encode({ ...AT, type: EV_KEY, code, value }),
    INPUT_EVENT.encode({ ...AT, type: 0, code: 0, value: 0 }),
  ]);

/** Pressed and let go. */
export const keyPress = (code: number): Uint8Array => Buffer.concat([keyEvent(code, 1), keyEvent(code, 0)]);
