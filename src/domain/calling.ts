import type { Channel } from "../port/channel.ts";
import type { ConditionId, Priority } from "./alarm.ts";
import type { DependencyClass } from "./bed.ts";
import type { PersonId } from "./ids.ts";
import { MINUTE_MS, SECOND_MS } from "./time.ts";

/**
 * Who is called when about an alarm that nobody answers. 0: at once; 1: with the first repeat; 2 and 3: those who come
 * second and third; 4: everybody who is left. Whoever was called stays called (clinical, section 3.2).
 */
export type CallLevel = 0 | 1 | 2 | 3 | 4;

export const CALL_LEVELS = [0, 1, 2, 3, 4] as const satisfies readonly CallLevel[];

/** When somebody who is not on duty is called. Whoever is on duty is called at once. */
export const TURNS = ["at_once", "second", "third", "last"] as const;
export type Turn = (typeof TURNS)[number];

/** How many levels later than its person's turn one phone is called. */
export const WAY_WAITS = [0, 1, 2, 3] as const;
export type WayWait = (typeof WAY_WAITS)[number];

/** One phone of a person: how long it waits for the others of that person. */
export interface WayRule {
  /** Id of the phone. */
  readonly target: string;
  /** For alarms of high priority. */
  readonly important: WayWait;
  /** For alarms of medium priority. */
  readonly usual: WayWait;
}

/** What one person of the home has chosen. */
export interface CallRule {
  readonly person: PersonId;
  /** Absent: second while somebody else is on duty, else at once. */
  readonly turn?: Turn;
  /** Phones that are not named: what rings like a call waits for the first repeat, all else is at once. */
  readonly ways?: readonly WayRule[];
}

/** What decides who is called first at a bed. */
export interface Calling {
  /** Absent: nobody is on duty. */
  readonly on?: PersonId;
  readonly rules: readonly CallRule[];
  /** Conditions that call everybody at once, whoever is on duty. */
  readonly backstops: readonly ConditionId[];
}

/** Nobody has said anything: everybody is called at once. */
export const EVERYBODY: Calling = { rules: [], backstops: [] };

/** A phone, or something else that is told. */
export interface Callable {
  readonly id: string;
  readonly person: PersonId;
  /** `machine`: wakes nobody by itself, such as a siren behind a webhook. */
  readonly rings: "call" | "message" | "machine";
  /** A person answered or tapped on it lately (law 2). */
  readonly proven: boolean;
  /** Its way can ring through silence: a tap on another one proves that it arrives, not that it wakes. */
  readonly wakes: boolean;
}

/** How a phone behind a channel of this sound rings; undefined: the channel is not known here. */
export function ringsOf(sounds: Channel["capabilities"]["sounds"] | undefined): Callable["rings"] {
  if (sounds === "not_applicable") return "machine";
  return sounds === "call" ? "call" : "message";
}

export const CALL_RULES_MAX = 200;

const LEVEL_OF_TURN: { readonly [turn in Turn]: CallLevel } = { at_once: 0, second: 2, third: 3, last: 4 };
const LAST: CallLevel = 4;

/**
 * The level of each phone that is called about an alarm. Every phone is in it for high priority; for medium those of
 * people who are called last are left out, unless there is nobody else (or nobody else could be told: watch/called.ts).
 * It never begins with nobody, nor with phones of which none has proved that it rings while another one has (law 2): who
 * comes later is called at once then. A proven phone that may stay silent makes nobody wait who has one that rings through
 * silence.
 */
export function callLevels(
  callables: readonly Callable[],
  priority: Priority,
  calling: Calling,
): ReadonlyMap<string, CallLevel> {
  const people = callables.filter(({ rings }) => rings !== "machine");
  const turns = new Map(people.map(({ person }) => [person, turnOf(person, calling)]));
  const wanted = wantedOf(turns, priority);
  const counted = people.filter(({ person }) => wanted.has(person));
  const atOnce = firstTurn(counted, turns);
  const levels = new Map<string, CallLevel>();
  // A level that the priority does not have would never begin.
  const last = lastLevel(paceOf(priority, "B"));
  for (const one of callables) {
    if (one.rings === "machine") levels.set(one.id, 0);
    if (!wanted.has(one.person)) continue;
    const turn = turns.get(one.person) ?? 0;
    const own = counted.filter(({ person }) => person === one.person);
    levels.set(
      one.id,
      level(Math.min((turn <= atOnce ? 0 : turn) + waitOf(one, own, priority, calling.rules), last)),
    );
  }
  return levels;
}

function turnOf(person: PersonId, { on, rules }: Calling): CallLevel {
  if (person === on) return 0;
  const { turn } = rules.find((rule) => rule.person === person) ?? {};
  if (turn !== undefined) return LEVEL_OF_TURN[turn];
  return on === undefined ? 0 : LEVEL_OF_TURN.second;
}

/** Medium has no last step: nobody is woken for it who wants to be woken only when nobody else has answered. */
function wantedOf(turns: ReadonlyMap<PersonId, CallLevel>, priority: Priority): ReadonlySet<PersonId> {
  const all = [...turns];
  const early = all.filter(([, turn]) => turn < LAST);
  return new Set((priority === "high" || early.length === 0 ? all : early).map(([person]) => person));
}

/**
 * Up to which turn people are called at once: up to the first with a phone that rings through silence and has proved
 * itself. Where no such phone has, up to the first with any proven one, and to the last with one that could ring so; else
 * all. A proof that is lost moves it only further.
 */
