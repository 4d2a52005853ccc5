import type { AlarmValues, Baselines, ConditionId, EventKind, Priority } from "../domain/alarm.ts";
import type { BedProfile, DependencyClass, DeviceRole, ExpectedSource } from "../domain/bed.ts";
import type { Observation, ObservationBody, QualityFlag } from "../domain/observation.ts";
import { absent, type Sample, type Samples } from "../domain/sample.ts";
import { type SettingId, SIGNALS, type SignalId } from "../domain/signal.ts";
import { mono, type Wall, wall } from "../domain/time.ts";
import { CONDITIONS } from "./conditions/index.ts";
import { type EngineInput, type StepResult, step } from "./engine.ts";
import { resolveLimits } from "./limits.ts";
import { type AlarmSetup, startState } from "./state.ts";

/** A night of given values: what a samples file holds. `signals` are its columns, `rows` are in time order. */
export interface JudgedNight {
  readonly signals: readonly SignalId[];
  readonly rows: readonly {
    readonly at: Wall;
    readonly samples: { readonly [id in SignalId]?: Sample };
    readonly settings: { readonly [id in SettingId]?: number | string };
    /** What the oximeter remarked about its numbers. */
    readonly flags?: readonly QualityFlag[];
  }[];
  /** A signal that a row does not name was not spoken of (a store's rows); otherwise it was not measured. */
  readonly sparse?: true;
}

/** By whose rules a night is judged; `limits` as in a limits file, unchecked. */
export interface JudgeOptions {
  readonly dependencyClass: DependencyClass;
  readonly limits?: unknown;
  /** The person's usual values; absent: not known. */
  readonly baselines?: Baselines;
}

/** One line of `judge`. `occurrence` null: a condition that cannot judge, and of which no alarm is open. */
export interface JudgeLine {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly event: EventKind;
  readonly id: ConditionId;
  readonly priority: Priority;
  readonly occurrence: string | null;
  readonly values: AlarmValues;
}

const BED = "b1";
/** Fixed, so that the same night gives the same lines. */
const JOURNAL = "judgejudge";
const SECOND_MS = 1_000;
/** In a longer hole between two rows nothing more can happen. */
const HOLE_MS = 600_000;

/** Which machine a signal's column stands for. */
const ROLES: { readonly [group in (typeof SIGNALS)[SignalId]["group"]]: DeviceRole } = {
  oximeter: "oximeter",
  ventilator: "ventilator",
  capnograph: "capnograph",
  power: "plug",
  contact: "contact",
};

/**
 * The alarm engine over a night (`breathwatch judge`; design, section 9). On watch from the first row; each row arrives
 * at its `at`; expected are the machines that have a column. `limits` as in a limits file, unchecked: throws
 * INPUT_INVALID as resolveLimits does.
 */
export function* judge(night: JudgedNight, options: JudgeOptions): Generator<JudgeLine, void> {
  for (const result of judgedSteps(night, options)) yield* linesOf(result);
}

/** The same, step by step: several a row, and one a second in a hole. */
export function* judgedSteps(night: JudgedNight, options: JudgeOptions): Generator<StepResult, void> {
  const limits = resolveLimits(options.limits, options.dependencyClass);
  const first = night.rows[0];
  if (first === undefined) return;
  const sources = sourcesOf(night.signals);
  const setup: AlarmSetup = {
    profile: profileOf(sources, options.dependencyClass),
    limits,
    journal: JOURNAL,
    // Reminders of settings are for people; a file of values has none.
    conditions: CONDITIONS.filter(({ id }) => id !== "ALARM_OFF_REMINDER" && id !== "LIMITS_WIDENED"),
  };
  const monoAt = (at: Wall) => mono(at - first.at);
  const fresh = startState({ mono: monoAt(first.at), wall: first.at, trusted: true }, BED);
  const { baselines = fresh.core.baselines } = options;
  let state = { ...fresh, core: { ...fresh.core, baselines } };
  let seq = 0;

  const take = (input: EngineInput): StepResult => {
    const result = step(setup, state, input);
    state = result.state;
    return result;
  };
  const tick = (at: Wall): EngineInput => ({ kind: "tick", mono: monoAt(at), at });
  const observe = (device: string, at: Wall, body: ObservationBody): EngineInput => ({
    kind: "observation",
    observation: observationOf(device, at, monoAt(at), seq++, body),
  });

  yield take(tick(first.at));
  let before = first.at;
  for (const { at, samples, settings, flags = [] } of night.rows) {
    const end = Math.min(at, before + HOLE_MS);
    for (let second = before + SECOND_MS; second < end; second += SECOND_MS) yield take(tick(wall(second)));
    if (Object.keys(settings).length > 0)
      yield take(observe("ventilator", at, { kind: "settings", settings }));
    for (const { device, role, signals } of sources) {
      const spoken = night.sparse === true ? signals.filter((id) => samples[id] !== undefined) : signals;
      if (spoken.length === 0) continue;
      const remarks = role === "oximeter" && flags.length > 0 ? { flags } : {};
      yield take(observe(device, at, { kind: "samples", samples: cells(spoken, samples), ...remarks }));
    }
    yield take(tick(at));
    before = at;
  }
}

function sourcesOf(signals: readonly SignalId[]): readonly ExpectedSource[] {
  const roles = new Set(signals.map((id) => ROLES[SIGNALS[id].group]));
  return [...roles].map((role) => ({
    device: role,
    role,
    signals: signals.filter((id) => ROLES[SIGNALS[id].group] === role),
    simulated: false,
  }));
}

const profileOf = (sources: readonly ExpectedSource[], dependencyClass: DependencyClass): BedProfile => ({
  bed: BED,
  zone: "UTC",
  dependencyClass,
  schedule: { fromMinute: 0, toMinute: 24 * 60 },
  sources,
});

/** A column without a cell in this row is a missing sample: never filled, not measured. */
function cells(signals: readonly SignalId[], row: Samples): Samples {
  const said: { [id in SignalId]?: Sample } = {};
  for (const id of signals) said[id] = row[id] ?? absent("not_measured");
  return said;
}

const observationOf = (
  device: string,
  at: Wall,
  arrived: Observation["mono"],
  seq: number,
  body: ObservationBody,
): Observation => ({
  device,
  bed: BED,
  epoch: JOURNAL,
  seq,
  at,
  mono: arrived,
  simulated: false,
  timeliness: "live",
  body,
});

function linesOf({ notices, events }: StepResult): readonly JudgeLine[] {
  if (notices.length === 0 && events.length === 0) return [];
  return [
    ...notices.map(({ at, kind, condition, priority, values }) => ({
      at,
      event: kind,
      id: condition,
      priority,
      occurrence: null,
      values,
    })),
    ...events.map(({ at, kind, member, occurrence }) => ({
      at,
      event: kind,
      id: member?.condition ?? occurrence.condition,
      priority: member?.priority ?? occurrence.priority,
      occurrence: occurrence.id,
      values: member?.values ?? occurrence.values,
    })),
  ];
}
