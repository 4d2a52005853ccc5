import { type Actor, type AlarmCommand, type ConditionId, isConditionId } from "../domain/alarm.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { Fault } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import type {
  ConditionFile,
  LimitsFile,
  LimitsOrigin,
  LimitsVersion,
  SettingChange,
  SettingName,
  Temporary,
} from "../domain/limits.ts";
import type { Role } from "../domain/person.ts";
import { DAY_MS, type Wall, wall } from "../domain/time.ts";
import { OFF_BY_THERAPIST, type OutsideRecommended, outsideRecommended } from "./bounds.ts";
import { explicitFile, type Limits, resolveLimits, settingOf, storedLimits } from "./limits.ts";
import { changes, widening } from "./widening.ts";

/** How long a role may widen limits: unless it says otherwise, at most, and whether until somebody changes it; a role that is not here changes none. */
const WIDENING_TIMES: { readonly [role in Role]?: WideningTimes } = {
  caregiver: { usualMs: DAY_MS, mostMs: 7 * DAY_MS, untilChanged: false },
  owner: { usualMs: DAY_MS, mostMs: 7 * DAY_MS, untilChanged: false },
  therapist: { usualMs: 90 * DAY_MS, mostMs: 90 * DAY_MS, untilChanged: true },
};

interface WideningTimes {
  readonly usualMs: number;
  readonly mostMs: number;
  readonly untilChanged: boolean;
}

/** The bed that limits are for. */
export interface LimitsBed {
  readonly bed: BedId;
  readonly dependencyClass: DependencyClass;
}

/** What counts at a moment. */
export interface Standing {
  /** 0: nobody has set anything. */
  readonly version: number;
  readonly file: LimitsFile;
  readonly limits: Limits;
  readonly temporary: readonly Temporary[];
  /** What counts when nothing temporary is left. */
  readonly base: Limits;
  readonly baseFile: LimitsFile;
}

/** What counts at `now`, from the newest version alone: what was temporary and has ended has gone back. */
export function standingAt(
  newest: LimitsVersion | undefined,
  now: Wall,
  { dependencyClass }: LimitsBed,
): Standing {
  const afterwards = newest?.afterwards ?? {};
  const over = newest?.temporary.filter(({ until }) => until <= now) ?? [];
  const file = newest === undefined ? {} : goneBack(newest.file, afterwards, over);
  const limits = storedLimits(file, dependencyClass);
  const base = storedLimits(afterwards, dependencyClass);
  return {
    version: newest?.version ?? 0,
    ...{ limits, base, file: inForce(file, limits), baseFile: inForce(afterwards, base) },
    temporary: newest?.temporary.filter(({ until }) => until > now) ?? [],
  };
}

/** A stored file as it counts: what another Breathwatch took may not be possible here. */
function inForce(file: LimitsFile, limits: Limits): LimitsFile {
  const counts: { [id in ConditionId]?: ConditionFile } = {};
  for (const [id, body] of Object.entries(file)) {
    if (!isConditionId(id)) continue;
    const known = Object.keys(body).filter((name) => name === "on" || Object.hasOwn(limits[id].values, name));
    counts[id] = Object.fromEntries(known.map((name) => [name, settingOf(limits, id, name)]));
  }
  return counts;
}

/** What somebody wants to count from now on. */
export interface LimitsWish {
  /** A limits file, whole: what it does not name goes back to the preset. */
  readonly limits: unknown;
  readonly by: Actor;
  readonly role: Role;
  /** Whose rules count; absent: the author's. A clinic's signed code stands for a therapist, whoever scans it. */
  readonly authority?: Role;
  readonly reason: string;
  /** Somebody has looked at what lies outside what is recommended. */
  readonly confirmed: boolean;
  /** When what is widened goes back; `changed`: when somebody changes it. Absent: the role's usual time. */
  readonly until?: Wall | "changed";
  readonly origin: LimitsOrigin;
}

/** What a wish would change. */
export interface Proposal {
  readonly file: LimitsFile;
  readonly after: Limits;
  readonly changed: readonly SettingChange[];
  readonly widened: readonly SettingChange[];
  readonly outside: readonly OutsideRecommended[];
}

