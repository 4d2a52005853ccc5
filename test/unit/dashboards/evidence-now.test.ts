import { describe, expect, test } from "vitest";
import { evidenceNow } from "../../../dashboards/caregiver/evidence-now.ts";
import { SECOND_MS } from "../../../src/domain/time.ts";
import type { BedState } from "../../../src/server/contract.ts";

const EVIDENCE = [
  { name: "leak", value: 68, trend: "up" },
  { name: "pressure_peak", value: 3.4, trend: "down" },
  { name: "spo2", value: 97 },
  { name: "seconds", value: 40 },
  { name: "resp_rate", value: 14, trend: "gone" },
] as const;

const signals = (values: { readonly [name: string]: number }, ageMs = 0): BedState["signals"] =>
  Object.fromEntries(Object.entries(values).map(([name, sample]) => [name, { sample, ageMs }]));

const now = (...given: Parameters<typeof signals>) =>
  evidenceNow(EVIDENCE, signals(...given), 0).map(({ name, value }) => `${name} ${value}`);

describe("the evidence of a card", () => {
  test("is of now where it has gone on, and where it went no way", () => {
    expect(now({ leak: 80, pressure_peak: 2, spo2: 84, resp_rate: 11 })).toEqual([
      "leak 80",
      "pressure_peak 2",
      "spo2 84",
      "seconds 40",
      "resp_rate 14",
    ]);
  });

  test("of before stays where it has turned back: its word would be untrue of what is now", () => {
    expect(now({ leak: 20, pressure_peak: 16, spo2: 98 })).toEqual([
      "leak 68",
      "pressure_peak 3.4",
      "spo2 98",
      "seconds 40",
      "resp_rate 14",
    ]);
  });

  test.each([
    ["is old", signals({ leak: 80, pressure_peak: 2, spo2: 84 }, 10 * SECOND_MS), 0],
    ["never came", signals({}), 0],
    ["is not heard by the page", signals({ leak: 80, pressure_peak: 2, spo2: 84 }), undefined],
  ] as const)("that went no way is left out where its number %s", (_why, known, sinceMs) => {
    expect(evidenceNow(EVIDENCE, known, sinceMs)).toEqual(EVIDENCE.filter(({ name }) => name !== "spo2"));
  });
});
