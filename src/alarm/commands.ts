import type { AcknowledgePlace, AlarmCommand, CarePlan, Priority } from "../domain/alarm.ts";
import { CARE_ACTS, isCareAct } from "../domain/alarm.ts";
import { DAY_MS, MINUTE_MS, wall } from "../domain/time.ts";
import { isWorseThanShown } from "../domain/worsened.ts";
import { sayAllRight } from "./all-right.ts";
import { conditionOf, type Draft, instancesOf, later, membersOf, openOf, setRuntime } from "./draft.ts";
import { resolveLimits, storedLimits, switchedOff } from "./limits.ts";
import { acknowledge, end, endAll, lapse, show } from "./occurrences.ts";
import { backToWatch, endWatch, forgetLost, leaveWatch, startWatch } from "./on-watch.ts";
import { beginCare, endCare, pause, resume } from "./quiet.ts";
import { raise } from "./raise.ts";
import type { DeviceRecord, Open, Runtime } from "./state.ts";

/** How long an acknowledgement lasts while the condition holds (design, section 6). */
const LAPSES_MS: { readonly [priority in Priority]: number } = {
  high: 3 * MINUTE_MS,
  medium: 10 * MINUTE_MS,
  low: 10 * MINUTE_MS,
};
const PLACE_MS: { readonly [place in Exclude<AcknowledgePlace, "going">]: number } = {
  bedside: 15 * MINUTE_MS,
  watching: 30 * MINUTE_MS,
};
/** Presses so close together are one call. */
const DEBOUNCE_MS = 300;
/** Calls kept apart; a further one sounds the newest again. */
const MOST_CALLS = 8;
/** A drill ends by itself. */
const LONGEST_DRILL_MS = 60 * MINUTE_MS;
/** Nobody is away longer than this without saying so again. */
const LONGEST_LEAVE_MS = 60 * DAY_MS;
/** An end for good can be taken back. */
const UNDO_MS = DAY_MS;

/** Why a command did nothing. */
export type Refusal =
  | "repeated"
  | "not_open"
  /** An answer to something milder: it has become worse since the person was shown it. */
  | "worse"
  /** An answer that was held up for longer than it would have counted. */
  | "too_late"
  /** The condition cannot be paused. */
  | "not_pausable"
  /** Longer than the cap. */
  | "too_long"
  /** "I am watching myself" is for technical losses alone. */
  | "not_technical"
  /** The watch has ended for good: nobody is called. */
  | "watch_over"
  /** Out of bounds, an older version, a date in the past. */
  | "invalid";

export type Of<Kind extends AlarmCommand["kind"]> = Extract<AlarmCommand, { kind: Kind }>;

/** Applies a command that has not been seen before; a refusal leaves everything as it was. */
export function obey(draft: Draft, command: AlarmCommand): Refusal | undefined {
  switch (command.kind) {
    case "acknowledge":
      if (isOfLess(draft, command)) return "worse";
      return command.card === true ? acknowledgeCard(draft, command) : acknowledgeOne(draft, command);
    case "with_patient":
      return withPatient(draft, command);
    case "pause":
      return pause(draft, command);
    case "resume":
      return done(() => resume(draft, command));
    case "care":
      return done(() => beginCare(draft, command));
    case "care_done":
      return done(() => endCare(draft));
    case "seen":
      return seen(draft, command);
    case "start_watch":
      return done(() => startWatch(draft, command.by));
    case "end_watch":
      return done(() => {
        clearAll(draft, command);
        endWatch(draft, command.by);
        rearmFaults(draft);
      });
    case "leave":
      return leave(draft, command);
    case "finish":
      return done(() => {
        clearAll(draft, command);
        leaveWatch(draft, command.reason, command.by, wall(draft.at + UNDO_MS));
      });
    case "undo_finish":
      return undoFinish(draft);
    case "limits":
      return setLimits(draft, command);
    case "baselines":
      return done(() => {
        draft.core = { ...draft.core, baselines: command.baselines };
      });
    case "care_plan":
      return setCarePlan(draft, command.plan);
    case "call":
      return call(draft, command);
    case "all_right":
      return sayAllRight(draft, command);
    case "drill":
      return done(() => startDrill(draft, command.forMs));
    case "self_fault":
      return done(() => selfFault(draft, command));
  }
}