function firstTurn(people: readonly Callable[], turns: ReadonlyMap<PersonId, CallLevel>): number {
  const turnsOf = (which: (one: Callable) => boolean): readonly number[] =>
    people.filter(which).map(({ person }) => turns.get(person) ?? 0);
  const proven = turnsOf((one) => one.proven);
  if (proven.length === 0) return LAST;
  const sure = turnsOf((one) => one.proven && one.wakes);
  if (sure.length > 0) return Math.min(...sure);
  return Math.max(Math.min(...proven), ...turnsOf((one) => one.wakes));
}

function waitOf(
  one: Callable,
  own: readonly Callable[],
  priority: Priority,
  rules: readonly CallRule[],
): number {
  const wish = (each: Callable): number => {
    const ways = rules.find(({ person }) => person === each.person)?.ways ?? [];
    const rule = ways.find(({ target }) => target === each.id);
    if (rule !== undefined) return priority === "high" ? rule.important : rule.usual;
    return each.rings === "call" ? 1 : 0;
  };
  // Somebody's turn begins with a phone that has proved itself, where there is one; else with all of them.
  const proven = own.filter((each) => each.proven).map(wish);
  return proven.length === 0 ? 0 : Math.max(0, wish(one) - Math.min(...proven));
}

const level = (value: number): CallLevel => CALL_LEVELS[Math.min(value, LAST)] ?? LAST;

/** When the sends of an unanswered alarm leave and when its levels begin, ms after it began to ring. */
export interface Pace {
  /** By level; none for those that the priority does not have. */
  readonly levels: readonly number[];
  readonly sends: readonly number[];
  /** After the last of them, for ever. */
  readonly every: number;
}

const seconds = (...each: readonly number[]): readonly number[] => each.map((one) => one * SECOND_MS);

// High: at most 60 s apart (design, section 6), with 10 s in hand for a stalled disk and a busy machine.
const HIGH: Pace = {
  levels: seconds(0, 30, 60, 120, 240),
  sends: seconds(0, 30, 60, 90, 120, 160, 200, 240),
  every: 50 * SECOND_MS,
};
const HIGH_C: Pace = {
  levels: seconds(0, 20, 40, 60, 120),
  sends: seconds(0, 20, 40, 60, 90, 120),
  every: 50 * SECOND_MS,
};
const MEDIUM: Pace = {
  levels: seconds(0, 120, 300, 900),
  sends: seconds(0, 120, 300, 900),
  every: 15 * MINUTE_MS,
};

export function paceOf(priority: Priority, cls: DependencyClass): Pace {
  if (priority !== "high") return MEDIUM;
  return cls === "C" ? HIGH_C : HIGH;
}

export const lastLevel = ({ levels }: Pace): CallLevel => level(levels.length - 1);

/** When a level begins, ms after the first send. */
export const levelBegins = ({ levels }: Pace, of: CallLevel): number =>
  levels[Math.min(of, levels.length - 1)] ?? 0;

/** The level that has begun so long after the first send. */
export const levelAfter = ({ levels }: Pace, elapsedMs: number): CallLevel =>
  level(
    Math.max(
      0,
      levels.findLastIndex((begins) => begins <= elapsedMs),
    ),
  );

/** The next send after this many ms. */
export function nextSendAfter({ sends, every }: Pace, elapsedMs: number): number {
  const planned = sends.find((at) => at > elapsedMs);
  if (planned !== undefined) return planned;
  const last = sends.at(-1) ?? 0;
  return last + (Math.floor((elapsedMs - last) / every) + 1) * every;
}

/**
 * Where the calling goes on about an alarm that was calm for a while and that nobody had answered, ms after its first
 * send: at the next send, since its coming back is told, but no further than it would be had it not been calm.
 */
export const goesOnAt = (pace: Pace, rungMs: number, calmMs: number): number =>
  Math.min(nextSendAfter(pace, rungMs), rungMs + calmMs);

/** The `repeat`th send, ms after the first; from 0. */
export function sendAt({ sends, every }: Pace, repeat: number): number {
  return sends[repeat] ?? (sends.at(-1) ?? 0) + (repeat - sends.length + 1) * every;
}

/** Everybody has been called for a minute and nobody has answered, ms after the first send. */
export const exhaustedAfter = (cls: DependencyClass): number => {
  const pace = paceOf("high", cls);
  return levelBegins(pace, lastLevel(pace)) + MINUTE_MS;
};

/** One moment of a plan: who is called for the first time then, and how many are called again. */
export interface PlannedCall {
  readonly afterMs: number;
  readonly first: readonly string[];
  readonly again: number;
}

/** What will happen while nobody answers, send by send, until everybody was called twice. */
export function rehearseCalls(
  levels: ReadonlyMap<string, CallLevel>,
  priority: Priority,
  cls: DependencyClass,
): readonly PlannedCall[] {
  const pace = paceOf(priority, cls);
  const calls: PlannedCall[] = [];
  let called = 0;
  for (let at = 0, isLast = false; !isLast; at = nextSendAfter(pace, at)) {
    const now = levelAfter(pace, at);
    const all = [...levels].filter(([, each]) => each <= now).map(([id]) => id);
    const begins = calls.length === 0 ? -1 : levelAfter(pace, calls.at(-1)?.afterMs ?? 0);
    const first = all.filter((id) => (levels.get(id) ?? 0) > begins);
    isLast = called === levels.size && calls.length >= pace.sends.length;
    if (!isLast) calls.push({ afterMs: at, first, again: all.length - first.length });
    called = all.length;
  }
  return calls;
}

/** How many sends leave after `fromMs` and until `toMs`, both counted from the first. */
export function sendsWithin(pace: Pace, fromMs: number, toMs: number): number {
  let count = 0;
  for (let at = nextSendAfter(pace, fromMs); at <= toMs; at = nextSendAfter(pace, at)) count += 1;
  return count;
}
