import type { Breathing } from "./drive.ts";
import type { Sensor } from "./finger.ts";
import type { Outlet } from "./machine.ts";

/** How things stand at the bed, beside what follows from them. */
export interface BedState {
  readonly circuit: Outlet["circuit"];
  /** The ventilator runs. */
  readonly running: boolean;
  readonly mains: boolean;
  readonly batteryMinutes: number;
  readonly sensor: Sensor;
  /** The person presses the call switch. */
  readonly calling: boolean;
  readonly breathing: Breathing;
  /** 1 is this person's usual effort. */
  readonly effort: number;
  /** 1 is clear. */
  readonly resistance: number;
  readonly obstructed: boolean;
  /** See Outlet. */
  readonly leakK: number;
  /** Added to leakK every second. */
  readonly leakGrowth: number;
}

export const UNDISTURBED: BedState = {
  circuit: "sealed",
  running: true,
  mains: true,
  batteryMinutes: 240,
  sensor: "good",
  calling: false,
  breathing: "steady",
  effort: 1,
  resistance: 1,
  obstructed: false,
  leakK: 1.2,
  leakGrowth: 0,
};

/** An obstruction lets almost nothing through. */
const OBSTRUCTED = 40;
/** k of 18 is about 60 L/min at 11 cmH2O. */
const LARGE_LEAK_K = 18;
/** From a good seal to a large leak in ten minutes. */
const LEAK_GROWTH = LARGE_LEAK_K / 600;
const LOW_BATTERY_MIN = 15;

/** What each event changes. */
const EVENTS = {
  mask_off: { circuit: "mask_off" },
  mask_on: { circuit: "sealed" },
  circuit_off: { circuit: "circuit_off" },
  circuit_on: { circuit: "sealed" },
  leak_large: { leakK: LARGE_LEAK_K, leakGrowth: 0 },
  leak_growing: { leakGrowth: LEAK_GROWTH },
  leak_mended: { leakK: UNDISTURBED.leakK, leakGrowth: 0 },
  secretions: { resistance: 3 },
  obstruction: { resistance: OBSTRUCTED, obstructed: true },
  clear: { resistance: 1, obstructed: false },
  rem: { breathing: "rem" },
  rem_end: { breathing: "steady" },
  apnea: { breathing: "none" },
  apnea_end: { breathing: "steady" },
  mains_lost: { mains: false },
  mains_back: { mains: true, batteryMinutes: UNDISTURBED.batteryMinutes },
  battery_low: { batteryMinutes: LOW_BATTERY_MIN },
  ventilator_off: { running: false },
  ventilator_on: { running: true },
  probe_off: { sensor: "off" },
  probe_on: { sensor: "good" },
  motion: { sensor: "motion" },
  motion_end: { sensor: "good" },
  cold_finger: { sensor: "cold" },
  warm_finger: { sensor: "good" },
  calibrating: { sensor: "calibrating" },
  calibrated: { sensor: "good" },
  switch_pressed: { calling: true },
  switch_released: { calling: false },
} as const satisfies { readonly [event: string]: Partial<BedState> };

/** What can happen to the virtual patient. */
export type PatientEvent = keyof typeof EVENTS;

export const isPatientEvent = (text: string): text is PatientEvent => Object.hasOwn(EVENTS, text);

export const PATIENT_EVENTS: readonly PatientEvent[] = Object.keys(EVENTS).filter(isPatientEvent);

export const afterEvent = (now: BedState, event: PatientEvent): BedState => ({ ...now, ...EVENTS[event] });

interface KnobInfo {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** UCUM; 1 for a factor. */
  readonly unit: string;
  get(now: BedState): number;
  set(now: BedState, value: number): BedState;
}

/** Sliders of the virtual patient. */
export const KNOBS = {
  /** L/min for each root of a cmH2O. */
  leak: {
    min: 0,
    max: 40,
    step: 0.5,
    unit: "1",
    get: ({ leakK }) => leakK,
    set: (now, leakK) => ({ ...now, leakK, leakGrowth: 0 }),
  },
  resistance: {
    min: 1,
    max: OBSTRUCTED,
    step: 0.5,
    unit: "1",
    get: ({ resistance }) => resistance,
    set: (now, resistance) => ({ ...now, resistance, obstructed: resistance >= OBSTRUCTED }),
  },
  effort: {
    min: 0,
    max: 2,
    step: 0.1,
    unit: "1",
    get: ({ effort }) => effort,
    set: (now, effort) => ({ ...now, effort }),
  },
} as const satisfies { readonly [knob: string]: KnobInfo };

export type Knob = keyof typeof KNOBS;

export const isKnob = (text: string): text is Knob => Object.hasOwn(KNOBS, text);
