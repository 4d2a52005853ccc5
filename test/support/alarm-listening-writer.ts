// Measures the alarm listener over hours of synthetic sound and prints the tables of its README: `node FILE HOURS
// TRIALS`, where 0 leaves a table out. On one core an hour of all sounds takes some minutes, a trial of all alarms one.
import { ALARM_NAMES, falseAlarms, learned, OTHER_NAMES, secondsToRecognise } from "./alarm-listening.ts";

const [hours, trials] = [Number(process.argv[2] ?? 8), Number(process.argv[3] ?? 8)];
const LEVELS_DB = [10, 0, -10];
const BACKGROUNDS = ["blower", "television", "speech", "snoring"] as const;

const row = (cells: readonly (string | number)[]): void => {
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
};

const templates = ALARM_NAMES.map((name) => learned(name));

row(["alarm", ...LEVELS_DB.map((level) => `${level} dB`), "slowest at 0 dB and more"]);
row(["---", ...LEVELS_DB.map(() => "---:"), "---:"]);
(trials > 0 ? ALARM_NAMES : []).forEach((alarm, index) => {
  const template = templates[index];
  if (template === undefined) return;
  let slowest = 0;
  const missed = LEVELS_DB.map((aboveDb) => {
    let count = 0;
    for (let trial = 0; trial < trials; trial++) {
      const other = BACKGROUNDS[trial % BACKGROUNDS.length] ?? "blower";
      const situation = { alarm, other, aboveDb, roomS: 0.2 + 0.1 * (trial % 5), seed: 500 + trial };
      const seconds = secondsToRecognise(template, situation);
      if (seconds === undefined) count += 1;
      else if (aboveDb >= 0) slowest = Math.max(slowest, seconds);
    }
    return `${count} of ${trials}`;
  });
  row([alarm, ...missed, `${slowest.toFixed(1)} s`]);
});

process.stdout.write("\n");
row(["sound", "hours", "false alarms of all nine templates", "which"]);
row(["---", "---:", "---:", "---"]);
for (const other of hours > 0 ? OTHER_NAMES : []) {
  const counts = falseAlarms(templates, other, hours, 900);
  const which = ALARM_NAMES.filter((_, index) => (counts[index] ?? 0) > 0);
  row([other, hours, counts.reduce((sum, count) => sum + count, 0), which.join("; ") || "none"]);
}
