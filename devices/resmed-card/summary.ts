import type { SettingsBody } from "../../src/domain/observation.ts";
import { rawSample, recordsIn, toPhysical } from "../../src/wire/edf.ts";
import { type CardFile, isIntact, openCardFile, type Platform, platformOf } from "./codec.ts";
import { settingsOf } from "./settings.ts";

/** One day of STR.edf, noon to noon. */
export interface DaySummary {
  /** The day that began at its noon. YYYY-MM-DD. */
  readonly day: string;
  /** When the mask was on, in minutes after noon. */
  readonly maskOn: readonly { readonly from: number; readonly to: number }[];
  readonly settings: SettingsBody["settings"];
  /** Parts of the machine that report a fault: device, alarm, humidifier, heated_tube. */
  readonly faults: readonly string[];
  /** A value by its label, in the unit of the header; undefined where there is none (-1). */
  value(label: string): number | undefined;
  /** What one step of a value is worth; undefined where it is not there. */
  step(label: string): number | undefined;
}

const NOTHING = -1;
/** Of a file with more records the last are read. */
const MOST_DAYS = 4_000;
const DAY_MS = 86_400_000;
const FAULTS = {
  "Fault.Device": "device",
  "Fault.Alarm": "alarm",
  "Fault.Humidifier": "humidifier",
  "Fault.HeatedTube": "heated_tube",
} as const;
/** A label that only machines with ASVAuto have. */
const ASVAUTO_LABEL = "S.AA.MaxPS";
const ASVAUTO_MODE = 8;

/**
 * The days of STR.edf on which the machine was used, oldest first; otherwise why the file is refused. Records whose
 * checksum does not fit are left out and counted.
 */
export function readSummaries(
  bytes: Uint8Array,
): { readonly days: readonly DaySummary[]; readonly damaged: number } | string {
  const opened = openCardFile(bytes);
  if (typeof opened === "string") return opened;
  const days: DaySummary[] = [];
  let damaged = 0;
  const records = recordsIn(opened.layout, bytes.length);
  for (let i = Math.max(0, records - MOST_DAYS); i < records; i++) {
    const from = opened.layout.headerBytes + i * opened.layout.recordBytes;
    const record = bytes.subarray(from, from + opened.layout.recordBytes);
    if (!isIntact(opened, record)) damaged += 1;
    else {
      const day = summaryOf(opened, record, platformOf(opened.header));
      if (day !== undefined) days.push(day);
    }
  }
  return { days: days.toSorted((a, b) => (a.day < b.day ? -1 : 1)), damaged };
}

function summaryOf(
  file: CardFile,
  record: Uint8Array,
  platform: Platform | undefined,
): DaySummary | undefined {
  const { signals } = file.header;
  const raws = (label: string): readonly number[] => {
    const index = signals.findIndex((signal) => signal.label === label);
    const count = signals[index]?.samples ?? 0;
    return Array.from({ length: count }, (_, i) => rawSample(record, file.layout, index, i));
  };
  const value = (label: string): number | undefined => {
    const index = signals.findIndex((one) => one.label === label);
    const signal = signals[index];
    const raw = rawSample(record, file.layout, index, 0);
    return signal === undefined || raw === NOTHING ? undefined : toPhysical(signal, raw);
  };
  const dateAt = signals.findIndex(({ label }) => label === "Date");
  const date = dateAt < 0 ? NOTHING : rawSample(record, file.layout, dateAt, 0);
  const used = value("Duration");
  if (date <= 0 || used === undefined || used <= 0) return undefined;
  const mode = value("Mode");
  const hasAsvAuto = signals.some(({ label }) => label === ASVAUTO_LABEL);
  return {
    day: new Date(date * DAY_MS).toISOString().slice(0, 10),
    maskOn: pairs(raws("MaskOn"), raws("MaskOff")),
    settings: settingsOf(mode, platform, value, mode === ASVAUTO_MODE && platform === "air10" && !hasAsvAuto),
    faults: Object.entries(FAULTS).flatMap(([label, name]) => ((value(label) ?? 0) > 0 ? [name] : [])),
    value,
    step(label) {
      const signal = signals.find((one) => one.label === label);
      return signal === undefined ? undefined : toPhysical(signal, 1) - toPhysical(signal, 0);
    },
  };
}

const pairs = (on: readonly number[], off: readonly number[]): DaySummary["maskOn"] =>
  on.flatMap((from, i) => {
    const to = off[i] ?? NOTHING;
    return from === NOTHING || to === NOTHING ? [] : [{ from, to }];
  });
