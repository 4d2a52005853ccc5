import type { Mono } from "./time.ts";

/**
 * One complete breath. Volumes are integrals of flow over the part of the breath with flow in that direction
 * of phase; a value that the waveform cannot give is absent from the object, never 0.
 */
export interface Breath {
  /** The machine's own breath number where it sends one. */
  readonly number?: number;
  /** Arrival of the first and after the last sample, monotonic. */
  readonly start: Mono;
  readonly end: Mono;
  readonly inspTimeS: number;
  readonly expTimeS: number;
  readonly tidalVolumeInspMl: number;
  readonly tidalVolumeExpMl: number;
  /** 60 / duration. */
  readonly rateMin: number;
  /** Expiratory time divided by inspiratory time (1 : x). */
  readonly ieRatio?: number;
  readonly pressurePeakCmH2o: number;
  /** Mean over the whole breath. */
  readonly pressureMeanCmH2o: number;
  /** Mean over inspiration only. */
  readonly pressureInspMeanCmH2o?: number;
  /** Mean of the last five samples. */
  readonly peepCmH2o: number;
}
