import { type AlarmValues, higherPriority, type Occurrence, type Priority } from "../domain/alarm.ts";
import type { ExpectedSource } from "../domain/bed.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Condition, UnknownWhy, Verdict } from "./condition.ts";
import { type Draft, end, isSimulated, judgedOf, raise, say, setJudged, setRuntime } from "./draft.ts";
import type { Runtime } from "./state.ts";

/** The others are known beforehand: nothing has been lost. */
const ANNOUNCED: ReadonlySet<UnknownWhy> = new Set(["gap", "no_data", "rule_error"]);

type Decided = Extract<Verdict, { kind: "holds" | "clear" }>;

/** One instance of a condition: for the bed, or for one device. */
export interface Instance {
  readonly condition: Condition;
  readonly key: string;
  readonly source: ExpectedSource | undefined;
}

/** Fresh evidence moves the instance on; the same evidence twice does nothing. */
export function decide(
  draft: Draft,
  { condition, key, source }: Instance,
  verdict: Decided,
  priority: Priority,
): void {
  const before = judgedOf(draft, key);
  if (before !== undefined && verdict.at <= before.at) return;
  const { at, breaths } = verdict;
  setJudged(draft, key, breaths === undefined ? { at } : { at, breaths });
  becomeKnown(draft, condition, key, verdict.values, priority);
  const runtime = draft.core.runtimes[key];
  if (verdict.kind === "holds") {
    violate(draft, { condition, key, source }, verdict, priority);
    return;
  }
  if (runtime === undefined) return;
  if (runtime.occurrence === undefined) {
    setRuntime(draft, key, undefined);
    return;
  }
  const breathsNow = (breaths ?? 0) - (before?.breaths ?? breaths ?? 0);
  recover(draft, condition, key, runtime, { verdict, breaths: Math.max(0, breathsNow) });
}

function violate(
  draft: Draft,
  { condition, key, source }: Instance,
  verdict: Extract<Verdict, { kind: "holds" }>,
  priority: Priority,
): void {
  const runtime = draft.core.runtimes[key];
  const isOpen = runtime?.occurrence !== undefined;
  if (verdict.onlyOnWatch === true && !draft.core.watch.state.on && !isOpen) {
    setRuntime(draft, key, undefined);
    return;
  }
  const t0 = runtime?.t0 ?? verdict.at;
  const { clear: _interrupted, ...before } = runtime ?? { condition: condition.id };
  const next: Runtime = {
    ...before,
    ...(source !== undefined && { subject: source.device }),
    t0,
    inBand: true,
    devices: verdict.devices,
  };
  const isSame =
    runtime?.inBand === true &&
    runtime.t0 !== undefined &&
    runtime.clear === undefined &&
    runtime.devices.join(" ") === verdict.devices.join(" ");
  if (!isSame) setRuntime(draft, key, next);
  if (isOpen) {
    becomeReal(draft, key);
    return;
  }
  const delayMs = verdict.delayMs ?? (draft.setup.limits[condition.id].values["delay_s"] ?? 0) * 1000;
  if (verdict.at - t0 < delayMs) return;
  const seconds = Math.floor((verdict.at - t0) / 1000);
  raise(draft, key, draft.core.runtimes[key] ?? next, { priority, values: { seconds, ...verdict.values } });
}

/** Evidence from real devices alone makes a simulated alarm real; never the other way. */
function becomeReal(draft: Draft, key: string): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.occurrence?.simulated !== true) return;
  if (runtime.devices.some((device) => isSimulated(draft, device))) return;
  setRuntime(draft, key, {
    ...runtime,
    occurrence: { ...runtime.occurrence, simulated: false, drill: false },
  });
}

interface Recovery {
  readonly verdict: Extract<Verdict, { kind: "clear" }>;
  /** Breaths since the evidence before. */
  readonly breaths: number;
}

