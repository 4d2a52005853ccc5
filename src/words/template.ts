/**
 * Texts with places to fill in, checked by the compiler: a translation must hold every `{place}` of the English
 * text, and whoever shows a text must give a value for each.
 */

/** Every name that may stand in braces in a text. */
export type Place =
  | "after"
  | "age"
  | "before"
  | "count"
  | "date"
  | "day"
  | "detail"
  | "evidence"
  | "from"
  | "giver"
  | "how"
  | "hub"
  | "limit"
  | "list"
  | "lost"
  | "minutes"
  | "name"
  | "one"
  | "other"
  | "signal"
  | "sum"
  | "text"
  | "time"
  | "title"
  | "to"
  | "unit"
  | "until"
  | "value"
  | "version"
  | "what";

type Holding<P extends Place> = `${string}{${P}}${string}`;

/** The places of a text, as far as its type tells. */
export type PlacesOf<T extends string> = { [P in Place]: T extends Holding<P> ? P : never }[Place];

type Intersection<U> = (U extends unknown ? (part: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

type TextLike<T extends string> = [PlacesOf<T>] extends [never]
  ? string
  : Intersection<PlacesOf<T> extends infer P extends Place ? (P extends Place ? Holding<P> : never) : never>;

/** The shape that a translation of T must have: same keys, lists as lists, the same places in each text. */
export type Translation<T> = T extends string
  ? TextLike<T>
  : T extends readonly string[]
    ? readonly string[]
    : { readonly [K in keyof T]: Translation<T[K]> };

/** Puts values in the places of a text. */
export function fill<T extends string>(
  text: T,
  values: { readonly [P in PlacesOf<T>]: string | number },
): string {
  const given: { readonly [place: string]: string | number | undefined } = values;
  return text.replaceAll(/\{(\w+)\}/g, (whole, place: string) => String(given[place] ?? whole));
}