/** What limits would change at a bed. Throws LIMITS_REFUSED with the exact setting. */
export function proposalOf(given: unknown, standing: Standing, { dependencyClass }: LimitsBed): Proposal {
  const file = checked(() => explicitFile(given, dependencyClass), "");
  const after = resolveLimits(file, dependencyClass);
  const changed = changes(standing.limits, after);
  return {
    ...{ file, after, changed },
    widened: widening(standing.limits, after),
    outside: outsideRecommended(after, changed, dependencyClass),
  };
}

/**
 * The version that a wish makes, on top of what stands. Throws NOT_ALLOWED, LIMITS_REFUSED, or LIMITS_UNCONFIRMED when
 * something lies outside what is recommended and nobody has confirmed it. A widening goes back by itself; narrowing
 * never does, and a change beside a widening that still runs makes that widening no longer.
 */
export function versionOf(wish: LimitsWish, standing: Standing, at: Wall, bed: LimitsBed): LimitsVersion {
  const { by, role, authority = role, reason, origin } = wish;
  const times = WIDENING_TIMES[authority];
  if (times === undefined) {
    throw new Fault("NOT_ALLOWED", `The role ${authority} changes no alarm limits.`, { permanent: true });
  }
  if (reason.trim() === "") throw refused("There is no reason.", "Say in one sentence why, and who agreed.");
  const proposal = proposalOf(wish.limits, standing, bed);
  const temporary = temporaryOf(proposal, { wish, times, standing, at });
  const prolonged = wish.until === undefined ? [] : widening(standing.base, proposal.after);
  const touched = [...proposal.changed.filter((one) => !prolonged.some(isThe(one))), ...prolonged];
  confirmed(outsideRecommended(proposal.after, touched, bed.dependencyClass), wish);
  const afterwards = goneBack(proposal.file, standing.baseFile, temporary);
  checked(() => resolveLimits(afterwards, bed.dependencyClass), "Once what is widened has gone back, ");
  return {
    ...{ bed: bed.bed, version: standing.version + 1, at, by, role, reason: reason.trim() },
    ...{ previous: standing.version, origin, file: proposal.file, temporary, afterwards },
  };
}

/** The version that takes over when something temporary in the newest one has ended; undefined while nothing has. */
export function expiryOf(newest: LimitsVersion, now: Wall, bed: LimitsBed): LimitsVersion | undefined {
  if (newest.temporary.every(({ until }) => until > now)) return undefined;
  const { file, temporary } = standingAt(newest, now, bed);
  return {
    ...newest,
    ...{ version: newest.version + 1, at: now, previous: newest.version, file, temporary },
    origin: { kind: "expiry", version: newest.version },
  };
}

/** A version as the engine takes it at `now`, without what has ended; sending it twice is harmless. */
export function commandOf(version: LimitsVersion, now: Wall): AlarmCommand {
  const over = version.temporary.filter(({ until }) => until <= now);
  const ends = version.temporary.map(({ until }) => until).filter((until) => until > now);
  return {
    kind: "limits",
    id: `limits-${version.version}`,
    version: version.version,
    limits: goneBack(version.file, version.afterwards, over),
    reason: version.reason,
    by: version.by,
    // The first end counts for all: the desk gives back what lasts longer, and until then the alarms are the narrower.
    ...(ends.length === 0 ? {} : { expiresAt: wall(Math.min(...ends)), afterwards: version.afterwards }),
  };
}

/**
 * What an engine is owed: the newest version where it has an older one (its journal was lost, or it was away when the
 * version was made). An engine with a newer one keeps it: the state file came from a backup.
 */
export const owedTo = (
  engineVersion: number,
  newest: LimitsVersion | undefined,
  now: Wall,
): AlarmCommand | undefined =>
  newest === undefined || engineVersion >= newest.version ? undefined : commandOf(newest, now);

