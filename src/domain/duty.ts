import type { ConditionId } from "./alarm.ts";
import { isConditionId } from "./alarm.ts";
import { type CallRule, TURNS, WAY_WAITS } from "./calling.ts";
import type { BedId, PersonId } from "./ids.ts";
import { atLocal, DAY_MS, localDate, type Wall, wall } from "./time.ts";

/** From when to when somebody is on call each week, by the local clock of the bed. */
export interface RotaEntry {
  readonly person: PersonId;
  /** The day on which it begins: 1 Monday to 7 Sunday. */
  readonly weekday: number;
  /** Minutes since local midnight, 0 to 1439. */
  readonly from: number;
  /** The same; not after `from`: of the next day. */
  readonly to: number;
}

/** One time of duty that somebody gives to somebody else. It counts from when that person has accepted it. */
export interface Handover {
  /** Ten base32 characters. */
  readonly id: string;
  /** Who offered it; the same as `to` where somebody took it. */
  readonly giver: PersonId;
  readonly to: PersonId;
  readonly from: Wall;
  readonly until: Wall;
  readonly offeredAt: Wall;
  readonly state: "open" | "accepted" | "declined" | "withdrawn";
  /** When it was accepted, declined or withdrawn. */
  readonly answeredAt?: Wall;
}

export const DUTY_CHANGES = [
  "rota",
  "offered",
  "accepted",
  "declined",
  "withdrawn",
  "taken",
  "calling",
] as const;
export type DutyChange = (typeof DUTY_CHANGES)[number];

/** Everything that says who is on call at a bed, as one version. */
export interface DutyBook {
  readonly bed: BedId;
  /** 1, 2, 3... */
  readonly version: number;
  readonly at: Wall;
  readonly by: { readonly id: PersonId; readonly name: string };
  readonly change: DutyChange;
  readonly rota: readonly RotaEntry[];
  /** Oldest first. */
  readonly handovers: readonly Handover[];
  /** When each person wants to be called; absent: as usual. */
  readonly calling?: readonly CallRule[];
  /** Conditions that call everybody at once and that nobody can pause; absent: none. */
  readonly backstops?: readonly ConditionId[];
}

/** Somebody on call without a break. */
export interface Shift {
  readonly person: PersonId;
  readonly from: Wall;
  readonly until: Wall;
  /** What put the person there at the end of it. */
  readonly by: "rota" | "handover";
}

export interface Duty {
  /** Absent: nobody. */
  readonly on?: Shift;
  /** The next one to begin, at most `DUTY_AHEAD_MS` ahead; between them nobody may be on call. */
  readonly next?: Shift;
}

export interface DutyGap {
  readonly from: Wall;
  readonly to: Wall;
}

/** As far as duty is worked out: a week and a day, so that a weekly entry is always seen. */
export const DUTY_AHEAD_MS = 8 * DAY_MS;
/** People, nights and changes in a night stay far below. */
export const ROTA_MAX = 100;
export const HANDOVERS_MAX = 50;
/** More than a few alarms that nobody can pause are none that anybody heeds. */
export const BACKSTOPS_MAX = 3;
/** What a night of duty is where nothing else is said: the default schedule of a watch, by the local clock. */
export const DUTY_NIGHT = { fromMinute: 21 * 60, toMinute: 9 * 60 } as const;

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/**
 * Who is on call at an instant, until when, and who is next. Entries of the rota keep their local times over a change of
 * the clocks; an accepted hand-over stands above the rota, the one that was accepted last above the others.
 */
export function dutyAt(
  rota: readonly RotaEntry[],
  handovers: readonly Handover[],
  now: Wall,
  zone: string,
): Duty {
  // As far back as ahead: a shift that goes on for days is one shift.
  const window = { from: wall(now - DUTY_AHEAD_MS), to: wall(now + DUTY_AHEAD_MS) };
  const shifts = shiftsOf(rota, handovers, window, zone);
  const on = shifts.find(({ from, until }) => from <= now && now < until);
  const next = shifts.find(({ from }) => from > now && (on === undefined || from >= on.until));
  return { ...(on === undefined ? {} : { on }), ...(next === undefined ? {} : { next }) };
}

