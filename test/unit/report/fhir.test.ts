import { describe, expect, test } from "vitest";
import { SIGNAL_IDS } from "../../../src/domain/signal.ts";
import { nightOf, wall } from "../../../src/domain/time.ts";
import { SIGNAL_CODES_OUTSIDE } from "../../../src/report/codes.ts";
import { fhirNight, type NightForFhir } from "../../../src/report/fhir.ts";

const FROM = wall(Date.parse("2026-11-21T14:00:00Z"));
const at = (minute: number) => wall(FROM + minute * 60_000);
const night: NightForFhir = {
  ...{
    bed: "b1",
    night: nightOf(FROM, "Asia/Shanghai"),
    from: FROM,
    to: at(3),
    bucketMs: 60_000,
    simulated: false,
  },
  signals: {
    spo2: [
      { at: at(0), count: 60, min: 94, mean: 95.5, max: 97 },
      { at: at(1), count: 0 },
      { at: at(2), count: 10, min: 90, mean: 90.26, max: 91 },
    ],
    leak: [{ at: at(0), count: 0 }],
    mains: [{ at: at(0), count: 60, min: 1, mean: 1, max: 1 }],
  },
};

interface Entry {
  readonly resource: { readonly [field: string]: unknown };
}
const entriesOf = (given: NightForFhir) => fhirNight(given)["entry"] as readonly Entry[];

describe("a night for FHIR", () => {
  test("is one Observation a signal that was measured, gaps as E, under LOINC and 11073 names", () => {
    const entries = entriesOf(night);
    expect(entries).toHaveLength(1);
    expect(entries[0]?.resource).toMatchObject({
      resourceType: "Observation",
      status: "final",
      code: {
        coding: [
          { system: "http://loinc.org", code: "59408-5" },
          { system: "urn:iso:std:iso:11073:10101", code: "150456" },
          { system: "urn:breathwatch:signal", code: "spo2" },
        ],
      },
      subject: { identifier: { value: "b1" } },
      effectivePeriod: { start: "2026-11-21T14:00:00.000Z", end: "2026-11-21T14:03:00.000Z" },
      valueSampledData: { origin: { code: "%" }, period: 60_000, dimensions: 1, data: "95.5 E 90.3" },
    });
  });

  test("carries HL7's mark for test data wherever it was simulated", () => {
    const bundle = fhirNight({ ...night, simulated: true });
    const tag = { tag: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ActReason", code: "HTEST" }] };
    expect(bundle["meta"]).toEqual(tag);
    expect(entriesOf({ ...night, simulated: true })[0]?.resource["meta"]).toEqual(tag);
    expect(fhirNight(night)["meta"]).toBeUndefined();
  });
});

/** The check digit of a LOINC number (mod 10, every second digit doubled, from the right). */
function checkDigit(body: string): number {
  const sum = Array.from(body)
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return (10 - (sum % 10)) % 10;
}

test("every LOINC number has its check digit, and no two signals share a code", () => {
  const codes = SIGNAL_IDS.flatMap((id) => {
    const { loinc, mdc } = SIGNAL_CODES_OUTSIDE[id];
    return [loinc?.code, mdc?.code].filter((code) => code !== undefined);
  });
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes.filter((one) => one.includes("-"))) {
    const [body = "", digit] = code.split("-");
    expect(`${body}-${checkDigit(body)}`).toBe(`${body}-${digit}`);
  }
});
