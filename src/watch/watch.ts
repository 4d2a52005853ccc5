import { createHash } from "node:crypto";
import type { AlarmCommand, AlarmFold, Occurrence } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import type { Calling } from "../domain/calling.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import type { Wall } from "../domain/time.ts";
import type { Channel, ChannelMessage } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { CompactableLog } from "../port/record.ts";
import { createAudience } from "./audience.ts";
import { createCalled } from "./called.ts";
import { createDelivery, type Job } from "./delivery.ts";
import { type EscalationStyle, escalate, nextDue } from "./escalation.ts";
import {
  hasten,
  type Incident,
  type Incidents,
  type Moment,
  over,
  type PlannedSend,
  repeatNow,
  resumeIncident,
} from "./incident.ts";
import { composeMessage, keyOf, type MessageContext, type WatchTarget } from "./message.ts";
import { createOutbox, type LeftBehind, type OutboxEntry } from "./outbox.ts";
import { callOrder } from "./proof.ts";
import { createReceipts } from "./receipts.ts";
import { takeStray } from "./stray-answer.ts";
import { createTold, type ToldSend } from "./told.ts";

/** Callbacks must not throw; they may call onFold again. */
export interface WatchOptions extends MessageContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly outbox: CompactableLog<OutboxEntry>;
  readonly channels: readonly Channel[];
  /**
   * Everybody who can be reached, from memory: the alarm path asks no store; of a practice the one whom it is for. Dead
   * ones are left out here.
   */
  readonly targets: (send?: PlannedSend) => readonly WatchTarget[];
  /** The words of a practice in the place of an alarm's; absent: they stay. */
  readonly dress?: (message: ChannelMessage, send: PlannedSend) => ChannelMessage;
  /**
   * A machine's answer acknowledged: a command for the engine, and the target as proof that it is heard. A promise never
   * rejects, and settles when the command has come to where it counts; undefined: nowhere.
   */
  readonly onAcknowledge: (bed: BedId, command: AlarmCommand, target: string) => Promise<void> | undefined;
  /** The provider says that this target is gone: it is not called again, and somebody has to hear of it. */
  readonly onTargetGone: (target: WatchTarget, why: string) => void;
  /** Who is on duty at a bed and what its people have chosen, from memory; undefined: everybody is called at once. */
  readonly calling: (bed: BedId) => Calling | undefined;
  readonly dependencyClass: (bed: BedId) => DependencyClass;
  /** People are told that the watch has been left; not where nothing is real. */
  readonly tellsLeaving: (bed: BedId) => boolean;
  /** A send could not be written down in time and went out all the same (law 4); or writing works again. */
  readonly onDurability: (durable: boolean, detail: string) => void;
  /** Whether an alarm that is not open is over; false: it is another watch's. Absent: it is. */
  readonly isOwn?: (send: PlannedSend) => boolean;
  /**
   * An earlier run told people of this alarm, and the first fold does not have it. True: it never ended, so that nobody is
   * told that it is over; who answers has it raised again. Absent: it is over.
   */
  readonly isLost?: (send: PlannedSend) => boolean;
  /** Every alarm of the home, by the beds' names in it; absent: those that are called from here. */
  readonly openAlarms?: () => Iterable<Occurrence>;
  /** Another watch calls for this home too (receipts.ts). */
  readonly sharesAnswers?: boolean;
  /** What people are being told about a bed's alarms, for whoever stands by; absent: nobody does. Must not throw. */
  readonly onTold?: (bed: BedId, sends: readonly ToldSend[]) => void;
}

/** Calls people: who, when, again and again, until somebody answers or it is over. */
export interface Watch {
  /**
   * Takes a bed's newest alarms, synchronously and from memory; what is due leaves as soon as it is written down.
   * The first fold of a bed after a start must hold what the engine restored: what is missing in it is over.
   * `taken`: what another watch has told of these alarms, to be gone on with from there.
   */
  onFold(fold: AlarmFold, taken?: Incidents): void;
  /** Another watch goes on with these, or with all of the bed: nothing more is said about them here, not even that they are over. */
  handBack(bed: BedId, occurrences?: ReadonlySet<OccurrenceId>): void;
  /** A phone says that it showed a message about this. It stops nothing: only an answer does (law 2). */
  reached(occurrence: OccurrenceId, target: string): void;
  /** False while sends are not being written down. */
  readonly durable: boolean;
  /** No timer stays; nothing more is sent. */
  stop(): void;
}

