import { describe, expect, test } from "vitest";
import { nightOracle } from "../../support/oracle-bed.ts";
import { resolverOf } from "../../support/oracle-engine.ts";
import type { Night, NightCommand, NightSecond } from "../../support/oracle-night.ts";

/** Examples worked out by hand from docs/alarms.md: the oracle must find them without any engine. */
const night = (seconds: readonly NightSecond[], changes: Partial<Night> = {}): Night => ({
  cls: "B",
  limits: { SPO2_LOW: { delay_s: 0 }, SPO2_CRIT: { delay_s: 0 } },
  conditions: ["SPO2_LOW", "SPO2_CRIT", "DATA_STALE"],
  seconds,
  ...changes,
});

const at = (spo2: number, seconds: number): NightSecond[] =>
  Array.from({ length: seconds }, () => ({ oxi: { samples: { spo2, pulse_rate: 60, perfusion_index: 2 } } }));

const silent = (seconds: number): NightSecond[] => Array.from({ length: seconds }, () => ({}));

const and = (seconds: readonly NightSecond[], ...commands: readonly NightCommand[]): NightSecond[] => [
  ...seconds.slice(0, -1),
  { ...seconds.at(-1), commands },
];

const told = (given: Night): string[] =>
  nightOracle(given, resolverOf(given)).map(
    ({ at, kind, condition, priority, opened }) => `${at} ${kind} ${condition} ${priority} of ${opened}`,
  );

describe("the oracle itself", () => {
  test("waits for the delay and for five seconds in range", () => {
    const given = night([...at(87, 35), ...at(89, 6)], { limits: {} });
    expect(told(given)).toEqual(["30 occurred SPO2_LOW high of 30", "39 ended SPO2_LOW high of 30"]);
  });

  test("lets tiers share one occurrence, and tells when it gets worse", () => {
    expect(told(night([...at(85, 3), ...at(75, 2), ...at(97, 5)]))).toEqual([
      "0 occurred SPO2_LOW high of 0",
      "3 occurred SPO2_CRIT high of 0",
      "3 escalated SPO2_CRIT high of 0",
      "9 ended SPO2_LOW high of 0",
      "9 ended SPO2_CRIT high of 0",
    ]);
  });

  test("opens the same occurrence again within ten minutes, and another one after them", () => {
    const again = (rest: number) => told(night([...at(85, 1), ...at(97, 5 + rest), ...at(85, 1)])).at(-1);
    expect(again(599)).toBe("605 occurred SPO2_LOW high of 0");
    expect(again(600)).toBe("606 occurred SPO2_LOW high of 606");
  });

  test("inherits the priority of a low value when its data stop", () => {
    expect(told(night([...at(85, 1), ...silent(11)]))).toEqual([
      "0 occurred SPO2_LOW high of 0",
      "11 unknown SPO2_LOW high of 0",
      "11 occurred DATA_STALE/oxi high of 11",
    ]);
  });

  test("merges the seventh within the hour, keeps it for 15 min, and never merges the critical one", () => {
    const dips = Array.from({ length: 7 }, () => [...at(85, 1), ...at(97, 9)]).flat();
    expect(told(night([...dips, ...at(75, 1), ...at(97, 910)])).slice(-7)).toEqual([
      "65 ended SPO2_LOW medium of 0",
      "70 occurred SPO2_LOW medium of 0",
      "70 occurred SPO2_CRIT high of 0",
      "70 escalated SPO2_CRIT high of 0",
      "75 ended SPO2_LOW high of 0",
      "75 ended SPO2_CRIT high of 0",
      "975 ended SPO2_CRIT medium of 0",
    ]);
    expect(told(night([...dips, ...at(97, 900)])).at(-1)).toBe("965 ended SPO2_LOW medium of 0");
  });

  test("lets an acknowledgement lapse while it holds, and voids it when it gets worse", () => {
    const acknowledge = { kind: "acknowledge", place: "going" } as const;
    expect(told(night([...and(at(85, 5), acknowledge), ...at(85, 200)])).slice(1)).toEqual([
      "4 acknowledged SPO2_LOW high of 0",
      "184 lapsed SPO2_LOW high of 0",
    ]);
    expect(told(night([...and(at(85, 5), acknowledge), ...at(75, 200)])).slice(1)).toEqual([
      "4 acknowledged SPO2_LOW high of 0",
      "5 occurred SPO2_CRIT high of 0",
      "5 escalated SPO2_CRIT high of 0",
    ]);
  });

  test("is quiet during a pause, and rings after it", () => {
    const pause = { kind: "pause", condition: "SPO2_LOW", priority: "high", minutes: 1 } as const;
    expect(told(night([...and(at(85, 5), pause), ...at(85, 70)])).slice(1)).toEqual([
      "4 paused SPO2_LOW high of 0",
      "64 resumed SPO2_LOW high of 0",
    ]);
  });
});
