import type { BedView, DeviceRole } from "../domain/bed.ts";
import type { ObservationBody, Timeliness } from "../domain/observation.ts";
import type { SignalId, WaveId } from "../domain/signal.ts";
import type { Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink, LinkKind, SerialSettings } from "../port/link.ts";
import type { Random } from "../port/random.ts";
import type { TranscriptChunk } from "../wire/transcript.ts";

/** An option of a device as data: configuration check, pages and docs are generated from it. */
export type OptionSpec =
  | {
      readonly kind: "choice";
      readonly values: readonly [string, ...string[]];
      readonly default: string;
      readonly help: string;
    }
  | {
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      readonly default: number;
      readonly unit: string;
      readonly help: string;
    }
  | { readonly kind: "flag"; readonly default: boolean; readonly help: string };

export type OptionSpecs = { readonly [name: string]: OptionSpec };

/** Option values after the defaults are filled in and each was checked against its spec. */
export type OptionValues = { readonly [name: string]: string | number | boolean };

/**
 * Where a driver reports what it made of the bytes: counted, shown on the technician's page, kept in the device
 * log. `meaning` is only called when somebody looks, later: the bytes are valid during the call only and are copied
 * here, `meaning` must hold what it needs.
 */
export interface Trace {
  /** A frame that was understood. */
  frame(bytes: Uint8Array, meaning: () => string): void;
  /** Bytes that were refused or skipped while resynchronising, with the rule that refused them. */
  reject(bytes: Uint8Array, reason: string): void;
  /** Bytes that the driver sent. */
  sent(bytes: Uint8Array, meaning: () => string): void;
}

export interface DriverContext {
  readonly link: ByteLink;
  readonly clock: Clock;
  readonly options: OptionValues;
  readonly trace: Trace;
  /** Aborted when the device is to stop; observe() then returns without an error. */
  readonly signal: AbortSignal;
}

/** What a driver yields; supervise adds identity, arrival time and the link's marks. */
export interface DeviceReading {
  readonly body: ObservationBody;
  readonly deviceAt?: Wall;
}

export interface SimulatorContext {
  /** The device's end of the link. */
  readonly link: ByteLink;
  readonly bed: BedView;
  readonly clock: Clock;
  readonly random: Random;
  readonly options: OptionValues;
  readonly signal: AbortSignal;
}

/** How far the decoding is proven. `unproven` devices are hidden from family set-up. */
export type Evidence = "real_bytes" | "maker_document" | "inferred" | "unproven";

/** One device family. Adding a device means adding one of these to devices/index.ts. */
export interface DeviceModule {
  /** `<vendor>-<family>`, the folder's name. */
  readonly id: string;
  readonly vendor: string;
  readonly model: string;
  readonly role: DeviceRole;
  readonly link: LinkKind;
  readonly timeliness: Timeliness;
  readonly evidence: Evidence;
  readonly options: OptionSpecs;
  /** Line settings of the port for these options. */
  serial(options: OptionValues): SerialSettings;
  /** Longest silence of a healthy device, by options; after it the link is reopened and the reopening logged. */
  quietMs(options: OptionValues): number;
  signals(options: OptionValues): readonly SignalId[];
  readonly waves: readonly WaveId[];
  /**
   * Reads the device until the signal aborts (returns) or the link ends (throws the link's Fault). Yields at
   * most one reading a second per body kind, values rounded to the signal's resolution.
   */
  observe(context: DriverContext): AsyncIterable<DeviceReading>;
  /** Plays the device at byte level until the signal aborts; answers the host's requests as the device does. */
  simulate(context: SimulatorContext): Promise<void>;
  /**
   * What the port sent, with its timing, from a raw file in which a logger kept it (the logger's own additions are
   * left out). Absent where raw files hold bare port bytes, paced by `bytesPerSecond`.
   */
  readonly paced?: (file: Uint8Array) => Iterable<TranscriptChunk>;
  /** Nominal rate of what a free-running device sends with these options; absent: the line speed. */
  readonly bytesPerSecond?: (options: OptionValues) => number;
}
