import type { HomeConfig } from "./config/config.ts";
import type { AlarmCommand, AlarmFold } from "./domain/alarm.ts";
import { DEFAULT_SCHEDULE } from "./domain/bed.ts";
import {
  CHECK_KINDS,
  CHECK_PHONES_MAX,
  type Check,
  type CheckKind,
  defaultEvening,
  type EveningDue,
  type EveningSettings,
  eveningDue,
  lastChecks,
  saysOfTonight,
} from "./domain/evening.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import type { BedId } from "./domain/ids.ts";
import { askingOf, mayReachPeople } from "./domain/ringing.ts";
import { MINUTE_MS, SECOND_MS, type Wall } from "./domain/time.ts";
import { createPractice, type LeftPractice, type Practice } from "./edge-practice.ts";
import type { Channel } from "./port/channel.ts";
import type { CheckRequest, EveningDesk } from "./port/evening.ts";
import type { World } from "./port/world.ts";
import type { PlannedSend } from "./watch/incident.ts";
import type { BookedTarget, TargetBook } from "./watch/target-book.ts";

/** The evening check at the box: what starts it, what ends it, what is kept of it. */
export interface Evening extends EveningDesk {
  /** A real bed's newest alarms, after everything that has to hear of them: one that rings ends a check. */
  onFold(fold: AlarmFold): void;
  /** An answer to a check; undefined: it is an answer to something real. */
  answer(command: AlarmCommand): ReturnType<Practice["answer"]>;
  isPractice(bed: BedId): boolean;
  stop(): void;
  readonly asks: Practice["asks"];
  /** Whom a message is for: everybody, or the phone of a practice. */
  targets(send: PlannedSend | undefined): readonly BookedTarget[];
  readonly dress: Practice["dress"];
  readonly listening: Practice["listening"];
  readonly atPillow: Practice["atPillow"];
  readonly takesLatePress: Practice["takesLatePress"];
  /** Takes back what an earlier run left on phones; looks at the time from here on. */
  start(): void;
  close(): void;
}

export interface EveningOptions {
  readonly world: Pick<World, "clock" | "random" | "log" | "state">;
  readonly config: Pick<HomeConfig, "beds" | "zone" | "demo" | "audio" | "sounder">;
  readonly targets: () => TargetBook;
  /** By id: whether answers come back through it, and what it sounds like. */
  readonly channels: () => readonly Channel[];
  readonly folds: () => readonly AlarmFold[];
  readonly toWatch: (fold: AlarmFold) => void;
  readonly toSounder: (fold: AlarmFold) => void;
  /** A caregiver would hear the sounder. */
  readonly sounderWorks: () => boolean;
  /** The address of a message shows a page with one button here: it can be answered without a button of its channel. */
  readonly hasAskPage: boolean;
  /** Once a minute while it runs; must not throw. */
  readonly onMinute: () => void;
  /** A check went on, began or ended, or the home chose another time; must not throw. */
  readonly onChange?: () => void;
}

const SETTINGS = "evening_settings";
const KEPT = "evening_checks";
const LOOK_MS = 15 * SECOND_MS;

interface Kept {
  readonly last: EveningDesk["last"];
  /** The outputs that were heard at the pillow: others have to be heard anew. */
  readonly outputs?: unknown;
  /** A check that began and has not ended: the box stopped meanwhile. */
  readonly running?: { readonly check: Check; readonly beds: LeftPractice };
}

