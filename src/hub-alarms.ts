import type { JournalEntry } from "./alarm/journal.ts";
import { resolveLimits } from "./alarm/limits.ts";
import { refusedOf } from "./alarm/refusals.ts";
import { type AlarmRunner, createAlarmRunner, readJournalEntry } from "./alarm/runner.ts";
import type { EdgeAbout } from "./bus/bed-schemas.ts";
import type { Edges, SilentBed } from "./bus/edges.ts";
import type { HomeConfig } from "./config/config.ts";
import type { AlarmCommand, AlarmFold, WatchState } from "./domain/alarm.ts";
import { DEFAULT_SCHEDULE } from "./domain/bed.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { type BedId, type HomeId, qualifiedBed, splitBed } from "./domain/ids.ts";
import { type Mono, SECOND_MS } from "./domain/time.ts";
import type { HubHomes } from "./hub-homes.ts";
import { isPrivateHost } from "./notify/address.ts";
import { CHANNEL_MODULES } from "./notify/modules.ts";
import { createWebPush } from "./notify/web-push/web-push.ts";
import { createWebhook } from "./notify/webhook/webhook.ts";
import type { Ticking } from "./ops/pulse.ts";
import type { Mail } from "./port/mail.ts";
import type { CompactableLog } from "./port/record.ts";
import type { World } from "./port/world.ts";
import { openRecordLog } from "./record/log.ts";
import type { CommandOutcome } from "./server/deps.ts";
import type { LiveModel } from "./server/live-model.ts";
import { decodeOutboxEntry, type OutboxEntry } from "./watch/outbox.ts";
import { createWatch, type Watch } from "./watch/watch.ts";

/** What a hub raises because a box cannot say it of itself: nobody hears the box any more (EDGE_OFFLINE). */
export interface HubAlarms {
  /** The newest alarms of a bed as its box tells them. */
  onFold(fold: AlarmFold, anew: boolean): void;
  /** Takes a command about an alarm that this hub raised; undefined: it belongs to the box. */
  command(bed: BedId, command: AlarmCommand): CommandOutcome | undefined;
  /** A box was put out: its beds can never be heard again, and are nobody's alarm. */
  forget(bed: BedId): Promise<void>;
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
}

const LOOK_MS = 5 * SECOND_MS;
/** Beds that this hub may watch over at once; a broker that is away silences all of them, and is no reason for any. */
const BEDS_MAX = 5_000;
/** A box that is silent because a person ended the watch is nobody's alarm. */
const LEFT: readonly WatchState["reason"][] = ["ended", "hospital", "visit", "transfer", "death"];

/** A bed that was silent once in this run. */
interface Watched {
  readonly runner: AlarmRunner;
  readonly journal: CompactableLog<JournalEntry>;
}

interface CallingHome {
  readonly watch: Watch;
  readonly outbox: CompactableLog<OutboxEntry>;
}

/** Idle until start. Beds are qualified outside and the home's own inside, as phones' tokens name them. */
export function createHubAlarms(options: HubAlarmsOptions): HubAlarms {
  const { world, edges, live } = options;
  const { clock, random, log, disk } = world;
  const told = new Map<BedId, AlarmFold>();
  const watched = new Map<BedId, Promise<Watched>>();
  const ready = new Map<BedId, Watched>();
  const calling = new Map<HomeId, Promise<CallingHome>>();
  let stopLooking: (() => void) | undefined;
  let lookedAt: Mono | undefined;

  /** The box's alarms and this hub's own, as one picture. */
  const show = (bed: BedId, anew = true): void => {
    const runner = ready.get(bed)?.runner;
    const own = runner === undefined ? undefined : onlyOwn(runner.fold());
    const fold = told.get(bed);
    const open = own?.open ?? [];
    if (fold !== undefined) live.alarms({ ...fold, open: [...fold.open, ...open] }, anew);
    else if (own !== undefined) live.alarms({ ...own, bed }, anew);
  };

  const homeOf = (home: HomeId): Promise<CallingHome> => {
    const known = calling.get(home);
    if (known !== undefined) return known;
    const opened = openHome(options, home, (bed, command) => void answer(qualifiedBed(home, bed), command));
    calling.set(home, opened);
    // What failed once is tried again with the next look.
    opened.catch(() => calling.delete(home));
    return opened;
  };

  /** Calls the home's phones for what is open. Where they cannot be had now, the next look tries again. */
  const call = (bed: BedId, { runner }: Watched): void => {
    const { home } = splitBed(bed) ?? { home: "" };
    homeOf(home).then(
      ({ watch }) => watch.onFold(onlyOwn(runner.fold())),
      (error: unknown) => log.note("hub_alarm.nobody_called", { bed, why: messageOf(error) }, "error"),
    );
  };

  const open = async (bed: BedId, about: EdgeAbout): Promise<Watched> => {
    const place = splitBed(bed) ?? { home: "", bed };
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
        call(bed, made);
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
        const isWatched = one.runner.fold().watch.on || byHand;
        if (isWatched && !LEFT.includes(last?.reason ?? "off"))
          tell(one, true, `${why}, ${Math.round(forMs / SECOND_MS)} s`);
      },
      (error: unknown) => {
        watched.delete(bed);
        log.note("hub_alarm.failed", { bed, why: messageOf(error) }, "error");
      },
    );
  };

  const look = (): void => {
    const silent = new Set<BedId>();
    for (const one of edges.silent()) {
      const bed = qualifiedBed(one.home, one.bed);
      const about = edges.of(one)?.about ?? options.aboutOf(bed);
      // A box whose every device is simulated pages nobody (law 7), about itself neither.
      const devices = about?.devices ?? [];
      const isMadeUp = devices.length > 0 && devices.every(({ simulated }) => simulated);
      if (one.why === "broker" || about === undefined || isMadeUp) continue;
      silent.add(bed);
      if (watched.has(bed) || watched.size < BEDS_MAX) raise(bed, about, one);
    }
    for (const [bed, one] of ready) {
      const isOwed = !calling.has(splitBed(bed)?.home ?? "") && onlyOwn(one.runner.fold()).open.length > 0;
      if (isOwed) call(bed, one);
      // A hub that hears nobody, or only just began to, has not heard this one again either.
      if (silent.has(bed) || edges.of(splitBed(bed) ?? { home: "", bed })?.online !== true) continue;
      if (one.runner.faults().length > 0) tell(one, false, "heard again");
    }
  };

  const answer: HubAlarms["command"] = (bed, command) => {
    const one = ready.get(bed);
    const isOurs =
      one !== undefined &&
      "occurrence" in command &&
      one.runner.fold().open.some(({ id }) => id === command.occurrence);
    if (!isOurs) return undefined;
    const refused = one.runner.command(command);
    return refused === undefined || refused === "repeated"
      ? { accepted: true }
      : refusedOf(refused, command.kind);
  };

  return {
    command: answer,
    onFold(fold, anew) {
      told.set(fold.bed, fold);
      show(fold.bed, anew);
    },
    async forget(bed) {
      const one = ready.get(bed);
      if (one !== undefined) tell(one, false, "put out");
      one?.runner.stop();
      ready.delete(bed);
      watched.delete(bed);
      told.delete(bed);
      await one?.journal.close();
    },
    ticking: () => [
      { name: "the watch over silent boxes", tickedAt: lookedAt },
      ...[...ready].map(([bed, { runner }]) => ({
        name: `the engine of bed ${bed}`,
        tickedAt: runner.tickedAt,
      })),
    ],
    start() {
      lookedAt = clock.mono();
      stopLooking = clock.every(LOOK_MS, () => {
        look();
        lookedAt = clock.mono();
      });
    },
    async stop() {
      stopLooking?.();
      lookedAt = undefined;
      for (const { runner } of ready.values()) runner.stop();
      const homesOpen = await Promise.allSettled(calling.values());
      for (const one of homesOpen) if (one.status === "fulfilled") one.value.watch.stop();
      await Promise.allSettled([
        ...[...ready.values()].map(({ journal }) => journal.close()),
        ...homesOpen.map((one) => (one.status === "fulfilled" ? one.value.outbox.close() : undefined)),
      ]);
    },
  };
}

