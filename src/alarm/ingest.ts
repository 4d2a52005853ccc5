import type { Observation, SamplesBody, SettingsBody, WaveBody } from "../domain/observation.ts";
import { absent, isAbsence, type Sample, type Samples } from "../domain/sample.ts";
import { isSettingId, isSignalId, type SettingId, SIGNALS, type SignalId } from "../domain/signal.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import { GAP_MS } from "./condition.ts";
import type { DeviceRecord, Live, SignalRecord, Stillness, ValidSample } from "./state.ts";

/** Longer without a sample, and the value before it stands for nothing any more. */
const HOLD_MS = 10_000;
/** Live means at most this old on arrival (design, law 6). */
const LIVE_MS = 15_000;
/** A bed has a handful of devices; more are a fault outside, and are not remembered. */
const MOST_DEVICES = 16;
const MOST_EPOCHS = 4;
const MOST_MINUTE_VOLUMES = 64;
const LONGEST_TEXT = 100;

/** Fields that move on a living person, however steady: never SpO2 alone (BR-01). Settings-like ones are left out. */
const MOVING: readonly SignalId[] = [
  "spo2",
  "pulse_rate",
  "perfusion_index",
  "resp_rate",
  "tidal_volume_insp",
  "tidal_volume_exp",
  "minute_volume",
  "leak",
  "leak_total",
  "pressure_peak",
  "pressure_mean",
  "etco2",
];

/**
 * Takes an observation into the record of its device; undefined when it must not count: a repeat or out of order by
 * (device, epoch, seq), late, or older than live data may be.
 */
export function ingest(live: Live, observation: Observation, now: Mono): Live | undefined {
  const { device, timeliness } = observation;
  if (timeliness === "late") return undefined;
  if (timeliness === "live" && now - observation.mono > LIVE_MS) return undefined;
  const known = Object.hasOwn(live.devices, device) ? live.devices[device] : undefined;
  if (known === undefined && Object.keys(live.devices).length >= MOST_DEVICES) return undefined;
  const marks = marked(known?.marks ?? [], observation.epoch, observation.seq);
  if (marks === undefined) return undefined;
  const { quiet: _heardAgain, ...before } =
    known === undefined
      ? { breaths: 0, signals: {}, settings: {}, minuteVolumes: [] }
      : resumed(known, observation.body.kind, now);
  const heard: DeviceRecord = {
    ...before,
    marks,
    heardAt: now,
    simulated: observation.simulated,
    timeliness,
  };
  return { ...live, devices: { ...live.devices, [device]: takeBody(heard, observation, now) } };
}

/**
 * After a gap in measuring, the time without a breath goes on from where it stood before: nobody looked meanwhile, and
 * a cable that is plugged in again does not show an apnoea that lasted as long as the cable was out.
 */
function resumed(record: DeviceRecord, kind: Observation["body"]["kind"], now: Mono): DeviceRecord {
  const { breathAt, waveAt, spokeAt } = record;
  const measures = kind === "wave" || (kind === "samples" && waveAt === undefined);
  if (breathAt === undefined || !measures) return record;
  const gapMs = now - Math.max(waveAt ?? spokeAt ?? breathAt, breathAt);
  return gapMs < GAP_MS ? record : { ...record, breathAt: mono(breathAt + gapMs) };
}

/** The marks with this sequence number; undefined when it was seen before. */
function marked(marks: DeviceRecord["marks"], epoch: string, seq: number): DeviceRecord["marks"] | undefined {
  if (!Number.isSafeInteger(seq)) return undefined;
  const mark = marks.find((one) => one.epoch === epoch);
  if (mark !== undefined && seq <= mark.seq) return undefined;
  return [...marks.filter((one) => one !== mark), { epoch, seq }].slice(-MOST_EPOCHS);
}

function takeBody(record: DeviceRecord, { body }: Observation, now: Mono): DeviceRecord {
  switch (body.kind) {
    case "samples":
      return takeSamples(record, body, now);
    case "breath": {
      const { breathless: _breathes, ...rest } = record;
      return { ...rest, breathAt: now, breaths: record.breaths + 1 };
    }
    case "wave":
      return takeWave(record, body, now);
    case "settings":
      return { ...record, settings: { ...record.settings, ...usableSettings(body) } };
    case "ownAlarm":
    case "identity":
    case "status":
      return record;
  }
}

function usableSettings(body: SettingsBody): DeviceRecord["settings"] {
  const settings: { [id in SettingId]?: number | string } = {};
  for (const [id, value] of Object.entries(body.settings)) {
    if (!isSettingId(id)) continue;
    if (typeof value === "string") settings[id] = value.slice(0, LONGEST_TEXT);
    else if (Number.isFinite(value)) settings[id] = plain(value);
  }
  return settings;
}

