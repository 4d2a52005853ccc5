import {
  CARE_ACTS,
  CONDITION_IDS,
  type ConditionId,
  higherPriority,
  type Priority,
  priorityRank,
} from "../domain/alarm.ts";
import type { ExpectedSource } from "../domain/bed.ts";
import { messageOf } from "../domain/fault.ts";
import type { DeviceId } from "../domain/ids.ts";
import { MINUTE_MS } from "../domain/time.ts";
import type { BedReadings, Condition, OwnAlarm, Verdict, View } from "./condition.ts";
import { conditionOf, conditionsOf, type Draft, setRuntime } from "./draft.ts";
import { becomeUnknown, decide, type Instance } from "./instance.ts";
import { end, escalate, raise } from "./occurrences.ts";
import { isInSchedule } from "./on-watch.ts";
import { ruleFailed, ruleWorked } from "./rule-errors.ts";
import type { Core, Runtime } from "./state.ts";
import { bedReadings } from "./view.ts";

/** Conditions with at least this delay may use delayed sources (design, law 6). */
const DELAYED_FROM_S = 120;
/** A violation that was last seen so long before the watch began has nothing to do with it. */
const INHERIT_MS = 30_000;

/** What of the bed has news: the signals of an observation, or everything (a command, a device's own word). */
export type News = ReadonlySet<string> | "everything" | "time";

/**
 * Judges what may have changed. With news of signals: the conditions that read them. With the second alone: those of
 * which anything is open, doubtful or overdue, and those about data; while every signal is fresh the others cannot have
 * changed.
 */
export function judgeAll(draft: Draft, news: News): void {
  if (draft.core.watch.left !== undefined) return;
  const { setup, live, core, limits, now, startedAt } = draft;
  const readings = (withDelayed: boolean): BedReadings =>
    bedReadings({ profile: setup.profile, live, core, limits, now, startedAt, withDelayed });
  const liveBed = readings(false);
  let delayedBed: BedReadings | undefined;
  const isFresh = news === "time" && isAllFresh(draft);
  for (const condition of conditionsOf(setup)) {
    if (condition.scope === "command") continue;
    if (news !== "everything" && news !== "time" && !readsAny(condition, news)) continue;
    const delayS = limits[condition.id].values["delay_s"] ?? 0;
    const takesDelayed = condition.technical || (!condition.liveOnly && delayS >= DELAYED_FROM_S);
    if (takesDelayed) delayedBed ??= readings(true);
    const bed = takesDelayed && delayedBed !== undefined ? delayedBed : liveBed;
    const mayRest = news === "time" && condition.reads !== undefined;
    for (const instance of instances(draft, condition)) {
      if (mayRest && isAtRest(draft.core.runtimes[instance.key], isFresh)) continue;
      judgeOne(draft, instance, bed);
    }
  }
  judgeFaults(draft);
}

const readsAny = ({ reads }: Condition, news: ReadonlySet<string>): boolean =>
  reads === undefined || reads.some((id) => news.has(id));

/** Nothing is open or doubtful, and no signal is overdue; or it is unknown for a reason that time does not change. */
function isAtRest(runtime: Runtime | undefined, isFresh: boolean): boolean {
  if (runtime === undefined) return isFresh;
  if (runtime.in !== undefined || runtime.t0 !== undefined || runtime.unknown === undefined) return false;
  const { why } = runtime.unknown;
  return (
    why === "no_source" || why === "two_signs" || why.startsWith("setting:") || why.startsWith("baseline:")
  );
}

/** Signals that come are this new: what is older may be about to go missing. */
const FRESH_MS = 3_000;

function isAllFresh({ live, now }: Draft): boolean {
  for (const record of Object.values(live.devices)) {
    if (now - record.heardAt > FRESH_MS) return false;
    for (const known of Object.values(record.signals)) {
      if (known.valid !== undefined && now - known.valid.at > FRESH_MS) return false;
    }
  }
  return true;
}

/** An instance to judge, with what it is about. */
interface Subject extends Instance {
  readonly source?: ExpectedSource;
  readonly own?: OwnAlarm;
  readonly care?: NonNullable<View["care"]>;
}

function instances(draft: Draft, condition: Condition): readonly Subject[] {
  const { sources } = draft.setup.profile;
  const of = (roles: readonly string[] | undefined): readonly Subject[] =>
    sources
      .filter(({ role }) => roles === undefined || roles.includes(role))
      .map((source) => ({
        condition,
        key: `${condition.id}/${source.device}`,
        subject: source.device,
        part: undefined,
        source,
      }));
  switch (condition.scope) {
    case "bed":
      return [{ condition, key: condition.id, subject: undefined, part: undefined }];
    case "oximeter":
      return of(["oximeter"]);
    case "ventilator":
      return of(["ventilator"]);
    case "machine":
      return of(["oximeter", "ventilator", "contact"]);
    case "call":
      return of(["call"]);
    case "device":
      return of(undefined);
    case "ventilator_own":
      return of(["ventilator"]).flatMap((one) => ownAlarms(draft, one));
    case "device_own":
      return of(undefined)
        .filter(({ source }) => source?.role !== "ventilator")
        .flatMap((one) => ownAlarms(draft, one));
    case "care":
      return careDue(draft, condition);
    case "command":
      return [];
  }
}

function ownAlarms(draft: Draft, subject: Subject): readonly Subject[] {
  const own = subject.subject === undefined ? undefined : draft.live.devices[subject.subject]?.own;
  return Object.values(own ?? {}).map((alarm) => ({
    ...subject,
    key: `${subject.key}/${alarm.code}`,
    part: alarm.code,
    own: alarm,
  }));
}

