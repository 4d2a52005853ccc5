import type { BedView, DeviceRole, MachineAlarm } from "../domain/bed.ts";
import type { QualityFlag } from "../domain/observation.ts";
import { absent, measured, type Sample } from "../domain/sample.ts";
import type { SettingId, SignalId, WaveId } from "../domain/signal.ts";
import type { Mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { createBreathMeter, type MeasuredBreath } from "./breath-meter.ts";
import { createDrive } from "./drive.ts";
import { afterEvent, type BedState, KNOBS, type Knob, type PatientEvent, UNDISTURBED } from "./events.ts";
import { createFinger } from "./finger.ts";
import { createGas } from "./gas.ts";
import { createLung, DEFAULT_LUNG, type LungSettings } from "./lung.ts";
import { createMachine, DEFAULT_MACHINE, type MachineSettings, type MachineStep } from "./machine.ts";
import { createMachineAlarms } from "./machine-alarms.ts";

/**
 * One person with one lung, one heart and one ventilator, whom all simulated devices watch: what the ventilator does
 * shows at the finger after the circulation's delay. The same chance gives the same night.
 */
export interface Patient extends BedView {
  apply(event: PatientEvent): void;
  /** Sets one slider; the value is limited to its range. */
  turn(knob: Knob, value: number): void;
  /** Where the sliders stand. */
  knobs(): { readonly [knob in Knob]: number };
}

const STEP_MS = 20;
const STEP_S = STEP_MS / 1000;
const STEPS_PER_SECOND = 50;
/** Waveform memory for readers that lag behind, in steps (10 s). */
const MEMORY_STEPS = 500;
/** mL of each breath that reach no alveoli (anatomic dead space and mask). */
const DEAD_SPACE_ML = 170;
/** L/min of alveolar ventilation that weak muscles still manage alone. */
const OWN_EFFORT_L_MIN = 1.35;
/** REM takes from the chest what weak muscles gave it: narrower airways, a stiffer chest. */
const REM_AIRWAY = { resistance: 1.3, compliance: 0.8 };
/** Breaths that shown numbers are averaged over, beside those that a machine shows breath by breath. */
const AVERAGED = 5;
const AT_ONCE: ReadonlySet<SignalId> = new Set([
  "leak",
  "leak_total",
  "pressure_peak",
  "pressure_insp",
  "pressure_exp",
]);

export function createPatient(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly lung?: LungSettings;
  readonly machine?: MachineSettings;
}): Patient {
  const { clock, random } = options;
  const settings = options.machine ?? DEFAULT_MACHINE;
  const lung = createLung(options.lung ?? DEFAULT_LUNG, settings.epapCmH2o);
  const machine = createMachine(settings);
  const drive = createDrive(random);
  const finger = createFinger(random);
  const gas = createGas();
  const meter = createBreathMeter();
  const alarms = createMachineAlarms();
  const memory = createMemory();
  const startMs: number = clock.mono();
  let steps = 0;
  let now = UNDISTURBED;
  let alveolar = 3;
  let flowLs = 0;

  /** Alveolar ventilation follows the breaths, smoothed; what the machine does not give, effort gives a little of. */
  const breathed = ({ tidalInspMl, periodS }: MeasuredBreath): void => {
    const given = (Math.max(0, tidalInspMl - DEAD_SPACE_ML) / 1000) * (60 / periodS);
    alveolar += (Math.max(alone(), given) - alveolar) * 0.35;
  };

  const alone = (): number => {
    if (now.breathing === "none" || now.obstructed) return 0;
    return OWN_EFFORT_L_MIN * now.effort * (now.breathing === "rem" ? 0.6 : 1);
  };

  const breathe = (): MachineStep | undefined => {
    const effort = drive.step(STEP_S, now.breathing, gas.co2) * now.effort;
    if (!now.running) {
      lung.relax(STEP_S);
      flowLs = 0;
      return undefined;
    }
    const tidalMl = meter.breaths.at(-1)?.tidalInspMl ?? 0;
    const step = machine.step(STEP_S, { circuit: now.circuit, effort, flowLs, leakK: now.leakK, tidalMl });
    if (now.circuit === "sealed") {
      const rem = now.breathing === "rem";
      flowLs = lung.step(STEP_S, step.pressure, effort, {
        resistanceFactor: now.resistance * (rem ? REM_AIRWAY.resistance : 1),
        complianceFactor: rem ? REM_AIRWAY.compliance : 1,
      });
    } else {
      lung.relax(STEP_S);
      flowLs = 0;
    }
    const breath = meter.step(STEP_S, step, flowLs);
    if (breath !== undefined) breathed(breath);
    return step;
  };

  /** A breath that does not come, or does not reach the lung, is followed by what the person manages alone. */
  const faint = (): void => {
    if (now.running && meter.sinceBreathS < 6) return;
    alveolar += (alone() - alveolar) * (1 - Math.exp(-STEP_S / 10));
  };

  const everySecond = (): void => {
    now = afterSecond(now);
    if (!now.running) return alarms.silence();
    const last = meter.breaths.at(-1);
    alarms.judge({
      open: now.circuit !== "sealed",
      peakPressure: last?.pressurePeak,
      ipap: machine.ipap,
      leak: last?.leak,
      sinceStartS: meter.sinceStartS,
      minuteVolume: meter.sinceStartS >= NO_BREATHS_S ? 0 : averaged(meter.breaths, minuteVolumeOf),
      tidalMl: last?.tidalExpMl,
      mains: now.mains,
      batteryMinutes: now.batteryMinutes,
    });
  };

  const advance = (at: number): void => {
    const wanted = Math.floor((at - startMs) / STEP_MS) + 1;
    for (; steps < wanted; steps++) {
      if (steps % STEPS_PER_SECOND === 0) everySecond();
      const step = breathe();
      faint();
      gas.step(STEP_S, alveolar);
      const pleth = finger.step(STEP_S, gas.saturation, now.sensor);
      // With nothing to push against, what leaves the machine is what it measures as flow.
      const flow = step === undefined || now.circuit === "sealed" ? flowLs * 60 : step.leak;
      const exhaling = step?.phase === "expiration" && meter.sinceBreathS < WASHED_OUT_S;
      memory.put(steps, { step, flow, pleth, exhaling });
    }
  };

  const instant = (at: number): Instant | undefined => {
    advance(at);
    return memory.get(Math.floor((at - startMs) / STEP_MS), steps);
  };

  const ventilator = (signal: SignalId): Sample => {
    if (!now.running) return absent("device_off");
    const of = BREATH_SIGNALS[signal];
    if (signal === "apnea_duration") return apneaDuration(meter.sinceStartS);
    if (of === undefined) return absent("unsupported");
    if (meter.sinceStartS >= NO_BREATHS_S) return NOT_BREATHING[signal] ?? standing(signal);
    const breaths = AT_ONCE.has(signal) ? meter.breaths.slice(-1) : meter.breaths;
    const value = averaged(breaths, of);
    return value === undefined ? absent("not_measured") : measured(signal, value);
  };

  /** What stands at the mask while no breath comes. */
  const standing = (signal: SignalId): Sample => {
    const step = memory.get(steps - 1, steps)?.step;
    const value = step === undefined ? undefined : STANDING[signal]?.(step);
    return value === undefined ? absent("not_measured") : measured(signal, value);
  };

  /** What a capnograph makes of the breath's CO2; a mask that is off or a blower that stands brings it none. */
  const capnograph = (signal: "etco2" | "resp_rate" | "apnea_duration"): Sample => {
    if (now.circuit !== "sealed" || !now.running) return absent("poor_signal");
    if (signal === "apnea_duration") return apneaDuration(meter.sinceBreathS);
    const breathes = meter.sinceBreathS < NO_BREATHS_S;
    if (signal === "resp_rate") return breathes ? ventilator(signal) : 0;
    return breathes ? measured(signal, endTidal()) : absent("not_measured");
  };

  const endTidal = (): number => gas.co2 - CO2_GRADIENT;

  /** What other devices run on, this patient does not know. */
  const battery = (signal: SignalId, value: number, of: DeviceRole): Sample =>
    of === "ventilator" ? measured(signal, value) : absent("not_measured");

  /** What is told of at once; everything else the ventilator measures on its breaths. */
  const told: { readonly [id in SignalId]?: (of: DeviceRole) => Sample } = {
    spo2: () => finger.sample("spo2", now.sensor),
    pulse_rate: () => finger.sample("pulse_rate", now.sensor),
    perfusion_index: () => finger.sample("perfusion_index", now.sensor),
    motion: () => (now.sensor === "motion" ? 1 : 0),
    therapy: () => (now.running ? 1 : 0),
    mains: () => (now.mains ? 1 : 0),
    battery_minutes: (of) => battery("battery_minutes", now.batteryMinutes, of),
    battery_percent: (of) =>
      battery("battery_percent", (100 * now.batteryMinutes) / UNDISTURBED.batteryMinutes, of),
    remote_alarm: () => (!now.running || alarms.sounding.length > 0 ? 1 : 0),
    tcco2: () => measured("tcco2", gas.co2),
    etco2: () => capnograph("etco2"),
    fio2: () => (now.running ? 21 : absent("device_off")),
  };

  return {
    apply(event) {
      advance(clock.mono());
      const before = now;
      now = afterEvent(now, event);
      if (before.running && !now.running) meter.forget();
      if (!before.running && now.running) machine.restart();
    },
    turn(knob, value) {
      advance(clock.mono());
      const { min, max, set } = KNOBS[knob];
      now = set(now, Math.min(max, Math.max(min, value)));
    },
    knobs: () => ({
      leak: KNOBS.leak.get(now),
      resistance: KNOBS.resistance.get(now),
      effort: KNOBS.effort.get(now),
    }),
    sample(signal, of: DeviceRole = "ventilator") {
      advance(clock.mono());
      if (of === "capnograph" && (signal === "resp_rate" || signal === "apnea_duration")) {
        return capnograph(signal);
      }
      return (told[signal] ?? (() => ventilator(signal)))(of);
    },
    setting(setting: SettingId) {
      const values: { readonly [id in SettingId]?: number | string } = {
        ipap: settings.ipapCmH2o,
        epap: settings.epapCmH2o,
        mode: settings.mode,
        // S has neither: the person begins and ends every breath.
        ...(settings.mode === "S"
          ? {}
          : { backup_rate: settings.backupRateMin, insp_time: settings.inspTimeS }),
        ...(settings.mode === "AVAPS" ? { tidal_volume_target: settings.tidalTargetMl } : {}),
      };
      return values[setting];
    },
    flags(): readonly QualityFlag[] {
      advance(clock.mono());
      return finger.flags(now.sensor);
    },
    calls: () => now.calling,
    ownAlarms(): readonly MachineAlarm[] {
      advance(clock.mono());
      return alarms.sounding;
    },
    wave(wave: WaveId, at: Mono) {
      const then = instant(at);
      if (then === undefined) return undefined;
      switch (wave) {
        case "pleth":
          return then.pleth;
        case "flow":
          return then.step === undefined ? undefined : then.flow;
        case "airway_pressure":
          return then.step?.pressure;
        case "co2":
          return then.step === undefined || now.circuit !== "sealed"
            ? undefined
            : then.exhaling
              ? endTidal()
              : 0;
      }
    },
    breath(at: Mono) {
      const step = instant(at)?.step;
      return step === undefined ? undefined : { number: step.breath, phase: step.phase };
    },
  };
}

