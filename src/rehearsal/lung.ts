/**
 * One-compartment lung on a pressure-supporting ventilator with a single-limb circuit, stepped at 50 Hz.
 * Equation of motion: Paw + Pmus = V / C + R * flow (Mead and Whittenberger 1953). Values for a person with weak
 * muscles and normal lungs on non-invasive ventilation.
 */
export interface LungSettings {
  readonly ipapCmH2o: number;
  readonly epapCmH2o: number;
  readonly rateMin: number;
  readonly inspTimeS: number;
  readonly riseTimeS: number;
  readonly complianceMlPerCmH2o: number;
  readonly resistanceCmH2oPerLs: number;
}

export const DEFAULT_LUNG: LungSettings = {
  ipapCmH2o: 16,
  epapCmH2o: 6,
  rateMin: 16,
  inspTimeS: 1.2,
  riseTimeS: 0.15,
  complianceMlPerCmH2o: 36,
  resistanceCmH2oPerLs: 12,
};

/** What the circuit is connected to. */
export type Circuit = "mask_on" | "mask_off" | "ventilator_off";

/** One instant of the circuit as the ventilator measures it. */
export interface LungStep {
  /** L/min, positive into the person. */
  readonly flow: number;
  /** cmH2O. */
  readonly pressure: number;
  readonly breath: number;
  readonly phase: "inspiration" | "expiration";
  /** mL that really reached the lungs in this step, for gas exchange. */
  readonly ventilatedMl: number;
  /** L/min that escape at the mask beyond the intended leak. */
  readonly leak: number;
}

export interface Lung {
  /** Advances by `dtS`; undefined while the ventilator is off. */
  step(dtS: number, circuit: Circuit, resistanceFactor: number, jitter: number): LungStep | undefined;
}

/** An open mask lets the blower push against almost nothing: flow is high, pressure a few cmH2O at most. */
const OPEN_CIRCUIT_RESISTANCE = 1.6;

export function createLung(settings: LungSettings = DEFAULT_LUNG): Lung {
  let volumeMl = settings.epapCmH2o * settings.complianceMlPerCmH2o;
  let pressure = settings.epapCmH2o;
  let phaseS = 0;
  let breath = 0;
  let periodS = 60 / settings.rateMin;
  return {
    step(dtS, circuit, resistanceFactor, jitter) {
      if (circuit === "ventilator_off") {
        phaseS = 0;
        pressure = 0;
        volumeMl = 0;
        return undefined;
      }
      phaseS += dtS;
      if (breath === 0 || phaseS >= periodS) {
        phaseS = breath === 0 ? 0 : phaseS - periodS;
        breath += 1;
        periodS = (60 / settings.rateMin) * (1 + 0.06 * jitter);
      }
      const inspiration = phaseS < settings.inspTimeS;
      const target = inspiration ? settings.ipapCmH2o : settings.epapCmH2o;
      const approach = 1 - Math.exp(-dtS / (settings.riseTimeS / 2));
      const phase = inspiration ? "inspiration" : "expiration";
      if (circuit === "mask_off") {
        // The blower turns as before, but what it delivers escapes: a few cmH2O remain at the outlet.
        const outlet = 1 + (inspiration ? 2.4 : 0.8);
        pressure += (outlet - pressure) * approach;
        volumeMl += (0 - volumeMl) * (1 - Math.exp(-dtS / 0.5));
        const flow = (pressure / OPEN_CIRCUIT_RESISTANCE) * 60;
        return { flow, pressure, breath, phase, ventilatedMl: 0, leak: flow };
      }
      pressure += (target - pressure) * approach;
      const resistance = settings.resistanceCmH2oPerLs * resistanceFactor;
      const flowLs = (pressure - volumeMl / settings.complianceMlPerCmH2o) / resistance;
      volumeMl += flowLs * dtS * 1000;
      return {
        flow: flowLs * 60,
        pressure,
        breath,
        phase,
        ventilatedMl: Math.max(0, flowLs * dtS * 1000),
        leak: 4 + 2 * jitter,
      };
    },
  };
}