/** Reads what was kept; nothing runs before start(). */
export async function createEvening(options: EveningOptions): Promise<Evening> {
  const { world, config, targets, channels } = options;
  const { clock, log, state } = world;
  const { zone } = config;
  const [first] = config.beds;
  const stored = async (name: string): Promise<unknown> => {
    try {
      return JSON.parse((await state.value(name)) ?? "null");
    } catch (error) {
      // A box whose records cannot be read watches all the same.
      log.note("evening.unread", { why: messageOf(error) }, "warn");
      return undefined;
    }
  };
  const found = keptIn(await stored(KEPT));
  const outputs = JSON.stringify({ audio: config.audio, rooms: config.sounder?.rooms ?? [] });
  const { pillow, ...ofPhones } = found.last;
  const isSame = pillow !== undefined && found.outputs === outputs;
  let last: EveningDesk["last"] = isSame ? found.last : ofPhones;
  let settings: EveningSettings = settingsIn(await stored(SETTINGS)) ?? {
    ...defaultEvening(first?.schedule ?? DEFAULT_SCHEDULE),
    // What a demo shows is for nobody's phone.
    ...(config.demo ? { on: false } : {}),
  };
  const stops: (() => void)[] = [];

  const keep = async (running?: Kept["running"]): Promise<void> => {
    const text = JSON.stringify({
      last,
      outputs,
      ...(running === undefined ? {} : { running }),
    } satisfies Kept);
    await state
      .setValue(KEPT, text)
      .catch((error: unknown) => log.note("evening.unwritten", { why: messageOf(error) }, "warn"));
  };

  const ended = (check: Check): void => {
    if (saysOfTonight(check)) last = { ...last, [check.kind]: check };
    keep().catch((error: unknown) => log.note("evening.unwritten", { why: messageOf(error) }, "warn"));
  };

  const practice = createPractice({
    ...{
      hasAskPage: options.hasAskPage,
      world,
      zone,
      inNameOf: first?.id ?? "b1",
      toWatch: options.toWatch,
      toSounder: options.toSounder,
    },
    prove: (target, kind) => targets().prove(target, kind === "loud"),
    onChange(check) {
      if (check.end !== undefined) ended(check);
      options.onChange?.();
    },
  });

  const channelOf = ({ channel }: BookedTarget): Channel | undefined =>
    channels().find(({ id }) => id === channel);

  const living = (): readonly BookedTarget[] =>
    targets()
      .list()
      .filter(({ deadSince }) => deadSince === undefined);

  /** Whether a tap can come back: by the channel itself, or on the page that its message leads to. */
  const canAnswer = (target: BookedTarget): boolean => {
    const { acknowledges, sounds } = channelOf(target)?.capabilities ?? {};
    return acknowledges === true || (options.hasAskPage && (sounds === "notification" || sounds === "alarm"));
  };

  /** Phones that can answer; a quiet check leaves out what rings like a call, and both leave out machines. */
  const answering = (kind: CheckKind): readonly BookedTarget[] =>
    living()
      .filter((target) => {
        const sounds = channelOf(target)?.capabilities.sounds;
        return canAnswer(target) && sounds !== "not_applicable" && (kind === "loud" || sounds !== "call");
      })
      .slice(0, CHECK_PHONES_MAX);

  const begin = async (request: Omit<CheckRequest, "by"> & { readonly by?: string }): Promise<Check> => {
    const { kind, phones, sounder, by } = request;
    const now = clock.wall();
    if (practice.running !== undefined) throw no("A check is running.", "Wait for its end, or stop it.");
    if (options.folds().some((fold) => isRinging(fold, now))) {
      throw no("An alarm rings.", "Look at the person first.");
    }
    if (kind === "pillow") {
      if (!options.sounderWorks())
        throw no("The sounder in the house does not work.", "Look at its output first.");
      const check = practice.start({ kind, targets: [], mute: new Set(), sounder: true, some: false, by });
      await keep({ check, beds: [] });
      return check;
    }
    const all = answering(kind);
    const asked = phones === undefined ? all : living().filter(({ id }) => phones.includes(id));
    if (asked.length === 0) throw no("There is no phone that could answer.", "Add a phone that can answer.");
    const mute = asked.filter((one) => !canAnswer(one));
    const check = practice.start({
      ...{ kind, targets: asked.slice(0, CHECK_PHONES_MAX), by },
      mute: new Set(mute.map(({ id }) => id)),
      some: all.some((one) => !asked.includes(one)),
      sounder: kind === "loud" && sounder === true,
    });
    // Written down before the first message leaves, which is seconds from now: a crash must not leave it ringing.
    await keep({ check, beds: practice.beds });
    return check;
  };

  const due = (): EveningDue => eveningDue(practice.running ?? last.quiet, settings, clock.wall(), zone);

  const isAway = (): boolean => options.folds().every(({ watch }) => AWAY.has(watch.reason));

  const look = (): void => {
    if (!clock.trusted() || practice.running !== undefined || !due().begins) return;
    if (isAway() || answering("quiet").length === 0) return;
    begin({ kind: "quiet" }).catch((error: unknown) =>
      log.note("evening.not_begun", { why: messageOf(error) }, "warn"),
    );
  };

  return {
    begin,
    stop: () => practice.end("stopped"),
    takesLatePress: practice.takesLatePress,
    heard(heard, by) {
      if (heard && !options.sounderWorks())
        throw no("The sounder broke.", "Look at its output, and try again.");
      if (!practice.heard(heard, by)) throw no("The sounder has not been tried.", "Start it, and listen.");
    },
    get atPillow() {
      return practice.atPillow;
    },
    get running() {
      return practice.running;
    },
    get latest() {
      return practice.latest;
    },
    get last() {
      return last;
    },
    get settings() {
      return settings;
    },
    get due() {
      return due();
    },
    async set(next) {
      await state.setValue(SETTINGS, JSON.stringify(next));
      settings = next;
      options.onChange?.();
    },
    asked: practice.asked,
    get asks() {
      return practice.asks;
    },
    onFold(fold) {
      if (practice.running !== undefined && isRinging(fold, clock.wall())) practice.end("alarm");
    },
    answer: practice.answer,
    isPractice: practice.isPractice,
    targets(send) {
      const audience = send === undefined ? undefined : practice.audience(send);
      const all = targets().list();
      return audience === undefined ? all : all.filter(({ id }) => audience.includes(id));
    },
    dress: practice.dress,
    listening: practice.listening,
    start() {
      const { running } = found;
      if (running !== undefined) {
        practice.clear(running.beds);
        ended({ ...running.check, end: "cut", endedAt: clock.wall() });
      }
      stops.push(clock.every(LOOK_MS, look), clock.every(MINUTE_MS, options.onMinute));
    },
    close() {
      for (const stop of stops.splice(0)) stop();
      practice.end("cut");
    },
  };
}

