import type { Actor, AlarmCommand, AlarmFold, Occurrence } from "./domain/alarm.ts";
import {
  askedOfPhones,
  CHECK_MS,
  type Check,
  type CheckEnd,
  type CheckedPhone,
  type CheckKind,
  isSettled,
  type PhoneCheckKind,
  PILLOW_DELAY_MS,
  PILLOW_SOUND_MS,
} from "./domain/evening.ts";
import type { BedId, OccurrenceId } from "./domain/ids.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "./domain/time.ts";
import { createVirtualBed, type VirtualBed } from "./edge-virtual.ts";
import type { Channel, ChannelMessage, SendResult } from "./port/channel.ts";
import type { World } from "./port/world.ts";
import type { PlannedSend } from "./watch/incident.ts";
import type { BookedTarget } from "./watch/target-book.ts";
import { wordsIn } from "./words/index.ts";

/** Who is asked in a check, and how. */
export interface PracticeRequest {
  readonly kind: CheckKind;
  readonly targets: readonly BookedTarget[];
  /** Of them, those through which no answer can come back. */
  readonly mute: ReadonlySet<string>;
  readonly sounder: boolean;
  /** Not every phone that could be asked. */
  readonly some: boolean;
  readonly by: string | undefined;
}

/** One phone that an earlier run asked, under the bed that asked it. */
export type LeftPractice = readonly { readonly bed: BedId; readonly target: string }[];

/**
 * Checks of phones by the way that alarms take (ADR 0029): a virtual bed for each phone, whose alarm goes to that phone
 * alone, and to nothing else of the house.
 */
export interface Practice {
  /** Begins now; the caller has made sure that none runs. */
  start(request: PracticeRequest): Check;
  /** Ends what runs. */
  end(why: CheckEnd): void;
  /** What whoever lay at the pillow says; false: no sounder has been tried there yet. */
  heard(heard: boolean, by: string): boolean;
  /** What sounds at the pillow now, for whoever answers by a button. */
  readonly atPillow: AlarmFold | undefined;
  /** Once, soon after a real alarm cut that off: a press is still meant for the trial, and must not silence the alarm. */
  takesLatePress(): boolean;
  readonly running: Check | undefined;
  /** The newest, running or over. */
  readonly latest: Check | undefined;
  /** Which bed asks which phone, to be known again after a crash. */
  readonly beds: LeftPractice;
  /** What an earlier run left on phones is taken back: nothing of it rings again. */
  clear(left: LeftPractice): void;
  isPractice(bed: BedId): boolean;
  /** Undefined for an alarm of a real bed, or of a check that is forgotten. */
  answer(command: AlarmCommand): { readonly accepted: boolean } | undefined;
  asked(
    occurrence: OccurrenceId,
  ): { readonly kind: PhoneCheckKind; readonly occurrence: Occurrence } | undefined;
  /** What the one that runs asks phones about now. */
  readonly asks: readonly OccurrenceId[];
  /** Whom a message of a practice is for; undefined: it is a real one's. */
  audience(send: PlannedSend): readonly string[] | undefined;
  dress(message: ChannelMessage, send: PlannedSend): ChannelMessage;
  /** The same channel; how it takes messages of a practice is noted. */
  listening(channel: Channel): Channel;
}

export interface PracticeOptions {
  readonly world: Pick<World, "clock" | "random" | "log">;
  readonly zone: string;
  /** A bed of the house, whose name the alarms carry. */
  readonly inNameOf: BedId;
  /** The watch, and for a loud drill by choice the sounder. Must not throw. */
  readonly toWatch: (fold: AlarmFold) => void;
  readonly toSounder: (fold: AlarmFold) => void;
  /** Messages that ask lead to the page behind their address. */
  readonly hasAskPage: boolean;
  /** A person tapped on this phone. */
  readonly prove: (target: string, kind: CheckKind) => void;
  /** Something of the check has changed, its end too; must not throw. */
  readonly onChange: (check: Check) => void;
}

const BED = /^practice-[1-9]\d?$/;
/** Longer than the check, so that its end is still said. */
const DRILL_MS = CHECK_MS + 2 * MINUTE_MS;
/** Whoever lies and waits for a sound presses within this. */
const LATE_PRESS_MS = 30 * SECOND_MS;
/** More than one bed's alarms change in a check. */
const REVISIONS = 100_000;

interface Asked {
  readonly bed: VirtualBed;
  phone: CheckedPhone;
}

interface Run {
  check: Check;
  readonly began: Mono;
  readonly asked: readonly Asked[];
  /** The bed that the sounder alone hears of. */
  readonly pillow?: VirtualBed;
  cancel: () => void;
}

