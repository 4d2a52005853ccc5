import type { AcknowledgePlace, CareAct, ConditionId, Priority } from "../../src/domain/alarm.ts";
import type { DependencyClass } from "../../src/domain/bed.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import type { Samples } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";

/** The two devices of an oracle's bed: an oximeter and a ventilator. */
export type NightDevice = "oxi" | "vent";

/** What a device said in one second; a device that is not named was silent. */
export interface Spoken {
  readonly samples: Samples;
  readonly flags?: readonly QualityFlag[];
}

/** What people do; acknowledging is for every alarm that is open, one by one. */
export type NightCommand =
  | { readonly kind: "acknowledge"; readonly place: AcknowledgePlace }
  | {
      readonly kind: "pause";
      readonly condition: ConditionId;
      readonly priority: Priority;
      readonly minutes: number;
    }
  | { readonly kind: "resume"; readonly condition: ConditionId }
  | { readonly kind: "care"; readonly act: CareAct }
  | { readonly kind: "care_done" }
  | { readonly kind: "start_watch" }
  | { readonly kind: "end_watch" }
  | { readonly kind: "limits"; readonly limits: GivenLimits };

/** Limits as a person writes them: what is not named keeps the preset. */
export type GivenLimits = {
  readonly [id in ConditionId]?: { readonly on?: boolean } & { readonly [name: string]: number | boolean };
};

/** One second: new limits, the ventilator, the oximeter, time, and in the end what else people do. */
export interface NightSecond {
  readonly commands?: readonly NightCommand[];
  readonly vent?: Spoken;
  readonly oxi?: Spoken;
}

/** A series for engine and oracle alike, one entry a second. */
export interface Night {
  readonly cls: DependencyClass;
  readonly limits: GivenLimits;
  readonly conditions: readonly ConditionId[];
  readonly seconds: readonly NightSecond[];
}

/** Every setting of every condition in force, presets included: what a limits file comes to. */
export type Resolved = {
  readonly [id in ConditionId]: {
    readonly on: boolean;
    readonly values: { readonly [name: string]: number };
  };
};

export const deviceOf = (signal: SignalId): NightDevice =>
  signal === "spo2" || signal === "pulse_rate" || signal === "perfusion_index" ? "oxi" : "vent";

/** The input of a night, to be asked about any second of it: nothing in here is decided by an earlier answer. */
export class NightRecord {
  readonly night: Night;
  /** The second that is being judged, and how many of its commands have been obeyed. */
  now = 0;
  taken = 0;
  readonly #limits: readonly Resolved[];
  /** By condition: for each second the newest one up to it in which it was off. */
  readonly #off = new Map<ConditionId, readonly number[]>();

  readonly #watchFrom: readonly number[];

  constructor(night: Night, resolve: (limits: GivenLimits) => Resolved) {
    this.night = night;
    this.#watchFrom = watchesOf(night.seconds);
    let now = resolve(night.limits);
    this.#limits = night.seconds.map(({ commands = [] }) => {
      for (const one of commands) if (one.kind === "limits") now = resolve(one.limits);
      return now;
    });
    for (const id of night.conditions) {
      let last = -1;
      this.#off.set(
        id,
        this.#limits.map((limits, t) => (last = limits[id].on ? last : t)),
      );
    }
  }

  spoken(device: NightDevice, t: number): Spoken | undefined {
    return this.night.seconds[t]?.[device];
  }

  /** The valid value that arrived in this very second. */
  value(signal: SignalId, t: number): number | undefined {
    const sample = this.spoken(deviceOf(signal), t)?.samples[signal];
    return typeof sample === "number" ? sample : undefined;
  }

  /** The newest second up to `t` with a valid value. */
  newestAt(signal: SignalId, t: number): number | undefined {
    for (let s = t; s >= 0; s--) if (this.value(signal, s) !== undefined) return s;
    return undefined;
  }

  newest(signal: SignalId, t: number): number | undefined {
    const at = this.newestAt(signal, t);
    return at === undefined ? undefined : this.value(signal, at);
  }

  /** The newest second up to `t` in which the device said anything. */
  heardAt(device: NightDevice, t: number): number | undefined {
    for (let s = t; s >= 0; s--) if (this.spoken(device, s) !== undefined) return s;
    return undefined;
  }

  isOn(id: ConditionId, t: number): boolean {
    return this.#limits[t]?.[id].on ?? false;
  }

  /** Newest second up to `t` in which it was switched off; -1: none. */
  lastOff(id: ConditionId, t: number): number {
    return this.#off.get(id)?.[t] ?? -1;
  }

  setting(id: ConditionId, name: string, t: number): number {
    const value = this.#limits[t]?.[id].values[name];
    if (value === undefined) throw new RangeError(`${id} has no setting ${name}`);
    return value;
  }

  /** What people have done in this second so far: they act one after another at its end. */
  commandsAt(t: number): readonly NightCommand[] {
    const commands = this.night.seconds[t]?.commands ?? [];
    return t < this.now ? commands : commands.slice(0, this.taken);
  }

  /** The bed is on watch from the first second, by its schedule; a person ends it and begins it. */
  isOnWatch(t: number): boolean {
    return this.watchFrom(t) <= t;
  }

  /** The second in which the present watch began, -1: before the series; later than `t` while there is none. */
  watchFrom(t: number): number {
    return this.#watchFrom[t] ?? -1;
  }
}

/** For each second, since when it was on watch; what people do at its end counts from the next one on. */
function watchesOf(seconds: readonly NightSecond[]): readonly number[] {
  let from = -1;
  return seconds.map(({ commands = [] }, t) => {
    const now = from;
    for (const { kind } of commands) {
      if (kind === "end_watch") from = Number.POSITIVE_INFINITY;
      if (kind === "start_watch" && from > t) from = t;
    }
    return now;
  });
}
