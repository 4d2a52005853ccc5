import type { Breath } from "../domain/breath.ts";
import type { BedId, DeviceId } from "../domain/ids.ts";
import {
  type BreathBody,
  type Observation,
  type ObservationBody,
  QUALITY_FLAGS,
  type QualityFlag,
  type Timeliness,
} from "../domain/observation.ts";
import { absent, isAbsence, measured, type Sample, type Samples } from "../domain/sample.ts";
import { isSettingId, isSignalId, isWaveId, type SignalId } from "../domain/signal.ts";
import { type Mono, type Wall, wall } from "../domain/time.ts";
import { checkIdentity, checkObservation, type Decoded, MESSAGE_VERSION, parse } from "./messages.ts";

/** A breath as it travels: placed by the wall clock, since no reader knows the sender's monotonic one. */
export interface ReceivedBreathBody {
  readonly kind: "breath";
  readonly breath: Omit<Breath, "start" | "end"> & { readonly startAt: Wall; readonly endAt: Wall };
}

/** An observation as a reader of the bus has it: without monotonic time. */
export type ReceivedObservation = Omit<Observation, "mono" | "body" | "unsynced"> & {
  readonly body: Exclude<ObservationBody, BreathBody> | ReceivedBreathBody;
  /** Its time is not final: it comes again once the sender's clock is right. */
  readonly unsynced: boolean;
};

/** What a reader needs to settle a message, whatever it made of the rest. */
export interface ReceivedIdentity {
  readonly epoch: string;
  readonly seq: number;
  /** Everything above it and below `seq` will never come. */
  readonly after: number;
}

/** A refused observation still tells which one it is, when it can, so that it is not sent for ever. */
export type DecodedObservation =
  | { readonly ok: true; readonly observation: ReceivedObservation; readonly identity: ReceivedIdentity }
  | { readonly ok: false; readonly reason: string; readonly identity?: ReceivedIdentity };

/** The payload for `observation/<device>` or `wave/<device>`; device and bed are in the topic. */
export function encodeObservation(observation: Observation): string {
  const { epoch, seq, at, simulated, timeliness, deviceAt, body } = observation;
  return JSON.stringify({
    v: MESSAGE_VERSION,
    epoch,
    seq,
    at,
    simulated,
    timeliness,
    deviceAt,
    unsynced: observation.unsynced === true ? at - observation.mono : undefined,
    ...(body.kind === "breath" ? encodeBreath(body, observation.mono) : body),
  });
}

/** Says, in a payload made before, which number the sender still holds before it. */
export const withAfter = (payload: string, after: number): string =>
  `${payload.slice(0, -1)},"after":${after}}`;

/**
 * Corrects the time of a payload that was made while the clock was not known to be right; `offset` is the distance
 * of the wall clock from the monotonic one now. Payloads that need nothing come back as they are. Only for
 * payloads of this process: monotonic clocks do not outlive one.
 */
export function restamp(payload: string, offset: number): string {
  if (!payload.includes('"unsynced":')) return payload;
  const parsed = parse(payload);
  if (!parsed.ok || !isRecord(parsed.message)) return payload;
  const { unsynced, ...message } = parsed.message;
  const { at } = message;
  if (typeof at !== "number" || typeof unsynced !== "number") return payload;
  return JSON.stringify({ ...message, at: at + offset - unsynced });
}

/** Takes the mark off a payload whose time will never be known better. */
export function acceptTime(payload: string): string {
  if (!payload.includes('"unsynced":')) return payload;
  const parsed = parse(payload);
  if (!parsed.ok || !isRecord(parsed.message)) return payload;
  const { unsynced: _, ...message } = parsed.message;
  return JSON.stringify(message);
}

/** Reads `observation/<device>` and `wave/<device>`. Never throws; numbers out of range become reasons. */
export function decodeObservation(bed: BedId, device: DeviceId, payload: string): DecodedObservation {
  const parsed = parse(payload);
  if (!parsed.ok) return parsed;
  const identified = checkIdentity(parsed.message);
  if (!identified.ok) return identified;
  const { epoch, seq, after = seq - 1 } = identified.message;
  const identity = { epoch, seq, after };
  const content = decodeContent(parsed.message);
  if (!content.ok) return { ...content, identity };
  return { ok: true, identity, observation: { bed, device, epoch, seq, ...content.message } };
}

