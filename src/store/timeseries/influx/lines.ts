import type { AlarmEvent } from "../../../domain/alarm.ts";
import { Fault } from "../../../domain/fault.ts";
import { type BedId, type HomeId, qualifiedBed, splitBed } from "../../../domain/ids.ts";
import {
  NUMBERS,
  numbersLine,
  pointLine,
  seriesKey,
  type Tags,
  textValue,
} from "../../../domain/line-protocol.ts";
import { isSettingId, isWaveId, roundTo, WAVES } from "../../../domain/signal.ts";
import { MINUTE_MS } from "../../../domain/time.ts";
import type { Batch, StoredRow, StoredSettings, StoredWave } from "../../../port/timeseries.ts";

/**
 * What lies in an InfluxDB, as line protocol (docs/stores.md has it for people):
 *
 *     obs,home=H,bed=b1,device=D,simulated=false seq=7i,spo2=97,leak_absent=0i     one a second and device
 *     wave,...    epoch="e",seq=7i,rate=25,flow="0.12 0.3 -4.5"                    a stretch of waveform
 *     setting,... seq=7i,ipap=14,mode_text="ST"
 *     event,home=H,bed=b1,condition=SPO2_LOW,kind=occurred,priority=high key="...",body="{...}",text="..."
 *     recorded,home=H,bed=b1,device=D,simulated=false changed=1700000000000i       one for each quarter hour with rows
 *     device,home=H,bed=b1,device=D rank=1i                                        once, with the device's first row
 *     night,home=H,bed=b1,signal=spo2,zone=Z count=1i,p50=96,...,computed=...i      summaries, made when first asked for
 *
 * A point is named by its tags and its time, so a repeat overwrites itself. Times are nanoseconds: those of events end
 * in the number of the event, so that two of one millisecond stay two.
 */
export const MEASUREMENTS = {
  rows: NUMBERS,
  waves: "wave",
  settings: "setting",
  events: "event",
  recorded: "recorded",
  devices: "device",
  nights: "night",
} as const;

/** A text field may have 64 KB; waveforms longer than this go on in a second field. */
const TEXT_MAX = 60_000;
const EVENTS_PER_MS = 1_000_000;

/** Home and bed as tags: a plain bed is one of the store's own home. */
export function bedTags(bed: BedId, ownHome: HomeId): { readonly home: HomeId; readonly bed: BedId } {
  return splitBed(bed) ?? { home: ownHome, bed };
}

/** The bed's name again from its tags: plain where the home is the store's own. */
export const bedOfTags = (home: HomeId, bed: BedId, ownHome: HomeId): BedId =>
  home === ownHome ? bed : qualifiedBed(home, bed);

/** Nights begin at noon, which is at a full quarter of an hour of UTC in every zone. */
export const QUARTER_MS = 15 * MINUTE_MS;

/** A device that has rows in a quarter of an hour: what nights, and their changes, are found by. */
export interface Presence {
  readonly bed: BedId;
  readonly device: string;
  readonly simulated: boolean;
  /** Start of the quarter, in ms. */
  readonly quarter: number;
}

/** Everything of a batch but `recorded` and `device`; throws STORE_FAILED (permanent) for what no line can hold. */
export function batchLines(batch: Batch, ownHome: HomeId): string[] {
  return [
    ...batch.rows.map((row) => numbersLine(row, bedTags(row.bed, ownHome))),
    ...batch.waves.map((wave) => waveLine(wave, ownHome)),
    ...batch.settings.map((settings) => settingsLine(settings, ownHome)),
    ...batch.events.map(({ bed, key, event }) => eventLine(bed, key, event, ownHome)),
  ];
}

/** The quarters of an hour that a batch has rows in, each once, by name. */
export function presences(rows: readonly StoredRow[]): ReadonlyMap<string, Presence> {
  const found = new Map<string, Presence>();
  for (const { bed, device, simulated, at } of rows) {
    const quarter = Math.floor(at / QUARTER_MS) * QUARTER_MS;
    const name = `${bed} ${device} ${simulated} ${quarter}`;
    if (!found.has(name)) found.set(name, { bed, device, simulated, quarter });
  }
  return found;
}

