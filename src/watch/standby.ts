import type { Acknowledgement, AlarmFold } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS, wall } from "../domain/time.ts";
import { isWorseThanShown, worsenedBy } from "../domain/worsened.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { escalate } from "./escalation.ts";
import { type Incident, type Incidents, type Moment, type PlannedSend, resumeIncident } from "./incident.ts";
import type { ToldSend } from "./told.ts";

/** Callbacks must not throw. */
export interface StandbyOptions {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * `heard`: the box is there, and what it owes can be told. `away`: nobody hears it. `unsure`: neither, such as while this
   * side itself hears nobody.
   */
  readonly isThere: (bed: BedId) => "heard" | "away" | "unsure";
  /** By which its box paces its calls; undefined: nothing about this bed is to be taken over, or not known yet. */
  readonly classOf: (bed: BedId) => DependencyClass | undefined;
  /** From now on these alarms are called from here, going on with what the box has told; and whenever they change. */
  readonly onTaken: (bed: BedId, taken: Taken) => void;
  /** The box calls again. */
  readonly onHandedBack: (bed: BedId, occurrences: ReadonlySet<OccurrenceId>) => void;
  /** The box could not tell these in time: the same message from here. */
  readonly onHelp: (bed: BedId, send: PlannedSend, targets: readonly string[]) => void;
  /** What was told from here in the box's place about this alarm is not to be tried any more. */
  readonly onMovedOn: (bed: BedId, occurrence: OccurrenceId) => void;
}

/** The alarms of a bed with what was answered here, and what its box has told people of them. */
export interface Taken {
  readonly fold: AlarmFold;
  readonly told: Incidents;
}

/**
 * The second one who calls. It follows what a box has told people's phones by the same rules as the box, and does what the
 * box owes: messages to phones that it could not reach, and all of its calling while nobody hears it (docs/adr/0032).
 */
export interface Standby {
  /** The newest alarms as the box tells them. */
  onFold(fold: AlarmFold): void;
  /** `aheadMs`: how far the box's wall clock is ahead; undefined: not known yet. */
  onTold(bed: BedId, sends: readonly ToldSend[], aheadMs: number | undefined): void;
  /** To be called every second. */
  look(): void;
  /** Somebody answers alarms that are called from here; false: they are not, and the box alone decides. */
  answer(bed: BedId, occurrences: readonly OccurrenceId[], by: Acknowledgement): boolean;
  /** What is called from here now. */
  taken(bed: BedId): Taken | undefined;
  forget(bed: BedId): void;
}

/** 50 s lie between two calls at most (`paceOf`), a second of travel is between: 60 s are not passed. */
export const PATIENCE_MS = 8 * SECOND_MS;
/** An answer is brought to a box that is back for so long (src/bus/commander.ts). */
const ANSWER_MS = 5 * MINUTE_MS;
/** So long the last word about what is over is tried from here. */
const IDLE_MS = MINUTE_MS;
/** A message that was planned longer ago is of no use to anybody's phone. */
const OLD_MS = 5 * MINUTE_MS;

interface Line {
  readonly sent: ToldSend;
  readonly heardAt: Mono;
  readonly incident: Incident;
  /** Whom this side has told in the box's place. */
  readonly helped: Set<string>;
}

interface Bed {
  readonly name: BedId;
  fold: AlarmFold;
  lines: ReadonlyMap<OccurrenceId, Line>;
  /** What the box makes of its alarms, as far as this side can follow. */
  incidents: Incidents;
  /** When the box has to plan its next message; Infinity: it has none to plan. */
  owedFrom: number;
  isTaken: boolean;
  /** By whom this side was answered; the box has not said so yet. */
  readonly answers: Map<OccurrenceId, Acknowledgement>;
  /** Answers of before count no more; absent: while it is called from here. */
  answersUntil: Mono | undefined;
  idleSince: Mono | undefined;
}

