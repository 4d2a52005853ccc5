import { SIGNAL_IDS, SIGNALS, type SignalId } from "../domain/signal.ts";
import type { Night, Wall } from "../domain/time.ts";
import type { Bucket } from "../port/timeseries.ts";
import { SIGNAL_CODES_OUTSIDE } from "./codes.ts";

/** One bed's night as buckets, to be written down for another system. */
export interface NightForFhir {
  readonly bed: string;
  readonly night: Night;
  readonly from: Wall;
  readonly to: Wall;
  readonly bucketMs: number;
  readonly simulated: boolean;
  readonly signals: { readonly [id in SignalId]?: readonly Bucket[] };
}

/** A FHIR R4 resource, as far as it is written here. */
export interface FhirResource {
  readonly resourceType: string;
  readonly [field: string]: unknown;
}

/** R4 SampledData: the values of a series by one place, `E` where there is none. */
const NO_VALUE = "E";
const LOINC = "http://loinc.org";
const MDC = "urn:iso:std:iso:11073:10101";
const UCUM = "http://unitsofmeasure.org";
const CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category";
/** Our own names of signals: docs/glossary.md. */
const OWN = "urn:breathwatch:signal";
/** HL7: test data, never to be taken for a patient's (v3 ActReason HTEST). */
const TEST_DATA = { system: "http://terminology.hl7.org/CodeSystem/v3-ActReason", code: "HTEST" };

/**
 * A night as a FHIR R4 collection Bundle: one Observation for each signal, its means in SampledData. The person is the
 * bed's id, as a logical identifier: no name leaves. Switches (mains, therapy, contact) are left out, since SampledData
 * means quantities. Simulated nights carry HL7's tag for test data.
 */
export function fhirNight(given: NightForFhir): FhirResource {
  const observations = Object.entries(given.signals).flatMap(([id, buckets]) => {
    const signal = SIGNAL_IDS.find((known) => known === id);
    return signal === undefined || isSwitch(signal) || !buckets.some(({ count }) => count > 0)
      ? []
      : [observationOf(signal, buckets, given)];
  });
  return {
    resourceType: "Bundle",
    type: "collection",
    timestamp: new Date(given.to).toISOString(),
    ...(given.simulated ? { meta: { tag: [TEST_DATA] } } : {}),
    entry: observations.map((resource) => ({ resource })),
  };
}

const isSwitch = (signal: SignalId): boolean => SIGNALS[signal].unit === "on/off";

function observationOf(signal: SignalId, buckets: readonly Bucket[], given: NightForFhir): FhirResource {
  const { display, loinc, mdc } = SIGNAL_CODES_OUTSIDE[signal];
  const { unit, resolution } = SIGNALS[signal];
  return {
    resourceType: "Observation",
    status: "final",
    ...(given.simulated ? { meta: { tag: [TEST_DATA] } } : {}),
    category: [{ coding: [{ system: CATEGORY, code: "vital-signs" }] }],
    code: {
      coding: [
        ...(loinc === undefined ? [] : [{ system: LOINC, ...loinc }]),
        ...(mdc === undefined ? [] : [{ system: MDC, ...mdc }]),
        { system: OWN, code: signal, display },
      ],
      text: display,
    },
    subject: { identifier: { system: "urn:breathwatch:bed", value: given.bed } },
    effectivePeriod: { start: new Date(given.from).toISOString(), end: new Date(given.to).toISOString() },
    valueSampledData: {
      origin: { value: 0, unit, system: UCUM, code: unit },
      period: given.bucketMs,
      dimensions: 1,
      data: buckets.map(({ mean }) => (mean === undefined ? NO_VALUE : round(mean, resolution))).join(" "),
    },
  };
}

/** A mean keeps one place more than the device's own step. */
const round = (value: number, resolution: number): string =>
  value.toFixed(Math.max(0, Math.ceil(-Math.log10(resolution))) + 1);