/** Shifts in [from, to), cut off at its ends, in order; no two at one time. */
export function shiftsOf(
  rota: readonly RotaEntry[],
  handovers: readonly Handover[],
  { from, to }: DutyGap,
  zone: string,
): readonly Shift[] {
  const planned = planOf(rota, { from, to }, zone);
  const accepted = handovers
    .filter((one) => one.state === "accepted")
    .toSorted((a, b) => (a.answeredAt ?? a.offeredAt) - (b.answeredAt ?? b.offeredAt));
  const given = accepted.map(
    (one): Shift => ({
      person: one.to,
      // Until it was accepted the duty was the giver's.
      from: wall(Math.max(one.from, one.answeredAt ?? one.from)),
      until: one.until,
      by: "handover",
    }),
  );
  let shifts: readonly Shift[] = [];
  for (const shift of [...planned, ...given]) {
    const cut = { ...shift, from: later(shift.from, from), until: sooner(shift.until, to) };
    if (cut.from < cut.until) shifts = [...shifts.flatMap((one) => without(one, cut)), cut];
  }
  return merged(shifts.toSorted((a, b) => a.from - b.from));
}

/** When nobody is on call in [from, to). */
export function dutyGaps(
  rota: readonly RotaEntry[],
  handovers: readonly Handover[],
  { from, to }: DutyGap,
  zone: string,
): readonly DutyGap[] {
  const gaps: DutyGap[] = [];
  let covered = from;
  for (const shift of shiftsOf(rota, handovers, { from, to }, zone)) {
    if (shift.from > covered) gaps.push({ from: covered, to: shift.from });
    covered = shift.until;
  }
  if (covered < to) gaps.push({ from: covered, to });
  return gaps;
}

/** What is left of the night that is running, or the whole of the one that comes. */
export function dutyNight(
  now: Wall,
  zone: string,
  { fromMinute, toMinute }: { readonly fromMinute: number; readonly toMinute: number } = DUTY_NIGHT,
): DutyGap {
  const of = (date: string): DutyGap => ({
    from: atLocal(date, fromMinute, zone),
    to: atLocal(toMinute > fromMinute ? date : dayAfter(date, 1), toMinute, zone),
  });
  const today = localDate(now, zone);
  const found = [dayAfter(today, -1), today, dayAfter(today, 1)].map(of).find(({ to }) => now < to);
  const night = found ?? of(today);
  return { from: later(night.from, now), to: night.to };
}

/** The first two entries that put two people on call at one time of the week; undefined: there are none. */
export function rotaClash(rota: readonly RotaEntry[]): readonly [RotaEntry, RotaEntry] | undefined {
  for (const [index, one] of rota.entries()) {
    const other = rota.slice(index + 1).find((each) => doOverlap(one, each));
    if (other !== undefined) return [one, other];
  }
  return undefined;
}

/** The same without those who are not of the home any more: nobody is on call who cannot be called. */
export const dutyOf = <Book extends Pick<DutyBook, "rota" | "handovers">>(
  book: Book,
  people: readonly PersonId[],
): Book => ({
  ...book,
  rota: book.rota.filter(({ person }) => people.includes(person)),
  handovers: book.handovers.filter(({ to }) => people.includes(to)),
});

/** Whether a home plans its duty at all: one that does not is not told that nobody is on call. */
export const isDutyPlanned = (
  { rota, handovers }: Pick<DutyBook, "rota" | "handovers">,
  now: Wall,
): boolean => rota.length > 0 || handovers.some(({ state, until }) => state === "accepted" && until > now);

const of = (object: unknown, name: string): unknown =>
  typeof object === "object" && object !== null ? Reflect.get(object, name) : undefined;