/** Idle until something is open. */
export function createStandby(options: StandbyOptions): Standby {
  const { clock, log } = options;
  const beds = new Map<BedId, Bed>();
  /** Boxes that say what they tell: of one that never does nobody can say that it owes anything. */
  const tellers = new Set<BedId>();
  /** What was told before its alarms came, or before anything was known of its bed. */
  const early = new Map<BedId, Parameters<Standby["onTold"]>>();

  const now = (): Moment => ({ mono: clock.mono(), wall: clock.wall() });

  const toldOf = ({ lines }: Bed): Incidents =>
    new Map([...lines].map(([id, { incident }]) => [id, incident]));

  /** Follows the box's own planning. */
  const reckon = (bed: Bed): void => {
    const dependencyClass = options.classOf(bed.name);
    if (dependencyClass === undefined) return;
    const at = now();
    const style = { dependencyClass, tellsLeaving: false };
    const { due, incidents } = escalate(toldOf(bed), bed.fold, at, style);
    const isDue = due.some(({ kind }) => kind === "alarm");
    const later = [...incidents.values()].flatMap(({ phase, nextAt }) =>
      phase === "ringing" && nextAt !== undefined ? nextAt : [],
    );
    // What is late stays late, whatever else changes meanwhile.
    bed.owedFrom = isDue ? Math.min(bed.owedFrom, at.mono) : Math.min(...later);
    bed.incidents = incidents;
    for (const [id, line] of bed.lines) if (line.helped.size > 0 && !isStillSaid(bed, line)) moveOn(bed, id);
  };

  const moveOn = (bed: Bed, id: OccurrenceId): void => options.onMovedOn(bed.name, id);

  const moveOnAll = (bed: Bed): void => {
    for (const [id, { helped }] of bed.lines) if (helped.size > 0) moveOn(bed, id);
  };

  const takenOf = (bed: Bed): Taken => ({
    fold: {
      ...bed.fold,
      open: bed.fold.open.map((occurrence) => {
        const acknowledgement = occurrence.acknowledgement ?? bed.answers.get(occurrence.id);
        return acknowledgement === undefined ? occurrence : { ...occurrence, acknowledgement };
      }),
    },
    told: toldOf(bed),
  });

  const take = (bed: Bed, why: string): void => {
    bed.isTaken = true;
    if (bed.answersUntil !== undefined && clock.mono() > bed.answersUntil) bed.answers.clear();
    bed.answersUntil = undefined;
    log.note("standby.taken", { bed: bed.name, why, open: bed.fold.open.length }, "warn");
    moveOnAll(bed);
    options.onTaken(bed.name, takenOf(bed));
  };

  const handBack = (bed: Bed): void => {
    bed.isTaken = false;
    // They are on their way to the box: a line that is cut again must not make them undone.
    bed.answersUntil = mono(clock.mono() + ANSWER_MS);
    log.note("standby.handed_back", { bed: bed.name });
    options.onHandedBack(bed.name, new Set([...bed.fold.open.map(({ id }) => id), ...bed.lines.keys()]));
  };

  const help = (bed: Bed): void => {
    for (const line of bed.lines.values()) {
      const { sent, heardAt, helped } = line;
      const waitedMs = clock.mono() - heardAt;
      const isOld = clock.wall() - sent.send.at > OLD_MS;
      if (waitedMs < PATIENCE_MS || isOld || !isStillSaid(bed, line)) continue;
      const targets = sent.waiting.filter((id) => !helped.has(id));
      if (targets.length === 0) continue;
      for (const id of targets) helped.add(id);
      const { occurrence } = sent.send;
      log.note("standby.helped", { bed: bed.name, occurrence, targets: targets.length });
      options.onHelp(bed.name, sent.send, targets);
    }
  };

  const lookAt = (bed: Bed): void => {
    const said = early.get(bed.name);
    if (options.classOf(bed.name) === undefined) return;
    if (said !== undefined) {
      early.delete(bed.name);
      standby.onTold(...said);
    }
    const there = options.isThere(bed.name);
    const lateMs = tellers.has(bed.name) && there === "heard" ? clock.mono() - bed.owedFrom : -1;
    if (bed.isTaken) {
      if (there === "heard" && lateMs < 0) handBack(bed);
      return;
    }
    if (there === "away" && bed.fold.open.length > 0) take(bed, "nobody hears the box");
    else if (lateMs >= PATIENCE_MS) take(bed, "the box calls nobody");
    else help(bed);
  };

  /** Nothing is open, and the last word has had its time. */
  const isOver = (bed: Bed): boolean => {
    const isIdle = bed.fold.open.length === 0 && !bed.isTaken;
    bed.idleSince = isIdle ? (bed.idleSince ?? clock.mono()) : undefined;
    return bed.idleSince !== undefined && clock.mono() - bed.idleSince >= IDLE_MS;
  };

  const standby: Standby = {
    onFold(fold) {
      const known = beds.get(fold.bed);
      if (known === undefined) {
        if (fold.open.length === 0) return;
        const bed: Bed = {
          ...{ name: fold.bed, fold, lines: new Map(), incidents: new Map(), answers: new Map() },
          ...{ owedFrom: Number.POSITIVE_INFINITY, isTaken: false },
          ...{ answersUntil: undefined, idleSince: undefined },
        };
        beds.set(fold.bed, bed);
        const said = early.get(fold.bed);
        early.delete(fold.bed);
        if (said === undefined) reckon(bed);
        else standby.onTold(...said);
        return;
      }
      const shown = known.fold.open;
      known.fold = fold;
      reckon(known);
      for (const id of known.answers.keys()) {
        const occurrence = fold.open.find((one) => one.id === id);
        const isSettled = occurrence === undefined || occurrence.acknowledgement !== undefined;
        // The box refuses an answer to something milder.
        const isVoid = isWorseThanShown(fold.open, { occurrence: id, worsened: worsenedBy(shown, id) });
        if (isSettled || isVoid) known.answers.delete(id);
      }
      if (known.isTaken) options.onTaken(fold.bed, takenOf(known));
    },
    onTold(name, sends, aheadMs) {
      tellers.add(name);
      const bed = beds.get(name);
      const cls = options.classOf(name);
      if (bed === undefined || cls === undefined) {
        // A bed is followed once something is open at it; until then its newest word is enough.
        if (sends.length > 0) early.set(name, [name, sends, aheadMs]);
        else early.delete(name);
        if (bed === undefined) return;
      }
      if (cls === undefined) return;
      const at = now();
      const before = bed.lines;
      bed.lines = linesOf(sends, before, aheadMs, at, cls);
      reckon(bed);
      for (const [id, line] of before) {
        if (line.helped.size > 0 && bed.lines.get(id)?.helped !== line.helped) moveOn(bed, id);
      }
    },
    look() {
      for (const bed of beds.values()) {
        lookAt(bed);
        if (!isOver(bed)) continue;
        moveOnAll(bed);
        beds.delete(bed.name);
      }
    },
    answer(name, occurrences, by) {
      const bed = beds.get(name);
      if (bed?.isTaken !== true) return false;
      const answering = bed.fold.open.filter(({ id }) => occurrences.includes(id));
      if (answering.length === 0) return false;
      for (const { id } of answering) bed.answers.set(id, by);
      options.onTaken(name, takenOf(bed));
      return true;
    },
    taken(name) {
      const bed = beds.get(name);
      return bed?.isTaken === true ? takenOf(bed) : undefined;
    },
    forget(name) {
      const bed = beds.get(name);
      if (bed !== undefined) moveOnAll(bed);
      beds.delete(name);
      early.delete(name);
      tellers.delete(name);
    },
  };
  return standby;
}

