import type { Acknowledgement, AlarmFold } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { type Mono, mono, SECOND_MS, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { escalate } from "./escalation.ts";
import { type Incident, type Incidents, type Moment, type PlannedSend, resumeIncident } from "./incident.ts";
import type { ToldSend } from "./told.ts";

/** Callbacks must not throw. */
export interface StandbyOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The box cannot be counted on: nobody hears it. */
  readonly isAway: (bed: BedId) => boolean;
  /** By which its box paces its calls; undefined: nothing about this bed is to be taken over. */
  readonly classOf: (bed: BedId) => DependencyClass | undefined;
  /** From now on these alarms are called from here, going on with what the box has told; and whenever they change. */
  readonly onTaken: (bed: BedId, fold: AlarmFold, told: Incidents) => void;
  /** The box calls again. */
  readonly onHandedBack: (bed: BedId, occurrences: ReadonlySet<OccurrenceId>) => void;
  /** The box could not tell these in time: the same message from here. */
  readonly onHelp: (bed: BedId, send: PlannedSend, targets: readonly string[]) => void;
  /** The box has gone on to another message about this alarm. */
  readonly onMovedOn: (bed: BedId, occurrence: OccurrenceId) => void;
}

/**
 * The second one who calls. It follows what a box has told people's phones by the same rules as the box, and does what the
 * box owes: messages to phones that it could not reach, and all of its calling while nobody hears it (docs/adr/0032).
 */
export interface Standby {
  /** The newest alarms as the box tells them. */
  onFold(fold: AlarmFold): void;
  /** `aheadMs`: how far the box's wall clock is ahead. */
  onTold(bed: BedId, sends: readonly ToldSend[], aheadMs: number): void;
  /** To be called every second. */
  look(): void;
  /** Somebody answers an alarm that is called from here; false: it is not, and the box alone decides. */
  answer(bed: BedId, occurrence: OccurrenceId, by: Acknowledgement, wholeCard: boolean): boolean;
  /** The alarms of a bed with what was answered here, while they are called from here. */
  taken(bed: BedId): AlarmFold | undefined;
  forget(bed: BedId): void;
}

/** 50 s lie between two calls at most (`paceOf`), a second of travel is between: 60 s are not passed. */
export const PATIENCE_MS = 8 * SECOND_MS;

interface Line {
  readonly sent: ToldSend;
  readonly heardAt: Mono;
  readonly incident: Incident;
  /** Whom this side has told in the box's place. */
  readonly helped: Set<string>;
}

interface Bed {
  fold: AlarmFold;
  lines: ReadonlyMap<OccurrenceId, Line>;
  toldAt: Mono | undefined;
  /** Infinity: nothing is to be told. */
  owedFrom: Mono | undefined;
  takenAt: Mono | undefined;
  /** By whom this side was answered; the box has not said so yet. */
  readonly answers: Map<OccurrenceId, Acknowledgement>;
}

