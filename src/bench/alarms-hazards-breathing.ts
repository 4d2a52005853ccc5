import type { ConditionId, Priority } from "../domain/alarm.ts";
import { absent, type Samples } from "../domain/sample.ts";
import { CAPNOGRAPH, CONTACT, OXIMETER, VENTILATOR } from "./alarms-bed.ts";
import type { Hazard } from "./alarms-hazards-oxygen.ts";
import { NOT_MEASURED, type Trial } from "./alarms-trial.ts";

const CALM_S = 20;
const MARGIN_S = 6;
const USUAL = {
  minute_volume: { median: 7, nights: 7 },
  tidal_volume_exp: { median: 480, nights: 7 },
} as const;

/** One number of the ventilator leaves its range for as long as the condition asks for. */
function number(
  row: string,
  what: string,
  {
    condition,
    delayS,
    priority,
    change,
  }: {
    readonly condition: ConditionId;
    readonly delayS: number;
    readonly priority?: Priority;
    readonly change: (trial: Trial) => () => Samples;
  },
): Hazard {
  return {
    ...{ row, what },
    play(trial) {
      const bed = trial.bed({ baselines: USUAL });
      trial.run(bed, CALM_S);
      const changed = change(trial);
      const isLost = trial.gaps();
      let isFirst = true;
      const from = trial.run(bed, delayS + 11 + MARGIN_S + 2 * trial.paceS, (second) => {
        const ventilator = changed();
        const lost = !isFirst && isLost(second);
        isFirst = false;
        if (!lost) return { ventilator };
        const gone = Object.keys(ventilator).map((id) => [id, NOT_MEASURED] as const);
        return { lost, ventilator: Object.fromEntries(gone) };
      });
      return {
        must: [{ conditions: [condition], from, delayS, ...(priority === undefined ? {} : { priority }) }],
      };
    },
  };
}

/** What each sign of an open circuit does to the numbers. */
const SIGNS = {
  leak: (trial: Trial) => ({ leak: trial.int(47, 90) }),
  pressure: (trial: Trial) => ({ pressure_peak: trial.int(0, 5) }),
  volume: (trial: Trial) => ({ tidal_volume_exp: trial.int(0, 140) }),
} as const;