/** Without a breath for so long a machine shows a rate and a minute volume of 0, and no longer the last ones. */
const NO_BREATHS_S = 20;
const NOT_BREATHING: { readonly [id in SignalId]?: Sample } = { resp_rate: 0, minute_volume: 0 };
const STANDING: { readonly [id in SignalId]?: (step: MachineStep) => number } = {
  pressure_peak: ({ pressure }) => pressure,
  pressure_mean: ({ pressure }) => pressure,
  pressure_exp: ({ pressure }) => pressure,
  leak: ({ leak }) => leak,
  leak_total: ({ leakTotal }) => leakTotal,
};
/** After the last breath its CO2 has left the mask through the port. */
const WASHED_OUT_S = 6;
/** mmHg, arterial above end-tidal. */
const CO2_GRADIENT = 3;
/** A pause between breaths is no apnoea. */
const PAUSE_S = 5;

const apneaDuration = (sinceBreathS: number): Sample =>
  measured("apnea_duration", sinceBreathS < PAUSE_S ? 0 : Math.floor(sinceBreathS));

/** What goes on by itself: a leak that grows, a battery that empties, a machine that stops when it is empty. */
function afterSecond(now: BedState): BedState {
  const leakK = Math.min(KNOBS.leak.max, now.leakK + now.leakGrowth);
  const draining = !now.mains && now.running;
  const batteryMinutes = draining ? Math.max(0, now.batteryMinutes - 1 / 60) : now.batteryMinutes;
  const running = now.running && (now.mains || batteryMinutes > 0);
  if (leakK === now.leakK && batteryMinutes === now.batteryMinutes && running === now.running) return now;
  return { ...now, leakK, batteryMinutes, running };
}