function takeSamples(record: DeviceRecord, body: SamplesBody, now: Mono): DeviceRecord {
  const signals: { [id in SignalId]?: SignalRecord } = { ...record.signals };
  const samples: { [id in SignalId]?: Sample } = {};
  for (const [id, raw] of Object.entries(body.samples)) {
    if (!isSignalId(id)) continue;
    const sample = usable(id, raw);
    samples[id] = sample;
    signals[id] = takeSample(signals[id], sample, now);
  }
  const minuteVolumes =
    typeof samples.minute_volume === "number"
      ? [...record.minuteVolumes, [now, samples.minute_volume] as const]
      : record.minuteVolumes;
  return {
    ...record,
    spokeAt: now,
    signals,
    minuteVolumes: minuteVolumes.filter(([at]) => now - at < MINUTE_MS).slice(-MOST_MINUTE_VOLUMES),
    still: stillness(record, samples, body.counter, now),
  };
}

/** JSON knows no minus zero. */
const plain = (value: number): number => (value === 0 ? 0 : value);

/** A number outside the plausible range is no measurement, whoever let it through (law 5). */
function usable(id: SignalId, raw: unknown): Sample {
  if (typeof raw === "number") {
    const { min, max } = SIGNALS[id];
    return raw >= min && raw <= max ? plain(raw) : absent("invalid");
  }
  const reason = typeof raw === "object" && raw !== null && "absent" in raw ? String(raw.absent) : "invalid";
  return absent(isAbsence(reason) ? reason : "invalid");
}

function takeSample(before: SignalRecord | undefined, sample: Sample, now: Mono): SignalRecord {
  const valid = before?.valid;
  if (typeof sample !== "number") {
    return {
      sample,
      at: now,
      ...(valid !== undefined && { valid }),
      ...(before?.quiet === true && { quiet: true }),
    };
  }
  return { sample, at: now, valid: validSample(before, sample, now) };
}

/**
 * A sample stands for the time since the one before it while samples keep their pace. After a gap, a lost sample or an
 * absence it stands for its own second only: a second without a sample is never filled (law 1).
 */
function validSample(before: SignalRecord | undefined, value: number, now: Mono): ValidSample {
  const valid = before?.valid;
  if (valid === undefined) return { value, at: now, since: now, everyMs: SECOND_MS, coverMs: SECOND_MS };
  const apartMs = now - valid.at;
  const isNext = apartMs <= HOLD_MS && typeof before?.sample === "number";
  return {
    value,
    at: now,
    since: valid.value === value ? valid.since : now,
    everyMs: isNext ? Math.min(apartMs, 2 * Math.max(valid.everyMs, SECOND_MS)) : valid.everyMs,
    coverMs: isNext && apartMs <= 1.5 * valid.everyMs ? apartMs : SECOND_MS,
  };
}

function stillness(
  record: DeviceRecord,
  samples: Samples,
  counter: number | undefined,
  now: Mono,
): Stillness {
  const fields: { [id in SignalId]?: number } = {};
  for (const id of MOVING) {
    const sample = samples[id];
    if (typeof sample === "number") fields[id] = sample;
  }
  const before = record.still;
  // A device that was away and comes back with the same numbers has not stood still in between.
  const isGapless = record.spokeAt !== undefined && now - record.spokeAt <= HOLD_MS;
  const change = compare(before?.fields ?? {}, fields);
  const goesOn = before !== undefined && isGapless && change === "same";
  return {
    fields,
    since: goesOn ? before.since : now,
    moved: goesOn ? before.moved : change === "moved",
    ...(counter !== undefined &&
      Number.isFinite(counter) && { counter: count(before, plain(counter), isGapless, now) }),
  };
}

/** `moved`: a number has another value. `same`: none has. `more`: none has, but there is one that was not there. */
function compare(before: Stillness["fields"], fields: Stillness["fields"]): "moved" | "same" | "more" {
  let hasMore = false;
  for (const id of MOVING) {
    if (fields[id] === undefined) continue;
    if (before[id] === undefined) hasMore = true;
    else if (before[id] !== fields[id]) return "moved";
  }
  return hasMore ? "more" : "same";
}

function count(
  before: Stillness | undefined,
  value: number,
  isGapless: boolean,
  now: Mono,
): NonNullable<Stillness["counter"]> {
  const known = before?.counter;
  if (known === undefined || known.value !== value) return { value, since: now, moved: true };
  return isGapless ? known : { value, since: now, moved: false };
}

function takeWave(record: DeviceRecord, body: WaveBody, now: Mono): DeviceRecord {
  const shape = Object.entries(body.channels)
    .map(
      ([id, values]) =>
        `${id}:${values.length}:${values.reduce((sum, value, i) => sum + value * (i + 1), 0)}`,
    )
    .join(" ");
  const isMoving = shape !== record.waveShape;
  return { ...record, waveAt: now, waveShape: shape, ...(isMoving && { waveMovedAt: now }) };
}
