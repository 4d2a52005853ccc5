import type { QualityFlag } from "../domain/observation.ts";
import { absent } from "../domain/sample.ts";
import { NOT_MEASURED, type Outcome, type Trial } from "./alarms-trial.ts";

/** One row of the hazard list, or a rule that peers broke, that the engine itself answers. */
export interface Hazard {
  /** Number in the hazard list; `BR-..` what peers add; `top`: the top hazard itself. */
  readonly row: string;
  readonly what: string;
  /** Long ones are tried less often: share of the plan's variations. */
  readonly share?: number;
  play(trial: Trial): Outcome;
}

const POOR: readonly [QualityFlag, ...QualityFlag[]] = [
  "low_perfusion",
  "artifact",
  "motion",
  "out_of_track",
];
/** s of good order before anything happens. */
const CALM_S = 20;
/** s after the time allowed. */
const MARGIN_S = 6;

/** SpO2 in the band of a limit, with gaps, until well after the delay. */
function sinks(
  trial: Trial,
  {
    limit,
    depth,
    delayS,
    hysteresis = 1,
    flags,
  }: {
    readonly limit: number;
    readonly depth: number;
    readonly delayS: number;
    readonly hysteresis?: number;
    readonly flags?: () => readonly QualityFlag[] | undefined;
  },
  bed = trial.bed(),
): number {
  if (bed.now === 0) trial.run(bed, CALM_S);
  const level = trial.below(limit, depth, hysteresis);
  const isLost = trial.gaps();
  let isFirst = true;
  return trial.run(bed, delayS + 11 + 2 * trial.paceS + MARGIN_S, (second) => {
    const lost = !isFirst && isLost(second);
    isFirst = false;
    const remarks = flags?.();
    return {
      lost,
      spo2: lost ? NOT_MEASURED : level(second),
      ...(remarks === undefined ? {} : { flags: remarks }),
    };
  });
}

