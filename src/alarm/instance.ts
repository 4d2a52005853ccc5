import { type AlarmValues, higherPriority, type Priority } from "../domain/alarm.ts";
import type { DeviceId } from "../domain/ids.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Condition, UnknownWhy, Verdict } from "./condition.ts";
import { type Draft, isSimulated, judgedOf, openOf, say, setJudged, setRuntime } from "./draft.ts";
import { end, show, showUnknown } from "./occurrences.ts";
import { raise } from "./raise.ts";
import type { Runtime } from "./state.ts";

/** The others are known beforehand: nothing has been lost. */
const ANNOUNCED: ReadonlySet<UnknownWhy> = new Set(["gap", "no_data", "rule_error"]);

type Decided = Extract<Verdict, { kind: "holds" | "clear" }>;

/** One instance of a condition: for the bed, or for one device (its subject), or one alarm of it. */
export interface Instance {
  readonly condition: Condition;
  readonly key: string;
  readonly subject: DeviceId | undefined;
  readonly part: string | undefined;
}

/** Fresh evidence moves the instance on; the same evidence twice does nothing. */
export function decide(
  draft: Draft,
  { condition, key, subject, part }: Instance,
  verdict: Decided,
  priority: Priority,
): void {
  const before = judgedOf(draft, key);
  const { at, breaths, kind } = verdict;
  const isKnown =
    before !== undefined &&
    (at < before.at || (at === before.at && !(before.held && kind === "clear" && at === draft.now)));
  if (isKnown) return;
  setJudged(draft, key, {
    at,
    ...(kind === "holds" && { held: true }),
    ...(breaths !== undefined && { breaths }),
  });
  becomeKnown(draft, condition, key, verdict.values, priority);
  const runtime = draft.core.runtimes[key];
  if (verdict.kind === "holds") {
    violate(draft, { condition, key, subject, part }, verdict, priority);
    return;
  }
  if (runtime === undefined) return;
  if (runtime.in === undefined) {
    setRuntime(draft, key, undefined);
    return;
  }
  const breathsNow = (breaths ?? 0) - (before?.breaths ?? breaths ?? 0);
  recover(draft, condition, key, runtime, { verdict, breaths: Math.max(0, breathsNow) });
}

function violate(
  draft: Draft,
  { condition, key, subject, part }: Instance,
  verdict: Extract<Verdict, { kind: "holds" }>,
  priority: Priority,
): void {
  const runtime = draft.core.runtimes[key];
  const isOpen = runtime?.in !== undefined;
  if (verdict.onlyOnWatch === true && !draft.core.watch.state.on && !isOpen) {
    setRuntime(draft, key, undefined);
    return;
  }
  const t0 = runtime?.t0 ?? verdict.at;
  const { clear: _interrupted, ...before } = runtime ?? { condition: condition.id };
  const next: Runtime = {
    ...before,
    ...(subject !== undefined && { subject }),
    ...(part !== undefined && { part }),
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
  const delayMs = verdict.delayMs ?? (draft.limits[condition.id].values["delay_s"] ?? 0) * 1000;
  if (verdict.at - t0 < delayMs) return;
  const seconds = Math.floor((verdict.at - t0) / 1000);
  raise(draft, key, draft.core.runtimes[key] ?? next, { priority, values: { seconds, ...verdict.values } });
}

/** Evidence from real devices alone makes a simulated alarm real; never the other way. */
function becomeReal(draft: Draft, key: string): void {
  const runtime = draft.core.runtimes[key];
  const open = openOf(draft, key);
  if (runtime === undefined || open?.occurrence.simulated !== true) return;
  if (runtime.devices.some((device) => isSimulated(draft, device))) return;
  show(draft, open.occurrence.id, (before) => ({ ...before, simulated: false, drill: false }));
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
  const { values } = draft.limits[condition.id];
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
  if (runtime.in !== undefined) {
    show(draft, runtime.in, (before) => ({ ...before, values: { ...before.values, ...verdict.values } }));
  }
  end(draft, key, "recovered");
}

/** No usable data: an open occurrence stays open and says so; the timer of a violation keeps its start. */
export function becomeUnknown(
  draft: Draft,
  { condition, key, subject, part }: Instance,
  { why, values = {} }: { readonly why: UnknownWhy; readonly values?: AlarmValues },
  priority: Priority | undefined,
): void {
  const runtime = draft.core.runtimes[key];
  if (condition.technical && runtime?.in === undefined) return;
  const wouldBe =
    runtime?.inBand === true && priority !== undefined
      ? atLeast(runtime.priority, priority)
      : runtime?.priority;
  if (runtime?.unknown?.why === why && runtime.priority === wouldBe) return;
  const isAnnounced = runtime?.unknown?.announced === true || runtime?.in !== undefined || ANNOUNCED.has(why);
  const isNew = isAnnounced && runtime?.unknown?.announced !== true;
  const { clear: _progress, ...before } = runtime ?? { condition: condition.id, inBand: false, devices: [] };
  const unknown = { why, since: runtime?.unknown?.since ?? draft.now, announced: isAnnounced };
  const next: Runtime = {
    ...before,
    ...(subject !== undefined && { subject }),
    ...(part !== undefined && { part }),
    ...(wouldBe !== undefined && { priority: wouldBe }),
    unknown,
  };
  setRuntime(draft, key, next);
  if (next.in === undefined) {
    if (isNew) notice(draft, "unknown", condition, priority, values);
    return;
  }
  if (!isNew) return;
  const occurrence = showUnknown(draft, next.in, values);
  if (occurrence !== undefined) say(draft, "unknown", occurrence, memberOf(condition, next, values));
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
  setRuntime(draft, key, rest);
  if (rest.in === undefined) {
    if (unknown.announced) notice(draft, "known", condition, priority, values);
    return;
  }
  const occurrence = showUnknown(draft, rest.in, values);
  if (unknown.announced && occurrence !== undefined) {
    say(draft, "known", occurrence, memberOf(condition, rest, values));
  }
}

const memberOf = ({ id }: Condition, { priority }: Runtime, values: AlarmValues) => ({
  member: { condition: id, priority: priority ?? ("low" as const), values },
});

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
