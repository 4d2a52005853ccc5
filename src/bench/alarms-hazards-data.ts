import type { Condition } from "../alarm/condition.ts";
import { CONDITIONS } from "../alarm/conditions/index.ts";
import type { AlarmCommand, CareAct } from "../domain/alarm.ts";
import type { Observation } from "../domain/observation.ts";
import { mono, wall } from "../domain/time.ts";
import { type BenchBed, CALL_SWITCH, OXIMETER, VENTILATOR } from "./alarms-bed.ts";
import type { Hazard } from "./alarms-hazards-oxygen.ts";
import { NOT_MEASURED, type Trial, type Words } from "./alarms-trial.ts";

const CALM_S = 20;
const MARGIN_S = 6;
const HOUR_MS = 3_600_000;
const ANNA = { id: "anna", name: "Anna" } as const;

const silentOximeter: Words = { silent: ["oximeter"] };
const silentVentilator: Words = { silent: ["ventilator"] };
const low = (trial: Trial): Words => ({ spo2: trial.int(81, 87) });

/** SPO2_LOW on time, whatever else `each` does at every moment. */
const lowDespite = (
  row: string,
  what: string,
  disturb: (trial: Trial, bed: BenchBed) => void,
  plan = {},
): Hazard => ({
  ...{ row, what },
  play(trial) {
    const bed = trial.bed(plan);
    trial.run(bed, CALM_S);
    const from = trial.run(bed, 30 + MARGIN_S + 2 * trial.paceS, () => {
      disturb(trial, bed);
      return low(trial);
    });
    return {
      must: [{ conditions: ["SPO2_LOW"], from, delayS: 30 }],
      never: [{ kind: "ended", condition: "SPO2_LOW" }],
    };
  },
});

const broken = (): readonly Condition[] =>
  CONDITIONS.map((one) =>
    one.id === "PR_HIGH"
      ? {
          ...one,
          judge: () => {
            throw new RangeError("made to fail by the bench");
          },
        }
      : one,
  );

