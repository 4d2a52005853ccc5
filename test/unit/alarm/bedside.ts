import type { Condition } from "../../../src/alarm/condition.ts";
import { type EngineInput, type StepResult, step } from "../../../src/alarm/engine.ts";
import { foldJournal, toFold } from "../../../src/alarm/fold.ts";
import { entryOf, type JournalEntry } from "../../../src/alarm/journal.ts";
import { resolveLimits } from "../../../src/alarm/limits.ts";
import { type AlarmSetup, type EngineState, type Notice, startState } from "../../../src/alarm/state.ts";
import type { AlarmCommand, AlarmEvent, AlarmFold, Occurrence } from "../../../src/domain/alarm.ts";
import type { DependencyClass, ExpectedSource, WatchSchedule } from "../../../src/domain/bed.ts";
import type { ObservationBody, Timeliness } from "../../../src/domain/observation.ts";
import { absent, type Sample, type Samples } from "../../../src/domain/sample.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { mono, wall } from "../../../src/domain/time.ts";

/** Second 0 of every bedside: 2024-01-15 22:00 UTC, inside the default schedule of a bed in UTC. */
export const EVENING = Date.UTC(2024, 0, 15, 22, 0, 0);
/** Its monotonic clock: no round number, so that nothing mixes it up with the wall clock. */
export const UPTIME = 5_000_123;

export const ANNA = { id: "anna", name: "Anna" };
export const BEN = { id: "ben", name: "Ben" };

export const OXIMETER: ExpectedSource = {
  device: "oxi",
  role: "oximeter",
  signals: ["spo2", "pulse_rate"],
  simulated: false,
};

export const VENTILATOR: ExpectedSource = {
  device: "vent",
  role: "ventilator",
  signals: [
    "leak",
    "pressure_peak",
    "tidal_volume_exp",
    "minute_volume",
    "resp_rate",
    "apnea_duration",
    "therapy",
  ],
  simulated: false,
};

export interface BedsideOptions {
  readonly cls?: DependencyClass;
  readonly limits?: unknown;
  readonly sources?: readonly ExpectedSource[];
  readonly schedule?: WatchSchedule;
  readonly zone?: string;
  readonly conditions?: readonly Condition[];
  /** Wall-clock milliseconds of second 0. */
  readonly from?: number;
}

export function setupOf(options: BedsideOptions = {}): AlarmSetup {
  const cls = options.cls ?? "B";
  return {
    profile: {
      bed: "b1",
      zone: options.zone ?? "UTC",
      dependencyClass: cls,
      schedule: options.schedule ?? { fromMinute: 21 * 60, toMinute: 9 * 60 },
      sources: options.sources ?? [OXIMETER],
    },
    limits: resolveLimits(options.limits, cls),
    journal: "abcdefghij",
    ...(options.conditions !== undefined && { conditions: options.conditions }),
  };
}

/** An event as tests like to read it. */
export interface Seen {
  readonly at: number;
  readonly kind: AlarmEvent["kind"];
  readonly id: string;
  readonly priority: string;
  readonly reason?: string;
}

/** A bed under test, on virtual time in seconds from EVENING. */
export class Bedside {
  readonly setup: AlarmSetup;
  readonly from: number;
  state: EngineState;
  second = 0;
  trusted = true;
  readonly events: AlarmEvent[] = [];
  readonly notices: Notice[] = [];
  readonly entries: JournalEntry[] = [];
  #uptime = UPTIME;
  #seq = 0;
  #command = 0;

  constructor(options: BedsideOptions = {}) {
    this.setup = setupOf(options);
    this.from = options.from ?? EVENING;
    this.state = startState({ mono: this.mono(0), wall: this.wall(0), trusted: true }, "b1");
    this.tick();
  }

