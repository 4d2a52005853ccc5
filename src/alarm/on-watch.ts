import type { Actor, WatchState } from "../domain/alarm.ts";
import type { BedProfile, WatchSchedule } from "../domain/bed.ts";
import { atLocal, DAY_MS, localDate, MINUTE_MS, minuteOfDay, mono, type Wall, wall } from "../domain/time.ts";
import { GAP_MS } from "./condition.ts";
import { type Draft, raise, setRuntime } from "./draft.ts";
import type { WatchCore } from "./state.ts";
import { bedReadings } from "./view.ts";

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
    if (runtime.occurrence !== undefined) continue;
    if (runtime.fault !== undefined) raise(draft, key, runtime, { priority: "high", values: runtime.fault });
    else forgetLost(draft, key);
  }
}

/** A violation that was lost before it became an alarm, before this watch, has nothing to do with it. */
export function forgetLost(draft: Draft, key: string): void {
  const runtime = draft.core.runtimes[key];
  if (runtime?.unknown === undefined || runtime.t0 === undefined) return;
  const { t0: _earlier, ...rest } = runtime;
  setRuntime(draft, key, { ...rest, inBand: false });
}

/** A person starts the watch. */
export function startWatch(draft: Draft, by: Actor): void {
  const { ended: _over, ...watch } = draft.core.watch;
  draft.core = { ...draft.core, watch: { ...watch, person: by } };
  updateWatch(draft);
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
  const off = notWatching(draft, watch, "ended", ended.by);
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

function notWatching(draft: Draft, watch: WatchCore, reason: "off" | "ended", by?: Actor): WatchCore {
  if (!watch.state.on && watch.state.reason === reason) return watch;
  return {
    ...watch,
    from: draft.now,
    state: { on: false, reason, since: draft.at, ...(by !== undefined && { by }) },
  };
}

/** The schedule at this minute. A clock that may be wrong cannot say that it is day: then the watch is on. */
function isInSchedule(draft: Draft): boolean {
  if (!draft.trusted) return true;
  const minute = Math.floor(draft.at / MINUTE_MS);
  if (draft.live.schedule?.minute !== minute) {
    draft.live = { ...draft.live, schedule: { minute, inside: contains(draft.setup.profile, draft.at) } };
  }
  return draft.live.schedule?.inside === true;
}

function contains({ schedule, zone }: BedProfile, at: Wall): boolean {
  const { fromMinute, toMinute } = schedule;
  const minute = minuteOfDay(at, zone);
  if (fromMinute === toMinute) return true;
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
  const { live, now, startedAt, setup } = draft;
  const bed = bedReadings({ profile: setup.profile, live, now, startedAt, withDelayed: false });
  const fresh = (signal: Parameters<typeof bed.reading>[0]): number | undefined => {
    const reading = bed.reading(signal);
    return reading !== undefined && reading.ageMs < GAP_MS ? reading.value : undefined;
  };
  if (fresh("spo2") === undefined && fresh("pulse_rate") === undefined) return false;
  const therapy = fresh("therapy");
  if (therapy !== undefined) return therapy === 1;
  const breathAt = bed.breathing()?.breathAt ?? mono(Number.NEGATIVE_INFINITY);
  return now - breathAt <= BREATH_MS || (fresh("resp_rate") ?? 0) > 0;
}
