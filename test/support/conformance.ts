import type { BedView } from "../../src/domain/bed.ts";
import type { BodyKind } from "../../src/domain/observation.ts";
import type { Samples } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import type { DeviceReading, OptionValues } from "../../src/driver/contract.ts";

/** How a stream of one kind of link is cut, damaged and flooded. */
export type StreamKind = "binary frames" | "text lines";

/** What one state of the bed must look like after the way through simulator, bytes and driver. */
export interface ConformanceScene {
  /** Part of the test's name: "spo2 missing alone". */
  readonly name: string;
  /** Only what differs from the module's defaults. */
  readonly options?: OptionValues;
  /** A bed that stays as it is, or one that changes by the clock it is given. */
  readonly bed: BedView;
  /** How long it is played, on virtual time. */
  readonly seconds: number;
  /** The newest value of each signal at the end; a tolerance where the device's way of measuring needs one. */
  readonly expected: {
    readonly [id in SignalId]?: Samples[id] | { readonly about: number; readonly within: number };
  };
  /** Kinds of readings that must have come at least once. */
  readonly kinds: readonly BodyKind[];
}

/**
 * What the conformance suite must know of a family beside its module; `test/devices/profiles/<id>.ts` exports it as
 * `profile`. Round trips run for every scene; cutting, damage and noise for the scenes named in `streams`.
 */
export interface ConformanceProfile {
  readonly kind: StreamKind;
  /** Round trips: ordinary values, extremes, and every missing code of the family. */
  readonly scenes: readonly ConformanceScene[];
  /** Names of the scenes whose byte stream is also cut, damaged and mixed with noise: one per format. */
  readonly streams: readonly string[];
  /** Whether frames of these options carry a checksum: then one damaged byte costs at most one frame. */
  checksum(options: OptionValues): boolean;
  /**
   * The reading without what depends on when bytes arrived (a breath's start and end); the identity where nothing
   * does.
   */
  timeless(reading: DeviceReading): unknown;
}
