/**
 * One-compartment lung behind a mask, stepped at 50 Hz. Equation of motion: Paw + Pmus = V / C + R * flow (Mead and
 * Whittenberger, J Appl Physiol 1953;5:779). Defaults are those of a person with weak muscles and normal lungs.
 */
export interface LungSettings {
  readonly complianceMlPerCmH2o: number;
  readonly resistanceCmH2oPerLs: number;
}

export const DEFAULT_LUNG: LungSettings = { complianceMlPerCmH2o: 36, resistanceCmH2oPerLs: 12 };

/** What changes from minute to minute. */
export interface Airway {
  /** 1 is clear; 3 secretions; 25 as good as closed. */
  readonly resistanceFactor: number;
  /** 1 is normal; below, the chest is held stiffer (REM, slumped). */
  readonly complianceFactor: number;
}

export interface Lung {
  /** Advances by `dtS`; both pressures in cmH2O, effort is that of the person's muscles. Returns L/s into the person. */
  step(dtS: number, airwayPressure: number, effort: number, airway: Airway): number;
  /** The mask is off: the lung goes to rest by itself. */
  relax(dtS: number): void;
}

/** A lung that nothing pushes is at rest within about a second. */
const RELAX_S = 0.5;

export function createLung(settings: LungSettings, startPressure: number): Lung {
  let volumeMl = startPressure * settings.complianceMlPerCmH2o;
  return {
    step(dtS, airwayPressure, effort, { resistanceFactor, complianceFactor }) {
      const compliance = settings.complianceMlPerCmH2o * complianceFactor;
      const resistance = settings.resistanceCmH2oPerLs * resistanceFactor;
      const flowLs = (airwayPressure + effort - volumeMl / compliance) / resistance;
      volumeMl += flowLs * dtS * 1000;
      return flowLs;
    },
    relax(dtS) {
      volumeMl *= Math.exp(-dtS / RELAX_S);
    },
  };
}
