import type { Actor, WatchState } from "../domain/alarm.ts";
import type { BedProfile, WatchSchedule } from "../domain/bed.ts";
import { atLocal, DAY_MS, localDate, MINUTE_MS, minuteOfDay, mono, type Wall, wall } from "../domain/time.ts";
import { type BedReadings, GAP_MS } from "./condition.ts";
import { conditionOf, type Draft, later, setRuntime } from "./draft.ts";
import { end } from "./occurrences.ts";
import { raise } from "./raise.ts";
import type { WatchCore } from "./state.ts";
import { liveReadings } from "./view.ts";

/** After an end by a person, therapy starts a new watch only when it was away for so long. */
const NEW_THERAPY_MS = 5 * MINUTE_MS;
/** A breath so recent means that therapy runs. */
const BREATH_MS = 20_000;

/** Decides whether the bed is on watch now; a watch that begins anew forgets violations that were not yet alarms. */
export function updateWatch(draft: Draft): void {
  const before = draft.core.watch;
  const after = decide(draft, before);
  if (after === before) return;
  draft.core = { ...draft.core, watch: after };
  draft.isVisible = true;
  if (before.state.on || !after.state.on) return;
  for (const [key, runtime] of Object.entries(draft.core.runtimes)) {
    if (runtime.in !== undefined) continue;
    if (runtime.fault === undefined) forgetLost(draft, key);
    else setRuntime(draft, key, { ...runtime, t0: draft.now, inBand: true });
  }
}

/** A violation that was lost before it became an alarm, before this watch, has nothing to do with it. */
export function forgetLost(draft: Draft, key: string): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.unknown === undefined || runtime.t0 === undefined) return;
  const { t0: _earlier, ...rest } = runtime;
  setRuntime(draft, key, { ...rest, inBand: false });
}

/** A person starts the watch, whatever had ended it. */
export function startWatch(draft: Draft, by: Actor): void {
  backToWatch(draft);
  const { ended: _over, ...watch } = draft.core.watch;
  draft.core = { ...draft.core, watch: { ...watch, person: by } };
  updateWatch(draft);
}

type Left = NonNullable<WatchCore["left"]>;

/** Away with an end, or for good: from now on nothing is judged. */
export function leaveWatch(draft: Draft, reason: Left["reason"], by: Actor, until: Wall): void {
  const { person: _over, ended: _also, ...watch } = draft.core.watch;
  const untilMono = later(draft.now, until - draft.at);
  const left: Left = { reason, by, at: draft.at, until, untilMono };
  draft.core = { ...draft.core, watch: { ...watch, therapy: false, left } };
  updateWatch(draft);
}

/** The bed is watched again as its schedule and class say. */
export function backToWatch(draft: Draft): void {
  const { left, ...watch } = draft.core.watch;
  if (left === undefined) return;
  end(draft, REARM, "answered");
  setRuntime(draft, REARM, undefined);
  draft.core = { ...draft.core, watch };
  updateWatch(draft);
}

const REARM = "WATCH_REARM";
/** Values that come for so long while nobody is expected there. */
const BACK_MS = 60_000;

/** While the bed is left: it ends by its date; and when valid values come back, a person is asked to start it again. */
export function followLeave(draft: Draft): void {
  const { left } = draft.core.watch;
  if (left === undefined) return;
  const isAway = left.reason === "hospital" || left.reason === "visit";
  // Either clock ends it: with a clock that is wrong nobody must stay unwatched for ever.
  if (isAway && (draft.now >= left.untilMono || (draft.trusted && draft.at >= left.until))) {
    backToWatch(draft);
    return;
  }
  const { setup } = draft;
  const measures = fresh(liveReadings(draft), "spo2") !== undefined;
  if (!measures) {
    if (left.backSince !== undefined) setLeft(draft, withoutBack(left));
    return;
  }
  if (left.backSince === undefined) {
    setLeft(draft, { ...left, backSince: draft.now });
    return;
  }
  if (draft.now - left.backSince < BACK_MS || draft.core.watch.state.asks === true) return;
  const { watch } = draft.core;
  draft.core = { ...draft.core, watch: { ...watch, state: { ...watch.state, asks: true } } };
  draft.isVisible = true;
  // After an end for good only the page asks: nothing sounds in that house.
  if (!isAway) return;
  const priority = conditionOf(draft, REARM)?.priority[setup.profile.dependencyClass] ?? "medium";
  const devices = setup.profile.sources.filter(({ role }) => role === "oximeter").map(({ device }) => device);
  raise(draft, REARM, { condition: REARM, t0: draft.now, inBand: true, devices }, { priority, values: {} });
}

function setLeft(draft: Draft, left: Left): void {
  draft.core = { ...draft.core, watch: { ...draft.core.watch, left } };
}

function withoutBack({ backSince: _gone, ...left }: Left): Left {
  return left;
}

/** A person ends it, whatever had started it: it stays off until the schedule next begins, or a person starts it. */
export function endWatch(draft: Draft, by: Actor): void {
  const { person: _over, ...watch } = draft.core.watch;
  const { schedule, zone } = draft.setup.profile;
  const until = nextStart(schedule, zone, draft.at);
  draft.core = { ...draft.core, watch: { ...watch, therapy: false, ended: { by, until } } };
  updateWatch(draft);
}

