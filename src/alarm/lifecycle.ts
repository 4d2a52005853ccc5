import {
  type AlarmValues,
  CARE_ACTS,
  type ConditionId,
  higherPriority,
  type Priority,
  priorityRank,
} from "../domain/alarm.ts";
import type { BedProfile, DependencyClass, DeviceRole, ExpectedSource } from "../domain/bed.ts";
import { messageOf } from "../domain/fault.ts";
import type { DeviceId } from "../domain/ids.ts";
import { SIGNAL_IDS } from "../domain/signal.ts";
import { MINUTE_MS, type Mono, mono } from "../domain/time.ts";
import {
  type BedReadings,
  type Condition,
  type OwnAlarm,
  type Verdict,
  type View,
  WAITING,
} from "./condition.ts";
import { conditionOf, conditionsOf, type Draft, setRuntime } from "./draft.ts";
import { becomeUnknown, decide, type Instance } from "./instance.ts";
import { type Limits, switchedOff } from "./limits.ts";
import { end, escalate } from "./occurrences.ts";
import { isInSchedule } from "./on-watch.ts";
import { raise } from "./raise.ts";
import { hasRuleError, ruleFailed, ruleWorked } from "./rule-errors.ts";
import type { AlarmSetup, Core, Runtime } from "./state.ts";
import { bedReadings, liveReadings, recordOf } from "./view.ts";

/** Conditions with at least this delay may use delayed sources (design, law 6). */
const DELAYED_FROM_S = 120;
/** A violation that was last seen so long before the watch began has nothing to do with it. */
const INHERIT_MS = 30_000;

/**
 * What of the bed has news: a bit for each signal of an observation and one for breaths; everything (a command, a
 * device's own word), or nothing but time.
 */
export type News = number;

export const NEWS_EVERYTHING: News = -1;
export const NEWS_TIME: News = 0;

const BITS: ReadonlyMap<string, number> = new Map(
  [...SIGNAL_IDS, "breath"].map((id, index) => [id, 2 ** index] as const),
);

/** Signals and "breath" as bits; what no condition can read has none. */
export function newsOf(ids: readonly string[]): News {
  let bits = 0;
  for (const id of ids) bits |= BITS.get(id) ?? 0;
  return bits;
}

/** The catalogue laid out for one bed: it depends on the setup alone. */
interface Plan {
  readonly condition: Condition;
  /** What it reads, as bits; undefined: everything, every second. */
  readonly reads: number | undefined;
  /** Its instances, where they are known beforehand; the devices whose own alarms are its instances. */
  readonly subjects: readonly Subject[];
  readonly comesAndGoes: boolean;
}

interface Plans {
  readonly all: readonly Plan[];
  /** What has to be judged every second although nothing is the matter. */
  readonly restless: readonly Plan[];
  /** Those that a kind of news concerns: devices send the same few kinds all night. */
  readonly byNews: Map<News, readonly Plan[]>;
}

/** Only remembered, so that it is not laid out a hundred thousand times a night: the same setup gives the same plan. */
const known = new WeakMap<AlarmSetup, Plans>();
/** Kinds of news that are remembered. */
const MOST_KINDS = 64;

function plansFor(setup: AlarmSetup, news: News, isCalm: boolean): readonly Plan[] {
  const plans = known.get(setup) ?? layOut(setup);
  if (news === NEWS_TIME && isCalm) return plans.restless;
  if (news === NEWS_EVERYTHING || news === NEWS_TIME) return plans.all;
  const found = plans.byNews.get(news);
  if (found !== undefined) return found;
  const concerned = plans.all.filter(({ reads }) => reads === undefined || (reads & news) !== 0);
  if (plans.byNews.size < MOST_KINDS) plans.byNews.set(news, concerned);
  return concerned;
}

function layOut(setup: AlarmSetup): Plans {
  const all = conditionsOf(setup)
    .filter(({ scope }) => scope !== "command")
    .map(
      (condition): Plan => ({
        condition,
        reads: condition.reads === undefined ? undefined : newsOf(condition.reads),
        subjects: subjectsOf(setup, condition),
        comesAndGoes: condition.scope.endsWith("_own") || condition.scope === "care",
      }),
    );
  const restless = all.filter(({ reads }) => reads === undefined);
  const plans: Plans = { all, restless, byNews: new Map() };
  known.set(setup, plans);
  return plans;
}

