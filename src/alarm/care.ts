import type { CareAct, ConditionId } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { SignalId } from "../domain/signal.ts";

/** What a care act does to the alarms while it lasts. */
interface CareFacts {
  /** How long it may take. */
  readonly minutes: number;
  /** Disturbed by the act itself; everything else goes on sounding. */
  readonly explains: readonly ConditionId[];
  /** The ventilator's own alarms that the act sets off, by code. */
  readonly ownCodes: readonly string[];
  /** Shows that the act is over: those of them that the bed has, valid, and nothing explained violating. */
  readonly goodAgain: readonly SignalId[];
}

/** Longest silence for care; somebody who cannot breathe alone has less time. */
const LONGEST_MIN: { readonly [cls in DependencyClass]: number } = { A: 10, B: 10, C: 3 };

/** The mask is lifted or the tube opened: no volumes, much leak, oxygen a little lower. */
const OPENING = [
  "VENT_DISCONNECT",
  "VENT_REMOTE_ALARM",
  "VENT_LEAK_WARN",
  "VENT_LEAK_HIGH",
  "VENT_PRESSURE_LOW",
  "VENT_MV_LOW",
  "VENT_VTE_LOW",
  "VENT_RR_LOW",
  "VENT_RR_HIGH",
  "VENT_OFF_EXPECTED",
  "SPO2_WARN",
  "SPO2_LOW_UNCERTAIN",
  "SPO2_RELATIVE",
] as const satisfies readonly ConditionId[];

const OPENING_CODES = [
  "disconnect",
  "ventilator_disconnect",
  "system_disconnected",
  "occlusion_or_disconnect",
  "leak_high",
  "leakage",
  "pressure_low",
  "pressure_peak_low",
  "pressure_not_attained",
  "peep_low",
  "peep_lost",
  "minute_volume_low",
  "tidal_volume_low",
  "tidal_volume_not_attained",
] as const;

/** The body moves and the hand with it: the finger sensor slips, the mask shifts. */
const MOVING = [
  "OXI_SENSOR_OFF",
  "OXI_POOR_SIGNAL",
  "OXI_VENT_PR_MISMATCH",
  "SPO2_WARN",
  "SPO2_LOW_UNCERTAIN",
  "PR_HIGH",
  "VENT_RR_HIGH",
  "VENT_LEAK_WARN",
  "VENT_LEAK_HIGH",
] as const satisfies readonly ConditionId[];

const BREATHING_AGAIN = [
  "therapy",
  "pressure_peak",
  "leak",
  "tidal_volume_exp",
  "minute_volume",
  "spo2",
] as const satisfies readonly SignalId[];

/**
 * Data (clinical facts 10.1; hazard 24). No act explains what stands for danger itself, whoever is at the bed:
 * a critical, fast, long or unmeasurable fall of oxygen, a lost pulse, apnoea, an obstruction, leak with falling
 * oxygen, the battery, the patient's call.
 */
const CARE: { readonly [act in CareAct]: CareFacts } = {
  suction: {
    minutes: 5,
    // The catheter irritates and takes air: pulse and pressure rise, oxygen dips.
    explains: [...OPENING, "SPO2_LOW", "SPO2_INTEGRAL", "PR_HIGH", "VENT_PRESSURE_HIGH"],
    ownCodes: [...OPENING_CODES, "pressure_high", "pressure_peak_high", "rate_high"],
    goodAgain: BREATHING_AGAIN,
  },
  cough_assist: {
    minutes: 10,
    explains: [...OPENING, "SPO2_LOW", "SPO2_INTEGRAL", "PR_HIGH", "VENT_PRESSURE_HIGH"],
    ownCodes: [...OPENING_CODES, "pressure_high", "pressure_peak_high", "rate_high"],
    goodAgain: BREATHING_AGAIN,
  },
  mask: {
    minutes: 5,
    explains: OPENING,
    ownCodes: OPENING_CODES,
    goodAgain: BREATHING_AGAIN,
  },
  turn: {
    minutes: 10,
    // A tube that comes off while somebody is turned is what the alarm is for.
    explains: MOVING,
    ownCodes: ["leak_high", "leakage", "rate_high"],
    goodAgain: ["spo2", "pulse_rate", "leak"],
  },
  wash: {
    minutes: 10,
    explains: MOVING,
    ownCodes: ["leak_high", "leakage", "rate_high"],
    goodAgain: ["spo2", "pulse_rate", "leak"],
  },
};

/**
 * Whether the act itself brings the condition about. VENT_OWN counts by the code of the ventilator's alarm alone; what
 * is never quiet in a class (neverQuiet, VENT_DISCONNECT in class C) the caller keeps out.
 */
export const explains = (act: CareAct, condition: ConditionId, ownCode?: string): boolean =>
  condition === "VENT_OWN"
    ? ownCode !== undefined && CARE[act].ownCodes.includes(ownCode)
    : CARE[act].explains.includes(condition);

/** How long the act may keep anything quiet, minutes: at most 10, in class C 3. */
export const minutesOf = (act: CareAct, cls: DependencyClass): number =>
  Math.min(CARE[act].minutes, LONGEST_MIN[cls]);

/**
 * Signals that show that the act is over once those of them that the bed's sources deliver are valid again, in the
 * range of every condition that the act explains, for 60 s after a disturbance.
 */
export const goodAgain = (act: CareAct): readonly SignalId[] => CARE[act].goodAgain;
