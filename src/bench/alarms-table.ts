import { PRIORITIES } from "../domain/alarm.ts";
import type { AlarmAim, AlarmsMeasurements } from "./alarms.ts";
import { type Burden, conditionsOf, perNight } from "./alarms-burden.ts";
import { type Calibration, DELAYS_S } from "./alarms-calibration.ts";
import type { Sensitivity } from "./alarms-sensitivity.ts";
import { columns, number } from "./text.ts";

/** All of `bench alarms` for people, on a terminal. */
export function alarmsTable(measured: AlarmsMeasurements): string {
  const { date, machine, load, plan, speed, burden, problems } = measured;
  const head =
    `${date}: ${machine.cores} x ${machine.kind}, ${machine.platform}, node ${machine.node}, load average ` +
    `${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after. Seed ${plan.seed}.`;
  const recorded =
    burden.recorded.length === 0
      ? ["No recordings here: nothing was counted on real fingers."]
      : [
          "Recorded: volunteers awake in a laboratory, their oxygen lowered on purpose, each with four oximeters at once, " +
            "and one oximeter\ntried out. Not nights, nobody ventilated: they show that nothing is missed, not how often " +
            "it rings at home.",
          ...burden.recorded.map(burdenText),
        ];
  const simulated = [burden.ordinary, burden.chronic, burden.chronicUnset];
  return [
    head,
    sensitivityTable(measured.sensitivity),
    ...measured.calibration.map(calibrationText),
    ...recorded,
    ...simulated.map(burdenText),
    speedText(speed),
    aimsText(measured.aims),
    ...problems.map((problem) => `missed: ${problem}`),
  ]
    .join("\n\n")
    .concat("\n");
}

function sensitivityTable(rows: readonly Sensitivity[]): string {
  return columns([
    ["hazard", "sustained event", "variations", "raised", "latest, s after its time"],
    ...rows.map(({ row, what, variations, raised, latestS }) => [
      ...[row, what, String(variations), String(raised)],
      latestS === undefined ? "" : latestS.toFixed(1),
    ]),
  ]);
}

function calibrationText({ kind, nights, rows }: Calibration): string {
  const table = columns([
    [`${kind}, recorded / simulated`, ...DELAYS_S.map((delay) => `${delay} s`)],
    ...rows.map(({ limit, counts, simulated }) => [
      `< ${limit} %`,
      ...counts.map((count, index) => `${count} / ${(simulated[index] ?? 0).toFixed(1)}`),
    ]),
  ]);
  return `Calibration: alarms in 8 h by delay, on ${nights} simulated nights, counted as the recorded ones were.\n${table}`;
}

function burdenText(burden: Burden): string {
  const { what, nights, hours, signals, again, plain, delayed, deep, deepLost } = burden;
  const each = (count: number): string => perNight(burden, count).toFixed(1);
  const rows = conditionsOf(burden).map(([condition, counts]) => [
    `  ${condition}`,
    ...PRIORITIES.toReversed().map((priority) => each(counts[priority])),
  ]);
  const table = columns([
    [`${what}: ${nights} x ${(hours / Math.max(1, nights)).toFixed(1)} h`, "high", "medium", "low"],
    ["Breathwatch, each", each(signals.high), each(signals.medium), each(signals.low)],
    ...rows,
    ["threshold < 88, no delay", each(plain), "", ""],
    ["the same, over at 89 for 5 s", each(burden.counted), "", ""],
    ["threshold < 88 for 15 s", each(delayed), "", ""],
  ]);
  const rest =
    `Sounded once more because it was still there after an answer: ${each(again)}. ` +
    `Below the critical limit for its delay: ${deep}, not an alarm: ${deepLost.length}.`;
  return `${table}\n${rest}`;
}

function speedText(speed: AlarmsMeasurements["speed"]): string {
  const { rows, signals, nightCpuS, nightWallS, samplesPerSecond, plainCpuS, beds } = speed;
  return columns([
    ["speed", ""],
    [`${rows.toLocaleString("en")} s of a night, ${signals} signals, processor`, `${number(nightCpuS)} s`],
    ["the same, wall clock", `${number(nightWallS)} s`],
    ["samples judged a second of processor", number(samplesPerSecond)],
    ["a bare loop with thresholds over the same rows, processor", `${(plainCpuS * 1000).toFixed(1)} ms`],
    ["memory of one engine", `${number(speed.bytesPerBed / 1000)} kB`],
    [
      `one second of ${beds.toLocaleString("en")} beds (oximeter, ventilator, tick), processor`,
      `${number(speed.secondMs)} ms`,
    ],
    ["the ticks of it alone, with nothing heard", `${number(speed.tickMs)} ms`],
  ]);
}

function aimsText(aims: readonly AlarmAim[]): string {
  const rows = aims.map(({ aim, measured, limit, side, met }) => [
    met ? "met" : "MISSED",
    aim,
    `${number(measured)} (at ${side} ${limit})`,
  ]);
  return `Aims:\n${columns(rows)}`;
}
