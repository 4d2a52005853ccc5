import type { AlarmFold, Occurrence } from "../../domain/alarm.ts";
import { messageOf } from "../../domain/fault.ts";
import type { BedId } from "../../domain/ids.ts";
import type { Language } from "../../domain/person.ts";
import { mayReachPeople } from "../../domain/ringing.ts";
import { type Mono, SECOND_MS } from "../../domain/time.ts";
import type { Audio } from "../../port/audio.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import { type Choice, choose, GENTLE_EVERY_MS } from "../../sound/choice.ts";
import { isExhausted, newsOf, ringsIn } from "../../sound/soft.ts";
import { createRoom, type Room, type SounderReadiness } from "./room.ts";
import { comingText, helpCalledText } from "./soft-words.ts";
import type { SpeechBank } from "./speech-bank.ts";

/** A room with a loudspeaker, and what it is for. */
export interface RoomSpec {
  readonly name: string;
  /** Who is there: whoever is to be woken, or the patient, who is told softly how it goes on. */
  readonly for: "caregiver" | "patient";
  /**
   * When the siren sounds here: always; once nobody has answered; or never, which still means that it does where no
   * other room can sound (law 3).
   */
  readonly siren: "always" | "exhausted" | "never";
  /** A patient's room is about this bed alone; absent: all. */
  readonly bed?: BedId;
  readonly audio: Audio;
}

export interface SounderOptions {
  /** At least one. */
  readonly rooms: readonly RoomSpec[];
  /** What patients are told in. */
  readonly language: Language;
  readonly clock: Clock;
  readonly log: Log;
  /** What is spoken between the bursts, and softly. */
  readonly speech: Pick<SpeechBank, "sentence" | "text">;
  /** Called on every change of readiness; must not throw. */
  readonly onReadiness?: (readiness: SounderReadiness) => void;
  /** Told whether the alarm sounds for caregivers: what follows it (a lamp, a bed shaker) hangs here; must not throw. */
  readonly onAlarm?: (isOn: boolean) => void;
}

/** The first channel (law 3): sounds in the house, from memory, without internet, disk or broker. */
export interface Sounder {
  /** Begins to look after the outputs: tries them now and again, so that a fault shows before the night. */
  start(): void;
  /**
   * Takes a bed's newest alarms; sound begins or ends before this returns, with the tones alone: a sentence joins
   * them when there is one. Older revisions are ignored. Rings for open occurrences of high and medium priority
   * that ask (askingOf); never for low, never for simulated ones outside a drill. What asks gently is one burst of
   * the low sound, at most every half hour, and only while nothing rings.
   */
  update(fold: AlarmFold): void;
  /** Whether a caregiver would hear it: some room of theirs sounds. */
  readonly readiness: SounderReadiness;
  /** Each room for itself, as it was configured. */
  readonly rooms: readonly (Pick<RoomSpec, "name" | "for"> & SounderReadiness)[];
  /** Silence, and no timer left. */
  stop(): void;
}

/** The only room of a house that names none. */
export const wholeHouse = (audio: Audio): RoomSpec => ({
  ...{ name: "", for: "caregiver", siren: "always", audio },
});

interface Place extends RoomSpec {
  readonly room: Room;
}

/** "Help has been called" is said when the alarm has sounded so long: by then its output has proved itself. */
const TOLD_AFTER_MS = 4 * SECOND_MS;
/** Said no more often in one room, however often an alarm comes and goes. */
const TOLD_EVERY_MS = 120 * SECOND_MS;

