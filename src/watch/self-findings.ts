import type { SelfFault } from "../domain/alarm.ts";
import { DEFAULT_SCHEDULE, type DependencyClass, type WatchSchedule } from "../domain/bed.ts";
import { exhaustedAfter } from "../domain/calling.ts";
import { DAY_MS, MINUTE_MS } from "../domain/time.ts";
import type { CertificateStage } from "../port/world.ts";

/** What the whole box knows of itself now. */
export interface HomeFacts {
  /** Everybody who is to be called, also by a phone that is gone. */
  readonly targets: readonly TargetFacts[];
  /** The house sounder would be heard. */
  readonly sounder: boolean;
  /** Without an answer from the broker of a hub elsewhere for so long, ms; absent: it answers, or there is none. */
  readonly hubSilentMs?: number;
  readonly room?: { readonly freeBytes: number; readonly totalBytes: number };
  /** What cannot be written; absent: everything can. */
  readonly unwritten?: string;
  /** Why what is sealed cannot be opened: no phone can be called; absent: it can. */
  readonly keyless?: string;
  /** How near the end of the pages' certificate is, in words too; absent: nothing to say. */
  readonly certificate?: { readonly stage: CertificateStage; readonly detail: string };
  /** The hub that put this box out; absent: none did. */
  readonly putOut?: string;
}

export interface TargetFacts {
  readonly id: string;
  readonly label: string;
  /** Its provider says that it is gone: why. */
  readonly dead?: string;
  /** A person answered or tapped on it within 18 h (law 2). */
  readonly proven: boolean;
  /** The newest messages to it were not taken. */
  readonly refused?: Failing;
  /** The service that it is called through does not answer; undefined: it does, or is not known. */
  readonly silent?: Failing;
  /** Nothing has been heard of it since the start, good or bad. */
  readonly unknown?: true;
}

interface Failing {
  readonly forMs: number;
  readonly detail: string;
}

/** What the box knows of one bed now. */
export interface BedFacts {
  readonly onWatch: boolean;
  /** Nothing at it is real: nobody is called, so nothing can be wrong with calling. */
  readonly simulated: boolean;
  readonly schedule: WatchSchedule;
  readonly dependencyClass: DependencyClass;
  /** Of this night or the next one; absent: none, or the home plans no duty. */
  readonly dutyGap?: DutyGapFacts;
  /** Of the day, in the bed's zone; absent while the clock may be wrong. */
  readonly minute?: number;
  /** The longest that a high alarm has been ringing without any answer, ms; 0: none rings. */
  readonly unansweredMs: number;
}

export interface DutyGapFacts {
  /** Nobody is on duty at this moment. */
  readonly isNow: boolean;
  /** By the clock of the bed, in words. */
  readonly times: string;
}

/** Something that is wrong with the box or with who can be called. */
export interface SelfFinding {
  readonly condition: SelfFault;
  /** Of several at once: which. */
  readonly about?: string;
  readonly detail: string;
  /** It has to last so long before it is told. */
  readonly afterMs: number;
}

/** A phone that does not take messages for so long will not ring tonight; a router that redials takes less. */
const SILENT_MS = 5 * MINUTE_MS;
/** A sounder is tried every 30 s while it is broken. */
const NOBODY_MS = 2 * MINUTE_MS;
/** From an hour before the night until two hours into it people are awake and can test. */
const EVENING_BEFORE_MIN = 60;
const EVENING_AFTER_MIN = 120;
const DAY_MIN = 24 * 60;
/** A large disk has room for years at 95 %. */
const NEARLY_FULL = { share: 0.05, bytes: 2 * 2 ** 30 };
/** So little is gone within the night. */
const FULL = { share: 0.01, bytes: 64 * 2 ** 20 };
/** What was told stays until there is clearly more room. */
const MORE_ROOM = 1.2;

/**
 * All that is wrong now and that this home should hear of. `standing`: what is told already, by `keyOf`; it stays
 * until it is clearly over. Pure.
 */