function decide(draft: Draft, watch: WatchCore): WatchCore {
  const { at, trusted } = draft;
  if (watch.left !== undefined) return notWatching(draft, watch, watch.left.reason, watch.left);
  const inSchedule = isInSchedule(draft);
  const isTreated = therapyAndSensor(draft);
  // With a clock that may be wrong nobody knows whether the end still counts: then it does not.
  const ended = watch.ended !== undefined && trusted && at < watch.ended.until ? watch.ended : undefined;
  if (ended !== undefined && watch.person === undefined) {
    return whileEnded(draft, watch, ended, { inSchedule, isTreated });
  }
  const isExpired = watch.ended !== undefined && trusted;
  const rest = isExpired ? withoutEnd(watch) : watch;
  const core = isTreated && !rest.therapy ? { ...rest, therapy: true } : rest;
  if (draft.setup.profile.dependencyClass === "C") return watching(draft, core, "class_c");
  if (core.person !== undefined) return watching(draft, core, "person", core.person);
  if (core.therapy) return watching(draft, core, "therapy");
  if (inSchedule) return watching(draft, core, "schedule");
  return notWatching(draft, core, "off");
}

/** Off, until the next start; outside the schedule a therapy that was away for a while and comes back is a new one. */
function whileEnded(
  draft: Draft,
  watch: WatchCore,
  ended: NonNullable<WatchCore["ended"]>,
  now: { readonly inSchedule: boolean; readonly isTreated: boolean },
): WatchCore {
  const awayMs = ended.away === undefined ? 0 : draft.now - ended.away;
  if (now.isTreated && !now.inSchedule && awayMs >= NEW_THERAPY_MS) {
    return watching(draft, withoutEnd({ ...watch, therapy: true }), "therapy");
  }
  const off = notWatching(draft, watch, "ended", { by: ended.by });
  const { away: _back, ...rest } = ended;
  if (now.isTreated && ended.away !== undefined) return { ...off, ended: rest };
  if (!now.isTreated && ended.away === undefined) return { ...off, ended: { ...rest, away: draft.now } };
  return off;
}

function withoutEnd(watch: WatchCore): WatchCore {
  const { ended: _over, ...rest } = watch;
  return rest;
}

function watching(draft: Draft, watch: WatchCore, reason: WatchState["reason"], by?: Actor): WatchCore {
  if (watch.state.on && watch.state.reason === reason) return watch;
  const since = watch.state.on ? watch.state.since : draft.at;
  const from = watch.state.on ? watch.from : draft.now;
  return { ...watch, from, state: { on: true, reason, since, ...(by !== undefined && { by }) } };
}

function notWatching(
  draft: Draft,
  watch: WatchCore,
  reason: Exclude<WatchState["reason"], "class_c" | "schedule" | "person" | "therapy">,
  by: { readonly by?: Actor; readonly until?: Wall } = {},
): WatchCore {
  const isSame = !watch.state.on && watch.state.reason === reason && watch.state.until === by.until;
  if (isSame) return watch;
  const who = {
    ...(by.by !== undefined && { by: by.by }),
    ...(by.until !== undefined && { until: by.until }),
  };
  return { ...watch, from: draft.now, state: { on: false, reason, since: draft.at, ...who } };
}

/** The schedule at this minute. A clock that may be wrong cannot say that it is day: then the watch is on. */
export function isInSchedule(draft: Draft): boolean {
  if (!draft.trusted) return true;
  const minute = Math.floor(draft.at / MINUTE_MS);
  if (draft.live.schedule?.minute !== minute) {
    draft.live = { ...draft.live, schedule: { minute, inside: contains(draft.setup.profile, draft.at) } };
  }
  return draft.live.schedule?.inside === true;
}

function contains({ schedule, zone }: BedProfile, at: Wall): boolean {
  const { fromMinute, toMinute } = schedule;
  // Around the clock; asked for every minute of a night.
  if ((toMinute - fromMinute) % (DAY_MS / MINUTE_MS) === 0) return true;
  const minute = minuteOfDay(at, zone);
  return fromMinute < toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}

/** The first start of the schedule after an instant. */
function nextStart({ fromMinute }: WatchSchedule, zone: string, at: Wall): Wall {
  for (const days of [0, 1, 2]) {
    const date = localDate(wall(at + days * DAY_MS), zone);
    const start = atLocal(date, fromMinute, zone);
    if (start > at) return start;
  }
  return wall(at + DAY_MS);
}

/** Therapy runs (the machine says so, or breaths arrive) and the oximeter measures, both now. */
function therapyAndSensor(draft: Draft): boolean {
  const { now } = draft;
  const bed = liveReadings(draft);
  if (fresh(bed, "spo2") === undefined && fresh(bed, "pulse_rate") === undefined) return false;
  const therapy = fresh(bed, "therapy");
  if (therapy !== undefined) return therapy === 1;
  const breathAt = bed.breathing()?.breathAt ?? mono(Number.NEGATIVE_INFINITY);
  return now - breathAt <= BREATH_MS || (fresh(bed, "resp_rate") ?? 0) > 0;
}

function fresh(bed: BedReadings, signal: Parameters<BedReadings["reading"]>[0]): number | undefined {
  const reading = bed.reading(signal);
  return reading !== undefined && reading.ageMs < GAP_MS ? reading.value : undefined;
}
