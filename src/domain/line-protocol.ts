import type { StoredRow } from "../port/timeseries.ts";
import type { BedId, HomeId } from "./ids.ts";
import { ABSENCES, type Sample } from "./sample.ts";
import { isSignalId, roundTo, SIGNALS } from "./signal.ts";

/** Measurement of the numbers of a device, a point a second (docs/stores.md). */
export const NUMBERS = "obs";

/** Tags of a point, in the order in which they are written. */
export interface Tags {
  readonly [name: string]: string;
}

/** Home and bed as tags: plain names both. */
export interface BedTags {
  readonly home: HomeId;
  readonly bed: BedId;
}

/** A row of numbers as one line of InfluxDB's line protocol; its own bed is replaced by the tags. */
export function numbersLine({ samples, seq, at, device, simulated }: StoredRow, bed: BedTags): string {
  const fields = [`seq=${seq}i`];
  for (const [id, sample] of Object.entries(samples)) {
    if (isSignalId(id)) fields.push(sampleField(id, sample, SIGNALS[id].resolution));
  }
  const { home } = bed;
  return pointLine(NUMBERS, { home, bed: bed.bed, device, simulated: String(simulated) }, fields, at);
}

/** A number that is none (a fault further up) is an absence (law 5), never a broken line. */
function sampleField(id: string, sample: Sample, resolution: number): string {
  if (typeof sample === "number" && Number.isFinite(sample)) return `${id}=${roundTo(sample, resolution)}`;
  const reason = typeof sample === "number" ? "invalid" : sample.absent;
  return `${id}_absent=${ABSENCES.indexOf(reason)}i`;
}

/** A point: fields as they are written (`name=value`), time in milliseconds, nanoseconds on the line. */
export const pointLine = (measurement: string, tags: Tags, fields: readonly string[], atMs: number): string =>
  `${seriesKey(measurement, tags)} ${fields.join(",")} ${Math.round(atMs)}000000`;

/** Measurement and tags. An empty tag is not written: InfluxDB reads it back as empty all the same. */
export const seriesKey = (measurement: string, tags: Tags): string =>
  Object.entries(tags).reduce(
    (sofar, [name, value]) => (value === "" ? sofar : `${sofar},${name}=${escapeTag(value)}`),
    measurement,
  );

/** Also what would end the line, or a tag's last backslash, which escapes the comma after it. */
const escapeTag = (value: string): string =>
  value.replaceAll(/[\n\r\t\\]/g, "_").replaceAll(/[, =]/g, (character) => `\\${character}`);

/** A text as the value of a field. */
export const textValue = (value: string): string =>
  `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