function careDue({ core, now }: Draft, condition: Condition): readonly Subject[] {
  return CARE_ACTS.flatMap((act): readonly Subject[] => {
    const minutes = core.carePlan?.[act];
    if (minutes === undefined) return [];
    const lastAt = core.careDone[act] ?? core.careSince ?? now;
    return [
      {
        condition,
        key: `${condition.id}/${act}`,
        subject: undefined,
        part: act,
        care: { act, everyMs: minutes * MINUTE_MS, lastAt },
      },
    ];
  });
}

/** What the box reports of itself waits for its delay, and rises with time, like everything else. */
function judgeFaults(draft: Draft): void {
  for (const [key, runtime] of Object.entries(draft.core.runtimes)) {
    if (runtime.fault === undefined || runtime.t0 === undefined) continue;
    const condition = conditionOf(draft, runtime.condition);
    if (condition === undefined) continue;
    const { values } = draft.limits[condition.id];
    const heldMs = draft.now - runtime.t0;
    const rises = (values["high_s"] ?? Number.POSITIVE_INFINITY) * 1000 <= heldMs;
    const priority = rises ? "high" : condition.priority[draft.setup.profile.dependencyClass];
    if (runtime.in !== undefined) escalate(draft, key, priority, {});
    else if (heldMs >= (values["delay_s"] ?? 0) * 1000)
      raise(draft, key, runtime, { priority, values: runtime.fault });
  }
}

function judgeOne(draft: Draft, subject: Subject, bed: BedReadings): void {
  const { condition, key } = subject;
  const limits = draft.limits[condition.id];
  const runtime = draft.core.runtimes[key];
  if (!limits.on) {
    if (runtime === undefined) return;
    end(draft, key, "settings");
    setRuntime(draft, key, undefined);
    return;
  }
  const view = viewOf(draft, subject, bed, runtime);
  let verdict: Verdict;
  let priority: Priority;
  try {
    verdict = condition.judge?.(view, limits.values) ?? { kind: "waiting" };
    priority = priorityOf(draft, condition, view, verdict);
  } catch (error) {
    ruleFailed(draft, key, messageOf(error));
    if (runtime?.unknown?.why !== "rule_error")
      becomeUnknown(draft, subject, { why: "rule_error" }, undefined);
    return;
  }
  ruleWorked(draft, key);
  switch (verdict.kind) {
    case "waiting":
      break;
    case "unknown":
      becomeUnknown(draft, subject, verdict, priority);
      break;
    case "holds":
    case "clear":
      decide(draft, subject, verdict, priority);
  }
  rise(draft, key, priority, verdict);
}

function viewOf(draft: Draft, subject: Subject, bed: BedReadings, runtime: Runtime | undefined): View {
  const { setup, core, now, limits } = draft;
  const t0 = runtime?.t0;
  const { source } = subject;
  const record = source === undefined ? undefined : draft.live.devices[source.device];
  return {
    now,
    dependencyClass: setup.profile.dependencyClass,
    onWatch: core.watch.state.on,
    watchFrom: core.watch.from,
    held: t0 !== undefined,
    heldMs: t0 === undefined ? 0 : now - t0,
    bed,
    settledAt: core.settledAt,
    isOn: (id) => limits[id].on,
    limitOf: (id, setting) => limits[id].values[setting],
    isViolating: (id) => anyRuntime(core, id, ({ inBand }) => inBand),
    isOpen: (id) => anyRuntime(core, id, (one) => one.in !== undefined),
    get isNight() {
      return isInSchedule(draft);
    },
    get limitsState() {
      return {
        widenedUntil: core.limits?.expiresAt,
        off: CONDITION_IDS.filter((id) => !limits[id].on),
      };
    },
    inherited:
      source !== undefined && subject.condition.technical ? inheritedBy(draft, source.device) : undefined,
    told: runtime?.in === undefined ? undefined : core.open[runtime.in]?.occurrence.values,
    ...(source !== undefined && { device: { source, record } }),
    ...(subject.own !== undefined && { own: subject.own }),
    ...(subject.care !== undefined && { care: subject.care }),
  };
}

function anyRuntime(core: Core, id: ConditionId, is: (runtime: Runtime) => boolean): boolean {
  for (const runtime of Object.values(core.runtimes)) {
    if (runtime.condition === id && is(runtime)) return true;
  }
  return false;
}

/** The highest priority of what violated when this device's data stopped, in this watch or just before it. */
function inheritedBy(draft: Draft, device: DeviceId): Priority | undefined {
  let highest: Priority | undefined;
  for (const { unknown, inBand, devices, priority } of Object.values(draft.core.runtimes)) {
    // Slight leaks and the like last for hours: their loss is no hurry.
    if (
      unknown?.why !== "gap" ||
      !inBand ||
      priority === undefined ||
      priority === "low" ||
      !devices.includes(device)
    )
      continue;
    if (unknown.since < draft.core.watch.from - INHERIT_MS) continue;
    highest = highest === undefined ? priority : higherPriority(highest, priority);
  }
  return highest;
}

function priorityOf(draft: Draft, condition: Condition, view: View, verdict: Verdict): Priority {
  const { values } = draft.limits[condition.id];
  const base = condition.priority[draft.setup.profile.dependencyClass];
  const isViolating = verdict.kind === "holds" || (verdict.kind !== "clear" && view.held);
  const tier = isViolating ? condition.tier?.(view, values) : undefined;
  return tier === undefined ? base : higherPriority(base, tier);
}

/** An open occurrence follows its priority upwards, while it violates or nobody knows. */
function rise(draft: Draft, key: string, priority: Priority, verdict: Verdict): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.in === undefined || !(runtime.inBand || runtime.unknown !== undefined)) return;
  if (priorityRank(priority) <= priorityRank(runtime.priority ?? "low")) return;
  escalate(draft, key, priority, verdict.kind === "holds" ? verdict.values : {});
}