  mono(second: number) {
    return mono(this.#uptime + second * 1000);
  }

  wall(second: number) {
    return wall(this.from + second * 1000);
  }

  take(input: EngineInput): StepResult {
    const result = step(this.setup, this.state, input);
    this.state = result.state;
    this.events.push(...result.events);
    this.notices.push(...result.notices);
    if (result.entry !== undefined) this.entries.push(result.entry);
    return result;
  }

  tick(): void {
    this.take({
      kind: "tick",
      mono: this.mono(this.second),
      at: this.wall(this.second),
      trusted: this.trusted,
    });
  }

  /** This bed as it is now, to go on from twice. */
  copy(): Bedside {
    const copy = new Bedside({ from: this.from });
    Object.assign(copy, { setup: this.setup, state: this.state, second: this.second, trusted: this.trusted });
    copy.events.splice(0, copy.events.length, ...this.events);
    copy.entries.splice(0, copy.entries.length, ...this.entries);
    copy.#uptime = this.#uptime;
    copy.#seq = this.#seq;
    copy.#command = this.#command;
    return copy;
  }

  /**
   * The process dies and a new one begins from the journal, as it was read back from the disk: on another monotonic
   * clock, `downS` seconds later. `clean`: it wrote its state down before it stopped.
   */
  restart({ downS = 0, clean = false, trusted = true } = {}): this {
    if (clean) this.entries.push(entryOf(this.state, []));
    const stoppedAt = (this.state.mono - this.#uptime) / 1000;
    this.second += downS;
    this.#uptime -= 1_234_567;
    const now = { mono: this.mono(stoppedAt + downS), wall: this.wall(stoppedAt + downS), trusted };
    this.trusted = trusted;
    this.state = foldJournal(JSON.parse(JSON.stringify(this.entries)), now, "b1");
    return this;
  }

  /** One observation now. */
  hear(
    device: string,
    body: ObservationBody,
    marks: {
      readonly timeliness?: Timeliness;
      readonly simulated?: boolean;
      readonly epoch?: string;
      readonly seq?: number;
      readonly mono?: number;
      readonly at?: number;
      readonly deviceAt?: number;
      readonly bed?: string;
    } = {},
  ): StepResult {
    return this.take({
      kind: "observation",
      observation: {
        device,
        bed: marks.bed ?? "b1",
        epoch: marks.epoch ?? "e1",
        seq: marks.seq ?? this.#seq++,
        at: wall(marks.at ?? this.wall(this.second)),
        mono: mono(marks.mono ?? this.mono(this.second)),
        simulated: marks.simulated ?? false,
        timeliness: marks.timeliness ?? "live",
        ...(marks.deviceAt !== undefined && { deviceAt: wall(marks.deviceAt) }),
        body,
      },
    });
  }

  samples(device: string, samples: Samples, marks: Parameters<Bedside["hear"]>[2] = {}): StepResult {
    return this.hear(device, { kind: "samples", samples }, marks);
  }

  /** Both numbers of the oximeter; a pulse that moves a little, so that nothing looks frozen. */
  oxi(
    spo2: Sample,
    pulse: Sample = 60 + (this.second % 5),
    marks: Parameters<Bedside["hear"]>[2] = {},
  ): StepResult {
    return this.samples("oxi", { spo2, pulse_rate: pulse }, marks);
  }

  /** Once a second for some seconds: what `each` says, then the tick, then the next second. */
  run(seconds: number, each: (bed: Bedside) => void = () => {}): this {
    for (let i = 0; i < seconds; i++) {
      each(this);
      this.tick();
      this.second += 1;
    }
    return this;
  }

  /** The oximeter for some seconds at one value. */
  at(spo2: Sample, seconds: number): this {
    return this.run(seconds, (bed) => bed.oxi(spo2));
  }

  command(command: DistributedOmit<AlarmCommand, "id"> & { readonly id?: string }): StepResult {
    const whole = { id: `c${this.#command++}`, ...command } as AlarmCommand;
    return this.take({
      kind: "command",
      mono: this.mono(this.second),
      at: this.wall(this.second),
      command: whole,
    });
  }

  get fold(): AlarmFold {
    return toFold(this.state);
  }

  /** The open occurrence that this condition is part of. */
  open(id: string): Occurrence | undefined {
    return this.fold.open.find(({ condition, conditions = [condition] }) =>
      conditions.some((one) => one === id),
    );
  }

  /** What happened, optionally to some conditions only; `at` in seconds. */
  seen(...ids: string[]): Seen[] {
    return this.events
      .filter((event) => ids.length === 0 || ids.includes(conditionOf(event)))
      .map((event) => ({
        at: (event.at - this.from) / 1000,
        kind: event.kind,
        id: conditionOf(event),
        priority: event.member?.priority ?? event.occurrence.priority,
        ...(event.reason !== undefined && { reason: event.reason }),
      }));
  }

  /** The same as short lines: "30 occurred SPO2_LOW high". */
  lines(...ids: string[]): string[] {
    return this.seen(...ids).map(({ at, kind, id, priority, reason }) =>
      [at, kind, id, priority, ...(reason === undefined ? [] : [reason])].join(" "),
    );
  }
}

/** The condition that an event is about, where tiers share the occurrence. */
const conditionOf = ({ member, occurrence }: AlarmEvent) => member?.condition ?? occurrence.condition;

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export const GONE = absent("not_measured");

/** Samples of a ventilator in good order. */
export const treated = (second: number, change: { [id in SignalId]?: Sample } = {}): Samples => ({
  leak: 8 + (second % 3),
  pressure_peak: 18 + (second % 4) / 10,
  tidal_volume_exp: 480 + (second % 11),
  minute_volume: 7.1 + (second % 3) / 10,
  resp_rate: 14 + (second % 2),
  therapy: 1,
  ...change,
});
