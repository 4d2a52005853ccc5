import {
  type AlarmFold,
  type Card,
  type CareNow,
  CONDITION_IDS,
  type LimitsState,
  type Occurrence,
  type PastOccurrence,
  priorityRank,
} from "../domain/alarm.ts";
import { type BedId, byCount } from "../domain/ids.ts";
import { absent } from "../domain/sample.ts";
import { isSignalId, type SignalId } from "../domain/signal.ts";
import { DAY_MS, MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import { cardsOf, isTechnical } from "./causes.ts";
import { evidenceOf } from "./evidence.ts";
import { type JournalEntry, paceOf, type SeenDevice, type SeenSignal } from "./journal.ts";
import {
  type CareCore,
  type Core,
  type DeviceRecord,
  type EngineState,
  type Instant,
  type Open,
  type Past,
  type Runtime,
  type SignalRecord,
  startState,
  type Trace,
} from "./state.ts";
import { upgraded } from "./upgrade.ts";

/** Command ids that are remembered, so that a repeat is known for one. */
export const MOST_COMMANDS = 64;
/** Ids and counts of steps whose entry was lost with the crash must not be used again. */
const SKIPPED = 100;
/** After a downtime longer than a beat, devices get so long to answer before their silence rings. */
const SETTLE_MS = 10_000;

/**
 * Alarm state as a fold over the journal: the engine as it must go on after a restart at `now`. Occurrences,
 * acknowledgements, running delays, the watch and a drill are as they were; the downtime is a gap in the data; what
 * ran out meanwhile by a trusted wall clock has ended, and with a clock that is not trusted every acknowledgement and
 * drill has. Without entries it is a fresh engine. Never throws on entries that this version wrote.
 */
export function foldJournal(entries: readonly JournalEntry[], now: Instant, bed: BedId): EngineState {
  const fresh = startState(now, bed);
  const newest = entries.at(-1);
  if (newest === undefined) return fresh;
  const last = { ...newest, core: upgraded({ ...fresh.core, ...newest.core }) };
  const isTrusted = now.trusted && last.trusted;
  const downMs = Math.min(DAY_MS, Math.max(0, now.wall - last.at));
  const shift: Shift = (at) => mono(at - last.mono + now.mono - downMs);
  const { beatMs, silentMs } = paceOf(last.core);
  const wasAway = downMs > beatMs + SECOND_MS;
  const ranOut: Shift = (until) => (isTrusted ? shift(until) : now.mono);
  // Within one beat nobody knows when the process stopped: what lived at the last entry is taken to have lived on,
  // until just before now, so that a sample that comes now is a new one.
  const isKnown = wasAway || downMs === 0;
  const living: Shift = (at) =>
    isKnown || last.mono - at >= silentMs ? shift(at) : mono(at - last.mono + now.mono - 1);
  return {
    ...fresh,
    startedAt: shift(last.startedAt),
    core: {
      ...shiftCore(last.core, shift, ranOut),
      settledAt: wasAway ? mono(now.mono + SETTLE_MS) : shift(last.core.settledAt),
    },
    live: {
      devices: mapValues(last.seen, (seen) => recordOf(seen, shift, living)),
      judged: mapValues(last.judged, (judged) => ({ ...judged, at: living(judged.at) })),
      flips: 0,
    },
    commands: commandsOf(entries),
  };
}

/** Entries that suffice to restart from, for a journal that is rotated or grows long. */
export function compactJournal(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const last = entries.at(-1);
  if (last === undefined) return [];
  const { command: _kept, ...entry } = last;
  return [{ ...entry, events: [], commands: commandsOf(entries) }];
}

/** What pages draw and watch acts on. `revision` grows with every change of it. */
export function toFold(state: EngineState): AlarmFold {
  const { core, bed, at } = state;
  const runtimes = Object.values(core.runtimes);
  const open = Object.values(core.open)
    .map(({ occurrence }) => occurrence)
    .toSorted(byUrgency);
  const unknown = CONDITION_IDS.flatMap((condition) => {
    const found = runtimes.find(
      (runtime) => runtime.condition === condition && runtime.unknown !== undefined,
    );
    return found?.unknown === undefined ? [] : [{ condition, why: found.unknown.why }];
  });
  return {
    bed,
    revision: core.revision,
    at,
    watch: core.watch.state,
    open,
    unknown,
    ...(core.drill !== undefined && { drillUntil: core.drill.untilWall }),
    cards: cardsOf(open, evidenceOf(state.live, core, state.mono)).map((card) => withKept(card, core.causes)),
    past: core.past.filter(({ seen }) => !seen).map(traceOf),
    pauses: core.pauses.map(({ condition, priority, untilWall: until, by }) => ({
      condition,
      priority,
      until,
      by,
    })),
    ...(core.care !== undefined && { care: careOf(core.care) }),
    ...(core.carePlan !== undefined && { carePlan: core.carePlan }),
    limits: limitsOf(core),
  };
}

/** What the card has shown so far stays, with the evidence of then. */
function withKept(card: Card, causes: Core["causes"]): Card {
  const kept = causes[card.id];
  if (kept === undefined || kept.cause === card.cause) return card;
  return { ...card, cause: kept.cause, evidence: kept.evidence };
}

const traceOf = ({ occurrence, raisedAt, endedAt, endedWall, answered }: Past): PastOccurrence => ({
  occurrence,
  endedAt: endedWall,
  seconds: Math.round((endedAt - raisedAt) / SECOND_MS),
  missed: occurrence.priority === "high" && answered !== true,
});

const careOf = ({ act, by, fromWall, untilWall }: CareCore): CareNow => ({
  act,
  by,
  since: fromWall,
  until: untilWall,
});

function limitsOf({ limits }: Core): LimitsState {
  if (limits === undefined) return { version: 0, off: [] };
  const { version, by, at, reason, expiresAt, off } = limits;
  return { version, by, at, reason, ...(expiresAt !== undefined && { expiresAt }), off };
}

/** The most urgent first; what is about the person before what is about data and box, then the oldest. */
const byUrgency = (a: Occurrence, b: Occurrence): number =>
  priorityRank(b.priority) - priorityRank(a.priority) ||
  Number(isTechnical(a)) - Number(isTechnical(b)) ||
  a.raisedAt - b.raisedAt ||
  byCount(a.id, b.id);

function commandsOf(entries: readonly JournalEntry[]): readonly string[] {
  const ids = entries.flatMap((entry) => [
    ...(entry.commands ?? []),
    ...(entry.command ? [entry.command.id] : []),
  ]);
  return ids.slice(-MOST_COMMANDS);
}

/** Takes a time of the process that wrote the journal to this process. */
type Shift = (at: Mono) => Mono;

function shiftCore(core: Core, shift: Shift, ranOut: Shift): Core {
  const { watch, drill, lastCallAt } = core;
  return {
    ...core,
    revision: core.revision + SKIPPED,
    raised: core.raised + SKIPPED,
    worsened: core.worsened + SKIPPED,
    watch: {
      ...watch,
      from: shift(watch.from),
      ...(watch.ended?.away !== undefined && { ended: { ...watch.ended, away: shift(watch.ended.away) } }),
      ...(watch.left !== undefined && { left: shiftLeft(watch.left, shift) }),
    },
    runtimes: mapValues(core.runtimes, (runtime) => shiftRuntime(runtime, shift)),
    open: mapValues(core.open, (one) => shiftOpen(one, shift, ranOut)),
    past: core.past.map((one) => ({
      ...one,
      raisedAt: shift(one.raisedAt),
      endedAt: shift(one.endedAt),
      ...(one.acknowledgedUntil !== undefined && { acknowledgedUntil: ranOut(one.acknowledgedUntil) }),
    })),
    repeats: mapValues(core.repeats, (times) => times.map(shift)),
    causes: mapValues(core.causes, ({ rival, ...kept }) => ({
      ...kept,
      ...(rival !== undefined && { rival: { ...rival, since: shift(rival.since) } }),
    })),
    ...(core.limits?.expiresMono !== undefined && {
      limits: { ...core.limits, expiresMono: ranOut(core.limits.expiresMono) },
    }),
    pauses: core.pauses.map((one) => ({ ...one, until: ranOut(one.until) })),
    ...(core.care !== undefined && {
      care: {
        ...core.care,
        from: shift(core.care.from),
        until: ranOut(core.care.until),
        ...(core.care.goodSince !== undefined && { goodSince: shift(core.care.goodSince) }),
      },
    }),
    ...(core.careSince !== undefined && { careSince: shift(core.careSince) }),
    careDone: mapValues(core.careDone, shift),
    ...(drill !== undefined && { drill: { ...drill, until: ranOut(drill.until) } }),
    ...(lastCallAt !== undefined && { lastCallAt: shift(lastCallAt) }),
  };
}

function shiftLeft(
  left: NonNullable<Core["watch"]["left"]>,
  shift: Shift,
): NonNullable<Core["watch"]["left"]> {
  const { backSince, untilMono } = left;
  return {
    ...left,
    untilMono: shift(untilMono),
    ...(backSince !== undefined && { backSince: shift(backSince) }),
  };
}

function shiftRuntime(runtime: Runtime, shift: Shift): Runtime {
  const { t0, unknown } = runtime;
  return {
    ...runtime,
    ...(t0 !== undefined && { t0: shift(t0) }),
    ...(unknown !== undefined && { unknown: { ...unknown, since: shift(unknown.since) } }),
  };
}

function shiftOpen(one: Open, shift: Shift, ranOut: Shift): Open {
  const { acknowledgedUntil, gentleUntil, calmSince } = one;
  return {
    ...one,
    raisedAt: shift(one.raisedAt),
    ...(acknowledgedUntil !== undefined && { acknowledgedUntil: ranOut(acknowledgedUntil) }),
    ...(gentleUntil !== undefined && { gentleUntil: ranOut(gentleUntil) }),
    ...(calmSince !== undefined && { calmSince: shift(calmSince) }),
  };
}

function recordOf(seen: SeenDevice, shift: Shift, living: Shift): DeviceRecord {
  const { still, simulated, delayed, own, serial, status, clock, settingsBase, settingsChanged } = seen;
  const signals: { [id in SignalId]?: SignalRecord } = {};
  for (const [id, known] of Object.entries(seen.signals)) {
    if (isSignalId(id)) signals[id] = signalOf(known, shift, living);
  }
  return {
    marks: [],
    heardAt: living(seen.heardAt),
    ...(seen.spokeAt !== undefined && { spokeAt: living(seen.spokeAt) }),
    ...(seen.waveAt !== undefined && { waveAt: living(seen.waveAt) }),
    ...(seen.waveMovedAt !== undefined && { waveMovedAt: living(seen.waveMovedAt) }),
    ...(seen.breathAt !== undefined && { breathAt: living(seen.breathAt) }),
    breaths: seen.breaths,
    simulated: simulated === true,
    timeliness: delayed === true ? "delayed" : "live",
    signals,
    settings: seen.settings ?? {},
    ...(settingsBase !== undefined && { settingsBase }),
    ...(settingsChanged !== undefined && { settingsChanged: moved(settingsChanged, shift) }),
    ...(own !== undefined && { own: mapValues(own, (one) => moved(one, shift)) }),
    ...(serial !== undefined && { serial: moved(serial, shift) }),
    ...(status !== undefined && { status: moved(status, shift) }),
    ...(clock !== undefined && { clock: moved(clock, shift) }),
    ...((seen.minutes?.spo2 !== undefined || seen.runs !== undefined) && {
      traces: { spo2: traceAgain(seen.minutes?.spo2 ?? [], seen.runs, shift, living) },
    }),
    ...(still !== undefined && {
      still: {
        ...still,
        since: shift(still.since),
        ...(still.counter !== undefined && {
          counter: { ...still.counter, since: shift(still.counter.since) },
        }),
      },
    }),
    minuteVolumes: [],
  };
}

const moved = <T extends { readonly at: Mono }>(one: T, shift: Shift): T => ({ ...one, at: shift(one.at) });

/** Whole minutes are as they were; where the last ones are not known by the sample they begin with their medians. */
function traceAgain(
  minutes: Trace["minutes"],
  known: Trace["runs"] | undefined,
  shift: Shift,
  living: Shift,
): Trace {
  const shifted = minutes.map(([end, median, validMs]) => [shift(end), median, validMs] as const);
  const medians = shifted
    .slice(-5)
    .map(([end, median, validMs]) => [median, mono(end - validMs), end] as const);
  // The newest value is taken to have lived on, as everything that lived then.
  const runs =
    known?.map(([value, from, to], index) => {
      const until = index === known.length - 1 ? living(to) : shift(to);
      return [value, shift(from), until] as const;
    }) ?? medians;
  const last = runs.at(-1)?.[2] ?? mono(0);
  const firstMinute = shifted[0]?.[0];
  const firstAt = firstMinute === undefined ? (runs[0]?.[1] ?? last) : mono(firstMinute - MINUTE_MS);
  return { firstAt, at: last, runs, minutes: shifted, minuteFrom: shifted.at(-1)?.[0] ?? firstAt };
}

function signalOf(seen: SeenSignal, shift: Shift, living: Shift): SignalRecord {
  if (typeof seen[0] === "string") return { sample: absent(seen[0]), at: mono(0) };
  const [value, at, since, reason] = seen;
  const arrived = living(at);
  return {
    sample: reason === undefined ? value : absent(reason),
    at: arrived,
    valid: {
      value,
      at: arrived,
      since: shift(since),
      everyMs: SECOND_MS,
      off: 0,
      coverMs: SECOND_MS,
      usual: value,
    },
  };
}

const mapValues = <T, U>(values: { readonly [key: string]: T }, map: (value: T) => U): { [key: string]: U } =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
