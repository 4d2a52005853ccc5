import type { BedView } from "../domain/bed.ts";
import type { QualityFlag } from "../domain/observation.ts";
import { absent, measured, type Sample } from "../domain/sample.ts";
import type { SettingId, SignalId, WaveId } from "../domain/signal.ts";
import type { Mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { createGas } from "./gas.ts";
import { type Circuit, createLung, DEFAULT_LUNG, type LungSettings, type LungStep } from "./lung.ts";
import { normal } from "./random.ts";

/** What can happen to the virtual patient. */
export const PATIENT_EVENTS = [
  "mask_off",
  "mask_on",
  "probe_off",
  "probe_on",
  "ventilator_off",
  "ventilator_on",
  "secretions",
  "clear",
] as const;

export type PatientEvent = (typeof PATIENT_EVENTS)[number];

export const isPatientEvent = (text: string): text is PatientEvent =>
  (PATIENT_EVENTS as readonly string[]).includes(text);

/**
 * One person with one lung and one heart, whom all simulated devices watch: what the ventilator does shows at the
 * finger after the circulation's delay.
 */
export interface Patient extends BedView {
  apply(event: PatientEvent): void;
}

const STEP_MS = 20;
/** Waveform memory for readers that lag behind, in steps (10 s). */
const MEMORY_STEPS = 500;
/** mL of each breath that reach no alveoli (anatomic dead space and mask). */
const DEAD_SPACE_ML = 170;
/** L/min of alveolar ventilation that weak muscles still manage alone. */
const OWN_EFFORT_L_MIN = 1.35;

interface Instant {
  readonly circuit: LungStep | undefined;
  readonly pleth: number;
}

export function createPatient(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly lung?: LungSettings;
}): Patient {
  const { clock, random } = options;
  const settings = options.lung ?? DEFAULT_LUNG;
  const lung = createLung(settings);
  const gas = createGas();
  const startMs: number = clock.mono();
  const memory: Instant[] = [];
  let steps = 0;
  let circuit: Circuit = "mask_on";
  let maskOn = true;
  let ventilatorOn = true;
  let probeOn = true;
  let resistanceFactor = 1;
  let jitter = 0;
  let pulse = 68;
  let pulseDrift = 0;
  let beatPhase = 0;
  let alveolar = 3;
  let breathSeen = 0;
  let breathMl = 0;

  const heart = (dtS: number): number => {
    const lack = Math.max(0, 94 - gas.saturation);
    const target = 66 + pulseDrift + Math.min(34, lack * 1.6);
    pulse += (target - pulse) * (1 - Math.exp(-dtS / 8));
    beatPhase = (beatPhase + (pulse / 60) * dtS) % 1;
    // Systolic upstroke with a dicrotic notch: two bumps are enough for a plausible pulse wave.
    const bump = (centre: number, width: number): number => Math.exp(-(((beatPhase - centre) / width) ** 2));
    return Math.round(30 + 180 * bump(0.22, 0.1) + 70 * bump(0.5, 0.13));
  };

  /** Alveolar ventilation follows the breaths, smoothed; what the machine does not give, effort gives a little of. */
  const ventilate = (step: LungStep | undefined, dtS: number): void => {
    if (step !== undefined && step.breath !== breathSeen) {
      breathSeen = step.breath;
      const alveolarMl = Math.max(0, breathMl - DEAD_SPACE_ML);
      const given = (alveolarMl / 1000) * settings.rateMin;
      alveolar += (Math.max(OWN_EFFORT_L_MIN, given) - alveolar) * 0.35;
      breathMl = 0;
    }
    if (step === undefined) alveolar += (OWN_EFFORT_L_MIN - alveolar) * (1 - Math.exp(-dtS / 10));
    else breathMl += step.ventilatedMl;
    gas.step(dtS, alveolar);
  };

  const advance = (at: number): void => {
    const wanted = Math.floor((at - startMs) / STEP_MS) + 1;
    for (; steps < wanted; steps++) {
      const dtS = STEP_MS / 1000;
      if (steps % 50 === 0) {
        jitter = 0.9 * jitter + 0.2 * normal(random);
        pulseDrift = 0.98 * pulseDrift + 0.6 * normal(random);
      }
      const step = lung.step(dtS, circuit, resistanceFactor, jitter);
      ventilate(step, dtS);
      memory.push({ circuit: step, pleth: heart(dtS) });
      if (memory.length > MEMORY_STEPS) memory.shift();
    }
  };

  const instant = (at: number): Instant | undefined => {
    advance(at);
    const index = Math.floor((at - startMs) / STEP_MS);
    return memory[index - (steps - memory.length)];
  };

  const oximeter = (id: "spo2" | "pulse_rate" | "perfusion_index"): Sample => {
    if (!probeOn) return absent("sensor_off");
    if (id === "perfusion_index") return measured(id, 2.4 + 0.2 * jitter);
    return measured(id, id === "spo2" ? gas.saturation : pulse);
  };

  return {
    apply(event) {
      advance(clock.mono());
      if (event === "mask_off" || event === "mask_on") maskOn = event === "mask_on";
      if (event === "ventilator_off" || event === "ventilator_on") ventilatorOn = event === "ventilator_on";
      if (event === "probe_off" || event === "probe_on") probeOn = event === "probe_on";
      if (event === "secretions") resistanceFactor = 3;
      if (event === "clear") resistanceFactor = 1;
      circuit = !ventilatorOn ? "ventilator_off" : maskOn ? "mask_on" : "mask_off";
    },
    sample(signal: SignalId): Sample {
      const now = instant(clock.mono());
      if (signal === "spo2" || signal === "pulse_rate" || signal === "perfusion_index")
        return oximeter(signal);
      if (signal === "therapy") return ventilatorOn ? 1 : 0;
      if (signal === "mains") return 1;
      if (now?.circuit === undefined) return absent(ventilatorOn ? "not_measured" : "device_off");
      if (signal === "leak") return measured("leak", Math.max(0, now.circuit.leak));
      if (signal === "tcco2") return measured("tcco2", gas.co2);
      return absent("unsupported");
    },
    setting(setting: SettingId) {
      const values: { readonly [id in SettingId]?: number | string } = {
        ipap: settings.ipapCmH2o,
        epap: settings.epapCmH2o,
        backup_rate: settings.rateMin,
        insp_time: settings.inspTimeS,
        mode: "ST",
      };
      return values[setting];
    },
    flags(): readonly QualityFlag[] {
      return [];
    },
    wave(wave: WaveId, at: Mono) {
      const now = instant(at);
      if (now === undefined) return undefined;
      if (wave === "pleth") return probeOn ? now.pleth : 0;
      if (wave === "flow") return now.circuit?.flow;
      return wave === "airway_pressure" ? now.circuit?.pressure : undefined;
    },
    breath(at: Mono) {
      const now = instant(at)?.circuit;
      return now === undefined ? undefined : { number: now.breath, phase: now.phase };
    },
  };
}
