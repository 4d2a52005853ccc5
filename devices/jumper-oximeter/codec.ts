/*
 * Jumper JPD-500F and rebrands, service CDEACB80-5235-4C07-8846-93A37EE6B86D, notifications on CDEACB81-...
 *
 *   values   | 81 | pulse | SpO2 | PI, 0.1 % |        no checksum
 *   wave     | 80 | ...                               to the end of the notification
 *   2D                                                filler
 *
 * Doubts. ? How wave samples are laid out and how often they come. ? Whether the clip holds numbers after the finger
 * left: nothing but the missing codes could tell.
 */
import { missing, u8 } from "../../src/wire/field.ts";
import { frame } from "../../src/wire/frame.ts";

export const VALUES = frame({
  name: "values",
  lengthBytes: 4,
  constants: [{ byte: 0, mask: 0xff, value: 0x81, doc: "81" }],
  fields: {
    pulse: missing(u8(1, "pulse, /min"), 255),
    spo2: missing(u8(2, "SpO2, %"), 127),
    perfusion: missing(u8(3, "perfusion index, 0.1 %"), 0),
  },
});

export const WAVE_MARK = 0x80;
export const FILLER = 0x2d;
export const CHANNEL = "cdeacb8152354c07884693a37ee6b86d";
