import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { type JudgeLine, judge } from "../../../src/alarm/judge.ts";
import { parseSamplesFile } from "../../../src/wire/samples-file.ts";
import { recordings } from "../../support/require.ts";

/**
 * Volunteers whose oxygen was lowered on purpose, four clinical oximeters each at 1 Hz (oximeter 3 is unused). The
 * alarm is compared with the rule computed here, on the same rounded values, without any of the engine's code.
 */
const { describe, test, path: folder } = recordings("uw-induced-hypoxia");

const VOLUNTEERS = ["100001", "100002", "100003"] as const;
const OXIMETERS = [1, 2, 4, 5] as const;
const LIMIT = 88;
const DELAY_S = 30;
const CLEAR_S = 5;

interface Night {
  /** Epoch milliseconds of row 0. */
  readonly start: number;
  readonly spo2: readonly number[];
  readonly pulse: readonly number[];
}

/** SpO2 half up; the closing row of words dropped; row k stands at start + k seconds. */
function load(volunteer: string, oximeter: number): Night {
  const text = gunzipSync(readFileSync(path.join(folder, `${volunteer}.csv.gz`))).toString("utf8");
  const [head = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const names = head.split(",");
  const rows = lines
    .map((line) => line.split(","))
    .filter(([time]) => /^\s*\d\d:\d\d:\d\d$/.test(time ?? ""));
  const column = (name: string) => rows.map((row) => Math.floor(Number(row[names.indexOf(name)]) + 0.5));
  return {
    start: Date.parse(`2020-01-01T${rows[0]?.[0]?.trim()}Z`),
    spo2: column(`SpO2 ${oximeter}`),
    pulse: column(`Pulse ${oximeter}`),
  };
}

/** A samples file; `cut` seconds lose their values, or (`rows`) are not there at all. */
function samplesFile(
  night: Night,
  cut: ReadonlySet<number> = new Set(),
  how: "cells" | "rows" = "cells",
): string {
  const rows = night.spo2.flatMap((spo2, second) => {
    const at = night.start + second * 1000;
    if (!cut.has(second)) return [`${at},${spo2},${night.pulse[second]}`];
    return how === "cells" ? [`${at},,`] : [];
  });
  return ["at,spo2,pulse_rate", ...rows].join("\n");
}

const run = (night: Night, text: string) =>
  [...judge(parseSamplesFile(text), { dependencyClass: "B" })].map((line) => ({
    ...line,
    second: (line.at - night.start) / 1000,
  }));

const of = (lines: readonly (JudgeLine & { second: number })[], id: string, event: string): number[] =>
  lines.filter((line) => line.id === id && line.event === event).map(({ second }) => second);

interface Episode {
  readonly begins: number;
  readonly rises: number;
  /** The first in-range second of the five that end it. */
  readonly recovers: number;
  readonly ends: number | undefined;
}

/** The rule, in the plainest form: below 88, held as long as below 89; rises at 30 s; ends with five seconds at 89. */
function episodes(spo2: readonly number[]): Episode[] {
  const found: Episode[] = [];
  for (let t = 0; t < spo2.length; t++) {
    if (spo2[t]! >= LIMIT) continue;
    const begins = t;
    while (t < spo2.length && t - begins < DELAY_S && spo2[t]! <= LIMIT) t += 1;
    if (t >= spo2.length || spo2[t]! > LIMIT) continue;
    const rises = t;
    let good = 0;
    while (t < spo2.length && good < CLEAR_S) {
      good = spo2[t]! > LIMIT ? good + 1 : 0;
      t += 1;
    }
    const isOver = good === CLEAR_S;
    found.push({
      begins,
      rises,
      recovers: isOver ? t - CLEAR_S : spo2.length,
      ends: isOver ? t - 1 : undefined,
    });
    t -= 1;
  }
  return found;
}

/** Each episode of two of the oximeters, with half a minute before and after it, seconds counted from there. */
function around() {
  const some = nights.filter(({ oximeter }) => oximeter === 1 || oximeter === 4);
  return some.flatMap(({ volunteer, oximeter }) => {
    const { start, spo2, pulse } = load(volunteer, oximeter);
    return episodes(spo2).flatMap(({ begins, ends }) => {
      const from = Math.max(0, begins - 30);
      const to = Math.min(spo2.length, (ends ?? spo2.length) + 30);
      const night = { start: start + from * 1000, spo2: spo2.slice(from, to), pulse: pulse.slice(from, to) };
      const episode = episodes(night.spo2).find((one) => one.begins === begins - from);
      return episode === undefined
        ? []
        : [{ night, episode, where: `${volunteer}/${oximeter} from ${from}` }];
    });
  });
}

const nights = VOLUNTEERS.flatMap((volunteer) => OXIMETERS.map((oximeter) => ({ volunteer, oximeter })));

describe("induced hypoxia", () => {
  test("twelve recordings hold enough to judge by", () => {
    const all = nights.map(({ volunteer, oximeter }) => load(volunteer, oximeter));
    for (const { spo2 } of all) {
      expect(spo2.length).toBeGreaterThan(1000);
      expect(spo2.every((value) => value >= 60 && value <= 100)).toBe(true);
      expect(episodes(spo2).length).toBeGreaterThan(0);
    }
  });

  test.each(nights)(
    "$volunteer, oximeter $oximeter: SPO2_LOW rises and ends at the rule's seconds, once per episode",
    ({ volunteer, oximeter }) => {
      const night = load(volunteer, oximeter);
      const expected = episodes(night.spo2);
      const lines = run(night, samplesFile(night));
      expect(of(lines, "SPO2_LOW", "occurred")).toEqual(expected.map(({ rises }) => rises));
      expect(of(lines, "SPO2_LOW", "ended")).toEqual(expected.flatMap(({ ends }) => ends ?? []));
      expect(of(lines, "SPO2_LOW", "unknown")).toEqual([]);
    },
  );

  const gaps = [5, 15, 60] as const;
  const hows = ["cells", "rows"] as const;

  test.each(gaps.flatMap((gap) => hows.map((how) => ({ gap, how }))))(
    "a gap of $gap s ($how) cut into an episode never ends it, wherever it is cut",
    ({ gap, how }) => {
      let cuts = 0;
      for (const { night, episode, where } of around()) {
        const { rises, recovers } = episode;
        for (const from of [rises + 1, Math.floor((rises + recovers - gap) / 2), recovers - gap - 1]) {
          if (from <= rises || from + gap >= recovers) continue;
          cuts += 1;
          const cut = new Set(Array.from({ length: gap }, (_, i) => from + i));
          const lines = run(night, samplesFile(night, cut, how));
          const whole = episodes(night.spo2);
          expect(of(lines, "SPO2_LOW", "occurred"), where).toEqual(whole.map((one) => one.rises));
          expect(of(lines, "SPO2_LOW", "ended"), where).toEqual(whole.flatMap(({ ends }) => ends ?? []));
          const lost = how === "cells" ? "OXI_SENSOR_OFF" : "DATA_STALE";
          expect(of(lines, "SPO2_LOW", "unknown"), where).toEqual(gap > 10 ? [from + 10] : []);
          expect(of(lines, "SPO2_LOW", "known"), where).toEqual(gap > 10 ? [from + gap] : []);
          // The last value violated: the loss rings at once, and high.
          expect(of(lines, lost, "occurred"), where).toEqual(gap > 10 ? [from + 10] : []);
          for (const line of lines.filter(({ id }) => id === lost)) expect(line.priority, where).toBe("high");
        }
      }
      expect(cuts).toBeGreaterThan(10);
    },
    120_000,
  );

  test.each(gaps)(
    "a gap of %i s while an episode has not yet risen: it rises at its second or with the first sample",
    (gap) => {
      let cuts = 0;
      for (const { night, episode, where } of around()) {
        const { begins, rises, recovers } = episode;
        const from = begins + 10;
        const back = from + gap;
        const isIn = night.spo2.slice(begins, back + 1).every((value) => value <= LIMIT);
        if (!isIn || back >= recovers) continue;
        cuts += 1;
        const cut = new Set(Array.from({ length: gap }, (_, i) => from + i));
        const lines = run(night, samplesFile(night, cut, "rows"));
        expect(of(lines, "SPO2_LOW", "occurred"), where).toContain(Math.max(rises, back));
        if (gap > 10) expect(of(lines, "DATA_STALE", "occurred"), where).toContain(from + 10);
      }
      expect(cuts).toBeGreaterThan(0);
    },
  );
});
