import { priorityRank } from "../domain/alarm.ts";
import type {
  BreathBody,
  Observation,
  OwnAlarmBody,
  SamplesBody,
  SettingsBody,
  WaveBody,
} from "../domain/observation.ts";
import { absent, isAbsence, type Sample, type Samples } from "../domain/sample.ts";
import { isSettingId, isSignalId, type SettingId, SIGNALS, type SignalId } from "../domain/signal.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import { type BreathSeen, GAP_MS, JUDGED_SIGNALS } from "./condition.ts";
import { isDoubted, withDoubt } from "./doubt.ts";
import type { DeviceRecord, Live, SignalRecord, Stillness, ValidSample } from "./state.ts";
import { traced } from "./trace.ts";

/** Longer without a sample, and the value before it stands for nothing any more. */
const HOLD_MS = 10_000;
/** Live means at most this old on arrival (design, law 6). */
const LIVE_MS = 15_000;
/** A bed has a handful of devices; more are a fault outside, and are not remembered. */
const MOST_DEVICES = 16;
const MOST_EPOCHS = 4;
const MOST_MINUTE_VOLUMES = 64;
const MOST_BREATHS = 8;
const MOST_OWN = 16;
/** Against the mean of about so long a card says up or down. */
const USUAL_MS = 15 * MINUTE_MS;
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
  const before = known === undefined ? UNHEARD : resumed(known, observation.body.kind, now);
  const { simulated } = observation;
  const heard: DeviceRecord = { ...before, quiet: undefined, marks, heardAt: now, simulated, timeliness };
  const record = takeBody(withClock(heard, observation, now), observation, now);
  const flips = known === undefined ? 1 : flipped(known, record);
  return { ...live, flips: live.flips + flips, devices: { ...live.devices, [device]: record } };
}

/** A device that has said nothing, with every key. */
const UNHEARD: DeviceRecord = {
  marks: [],
  heardAt: mono(0),
  spokeAt: undefined,
  waveAt: undefined,
  breathAt: undefined,
  waveMovedAt: undefined,
  waveShape: undefined,
  breaths: 0,
  quiet: undefined,
  breathless: undefined,
  simulated: false,
  timeliness: "live",
  signals: {},
  settings: {},
  still: undefined,
  flags: undefined,
  doubts: undefined,
  breathLog: undefined,
  own: undefined,
  status: undefined,
  serial: undefined,
  traces: undefined,
  settingsBase: undefined,
  settingsChanged: undefined,
  clock: undefined,
  minuteVolumes: [],
};

/** Whether the device, its breaths or a signal of it that had fallen silent has spoken again. */
function flipped(before: DeviceRecord, after: DeviceRecord): number {
  if (before.quiet === true && after.quiet !== true) return 1;
  if (before.breathless === true && after.breathless !== true) return 1;
  if (before.signals === after.signals) return 0;
  for (const id of JUDGED_SIGNALS) {
    if (before.signals[id]?.quiet === true && after.signals[id]?.quiet !== true) return 1;
  }
  return 0;
}

/** The device's own clock, kept beside: never used for alarms, only watched for running away. */
function withClock(record: DeviceRecord, { deviceAt, at, unsynced }: Observation, now: Mono): DeviceRecord {
  if (deviceAt === undefined || unsynced === true || !Number.isFinite(deviceAt - at)) return record;
  const offsetMs = deviceAt - at;
  return { ...record, clock: { firstMs: record.clock?.firstMs ?? offsetMs, offsetMs, at: now } };
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
  const [only] = marks;
  if (marks.length === 1 && only?.epoch === epoch) return seq <= only.seq ? undefined : [{ epoch, seq }];
  const mark = marks.find((one) => one.epoch === epoch);
  if (mark !== undefined && seq <= mark.seq) return undefined;
  return [...marks.filter((one) => one !== mark), { epoch, seq }].slice(-MOST_EPOCHS);
}

function takeBody(record: DeviceRecord, { body }: Observation, now: Mono): DeviceRecord {
  switch (body.kind) {
    case "samples":
      return takeSamples(record, body, now);
    case "breath": {
      const breathLog = withBreath(record, body, now);
      return { ...record, breathless: undefined, breathAt: now, breaths: record.breaths + 1, breathLog };
    }
    case "wave":
      return takeWave(record, body, now);
    case "settings":
      return takeSettings(record, body, now);
    case "ownAlarm":
      return { ...record, own: withOwn(record.own ?? {}, body, now) };
    case "identity":
      return body.serial === undefined
        ? record
        : { ...record, serial: { value: body.serial.slice(0, LONGEST_TEXT), at: now } };
    case "status":
      return { ...record, status: { codes: body.codes.slice(0, MOST_OWN), at: now } };
  }
}

function withBreath(
  { breathLog = [] }: DeviceRecord,
  { breath }: BreathBody,
  at: Mono,
): readonly BreathSeen[] {
  const { tidalVolumeExpMl: volumeMl, pressurePeakCmH2o: peakCmH2o } = breath;
  if (!Number.isFinite(volumeMl) || !Number.isFinite(peakCmH2o)) return breathLog;
  return [...breathLog, { at, volumeMl, peakCmH2o }].slice(-MOST_BREATHS);
}