export function selfFindings(
  home: HomeFacts,
  bed: BedFacts,
  standing: ReadonlySet<string>,
): readonly SelfFinding[] {
  const itself = [
    ...(home.unwritten === undefined ? [] : [atOnce("DB_WRITE_FAIL", home.unwritten)]),
    ...(home.keyless === undefined ? [] : [atOnce("KEY_MISSING", home.keyless)]),
    ...(home.putOut === undefined ? [] : [atOnce("BOX_PUT_OUT", home.putOut)]),
  ];
  if (bed.simulated) return itself;
  return [
    ...itself,
    ...noRoom(home, bed, standing),
    ...cutOff(home, bed),
    ...phones(home, standing),
    ...nobody(home, bed),
    ...untested(home, bed, standing),
    ...unanswered(home, bed),
    ...certificate(home, bed),
  ];
}

const atOnce = (condition: SelfFault, detail: string): SelfFinding => ({ condition, detail, afterMs: 0 });

/** One name for one finding, as the engine keeps them. */
export const keyOf = ({
  condition,
  about,
}: {
  readonly condition: string;
  readonly about?: string;
}): string => (about === undefined ? condition : `${condition}/${about}`);

const living = ({ targets }: HomeFacts): readonly TargetFacts[] =>
  targets.filter(({ dead }) => dead === undefined);

/**
 * No phone's service answers: nobody can be called. Where nobody has a phone, but a hub elsewhere looks on, that hub.
 * A hub that is away while phones can be called is no alarm: this box calls them itself.
 */
function cutOff(home: HomeFacts, { onWatch }: BedFacts): readonly SelfFinding[] {
  if (!onWatch) return [];
  const callable = living(home);
  if (callable.length === 0 && home.targets.length === 0 && home.hubSilentMs !== undefined) {
    return [{ condition: "NET_DOWN", detail: "the hub does not answer", afterMs: 0 }];
  }
  if (!isCutOff(home)) return [];
  return [{ condition: "NET_DOWN", detail: callable[0]?.silent?.detail ?? "", afterMs: 0 }];
}

function isCutOff(home: HomeFacts): boolean {
  const callable = living(home);
  return callable.length > 0 && callable.every(({ silent }) => silent !== undefined);
}

/**
 * While nothing at all can be reached, that is the alarm, not each phone. What was told before a restart stays until
 * something is heard of that phone.
 */
function phones(home: HomeFacts, standing: ReadonlySet<string>): readonly SelfFinding[] {
  const isAlone = isCutOff(home);
  return home.targets.flatMap((target) => {
    const { id: about, label, dead, refused, silent, unknown = false } = target;
    const failing = [refused, silent].find((one) => one !== undefined && one.forMs >= SILENT_MS);
    const isTold = standing.has(keyOf({ condition: "PHONE_UNREACHABLE", about }));
    const why = dead ?? (isAlone ? undefined : failing?.detail) ?? (isTold && unknown ? "" : undefined);
    if (why === undefined) return [];
    return [{ condition: "PHONE_UNREACHABLE", about, detail: `${label}: ${why}`, afterMs: 0 } as const];
  });
}

/**
 * Nobody would hear: every phone is gone; or nobody has one and the sounder does not work either. Somebody who sleeps
 * beside a sounder that works needs no phone: then this says nothing.
 */
function nobody(home: HomeFacts, bed: BedFacts): readonly SelfFinding[] {
  if (living(home).length > 0) return nobodyOnDuty(bed);
  if (!bed.onWatch) return [];
  if (home.targets.length === 0 && home.sounder) return [];
  const detail =
    home.targets.length === 0
      ? "no phone is set up and the sounder does not work"
      : "every phone that was set up is gone";
  return [{ condition: "NOBODY_ON_CALL", detail, afterMs: NOBODY_MS }];
}

/**
 * Duty is planned, and at some time of the night nobody has it: said in the evening, while people can settle it, and at
 * that time itself. Everybody is called at once meanwhile.
 */
function nobodyOnDuty({ dutyGap, onWatch, schedule, minute }: BedFacts): readonly SelfFinding[] {
  if (dutyGap === undefined) return [];
  const isSaid = (onWatch && dutyGap.isNow) || (minute !== undefined && isEvening(schedule, minute));
  if (!isSaid) return [];
  return [{ condition: "NOBODY_ON_CALL", detail: `nobody is on duty ${dutyGap.times}`, afterMs: NOBODY_MS }];
}