/** Data, clocks, commands and the box. */
export const DATA_HAZARDS: readonly Hazard[] = [
  {
    row: "7",
    what: "the oximeter's link drops",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, trial.int(CALM_S, 40));
      const from = trial.spokenAt.at(-1) ?? 0;
      trial.run(bed, 30 + MARGIN_S + trial.paceS, () => silentOximeter);
      return { must: [{ conditions: ["DATA_STALE"], from, delayS: 30 }] };
    },
  },
  {
    row: "7",
    what: "the ventilator's link drops",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, trial.int(CALM_S, 40));
      const from = trial.spokenAt.at(-1) ?? 0;
      trial.run(bed, 30 + MARGIN_S + trial.paceS, () => silentVentilator);
      return { must: [{ conditions: ["DATA_STALE"], from, delayS: 30 }] };
    },
  },
  {
    row: "7",
    what: "a link stays away: class C, high after a minute",
    play(trial) {
      const bed = trial.bed({ dependencyClass: "C" });
      trial.run(bed, trial.int(CALM_S, 40));
      const from = trial.spokenAt.at(-1) ?? 0;
      const words = trial.pick([silentOximeter, silentVentilator]);
      trial.run(bed, 60 + MARGIN_S + trial.paceS, () => words);
      return {
        must: [{ conditions: ["DATA_STALE"], from, delayS: 60, kind: "escalated", priority: "high" }],
      };
    },
  },
  {
    row: "BR-04",
    what: "data lost during an alarm: as urgent as it at once, and nothing ends by silence",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      trial.run(bed, trial.int(32, 50), () => low(trial));
      const from = trial.spokenAt.at(-1) ?? 0;
      trial.run(bed, trial.int(20, 400), () => silentOximeter);
      const priority = trial.dependencyClass === "A" ? "medium" : "high";
      return {
        must: [{ conditions: ["DATA_STALE"], from, delayS: 11, priority }],
        never: [{ kind: "ended", condition: "SPO2_LOW" }],
      };
    },
  },
  {
    row: "BR-03",
    what: "data lost before the alarm's delay is over",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      trial.run(bed, trial.int(5, 25), () => low(trial));
      const from = trial.spokenAt.at(-1) ?? 0;
      trial.run(bed, 20 + trial.paceS, () => silentOximeter);
      return { must: [{ conditions: ["DATA_STALE"], from, delayS: 11 }] };
    },
  },
  {
    row: "BR-02",
    what: "nothing ever arrives",
    play(trial) {
      const bed = trial.bed();
      const words = trial.pick<Words>([
        silentOximeter,
        silentVentilator,
        { silent: ["oximeter", "ventilator"] },
        { spo2: NOT_MEASURED, pulse: NOT_MEASURED, perfusion: NOT_MEASURED, silent: ["ventilator"] },
      ]);
      trial.run(bed, 60 + MARGIN_S, () => words);
      return { must: [{ conditions: ["DATA_NEVER", "OXI_SENSOR_OFF"], from: 0, delayS: 60 }] };
    },
  },
  {
    row: "3",
    what: "the oximeter freezes and goes on sending",
    share: 0.5,
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const [spo2, pulse, perfusion] = [trial.int(89, 99), trial.int(55, 110), trial.int(10, 50) / 10];
      const from = trial.run(bed, 120 + MARGIN_S + 2 * trial.paceS, () => ({ spo2, pulse, perfusion }));
      return { must: [{ conditions: ["DATA_FROZEN"], from, delayS: 120 }] };
    },
  },
  {
    row: "3",
    what: "the ventilator's numbers freeze",
    share: 0.5,
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const ventilator = {
        ...{
          leak: trial.int(0, 20),
          pressure_peak: trial.int(14, 25),
          tidal_volume_exp: trial.int(350, 600),
        },
        ...{ minute_volume: 7.3, resp_rate: trial.int(12, 20), apnea_duration: 0 },
      };
      const from = trial.run(bed, 120 + MARGIN_S + 2 * trial.paceS, () => ({ ventilator }));
      return { must: [{ conditions: ["DATA_FROZEN"], from, delayS: 120 }] };
    },
  },
  {
    row: "10",
    what: "another serial number answers at this bed",
    play(trial) {
      const bed = trial.bed({ sources: [{ ...OXIMETER, serial: "SN-1" }, VENTILATOR] });
      bed.hear("oximeter", { kind: "identity", serial: "sn-1" });
      trial.run(bed, trial.int(5, 40));
      const from = bed.now;
      bed.hear("oximeter", { kind: "identity", serial: `SN-${trial.int(2, 9)}` });
      trial.run(bed, 5);
      return { must: [{ conditions: ["DEVICE_SWAPPED"], from, delayS: 0 }] };
    },
  },
  lowDespite("16", "the wall clock jumps by up to a day in both directions", (trial, bed) => {
    if (trial.chance(0.2)) bed.jump(trial.pick([-24, -1, 1, 24]) * HOUR_MS + trial.int(-5000, 5000));
  }),
  lowDespite("16", "devices stamp their numbers 1970 or tomorrow", (trial, bed) => {
    const deviceAt = wall(trial.pick([0, 4e12, -1e12]));
    bed.hear("oximeter", { kind: "status", codes: [] }, { deviceAt });
  }),
  lowDespite(
    "18",
    "a fifth of the messages repeated, others out of order with better numbers",
    (trial, bed) => {
      if (!trial.chance(0.2)) return;
      const old: Partial<Observation> = { seq: trial.int(0, 5), mono: mono(trial.int(0, 10_000)) };
      bed.hear("oximeter", { kind: "samples", samples: { spo2: 97, pulse_rate: 60 } }, old);
    },
  ),
  lowDespite("19", "a backlog of better old numbers pours in", (trial, bed) => {
    for (let i = trial.int(0, 3); i > 0; i--) {
      bed.hear(
        "oximeter",
        { kind: "samples", samples: { spo2: 97, pulse_rate: 60 } },
        { timeliness: "late" },
      );
    }
  }),
  {
    row: "19",
    what: "a backlog of low old numbers rings nobody",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      trial.run(bed, 60, () => {
        const samples = { spo2: trial.int(60, 85), pulse_rate: 30 };
        bed.hear("oximeter", { kind: "samples", samples }, { timeliness: "late" });
        return {};
      });
      const never = ["SPO2_LOW", "SPO2_CRIT", "SPO2_RAPID", "SPO2_INTEGRAL", "PR_LOW"] as const;
      trial.run(bed, 30 + MARGIN_S + trial.paceS);
      return { must: [], never: never.map((condition) => ({ kind: "occurred" as const, condition })) };
    },
  },
  lowDespite("21", "numbers that are none: NaN, infinite, far out of range", (trial, bed) => {
    const odd = trial.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1]);
    bed.hear("ventilator", {
      kind: "samples",
      samples: { leak: odd, resp_rate: odd, tidal_volume_exp: odd, pressure_peak: odd, minute_volume: odd },
    });
  }),
  {
    row: "21",
    what: "a condition that throws: told at once, the rest goes on",
    play(trial) {
      const bed = trial.bed({ conditions: broken() });
      const from = trial.run(bed, CALM_S);
      const lowFrom = trial.run(bed, 30 + MARGIN_S + trial.paceS, () => low(trial));
      return {
        must: [
          { conditions: ["RULE_ERROR"], from: Math.min(from, 0), delayS: 2, priority: "high" },
          { conditions: ["SPO2_LOW"], from: lowFrom, delayS: 30 },
        ],
      };
    },
  },
  {
    row: "24",
    what: "a care act that nobody ends: it ends by itself, and what is open rings",
    share: 0.1,
    play(trial) {
      const bed = trial.bed({ dependencyClass: trial.pick(["B", "C"]) });
      trial.run(bed, CALM_S);
      const from = bed.now;
      const act = trial.pick<CareAct>(["mask", "suction"]);
      bed.command({ kind: "care", id: "care", act, by: ANNA });
      trial.run(bed, 610, () => ({ ventilator: { leak: trial.int(45, 60) } }));
      return { must: [{ conditions: ["VENT_LEAK_HIGH"], from, delayS: 600, kind: "resumed" }] };
    },
  },
  {
    row: "24",
    what: "a critical fall during a care act rings all the same",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      bed.command({
        kind: "care",
        id: "care",
        act: trial.pick<CareAct>(["mask", "suction", "turn", "wash"]),
        by: ANNA,
      });
      const from = trial.run(bed, 10 + MARGIN_S + trial.paceS, () => ({ spo2: trial.int(70, 79) }));
      return { must: [{ conditions: ["SPO2_CRIT"], from, delayS: 10, priority: "high" }] };
    },
  },
  {
    row: "26",
    what: "acknowledged, and the caregiver falls asleep",
    share: 0.25,
    play(trial) {
      const bed = trial.bed({ dependencyClass: trial.pick(["B", "C"]) });
      trial.run(bed, CALM_S);
      trial.run(bed, 32 + trial.paceS, () => low(trial));
      const occurrence = bed.events.at(-1)?.occurrence.id ?? "";
      const from = bed.now;
      bed.command({ kind: "acknowledge", id: "ack", occurrence, by: ANNA, place: "going" });
      trial.run(bed, 180 + MARGIN_S, () => ({ spo2: trial.int(85, 87) }));
      return {
        must: [
          { conditions: ["SPO2_LOW", "SPO2_INTEGRAL", "SPO2_SUSTAINED"], from, delayS: 180, kind: "lapsed" },
        ],
      };
    },
  },
  {
    row: "33",
    what: "a critical fall within a storm of dips",
    share: 0.1,
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      for (let dip = 0; dip < 9; dip++) {
        trial.run(bed, 33 + trial.paceS, () => low(trial));
        trial.run(bed, 20 + 4 * trial.paceS);
      }
      const from = trial.run(bed, 10 + MARGIN_S + trial.paceS, () => ({ spo2: trial.int(70, 79) }));
      return { must: [{ conditions: ["SPO2_CRIT"], from, delayS: 10, priority: "high" }] };
    },
  },
  {
    row: "41",
    what: "the patient calls",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, trial.int(2, CALM_S));
      const from = bed.now;
      bed.command(callNow(trial));
      trial.run(bed, 5);
      return { must: [{ conditions: ["PATIENT_CALL"], from, delayS: 0, priority: "high" }] };
    },
  },
  {
    row: "41",
    what: "the call switch falls silent",
    play(trial) {
      const bed = trial.bed({ sources: [OXIMETER, VENTILATOR, CALL_SWITCH] });
      trial.run(bed, trial.int(2, CALM_S));
      bed.hear("switch", { kind: "status", codes: [] });
      const from = bed.now;
      trial.run(bed, 60 + MARGIN_S);
      return { must: [{ conditions: ["CALL_DEVICE_OFFLINE"], from, delayS: 60 }] };
    },
  },
  {
    row: "42",
    what: "a critical fall within a storm of technical alarms",
    play(trial) {
      const bed = trial.bed();
      trial.run(bed, CALM_S);
      const faults = [
        "DB_WRITE_FAIL",
        "STORAGE_FULL",
        "NET_DOWN",
        "PHONE_UNREACHABLE",
        "TEST_OVERDUE",
      ] as const;
      for (const condition of faults) {
        bed.command({
          kind: "self_fault",
          id: condition,
          condition,
          active: true,
          detail: "made by the bench",
        });
      }
      trial.run(bed, 40, () => silentVentilator);
      const from = trial.run(bed, 10 + MARGIN_S + trial.paceS, () => ({
        ...silentVentilator,
        spo2: trial.int(70, 79),
      }));
      return { must: [{ conditions: ["SPO2_CRIT"], from, delayS: 10, priority: "high" }] };
    },
  },
  lowDespite("44", "off watch, at noon", () => {}, { schedule: { fromMinute: 60, toMinute: 120 } }),
];

const callNow = (trial: Trial): AlarmCommand => ({
  ...{ kind: "call", id: "call" },
  call: {
    how: trial.pick(["touch", "key", "dwell", "switch"]),
    kind: trial.pick(["come", "breathing", "mask", "suction", "turn", "pain", "toilet"]),
  },
});