/**
 * Judges what may have changed. With news of signals: the conditions that read them, and whatever is open or doubtful.
 * Of a device's own conditions only those of the device that it came from. With the second alone: those of which anything is open, doubtful or overdue, and those about data; while every signal
 * is fresh the others cannot have changed.
 */
export function judgeAll(draft: Draft, news: News, from?: DeviceId): void {
  if (draft.core.watch.left !== undefined) return;
  const { setup, core, limits } = draft;
  const liveBed = liveReadings(draft);
  const delayedBed = hasDelayed(draft) ? bedReadings(draft, true) : liveBed;
  if (news === NEWS_EVERYTHING) forgetGone(draft);
  const isFresh = news === NEWS_TIME && isAllFresh(draft);
  const isMending = hasRuleError(core);
  const isCalm = isFresh && areAllAtRest(core.runtimes);
  for (const plan of plansFor(setup, news, isCalm)) {
    const { condition, reads } = plan;
    for (const subject of plan.comesAndGoes ? instances(draft, plan) : plan.subjects) {
      const runtime = draft.core.runtimes[subject.key];
      if (news === NEWS_TIME && reads !== undefined && isAtRest(runtime, isFresh)) continue;
      // What another device says is no news about this one.
      if (news > 0 && subject.subject !== undefined && subject.subject !== from) continue;
      // Nothing is the matter with it: the next second is soon enough for what reads everything.
      if (news > 0 && reads === undefined && runtime === undefined) continue;
      const bed = delayedBed !== liveBed && takesDelayed(condition, limits) ? delayedBed : liveBed;
      judgeOne(draft, subject, bed, isMending);
    }
  }
  judgeFaults(draft, liveBed);
}

function takesDelayed(condition: Condition, limits: Limits): boolean {
  const delayS = limits[condition.id].values["delay_s"] ?? 0;
  return condition.technical || (!condition.liveOnly && delayS >= DELAYED_FROM_S);
}

/** What a device that is no longer at this bed had open is over: nobody could end it otherwise. */
function forgetGone(draft: Draft): void {
  const { sources } = draft.setup.profile;
  for (const [key, { subject }] of Object.entries(draft.core.runtimes)) {
    if (subject === undefined || sources.some(({ device }) => device === subject)) continue;
    end(draft, key, "settings");
    setRuntime(draft, key, undefined);
  }
}

function areAllAtRest(runtimes: Core["runtimes"]): boolean {
  for (const key in runtimes) if (!isAtRest(runtimes[key], true)) return false;
  return true;
}

function hasDelayed({ live }: Draft): boolean {
  for (const id in live.devices) if (live.devices[id]?.timeliness === "delayed") return true;
  return false;
}

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

