/*
 * LPOW A340B-LK fingertip oximeter, service FFF0, notifications on FFF6.
 *
 *   | F1 | SpO2 | pulse | 00 | ? (2, low first) | sum of all before |
 *
 * Doubts. ? The two bytes may be the perfusion index in 0.01 %: they stood near 900 in all that was seen; a capture with
 * the clip's display filmed would tell. ? What stands in them, and in the byte that was always 00, without a finger, and
 * which codes mean "missing": a capture of a finger leaving would tell.
 */
import { missing, u8, u16le } from "../../src/wire/field.ts";
import { frame } from "../../src/wire/frame.ts";

export const VALUES = frame({
  name: "values",
  lengthBytes: 7,
  constants: [{ byte: 0, mask: 0xff, value: 0xf1, doc: "F1" }],
  fields: {
    spo2: missing(u8(1, "SpO2, %; ? 0 for none"), 0),
    pulse: missing(u8(2, "pulse, /min; ? 0 for none"), 0),
    unknown: u8(3, "? 00 in all that was seen"),
    maybePerfusion: u16le(4, "? perfusion index, 0.01 %"),
  },
  checksum: { kind: "sum8", from: 0, to: 6, at: 6 },
});
