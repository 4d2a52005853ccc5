import type { QualityFlag } from "../../src/domain/observation.ts";
import { type Absence, absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
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

/** Both signals missing for one reason. */
export const bothAbsent = (reason: Absence): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

/**
 * Samples from numbers that the device vouches for. One number missing beside a valid one is `not_measured`, so that
 * the alarm engine can tell a saturation below the device's range from a finger that is out.
 */
export function oximetry(spo2: number | undefined, pulse: number | undefined, whenNeither: Absence): Samples {
  const missing = spo2 === undefined && pulse === undefined ? whenNeither : "not_measured";
  return {
    spo2: spo2 === undefined ? absent(missing) : measured("spo2", spo2),
    pulse_rate: pulse === undefined ? absent(missing) : measured("pulse_rate", pulse),
  };
}

/** The flags that are set, in the order of the table; the key is left out when none is. */
export function flagsOf(set: { readonly [flag in QualityFlag]?: boolean }): {
  readonly flags?: readonly QualityFlag[];
} {
  const order: readonly QualityFlag[] = [
    "low_perfusion",
    "marginal_perfusion",
    "artifact",
    "motion",
    "out_of_track",
  ];
  const flags = order.filter((flag) => set[flag] === true);
  return flags.length === 0 ? {} : { flags };
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

/** A number or its reason, for the technician's page. */
export const inWords = (sample: Sample | undefined): string =>
  typeof sample === "number" ? String(sample) : (sample?.absent.replaceAll("_", " ") ?? "none");
