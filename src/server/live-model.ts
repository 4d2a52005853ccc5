import type { AlarmFold } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId, DeviceId } from "../domain/ids.ts";
import type { Observation, Timeliness, WaveBody } from "../domain/observation.ts";
import { isPresent, type Sample } from "../domain/sample.ts";
import { SIGNAL_IDS, type SignalId } from "../domain/signal.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { type AnswerRules, answersFor } from "./answers.ts";
import type { BedState, LinkState, LiveSample, SourceView, WakeReadiness } from "./contract.ts";

/** A bed as pages show it; sources in rank order. */
export interface LiveBed {
  readonly bed: BedId;
  readonly label: string;
  /** IANA zone. */
  readonly zone: string;
  readonly sources: readonly LiveSource[];
  /** Absent: pages offer neither pauses nor care. */
  readonly answers?: AnswerRules;
}

export interface LiveSource {
  readonly device: DeviceId;
  /** Device family id. */
  readonly family: string;
  readonly label: string;
  readonly role: string;
  /** Known to be simulated before anything arrived. */
  readonly simulated: boolean;
}

/** What a link says of itself. */
export interface SourceLink {
  readonly link: LinkState;
  /** Sentence for people when it is not open: cause and fix. */
  readonly problem?: string;
  readonly simulated?: boolean;
}

/** `alarms` must reach pages at once, `numbers` may wait for the next one. */
export type LiveChange = "alarms" | "numbers";

/**
 * The present picture of every bed, held in memory and fed by calls that never throw and never wait: it hangs
 * beside the alarm path, not in it. Listeners are called synchronously.
 */
export interface LiveModel {
  observe(observation: Observation): void;
  alarms(fold: AlarmFold): void;
  link(device: DeviceId, state: SourceLink): void;
  readiness(readiness: WakeReadiness): void;
  /** Ages are those of this moment. */
  states(): readonly BedState[];
  bed(bed: BedId): LiveBed | undefined;
  /** The open occurrences of a bed and whether anything of it is simulated; undefined for a bed not there. */
  fold(bed: BedId): AlarmFold | undefined;
  simulated(bed: BedId): boolean;
  onChange(listener: (change: LiveChange) => void): () => void;
  onWave(listener: (bed: BedId, device: DeviceId, wave: WaveBody) => void): () => void;
}

/** Older than this a sample gives way to a fresher one of a source further down the list. */
const FRESH_MS = 10 * SECOND_MS;

const NOT_READY: WakeReadiness = { sounder: { ok: false, detail: "starting" }, targets: [], durable: true };

export function createLiveModel(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly beds: readonly LiveBed[];
}): LiveModel {
  return new Model(deps.clock, deps.log, deps.beds);
}

interface Held {
  readonly sample: Sample;
  readonly arrived: Mono;
}

/** What is held of one source. */
interface Source {
  readonly info: LiveSource;
  readonly samples: Map<SignalId, Held>;
  link: SourceLink;
  timeliness: Timeliness;
  /** How far a delayed source runs behind, by its own stamps. */
  behindMs: number;
  simulated: boolean;
  newest: Mono | undefined;
}

interface Bed {
  readonly info: LiveBed;
  readonly sources: readonly Source[];
  fold: AlarmFold;
}

class Model implements LiveModel {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #beds: readonly Bed[];
  readonly #sources = new Map<DeviceId, Source>();
  readonly #changeListeners = new Set<(change: LiveChange) => void>();
  readonly #waveListeners = new Set<(bed: BedId, device: DeviceId, wave: WaveBody) => void>();
  #readiness = NOT_READY;

