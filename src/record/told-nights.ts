import type { BedId } from "../domain/ids.ts";
import type { NightEntry } from "../domain/morning.ts";
import { MINUTE_MS, type Night, parseNight } from "../domain/time.ts";
import { decodeNightEntry } from "./night-book.ts";

/** What a box wrote down of a night, as it leaves it with its hub: the numbers and the alarms are in the hub's store. */
export interface ToldNight {
  readonly night: Night;
  /** From the last change of the watch before the night on; oldest first. */
  readonly entries: readonly NightEntry[];
}

/** Of each bed. */
export const TOLD_NIGHTS_MAX = 7;
/** Of one night: with more, an alarm that rang for hours is told every five minutes, which is the same waking. */
const ENTRIES_MAX = 1_000;
const THIN_MS = 5 * MINUTE_MS;
/** Whoever tells more is not read. */
const CHARS_MAX = 400 * 1_024;

/** The named value of a home's state that holds them. */
export const toldNightsName = (bed: BedId): string => `nights ${bed}`;

/** The bed of such a name; undefined for another one. */
export const toldNightsBed = (name: string): BedId | undefined =>
  /^nights (?<bed>b[0-9]{1,4})$/.exec(name)?.groups?.["bed"];

/** As text: the same for the same nights, the newest of them, calls about one alarm together. */
export function writeToldNights(nights: readonly ToldNight[]): string {
  const newest = [...new Map(nights.map((one) => [one.night, one])).values()]
    .toSorted((a, b) => (a.night < b.night ? 1 : -1))
    .slice(0, TOLD_NIGHTS_MAX);
  return JSON.stringify(newest.map(({ night, entries }) => ({ night, ...packed(bounded(entries)) })));
}

/** What cannot be read is left out; never throws. */
export function readToldNights(text: string | undefined, bed: BedId): readonly ToldNight[] {
  if (text === undefined || text.length > CHARS_MAX) return [];
  const list = parsed(text);
  if (!Array.isArray(list)) return [];
  return list.slice(0, TOLD_NIGHTS_MAX).flatMap((one: unknown) => {
    const night = parseNight(String(of(one, "night")));
    if (night === undefined) return [];
    const watch = listOf(one, "watch").map(([at, on, reason]) => ({ kind: "watch", bed, at, on, reason }));
    const calls = listOf(one, "called").flatMap(([occurrence, person, ...times]) =>
      times.map((at) => ({ kind: "called", bed, at, occurrence, person })),
    );
    const entries = [...watch, ...calls]
      .flatMap((entry) => decodeNightEntry(entry) ?? [])
      .toSorted((a, b) => a.at - b.at)
      .slice(0, 2 * ENTRIES_MAX);
    return [{ night, entries }];
  });
}

/** What is here with what was told now: a night that was told again is as it was told last. */
export const mergeToldNights = (here: string | undefined, told: string, bed: BedId): string =>
  writeToldNights([...readToldNights(here, bed), ...readToldNights(told, bed)]);

type Called = Extract<NightEntry, { kind: "called" }>;

function bounded(entries: readonly NightEntry[]): readonly NightEntry[] {
  if (entries.length <= ENTRIES_MAX) return entries;
  const last = new Map<string, number>();
  const thin = entries.filter((entry) => {
    if (entry.kind === "watch") return true;
    const name = `${entry.person} ${entry.occurrence}`;
    if (entry.at - (last.get(name) ?? Number.NEGATIVE_INFINITY) < THIN_MS) return false;
    last.set(name, entry.at);
    return true;
  });
  return thin.slice(0, ENTRIES_MAX);
}

function packed(entries: readonly NightEntry[]): { readonly watch: unknown; readonly called: unknown } {
  const calls = new Map<string, (string | number)[]>();
  for (const { occurrence, person, at } of entries.filter(
    (entry): entry is Called => entry.kind === "called",
  )) {
    const name = `${occurrence} ${person}`;
    calls.set(name, [...(calls.get(name) ?? [occurrence, person]), at]);
  }
  return {
    watch: entries.flatMap((entry) => (entry.kind === "watch" ? [[entry.at, entry.on, entry.reason]] : [])),
    called: [...calls.values()],
  };
}

const of = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

function listOf(value: unknown, name: string): readonly (readonly unknown[])[] {
  const list = of(value, name);
  return Array.isArray(list) ? list.filter((one): one is unknown[] => Array.isArray(one)) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