/** Oxygen and pulse. */
export const OXYGEN_HAZARDS: readonly Hazard[] = [
  {
    row: "top",
    what: "SpO2 below its limit, hovering at it or deeper, with gaps",
    play(trial) {
      const from = sinks(trial, { limit: 88, depth: trial.int(1, 7), delayS: 30 });
      return { must: [{ conditions: ["SPO2_LOW"], from, delayS: 30 }] };
    },
  },
  {
    row: "top",
    what: "SpO2 below the critical limit",
    play(trial) {
      const from = sinks(trial, { limit: 80, depth: trial.int(1, 10), delayS: 10, hysteresis: 2 });
      return { must: [{ conditions: ["SPO2_CRIT"], from, delayS: 10, priority: "high" }] };
    },
  },
  {
    row: "top",
    what: "SpO2 falls fast",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const from = trial.run(bed, 20, () => ({ spo2: trial.int(65, 78) }));
      return { must: [{ conditions: ["SPO2_RAPID"], from, delayS: trial.paceS, priority: "high" }] };
    },
  },
  {
    row: "top",
    what: "SpO2 low for five minutes, the faster tier off",
    share: 0.2,
    play(trial) {
      const bed = trial.bed({ limits: { SPO2_LOW: { on: false }, SPO2_INTEGRAL: { on: false } } });
      trial.run(bed, trial.int(CALM_S, 400));
      const level = trial.below(88, trial.int(1, 4));
      const from = trial.run(bed, 330, (second) => ({ spo2: Math.min(87, level(second)) }));
      return { must: [{ conditions: ["SPO2_SUSTAINED"], from, delayS: 300, priority: "high" }] };
    },
  },
  {
    row: "33",
    what: "a fall below tonight's usual on a chronically low night (preset chronic_low)",
    share: 0.1,
    play(trial) {
      const bed = trial.bed({ limits: { preset: "chronic_low" } });
      const usual = trial.int(88, 91);
      trial.run(bed, 960, () => ({ spo2: usual }));
      const fallen = trial.int(82, usual - 6);
      const from = trial.run(bed, 75, () => ({ spo2: fallen }));
      return { must: [{ conditions: ["SPO2_RELATIVE"], from, delayS: 60 }] };
    },
  },
  {
    row: "1",
    what: "sensor off the finger, after good values",
    play(trial) {
      const delayS = trial.dependencyClass === "C" ? 15 : 30;
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const gone = absent(trial.pick(["sensor_off", "not_measured", "searching", "not_connected"]));
      const from = trial.run(bed, delayS + MARGIN_S + trial.paceS, () => ({
        ...{ spo2: gone, pulse: gone, perfusion: gone },
      }));
      const priority = trial.dependencyClass === "C" ? "high" : "medium";
      return { must: [{ conditions: ["OXI_SENSOR_OFF"], from, delayS, priority }] };
    },
  },
  {
    row: "1",
    what: "sensor off after a low value: at once, as urgent as that value",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const from = trial.run(bed, trial.int(8, 25), () => ({ spo2: trial.int(81, 87) }));
      const lastAt = trial.spokenAt.at(-1) ?? from;
      const gone = absent(trial.pick(["sensor_off", "not_measured", "searching"]));
      trial.run(bed, 20 + trial.paceS, () => ({ spo2: gone, pulse: gone, perfusion: gone }));
      const priority = trial.dependencyClass === "A" ? "medium" : "high";
      return {
        must: [{ conditions: ["OXI_SENSOR_OFF"], from: lastAt, delayS: 11, priority }],
        never: [{ kind: "ended", condition: "SPO2_LOW" }],
      };
    },
  },
  {
    row: "2",
    what: "SpO2 under the measurable range is sent as no value",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const last = trial.int(60, 70);
      trial.run(bed, trial.int(4, 12) + trial.paceS, (second) => ({
        spo2: Math.max(last, 84 - 3 * Math.round(second)),
      }));
      trial.run(bed, 2 * trial.paceS, () => ({ spo2: last }));
      const gone = absent(trial.pick(["not_measured", "under_range", "searching", "invalid", "poor_signal"]));
      const from = trial.run(bed, 4 + MARGIN_S + 2 * trial.paceS, () => ({ spo2: gone }));
      return {
        must: [{ conditions: ["SPO2_UNDER_RANGE"], from, delayS: 4, priority: "high" }],
        never: [{ kind: "ended", condition: "SPO2_RAPID" }],
      };
    },
  },
  {
    row: "4",
    what: "a short dip averaged by the oximeter over 3, 8 or 16 s",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const averageS = trial.pick([3, 8, 16]);
      const level = trial.int(79, 85);
      let from = 0;
      trial.run(bed, 30 + averageS + 2 * trial.paceS + MARGIN_S, (second) => {
        const share = Math.min(1, (second + trial.paceS) / averageS);
        const spo2 = Math.round(96 + (level - 96) * share);
        if (from === 0 && spo2 < 88) from = bed.now;
        return { spo2 };
      });
      return { must: [{ conditions: ["SPO2_LOW"], from, delayS: 30 }] };
    },
  },
  {
    row: "4",
    what: "three dips within a minute, each too short for any delay",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      let from = 0;
      for (let dip = 0; dip < 3; dip++) {
        const lowS = trial.paceS * Math.max(1, Math.min(trial.int(1, 4), Math.floor(6 / trial.paceS)));
        const level = trial.int(84, 87);
        from = trial.run(bed, lowS, () => ({ spo2: level }));
        trial.run(bed, Math.max(trial.paceS, 4));
      }
      return { must: [{ conditions: ["SPO2_INTEGRAL"], from, delayS: 0 }] };
    },
  },
  {
    row: "4",
    what: "depth times time: 100 %.s below the limit",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const depth = trial.int(5, 9);
      const from = trial.run(bed, 100 / depth + MARGIN_S + 2 * trial.paceS, () => ({ spo2: 88 - depth }));
      return { must: [{ conditions: ["SPO2_INTEGRAL"], from, delayS: 100 / depth }] };
    },
  },
  {
    row: "5",
    what: "low SpO2 that the oximeter doubts: at least a warning within the limit and 15 s",
    play(trial) {
      const flag = trial.pick(POOR);
      const depth = trial.int(1, 8);
      const from = sinks(trial, {
        limit: 88,
        depth,
        delayS: 45,
        flags: () => [flag, ...(trial.chance(0.5) ? [trial.pick(POOR)] : [])],
      });
      return {
        must: [{ conditions: ["SPO2_LOW_UNCERTAIN", "SPO2_LOW"], from, delayS: 45, priority: "medium" }],
      };
    },
  },
  {
    row: "5",
    what: "critical SpO2 that the oximeter doubts: its own 10 s, high",
    play(trial) {
      const from = sinks(trial, {
        limit: 80,
        depth: trial.int(2, 10),
        delayS: 10,
        hysteresis: 2,
        flags: () => POOR,
      });
      return { must: [{ conditions: ["SPO2_CRIT"], from, delayS: 10, priority: "high" }] };
    },
  },
  {
    row: "5",
    what: "doubted now and then: on its own delay with the first good sample",
    play(trial) {
      const every = trial.int(2, 4);
      let count = 0;
      const from = sinks(trial, {
        ...{ limit: 88, depth: trial.int(1, 7), delayS: 30 },
        flags: () => (++count % every === 0 ? undefined : ["motion"]),
      });
      // One of `every` samples is good.
      return { must: [{ conditions: ["SPO2_LOW"], from, delayS: 30 + (every - 1) * trial.paceS + 11 }] };
    },
  },
  {
    row: "top",
    what: "pulse slow",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const level = trial.int(30, 49);
      const from = trial.run(bed, 30 + MARGIN_S + trial.paceS, () => ({ pulse: level + trial.int(-1, 0) }));
      return {
        must: [{ conditions: ["PR_LOW"], from, delayS: 30, priority: level < 40 ? "high" : "medium" }],
      };
    },
  },
  {
    row: "top",
    what: "pulse fast",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const level = trial.int(121, 180);
      const from = trial.run(bed, 60 + MARGIN_S + trial.paceS, () => ({ pulse: level + trial.int(0, 2) }));
      return { must: [{ conditions: ["PR_HIGH"], from, delayS: 60 }] };
    },
  },
  {
    row: "43",
    what: "the pulse alone is lost",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const from = trial.run(bed, 15 + MARGIN_S + trial.paceS, () => ({ pulse: absent("no_pulse") }));
      return { must: [{ conditions: ["PULSE_LOST"], from, delayS: 15, priority: "high" }] };
    },
  },
  {
    row: "43",
    what: "SpO2 alone is lost, the pulse goes on",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const lastAt = trial.spokenAt.at(-1) ?? 0;
      const gone = absent(trial.pick(["not_measured", "searching", "poor_signal", "held"]));
      trial.run(bed, 30 + MARGIN_S + trial.paceS, () => ({ spo2: gone }));
      return { must: [{ conditions: ["DATA_STALE"], from: lastAt, delayS: 30 }] };
    },
  },
];