function done(act: () => void): undefined {
  act();
  return undefined;
}

/** Ids come from outside: a word like "constructor" is not an occurrence. */
const openById = ({ core }: Draft, id: string): Open | undefined =>
  Object.hasOwn(core.open, id) ? core.open[id] : undefined;

/** Given to something milder than what it is by now. */
const isOfLess = ({ core }: Draft, command: Of<"acknowledge" | "with_patient">): boolean =>
  isWorseThanShown(
    Object.values(core.open).map(({ occurrence }) => occurrence),
    command,
  );

function acknowledgeOne(
  draft: Draft,
  { occurrence: id, by, place, agoMs = 0 }: Pick<Of<"acknowledge">, "occurrence" | "by" | "place" | "agoMs">,
): Refusal | undefined {
  const open = openById(draft, id);
  if (open === undefined) return "not_open";
  const { priority } = open.occurrence;
  const members = membersOf(draft, id);
  if (place === "watching") {
    const isTechnical = members.every(
      ([, { condition }]) => conditionOf(draft, condition)?.technical === true,
    );
    if (members.length === 0 || !isTechnical) return "not_technical";
  }
  const forMs = place === "going" ? LAPSES_MS[priority] : PLACE_MS[place];
  // Not before there was anything to answer, and never in the future.
  const ago = Math.min(Math.max(0, agoMs), Math.max(0, draft.now - open.raisedAt));
  if (ago >= forMs) return "too_late";
  acknowledge(draft, id, { by, place, forMs, agoMs: ago });
  for (const [key, { condition, subject }] of members) {
    if (condition === "VENT_SETTINGS_CHANGED" && subject !== undefined) noteSettings(draft, subject);
    // What was damaged stays so: somebody knows of it now.
    if (condition === "JOURNAL_DAMAGED" || condition === "STATE_DAMAGED") end(draft, key, "answered", by);
  }
  return undefined;
}

/** One answer for everything that belongs together; each member is taken for itself. */
function acknowledgeCard(draft: Draft, command: Of<"acknowledge">): Refusal | undefined {
  const asked = openById(draft, command.occurrence)?.occurrence;
  if (asked === undefined) return "not_open";
  const card = asked.card ?? asked.id;
  const members = Object.values(draft.core.open).filter(
    ({ occurrence: one }) => (one.card ?? one.id) === card,
  );
  const refusals = members.map(({ occurrence }) =>
    acknowledgeOne(draft, { ...command, occurrence: occurrence.id }),
  );
  // "I am watching myself" leaves those about the person as they are.
  return refusals.every((refused) => refused !== undefined) ? refusals[0] : undefined;
}

/** Somebody has taken note of changed settings: from now on these are the settings. */
function noteSettings(draft: Draft, device: string): void {
  const record = draft.live.devices[device];
  if (record === undefined) return;
  const { settingsChanged: _noted, ...rest } = record;
  const devices = { ...draft.live.devices, [device]: { ...rest, settingsBase: record.settings } };
  draft.live = { ...draft.live, devices };
}

/** Answers this call and every earlier one; a call made since is still a call. Anything else is taken on at the bed. */
function withPatient(draft: Draft, command: Of<"with_patient">): Refusal | undefined {
  const { occurrence, by } = command;
  const open = openById(draft, occurrence);
  if (open === undefined) return "not_open";
  if (open.occurrence.condition !== "PATIENT_CALL") {
    return isOfLess(draft, command) ? "worse" : acknowledgeOne(draft, { ...command, place: "bedside" });
  }
  for (const [key] of instancesOf(draft, "PATIENT_CALL")) {
    if ((openOf(draft, key)?.raisedAt ?? draft.now) <= open.raisedAt) end(draft, key, "answered", by);
  }
  return undefined;
}

function seen(draft: Draft, { occurrence: id }: Of<"seen">): Refusal | undefined {
  const isThere = draft.core.past.some(({ occurrence, seen: isSeen }) => occurrence.id === id && !isSeen);
  if (!isThere) return "not_open";
  const past = draft.core.past.map((one) => (one.occurrence.id === id ? { ...one, seen: true } : one));
  draft.core = { ...draft.core, past };
  draft.isVisible = true;
  return undefined;
}