/** No phone has proved within 18 h that it rings: said in the evening, and until one has. */
function untested(home: HomeFacts, bed: BedFacts, standing: ReadonlySet<string>): readonly SelfFinding[] {
  const callable = living(home);
  if (callable.length === 0 || callable.some(({ proven }) => proven) || bed.minute === undefined) return [];
  if (!standing.has("TEST_OVERDUE") && !isEvening(bed.schedule, bed.minute)) return [];
  const detail = "no phone has proved within 18 hours that it rings";
  return [{ condition: "TEST_OVERDUE", detail, afterMs: 0 }];
}

/**
 * A high alarm has rung until everybody was called, and a minute more, and nobody has answered. A house where nobody can
 * be called keeps the same time by its sounder: whoever sleeps there alone has slept through it, or cannot come.
 */
function unanswered(home: HomeFacts, { unansweredMs, dependencyClass }: BedFacts): readonly SelfFinding[] {
  const exhaustedMs = exhaustedAfter(dependencyClass);
  if (unansweredMs < exhaustedMs) return [];
  const minutes = Math.round(exhaustedMs / MINUTE_MS);
  const detail = `${whatWasTried(home)} for ${minutes} minutes`;
  return [{ condition: "ESCALATION_EXHAUSTED", detail, afterMs: 0 }];
}

function whatWasTried(home: HomeFacts): string {
  if (living(home).length > 0) return "everybody was called again and again";
  return home.sounder
    ? "nobody can be called, and the sounder rang in the house"
    : "nobody can be called, the sounder does not work, and it stood on the screens";
}

/**
 * What ends is told once for each stage, low. What has ended is high while people are awake: phones refuse the pages by
 * which they answer. It breaks nobody's sleep: in the night it stands as low. Without a clock that is right nobody can
 * say.
 */
function certificate(
  { certificate: ending }: HomeFacts,
  { schedule, minute }: BedFacts,
): readonly SelfFinding[] {
  if (ending === undefined || minute === undefined) return [];
  const { stage, detail } = ending;
  if (stage === "ended" && !isAsleep(schedule, minute)) {
    return [{ condition: "CERTIFICATE_EXPIRED", detail, afterMs: 0 }];
  }
  // Most certificates are renewed by a program that begins to try at this stage.
  const afterMs = stage === "month" ? DAY_MS : 0;
  return [{ condition: "CERTIFICATE_ENDING", about: stage, detail, afterMs }];
}

/** Nearly full is said while people are awake: it lasts for days. What would not last the night is said at once. */
function noRoom(
  { room }: HomeFacts,
  { schedule, minute }: BedFacts,
  standing: ReadonlySet<string>,
): readonly SelfFinding[] {
  if (room === undefined || !(room.totalBytes > 0)) return [];
  const isTold = standing.has("STORAGE_FULL");
  const isAwake = minute !== undefined && !isAsleep(schedule, minute);
  const limit = isTold || isAwake ? NEARLY_FULL : FULL;
  const least = Math.min(limit.share * room.totalBytes, limit.bytes) * (isTold ? MORE_ROOM : 1);
  if (room.freeBytes > least) return [];
  const free = Math.round(room.freeBytes / 2 ** 20);
  return [
    { condition: "STORAGE_FULL", detail: `${free} MiB are left for the data folder`, afterMs: 0 } as const,
  ];
}

const after = (fromMinute: number, minute: number): number =>
  (((minute - fromMinute) % DAY_MIN) + DAY_MIN) % DAY_MIN;

/** When people sleep: the schedule, and the usual night where that never ends. */
const nightOf = (schedule: WatchSchedule): WatchSchedule =>
  schedule.fromMinute === schedule.toMinute ? DEFAULT_SCHEDULE : schedule;

/** Around the beginning of the night. */
function isEvening(schedule: WatchSchedule, minute: number): boolean {
  const { fromMinute } = nightOf(schedule);
  return after(fromMinute - EVENING_BEFORE_MIN, minute) < EVENING_BEFORE_MIN + EVENING_AFTER_MIN;
}

/** The night without its first two hours. */
function isAsleep(schedule: WatchSchedule, minute: number): boolean {
  const { fromMinute, toMinute } = nightOf(schedule);
  const passed = after(fromMinute, minute);
  return passed >= EVENING_AFTER_MIN && passed < after(fromMinute, toMinute);
}
