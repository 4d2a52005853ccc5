import type { MachineStep } from "./machine.ts";

/** Numbers of one breath as the ventilator measures it. */
export interface MeasuredBreath {
  readonly number: number;
  readonly triggered: boolean;
  readonly periodS: number;
  readonly inspTimeS: number;
  readonly tidalInspMl: number;
  readonly tidalExpMl: number;
  readonly pressurePeak: number;
  readonly pressureMean: number;
  readonly pressureEnd: number;
  /** Means over the breath, L/min. */
  readonly leak: number;
  readonly leakTotal: number;
}

/** Measures breath after breath; keeps the last ten. */
export interface BreathMeter {
  /** `flowLs` into the person. Returns a breath when the next one begins. */
  step(dtS: number, step: MachineStep, flowLs: number): MeasuredBreath | undefined;
  /** Newest last. */
  readonly breaths: readonly MeasuredBreath[];
  /** Since gas last went in, in a breath of 50 mL or more, s. */
  readonly sinceBreathS: number;
  /** Since the machine began its last breath, s. */
  readonly sinceStartS: number;
  forget(): void;
}

const KEPT = 10;
/** Less than this moves no gas past the dead space of anybody. */
const A_BREATH_ML = 50;

export function createBreathMeter(): BreathMeter {
  let breaths: MeasuredBreath[] = [];
  let number = 0;
  let triggered = false;
  let sum = empty();
  let sinceBreathS = 0;

  const finish = (): MeasuredBreath | undefined => {
    if (number === 0 || sum.s === 0) return undefined;
    const { s, inspS, inMl, outMl, peak, pressure, end, leak, leakTotal } = sum;
    const breath: MeasuredBreath = {
      number,
      triggered,
      periodS: s,
      inspTimeS: inspS,
      tidalInspMl: inMl,
      tidalExpMl: outMl,
      pressurePeak: peak,
      pressureMean: pressure / s,
      pressureEnd: end,
      leak: leak / s,
      leakTotal: leakTotal / s,
    };
    breaths = [...breaths.slice(1 - KEPT), breath];
    return breath;
  };

  return {
    step(dtS, step, flowLs) {
      let done: MeasuredBreath | undefined;
      if (step.breath !== number) {
        done = finish();
        number = step.breath;
        triggered = step.triggered;
        sum = empty();
      }
      const breathesIn = step.phase === "inspiration" && sum.inMl >= A_BREATH_ML;
      sinceBreathS = breathesIn ? 0 : sinceBreathS + dtS;
      sum.s += dtS;
      if (step.phase === "inspiration") sum.inspS += dtS;
      if (flowLs > 0) sum.inMl += flowLs * dtS * 1000;
      else sum.outMl -= flowLs * dtS * 1000;
      sum.peak = Math.max(sum.peak, step.pressure);
      sum.pressure += step.pressure * dtS;
      sum.end = step.pressure;
      sum.leak += step.leak * dtS;
      sum.leakTotal += step.leakTotal * dtS;
      return done;
    },
    get breaths() {
      return breaths;
    },
    get sinceBreathS() {
      return sinceBreathS;
    },
    get sinceStartS() {
      return sum.s;
    },
    forget() {
      breaths = [];
      number = 0;
      sum = empty();
      sinceBreathS = 0;
    },
  };
}

const empty = () => ({
  s: 0,
  inspS: 0,
  inMl: 0,
  outMl: 0,
  peak: 0,
  pressure: 0,
  end: 0,
  leak: 0,
  leakTotal: 0,
});