/** The house sounder. Idle until start() or the first update(). */
export function createSounder(options: SounderOptions): Sounder {
  const { clock, log, language, onReadiness, onAlarm } = options;
  const folds = new Map<BedId, AlarmFold>();
  /** When something last asked gently. */
  let askedAt: Mono | undefined;
  let cancelGentle: (() => void) | undefined;
  let cancelDrillEnd: (() => void) | undefined;
  const tellings = new Map<Place, { at?: Mono; cancel?: () => void }>();
  let isAlarm = false;
  let isStopped = false;
  let busy = false;
  let again = false;

  const places: readonly Place[] = options.rooms.map((spec, index) => ({
    ...spec,
    room: createRoom({
      ...{ audio: spec.audio, clock, log, speech: options.speech },
      ...(options.rooms.length > 1 ? { number: index + 1 } : {}),
      onReadiness() {
        onReadiness?.(readiness());
        evaluate();
      },
    }),
  }));
  const carers = places.filter((place) => place.for === "caregiver");
  const readiness = (): SounderReadiness => readinessOf(places, carers);

  /** A room that throws takes no other with it. */
  const safely = (act: () => void): void => {
    try {
      act();
    } catch (thrown) {
      log.note("sounder.failed", { detail: messageOf(thrown) }, "error");
    }
  };

  const evaluate = (): void => {
    // An output that breaks at once calls this from within.
    again = true;
    if (busy || isStopped) return;
    busy = true;
    for (let round = 0; again && round <= places.length; round++) {
      again = false;
      evaluateNow();
    }
    busy = false;
  };

  const evaluateNow = (): void => {
    const now = clock.wall();
    const all = [...folds.values()];
    const house = choose(all, reachOf(now, true));
    for (const place of places) {
      const wanted = sirenOf(place, places, all, now);
      safely(() => place.room.ring(wanted?.ring));
    }
    setAlarm(house.ring !== undefined);
    askGently(house.gentle && house.ring === undefined, now);
    cancelDrillEnd?.();
    cancelDrillEnd = undefined;
    const drillEnds = all.flatMap((fold) => fold.drillUntil ?? []).filter((end) => end > now);
    if (drillEnds.length > 0 && (house.gentle || house.ring !== undefined)) {
      cancelDrillEnd = clock.after(Math.min(...drillEnds) - now, evaluate);
    }
  };

  const setAlarm = (next: boolean): void => {
    if (next === isAlarm) return;
    isAlarm = next;
    onAlarm?.(next);
  };

  const askGently = (wanted: boolean, wallNow: ReturnType<Clock["wall"]>): void => {
    cancelGentle?.();
    cancelGentle = undefined;
    if (!wanted) return;
    const now = clock.mono();
    if (askedAt === undefined || now - askedAt >= GENTLE_EVERY_MS) {
      askedAt = now;
      const all = [...folds.values()];
      for (const place of places)
        if (sirenOf(place, places, all, wallNow)?.gentle === true) safely(() => place.room.ask());
    }
    cancelGentle = clock.after(askedAt + GENTLE_EVERY_MS - now, evaluate);
  };

  /** What a patient hears of the news; the alarm itself has begun or ended by then. */
  const tell = (before: AlarmFold | undefined, fold: AlarmFold): void => {
    for (const place of places) {
      if (place.for !== "patient" || !isAbout(place, fold)) continue;
      for (const news of newsOf(before, fold, reachOf(clock.wall(), false))) {
        if (news.kind === "coming") safely(() => place.room.tell(comingText(language, news.by)));
        else tellCalled(place);
      }
    }
  };

  const tellCalled = (place: Place): void => {
    const telling = tellings.get(place) ?? {};
    tellings.set(place, telling);
    telling.cancel?.();
    telling.cancel = clock.after(TOLD_AFTER_MS, () => {
      const now = clock.mono();
      if (telling.at !== undefined && now - telling.at < TOLD_EVERY_MS) return;
      const reach = reachOf(clock.wall(), false);
      const rings = [...folds.values()].some((fold) => isAbout(place, fold) && ringsIn(fold, reach));
      // Only what is true: where no caregiver's room sounds, this one rings instead.
      if (!rings || !carers.some(({ room }) => room.isSounding)) return;
      telling.at = now;
      safely(() => place.room.tell(helpCalledText(language)));
    });
  };

  return {
    start() {
      for (const { room } of places) room.start();
    },
    update(fold) {
      const known = folds.get(fold.bed);
      if (known !== undefined && known.revision > fold.revision) return;
      folds.set(fold.bed, fold);
      evaluate();
      tell(known, fold);
    },
    get readiness() {
      return readiness();
    },
    get rooms() {
      return places.map(({ name, for: whose, room }) => ({ name, for: whose, ...room.readiness }));
    },
    stop() {
      isStopped = true;
      cancelDrillEnd?.();
      cancelGentle?.();
      for (const { cancel } of tellings.values()) cancel?.();
      for (const { room } of places) room.stop();
      setAlarm(false);
      folds.clear();
    },
  };
}

/**
 * What has to be heard in a room now; undefined: no siren is for it. Where every room that always rings is broken, the
 * other rooms of caregivers ring instead, and where those are broken too, the patient's: never nothing (law 3).
 */
function sirenOf(
  { for: whose, siren, bed }: Place,
  places: readonly Place[],
  folds: readonly AlarmFold[],
  now: ReturnType<Clock["wall"]>,
): Choice | undefined {
  // The drill of a night is for those who are woken; a patient's room has it only where it always rings.
  const reach = reachOf(now, whose === "caregiver" || siren === "always");
  const own = folds.filter((fold) => whose === "caregiver" || bed === undefined || fold.bed === bed);
  if (siren === "always") return choose(own, reach);
  const carers = places.filter((place) => place.for === "caregiver");
  const allBroken = (some: readonly Place[]): boolean => some.every(({ room }) => room.isBroken);
  const firstBroken = allBroken(carers.filter((place) => place.siren === "always"));
  if (whose === "caregiver" ? firstBroken : allBroken(carers)) return choose(folds, reach);
  if (siren === "never") return undefined;
  const unanswered = own.filter((fold) => isExhausted(fold, reach));
  return unanswered.length === 0 ? undefined : { ...choose(unanswered, reach), gentle: false };
}

const isAbout = ({ bed }: Place, fold: AlarmFold): boolean => bed === undefined || fold.bed === bed;

/** Law 7: what may sound; `drills` whether what a drill lets out may. */
const reachOf =
  (now: ReturnType<Clock["wall"]>, drills: boolean) =>
  (occurrence: Occurrence, { drillUntil }: AlarmFold): boolean =>
    mayReachPeople(occurrence, drillUntil, now) && (drills || !occurrence.simulated);

/** A room that is broken is named only where there are several. */
function readinessOf(places: readonly Place[], carers: readonly Place[]): SounderReadiness {
  const [only] = places;
  if (only !== undefined && places.length === 1) return only.room.readiness;
  const woken = carers.length > 0 ? carers : places.filter(({ siren }) => siren === "always");
  const well = woken.filter(({ room }) => room.readiness.ok);
  const shown = well.length > 0 ? well : woken;
  return {
    ok: well.length > 0,
    detail: shown.map(({ name, room }) => `${name}: ${room.readiness.detail}`).join("; "),
  };
}