/** A person ends the watch: everything is silent at once, and nothing that is quiet or acknowledged is left over. */
function clearAll(draft: Draft, { by }: Of<"end_watch" | "leave" | "finish">): void {
  endAll(draft, by);
  for (const [key, runtime] of Object.entries(draft.core.runtimes)) {
    // What had begun and was no alarm yet begins anew; what the box has against itself stays known.
    if (runtime.fault === undefined) setRuntime(draft, key, undefined);
    else forgetLost(draft, key);
  }
  const { care: _over, ...core } = draft.core;
  draft.core = { ...core, pauses: [] };
  // What dips and medians had added up to by then is over as well: what goes on rings after its own time.
  const devices = Object.entries(draft.live.devices).map(
    ([id, record]) => [id, withoutRuns(record)] as const,
  );
  draft.live = { ...draft.live, devices: Object.fromEntries(devices) };
  draft.isVisible = true;
}

function withoutRuns(record: DeviceRecord): DeviceRecord {
  const { spo2, pulse_rate } = record.traces ?? {};
  return {
    ...record,
    traces: {
      ...(spo2 !== undefined && { spo2: { ...spo2, runs: [] } }),
      ...(pulse_rate !== undefined && { pulse_rate: { ...pulse_rate, runs: [] } }),
    },
  };
}

/** Where the watch goes on all the same (a clock that may be wrong), what the box has against itself goes on too. */
function rearmFaults(draft: Draft): void {
  if (!draft.core.watch.state.on) return;
  for (const [key, runtime] of Object.entries(draft.core.runtimes)) {
    if (runtime.fault !== undefined && runtime.t0 === undefined) {
      setRuntime(draft, key, { ...runtime, t0: draft.now, inBand: true });
    }
  }
}

function leave(draft: Draft, command: Of<"leave">): Refusal | undefined {
  if (!(command.until > draft.at && command.until <= draft.at + LONGEST_LEAVE_MS)) return "invalid";
  clearAll(draft, command);
  leaveWatch(draft, command.reason, command.by, command.until);
  return undefined;
}

function undoFinish(draft: Draft): Refusal | undefined {
  const { left } = draft.core.watch;
  if (left === undefined) return "not_open";
  if (draft.now > left.untilMono || (draft.trusted && draft.at > left.until)) return "too_long";
  backToWatch(draft);
  return undefined;
}

function setLimits(draft: Draft, command: Of<"limits">): Refusal | undefined {
  const { version, limits: given, by, reason, expiresAt, afterwards } = command;
  if (version <= (draft.core.limits?.version ?? 0)) return "repeated";
  if (expiresAt !== undefined && expiresAt <= draft.at) return "invalid";
  const cls = draft.setup.profile.dependencyClass;
  try {
    resolveLimits(afterwards ?? {}, cls);
    draft.limits = resolveLimits(given, cls);
  } catch {
    return "invalid";
  }
  draft.core = {
    ...draft.core,
    limits: {
      version,
      given,
      by,
      at: draft.at,
      reason,
      off: switchedOff(draft.limits, cls),
      ...(expiresAt !== undefined && { expiresAt, expiresMono: later(draft.now, expiresAt - draft.at) }),
      ...(afterwards !== undefined && { afterwards }),
    },
  };
  draft.isVisible = true;
  return undefined;
}

/** A widening that has run out: what was to count afterwards counts. */
export function expireLimits(draft: Draft): void {
  const { limits } = draft.core;
  if (limits?.expiresAt === undefined) return;
  const { expiresAt, expiresMono, afterwards = {}, ...rest } = limits;
  const isOver =
    (expiresMono !== undefined && draft.now >= expiresMono) || (draft.trusted && draft.at >= expiresAt);
  if (!isOver) return;
  const cls = draft.setup.profile.dependencyClass;
  draft.limits = storedLimits(afterwards, cls);
  const off = switchedOff(draft.limits, cls);
  draft.core = { ...draft.core, limits: { ...rest, given: afterwards, off } };
  draft.isVisible = true;
}