/** What of a proposal is wider than what counts in the end, and until when; empty where it may stay. */
function temporaryOf(
  { after, widened }: Proposal,
  {
    wish,
    times,
    standing,
    at,
  }: {
    readonly wish: LimitsWish;
    readonly times: WideningTimes;
    readonly standing: Standing;
    readonly at: Wall;
  },
): readonly Temporary[] {
  const wider = widening(standing.base, after);
  if (wider.length === 0) return [];
  const until = endOf(wish, times, at);
  return wider.flatMap(({ condition, setting }): readonly Temporary[] => {
    const named = isThe({ condition, setting });
    const running = standing.temporary.find(named);
    // What is already widened and is not touched keeps its end, unless somebody gives it a new one.
    if (running !== undefined && wish.until === undefined && !widened.some(named)) return [running];
    return until === "changed" ? [] : [{ condition, setting, until }];
  });
}

function endOf(
  { until, role, authority = role }: LimitsWish,
  times: WideningTimes,
  at: Wall,
): Wall | "changed" {
  if (until === undefined) return wall(at + times.usualMs);
  const days = times.mostMs / DAY_MS;
  if (until === "changed") {
    if (times.untilChanged) return until;
    throw new Fault("NOT_ALLOWED", `The role ${authority} cannot widen limits without an end.`, {
      fix: `Give an end within ${days} days, or ask the therapist.`,
      permanent: true,
    });
  }
  if (until <= at) throw refused("The end of what is widened has passed.", "Give an end in the future.");
  if (until > at + times.mostMs) {
    throw refused(
      `The end of what is widened is more than ${days} days away.`,
      `The role ${authority} can widen limits for at most ${days} days.`,
    );
  }
  return until;
}

function confirmed(
  outside: readonly OutsideRecommended[],
  { role, authority = role, confirmed: isConfirmed }: LimitsWish,
): void {
  if (outside.length === 0) return;
  const kept = outside.find(
    ({ condition, setting }) => setting === "on" && OFF_BY_THERAPIST.includes(condition),
  );
  if (kept !== undefined && authority !== "therapist") {
    throw new Fault("NOT_ALLOWED", `Only a therapist switches ${kept.condition} off.`, { permanent: true });
  }
  const named = outside.map(sentenceOf).join("; ");
  if (authority === "caregiver") {
    throw new Fault("NOT_ALLOWED", `Outside what is recommended: ${named}.`, {
      fix: "Stay inside what is recommended, or ask the owner or the therapist.",
      permanent: true,
    });
  }
  if (isConfirmed) return;
  throw new Fault("LIMITS_UNCONFIRMED", `Outside what is recommended: ${named}.`, {
    fix: 'Look at each of them; to take them all the same, send "confirm": true.',
    permanent: true,
  });
}

function sentenceOf({ condition, setting, value, min, max, source }: OutsideRecommended): string {
  if (setting === "on") return `${condition} is switched off`;
  const bounds = [min === undefined ? [] : [`from ${min}`], max === undefined ? [] : [`to ${max}`]].flat(2);
  return `${condition}.${setting} is ${value}, recommended ${bounds.join(" ")} (${source})`;
}

/** A file in which these settings stand as in another one; what that does not name keeps the preset. */
function goneBack(file: LimitsFile, base: LimitsFile, settings: readonly SettingName[]): LimitsFile {
  const copy: { [id in ConditionId]?: { [name: string]: number | boolean } } = {};
  for (const [id, body] of Object.entries(file)) if (isConditionId(id)) copy[id] = { ...body };
  for (const { condition, setting } of settings) {
    const body = copy[condition] ?? {};
    const back = base[condition]?.[setting];
    if (back === undefined) delete body[setting];
    else body[setting] = back;
    copy[condition] = body;
  }
  return copy;
}

const isThe =
  (name: SettingName) =>
  ({ condition, setting }: SettingName): boolean =>
    condition === name.condition && setting === name.setting;

function checked<Answer>(resolve: () => Answer, before: string): Answer {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const detail = error.message.replace(/ \(INPUT_INVALID\)$/, "");
    throw refused(`${before}${detail}.`, error.fix ?? "", error);
  }
}

const refused = (detail: string, fix: string, cause?: unknown): Fault =>
  new Fault("LIMITS_REFUSED", detail, { fix, permanent: true, cause });