/** Whether a value from a file is a book of duty. */
export function isDutyBook(value: unknown): value is DutyBook {
  const every = (name: string, fits: (one: unknown) => boolean): boolean => {
    const list = of(value, name);
    return Array.isArray(list) && list.every(fits);
  };
  const texts = (object: unknown, ...names: readonly string[]): boolean =>
    names.every((name) => typeof of(object, name) === "string");
  const numbers = (object: unknown, ...names: readonly string[]): boolean =>
    names.every((name) => Number.isFinite(of(object, name)));
  return (
    texts(value, "bed", "change") &&
    numbers(value, "version", "at") &&
    texts(of(value, "by"), "id", "name") &&
    every("rota", (one) => texts(one, "person") && numbers(one, "weekday", "from", "to")) &&
    every(
      "handovers",
      (one) => texts(one, "id", "giver", "to", "state") && numbers(one, "from", "until", "offeredAt"),
    ) &&
    (of(value, "calling") === undefined || every("calling", isCallRule)) &&
    (of(value, "backstops") === undefined ||
      every("backstops", (one) => typeof one === "string" && isConditionId(one)))
  );
}

function isCallRule(value: unknown): boolean {
  const turn = of(value, "turn");
  const ways = of(value, "ways");
  const isWait = (wait: unknown): boolean => WAY_WAITS.some((one) => one === wait);
  return (
    typeof of(value, "person") === "string" &&
    (turn === undefined || TURNS.some((one) => one === turn)) &&
    (ways === undefined ||
      (Array.isArray(ways) &&
        ways.every(
          (one) =>
            typeof of(one, "target") === "string" && isWait(of(one, "important")) && isWait(of(one, "usual")),
        )))
  );
}

/** The rota's entries on the days that can reach into [from, to), by when they begin. */
function planOf(rota: readonly RotaEntry[], { from, to }: DutyGap, zone: string): readonly Shift[] {
  const found: Shift[] = [];
  const last = dayAfter(localDate(to, zone), 1);
  for (let date = dayAfter(localDate(from, zone), -2); date <= last; date = dayAfter(date, 1)) {
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
    for (const entry of rota) {
      if (entry.weekday !== weekday) continue;
      const ends = entry.to > entry.from ? date : dayAfter(date, 1);
      const shift = { from: atLocal(date, entry.from, zone), until: atLocal(ends, entry.to, zone) };
      found.push({ person: entry.person, ...shift, by: "rota" });
    }
  }
  return found.toSorted((a, b) => a.from - b.from);
}

/** What is left of a shift where another one takes its place. */
function without(shift: Shift, other: Shift): readonly Shift[] {
  const before = { ...shift, until: sooner(shift.until, other.from) };
  const after = { ...shift, from: later(shift.from, other.until) };
  return [before, after].filter(({ from, until }) => from < until);
}

/** Shifts of one person that follow one another without a break are one. */
function merged(shifts: readonly Shift[]): readonly Shift[] {
  const joined: Shift[] = [];
  for (const shift of shifts) {
    const before = joined.at(-1);
    if (before?.person === shift.person && before.until === shift.from) {
      joined[joined.length - 1] = { ...shift, from: before.from };
    } else joined.push(shift);
  }
  return joined;
}

const minutesOf = ({ weekday, from, to }: RotaEntry): readonly [number, number] => {
  const begin = (weekday - 1) * DAY_MINUTES + from;
  return [begin, begin + (to > from ? to - from : DAY_MINUTES - from + to)];
};

function doOverlap(one: RotaEntry, other: RotaEntry): boolean {
  const [a, b] = [minutesOf(one), minutesOf(other)];
  // Sunday's night reaches into Monday.
  return [-WEEK_MINUTES, 0, WEEK_MINUTES].some((turn) => a[0] + turn < b[1] && b[0] < a[1] + turn);
}

const later = (a: Wall, b: Wall): Wall => wall(Math.max(a, b));
const sooner = (a: Wall, b: Wall): Wall => wall(Math.min(a, b));

const dayAfter = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T12:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