type Content = Omit<ReceivedObservation, "bed" | "device" | "epoch" | "seq">;

function decodeContent(message: unknown): Decoded<Content> {
  const kind: unknown = isRecord(message) ? message["kind"] : undefined;
  switch (kind) {
    case "samples":
      return mapped(checkObservation.samples(message), ({ samples, flags, counter }) => ({
        kind,
        samples: knownSamples(samples),
        ...(flags === undefined ? {} : { flags: flags.filter(isQualityFlag) }),
        ...(counter === undefined ? {} : { counter }),
      }));
    case "wave":
      return mapped(checkObservation.wave(message), ({ rateHz, channels }) => ({
        kind,
        rateHz,
        channels: known(channels, isWaveId),
      }));
    case "settings":
      return mapped(checkObservation.settings(message), ({ settings }) => ({
        kind,
        settings: known(settings, isSettingId),
      }));
    case "ownAlarm":
      return mapped(checkObservation.ownAlarm(message), ({ alarms }) => ({ kind, alarms }));
    case "identity":
      return mapped(checkObservation.identity(message), ({ serial, model, firmware }) => ({
        kind,
        ...(serial === undefined ? {} : { serial }),
        ...(model === undefined ? {} : { model }),
        ...(firmware === undefined ? {} : { firmware }),
      }));
    case "breath":
      return mapped(
        checkObservation.breath(message),
        ({ at, breath: { startBeforeMs, endBeforeMs, ...breath } }) => ({
          kind,
          breath: { ...breath, startAt: wall(at - startBeforeMs), endAt: wall(at - endBeforeMs) },
        }),
      );
    case "status":
      return mapped(checkObservation.status(message), ({ codes }) => ({ kind, codes }));
    default:
      return { ok: false, reason: `kind ${JSON.stringify(kind)?.slice(0, 40)} is not known` };
  }
}

/** The fields that every kind has, around the body that the kind gives. */
function mapped<Message extends Envelope>(
  checked: Decoded<Message>,
  toBody: (message: Message) => Content["body"],
): Decoded<Content> {
  if (!checked.ok) return checked;
  const { at, simulated, timeliness, deviceAt, unsynced } = checked.message;
  return {
    ok: true,
    message: {
      at,
      simulated,
      timeliness,
      unsynced: unsynced !== undefined,
      ...(deviceAt === undefined ? {} : { deviceAt }),
      body: toBody(checked.message),
    },
  };
}

interface Envelope {
  readonly at: Wall;
  readonly simulated: boolean;
  readonly timeliness: Timeliness;
  readonly deviceAt?: Wall;
  readonly unsynced?: number;
}

function encodeBreath({ kind, breath }: BreathBody, mono: Mono): object {
  const { start, end, ...values } = breath;
  return { kind, breath: { ...values, startBeforeMs: mono - start, endBeforeMs: mono - end } };
}

/** Signals of a newer sender are left out; numbers that cannot be and reasons that are not known are `invalid`. */
function knownSamples(samples: { readonly [name: string]: number | { readonly absent: string } }): Samples {
  if (areKnown(samples)) return samples;
  const kept: { -readonly [id in SignalId]?: Sample } = {};
  for (const [name, sample] of Object.entries(samples)) {
    if (!isSignalId(name)) continue;
    if (typeof sample === "number") kept[name] = measured(name, sample);
    else kept[name] = absent(isAbsence(sample.absent) ? sample.absent : "invalid");
  }
  return kept;
}

/** Whether it is what knownSamples would make of it, as nearly every row is: then it need not be made again. */
function areKnown(samples: {
  readonly [name: string]: number | { readonly absent: string };
}): samples is Samples {
  for (const name in samples) {
    const sample = samples[name];
    if (!isSignalId(name) || typeof sample !== "number" || measured(name, sample) !== sample) return false;
  }
  return true;
}

function known<Id extends string, Value>(
  values: { readonly [name: string]: Value },
  isKnown: (name: string) => name is Id,
): { readonly [id in Id]?: Value } {
  const kept: { [id in Id]?: Value } = {};
  for (const [name, value] of Object.entries(values)) {
    if (isKnown(name)) kept[name] = value;
  }
  return kept;
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isQualityFlag = (text: string): text is QualityFlag =>
  (QUALITY_FLAGS as readonly string[]).includes(text);