/** A hub knows of the silence alone: what its engine thinks of a bed without devices is not for anybody. */
const onlyOwn = (fold: AlarmFold): AlarmFold => ({
  ...fold,
  open: fold.open.filter(({ condition }) => condition === "EDGE_OFFLINE"),
});

/** Homes name mail servers: from a hub none in its own house. */
const outside = (mail: Mail): Mail => ({
  send: async (server, message, timeoutMs) =>
    URL.canParse(`https://${server.host}`) && !isPrivateHost(new URL(`https://${server.host}`))
      ? mail.send(server, message, timeoutMs)
      : { outcome: "failed", detail: "this mail server is not on the internet", forGood: true },
});

/** The phones of a home, called from here with the home's own keys. */
async function openHome(
  { world, config, homes, live, origin }: HubAlarmsOptions,
  home: HomeId,
  command: (bed: BedId, command: AlarmCommand) => void,
): Promise<CallingHome> {
  const { clock, random, log, disk, http, links, mail } = world;
  await homes.refresh(home);
  const keys = homes.keysOf(home);
  // Made without them, it would go on calling nobody after they have come.
  if (keys === undefined) {
    throw new Fault("STATE_FAILED", "The keys of this home's phones cannot be had.", {
      fix: "Wait until its box has left them here, and look at the disk of the hub.",
    });
  }
  const outbox = await openRecordLog({
    ...{ disk, clock, random, log, decode: decodeOutboxEntry },
    path: `homes/${home}/hub-outbox.log`,
  });
  const watch = createWatch({
    ...{ clock, random, log, home, outbox },
    ackKey: keys.ackKey,
    links: {
      page: (bed, occurrence) =>
        `${origin}/?bed=${qualifiedBed(home, bed)}&occurrence=${encodeURIComponent(occurrence)}`,
      acknowledge: (token) => `${origin}/api/a/${home}.${token}`,
      shown: (token) => `${origin}/api/r/${home}.${token}`,
    },
    zone: (bed) => live.bed(qualifiedBed(home, bed))?.zone ?? "UTC",
    channels: [
      createWebPush({ http, clock, keys: keys.vapid, ...config.webPush }),
      createWebhook({ http, clock }),
      ...CHANNEL_MODULES.filter(({ place }) => place === "anywhere").map(({ id, create }) =>
        create({
          clock,
          random,
          log,
          http,
          links,
          mail: outside(mail),
          access: () => homes.accessOf(home, id),
        }),
      ),
    ],
    targets: () => homes.targetsOf(home),
    onAcknowledge: command,
    onTargetGone: (target, why) => {
      const gone = world.homes.of(home).killTarget(target.id, clock.wall(), why);
      gone.catch((error: unknown) => log.note("target.not_killed", { why: messageOf(error) }, "warn"));
    },
    // Nobody sees the bed: everybody is called at once, whoever is on duty.
    calling: () => undefined,
    dependencyClass: () => "C",
    isSimulated: (bed) => live.simulated(qualifiedBed(home, bed)),
    onDurability: () => undefined,
  });
  return { watch, outbox };
}