export function createPractice(options: PracticeOptions): Practice {
  const { world, zone, inNameOf, toWatch, toSounder } = options;
  const { clock, log } = world;
  /** The newest; it is kept when it is over, so that a second tap on the same message is not told that it came to nothing. */
  let run: Run | undefined;
  let left: LeftPractice = [];
  let atPillow: AlarmFold | undefined;
  let lateUntil: Mono | undefined;
  let runs = 0;

  const isRunning = (): boolean => run !== undefined && run.check.end === undefined;
  const find = (occurrence: OccurrenceId): Asked | undefined =>
    run?.asked.find(({ bed }) => bed.owns(occurrence));

  /** Takes news of one phone over; ends the check where it was the last that was waited for. */
  const note = (asked: Asked, news: Partial<CheckedPhone>): void => {
    if (run === undefined || run.check.end !== undefined) return;
    asked.phone = { ...asked.phone, ...news };
    if (isSettled(asked.phone)) asked.bed.end(actorOf(run.check));
    run.check = { ...run.check, phones: run.asked.map(({ phone }) => phone) };
    if (run.check.phones.every(isSettled)) return end("done");
    options.onChange(run.check);
  };

  const sinceStart = (): number => (run === undefined ? 0 : Math.round(clock.mono() - run.began));

  const end = (why: CheckEnd): void => {
    if (run === undefined || run.check.end !== undefined) return;
    run.cancel();
    run.check = { ...run.check, end: why, endedAt: clock.wall() };
    for (const { bed } of run.asked) bed.end(actorOf(run.check));
    run.pillow?.end(actorOf(run.check));
    const isCutOff = why === "alarm" && run.check.kind === "pillow" && run.check.soundedMs !== undefined;
    lateUntil = isCutOff ? mono(clock.mono() + LATE_PRESS_MS) : undefined;
    log.note("practice.ended", { kind: run.check.kind, why });
    options.onChange(run.check);
  };

  /** The same parts as a phone's bed, and nobody told but the sounder: first time to lie down, then the sound for a while. */
  const startPillow = (by: string | undefined): Check => {
    const began = clock.mono();
    const actor: Actor = { id: "practice", name: by ?? "" };
    const bed = createVirtualBed({
      ...{
        world,
        zone,
        inNameOf,
        id: "practice-1",
        target: "",
        drillMs: DRILL_MS,
        revision: runs * REVISIONS,
      },
      onFold(fold) {
        atPillow = fold.open.length > 0 ? fold : undefined;
        toSounder(fold);
        if (atPillow === undefined || run?.pillow !== bed || run.check.soundedMs !== undefined) return;
        run.check = { ...run.check, soundedMs: sinceStart() };
        cancels.push(clock.after(PILLOW_SOUND_MS, () => bed.end(actor)));
        options.onChange(run.check);
      },
    });
    const cancels = [
      clock.after(PILLOW_DELAY_MS, () => bed.start()),
      clock.after(CHECK_MS, () => end("time")),
    ];
    run = {
      ...{ asked: [], began, pillow: bed },
      cancel() {
        for (const cancel of cancels) cancel();
      },
      check: { kind: "pillow", startedAt: clock.wall(), phones: [], ...(by === undefined ? {} : { by }) },
    };
    log.note("practice.started", { kind: "pillow", phones: 0 });
    options.onChange(run.check);
    return run.check;
  };

  const heard = (isHeard: boolean, heardBy: string): boolean => {
    if (run?.check.soundedMs === undefined || !isRunning()) return false;
    run.check = { ...run.check, heard: isHeard, heardBy };
    end("done");
    return true;
  };

  const ofMessage = ({ key }: ChannelMessage): Asked | undefined => {
    const [, occurrence = ""] = key.split("/");
    return find(occurrence);
  };

  const noteSend = (asked: Asked, result: SendResult): void => {
    const { acceptedMs = sinceStart(), trouble: _over, ...phone } = asked.phone;
    if (result.outcome === "accepted") {
      asked.phone = phone;
      return note(asked, { acceptedMs });
    }
    const trouble = withoutAddresses(result.detail);
    note(asked, { trouble, ...(result.outcome === "refused" ? { refused: true } : {}) });
  };

  return {
    start({ kind, targets, mute, sounder, some, by }) {
      runs += 1;
      if (kind === "pillow") return startPillow(by);
      const asked = targets.map((target, index): Asked => {
        const { id, label, person, personName: name, channel } = target;
        const bed = createVirtualBed({
          ...{ world, zone, inNameOf, id: `practice-${index + 1}`, target: id },
          ...{ drillMs: DRILL_MS, revision: runs * REVISIONS },
          onFold(fold) {
            if (sounder) toSounder(fold);
            toWatch(fold);
          },
        });
        const phone = { id, label, person, name, channel, ...(mute.has(id) ? { mute: true as const } : {}) };
        return { bed, phone };
      });
      run = {
        asked,
        began: clock.mono(),
        cancel: clock.after(CHECK_MS, () => end("time")),
        check: {
          ...{ kind, startedAt: clock.wall(), phones: asked.map(({ phone }) => phone) },
          ...(by === undefined ? {} : { by }),
          ...(sounder ? { sounder } : {}),
          ...(some ? { some } : {}),
        },
      };
      log.note("practice.started", { kind, phones: asked.length });
      options.onChange(run.check);
      for (const { bed } of asked) bed.start();
      return run.check;
    },
    end,
    heard,
    get atPillow() {
      return atPillow;
    },
    takesLatePress() {
      const isLate = lateUntil !== undefined && clock.mono() < lateUntil;
      lateUntil = undefined;
      return isLate;
    },
    get running() {
      return isRunning() ? run?.check : undefined;
    },
    get latest() {
      return run?.check;
    },
    get beds() {
      return run?.asked.map(({ bed }) => ({ bed: bed.id, target: bed.target })) ?? [];
    },
    clear(found) {
      left = found;
      for (const { bed, target } of found) {
        // A bed at which nothing rings: whatever was told of it is over, and may still be said, since it is in a drill.
        const empty = createVirtualBed({
          ...{ world, zone, inNameOf, id: bed, target, drillMs: DRILL_MS, revision: 0, onFold: toWatch },
        });
        empty.clear();
      }
    },
    isPractice: (bed) => BED.test(bed),
    answer(command) {
      if (command.kind !== "acknowledge") return undefined;
      if (run?.pillow?.owns(command.occurrence) === true) {
        return { accepted: heard(true, command.by.name) };
      }
      const asked = find(command.occurrence);
      if (asked === undefined || run === undefined) return undefined;
      if (asked.phone.answeredMs !== undefined) return { accepted: true };
      if (run.check.end !== undefined || asked.bed.command(command) !== undefined) return { accepted: false };
      options.prove(asked.phone.id, run.check.kind);
      note(asked, { answeredMs: sinceStart() });
      return { accepted: true };
    },
    asked(id) {
      const occurrence = isRunning() ? find(id)?.bed.open : undefined;
      const kind = run && askedOfPhones(run.check);
      return occurrence === undefined || kind === undefined ? undefined : { kind, occurrence };
    },
    get asks() {
      return isRunning() ? (run?.asked ?? []).flatMap(({ bed }) => bed.open?.id ?? []) : [];
    },
    audience({ bed, occurrence, kind }) {
      if (!BED.test(bed)) return undefined;
      const asked = find(occurrence);
      const former = left.find((one) => one.bed === bed)?.target;
      if (asked === undefined || run === undefined) return former === undefined ? [] : [former];
      // One phone is not told that it was heard itself: it says so where it was tapped.
      if (kind === "update") return [];
      // The evening check asks once; what its service has taken is not sent again.
      const isEnough = run.check.kind === "quiet" && asked.phone.acceptedMs !== undefined;
      return kind === "alarm" && isEnough ? [] : [asked.bed.target];
    },
    dress(message, { bed, occurrence, kind }) {
      if (!BED.test(bed)) return message;
      const { push } = wordsIn(message.language).evening;
      const asked = find(occurrence);
      if (kind !== "alarm") {
        const check = asked === undefined || run === undefined ? undefined : askedOfPhones(run.check);
        const plain = { ...message, ...(check === undefined ? {} : { check }) };
        if (asked?.phone.answeredMs === undefined) {
          return { ...plain, title: push.overTitle, body: push.overBody };
        }
        const title = check === "loud" ? push.loudDoneTitle : push.doneTitle;
        return { ...plain, title, body: push.doneBody };
      }
      if (asked === undefined || run === undefined) return message;
      if (asked.phone.askedMs === undefined) note(asked, { askedMs: sinceStart() });
      const { acknowledgeUrl } = message;
      const asking =
        options.hasAskPage && acknowledgeUrl !== undefined ? { ...message, url: acknowledgeUrl } : message;
      if (run.check.kind === "loud") return { ...asking, body: push.loudBody, check: "loud" };
      // Low: what arrives sounds as any message does, and no telephone is called.
      return { ...asking, title: push.title, body: push.body, priority: "low", check: "quiet" };
    },
    listening: (channel) => ({
      ...channel,
      async send(target, message) {
        const asked = message.kind === "alarm" ? ofMessage(message) : undefined;
        const result = await channel.send(target, message);
        if (asked !== undefined && asked.bed.target === target.id) noteSend(asked, result);
        return result;
      },
    }),
  };
}

const actorOf = ({ by = "" }: Check): Actor => ({ id: "practice", name: by });

/** A push address is as good as a key: it does not belong on pages. */
const withoutAddresses = (detail: string): string =>
  detail.replaceAll(/https?:\/\/\S+/g, "(address)").slice(0, 200);