/** Ventilator, its power, and gases. */
export const BREATHING_HAZARDS: readonly Hazard[] = [
  {
    row: "13",
    what: "mask or tube off: any two signs, the exhalation port mimics breathing",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const two = trial.pick<readonly (keyof typeof SIGNS)[]>([
        ["leak", "pressure"],
        ["leak", "volume"],
        ["pressure", "volume"],
        ["leak", "pressure", "volume"],
      ] as const);
      const signs: Samples = Object.fromEntries(two.flatMap((name) => Object.entries(SIGNS[name](trial))));
      const from = trial.run(bed, 15 + MARGIN_S + trial.paceS, () => ({ ventilator: signs }));
      const priority = trial.dependencyClass === "A" ? "medium" : "high";
      return { must: [{ conditions: ["VENT_DISCONNECT"], from, delayS: 15, priority }] };
    },
  },
  {
    row: "13",
    what: "the ventilator says itself that it is disconnected",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const from = bed.now;
      bed.hear("ventilator", {
        kind: "ownAlarm",
        alarms: [{ code: "disconnect", text: "Circuit disconnected", priority: "high", active: true }],
      });
      trial.run(bed, 10);
      return { must: [{ conditions: ["VENT_OWN"], from, delayS: 0, priority: "high" }] };
    },
  },
  {
    row: "40",
    what: "the ventilator's own alarm, whichever, passed on",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const priority = trial.pick<Priority>(["low", "medium", "high"]);
      const from = bed.now;
      bed.hear("ventilator", {
        kind: "ownAlarm",
        alarms: [
          { code: `own_${trial.int(1, 99)}`, text: "Something of the machine", priority, active: true },
        ],
      });
      trial.run(bed, trial.int(5, 60), () => ({ silent: trial.chance(0.5) ? ["ventilator"] : [] }));
      return {
        must: [
          { conditions: ["VENT_OWN"], from, delayS: 0, priority: priority === "high" ? "high" : "medium" },
        ],
        never: [{ kind: "ended", condition: "VENT_OWN" }],
      };
    },
  },
  {
    row: "40",
    what: "the ventilator's alarm contact closes",
    play(trial) {
      const bed = trial.bed({ sources: [OXIMETER, VENTILATOR, CONTACT] });
      const contact = (value: number) =>
        bed.hear("contact", { kind: "samples", samples: { remote_alarm: value } });
      trial.run(bed, CALM_S, () => {
        contact(0);
        return {};
      });
      const from = trial.run(bed, 8, () => {
        contact(1);
        return {};
      });
      return { must: [{ conditions: ["VENT_REMOTE_ALARM"], from, delayS: 0, priority: "high" }] };
    },
  },
  {
    row: "top",
    what: "no breath: the machine counts the seconds",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      let from = 0;
      trial.run(bed, 20 + MARGIN_S + 2 * trial.paceS, () => {
        from ||= bed.now;
        return {
          ventilator: { apnea_duration: Math.floor((bed.now - from) / 1000), resp_rate: NOT_MEASURED },
        };
      });
      return { must: [{ conditions: ["VENT_APNEA"], from, delayS: 21, priority: "high" }] };
    },
  },
  {
    row: "top",
    what: "no breath: a rate of nothing alone tells",
    play(trial) {
      const signals = VENTILATOR.signals.filter((id) => id !== "apnea_duration");
      const bed = trial.bed({ sources: [OXIMETER, { ...VENTILATOR, signals }] });
      const mute = { apnea_duration: absent("unsupported") };
      trial.run(bed, CALM_S, () => ({ ventilator: mute }));
      const from = trial.run(bed, 20 + MARGIN_S + 2 * trial.paceS, () => ({
        ventilator: { ...mute, resp_rate: 0 },
      }));
      return { must: [{ conditions: ["VENT_APNEA"], from, delayS: 20, priority: "high" }] };
    },
  },
  number("top", "airway or tube blocked: pressure reached, no volume", {
    ...{ condition: "VENT_OBSTRUCTION", delayS: 15, priority: "high" },
    change: (trial) => {
      const volume = trial.int(0, 45);
      return () => ({ tidal_volume_exp: volume, pressure_peak: 20 + trial.int(0, 5) });
    },
  }),
  number("top", "pressure too low", {
    ...{ condition: "VENT_PRESSURE_LOW", delayS: 10, priority: "high" },
    change: (trial) => () => ({ pressure_peak: 6 + trial.int(0, 19) / 10 }),
  }),
  number("top", "pressure too high", {
    ...{ condition: "VENT_PRESSURE_HIGH", delayS: 10, priority: "high" },
    change: (trial) => () => ({ pressure_peak: 41 + trial.int(0, 20) }),
  }),
  number("12", "so large a leak that volumes are guesses", {
    ...{ condition: "VENT_LEAK_HIGH", delayS: 60 },
    change: (trial) => () => ({ leak: 41 + trial.int(0, 40) }),
  }),
  {
    row: "12",
    what: "leak with falling oxygen, volumes look well",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const from = trial.run(bed, 60 + MARGIN_S + trial.paceS, () => ({
        spo2: trial.int(88, 89),
        ventilator: { leak: trial.int(25, 39) },
      }));
      return { must: [{ conditions: ["LEAK_DESAT"], from, delayS: 60, priority: "high" }] };
    },
  },
  {
    row: "top",
    what: "too little air: the minute volume far below the person's usual",
    play(trial) {
      const bed = trial.bed({ baselines: USUAL });
      trial.run(bed, 65);
      const now = trial.int(5, 25) / 10;
      // The mean of 60 s takes its time to fall below 60 % of 7 L/min.
      const meanS = (60 * (7.1 - 4.2)) / (7.1 - now);
      const from = trial.run(bed, 60 + meanS + MARGIN_S + 2 * trial.paceS, () => ({
        ventilator: { minute_volume: now },
      }));
      const priority = trial.dependencyClass === "A" ? "medium" : "high";
      return { must: [{ conditions: ["VENT_MV_LOW"], from, delayS: 60 + meanS + trial.paceS, priority }] };
    },
  },
  number("top", "breaths too small against the person's usual", {
    ...{ condition: "VENT_VTE_LOW", delayS: 30 },
    change: (trial) => {
      const volume = trial.int(160, 320);
      return () => ({ tidal_volume_exp: volume + trial.int(-5, 5) });
    },
  }),
  number("top", "breathing slow", {
    ...{ condition: "VENT_RR_LOW", delayS: 60, priority: "high" },
    change: (trial) => () => ({ resp_rate: trial.int(2, 7) }),
  }),
  number("top", "breathing fast", {
    ...{ condition: "VENT_RR_HIGH", delayS: 180 },
    change: (trial) => () => ({ resp_rate: trial.int(31, 45) }),
  }),
  {
    row: "11",
    what: "ventilator in standby or off while it is needed",
    play(trial) {
      const delayS = { A: 300, B: 120, C: 30 }[trial.dependencyClass];
      const bed = trial.bed({ limits: { VENT_OFF_EXPECTED: { on: true } } });
      // Off since before the watch is time to go to bed.
      trial.run(bed, 150);
      const off = {
        ...{ therapy: 0, leak: NOT_MEASURED, pressure_peak: NOT_MEASURED, tidal_volume_exp: NOT_MEASURED },
        ...{ minute_volume: NOT_MEASURED, resp_rate: NOT_MEASURED, apnea_duration: NOT_MEASURED },
      };
      const from = trial.run(bed, delayS + MARGIN_S + trial.paceS, () => ({ ventilator: off }));
      return { must: [{ conditions: ["VENT_OFF_EXPECTED"], from, delayS }] };
    },
  },
  number("top", "mains of the ventilator lost", {
    ...{ condition: "VENT_MAINS_LOST", delayS: 10 },
    change: () => () => ({ mains: 0 }),
  }),
  number("top", "ventilator's battery low", {
    ...{ condition: "VENT_BATT_LOW", delayS: 0 },
    change: (trial) => () => ({ mains: 0, battery_minutes: trial.int(20, 60) }),
  }),
  number("top", "ventilator's battery nearly empty", {
    ...{ condition: "VENT_BATT_CRIT", delayS: 0, priority: "high" },
    change: (trial) => () => ({ mains: 0, battery_minutes: trial.int(1, 15) }),
  }),
  {
    row: "top",
    what: "carbon dioxide through the skin high for ten minutes",
    share: 0.1,
    play(trial) {
      const bed = trial.bed({ sources: [OXIMETER, CAPNOGRAPH] });
      const tell = (tcco2: number) => bed.hear("capnograph", { kind: "samples", samples: { tcco2 } });
      const calm = () => ({ silent: ["ventilator"] as const });
      trial.run(bed, CALM_S, () => {
        tell(48);
        return calm();
      });
      const level = trial.int(56, 70);
      const from = trial.run(bed, 600 + MARGIN_S + trial.paceS, () => {
        tell(level);
        return calm();
      });
      return { must: [{ conditions: ["TCCO2_HIGH"], from, delayS: 600 }] };
    },
  },
];
