// Measures the alarm listener over hours of synthetic sound and prints the tables of its README: `node FILE [HOURS]`.
// About a minute of one core for an hour of every sound.
import { ALARM_NAMES, falseAlarms, learned, OTHER_NAMES, secondsToRecognise } from "./alarm-listening.ts";

const hours = Number(process.argv[2] ?? 8);
const TRIALS = 6;
const LEVELS_DB = [20, 10, 5, 0, -5, -10];
const BACKGROUNDS = ["blower", "television", "speech", "snoring"] as const;

const row = (cells: readonly (string | number)[]): void => {
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
};

const templates = ALARM_NAMES.map((name) => learned(name));

row(["alarm", ...LEVELS_DB.map((level) => `${level} dB`), "slowest at 5 dB and more"]);
row(["---", ...LEVELS_DB.map(() => "---:"), "---:"]);
ALARM_NAMES.forEach((alarm, index) => {
  const template = templates[index];
  if (template === undefined) return;
  let slowest = 0;
  const missed = LEVELS_DB.map((aboveDb) => {
    let count = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const other = BACKGROUNDS[trial % BACKGROUNDS.length] ?? "blower";
      const situation = { alarm, other, aboveDb, roomS: 0.2 + 0.08 * trial, seed: 500 + trial };
      const seconds = secondsToRecognise(template, situation);
      if (seconds === undefined) count += 1;
      else if (aboveDb >= 5) slowest = Math.max(slowest, seconds);
    }
    return `${count} of ${TRIALS}`;
  });
  row([alarm, ...missed, `${slowest.toFixed(1)} s`]);
});

process.stdout.write("\n");
row(["sound", "hours", "false alarms of all nine templates", "which"]);
row(["---", "---:", "---:", "---"]);
for (const other of OTHER_NAMES) {
  const counts = falseAlarms(templates, other, hours, 900);
  const which = ALARM_NAMES.filter((_, index) => (counts[index] ?? 0) > 0);
  row([other, hours, counts.reduce((sum, count) => sum + count, 0), which.join("; ") || "none"]);
}
