import type { AlarmEvent, ConditionId, Priority } from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { isPresent, type Sample } from "../domain/sample.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Dip, SignalCount, WhatIfNight } from "../domain/what-if.ts";
import { CONDITIONS } from "./conditions/index.ts";
import { type JudgedNight, type JudgeOptions, judgedSteps } from "./judge.ts";
import { resolveLimits } from "./limits.ts";

/** Limits of a night that was, and those that somebody thinks of; files, unchecked. */
export interface WhatIfOptions extends Omit<JudgeOptions, "limits"> {
  readonly now: unknown;
  readonly proposed: unknown;
}

/** A shorter fall below the critical limit is not asked after. */
const DIP_S = 10;
/** Without a number for longer nobody knows whether it is still the same dip. */
const GAP_MS = 10 * SECOND_MS;

/** The SpO2 below which a dip counts: the critical limit of the limits that are in force, %. Throws INPUT_INVALID. */
export const criticalLimit = ({ now, dependencyClass }: WhatIfOptions): number =>
  resolveLimits(now, dependencyClass).SPO2_CRIT.values["limit"] ?? 0;

/**
 * Judges a night by the limits of now and by those proposed. Nobody answers in it: what rings goes on ringing. Yields
 * after each step of an engine, far below a millisecond, so that the caller may pause whenever it wants. Returns
 * undefined for a night without rows; throws INPUT_INVALID for limits that are not possible.
 */
export function* whatIf(
  night: JudgedNight,
  options: WhatIfOptions,
): Generator<void, WhatIfNight | undefined> {
  const { now, proposed, ...rest } = options;
  const before = yield* heardIn(night, { ...rest, limits: now });
  const after = yield* heardIn(night, { ...rest, limits: proposed });
  return compared(night, before, after, criticalLimit(options));
}

/** What the two have in common and what not; undefined for a night without rows. `limit`: of the dips, %. */
export function compared(
  night: JudgedNight,
  before: Heard,
  after: Heard,
  limit: number,
): WhatIfNight | undefined {
  const [first, last] = [night.rows[0], night.rows.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const dips = dipsOf(night, limit);
  const wasRaised = dips.map((dip) => isRaised(dip, before));
  const isStill = dips.map((dip) => isRaised(dip, after));
  const lost = dips.filter((_, index) => wasRaised[index] === true && isStill[index] !== true);
  return {
    from: first.at,
    to: last.at,
    signals: countsOf(before.signals, after.signals),
    dips: {
      count: dips.length,
      raisedBefore: wasRaised.filter(Boolean).length,
      raisedAfter: isStill.filter(Boolean).length,
      lostCount: lost.length,
      lost,
    },
  };
}

/** What a person would have heard of a night. */
export interface Heard {
  readonly signals: ReadonlyMap<
    string,
    { readonly condition: ConditionId; readonly priority: Priority; readonly count: number }
  >;
  /** When an oxygen alarm of medium or high priority was there, in order of their begin. */
  readonly oxygen: readonly { readonly from: number; readonly to: number }[];
}

/** Oxygen alarms, with those that see it together with a leak. */
const OXYGEN: ReadonlySet<ConditionId> = new Set<ConditionId>([
  ...CONDITIONS.filter(({ ladder }) => ladder?.name === "oxygen").map(({ id }) => id),
  "LEAK_DESAT",
]);

/** One night by one set of limits; yields as `whatIf` does. Throws INPUT_INVALID for limits that are not possible. */
export function* heardIn(night: JudgedNight, options: JudgeOptions): Generator<void, Heard> {
  const signals = new Map<string, { condition: ConditionId; priority: Priority; count: number }>();
  const open = new Set<OccurrenceId>();
  const oxygen: { from: number; to: number }[] = [];
  const running = new Map<ConditionId, { from: number; to: number }>();
  for (const { events } of judgedSteps(night, options)) {
    for (const event of events) {
      if (isSignal(event, open)) {
        const { condition, priority } = event.member ?? event.occurrence;
        const key = `${condition} ${priority}`;
        const known = signals.get(key);
        if (known === undefined) signals.set(key, { condition, priority, count: 1 });
        else known.count += 1;
      }
      follow(event, running, oxygen);
    }
    yield;
  }
  return { signals, oxygen };
}

/** New to those who listen: an occurrence that opens, or gets worse. One that joins silently is not. */
function isSignal({ kind, occurrence, over }: AlarmEvent, open: Set<OccurrenceId>): boolean {
  if (kind === "ended" && over === true) open.delete(occurrence.id);
  if (kind === "escalated") return true;
  if (kind !== "occurred" || open.has(occurrence.id)) return false;
  open.add(occurrence.id);
  return true;
}

function follow(
  { kind, at, member, occurrence }: AlarmEvent,
  running: Map<ConditionId, { from: number; to: number }>,
  oxygen: { from: number; to: number }[],
): void {
  const { condition, priority } = member ?? occurrence;
  if (!OXYGEN.has(condition)) return;
  const span = running.get(condition);
  if (kind === "ended" && span !== undefined) {
    span.to = at;
    running.delete(condition);
  } else if ((kind === "occurred" || kind === "escalated") && span === undefined && priority !== "low") {
    const begun = { from: at, to: Infinity };
    running.set(condition, begun);
    oxygen.push(begun);
  }
}

/** An alarm that comes when a dip is over has not raised it. */
const isRaised = ({ at, seconds }: Dip, { oxygen }: Heard): boolean =>
  oxygen.some(({ from, to }) => from <= at + seconds * SECOND_MS && to > at);

/** Falls below a limit of at least 10 s; "below what I can measure" is below. */
function dipsOf({ rows }: JudgedNight, limit: number): readonly Dip[] {
  const dips: Dip[] = [];
  let open: { at: number; lowest: number; last: number } | undefined;
  const close = (at: number): void => {
    if (open === undefined) return;
    const seconds = Math.round((at - open.at) / SECOND_MS);
    const lowest = Number.isFinite(open.lowest) ? { lowest: open.lowest } : {};
    if (seconds >= DIP_S) dips.push({ at: open.at, seconds, ...lowest });
    open = undefined;
  };
  for (const { at, samples } of rows) {
    const sample = samples.spo2;
    if (open !== undefined && at - open.last > GAP_MS) close(open.last + SECOND_MS);
    if (sample === undefined) continue;
    if (isBelow(sample, limit)) {
      open ??= { at, lowest: Infinity, last: at };
      open.last = at;
      if (isPresent(sample)) open.lowest = Math.min(open.lowest, sample);
    } else if (isPresent(sample)) close(at);
  }
  if (open !== undefined) close(open.last + SECOND_MS);
  return dips;
}

const isBelow = (sample: Sample, limit: number): boolean =>
  isPresent(sample) ? sample < limit : sample.absent === "under_range";

function countsOf(before: Heard["signals"], after: Heard["signals"]): readonly SignalCount[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) => {
    const one = before.get(key) ?? after.get(key);
    if (one === undefined) return [];
    const { condition, priority } = one;
    return {
      ...{ condition, priority },
      before: before.get(key)?.count ?? 0,
      after: after.get(key)?.count ?? 0,
    };
  });
}