function recover(
  draft: Draft,
  condition: Condition,
  key: string,
  runtime: Runtime,
  { verdict, breaths }: Recovery,
): void {
  const { values } = draft.setup.limits[condition.id];
  const soFar = runtime.clear ?? { ms: 0, breaths: 0 };
  // The first in-range sample stands for its own second: the time before it was not in range.
  const coverMs = runtime.clear === undefined ? SECOND_MS : (verdict.coverMs ?? SECOND_MS);
  const clear = { ms: soFar.ms + coverMs, breaths: soFar.breaths + breaths };
  const neededBreaths = values["clear_breaths"];
  const isOver =
    neededBreaths !== undefined && verdict.breaths !== undefined
      ? clear.breaths >= neededBreaths
      : clear.ms >= (values["clear_s"] ?? 0) * 1000;
  if (!isOver) {
    setRuntime(draft, key, { ...runtime, inBand: false, clear });
    return;
  }
  if (runtime.occurrence !== undefined) {
    const occurrence: Occurrence = {
      ...runtime.occurrence,
      values: { ...runtime.occurrence.values, ...verdict.values },
    };
    setRuntime(draft, key, { ...runtime, occurrence });
  }
  end(draft, key, "recovered");
}

/** No usable data: an open occurrence stays open and says so; the timer of a violation keeps its start. */
export function becomeUnknown(
  draft: Draft,
  { condition, key, source }: Instance,
  { why, values = {} }: { readonly why: UnknownWhy; readonly values?: AlarmValues },
  priority: Priority | undefined,
): void {
  const runtime = draft.core.runtimes[key];
  if (condition.technical && runtime?.occurrence === undefined) return;
  const wouldBe =
    runtime?.inBand === true && priority !== undefined
      ? atLeast(runtime.priority, priority)
      : runtime?.priority;
  if (runtime?.unknown?.why === why && runtime.priority === wouldBe) return;
  const isAnnounced =
    runtime?.unknown?.announced === true || runtime?.occurrence !== undefined || ANNOUNCED.has(why);
  const isNew = isAnnounced && runtime?.unknown?.announced !== true;
  const { clear: _progress, ...before } = runtime ?? { condition: condition.id, inBand: false, devices: [] };
  const unknown = { why, since: runtime?.unknown?.since ?? draft.now, announced: isAnnounced };
  const next: Runtime = {
    ...before,
    ...(source !== undefined && { subject: source.device }),
    ...(wouldBe !== undefined && { priority: wouldBe }),
    unknown,
  };
  if (next.occurrence === undefined) {
    setRuntime(draft, key, next);
    if (isNew) notice(draft, "unknown", condition, priority, values);
    return;
  }
  const occurrence: Occurrence = isNew
    ? {
        ...next.occurrence,
        state: "unknown",
        unknownSince: draft.at,
        values: { ...next.occurrence.values, ...values },
      }
    : next.occurrence;
  setRuntime(draft, key, { ...next, occurrence });
  if (isNew) say(draft, "unknown", occurrence);
}

function becomeKnown(
  draft: Draft,
  condition: Condition,
  key: string,
  values: AlarmValues,
  priority: Priority,
): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.unknown === undefined) return;
  const { unknown, ...rest } = runtime;
  if (rest.occurrence === undefined) {
    setRuntime(draft, key, rest);
    if (unknown.announced) notice(draft, "known", condition, priority, values);
    return;
  }
  const { unknownSince: _over, ...before } = rest.occurrence;
  const occurrence: Occurrence = { ...before, state: "holds", values: { ...before.values, ...values } };
  setRuntime(draft, key, { ...rest, occurrence });
  if (unknown.announced) say(draft, "known", occurrence);
}

function notice(
  draft: Draft,
  kind: "unknown" | "known",
  condition: Condition,
  priority: Priority | undefined,
  values: AlarmValues,
): void {
  const base = condition.priority[draft.setup.profile.dependencyClass];
  draft.notices.push({ kind, condition: condition.id, at: draft.at, priority: priority ?? base, values });
}

const atLeast = (before: Priority | undefined, now: Priority): Priority =>
  before === undefined ? now : higherPriority(before, now);
