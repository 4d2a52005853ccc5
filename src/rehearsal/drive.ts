import type { Random } from "../port/random.ts";
import { normal } from "./random.ts";

/** How the person's own breathing is at this moment. */
export type Breathing = "steady" | "rem" | "none";

/** The person's own breathing effort. */
export interface Drive {
  /** Advances by `dtS`; cmH2O that the muscles pull, 0 between efforts. */
  step(dtS: number, breathing: Breathing, arterialCo2: number): number;
  /** Beginnings of efforts so far. */
  readonly efforts: number;
}

/** Own breaths of a person on NIV, /min. */
const RATE_MIN = 16;
/** Weak muscles: a few cmH2O are enough to trigger, not to breathe alone. */
const EFFORT_CMH2O = 2.5;
const EFFORT_S = 0.8;
/** REM leaves little but the diaphragm, and that irregularly. */
const REM_EFFORT = 0.4;
/** Effort grows by this share for every mmHg above 45; in healthy people several times as much (Read 1967). */
const CO2_GAIN_PER_MMHG = 0.02;
const CO2_SETPOINT_MMHG = 45;
const LARGEST_GAIN = 1.8;

export function createDrive(random: Random): Drive {
  let wander = 0;
  let sinceStartS = 0;
  let periodS = 60 / RATE_MIN;
  let efforts = 0;
  return {
    step(dtS, breathing, arterialCo2) {
      sinceStartS += dtS;
      if (sinceStartS >= periodS) {
        sinceStartS -= periodS;
        wander = 0.9 * wander + 0.2 * normal(random);
        const spread = breathing === "rem" ? 0.15 : 0.06;
        periodS = Math.max(1.5, (60 / RATE_MIN) * (1 + spread * wander));
        if (breathing !== "none") efforts += 1;
      }
      if (breathing === "none" || sinceStartS > EFFORT_S) return 0;
      const lack = Math.max(0, arterialCo2 - CO2_SETPOINT_MMHG);
      const gain = Math.min(LARGEST_GAIN, 1 + CO2_GAIN_PER_MMHG * lack);
      const height = EFFORT_CMH2O * gain * (breathing === "rem" ? REM_EFFORT : 1);
      return height * Math.sin((Math.PI * sinceStartS) / EFFORT_S);
    },
    get efforts() {
      return efforts;
    },
  };
}