const no = (detail: string, fix: string): Fault => new Fault("CONFLICT", detail, { fix });

/** In hospital, on a visit, or the watch is over: nobody needs to be reachable tonight. */
const AWAY: ReadonlySet<AlarmFold["watch"]["reason"]> = new Set(["hospital", "visit", "transfer", "death"]);

const isRinging = ({ open, drillUntil }: AlarmFold, now: Wall): boolean =>
  open.some(
    (one) => one.priority !== "low" && mayReachPeople(one, drillUntil, now) && askingOf(one) === "ring",
  );

const of = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

function settingsIn(value: unknown): EveningSettings | undefined {
  const [on, atMinute] = [of(value, "on"), of(value, "atMinute")];
  const isMinute =
    typeof atMinute === "number" && Number.isInteger(atMinute) && atMinute >= 0 && atMinute < 1_440;
  return typeof on === "boolean" && isMinute ? { on, atMinute } : undefined;
}

/** What an earlier run kept; what cannot be read is left out. */
function keptIn(value: unknown): Kept {
  const running = of(value, "running");
  const check = checkIn(of(running, "check"));
  const beds = of(running, "beds");
  return {
    last: lastChecks((kind) => checkIn(of(of(value, "last"), kind))),
    outputs: of(value, "outputs"),
    ...(check === undefined || !Array.isArray(beds) ? {} : { running: { check, beds: beds.filter(isLeft) } }),
  };
}

const isLeft = (value: unknown): value is LeftPractice[number] =>
  typeof of(value, "bed") === "string" && typeof of(value, "target") === "string";

/** A check as it was written; undefined where it is none. */
const checkIn = (value: unknown): Check | undefined => (isCheck(value) ? value : undefined);

function isCheck(value: unknown): value is Check {
  const [kind, phones] = [of(value, "kind"), of(value, "phones")];
  const isWhole = CHECK_KINDS.some((known) => known === kind) && typeof of(value, "startedAt") === "number";
  return isWhole && Array.isArray(phones) && phones.every((phone) => typeof of(phone, "id") === "string");
}