/** Everything that the bed is to deliver has just come, or was refused by the device for good. */
function isAllFresh({ setup, live, now }: Draft): boolean {
  for (const { device, signals } of setup.profile.sources) {
    const record = recordOf(live, device);
    if (record === undefined || now - record.heardAt > FRESH_MS) return false;
    for (const id of signals) {
      const known = record.signals[id];
      const isRefused = typeof known?.sample === "object" && known.sample.absent === "unsupported";
      if (!isRefused && (known?.valid === undefined || now - known.valid.at > FRESH_MS)) return false;
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

function subjectsOf({ profile }: AlarmSetup, condition: Condition): readonly Subject[] {
  switch (condition.scope) {
    case "bed":
      return [{ condition, key: condition.id, subject: undefined, part: undefined }];
    case "oximeter":
      return perSource(profile, condition, ["oximeter"]);
    case "ventilator":
    case "ventilator_own":
      return perSource(profile, condition, ["ventilator"]);
    case "machine":
      return perSource(profile, condition, ["oximeter", "ventilator", "contact"]);
    case "call":
      return perSource(profile, condition, ["call"]);
    case "device":
      return perSource(profile, condition, undefined);
    case "device_own":
      return perSource(profile, condition, undefined).filter(({ source }) => source?.role !== "ventilator");
    case "care":
    case "command":
      return [];
  }
}

function perSource(
  { sources }: BedProfile,
  condition: Condition,
  roles: readonly DeviceRole[] | undefined,
): readonly Subject[] {
  return sources
    .filter(({ role }) => roles === undefined || roles.includes(role))
    .map((source) => ({
      condition,
      key: `${condition.id}/${source.device}`,
      subject: source.device,
      part: undefined,
      source,
    }));
}

/** Instances that come and go: a device's own alarms, and what is due at the bed. */
function instances(draft: Draft, { condition, subjects }: Plan): readonly Subject[] {
  if (condition.scope === "care") return careDue(draft, condition);
  const all: Subject[] = [];
  for (const subject of subjects) {
    const own = subject.subject === undefined ? undefined : draft.live.devices[subject.subject]?.own;
    for (const alarm of Object.values(own ?? {})) {
      all.push({ ...subject, key: `${subject.key}/${alarm.code}`, part: alarm.code, own: alarm });
    }
  }
  return all;
}

function careDue({ core, now }: Draft, condition: Condition): readonly Subject[] {
  if (core.carePlan === undefined) return [];
  const anyAt = Math.max(0, ...Object.values(core.careDone));
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
        care: { act, everyMs: minutes * MINUTE_MS, lastAt, ...(anyAt > 0 && { anyAt: mono(anyAt) }) },
      },
    ];
  });
}

/** What the box reports of itself waits for its delay, and rises with time, like everything else. */
function judgeFaults(draft: Draft, bed: BedReadings): void {
  for (const key of Object.keys(draft.core.runtimes)) {
    const runtime = draft.core.runtimes[key];
    if (runtime?.fault === undefined || runtime.t0 === undefined) continue;
    const condition = conditionOf(draft, runtime.condition);
    if (condition === undefined) continue;
    const { values } = draft.limits[condition.id];
    const heldMs = draft.now - runtime.t0;
    const view = new InstanceView(
      draft,
      { condition, key, subject: undefined, part: runtime.part },
      bed,
      runtime,
    );
    const priority = priorityOf(draft, condition, view, {
      kind: "holds",
      at: draft.now,
      values: {},
      devices: [],
    });
    if (runtime.in !== undefined) escalate(draft, key, priority, {});
    else if (heldMs >= (values["delay_s"] ?? 0) * 1000)
      raise(draft, key, runtime, { priority, values: runtime.fault });
  }
}

