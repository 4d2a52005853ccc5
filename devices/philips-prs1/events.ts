import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import { type Chunk, recordsOf } from "./codec.ts";

/** Something at a time, in s from the beginning of the session. */
export type Happening =
  | { readonly at: number; readonly kind: "samples"; readonly samples: Samples }
  | { readonly at: number; readonly kind: "event"; readonly codes: readonly string[] }
  | { readonly at: number; readonly kind: "alarm"; readonly code: AlarmCode; readonly active: boolean };

export type AlarmCode = "apnea" | "disconnect" | "minute_volume_low" | "pressure_low";

export interface Happenings {
  readonly list: readonly Happening[];
  readonly problem: string | undefined;
}

/** The events of a session, whichever version wrote them. */
export const eventsOf = (chunk: Chunk): Happenings =>
  chunk.version === 6 ? timedEvents(chunk) : intervalEvents(chunk);

/** Cells of a statistics record that are FF, or were never filled, are not known to happen. */
const value = (signal: keyof Samples, raw: number | undefined, step: number): Sample =>
  raw === undefined ? absent("not_measured") : measured(signal, raw * step);

/** DreamStation: records with the seconds since the record before. */
function timedEvents({ data, layout }: Chunk): Happenings {
  if (layout.kind !== "records") return { list: [], problem: "events that are not laid out as known" };
  const { records, problem } = recordsOf(data, (code) => layout.lengths.get(code));
  const list: Happening[] = [];
  let t = 0;
  for (const { code, bytes } of records) {
    if (bytes.length < 2) return { list, problem: `a record of code ${code} that is too short` };
    t += (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
    const happened = timedEvent(code, bytes.subarray(2), t);
    if (happened === "too short") return { list, problem: `a record of code ${code} that is too short` };
    if (happened !== undefined) list.push(happened);
  }
  return { list, problem };
}

/** Bytes after the time that a record needs at least. */
const NEEDED: { readonly [code: number]: number } = {
  2: 12,
  4: 1,
  5: 1,
  6: 2,
  7: 3,
  8: 1,
  9: 3,
  10: 1,
  11: 1,
};

function timedEvent(code: number, b: Uint8Array, t: number): Happening | "too short" | undefined {
  if (b.length < (NEEDED[code] ?? 0)) return "too short";
  const event = (at: number, ...codes: string[]): Happening => ({
    at: Math.max(0, at),
    kind: "event",
    codes,
  });
  const lasting = (name: string): Happening => {
    const seconds = 2 * ((b[0] ?? 0) | ((b[1] ?? 0) << 8));
    return event(t - (b[2] ?? 0) - seconds, name, `lasted_${seconds}_s`);
  };
  switch (code) {
    case 2:
      return { at: t, kind: "samples", samples: statistics(b) };
    case 4:
      return event(t - (b[0] ?? 0), "obstructive_apnea");
    case 5:
      return event(t - (b[0] ?? 0), "central_apnea");
    case 6:
      return event(t - (b[1] ?? 0), "hypopnea");
    case 7:
      return lasting("periodic_breathing");
    case 8:
      return event(t - (b[0] ?? 0), "arousal");
    case 9:
      return lasting("large_leak");
    case 10:
    case 11:
      return event(t - (b[0] ?? 0), "hypopnea");
    case 12:
      return { at: t, kind: "alarm", code: "apnea", active: true };
    case 13:
      return { at: t, kind: "alarm", code: "minute_volume_low", active: true };
    default:
      return undefined;
  }
}

/** DreamStation: the two minutes before. */
const statistics = (b: Uint8Array): Samples => ({
  pressure_exp: value("pressure_exp", b[1], 0.125),
  pressure_insp: value("pressure_insp", b[2], 0.125),
  leak_total: value("leak_total", b[3], 1),
  resp_rate: value("resp_rate", b[4], 1),
  triggered_percent: value("triggered_percent", b[5], 1),
  minute_volume: value("minute_volume", b[6], 1),
  tidal_volume_exp: value("tidal_volume_exp", b[7], 10),
  leak: value("leak", b[11], 1),
});

const INTERVAL_BYTES = 16;

/** Alarm bits of an interval. */
const ALARM_BITS: readonly (readonly [number, AlarmCode])[] = [
  [0x01, "apnea"],
  [0x02, "disconnect"],
  [0x04, "minute_volume_low"],
  [0x08, "pressure_low"],
];

/** Older machines: 16 bytes for every two minutes. */
function intervalEvents({ version, data, layout }: Chunk): Happenings {
  if (layout.kind !== "intervals" || layout.seconds === 0 || data.length !== layout.count * INTERVAL_BYTES) {
    return { list: [], problem: "events that are not laid out as known" };
  }
  const list: Happening[] = [];
  let sounding = 0;
  for (let i = 0; i < layout.count; i++) {
    const b = data.subarray(i * INTERVAL_BYTES, (i + 1) * INTERVAL_BYTES);
    const at = (i + 1) * layout.seconds;
    list.push({ at, kind: "samples", samples: intervalSamples(b, version) });
    const [h, ca, oa] = version === 0 ? [b[13], b[14], b[15]] : [b[12], b[13], b[14]];
    const codes = [
      ...repeated("obstructive_apnea", oa),
      ...repeated("central_apnea", ca),
      ...repeated("hypopnea", h),
    ];
    if (codes.length > 0) list.push({ at, kind: "event", codes });
    const now = b[10] ?? 0;
    for (const [bit, code] of ALARM_BITS) {
      if ((now & bit) !== (sounding & bit)) list.push({ at, kind: "alarm", code, active: (now & bit) !== 0 });
    }
    sounding = now;
  }
  return { list, problem: undefined };
}

const intervalSamples = (b: Uint8Array, version: number): Samples => ({
  pressure_insp: value("pressure_insp", (b[0] ?? 0) | ((b[1] ?? 0) << 8), 0.1),
  pressure_exp: value("pressure_exp", (b[2] ?? 0) | ((b[3] ?? 0) << 8), 0.1),
  leak_total: value("leak_total", b[4], 1),
  tidal_volume_exp: value("tidal_volume_exp", b[5], 10),
  triggered_percent: value("triggered_percent", b[7], 1),
  resp_rate: value("resp_rate", b[8], 1),
  minute_volume: value("minute_volume", b[11], 1),
  ...(version === 3 && { leak: value("leak", b[15], 1) }),
});

/** An interval counts events without saying when in it they were: the code stands as often as they were counted. */
const repeated = (code: string, count = 0): readonly string[] => Array.from({ length: count }, () => code);
