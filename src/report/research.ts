import { createHmac } from "node:crypto";
import { csvCell } from "../domain/csv-cell.ts";
import { type BedId, ownBed } from "../domain/ids.ts";
import {
  RESEARCH_GROUPS,
  RESEARCH_SIGNALS,
  RESEARCH_TEXT_VERSION,
  type ResearchConsent,
} from "../domain/research.ts";
import { ABSENCES } from "../domain/sample.ts";
import { SIGNAL_IDS, SIGNALS, type SignalId } from "../domain/signal.ts";
import {
  DAY_MS,
  nightBounds,
  nightOf,
  parseNight,
  SECOND_MS,
  type Wall,
  wall,
  zoneOffsetMs,
} from "../domain/time.ts";
import type { Series, Timeseries } from "../port/timeseries.ts";
import { SIGNAL_CODES_OUTSIDE } from "./codes.ts";

/** What leaves is made of these. */
export interface ResearchSource {
  readonly timeseries: Pick<Timeseries, "series" | "simulated" | "beds">;
  /** As the store names it. */
  readonly bed: BedId;
  readonly zone: string;
  readonly consents: readonly ResearchConsent[];
  /** Of the bed: 32 bytes in base64url. */
  readonly secret: string;
  readonly from?: Wall;
  /** Half-open. */
  readonly to?: Wall;
}

/** What an export holds, in the times that it shows: never in real ones. */
export interface ResearchSummary {
  readonly subject: string;
  readonly rows: number;
  readonly nights: number;
  /** Left out whole, since some of it was simulated. */
  readonly simulatedNights: number;
  /** Absent: no row. */
  readonly first?: string;
  readonly last?: string;
  /** Numbers of each signal that was given, 0 where there are none. */
  readonly signals: { readonly [id in SignalId]?: number };
}

const LEAST_WEEKS = 53;
/** A little more than nine years' worth. */
const WEEKS = 512;

/** The same id for the same thing as long as the secret lives; without it nobody can go back. 16 hex digits. */
const pseudonym = (secret: string, kind: string, id: string): string =>
  keyed(secret, `${kind}:${id}`).toString("hex").slice(0, 16);

/** Whole weeks into the past, so that the day of the week stays; from the secret alone. */
const shiftMs = (secret: string): number =>
  (LEAST_WEEKS + (keyed(secret, "shift").readUInt32BE(0) % WEEKS)) * 7 * DAY_MS;

const keyed = (secret: string, text: string): Buffer =>
  createHmac("sha256", Buffer.from(secret, "base64url")).update(text).digest();

/**
 * Writes the rows of an export in pieces of CSV to `write`: one subject, a row for every second with a value or a
 * reason, consented signals alone, each from its consent on. A preview writes to nothing: the same rows, counted.
 */
export async function exportResearch(
  source: ResearchSource,
  write: (text: string) => Promise<void>,
): Promise<ResearchSummary> {
  const { timeseries, bed, zone, secret } = source;
  const since = sinceOf(source.consents);
  const signals = [...since.keys()];
  const subject = pseudonym(secret, "subject", ownBed(bed));
  const shift = shiftMs(secret);
  const counts: { [id in SignalId]?: number } = Object.fromEntries(signals.map((id) => [id, 0]));
  const found = { rows: 0, nights: 0, simulatedNights: 0 };
  let first: string | undefined;
  let last: string | undefined;
  await write(row(["subject", "time", ...signals.flatMap((id) => [id, `${id}.absent`])]));
  for await (const { from, to } of nightsOf(source, since)) {
    if (await timeseries.simulated({ bed, from, to })) {
      found.simulatedNights += 1;
      continue;
    }
    const series = await timeseries.series({ bed, from, to, signals });
    const seconds = secondsOf(series, since, counts);
    if (seconds.size === 0) continue;
    found.nights += 1;
    let text = "";
    for (const second of [...seconds.keys()].toSorted((a, b) => a - b)) {
      const at = wall(second * SECOND_MS);
      // Local time without a zone: the zone would tell where, and its summer time when.
      const time = new Date(at + zoneOffsetMs(at, zone) - shift).toISOString().slice(0, 19);
      first ??= time;
      last = time;
      found.rows += 1;
      const cells = seconds.get(second);
      text += row([subject, time, ...signals.flatMap((id) => cells?.get(id) ?? ["", ""])]);
    }
    await write(text);
  }
  return { subject, ...found, ...(first && { first }), ...(last && { last }), signals: counts };
}

