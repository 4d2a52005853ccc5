import type { AlarmEvent, ConditionId, Occurrence } from "../domain/alarm.ts";
import type { DeviceId, OccurrenceId } from "../domain/ids.ts";
import { type Mono, mono, type Wall } from "../domain/time.ts";
import type { BedReadings, Condition } from "./condition.ts";
import { CONDITIONS } from "./conditions/index.ts";
import type { Limits } from "./limits.ts";
import type { AlarmSetup, Core, EngineState, Judged, Live, Notice, Open, Runtime } from "./state.ts";

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
  /** The bed as it is now, worked out once: valid while it is of these very devices and numbers. */
  readings: DraftReadings | undefined;
  /** In force: the person's own, or the setup's. */
  limits: Limits;
  /** A copy of `live.judged`, once something was judged. */
  judged: { [key: string]: Judged } | undefined;
  readonly events: AlarmEvent[];
  readonly notices: Notice[];
  /** Something that the fold shows has changed. */
  isVisible: boolean;
}

interface DraftReadings {
  readonly devices: Live["devices"];
  readonly baselines: Core["baselines"];
  readonly limits: Limits;
  readonly bed: BedReadings;
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
  readings: undefined,
  limits: state.limits ?? setup.limits,
  judged: undefined,
  events: [],
  notices: [],
  isVisible: false,
});

export const conditionsOf = (setup: AlarmSetup): readonly Condition[] => setup.conditions ?? CONDITIONS;

export const conditionOf = (draft: Draft, id: ConditionId): Condition | undefined =>
  conditionsOf(draft.setup).find((one) => one.id === id) ?? CONDITIONS.find((one) => one.id === id);

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
  // What was counted goes with the instance, also where there was none: what still stands is news to the next one.
  if (runtime === undefined && judgedOf(draft, key) !== undefined) {
    const { [key]: _counted, ...judged } = draft.judged ?? draft.live.judged;
    draft.judged = judged;
  }
  if (before === runtime) return;
  if (before?.in !== runtime?.in || before?.unknown?.why !== runtime?.unknown?.why) draft.isVisible = true;
  const runtimes = runtime === undefined ? others : { ...draft.core.runtimes, [key]: runtime };
  draft.core = { ...draft.core, runtimes };
}

/** Replaces, adds or (undefined) removes an open occurrence. */
export function setOpen(draft: Draft, id: OccurrenceId, open: Open | undefined): void {
  const { [id]: before, ...others } = draft.core.open;
  if (before === open) return;
  if (before?.occurrence !== open?.occurrence) draft.isVisible = true;
  draft.core = { ...draft.core, open: open === undefined ? others : { ...draft.core.open, [id]: open } };
}

/** The open occurrence that an instance is a member of. */
export function openOf(draft: Draft, key: string): Open | undefined {
  const id = draft.core.runtimes[key]?.in;
  return id === undefined ? undefined : draft.core.open[id];
}

/** Instances in alarm as part of an occurrence, in the order in which they came. */
export const membersOf = (draft: Draft, id: OccurrenceId): readonly (readonly [string, Runtime])[] =>
  Object.entries(draft.core.runtimes).filter(([, runtime]) => runtime.in === id);

export const isSimulated = (draft: Draft, device: DeviceId): boolean => {
  const record = Object.hasOwn(draft.live.devices, device) ? draft.live.devices[device] : undefined;
  const source = draft.setup.profile.sources.find((one) => one.device === device);
  return record?.simulated === true || (record === undefined && source?.simulated === true);
};

/** Says that something happened to an occurrence, or to one member of it. */
export function say(
  draft: Draft,
  kind: AlarmEvent["kind"],
  occurrence: Occurrence,
  more: Pick<AlarmEvent, "by" | "member" | "reason" | "over"> = {},
): void {
  draft.events.push({ kind, at: draft.at, occurrence, ...more });
}

/** Counts an occurrence that becomes worse in this step; given back: its `worsened`. */
export function worsenedNow(draft: Draft): number {
  const worsened = draft.core.worsened + 1;
  draft.core = { ...draft.core, worsened };
  return worsened;
}

/** Instances of a condition that are not at rest. */
export const instancesOf = (draft: Draft, condition: ConditionId): readonly (readonly [string, Runtime])[] =>
  Object.entries(draft.core.runtimes).filter(([, runtime]) => runtime.condition === condition);

/** A monotonic time some milliseconds later. */
export const later = (from: Mono, ms: number): Mono => mono(from + ms);