/** What the device alarms of itself, unchanged; one that it has cleared stays known as cleared. */
function withOwn(
  before: NonNullable<DeviceRecord["own"]>,
  body: OwnAlarmBody,
  at: Mono,
): NonNullable<DeviceRecord["own"]> {
  const own = { ...before };
  for (const { code, text, priority, active } of body.alarms) {
    const id = code.slice(0, LONGEST_TEXT);
    if (id === "__proto__") continue;
    // Ventilators list all that they could say: what never sounded is not kept, and what has just ended is.
    if (own[id] === undefined && !active) continue;
    if (own[id] === undefined && Object.keys(own).length >= MOST_OWN) {
      const codes = Object.keys(own);
      const over =
        codes.find((one) => own[one]?.active === false && own[one].at < at) ??
        codes.find((one) => priorityRank(own[one]?.priority ?? "high") < priorityRank(priority));
      if (over === undefined) continue;
      delete own[over];
    }
    own[id] = { code: id, text: text.slice(0, LONGEST_TEXT), priority, active, at };
  }
  return own;
}

function takeSettings(record: DeviceRecord, body: SettingsBody, now: Mono): DeviceRecord {
  const given = usableSettings(body);
  const settings = { ...record.settings, ...given };
  // A setting that is told for the first time has not changed.
  const settingsBase = { ...given, ...record.settingsBase };
  const changed = Object.keys(settings).filter((id) => isSettingId(id) && settings[id] !== settingsBase[id]);
  const { settingsChanged: before } = record;
  if (changed.length === 0) return { ...record, settings, settingsBase, settingsChanged: undefined };
  const names = changed.join(" ");
  const settingsChanged = before?.names === names ? before : { names, at: now };
  return { ...record, settings, settingsBase, settingsChanged };
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
  for (const id of Object.keys(body.samples)) {
    if (!isSignalId(id)) continue;
    const sample = usable(id, body.samples[id]);
    samples[id] = sample;
    signals[id] = takeSample(signals[id], sample, now);
  }
  const flags = body.flags ?? [];
  return {
    ...record,
    spokeAt: now,
    flags: flags.length > 0 ? flags : undefined,
    signals,
    doubts:
      samples.spo2 === undefined
        ? record.doubts
        : withDoubt(record.doubts ?? [], isDoubted({ flags, signals }), now),
    traces: TRACED.some((id) => typeof samples[id] === "number")
      ? tracesOf(record, signals, samples, now)
      : record.traces,
    minuteVolumes: lastMinute(record.minuteVolumes, samples.minute_volume, now),
    still: stillness(record, samples, body.counter, now),
  };
}

/** The minute volumes of the last 60 s, with one that came now. */
function lastMinute(
  before: DeviceRecord["minuteVolumes"],
  sample: Sample | undefined,
  now: Mono,
): DeviceRecord["minuteVolumes"] {
  let first = 0;
  while (now - (before[first]?.[0] ?? now) >= MINUTE_MS) first += 1;
  if (typeof sample !== "number") return first === 0 ? before : before.slice(first);
  return [...before.slice(Math.max(first, before.length + 1 - MOST_MINUTE_VOLUMES)), [now, sample]];
}

const TRACED = ["spo2", "pulse_rate"] as const;

function tracesOf(
  { traces = {} }: DeviceRecord,
  signals: DeviceRecord["signals"],
  samples: Samples,
  now: Mono,
): NonNullable<DeviceRecord["traces"]> {
  const next = { ...traces };
  for (const id of TRACED) {
    const sample = samples[id];
    if (typeof sample === "number") {
      next[id] = traced(traces[id], sample, now, signals[id]?.valid?.coverMs ?? SECOND_MS);
    }
  }
  return next;
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
  if (typeof sample !== "number") return { sample, at: now, valid: before?.valid, quiet: before?.quiet };
  return { sample, at: now, valid: validSample(before, sample, now), quiet: undefined };
}

/**
 * A sample stands for the time since the one before it while samples keep their pace. After a gap, a lost sample or an
 * absence it stands for its own second only: a second without a sample is never filled (law 1).
 */
function validSample(before: SignalRecord | undefined, value: number, now: Mono): ValidSample {
  const valid = before?.valid;
  if (valid === undefined) {
    return { value, at: now, since: now, everyMs: SECOND_MS, off: 0, coverMs: SECOND_MS, usual: value };
  }
  const apartMs = now - valid.at;
  const isNext = apartMs <= HOLD_MS && typeof before?.sample === "number";
  return {
    value,
    at: now,
    since: valid.value === value ? valid.since : now,
    ...(isNext ? paceOf(valid, apartMs) : { everyMs: valid.everyMs, off: 0 }),
    coverMs: isNext && apartMs <= BEARS * valid.everyMs ? apartMs : SECOND_MS,
    usual: valid.usual + (value - valid.usual) * Math.min(1, apartMs / USUAL_MS),
  };
}

/** An interval this many times longer or shorter than usual is off the pace. */
const BEARS = 1.5;
/** Twice could still be two samples that were lost, seconds that nobody measured; once, one that came late. */
const OTHER_PACE_AFTER = 3;
/** How far an interval within the pace moves it. */
const FOLLOWS = 0.25;

function paceOf({ everyMs, off }: ValidSample, apartMs: number): Pick<ValidSample, "everyMs" | "off"> {
  if (apartMs <= BEARS * everyMs && BEARS * apartMs >= everyMs) {
    return { everyMs: everyMs + FOLLOWS * (apartMs - everyMs), off: 0 };
  }
  return off + 1 === OTHER_PACE_AFTER ? { everyMs: apartMs, off: 0 } : { everyMs, off: off + 1 };
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