interface BedWatch {
  readonly fold: AlarmFold;
  readonly incidents: Incidents;
}

/** Sends nothing before the first fold; hears answers at once. */
export function createWatch(options: WatchOptions): Watch {
  const { clock, log } = options;
  const beds = new Map<BedId, BedWatch>();
  /** The newest message of each occurrence: an older one that is still being written down is not sent any more. */
  const newest = new Map<OccurrenceId, string>();
  /** Until the list of targets says so itself; a target that was set up again has a newer date. */
  const gone = new Map<string, Wall>();
  let cancelWake: (() => void) | undefined;
  let stopped = false;

  const called = createCalled();
  const told = createTold({ clock, onTold: options.onTold ?? (() => undefined) });

  const outbox = createOutbox({ records: options.outbox, clock, log, onDurability: options.onDurability });
  const delivery = createDelivery({
    ...options,
    isListed: (job) => isListed(job),
    onEnd({ send, target }, outcome, reference) {
      outbox.result(send, target.id, outcome, reference);
      if (outcome === "accepted") {
        called.accepted(send, target.id);
        told.accepted(send, target.id);
      }
      if (outcome === "refused") notTold(send, target.id);
    },
    onFailed: ({ send, target }) => notTold(send, target.id),
    onAcknowledged: (job, by) => answered(job, by),
    onAccepted: (job, reference) => awaitAnswer(job, reference),
    onGone: (target, why) => {
      gone.set(target.id, target.addedAt);
      options.onTargetGone(target, why);
    },
  });

  const receipts = createReceipts({
    ...options,
    onAcknowledged: (job, by) => answered(job, by),
    onUnreached({ send, target }) {
      called.unreached(send, target.id);
      jumpAt(send.bed);
    },
    onStray: (answer) =>
      takeStray(
        answer,
        options.openAlarms?.() ?? [...beds.values()].flatMap(({ fold }) => fold.open),
        options,
      ),
  });
  receipts.start();

  /** Whether the alarm of a message still waits for somebody, and has not become worse since. */
  const isAskedFor = ({ send: { bed, occurrence, step } }: Job): boolean => {
    const incident = beds.get(bed)?.incidents.get(occurrence);
    const isAsking = incident?.phase === "ringing" || incident?.phase === "gentle";
    return !stopped && isAsking && incident.step === step;
  };

  /** Answered or over by now: what rings is ended at once. */
  const awaitAnswer = (job: Job, reference: string): void => {
    receipts.follow(job, reference);
    if (!isAskedFor(job)) receipts.cancel(job.send.occurrence);
  };

  const isListed = ({ send, target }: Job): boolean =>
    options.targets(send).some(({ id }) => id === target.id);

  const answered = (job: Job, by: string): Promise<void> | undefined => {
    if (!isListed(job)) return undefined;
    if (isAskedFor(job))
      return options.onAcknowledge(job.send.bed, acknowledgementIn(job, by), job.target.id);
    // Somebody else was first, which everybody has been told: whoever comes as well is thanked, and changes nothing.
    const incident = beds.get(job.send.bed)?.incidents.get(job.send.occurrence);
    return incident?.phase === "answered" ? Promise.resolve() : undefined;
  };

  const now = (): Moment => ({ mono: clock.mono(), wall: clock.wall() });

  const reachable = (send: PlannedSend): readonly WatchTarget[] => {
    const living = options.targets(send).filter(({ id, addedAt, deadSince }) => {
      if (deadSince === undefined && gone.get(id) === addedAt) return false;
      gone.delete(id);
      return deadSince === undefined;
    });
    return callOrder(living, clock.wall());
  };

  const audienceOf = createAudience({ ...options, called });

  const notTold = (send: PlannedSend, target: string): void => {
    called.failed(send.occurrence, target);
    jumpAt(send.bed);
  };

  const jumpAt = (id: BedId): void => {
    const bed = beds.get(id);
    if (bed !== undefined) jump(bed);
  };

  /** Where nobody of the newest level could be told, the next one begins. */
  const jump = (bed: BedWatch): void => {
    const cls = options.dependencyClass(bed.fold.bed);
    let incidents = bed.incidents;
    for (const [id, incident] of incidents) {
      const to = called.jump(id, clock.mono());
      if (to === undefined) continue;
      const sooner = to === "everybody" ? repeatNow(incident, now()) : hasten(incident, to, now(), cls);
      if (sooner === incident) continue;
      log.note("send.hastened", { occurrence: id, level: to }, "warn");
      incidents = new Map([...incidents, [id, sooner]]);
    }
    if (incidents !== bed.incidents) evaluate({ fold: bed.fold, incidents });
    else setWake();
  };

  const withJob = (send: PlannedSend, target: WatchTarget, act: (job: Job) => void): void => {
    try {
      const message = composeMessage(send, target, options);
      act({ send, target, message: options.dress?.(message, send) ?? message });
    } catch (thrown) {
      // One target's broken settings must not keep the others from being called.
      log.note("send.broken", { target: target.id, detail: messageOf(thrown) }, "error");
    }
  };

  const deliverTo = (send: PlannedSend, targets: readonly WatchTarget[]): void => {
    for (const target of targets) withJob(send, target, delivery.deliver);
  };

  const leftAt = (fold: AlarmFold): readonly LeftBehind[] =>
    outbox
      .takeLeftBehind(fold.bed, clock.wall())
      .filter(
        ({ send }) => options.isOwn?.(send) !== false || fold.open.some(({ id }) => id === send.occurrence),
      );

  const plan = async (send: PlannedSend): Promise<void> => {
    const key = keyOf(options.home, send);
    newest.set(send.occurrence, key);
    delivery.supersede(send.occurrence);
    if (send.kind !== "alarm") receipts.cancel(send.occurrence);
    const targets = audienceOf(send, reachable(send));
    log.note("send.planned", { key, kind: send.kind, targets: targets.length }, "info");
    const ids = targets.map((target) => target.id);
    told.planned(send, ids);
    await outbox.plan(send, ids);
    const isNewest = newest.get(send.occurrence) === key;
    if (isNewest && send.kind === "closed") newest.delete(send.occurrence);
    if (stopped) return;
    if (isNewest) deliverTo(send, targets);
    else for (const target of targets) outbox.result(send, target.id, "superseded");
  };

  const styleOf = (bed: BedId): EscalationStyle => ({
    dependencyClass: options.dependencyClass(bed),
    tellsLeaving: options.tellsLeaving(bed),
  });

  const evaluate = (bed: BedWatch): void => {
    const { incidents, due, silenced } = escalate(bed.incidents, bed.fold, now(), styleOf(bed.fold.bed));
    beds.set(bed.fold.bed, { fold: bed.fold, incidents });
    keepCalled();
    for (const occurrence of silenced) silence(occurrence);
    for (const send of due) {
      plan(send).catch((thrown: unknown) => log.note("watch.failed", { detail: messageOf(thrown) }, "error"));
    }
    setWake();
  };

  const silence = (occurrence: OccurrenceId): void => {
    newest.delete(occurrence);
    delivery.supersede(occurrence);
    receipts.cancel(occurrence);
  };

  const keepCalled = (): void => {
    const all = [...beds.values()].flatMap(({ incidents }) => [...incidents]);
    const ids = new Set(all.map(([id]) => id));
    called.keep(ids, new Set(all.map(([, { card }]) => card)));
    told.keep(ids);
  };

  const setWake = (): void => {
    cancelWake?.();
    cancelWake = undefined;
    const moments = [
      ...called.moments,
      ...[...beds.values()].flatMap(({ fold, incidents }) => [
        ...nextDue(incidents),
        ...drillEnd(fold, incidents, now()),
      ]),
    ];
    if (stopped || moments.length === 0) return;
    cancelWake = clock.after(Math.min(...moments) - clock.mono(), () => {
      for (const bed of beds.values()) jump(bed);
      for (const bed of beds.values()) evaluate(bed);
    });
  };

  /** Messages of an earlier run stand on phones, and may be answered there. */
  const awaitAnswers = (left: readonly LeftBehind[]): void => {
    for (const { send, references } of left) {
      if (references.size === 0 || (send.kind !== "alarm" && send.kind !== "gentle")) continue;
      for (const target of reachable(send)) {
        const reference = references.get(target.id);
        if (reference !== undefined) withJob(send, target, (job) => awaitAnswer(job, reference));
      }
    }
  };

  /** Numbers of what was lost are not used twice, and nothing is said of it. */
  const resumed = (left: readonly LeftBehind[], { bed, open }: AlarmFold): Incidents => {
    const at = now();
    return new Map(
      left.map(({ send }) => {
        const dependencyClass = options.dependencyClass(bed);
        const incident = resumeIncident(send, at, dependencyClass);
        const isGone = send.kind === "alarm" && !open.some(({ id }) => id === send.occurrence);
        const isLost = isGone && options.isLost?.(send) === true;
        return [send.occurrence, isLost ? over(incident, at, dependencyClass) : incident];
      }),
    );
  };

  /** Sends again what a crash left with an unknown outcome, where it is still the newest message. */
  const redeliver = (left: readonly LeftBehind[], bed: BedId): void => {
    const incidents = beds.get(bed)?.incidents;
    for (const { send, unknown } of left) {
      const incident = incidents?.get(send.occurrence);
      if (incident === undefined || !isStillSaid(incident, send) || incident.step !== send.step) continue;
      told.planned(send, unknown);
      if (unknown.length === 0) continue;
      log.note("send.repeated", { key: keyOf(options.home, send), targets: unknown.length });
      newest.set(send.occurrence, keyOf(options.home, send));
      deliverTo(
        send,
        reachable(send).filter((target) => unknown.includes(target.id)),
      );
    }
  };

  return {
    onFold(fold, taken) {
      const known = beds.get(fold.bed);
      if (stopped || (known !== undefined && known.fold.revision > fold.revision)) return;
      // What another watch has told since counts, and not what this one had told in an earlier run.
      const isNewest = ({ send }: LeftBehind): boolean =>
        further(taken?.get(send.occurrence) ?? NOTHING, send) < 0;
      const left = known === undefined ? leftAt(fold).filter(isNewest) : [];
      const own = known?.incidents ?? resumed(left, fold);
      evaluate({ fold, incidents: taken === undefined ? own : furthest(own, taken) });
      awaitAnswers(left);
      redeliver(left, fold.bed);
    },
    handBack(bed, these) {
      const known = beds.get(bed);
      if (known === undefined) return;
      const occurrences = these ?? new Set(known.incidents.keys());
      for (const id of occurrences) silence(id);
      const incidents = new Map([...known.incidents].filter(([id]) => !occurrences.has(id)));
      const open = known.fold.open.filter(({ id }) => !occurrences.has(id));
      beds.set(bed, { fold: { ...known.fold, open }, incidents });
      keepCalled();
      setWake();
    },
    reached: receipts.reached,
    get durable() {
      return outbox.durable;
    },
    stop() {
      stopped = true;
      cancelWake?.();
      delivery.stop();
      receipts.stop();
      told.stop();
    },
  };
}

