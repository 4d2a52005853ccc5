import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { measured } from "../domain/sample.ts";
import type { NightSecond } from "./alarms-nights.ts";

/** A series that a real oximeter measured at a real finger. */
export interface RecordedRun {
  readonly group: string;
  readonly seconds: readonly NightSecond[];
}

const VOLUNTEERS = ["100001", "100002", "100003"] as const;
/** Column 3 of the volunteers' files was not used. */
const OXIMETERS = [1, 2, 4, 5] as const;

export const HYPOXIA = "induced hypoxia, awake";
export const AWAKE = "an oximeter tried out, awake";

/**
 * Every series of SpO2 and pulse among the recordings (README there), at 1 Hz: volunteers awake in a laboratory whose
 * oxygen was lowered on purpose, four oximeters each, and one Contec tried out. None of them is a night, and none of
 * these people was on a ventilator. Empty where the folder is absent.
 */
export function recordedRuns(folder: string): readonly RecordedRun[] {
  const runs: RecordedRun[] = [];
  for (const volunteer of VOLUNTEERS) {
    const rows = cells(path.join(folder, "uw-induced-hypoxia", `${volunteer}.csv.gz`));
    const head = rows[0] ?? [];
    const timed = rows.filter(([time]) => /^\d\d:\d\d:\d\d$/.test(time ?? ""));
    for (const oximeter of timed.length === 0 ? [] : OXIMETERS) {
      const spo2 = head.indexOf(`SpO2 ${oximeter}`);
      const pulse = head.indexOf(`Pulse ${oximeter}`);
      runs.push({ group: HYPOXIA, seconds: timed.map((row) => secondOf(row[spo2], row[pulse])) });
    }
  }
  const tried = cells(path.join(folder, "cms50e-hid", "manufacturer-manual-csv.gz")).slice(1);
  if (tried.length > 0) {
    runs.push({ group: AWAKE, seconds: tried.map(([, , spo2, pulse]) => secondOf(spo2, pulse)) });
  }
  return runs;
}

function cells(file: string): readonly (readonly string[])[] {
  if (!existsSync(file)) return [];
  return gunzipSync(readFileSync(file))
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(",").map((cell) => cell.trim()));
}

/** What an oximeter shows for no value (127, 255, 0) is none. */
function secondOf(spo2: string | undefined, pulse: string | undefined): NightSecond {
  const oxygen = measured("spo2", Math.round(Number(spo2)));
  const beat = measured("pulse_rate", Number(pulse) >= 255 ? Number.NaN : Math.round(Number(pulse)));
  const given = (value: typeof oxygen) => (typeof value === "number" && value > 0 ? value : undefined);
  return { spo2: given(oxygen), pulse: given(beat) };
}
