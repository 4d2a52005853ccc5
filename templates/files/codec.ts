/*
 * Draw the file once, here, as far as it is known; mark doubts with ? and say what would settle them.
 *
 *   *.NEW   records of 8 bytes, one a second
 *
 *   | time, s since 1970 UTC (4, little endian) | SpO2, % | pulse, /min | status | sum |
 *
 *   status  b0 finger in the sensor
 *   sum     of the seven bytes before it, modulo 256
 *
 * Doubts. ? All of it: this is the example that `devices new` lays out. A device's clock without a zone shows local
 * time: createLocalTimes() of src/wire/card.ts makes instants of it in the zone of the bed.
 */
import { flag, missing, u8, u32le } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";

/** One second. Every code that means "missing" is declared here and never leaves as a number. */
export const FRAME = frame({
  name: "record",
  lengthBytes: 8,
  constants: [{ byte: 6, mask: 0xfe, value: 0, doc: "bits 7 to 1 clear" }],
  fields: {
    seconds: u32le(0, "time, seconds since 1970 UTC"),
    spo2: missing(u8(4, "SpO2, %"), 127),
    pulse: missing(u8(5, "pulse, /min"), 255),
    finger: flag(6, 0, "finger in the sensor"),
  },
  checksum: { kind: "sum8", from: 0, to: 7, at: 7 },
});

export type FrameValues = ValuesOf<typeof FRAME>;

export const isRecording = (path: string): boolean => /\.NEW$/i.test(path);