/** From when on each signal may leave, in the order of the groups; ended consents give nothing. */
function sinceOf(consents: readonly ResearchConsent[]): ReadonlyMap<SignalId, Wall> {
  const since = new Map<SignalId, Wall>();
  for (const group of RESEARCH_GROUPS) {
    const standing = consents.find((one) => one.group === group && one.ended === undefined);
    if (standing === undefined) continue;
    for (const signal of RESEARCH_SIGNALS[group]) since.set(signal, standing.given.at);
  }
  return since;
}

/** Whole nights of the bed, cut by the consents and by what was asked for. */
async function* nightsOf(
  { timeseries, bed, zone, from: askedFrom, to: askedTo }: ResearchSource,
  since: ReadonlyMap<SignalId, Wall>,
): AsyncGenerator<{ readonly from: Wall; readonly to: Wall }> {
  const kept = (await timeseries.beds()).find((one) => one.bed === bed);
  if (kept === undefined || since.size === 0) return;
  const begins = Math.max(kept.oldest, askedFrom ?? 0, Math.min(...since.values()));
  const ends = Math.min(kept.newest + 1, askedTo ?? Number.MAX_SAFE_INTEGER);
  let at = begins;
  while (at < ends) {
    const night = parseNight(nightOf(wall(at), zone));
    if (night === undefined) return;
    const bounds = nightBounds(night, zone);
    yield { from: wall(Math.max(bounds.from, begins)), to: wall(Math.min(bounds.to, ends)) };
    at = bounds.to;
  }
}

type Cells = Map<SignalId, readonly [string, string]>;

function secondsOf(
  series: { readonly [id in SignalId]?: Series },
  since: ReadonlyMap<SignalId, Wall>,
  counts: { [id in SignalId]?: number },
): ReadonlyMap<number, Cells> {
  const seconds = new Map<number, Cells>();
  for (const [signal, givenAt] of since) {
    const { at, values, absences } = series[signal] ?? {};
    for (const [index, time] of (at ?? []).entries()) {
      if (time < givenAt) continue;
      const second = Math.floor(time / SECOND_MS);
      let cells = seconds.get(second);
      if (cells === undefined) {
        cells = new Map();
        seconds.set(second, cells);
      }
      const reason = absences?.[index] ?? 0;
      if (reason === 0) counts[signal] = (counts[signal] ?? 0) + 1;
      cells.set(
        signal,
        reason === 0 ? [String(values?.[index]), ""] : ["", ABSENCES[reason - 1] ?? "invalid"],
      );
    }
  }
  return seconds;
}

/** The words under which an export may be used; they go with it. */
export const RESEARCH_LICENCE =
  "For the research that the person consented to, and nothing else. Not to be published or passed on as it is. " +
  "No attempt may be made to find out whose it is. To be deleted when that research ends or when its keeper asks.";

/** What an export's columns mean and under which words it was given, as JSON text. */
export function researchMetadata(summary: ResearchSummary): string {
  const dictionary = Object.fromEntries(
    SIGNAL_IDS.filter((id) => summary.signals[id] !== undefined).map((signal) => {
      const { unit, resolution, min, max } = SIGNALS[signal];
      const { display, loinc, mdc } = SIGNAL_CODES_OUTSIDE[signal];
      return [signal, { display, unit, resolution, min, max, ...(loinc && { loinc }), ...(mdc && { mdc }) }];
    }),
  );
  const metadata = {
    format: "breathwatch-research-1",
    licence: RESEARCH_LICENCE,
    consentTextVersion: RESEARCH_TEXT_VERSION,
    ...summary,
    columns: {
      subject: "pseudonym of the person, the same as long as the consent stands",
      time: "local time of day; the date is shifted by a secret whole number of weeks",
      "<signal>": "the value in the unit below; empty where there is none",
      "<signal>.absent": "why there is no value; empty where there is one, both empty where nothing was said",
    },
    absences: ABSENCES,
    dictionary,
  };
  return `${JSON.stringify(metadata, undefined, 2)}\n`;
}

const row = (cells: readonly string[]): string => `${cells.map(csvCell).join(",")}\r\n`;
