import type { Actor, AlarmEvent, AlarmValues, ConditionId, Occurrence, Priority } from "../domain/alarm.ts";
import type { DeviceId } from "../domain/ids.ts";
import { type Mono, mono, type Wall, wall } from "../domain/time.ts";
import type { Condition } from "./condition.ts";
import { CONDITIONS } from "./conditions/index.ts";
import type { AlarmSetup, Core, EngineState, Judged, Live, Notice, Runtime } from "./state.ts";

/**
 * One step under way: the pure function `step` copies the state in, the parts change this, and the result is copied
 * out. Nothing outside the step ever sees it.
 */
export interface Draft {
  readonly setup: AlarmSetup;
  readonly bed: string;
  readonly startedAt: Mono;
  readonly now: Mono;
  readonly at: Wall;
  readonly trusted: boolean;
  core: Core;
  live: Live;
  /** A copy of `live.judged`, once something was judged. */
  judged: { [key: string]: Judged } | undefined;
  readonly events: AlarmEvent[];
  readonly notices: Notice[];
  /** Something that the fold shows has changed. */
  isVisible: boolean;
}

export const draftOf = (
  setup: AlarmSetup,
  state: EngineState,
  now: Mono,
  at: Wall,
  trusted: boolean,
): Draft => ({
  setup,
  bed: state.bed,
  startedAt: state.startedAt,
  now,
  at,
  trusted,
  core: state.core,
  live: state.live,
  judged: undefined,
  events: [],
  notices: [],
  isVisible: false,
});

export const conditionsOf = (setup: AlarmSetup): readonly Condition[] => setup.conditions ?? CONDITIONS;

/** The newest evidence that was counted for an instance. */
export const judgedOf = (draft: Draft, key: string): Judged | undefined =>
  (draft.judged ?? draft.live.judged)[key];

export function setJudged(draft: Draft, key: string, judged: Judged): void {
  draft.judged ??= { ...draft.live.judged };
  draft.judged[key] = judged;
}

/** Replaces, adds or (undefined) removes an instance. */
export function setRuntime(draft: Draft, key: string, runtime: Runtime | undefined): void {
  const { [key]: before, ...others } = draft.core.runtimes;
  if (before === runtime) return;
  if (before?.occurrence !== runtime?.occurrence || before?.unknown?.why !== runtime?.unknown?.why) {
    draft.isVisible = true;
  }
  const runtimes = runtime === undefined ? others : { ...draft.core.runtimes, [key]: runtime };
  draft.core = { ...draft.core, runtimes };
}

export const isSimulated = (draft: Draft, device: DeviceId): boolean => {
  const record = Object.hasOwn(draft.live.devices, device) ? draft.live.devices[device] : undefined;
  const source = draft.setup.profile.sources.find((one) => one.device === device);
  return record?.simulated === true || (record === undefined && source?.simulated === true);
};

/** Raises an occurrence on an instance: counts its id, marks simulation and drill, says `occurred`. */
export function raise(
  draft: Draft,
  key: string,
  runtime: Runtime,
  what: { readonly priority: Priority; readonly values: AlarmValues },
): void {
  const { condition, subject, devices } = runtime;
  const raised = draft.core.raised + 1;
  draft.core = { ...draft.core, raised };
  const { sources } = draft.setup.profile;
  // A call, or a fault of the box, at a bed where nothing is real is part of the simulation as well (law 7).
  const simulated =
    devices.length === 0
      ? sources.length > 0 && sources.every(({ device }) => isSimulated(draft, device))
      : devices.some((device) => isSimulated(draft, device));
  const occurrence: Occurrence = {
    id: `${draft.bed}-${draft.setup.journal}-${raised}`,
    bed: draft.bed,
    condition,
    ...(subject !== undefined && { subject }),
    priority: what.priority,
    state: "holds",
    raisedAt: draft.at,
    values: what.values,
    simulated,
    drill: simulated && draft.core.drill !== undefined,
  };
  setRuntime(draft, key, { ...runtime, priority: what.priority, occurrence });
  say(draft, "occurred", occurrence);
}

/**
 * Ends an occurrence; the instance goes back to rest. After an end by a person what is still true stays known: that
 * nobody can judge, and that the box has a fault, which is raised again when the next watch begins.
 */
export function end(draft: Draft, key: string, reason: NonNullable<AlarmEvent["reason"]>, by?: Actor): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.occurrence === undefined) return;
  const { condition, subject, unknown, fault, occurrence } = runtime;
  const rest: Runtime = {
    condition,
    ...(subject !== undefined && { subject }),
    inBand: false,
    devices: [],
    ...(unknown !== undefined && { unknown }),
    ...(fault !== undefined && { fault }),
  };
  const stays = reason === "watch_ended" && (unknown !== undefined || fault !== undefined);
  setRuntime(draft, key, stays ? rest : undefined);
  draft.events.push({ kind: "ended", at: draft.at, occurrence, reason, ...(by !== undefined && { by }) });
}

/** The priority rises: an acknowledgement was of the lesser alarm, so it sounds again. */
export function escalate(draft: Draft, key: string, priority: Priority, values: AlarmValues): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.occurrence === undefined) return;
  const { acknowledgement: _lesser, ...before } = runtime.occurrence;
  const { acknowledgedUntil: _ended, ...rest } = runtime;
  const occurrence: Occurrence = { ...before, priority, values: { ...before.values, ...values } };
  setRuntime(draft, key, { ...rest, priority, occurrence });
  say(draft, "escalated", occurrence);
}

/** Somebody takes it on, until the acknowledgement lapses. */
export function acknowledge(
  draft: Draft,
  key: string,
  by: Actor,
  place: "going" | "bedside",
  forMs: number,
): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.occurrence === undefined) return;
  const occurrence: Occurrence = {
    ...runtime.occurrence,
    acknowledgement: { by, at: draft.at, until: wall(draft.at + forMs), place },
  };
  setRuntime(draft, key, { ...runtime, occurrence, acknowledgedUntil: later(draft.now, forMs) });
  say(draft, "acknowledged", occurrence, by);
}

/** The acknowledgement has run out and the condition holds: it sounds again. */
export function lapse(draft: Draft, key: string): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.occurrence === undefined) return;
  const { acknowledgement: _lapsed, ...occurrence } = runtime.occurrence;
  const { acknowledgedUntil: _ended, ...rest } = runtime;
  setRuntime(draft, key, { ...rest, occurrence });
  say(draft, "lapsed", occurrence);
}

/** Says that something happened to an occurrence. */
export function say(draft: Draft, kind: AlarmEvent["kind"], occurrence: Occurrence, by?: Actor): void {
  draft.events.push({ kind, at: draft.at, occurrence, ...(by !== undefined && { by }) });
}

/** Instances of a condition that are not at rest. */
export const instancesOf = (draft: Draft, condition: ConditionId): readonly (readonly [string, Runtime])[] =>
  Object.entries(draft.core.runtimes).filter(([, runtime]) => runtime.condition === condition);

/** A monotonic time some milliseconds later. */
export const later = (from: Mono, ms: number): Mono => mono(from + ms);
