import { MACHINE_ALARMS, type MachineAlarm } from "../domain/bed.ts";

/** What the ventilator judges, once a second; undefined: nothing to judge by. */
export interface MachineState {
  /** The tube or the mask is open: it feels no resistance. */
  readonly open: boolean;
  readonly peakPressure: number | undefined;
  readonly ipap: number;
  readonly leak: number | undefined;
  /** Since the machine began its last breath. */
  readonly sinceStartS: number;
  readonly minuteVolume: number | undefined;
  readonly tidalMl: number | undefined;
  readonly mains: boolean;
  readonly batteryMinutes: number;
}

/** s that a state must last before the machine sounds: typical defaults of home ventilators. */
const DELAY_S: { readonly [alarm in MachineAlarm]: number } = {
  disconnect: 15,
  pressure_low: 20,
  leak_high: 30,
  apnea: 0,
  minute_volume_low: 30,
  obstruction: 15,
  mains_lost: 2,
  battery_low: 2,
};

const LOW_PRESSURE_SHARE = 0.6;
const LEAK_L_MIN = 60;
const APNEA_S = 20;
const MINUTE_VOLUME_L_MIN = 2.5;
const OBSTRUCTED_ML = 120;
const BATTERY_MIN = 20;

/** The ventilator's own alarms: each sounds once its state has lasted, and stops when it ends. */
export function createMachineAlarms(): {
  /** Once a second. */
  judge(state: MachineState): void;
  silence(): void;
  readonly sounding: readonly MachineAlarm[];
} {
  const sinceS = new Map<MachineAlarm, number>();
  let sounding: readonly MachineAlarm[] = [];
  return {
    judge(state) {
      const holds = statesOf(state);
      for (const alarm of MACHINE_ALARMS) {
        if (holds[alarm]) sinceS.set(alarm, (sinceS.get(alarm) ?? -1) + 1);
        else sinceS.delete(alarm);
      }
      sounding = MACHINE_ALARMS.filter((alarm) => (sinceS.get(alarm) ?? -1) >= DELAY_S[alarm]);
    },
    silence() {
      sinceS.clear();
      sounding = [];
    },
    get sounding() {
      return sounding;
    },
  };
}

function statesOf(state: MachineState): { readonly [alarm in MachineAlarm]: boolean } {
  const { open, peakPressure, ipap, leak, sinceStartS, minuteVolume, tidalMl, mains, batteryMinutes } = state;
  const sealed = !open;
  return {
    disconnect: open,
    pressure_low: peakPressure !== undefined && peakPressure < ipap * LOW_PRESSURE_SHARE,
    leak_high: leak !== undefined && leak > LEAK_L_MIN,
    apnea: sealed && sinceStartS >= APNEA_S,
    minute_volume_low: sealed && minuteVolume !== undefined && minuteVolume < MINUTE_VOLUME_L_MIN,
    obstruction: sealed && tidalMl !== undefined && tidalMl < OBSTRUCTED_ML,
    mains_lost: !mains,
    battery_low: !mains && batteryMinutes <= BATTERY_MIN,
  };
}
