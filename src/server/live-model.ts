import type { AlarmFold } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId, DeviceId } from "../domain/ids.ts";
import type { Observation, Timeliness, WaveBody } from "../domain/observation.ts";
import { olderTargets } from "../domain/proof-age.ts";
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
  /** Absent: as for class B. */
  readonly dependencyClass?: DependencyClass;
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
  /** One with a lower revision than the newest comes too late; `anew`: they begin again, in another run of the edge. */
  alarms(fold: AlarmFold, anew?: boolean): void;
  /** `bed`: needed where beds of several homes may name a device alike. */
  link(device: DeviceId, state: SourceLink, bed?: BedId): void;
  /** Of one bed; without it of all that are there. Its ages are those of this moment, and grow until it is told anew. */
  readiness(readiness: WakeReadiness, bed?: BedId): void;
  /** Why the bed's box refused what its hub set; undefined: it does not. */
  refusedSettings(bed: BedId, reason: string | undefined): void;
  /** Adds a bed, or gives one that is there its new label, zone and sources; false: no more fit. */
  putBed(bed: LiveBed): boolean;
  removeBed(bed: BedId): void;
  /** Ages are those of this moment; only of the beds that are wanted. */
  states(wanted?: (bed: BedId) => boolean): readonly BedState[];
  /** The same of one bed; undefined for a bed not there. */
  state(bed: BedId): BedState | undefined;
  bed(bed: BedId): LiveBed | undefined;
  /** The names of all beds that are there. */
  beds(): readonly BedId[];
  /** Another number once a bed has come or gone. */
  readonly generation: number;
  /** The open occurrences of a bed and whether anything of it is simulated; undefined for a bed not there. */
  fold(bed: BedId): AlarmFold | undefined;
  simulated(bed: BedId): boolean;
  /** `bed`: the one that changed; absent: any may have. */
  onChange(listener: (change: LiveChange, bed?: BedId) => void): () => void;
  onWave(listener: (bed: BedId, device: DeviceId, wave: WaveBody) => void): () => void;
}

/** Older than this a sample gives way to a fresher one of a source further down the list. */
const FRESH_MS = 10 * SECOND_MS;

/** A hub's fleet; whoever may announce beds must not fill this machine's memory. */
const BEDS_MAX = 50_000;

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
  info: LiveBed;
  sources: readonly Source[];
  readonly byDevice: Map<DeviceId, Source>;
  fold: AlarmFold;
  readiness: Readiness;
  refusedSettings: string | undefined;
}

/** As it was told, and when, by the clock of this machine. */
interface Readiness {
  readonly told: WakeReadiness;
  readonly at: Mono;
}

class Model implements LiveModel {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #beds = new Map<BedId, Bed>();
  readonly #changeListeners = new Set<(change: LiveChange, bed?: BedId) => void>();
  readonly #waveListeners = new Set<(bed: BedId, device: DeviceId, wave: WaveBody) => void>();
  #readiness: Readiness;
  #generation = 0;

  constructor(clock: Clock, log: Log, beds: readonly LiveBed[]) {
    this.#clock = clock;
    this.#log = log;
    this.#readiness = { told: NOT_READY, at: clock.mono() };
    for (const bed of beds) this.putBed(bed);
  }

  putBed(info: LiveBed): boolean {
    const known = this.#beds.get(info.bed);
    if (known === undefined && this.#beds.size >= BEDS_MAX) return false;
    const bed: Bed = known ?? {
      ...{ info, sources: [], byDevice: new Map<DeviceId, Source>() },
      ...{ fold: noAlarms(info.bed, this.#clock), readiness: this.#readiness },
      refusedSettings: undefined,
    };
    bed.info = info;
    // What was measured stays with its device.
    bed.sources = info.sources.map((source) => renewed(bed.byDevice.get(source.device), source));
    bed.byDevice.clear();
    for (const source of bed.sources) bed.byDevice.set(source.info.device, source);
    this.#beds.set(info.bed, bed);
    if (known === undefined) this.#generation += 1;
    this.#safely(() => this.#changed("alarms", info.bed));
    return true;
  }

  removeBed(bed: BedId): void {
    if (!this.#beds.delete(bed)) return;
    this.#generation += 1;
    this.#safely(() => this.#changed("alarms", bed));
  }

  observe(observation: Observation): void {
    this.#safely(() => {
      const source = this.#beds.get(observation.bed)?.byDevice.get(observation.device);
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
      this.#changed("numbers", observation.bed);
    });
  }

  alarms(fold: AlarmFold, anew = false): void {
    this.#safely(() => {
      const bed = this.#beds.get(fold.bed);
      if (bed === undefined || (!anew && fold.revision < bed.fold.revision)) return;
      bed.fold = fold;
      this.#changed("alarms", fold.bed);
    });
  }