const NOTHING = { step: -1, repeat: -1 };

type Numbered = Pick<Incident, "step" | "repeat">;

/** Positive: `one` has gone further than `other`. */
const further = (one: Numbered, other: Numbered): number =>
  one.step === other.step ? one.repeat - other.repeat : one.step - other.step;

/** Of two watches' memories of the same alarms, what has gone further: numbers of messages are not used twice. */
function furthest(own: Incidents, taken: Incidents): Incidents {
  const all = new Map(own);
  for (const [id, one] of taken) {
    const before = all.get(id);
    if (before === undefined || further(one, before) > 0) all.set(id, one);
  }
  return all;
}

/** Whether what was on its way is still true. */
function isStillSaid({ phase }: Incident, { kind, simulated }: PlannedSend): boolean {
  switch (kind) {
    case "closed":
      return phase === "over" && !simulated;
    case "alarm":
      return phase === "ringing";
    case "update":
      return phase === "answered";
    case "gentle":
    case "left":
      return phase === kind;
  }
}

/** When what a drill lets out has to stop, by the monotonic clock. */
function drillEnd({ drillUntil }: AlarmFold, incidents: Incidents, now: Moment): readonly number[] {
  if (drillUntil === undefined || drillUntil <= now.wall || incidents.size === 0) return [];
  return [now.mono + (drillUntil - now.wall)];
}

/** The same answer to the same message is the same command, however often it comes. */
export function acknowledgementIn({ send, target, message }: Job, by: string): AlarmCommand {
  const digest = createHash("sha256").update(`${message.key} ${target.id}`).digest("base64url");
  return {
    kind: "acknowledge",
    id: `reply-${digest.slice(0, 22)}`,
    occurrence: send.occurrence,
    by: { id: target.person, name: by },
    place: send.kind === "gentle" ? "watching" : "going",
    // One message a card: one answer to all of it.
    card: true,
    worsened: send.worsened ?? 0,
  };
}
