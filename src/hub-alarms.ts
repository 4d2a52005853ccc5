import { answersOf } from "./alarm/answers.ts";
import type { JournalEntry } from "./alarm/journal.ts";
import { resolveLimits } from "./alarm/limits.ts";
import { refusedOf, repeatOf } from "./alarm/refusals.ts";
import { type AlarmRunner, createAlarmRunner, readJournalEntry } from "./alarm/runner.ts";
import type { EdgeAbout } from "./bus/bed-schemas.ts";
import type { Edges, SilentBed } from "./bus/edges.ts";
import type { CalledMessage } from "./bus/messages.ts";
import type { Place } from "./bus/topics.ts";
import type { HomeConfig } from "./config/config.ts";
import type { AcknowledgePlace, AlarmCommand, AlarmFold, WatchState } from "./domain/alarm.ts";
import { DEFAULT_SCHEDULE } from "./domain/bed.ts";
import { messageOf } from "./domain/fault.ts";
import { type BedId, type HomeId, type OccurrenceId, qualifiedBed, splitBed } from "./domain/ids.ts";
import { DAY_MS, type Mono, SECOND_MS, wall } from "./domain/time.ts";
import { isWorseThanShown } from "./domain/worsened.ts";
import { type CallingHome, createHubCalling, type HubCallingOptions } from "./hub-calling.ts";
import type { HubHomes } from "./hub-homes.ts";
import type { Ticking } from "./ops/pulse.ts";
import type { CompactableLog } from "./port/record.ts";
import type { World } from "./port/world.ts";
import { openRecordLog } from "./record/log.ts";
import type { CommandOutcome } from "./server/deps.ts";
import type { LiveModel } from "./server/live-model.ts";
import { decodeSend } from "./watch/outbox.ts";
import { createStandby } from "./watch/standby.ts";

/**
 * What a hub raises because a box cannot say it of itself: nobody hears the box any more (EDGE_OFFLINE); and what it calls
 * in a box's place while the box cannot (src/watch/standby.ts).
 */
export interface HubAlarms {
  /** The newest alarms of a bed as its box tells them. */
  onFold(fold: AlarmFold, anew: boolean): void;
  /** What a box has told the phones of its home. */
  onCalled(bed: BedId, sends: CalledMessage["sends"], aheadMs: number | undefined): void;
  /** Takes a command about an alarm that this hub raised; undefined: it belongs to the box. */
  command(bed: BedId, command: AlarmCommand): CommandOutcome | undefined;
  /** A box was put out: its beds can never be heard again, and are nobody's alarm. */
  forget(bed: BedId): Promise<void>;
  /** A home is taken apart: nothing of it is held open any more. */
  close(home: HomeId): Promise<void>;
  /** When it last looked at who is silent, for the watchdog. */
  ticking(): readonly Ticking[];
  start(): void;
  stop(): Promise<void>;
}

export interface HubAlarmsOptions {
  readonly world: World;
  readonly config: HomeConfig;
  readonly edges: Edges;
  readonly homes: HubHomes;
  readonly live: LiveModel;
  /** What a bed was when it was last heard, by an earlier run of this hub; undefined: never heard. */
  readonly aboutOf: (bed: BedId) => EdgeAbout | undefined;
  /** The hub's own address, for messages. */
  readonly origin: string;
  /** Brings an answer to the box that owns the alarm, for as long as it still matters. */
  readonly forward: (bed: BedId, command: AlarmCommand) => Promise<CommandOutcome>;
  /** A channel with whom it called written down for the morning. */
  readonly listening?: HubCallingOptions["listening"];
}

const LOOK_MS = 5 * SECOND_MS;
/** An answer to a box's alarm stands here until the box is heard: that it is not is an alarm of its own. */
const STANDS_MS = DAY_MS;
/** A box that is silent because a person ended the watch is nobody's alarm. */
const LEFT: readonly WatchState["reason"][] = ["ended", "hospital", "visit", "transfer", "death"];

/** A bed that is silent, or was and has something open still. */
interface Watched {
  readonly runner: AlarmRunner;
  readonly journal: CompactableLog<JournalEntry>;
}

