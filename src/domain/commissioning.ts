import type { Wall } from "./time.ts";

/** Steps of putting a bed into use, in the order in which they are done. */
export const COMMISSIONING_STEPS = [
  "wiring_contact",
  "wiring_call",
  "wiring_oximeter",
  "contact_rest",
  "contact_alarm",
  "contact_unplugged",
  "call_pressed",
  "sounder_heard",
  "battery_begun",
  "battery_minutes",
  "reception",
] as const;

export type CommissioningStep = (typeof COMMISSIONING_STEPS)[number];

/** `not_there`: the bed has no such part. */
export const STEP_RESULTS = ["passed", "failed", "not_there"] as const;

export type StepResult = (typeof STEP_RESULTS)[number];

/** Whether the box itself saw it, or a person says so. */
export const STEP_WITNESSES = ["seen", "person"] as const;

export type StepWitness = (typeof STEP_WITNESSES)[number];

/** One step as it was done; doing it again in the same protocol takes its place. */
export interface CommissionedStep {
  readonly step: CommissioningStep;
  readonly result: StepResult;
  readonly how: StepWitness;
  readonly at: Wall;
  /** Name of who did it. */
  readonly by: string;
  /** battery_minutes: min. reception: % of seconds received. */
  readonly value?: number;
  readonly note?: string;
  /** What the box itself saw at that moment, as `signal value`. */
  readonly saw?: string;
}