function judgeOne(draft: Draft, subject: Subject, bed: BedReadings, isMending: boolean): void {
  const { condition, key } = subject;
  const limits = draft.limits[condition.id];
  const runtime = draft.core.runtimes[key];
  if (!limits.on) {
    if (runtime === undefined) return;
    end(draft, key, "settings");
    setRuntime(draft, key, undefined);
    return;
  }
  const isAtRest = runtime === undefined && !isMending;
  const view = new InstanceView(draft, subject, bed, runtime, isAtRest);
  let verdict: Verdict;
  let priority: Priority;
  try {
    verdict = condition.judge?.(view, limits.values) ?? WAITING;
    if (isAtRest && (verdict.kind === "clear" || verdict.kind === "waiting")) return;
    priority = priorityOf(draft, condition, view, verdict);
  } catch (error) {
    ruleFailed(draft, key, messageOf(error));
    if (runtime?.unknown?.why !== "rule_error")
      becomeUnknown(draft, subject, { why: "rule_error" }, undefined);
    return;
  }
  if (isMending) ruleWorked(draft, key);
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

/**
 * The view of one instance. What few conditions ask for is worked out when they ask: a night has a million of these.
 */
class InstanceView implements View {
  readonly bed: BedReadings;
  readonly isAtRest: boolean;
  readonly #draft: Draft;
  readonly #subject: Subject;
  readonly #runtime: Runtime | undefined;
  #device: View["device"];

  constructor(
    draft: Draft,
    subject: Subject,
    bed: BedReadings,
    runtime: Runtime | undefined,
    isAtRest = false,
  ) {
    this.bed = bed;
    this.isAtRest = isAtRest;
    this.#draft = draft;
    this.#subject = subject;
    this.#runtime = runtime;
  }

  get now(): Mono {
    return this.#draft.now;
  }

  get dependencyClass(): DependencyClass {
    return this.#draft.setup.profile.dependencyClass;
  }

  get onWatch(): boolean {
    return this.#draft.core.watch.state.on;
  }

  get watchFrom(): Mono {
    return this.#draft.core.watch.from;
  }

  get held(): boolean {
    return this.#runtime?.t0 !== undefined;
  }

  get heldMs(): number {
    const t0 = this.#runtime?.t0;
    return t0 === undefined ? 0 : this.#draft.now - t0;
  }

  get settledAt(): Mono {
    return this.#draft.core.settledAt;
  }

  isOn(id: ConditionId): boolean {
    return this.#draft.limits[id].on;
  }

  limitOf(id: ConditionId, setting: string): number | undefined {
    return this.#draft.limits[id].values[setting];
  }

  isViolating(id: ConditionId): boolean {
    return anyRuntime(this.#draft.core, id, ({ inBand }) => inBand);
  }

  isOpen(id: ConditionId): boolean {
    return anyRuntime(this.#draft.core, id, (one) => one.in !== undefined);
  }

  get isNight(): boolean {
    return isInSchedule(this.#draft);
  }

  get limitsState(): View["limitsState"] {
    const { core, limits, setup } = this.#draft;
    return {
      widenedUntil: core.limits?.expiresAt,
      off: switchedOff(limits, setup.profile.dependencyClass),
    };
  }

  get inherited(): Priority | undefined {
    const { subject, condition } = this.#subject;
    return subject !== undefined && condition.technical ? inheritedBy(this.#draft, subject) : undefined;
  }

  get told(): AlarmValues | undefined {
    const id = this.#runtime?.in;
    return id === undefined ? undefined : this.#draft.core.open[id]?.occurrence.values;
  }

  get isAnswered(): boolean {
    const id = this.#runtime?.in;
    return id !== undefined && this.#draft.core.open[id]?.answered === true;
  }

  get device(): View["device"] {
    const { source } = this.#subject;
    if (source === undefined) return undefined;
    return (this.#device ??= { source, record: recordOf(this.#draft.live, source.device) });
  }

  get own(): OwnAlarm | undefined {
    return this.#subject.own;
  }

  get care(): View["care"] {
    return this.#subject.care;
  }
}

function anyRuntime(core: Core, id: ConditionId, is: (runtime: Runtime) => boolean): boolean {
  for (const key in core.runtimes) {
    const runtime = core.runtimes[key];
    if (runtime?.condition === id && is(runtime)) return true;
  }
  return false;
}

/** The highest priority of what violated when this device's data stopped, in this watch or just before it. */
function inheritedBy(draft: Draft, device: DeviceId): Priority | undefined {
  let highest: Priority | undefined;
  for (const runtime of Object.values(draft.core.runtimes)) {
    const { condition, unknown, inBand, devices, priority } = runtime;
    // Slight leaks and the like last for hours: their loss is no hurry.
    if (
      unknown?.why !== "gap" ||
      !inBand ||
      priority === undefined ||
      priority === "low" ||
      !devices.includes(device)
    )
      continue;
    if (conditionOf(draft, condition)?.technical === true) continue;
    // A breath or two that were quick are no hurry either, where three minutes of them would be asked for.
    const delayS = draft.limits[condition].values["delay_s"] ?? 0;
    if (runtime.in === undefined && delayS >= DELAYED_FROM_S) continue;
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
  if (runtime?.in === undefined || !runtime.inBand) return;
  const shown = draft.core.open[runtime.in]?.occurrence.priority ?? "low";
  const isTold = priorityRank(priority) <= priorityRank(shown);
  if (isTold && priorityRank(priority) <= priorityRank(runtime.priority ?? "low")) return;
  escalate(draft, key, priority, verdict.kind === "holds" ? verdict.values : {});
}
