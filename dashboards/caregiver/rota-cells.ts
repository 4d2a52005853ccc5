import type { RotaEntry } from "../../src/domain/duty.ts";
import type { PersonId } from "../../src/domain/ids.ts";

/** From when to when, in minutes since local midnight. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const NOON = 12 * 60;

/** The night to which an entry belongs, by the weekday of its first noon: what begins before noon ends a night. */
export const nightOfEntry = ({ weekday, from }: RotaEntry): number =>
  from >= NOON ? weekday : ((weekday + 5) % 7) + 1;

/** A person's entries in one night of the week, the evening first. */
export const entriesIn = (
  rota: readonly RotaEntry[],
  person: PersonId,
  night: number,
): readonly RotaEntry[] =>
  rota
    .filter((entry) => entry.person === person && nightOfEntry(entry) === night)
    .toSorted((a, b) => afterNoon(a.from) - afterNoon(b.from));

/** The rota with other times in one cell. */
export const withCell = (
  rota: readonly RotaEntry[],
  person: PersonId,
  night: number,
  spans: readonly Span[],
): readonly RotaEntry[] => [
  ...rota.filter((entry) => entry.person !== person || nightOfEntry(entry) !== night),
  ...spans.map(({ from, to }) => ({ person, weekday: from >= NOON ? night : (night % 7) + 1, from, to })),
];

/** The rota with the same times of one person in every night. */
export const sameEveryNight = (
  rota: readonly RotaEntry[],
  person: PersonId,
  spans: readonly Span[],
): readonly RotaEntry[] =>
  [1, 2, 3, 4, 5, 6, 7].reduce((all, night) => withCell(all, person, night, spans), rota);

/** "21:00", as an input of a time of day takes it. */
export const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

/** Minutes since midnight of "21:00"; undefined while it is not whole. */
export function minutesOf(clock: string): number | undefined {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(clock) ?? [];
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

const afterNoon = (minutes: number): number => (minutes >= NOON ? minutes : minutes + 2 * NOON);
