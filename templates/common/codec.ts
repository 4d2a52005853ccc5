/*
 * Draw the frame once, here, as far as it is known; mark doubts with ? and say what would settle them.
 *
 *   | A5 | SpO2, % | pulse, /min | status | sum |        once a second
 *
 *   status  b0 finger in the sensor  b1 searching
 *   sum     of the four bytes before it, modulo 256
 *
 * Doubts. ? All of it: this is the example that `devices new` lays out. Put the real frame in its place, with the page
 * of the maker's document, or the program or capture that it was read from.
 */
import { flag, missing, u8 } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";

/**
 * One declaration gives decoder, encoder, types and the table of the README. Every code that means "missing" is
 * declared here and never leaves as a number.
 */
export const FRAME = frame({
  name: "measurement",
  lengthBytes: 5,
  constants: [
    { byte: 0, mask: 0xff, value: 0xa5, doc: "A5" },
    { byte: 3, mask: 0xfc, value: 0, doc: "bits 7 to 2 clear" },
  ],
  fields: {
    spo2: missing(u8(1, "SpO2, %"), 127),
    pulse: missing(u8(2, "pulse, /min"), 255),
    finger: flag(3, 0, "finger in the sensor"),
    searching: flag(3, 1, "searching for a pulse"),
  },
  checksum: { kind: "sum8", from: 0, to: 4, at: 4 },
});

export type FrameValues = ValuesOf<typeof FRAME>;
