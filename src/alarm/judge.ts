import type { AlarmValues, ConditionId, EventKind, Priority } from "../domain/alarm.ts";
import type { BedProfile, DependencyClass, DeviceRole, ExpectedSource } from "../domain/bed.ts";
import type { Observation, ObservationBody } from "../domain/observation.ts";
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
  }[];
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
export function* judge(
  night: JudgedNight,
  options: { readonly dependencyClass: DependencyClass; readonly limits?: unknown },
): Generator<JudgeLine, void> {
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
  let state = startState({ mono: monoAt(first.at), wall: first.at, trusted: true }, BED);
  let seq = 0;

  function* take(input: EngineInput): Generator<JudgeLine, void> {
    const result = step(setup, state, input);
    state = result.state;
    yield* linesOf(result);
  }
  const tick = (at: Wall): EngineInput => ({ kind: "tick", mono: monoAt(at), at });
  const observe = (device: string, at: Wall, body: ObservationBody): EngineInput => ({
    kind: "observation",
    observation: observationOf(device, at, monoAt(at), seq++, body),
  });

  yield* take(tick(first.at));
  let before = first.at;
  for (const { at, samples, settings } of night.rows) {
    const end = Math.min(at, before + HOLE_MS);
    for (let second = before + SECOND_MS; second < end; second += SECOND_MS) yield* take(tick(wall(second)));
    if (Object.keys(settings).length > 0)
      yield* take(observe("ventilator", at, { kind: "settings", settings }));
    for (const { device, signals } of sources) {
      yield* take(observe(device, at, { kind: "samples", samples: cells(signals, samples) }));
    }
    yield* take(tick(at));
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
  return Object.fromEntries(signals.map((id) => [id, row[id] ?? absent("not_measured")]));
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