/** Idle until start. Beds are qualified outside and the home's own inside, as phones' tokens name them. */
export function createHubAlarms(options: HubAlarmsOptions): HubAlarms {
  const { world, edges, live } = options;
  const { clock, random, log, disk } = world;
  const told = new Map<BedId, AlarmFold>();
  const watched = new Map<BedId, Promise<Watched>>();
  const ready = new Map<BedId, Watched>();
  /** Journals of beds that were let go, until their files are closed. */
  const closing = new Map<BedId, Promise<void>>();
  /** Of what is called from here, for each bed: the box's alarms and this hub's own are one picture. */
  const revisions = new Map<BedId, number>();
  /** Answers on their way to a box, by their command; each for as long as it still matters. */
  const underWay = new Map<string, Promise<void>>();
  const stops: (() => void)[] = [];
  let lookedAt: Mono | undefined;

  /** The box's alarms and this hub's own, as one picture. */
  const show = (bed: BedId, anew = true): void => {
    const runner = ready.get(bed)?.runner;
    const own = runner === undefined ? undefined : onlyOwn(runner.fold());
    const fold = standby.taken(bed)?.fold ?? told.get(bed);
    const open = own?.open ?? [];
    if (fold !== undefined) live.alarms({ ...fold, open: [...fold.open, ...open] }, anew);
    else if (own !== undefined) live.alarms({ ...own, bed }, anew);
  };

  const calling = createHubCalling({
    ...options,
    classOf: (bed) => aboutOf(bed)?.dependencyClass ?? "C",
    command(home, bed, command) {
      const name = qualifiedBed(home, bed);
      const taken = answer(name, command);
      return taken === undefined ? forward(name, command) : (underWay.get(command.id) ?? Promise.resolve());
    },
  });

  /** Never rejects. */
  const forward = (bed: BedId, command: AlarmCommand): Promise<void> => {
    const going = options
      .forward(bed, command)
      .then(
        () => undefined,
        (error: unknown) => log.note("answer.unforwarded", { bed, why: messageOf(error) }, "warn"),
      )
      .finally(() => underWay.delete(command.id));
    underWay.set(command.id, going);
    return going;
  };

  const withHome = (bed: BedId, what: (home: CallingHome) => void): void => {
    calling.of(placeOf(bed).home).then(what, (error: unknown) => {
      log.note("hub_alarm.nobody_called", { bed, why: messageOf(error) }, "error");
    });
  };

  /** Calls the home's phones for what is open. Where they cannot be had now, the next look tries again. */
  const call = (bed: BedId): void => {
    const runner = ready.get(bed)?.runner;
    const own = runner === undefined ? undefined : onlyOwn(runner.fold());
    const taken = standby.taken(bed);
    const fold =
      taken === undefined ? own : { ...taken.fold, open: [...taken.fold.open, ...(own?.open ?? [])] };
    if (fold === undefined) return;
    const revision = (revisions.get(bed) ?? 0) + 1;
    revisions.set(bed, revision);
    const inner = asAtHome({ ...fold, revision });
    withHome(bed, ({ watch }) => watch.onFold(inner, taken?.told));
  };

  const standby = createStandby({
    ...{ clock, log },
    isThere: (bed) => there(bed),
    classOf(bed) {
      const about = aboutOf(bed);
      return about === undefined || isMadeUp(about) ? undefined : about.dependencyClass;
    },
    onTaken(bed) {
      call(bed);
      show(bed);
    },
    onHandedBack(bed, occurrences) {
      withHome(bed, ({ watch }) => watch.handBack(placeOf(bed).bed, occurrences));
      show(bed);
    },
    onHelp(bed, send, targets) {
      const { home } = placeOf(bed);
      withHome(bed, ({ helper }) =>
        helper.help(
          send,
          options.homes
            .targetsOf(home)
            .filter(({ id, deadSince }) => targets.includes(id) && deadSince === undefined),
        ),
      );
    },
    onMovedOn: (bed, occurrence) => withHome(bed, ({ helper }) => helper.movedOn(occurrence)),
  });

  const there = (bed: BedId): ReturnType<Edges["there"]> => edges.there(placeOf(bed));

  const aboutOf = (bed: BedId): EdgeAbout | undefined =>
    edges.of(placeOf(bed))?.about ?? options.aboutOf(bed);

  const open = async (bed: BedId, about: EdgeAbout): Promise<Watched> => {
    const place = placeOf(bed);
    await closing.get(bed);
    const journal = await openRecordLog({
      ...{ disk, clock, random, log, decode: readJournalEntry },
      path: `homes/${place.home}/hub-${place.bed}.log`,
    });
    const { dependencyClass, zone } = about;
    const runner = createAlarmRunner({
      setup: {
        profile: {
          bed: place.bed,
          zone,
          dependencyClass,
          schedule: about.schedule ?? DEFAULT_SCHEDULE,
          sources: [],
        },
        limits: resolveLimits({}, dependencyClass),
        journal: journal.id,
      },
      ...{ journal, clock, log },
      onFold() {
        call(bed);
        show(bed);
      },
      onEvent: () => undefined,
      onDurability: (durable, detail) => {
        if (!durable) log.note("hub_alarm.not_durable", { bed, detail }, "warn");
      },
    });
    const made: Watched = { runner, journal };
    ready.set(bed, made);
    runner.start();
    return made;
  };

  const tell = ({ runner }: Watched, active: boolean, detail: string): void => {
    const id = `edge-${clock.mono()}`;
    runner.command({ kind: "self_fault", id, condition: "EDGE_OFFLINE", active, detail });
  };

  const raise = (bed: BedId, about: EdgeAbout, { forMs, why }: SilentBed): void => {
    const opening = watched.get(bed) ?? open(bed, about);
    watched.set(bed, opening);
    opening.then(
      (one) => {
        // While somebody is to be watched: by the schedule or always, as this engine knows; by a person or by therapy, as
        // the box said last.
        const last = told.get(bed)?.watch;
        const byHand = last?.on === true && last.reason !== "schedule";
        const isWatched = (one.runner.fold().watch.on || byHand) && !LEFT.includes(last?.reason ?? "off");
        // Watched or not: of what is called from here nobody hears whether it is over, and an answer to it must not be
        // the last that anybody hears of it. This one lapses and rings again.
        const isOwed = standby.taken(bed)?.fold.open.some(({ priority }) => priority !== "low") === true;
        if (isWatched || isOwed) tell(one, true, `${why}, ${Math.round(forMs / SECOND_MS)} s`);
      },
      (error: unknown) => {
        watched.delete(bed);
        log.note("hub_alarm.failed", { bed, why: messageOf(error) }, "error");
      },
    );
  };

  /** A fleet has a box away every minute of the year: what is over holds no file open. */
  const letGo = (bed: BedId, one: Watched): void => {
    one.runner.stop();
    ready.delete(bed);
    watched.delete(bed);
    const closed = one.journal
      .close()
      .catch((error: unknown) => log.note("hub_alarm.unclosed", { bed, why: messageOf(error) }, "warn"))
      .finally(() => closing.delete(bed));
    closing.set(bed, closed);
  };

  const look = (): void => {
    for (const bed of told.keys()) {
      if (standby.taken(bed) !== undefined && !calling.has(placeOf(bed).home)) call(bed);
    }
    const silent = new Set<BedId>();
    for (const one of edges.silent()) {
      const bed = qualifiedBed(one.home, one.bed);
      const about = aboutOf(bed);
      if (one.why === "broker" || about === undefined || isMadeUp(about)) continue;
      silent.add(bed);
      raise(bed, about, one);
    }
    for (const [bed, one] of ready) {
      const isOwed = !calling.has(placeOf(bed).home) && onlyOwn(one.runner.fold()).open.length > 0;
      if (isOwed) call(bed);
      // A hub that hears nobody, or only just began to, has not heard this one again either.
      if (silent.has(bed) || edges.of(placeOf(bed))?.online !== true) continue;
      if (one.runner.faults().length > 0) tell(one, false, "heard again");
      else if (onlyOwn(one.runner.fold()).open.length === 0) letGo(bed, one);
    }
  };

  const answer: HubAlarms["command"] = (bed, command) => {
    const one = ready.get(bed);
    const isOurs =
      one !== undefined &&
      "occurrence" in command &&
      one.runner.fold().open.some(({ id }) => id === command.occurrence);
    const isAnswer = command.kind === "acknowledge" || command.kind === "with_patient";
    // Also where nobody hears the box: what this hub knows of is enough.
    if (isAnswer && isWorseThanShown(live.fold(bed)?.open ?? [], command))
      return refusedOf("worse", command.kind);
    if (!isOurs) return answerTaken(bed, command);
    const refused = one.runner.command(command);
    if (refused === undefined) answerAll(bed, command);
    if (refused === "repeated") return repeatOf(command, one.runner.fold().open);
    return refused === undefined ? { accepted: true } : refusedOf(refused, command.kind);
  };

  /** Who goes because the box is silent goes to whatever it had said last, too. */
  const answerAll = (bed: BedId, command: AlarmCommand): void => {
    if (command.kind !== "acknowledge" && command.kind !== "with_patient") return;
    // What was shown of this hub's own alarm says nothing of those.
    const { worsened: _own, ...given } = command;
    for (const { id } of standby.taken(bed)?.fold.open ?? []) answerTaken(bed, { ...given, occurrence: id });
  };

  /** Which alarms of a box an answer is to, as the box itself will see it (src/alarm/commands.ts). */
  const answeredBy = (
    bed: BedId,
    command: Extract<AlarmCommand, { readonly kind: "acknowledge" | "with_patient" }>,
    place: AcknowledgePlace,
  ): readonly OccurrenceId[] => {
    const open = standby.taken(bed)?.fold.open ?? [];
    const asked = open.find(({ id }) => id === command.occurrence);
    if (asked === undefined) return [];
    const { isTechnical } = answersOf(aboutOf(bed)?.dependencyClass ?? "C");
    const isOfCard = command.kind === "acknowledge" && command.card === true;
    const together = open.filter((one) =>
      isOfCard ? (one.card ?? one.id) === (asked.card ?? asked.id) : one === asked,
    );
    return together
      .filter(({ condition }) => place !== "watching" || isTechnical(condition))
      .map(({ id }) => id);
  };

  /** Sends from here stop at once; the box that owns the alarm hears of it as soon as it can be heard itself. */
  const answerTaken = (bed: BedId, command: AlarmCommand): CommandOutcome | undefined => {
    if (command.kind !== "acknowledge" && command.kind !== "with_patient") return undefined;
    const place = command.kind === "acknowledge" ? command.place : "bedside";
    const at = clock.wall();
    const by = { by: command.by, at, until: wall(at + STANDS_MS), place };
    if (!standby.answer(bed, answeredBy(bed, command, place), by)) return undefined;
    if (there(bed) === "heard") return undefined;
    forward(bed, command).catch(() => undefined);
    return { accepted: true };
  };

  return {
    command: answer,
    onFold(fold, anew) {
      told.set(fold.bed, fold);
      standby.onFold(fold);
      show(fold.bed, anew);
    },
    onCalled(bed, sends, aheadMs) {
      const read = sends.flatMap(({ send, waiting }) => {
        const planned = decodeSend(send);
        return planned === undefined ? [] : { send: planned, waiting };
      });
      standby.onTold(bed, read, aheadMs);
    },
    async forget(bed) {
      const one = await watched.get(bed)?.catch(() => undefined);
      if (one !== undefined) {
        tell(one, false, "put out");
        letGo(bed, one);
      }
      told.delete(bed);
      standby.forget(bed);
      // Nobody is rung about it any more, whatever it was; told neither that it is over, which nobody knows.
      const { home, bed: inner } = placeOf(bed);
      if (calling.has(home)) withHome(bed, ({ watch }) => watch.handBack(inner));
      await closing.get(bed);
    },
    close: calling.close,
    ticking: () => [
      { name: "the watch over silent boxes", tickedAt: lookedAt },
      ...[...ready].map(([bed, { runner }]) => ({
        name: `the engine of bed ${bed}`,
        tickedAt: runner.tickedAt,
      })),
    ],
    start() {
      lookedAt = clock.mono();
      stops.push(
        clock.every(LOOK_MS, () => {
          look();
          lookedAt = clock.mono();
        }),
        clock.every(SECOND_MS, standby.look),
      );
    },
    async stop() {
      for (const stop of stops.splice(0)) stop();
      lookedAt = undefined;
      for (const { runner } of ready.values()) runner.stop();
      await calling.stop();
      await Promise.allSettled([
        ...closing.values(),
        ...[...ready.values()].map(({ journal }) => journal.close()),
      ]);
    },
  };
}

/** A box whose every device is simulated pages nobody (law 7), about itself neither. */
const isMadeUp = ({ devices }: EdgeAbout): boolean =>
  devices.length > 0 && devices.every(({ simulated }) => simulated);

/** What is not called as a hub calls it is of no home. */
const placeOf = (bed: BedId): Place => splitBed(bed) ?? { home: "", bed };

/** Beds by the names that phones' tokens know. */
function asAtHome(fold: AlarmFold): AlarmFold {
  const bed = placeOf(fold.bed).bed;
  return { ...fold, bed, open: fold.open.map((occurrence) => ({ ...occurrence, bed })) };
}

/** A hub knows of the silence alone: what its engine thinks of a bed without devices is not for anybody. */
const onlyOwn = (fold: AlarmFold): AlarmFold => ({
  ...fold,
  open: fold.open.filter(({ condition }) => condition === "EDGE_OFFLINE"),
});