  constructor(clock: Clock, log: Log, beds: readonly LiveBed[]) {
    this.#clock = clock;
    this.#log = log;
    this.#beds = beds.map((info) => ({
      info,
      sources: info.sources.map((source) => this.#addSource(source)),
      fold: noAlarms(info.bed, clock),
    }));
  }

  observe(observation: Observation): void {
    this.#safely(() => {
      const source = this.#sources.get(observation.device);
      // What comes late fills charts; a live page would show it as now.
      if (source === undefined || observation.timeliness === "late") return;
      const { body } = observation;
      source.newest = observation.mono;
      source.timeliness = observation.timeliness;
      source.behindMs = behind(observation);
      source.simulated ||= observation.simulated;
      if (body.kind === "wave") {
        for (const listener of this.#waveListeners) listener(observation.bed, observation.device, body);
        return;
      }
      if (body.kind !== "samples") return;
      for (const signal of SIGNAL_IDS) {
        const sample = body.samples[signal];
        if (sample !== undefined) source.samples.set(signal, { sample, arrived: observation.mono });
      }
      this.#changed("numbers");
    });
  }

  alarms(fold: AlarmFold): void {
    this.#safely(() => {
      const bed = this.#beds.find(({ info }) => info.bed === fold.bed);
      if (bed === undefined || fold.revision < bed.fold.revision) return;
      bed.fold = fold;
      this.#changed("alarms");
    });
  }

  link(device: DeviceId, state: SourceLink): void {
    this.#safely(() => {
      const source = this.#sources.get(device);
      if (source === undefined) return;
      source.link = state;
      source.simulated ||= state.simulated ?? false;
      this.#changed("numbers");
    });
  }

  readiness(readiness: WakeReadiness): void {
    this.#safely(() => {
      this.#readiness = readiness;
      this.#changed("numbers");
    });
  }

  states(): readonly BedState[] {
    const now = this.#clock.mono();
    return this.#beds.map(({ info, sources, fold }) => ({
      bed: info.bed,
      label: info.label,
      zone: info.zone,
      simulated: sources.some(({ simulated }) => simulated),
      signals: newestSamples(sources, now),
      sources: sources.map((source) => viewOf(source, now)),
      alarms: fold,
      answers: answersFor(fold, info.answers),
      readiness: this.#readiness,
    }));
  }

  bed(bed: BedId): LiveBed | undefined {
    return this.#bed(bed)?.info;
  }

  fold(bed: BedId): AlarmFold | undefined {
    return this.#bed(bed)?.fold;
  }

  simulated(bed: BedId): boolean {
    return this.#bed(bed)?.sources.some(({ simulated }) => simulated) ?? false;
  }

  onChange(listener: (change: LiveChange) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  onWave(listener: (bed: BedId, device: DeviceId, wave: WaveBody) => void): () => void {
    this.#waveListeners.add(listener);
    return () => this.#waveListeners.delete(listener);
  }

  #bed(bed: BedId): Bed | undefined {
    return this.#beds.find(({ info }) => info.bed === bed);
  }

  #addSource(info: LiveSource): Source {
    const source: Source = {
      info,
      samples: new Map(),
      link: { link: "opening" },
      timeliness: "live",
      behindMs: 0,
      simulated: info.simulated,
      newest: undefined,
    };
    this.#sources.set(info.device, source);
    return source;
  }

  #changed(change: LiveChange): void {
    for (const listener of this.#changeListeners) listener(change);
  }

  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.note("live.failed", { error: messageOf(error) }, "error");
    }
  }
}

function noAlarms(bed: BedId, clock: Clock): AlarmFold {
  const at = clock.wall();
  return {
    ...{ bed, revision: 0, at, watch: { on: false, reason: "off", since: at } },
    ...{ open: [], unknown: [], cards: [], past: [], pauses: [], limits: { version: 0, off: [] } },
  };
}

/** A delayed source's age includes what it says itself; a stamp in the future is not believed. */
function behind({ timeliness, deviceAt, at }: Observation): number {
  return timeliness === "delayed" && deviceAt !== undefined ? Math.max(0, at - deviceAt) : 0;
}

/**
 * For each signal the first source in rank order with a fresh number; else the first with a fresh reason for its
 * absence; else the newest of all, whose age tells that it is over.
 */
function newestSamples(sources: readonly Source[], now: Mono): BedState["signals"] {
  const chosen: { [id in SignalId]?: LiveSample } = {};
  for (const signal of SIGNAL_IDS) {
    const candidates = sources.flatMap((source): LiveSample[] => {
      const held = source.samples.get(signal);
      if (held === undefined) return [];
      const ageMs = now - held.arrived + source.behindMs;
      return [{ sample: held.sample, ageMs, device: source.info.device }];
    });
    const fresh = candidates.filter(({ ageMs }) => ageMs <= FRESH_MS);
    const best =
      fresh.find(({ sample }) => isPresent(sample)) ??
      fresh[0] ??
      candidates.toSorted((a, b) => a.ageMs - b.ageMs)[0];
    if (best !== undefined) chosen[signal] = best;
  }
  return chosen;
}

function viewOf({ info, link, simulated, timeliness, newest, behindMs }: Source, now: Mono): SourceView {
  return {
    device: info.device,
    family: info.family,
    label: info.label,
    role: info.role,
    link: link.link,
    simulated,
    timeliness,
    ...(link.problem === undefined ? {} : { problem: link.problem }),
    ...(newest === undefined ? {} : { ageMs: now - newest + behindMs }),
  };
}