function setCarePlan(draft: Draft, plan: CarePlan): Refusal | undefined {
  for (const act of CARE_ACTS) {
    const minutes = plan[act];
    if (minutes !== undefined && !(minutes >= 30 && minutes <= 1440)) return "invalid";
  }
  draft.core = { ...draft.core, carePlan: plan, careSince: draft.now };
  for (const [key, { part }] of instancesOf(draft, "CARE_DUE")) {
    if (part !== undefined && isCareAct(part) && plan[part] !== undefined) continue;
    end(draft, key, "settings");
    setRuntime(draft, key, undefined);
  }
  draft.isVisible = true;
  return undefined;
}

function call(draft: Draft, { call, device }: Of<"call">): Refusal | undefined {
  const { left } = draft.core.watch;
  if (left?.reason === "transfer" || left?.reason === "death") return "watch_over";
  const { lastCallAt, raised } = draft.core;
  const open = instancesOf(draft, "PATIENT_CALL");
  const isBounce = lastCallAt !== undefined && draft.now - lastCallAt < DEBOUNCE_MS;
  draft.core = { ...draft.core, lastCallAt: draft.now };
  if (isBounce && open.length > 0) return undefined;
  const newest = open.reduce<[string, Runtime] | undefined>(
    (last, [key, runtime]) =>
      last === undefined || (runtime.t0 ?? 0) >= (last[1].t0 ?? 0) ? [key, runtime] : last,
    undefined,
  );
  if (open.length >= MOST_CALLS && newest?.[1].in !== undefined) {
    lapse(draft, newest[1].in);
    return undefined;
  }
  const fresh = { condition: "PATIENT_CALL", t0: draft.now, inBand: true } as const;
  const devices = device === undefined ? [] : [device];
  const values = { how: call.how, kind: call.kind };
  raise(draft, `PATIENT_CALL/${raised + 1}`, { ...fresh, devices }, { priority: "high", values });
  return undefined;
}

/** Simulated alarms may reach people until the drill ends; those open now included. 0 ends it. */
function startDrill(draft: Draft, forMs: number): void {
  const ms = Math.min(LONGEST_DRILL_MS, forMs);
  if (!(ms > 0)) {
    endDrill(draft);
    return;
  }
  draft.core = { ...draft.core, drill: { until: later(draft.now, ms), untilWall: wall(draft.at + ms) } };
  draft.isVisible = true;
  markDrill(draft, true);
}

/** The mark goes with the drill: a simulated alarm that outlives it reaches nobody any more. */
export function endDrill(draft: Draft): void {
  if (draft.core.drill === undefined) return;
  const { drill: _over, ...core } = draft.core;
  draft.core = core;
  draft.isVisible = true;
  markDrill(draft, false);
}

function markDrill(draft: Draft, drill: boolean): void {
  for (const [id, { occurrence }] of Object.entries(draft.core.open)) {
    if (occurrence.simulated) show(draft, id, (before) => ({ ...before, drill }));
  }
}

function selfFault(draft: Draft, { condition, about, active, detail }: Of<"self_fault">): void {
  const key = about === undefined ? condition : `${condition}/${about}`;
  const known = draft.core.runtimes[key];
  if (!active) {
    end(draft, key, "recovered");
    setRuntime(draft, key, undefined);
    return;
  }
  if (known?.in !== undefined || known?.t0 !== undefined) return;
  const fault = { detail: detail.slice(0, 200) };
  const part = about === undefined ? {} : { part: about };
  // Judged with the next look at the bed: after its delay, or at once.
  setRuntime(draft, key, { condition, ...part, t0: draft.now, inBand: true, devices: [], fault });
}

/** Drills and acknowledgements that have run out by now. An acknowledgement waits while the values recover. */
export function runOut(draft: Draft): void {
  if (draft.core.drill !== undefined && draft.now >= draft.core.drill.until) endDrill(draft);
  for (const [id, one] of Object.entries(draft.core.open)) {
    if (one.gentleUntil !== undefined && draft.now >= one.gentleUntil) lapse(draft, id);
    if (one.acknowledgedUntil === undefined || draft.now < one.acknowledgedUntil) continue;
    const members = membersOf(draft, id);
    if (members.some(([, { inBand, unknown }]) => inBand || unknown !== undefined)) lapse(draft, id);
  }
}