/** What the box has told, by this side's clock. A line that is told again keeps what was made of it. */
function linesOf(
  sends: readonly ToldSend[],
  before: ReadonlyMap<OccurrenceId, Line>,
  aheadMs: number | undefined,
  now: Moment,
  cls: DependencyClass,
): ReadonlyMap<OccurrenceId, Line> {
  const lines = new Map<OccurrenceId, Line>();
  /** One series a card: what was told of it last rings for all of it. */
  const leads = new Map(
    sends.flatMap(({ send }) => (send.kind === "alarm" ? [[cardOf(send), send.occurrence] as const] : [])),
  );
  for (const { send: said, waiting } of sends) {
    // Of a box whose clock nobody knows yet it is of now.
    const send = { ...said, at: aheadMs === undefined ? now.wall : wall(said.at - aheadMs) };
    const known = before.get(send.occurrence);
    const isAgain = known !== undefined && isSame(known.sent.send, send);
    const isCarried = send.kind === "alarm" && leads.get(cardOf(send)) !== send.occurrence;
    const resumed = isAgain ? known.incident : resumeIncident(send, now, cls);
    lines.set(send.occurrence, {
      sent: isAgain ? { send: known.sent.send, waiting } : { send, waiting },
      heardAt: isAgain ? known.heardAt : now.mono,
      incident: isCarried ? carried(resumed) : resumed,
      helped: isAgain ? known.helped : new Set(),
    });
  }
  return lines;
}

const cardOf = ({ card, occurrence, simulated }: PlannedSend): string => `${card ?? occurrence} ${simulated}`;

function carried(incident: Incident): Incident {
  const { nextAt: _never, since: _begun, ...rest } = incident;
  return { ...rest, phase: "carried" };
}

/** Whether what the box could not say is still true: an alarm that was paused or has ended wakes nobody from here. */
function isStillSaid({ incidents, fold }: Bed, { sent: { send } }: Line): boolean {
  const phase = incidents.get(send.occurrence)?.phase;
  switch (send.kind) {
    case "alarm":
      return phase === "ringing";
    case "gentle":
      return phase === "gentle";
    case "update":
      return phase === "answered";
    case "closed":
      return !fold.open.some(({ id }) => id === send.occurrence);
    case "left":
      return true;
  }
}

const isSame = (one: PlannedSend, other: PlannedSend): boolean =>
  one.step === other.step && one.repeat === other.repeat && one.kind === other.kind;
