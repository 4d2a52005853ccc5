import type { DeviceReading } from "../../src/driver/contract.ts";

/** Where a decoder puts what it makes of the bytes. Bytes are only valid during the call. */
export interface Sink {
  reading(reading: DeviceReading): void;
  /** A frame or packet that was understood. */
  frame(bytes: Uint8Array, meaning: () => string): void;
  reject(bytes: Uint8Array, reason: string): void;
}

/** One of the four formats: bytes in, readings out. */
export interface Decoder {
  push(chunk: Uint8Array): void;
}

/** Yields a status reading when the device's own remarks change; codes are listed in README.md. */
export function createStatus(sink: Sink): { lowBattery(low: boolean): void } {
  let known = false;
  return {
    lowBattery(low) {
      if (low === known) return;
      known = low;
      sink.reading({ body: { kind: "status", codes: low ? ["battery_low"] : [] } });
    },
  };
}