/** `changed`: when it was last written to, within some minutes. */
export function presenceLine(
  { quarter, ...source }: Presence,
  { changed, ownHome }: { readonly changed: number; readonly ownHome: HomeId },
): string {
  return pointLine(
    MEASUREMENTS.recorded,
    sourceTags(source, ownHome),
    [`changed=${Math.round(changed)}i`],
    quarter,
  );
}

/** `at`: any time of the device that the store keeps, its first by custom. */
export function deviceLine(
  { bed, device }: { readonly bed: BedId; readonly device: string },
  { rank, at, ownHome }: { readonly rank: number; readonly at: number; readonly ownHome: HomeId },
): string {
  const tags = { ...bedTags(bed, ownHome), device };
  return pointLine(MEASUREMENTS.devices, tags, [`rank=${rank}i`], at);
}

/** A night's summary of one signal; `signal` "" stands for the night itself, which may have none. */
export function nightLine(
  tags: { readonly bed: BedId; readonly signal: string; readonly zone: string },
  fields: { readonly [name: string]: number | boolean },
  { at, ownHome }: { readonly at: number; readonly ownHome: HomeId },
): string {
  const { bed, ...rest } = tags;
  const all = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return pointLine(MEASUREMENTS.nights, { ...bedTags(bed, ownHome), ...rest }, all, at);
}

function waveLine({ channels, epoch, seq, at, rateHz, ...source }: StoredWave, ownHome: HomeId): string {
  const fields = [`epoch=${textValue(epoch)}`, `seq=${seq}i`, `rate=${rateHz}`];
  for (const [id, values] of Object.entries(channels)) {
    if (!isWaveId(id)) continue;
    const all = values.map((value) => roundTo(value, WAVES[id].resolution)).join(" ");
    for (let part = 0; part === 0 || part * TEXT_MAX < all.length; part++) {
      const name = part === 0 ? id : `${id}_${part + 1}`;
      fields.push(`${name}=${textValue(all.slice(part * TEXT_MAX, (part + 1) * TEXT_MAX))}`);
    }
  }
  return pointLine(MEASUREMENTS.waves, sourceTags(source, ownHome), fields, at);
}

function settingsLine({ settings, seq, at, epoch, ...source }: StoredSettings, ownHome: HomeId): string {
  const fields = [`epoch=${textValue(epoch)}`, `seq=${seq}i`];
  for (const [id, value] of Object.entries(settings)) {
    if (!isSettingId(id)) continue;
    fields.push(typeof value === "number" ? `${id}=${value}` : `${id}_text=${textValue(value)}`);
  }
  return pointLine(MEASUREMENTS.settings, sourceTags(source, ownHome), fields, at);
}

function eventLine(bed: BedId, key: string, event: AlarmEvent, ownHome: HomeId): string {
  const { condition, priority } = event.member ?? event.occurrence;
  const tags = { ...bedTags(bed, ownHome), condition, kind: event.kind, priority };
  const body = JSON.stringify(event);
  if (body.length > TEXT_MAX) {
    throw new Fault(
      "STORE_FAILED",
      `an alarm event of ${body.length} characters does not fit into InfluxDB`,
      {
        permanent: true,
      },
    );
  }
  const fields = [
    `body=${textValue(body)}`,
    `key=${textValue(key)}`,
    `text=${textValue(`${condition} ${event.kind} (${priority})`)}`,
  ];
  const inMs = String(eventNumber(key)).padStart(6, "0");
  return `${seriesKey(MEASUREMENTS.events, tags)} ${fields.join(",")} ${Math.round(event.at)}${inMs}`;
}

/** The number that an event's key ends in, or of any other key a hash of it. */
function eventNumber(key: string): number {
  const counted = /(\d{1,9})$/.exec(key)?.[1];
  if (counted !== undefined) return Number(counted) % EVENTS_PER_MS;
  // FNV-1a, 32 bits.
  let hash = 0x81_1c_9d_c5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01_00_01_93);
  return (hash >>> 0) % EVENTS_PER_MS;
}

const sourceTags = (
  { bed, device, simulated }: { readonly bed: BedId; readonly device: string; readonly simulated: boolean },
  ownHome: HomeId,
): Tags => ({ ...bedTags(bed, ownHome), device, simulated: String(simulated) });
