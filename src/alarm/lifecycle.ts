import { type ConditionId, higherPriority, type Priority, priorityRank } from "../domain/alarm.ts";
import type { ExpectedSource } from "../domain/bed.ts";
import { messageOf } from "../domain/fault.ts";
import type { DeviceId } from "../domain/ids.ts";
import type { BedReadings, Condition, Verdict, View } from "./condition.ts";
import { conditionsOf, type Draft, end, escalate, setRuntime } from "./draft.ts";
import { becomeUnknown, decide } from "./instance.ts";
import { ruleFailed, ruleWorked } from "./rule-errors.ts";
import type { Runtime } from "./state.ts";
import { bedReadings } from "./view.ts";

/** Conditions with at least this delay may use delayed sources (design, law 6). */
const DELAYED_FROM_S = 120;
/** A violation that was last seen so long before the watch began has nothing to do with it. */
const INHERIT_MS = 30_000;

/** Judges every condition on what is known now. */
export function judgeAll(draft: Draft): void {
  const { setup, live, now, startedAt } = draft;
  const readings = (withDelayed: boolean): BedReadings =>
    bedReadings({ profile: setup.profile, live, now, startedAt, withDelayed });
  const liveBed = readings(false);
  let delayedBed: BedReadings | undefined;
  for (const condition of conditionsOf(setup)) {
    if (condition.judge === undefined) continue;
    const delayS = setup.limits[condition.id].values["delay_s"] ?? 0;
    const takesDelayed = condition.technical || (!condition.liveOnly && delayS >= DELAYED_FROM_S);
    if (takesDelayed) delayedBed ??= readings(true);
    const bed = takesDelayed && delayedBed !== undefined ? delayedBed : liveBed;
    for (const source of instances(draft, condition)) judgeOne(draft, condition, bed, source);
  }
  draft.live = { ...draft.live, judgedAt: now };
}

function instances(draft: Draft, condition: Condition): readonly (ExpectedSource | undefined)[] {
  const { sources } = draft.setup.profile;
  switch (condition.scope) {
    case "bed":
      return [undefined];
    case "oximeter":
      return sources.filter(({ role }) => role === "oximeter");
    case "machine":
      return sources.filter(({ role }) => role === "oximeter" || role === "ventilator");
    case "command":
      return [];
  }
}

function judgeOne(
  draft: Draft,
  condition: Condition,
  bed: BedReadings,
  source: ExpectedSource | undefined,
): void {
  const key = source === undefined ? condition.id : `${condition.id}/${source.device}`;
  const limits = draft.setup.limits[condition.id];
  const runtime = draft.core.runtimes[key];
  if (!limits.on) {
    if (runtime === undefined) return;
    end(draft, key, "settings");
    setRuntime(draft, key, undefined);
    return;
  }
  const view = viewOf(draft, condition, bed, runtime, source);
  let verdict: Verdict;
  let priority: Priority;
  try {
    verdict = condition.judge?.(view, limits.values) ?? { kind: "waiting" };
    priority = priorityOf(draft, condition, view, verdict);
  } catch (error) {
    ruleFailed(draft, key, messageOf(error));
    if (runtime?.unknown?.why !== "rule_error")
      becomeUnknown(draft, { condition, key, source }, { why: "rule_error" }, undefined);
    return;
  }
  ruleWorked(draft, key);
  const instance = { condition, key, source };
  switch (verdict.kind) {
    case "waiting":
      break;
    case "unknown":
      becomeUnknown(draft, instance, verdict, priority);
      break;
    case "holds":
    case "clear":
      decide(draft, instance, verdict, priority);
  }
  rise(draft, key, priority, verdict);
}

function viewOf(
  draft: Draft,
  condition: Condition,
  bed: BedReadings,
  runtime: Runtime | undefined,
  source: ExpectedSource | undefined,
): View {
  const { setup, core, now } = draft;
  const t0 = runtime?.t0;
  const view = {
    now,
    dependencyClass: setup.profile.dependencyClass,
    onWatch: core.watch.state.on,
    watchFrom: core.watch.from,
    held: t0 !== undefined,
    heldMs: t0 === undefined ? 0 : now - t0,
    bed,
    settledAt: core.settledAt,
    isOn: (id: ConditionId) => setup.limits[id].on,
  };
  if (source === undefined) return { ...view, inherited: undefined };
  const { devices } = draft.live;
  const record = Object.hasOwn(devices, source.device) ? devices[source.device] : undefined;
  const inherited = condition.technical ? inheritedBy(draft, source.device) : undefined;
  return { ...view, inherited, device: { source, record } };
}

/** The highest priority of what violated when this device's data stopped, in this watch or just before it. */
function inheritedBy(draft: Draft, device: DeviceId): Priority | undefined {
  let highest: Priority | undefined;
  for (const { unknown, inBand, devices, priority } of Object.values(draft.core.runtimes)) {
    if (unknown?.why !== "gap" || !inBand || priority === undefined || !devices.includes(device)) continue;
    if (unknown.since < draft.core.watch.from - INHERIT_MS) continue;
    highest = highest === undefined ? priority : higherPriority(highest, priority);
  }
  return highest;
}

function priorityOf(draft: Draft, condition: Condition, view: View, verdict: Verdict): Priority {
  const { values } = draft.setup.limits[condition.id];
  const base = condition.priority[draft.setup.profile.dependencyClass];
  const isViolating = verdict.kind === "holds" || (verdict.kind !== "clear" && view.held);
  const tier = isViolating ? condition.tier?.(view, values) : undefined;
  return tier === undefined ? base : higherPriority(base, tier);
}

/** An open occurrence follows its priority upwards, while it violates or nobody knows. */
function rise(draft: Draft, key: string, priority: Priority, verdict: Verdict): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.occurrence === undefined || !(runtime.inBand || runtime.unknown !== undefined)) return;
  if (priorityRank(priority) <= priorityRank(runtime.occurrence.priority)) return;
  escalate(draft, key, priority, verdict.kind === "holds" ? verdict.values : {});
}
