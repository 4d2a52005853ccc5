/**
 * A bilevel ventilator with a single-limb circuit and an intentional leak, stepped at 50 Hz: S (the person triggers
 * and cycles), ST (triggers, with a backup rate and a set inspiratory time) and AVAPS-like (ST whose IPAP follows a
 * volume target by at most 1 cmH2O a minute).
 */
export interface MachineSettings {
  readonly mode: "S" | "ST" | "AVAPS";
  readonly ipapCmH2o: number;
  readonly epapCmH2o: number;
  /** Largest IPAP that AVAPS may choose. */
  readonly ipapMaxCmH2o: number;
  readonly tidalTargetMl: number;
  readonly backupRateMin: number;
  readonly inspTimeS: number;
  readonly riseTimeS: number;
}

export const DEFAULT_MACHINE: MachineSettings = {
  mode: "ST",
  ipapCmH2o: 16,
  epapCmH2o: 6,
  ipapMaxCmH2o: 24,
  tidalTargetMl: 400,
  backupRateMin: 14,
  inspTimeS: 1.2,
  riseTimeS: 0.15,
};

/** What the ventilator feels at its outlet. */
export interface Outlet {
  readonly circuit: "sealed" | "mask_off" | "circuit_off";
  /** The person's effort, cmH2O. */
  readonly effort: number;
  /** Flow into the person in the step before, L/s. */
  readonly flowLs: number;
  /** L/min that escape at the mask for each root of a cmH2O (an opening lets through k * sqrt(P)). */
  readonly leakK: number;
  /** mL of the last whole breath, for AVAPS. */
  readonly tidalMl: number;
}

export interface MachineStep {
  /** cmH2O at the mask. */
  readonly pressure: number;
  readonly breath: number;
  readonly phase: "inspiration" | "expiration";
  /** Whether the breath under way was triggered by the person. */
  readonly triggered: boolean;
  /** L/min escaping at the mask, and together with the intended exhalation port. */
  readonly leak: number;
  readonly leakTotal: number;
}

export interface Machine {
  step(dtS: number, outlet: Outlet): MachineStep;
  /** IPAP as AVAPS has set it, else the setting. */
  readonly ipap: number;
  /** Switched off and on again: the first breath begins anew. */
  restart(): void;
}

/** cmH2O of effort that a machine notices, and how long after a breath out began it listens. */
const TRIGGER_CMH2O = 0.8;
const REFRACTORY_S = 0.5;
/** Above this leak an effort drowns in it. */
const DEAF_LEAK_L_MIN = 75;
/** S: inspiration ends at this share of the peak flow, within these times. */
const CYCLE_SHARE = 0.25;
const S_INSP_S = { min: 0.4, max: 1.8 };
/** L/min for each root of a cmH2O: about 22 L/min at 10 cmH2O, an ordinary exhalation port. */
const PORT_K = 7;
/** What the blower can deliver beyond the port, L/min; beyond it pressure gives way. */
const BLOWER_L_MIN = 110;
/** An open mask lets the blower push against almost nothing: flow is high, pressure a few cmH2O at most. */
const OPEN_RESISTANCE = 1.6;
const AVAPS_STEP_CMH2O_PER_S = 1 / 60;

export function createMachine(settings: MachineSettings): Machine {
  let pressure = settings.epapCmH2o;
  let ipap = settings.ipapCmH2o;
  let breath = 0;
  let phase: MachineStep["phase"] = "expiration";
  let inBreathS = 0;
  let inPhaseS = 0;
  let peakFlow = 0;
  let triggered = false;

  const begin = (byPerson: boolean): void => {
    breath += 1;
    phase = "inspiration";
    inBreathS = 0;
    inPhaseS = 0;
    peakFlow = 0;
    triggered = byPerson;
  };

  const listen = (dtS: number, { circuit, effort, flowLs, leakK }: Outlet): void => {
    inBreathS += dtS;
    inPhaseS += dtS;
    if (phase === "inspiration") {
      peakFlow = Math.max(peakFlow, flowLs);
      const ended =
        settings.mode === "S"
          ? inPhaseS >= S_INSP_S.min && (inPhaseS >= S_INSP_S.max || flowLs < peakFlow * CYCLE_SHARE)
          : inPhaseS >= settings.inspTimeS;
      if (!ended) return;
      phase = "expiration";
      inPhaseS = 0;
      return;
    }
    const hears = circuit === "sealed" && leakK * Math.sqrt(Math.max(0, pressure)) < DEAF_LEAK_L_MIN;
    if (hears && effort > TRIGGER_CMH2O && inPhaseS > REFRACTORY_S) return begin(true);
    if (breath === 0) return begin(false);
    if (settings.mode !== "S" && inBreathS >= 60 / settings.backupRateMin) begin(false);
  };

  /** AVAPS: slowly towards the pressure that gives the volume. */
  const adapt = (dtS: number, tidalMl: number): void => {
    if (settings.mode !== "AVAPS" || tidalMl <= 0) return;
    const wanted =
      tidalMl < settings.tidalTargetMl * 0.97 ? 1 : tidalMl > settings.tidalTargetMl * 1.03 ? -1 : 0;
    const next = ipap + wanted * AVAPS_STEP_CMH2O_PER_S * dtS;
    ipap = Math.min(settings.ipapMaxCmH2o, Math.max(settings.epapCmH2o + 4, next));
  };

  return {
    step(dtS, outlet) {
      listen(dtS, outlet);
      adapt(dtS, outlet.tidalMl);
      const approach = 1 - Math.exp(-dtS / (settings.riseTimeS / 2));
      const inspiration = phase === "inspiration";
      if (outlet.circuit !== "sealed") {
        // The blower turns as before, but what it delivers escapes: a few cmH2O remain at the outlet, none at all
        // where the tube has come off the machine.
        const remains = outlet.circuit === "circuit_off" ? 0.2 : inspiration ? 3.4 : 1.8;
        pressure += (remains - pressure) * approach;
        const escapes = (Math.max(pressure, 1.2) / OPEN_RESISTANCE) * 60;
        return { pressure, breath, phase, triggered, leak: escapes, leakTotal: escapes };
      }
      const target = inspiration ? ipap : settings.epapCmH2o;
      const escaping = outlet.leakK * Math.sqrt(Math.max(0, target));
      const held = escaping <= BLOWER_L_MIN ? target : target * (BLOWER_L_MIN / escaping) ** 2;
      pressure += (held - pressure) * approach;
      const root = Math.sqrt(Math.max(0, pressure));
      const leak = outlet.leakK * root;
      return { pressure, breath, phase, triggered, leak, leakTotal: leak + PORT_K * root };
    },
    get ipap() {
      return ipap;
    },
    restart() {
      pressure = 0;
      phase = "expiration";
      inBreathS = 0;
      inPhaseS = 0;
      ipap = settings.ipapCmH2o;
    },
  };
}