/** Idle until something is open. */
export function createStandby(options: StandbyOptions): Standby {
  const { clock, log } = options;
  const beds = new Map<BedId, Bed>();
  /** Boxes that say what they tell: of one that never does nobody can say that it owes anything. */
  const tellers = new Set<BedId>();
  /** What was told before its alarms came. */
  const early = new Map<BedId, Parameters<Standby["onTold"]>>();

  const now = (): Moment => ({ mono: clock.mono(), wall: clock.wall() });

  const incidentsOf = ({ lines }: Bed): Incidents =>
    new Map([...lines].map(([id, { incident }]) => [id, incident]));

  /** When the box has to plan its next message, by what it has told; undefined: it has none to plan. */
  const reckon = (name: BedId, bed: Bed): void => {
    const dependencyClass = options.classOf(name);
    if (dependencyClass === undefined) return;
    const at = now();
    const style = { dependencyClass, tellsLeaving: false };
    const { due, incidents } = escalate(incidentsOf(bed), bed.fold, at, style);
    const isDue = due.some(({ kind }) => kind === "alarm");
    // What is late stays late, whatever else changes meanwhile.
    const since = bed.owedFrom !== undefined && bed.owedFrom < at.mono ? bed.owedFrom : at.mono;
    const later = [...incidents.values()].flatMap(({ phase, nextAt }) =>
      phase === "ringing" && nextAt !== undefined ? nextAt : [],
    );
    bed.owedFrom = isDue ? since : mono(Math.min(...later));
  };

  const answered = ({ fold, answers }: Bed): AlarmFold => ({
    ...fold,
    open: fold.open.map((occurrence) => {
      const acknowledgement = occurrence.acknowledgement ?? answers.get(occurrence.id);
      return acknowledgement === undefined ? occurrence : { ...occurrence, acknowledgement };
    }),
  });

  const take = (name: BedId, bed: Bed, why: string): void => {
    bed.takenAt = clock.mono();
    log.note("standby.taken", { bed: name, why, open: bed.fold.open.length }, "warn");
    options.onTaken(name, answered(bed), incidentsOf(bed));
  };

  const handBack = (name: BedId, bed: Bed): void => {
    bed.takenAt = undefined;
    bed.answers.clear();
    log.note("standby.handed_back", { bed: name });
    options.onHandedBack(name, new Set([...bed.fold.open.map(({ id }) => id), ...bed.lines.keys()]));
  };

  const help = (name: BedId, bed: Bed): void => {
    for (const { sent, heardAt, helped } of bed.lines.values()) {
      if (clock.mono() - heardAt < PATIENCE_MS) continue;
      const targets = sent.waiting.filter((id) => !helped.has(id));
      if (targets.length === 0) continue;
      for (const id of targets) helped.add(id);
      log.note("standby.helped", { bed: name, occurrence: sent.send.occurrence, targets: targets.length });
      options.onHelp(name, sent.send, targets);
    }
  };

  const lookAt = (name: BedId, bed: Bed): void => {
    if (options.classOf(name) === undefined) return;
    const isAway = options.isAway(name);
    const lateMs = tellers.has(name) ? clock.mono() - (bed.owedFrom ?? clock.mono()) : 0;
    if (bed.takenAt !== undefined) {
      const hasSaid = bed.toldAt !== undefined && bed.toldAt > bed.takenAt;
      if (!isAway && lateMs <= 0 && hasSaid) handBack(name, bed);
      return;
    }
    if (isAway && bed.fold.open.length > 0) take(name, bed, "nobody hears the box");
    else if (lateMs >= PATIENCE_MS) take(name, bed, "the box calls nobody");
    else help(name, bed);
  };

  const lineOf = (sent: ToldSend, before: Line | undefined, aheadMs: number, cls: DependencyClass): Line => {
    if (before !== undefined && isSame(before.sent.send, sent.send)) return { ...before, sent };
    const { send } = sent;
    const incident = resumeIncident({ ...send, at: wall(send.at - aheadMs) }, now(), cls);
    return { sent, heardAt: clock.mono(), incident, helped: new Set() };
  };

  const standby: Standby = {
    onFold(fold) {
      const known = beds.get(fold.bed);
      if (known === undefined) {
        if (fold.open.length === 0) return;
        const said = early.get(fold.bed);
        early.delete(fold.bed);
        const bed: Bed = {
          ...{ fold, lines: new Map(), answers: new Map() },
          ...{ toldAt: undefined, owedFrom: undefined, takenAt: undefined },
        };
        beds.set(fold.bed, bed);
        if (said === undefined) reckon(fold.bed, bed);
        else standby.onTold(...said);
        return;
      }
      known.fold = fold;
      reckon(fold.bed, known);
      for (const id of known.answers.keys()) {
        const occurrence = fold.open.find((one) => one.id === id);
        if (occurrence === undefined || occurrence.acknowledgement !== undefined) known.answers.delete(id);
      }
      if (known.takenAt !== undefined) options.onTaken(fold.bed, answered(known), incidentsOf(known));
    },
    onTold(name, sends, aheadMs) {
      tellers.add(name);
      const bed = beds.get(name);
      const cls = options.classOf(name);
      if (bed === undefined) {
        // A bed is asked about once something is open at it; until then its newest word is enough.
        if (sends.length > 0) early.set(name, [name, sends, aheadMs]);
        else early.delete(name);
        return;
      }
      if (cls === undefined) return;
      const before = bed.lines;
      bed.toldAt = clock.mono();
      bed.lines = new Map(
        sends.map((sent) => {
          const { occurrence } = sent.send;
          return [occurrence, lineOf(sent, before.get(occurrence), aheadMs, cls)];
        }),
      );
      reckon(name, bed);
      for (const [id, line] of before) {
        if (line.helped.size > 0 && bed.lines.get(id)?.helped !== line.helped) options.onMovedOn(name, id);
      }
    },
    look() {
      for (const [name, bed] of beds) {
        lookAt(name, bed);
        const isIdle = bed.fold.open.length === 0 && bed.takenAt === undefined;
        const isToldAll = [...bed.lines.values()].every(({ sent, helped }) =>
          sent.waiting.every((id) => helped.has(id)),
        );
        if (isIdle && isToldAll) beds.delete(name);
      }
    },
    answer(name, occurrence, by, wholeCard) {
      const bed = beds.get(name);
      if (bed?.takenAt === undefined) return false;
      const { open, cards } = bed.fold;
      const card = wholeCard ? cards.find(({ members }) => members.includes(occurrence))?.members : undefined;
      const about = new Set(card ?? [occurrence]);
      const answering = open.filter(({ id }) => about.has(id));
      if (answering.length === 0) return false;
      for (const { id } of answering) bed.answers.set(id, by);
      options.onTaken(name, answered(bed), new Map());
      return true;
    },
    taken(name) {
      const bed = beds.get(name);
      return bed?.takenAt === undefined ? undefined : answered(bed);
    },
    forget(name) {
      beds.delete(name);
      early.delete(name);
      tellers.delete(name);
    },
  };
  return standby;
}

const isSame = (one: PlannedSend, other: PlannedSend): boolean =>
  one.step === other.step && one.repeat === other.repeat && one.kind === other.kind;