  link(device: DeviceId, state: SourceLink, bed?: BedId): void {
    this.#safely(() => {
      const of = bed === undefined ? this.#bedOf(device) : this.#beds.get(bed);
      const source = of?.byDevice.get(device);
      if (of === undefined || source === undefined) return;
      source.link = state;
      source.simulated ||= state.simulated ?? false;
      this.#changed("numbers", of.info.bed);
    });
  }

  readiness(told: WakeReadiness, bed?: BedId): void {
    this.#safely(() => {
      const readiness = { told, at: this.#clock.mono() };
      if (bed === undefined) this.#readiness = readiness;
      for (const one of bed === undefined ? this.#beds.values() : [this.#beds.get(bed)]) {
        if (one !== undefined) one.readiness = readiness;
      }
      this.#changed("numbers", bed);
    });
  }

  refusedSettings(bed: BedId, reason: string | undefined): void {
    this.#safely(() => {
      const found = this.#beds.get(bed);
      if (found === undefined || found.refusedSettings === reason) return;
      found.refusedSettings = reason;
      this.#changed("numbers", bed);
    });
  }

  states(wanted: (bed: BedId) => boolean = () => true): readonly BedState[] {
    const now = this.#clock.mono();
    return [...this.#beds.values()].filter(({ info }) => wanted(info.bed)).map((bed) => stateOf(bed, now));
  }

  state(bed: BedId): BedState | undefined {
    const found = this.#beds.get(bed);
    return found === undefined ? undefined : stateOf(found, this.#clock.mono());
  }

  bed(bed: BedId): LiveBed | undefined {
    return this.#beds.get(bed)?.info;
  }

  beds(): readonly BedId[] {
    return [...this.#beds.keys()];
  }

  get generation(): number {
    return this.#generation;
  }

  fold(bed: BedId): AlarmFold | undefined {
    return this.#beds.get(bed)?.fold;
  }

  simulated(bed: BedId): boolean {
    return this.#beds.get(bed)?.sources.some(({ simulated }) => simulated) ?? false;
  }

  onChange(listener: (change: LiveChange, bed?: BedId) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  onWave(listener: (bed: BedId, device: DeviceId, wave: WaveBody) => void): () => void {
    this.#waveListeners.add(listener);
    return () => this.#waveListeners.delete(listener);
  }

  #bedOf(device: DeviceId): Bed | undefined {
    for (const bed of this.#beds.values()) if (bed.byDevice.has(device)) return bed;
    return undefined;
  }

  #changed(change: LiveChange, bed?: BedId): void {
    for (const listener of this.#changeListeners) listener(change, bed);
  }

  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.note("live.failed", { error: messageOf(error) }, "error");
    }
  }
}

/** A source under its new name; what was known of the device stays. */
function renewed(known: Source | undefined, info: LiveSource): Source {
  return {
    samples: known?.samples ?? new Map<SignalId, Held>(),
    link: known?.link ?? { link: "opening" },
    timeliness: known?.timeliness ?? "live",
    behindMs: known?.behindMs ?? 0,
    simulated: (known?.simulated ?? false) || info.simulated,
    newest: known?.newest,
    info,
  };
}

const stateOf = ({ info, sources, fold, readiness, refusedSettings }: Bed, now: Mono): BedState => ({
  bed: info.bed,
  label: info.label,
  zone: info.zone,
  simulated: sources.some(({ simulated }) => simulated),
  signals: newestSamples(sources, now),
  sources: sources.map((source) => viewOf(source, now)),
  alarms: fold,
  answers: answersFor(fold, info.answers),
  readiness: { ...readiness.told, targets: olderTargets(readiness.told.targets, now - readiness.at) },
  ...(refusedSettings === undefined ? {} : { refusedSettings }),
});

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
