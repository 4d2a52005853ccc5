/*
 * Nonin Bluetooth LE oximeters, service 46A970E0-0D5F-11E2-8B5E-0002A5D5C51B; numbers big endian.
 *
 *   continuous record ("data format 19"), characteristic 0AAD7EA0-..., once a second
 *
 *   | 0A | status | battery, 0.1 V | amplitude (2), 0.01 % | counter (2) | SpO2 | pulse (2) |
 *
 *   status  b6 encrypted link  b5 battery low  b4 sensor on the finger  b3 searching  b2 SmartPoint  b1 weak signal
 *
 * Doubts. ? b7 and b0 of the status are not described. ? b1 comes from one program, b6 to b2 from two. ? No bytes of a
 * real oximeter were seen: one notification with a finger in and one without would settle most of it.
 */
import { flag, missing, u8, u16be } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";

/** Data format 19. */
export const RECORD = frame({
  name: "continuous record",
  lengthBytes: 10,
  constants: [{ byte: 0, mask: 0xff, value: 0x0a, doc: "0A, the length" }],
  fields: {
    encrypted: flag(1, 6, "the link is encrypted"),
    lowBattery: flag(1, 5, "battery low"),
    onFinger: flag(1, 4, "sensor correctly on the finger"),
    searching: flag(1, 3, "searching for a pulse"),
    smartPoint: flag(1, 2, "SmartPoint: a reading of high confidence"),
    weak: flag(1, 1, "? weak signal: amplitude of 0.3 % or less"),
    battery: u8(2, "battery, 0.1 V"),
    amplitude: u16be(3, "pulse amplitude index, 0.01 %"),
    counter: u16be(5, "counts records"),
    spo2: missing(u8(7, "SpO2, %"), 127),
    pulse: missing(u16be(8, "pulse, /min"), 511),
  },
});

export type RecordValues = ValuesOf<typeof RECORD>;

/** The characteristic of the continuous record. */
export const RECORD_CHANNEL = "0aad7ea00d6011e28e3c0002a5d5c51b";
