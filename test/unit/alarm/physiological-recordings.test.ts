import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QualityFlag } from "../../../src/domain/observation.ts";
import { recordings } from "../../support/require.ts";
import { GONE } from "./bedside.ts";
import { openNow, personal, told } from "./physiological-bed.ts";

const people = recordings("uw-induced-hypoxia");

/** One oximeter of a recording by the second: SpO2 as a whole number, and the pulse. */
function oximeter(person: string, column: number): readonly (readonly [number, number])[] {
  const text = gunzipSync(readFileSync(`${people.path}/${person}.csv.gz`)).toString("utf8");
  return text
    .split("\n")
    .map((line) => line.split(","))
    .filter((cells) => /^\s*\d\d:\d\d:\d\d$/.test(cells[0] ?? ""))
    .map((cells) => [Math.round(Number(cells[column])), Math.round(Number(cells[column + 5]))] as const)
    .filter(([spo2, pulse]) => spo2 > 0 && pulse > 0);
}

/** Seconds at which a run of samples that satisfy `is` becomes `seconds` old. */
const ripe = (values: readonly number[], is: (value: number) => boolean, seconds: number): number[] => {
  let since = -1;
  return values.flatMap((value, at) => {
    if (!is(value)) since = -1;
    else if (since < 0) since = at;
    return since >= 0 && at - since === seconds ? [at] : [];
  });
};

people.describe("three people whose oxygen was lowered on purpose", () => {
  const oximeters = ["100001", "100002", "100003"].flatMap((person) =>
    [1, 2, 4, 5].map((column) => [person, column] as const),
  );

  people.test.each(oximeters)(
    "person %s, oximeter %d: nothing deep is missed, nothing comes late",
    (person, column) => {
      const series = oximeter(person, column);
      expect(series.length).toBeGreaterThan(900);
      const bed = personal();
      const openAt: boolean[] = [];
      for (const [spo2, pulse] of series) {
        bed.run(1, () => bed.oxi(spo2, pulse));
        openAt.push(openNow(bed).some(({ condition }) => condition.startsWith("SPO2")));
      }
      const values = series.map(([spo2]) => spo2);
      const must = [
        ...ripe(values, (value) => value < 88, 30),
        ...ripe(values, (value) => value < 80, 10),
        ...ripe(values, (value) => value <= 78, 1),
      ];
      expect(must.filter((at) => openAt[at] !== true)).toEqual([]);
      // They were healthy: before the first sample below 90 % nothing about the oxygen may have rung.
      const first = values.findIndex((value) => value < 90);
      expect(openAt.slice(0, first < 0 ? undefined : first)).not.toContain(true);
    },
  );

  people.test("were taken low enough to say something: most oximeters read below 80 %", () => {
    const lowest = oximeters.map(([person, column]) =>
      Math.min(...oximeter(person, column).map(([spo2]) => spo2)),
    );
    expect(lowest.filter((value) => value < 80).length).toBeGreaterThanOrEqual(8);
  });
});

describe("whatever the oximeter thinks of its numbers", () => {
  const FLAGS: readonly QualityFlag[] = ["low_perfusion", "artifact", "motion", "out_of_track"];
  const second = fc.record({
    spo2: fc.integer({ min: 70, max: 87 }),
    poor: fc.option(fc.constantFrom(...FLAGS), { nil: undefined }),
    gone: fc.boolean(),
  });

  test("oxygen below the limit is an alarm within its delay and 15 s, gaps of up to 9 s included", () => {
    fc.assert(
      fc.property(fc.array(second, { minLength: 60, maxLength: 60 }), (seconds) => {
        const bed = personal().at(96, 20);
        seconds.forEach(({ spo2, poor, gone }, index) => {
          const lost = gone && index > 0 && index % 10 !== 0;
          bed.run(1, () =>
            bed.hear("oxi", {
              kind: "samples",
              samples: { spo2: lost ? GONE : spo2, pulse_rate: 60 + (index % 5) },
              ...(poor !== undefined && { flags: [poor] }),
            }),
          );
        });
        expect(openNow(bed).length).toBeGreaterThan(0);
        const first = bed.events.find(({ occurrence }) => occurrence.condition.startsWith("SPO2"));
        // 45 s after the first low sample, or the first sample after that.
        expect(((first?.at ?? Number.NaN) - bed.from) / 1000).toBeLessThanOrEqual(20 + 45 + 5);
      }),
      { numRuns: 60 },
    );
  });

  test("SPO2_CRIT is the same alarm at the same second, flagged or not", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 74, max: 84 }), fc.constantFrom(...FLAGS)), {
          minLength: 40,
          maxLength: 40,
        }),
        (seconds) => {
          const crit = (flagged: boolean) => {
            const bed = personal().at(96, 5);
            for (const [spo2, flag] of seconds) {
              bed.run(1, () =>
                bed.hear("oxi", {
                  kind: "samples",
                  samples: { spo2, pulse_rate: 60 + (bed.second % 5) },
                  ...(flagged && { flags: [flag] }),
                }),
              );
            }
            return told(bed, "SPO2_CRIT").filter((line) => !line.includes("escalated"));
          };
          expect(crit(true)).toEqual(crit(false));
        },
      ),
      { numRuns: 40 },
    );
  });
});