/** How a signal is made from a breath; see AVERAGED. */
const BREATH_SIGNALS: { readonly [id in SignalId]?: (breath: MeasuredBreath) => number } = {
  resp_rate: ({ periodS }) => 60 / periodS,
  tidal_volume_insp: ({ tidalInspMl }) => tidalInspMl,
  tidal_volume_exp: ({ tidalExpMl }) => tidalExpMl,
  minute_volume: minuteVolumeOf,
  leak: ({ leak }) => leak,
  leak_total: ({ leakTotal }) => leakTotal,
  pressure_peak: ({ pressurePeak }) => pressurePeak,
  pressure_insp: ({ pressurePeak }) => pressurePeak,
  pressure_mean: ({ pressureMean }) => pressureMean,
  pressure_exp: ({ pressureEnd }) => pressureEnd,
  insp_time: ({ inspTimeS }) => inspTimeS,
  ie_ratio: ({ inspTimeS, periodS }) => (periodS - inspTimeS) / inspTimeS,
  triggered_percent: ({ triggered }) => (triggered ? 100 : 0),
};

function minuteVolumeOf({ tidalExpMl, periodS }: MeasuredBreath): number {
  return (tidalExpMl / 1000) * (60 / periodS);
}

function averaged(
  breaths: readonly MeasuredBreath[],
  of: (breath: MeasuredBreath) => number,
): number | undefined {
  const newest = breaths.slice(-AVERAGED);
  if (newest.length === 0) return undefined;
  return newest.reduce((sum, breath) => sum + of(breath), 0) / newest.length;
}

interface Instant {
  readonly step: MachineStep | undefined;
  readonly flow: number;
  readonly pleth: number;
  /** Gas from the lungs passes the sensor. */
  readonly exhaling: boolean;
}

/** The last ten seconds, without moving them about. */
function createMemory() {
  const ring: Instant[] = [];
  return {
    put(index: number, instant: Instant): void {
      ring[index % MEMORY_STEPS] = instant;
    },
    get(index: number, steps: number): Instant | undefined {
      return index < 0 || index >= steps || index < steps - MEMORY_STEPS
        ? undefined
        : ring[index % MEMORY_STEPS];
    },
  };
}
