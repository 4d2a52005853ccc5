/** Names that never change meaning: see docs/glossary.md. */

/** 10 random base32 characters, made once at first boot. */
export type HomeId = string;
/** `b1`, `b2`... within a home. */
export type BedId = string;
/** 10 random base32 characters, made once when a device is first configured. */
export type DeviceId = string;
export type PersonId = string;
/** `<bed>-<journal>-<n>`: journal is made with the journal file, n counts in engine state. */
export type OccurrenceId = string;

/** Orders occurrences of one bed and journal as they were counted: 9 before 10. */
export const byCount = (a: OccurrenceId, b: OccurrenceId): number =>
  a.length - b.length || (a < b ? -1 : Number(a > b));

/** RFC 4648 base32 letters in lower case: no 0, 1, 8 or 9 to misread. */
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Ten base32 characters (50 bits) from ten random bytes; throws RangeError on fewer. */
export function base32Id(random: Uint8Array): string {
  if (random.length < 10) throw new RangeError("an id needs 10 random bytes");
  let id = "";
  for (const byte of random.subarray(0, 10)) id += BASE32[byte & 31];
  return id;
}

export const isBase32Id = (text: string): boolean => /^[a-z2-7]{10}$/.test(text);

/** Between home and bed where beds of many homes are named beside one another; in no id. */
const BETWEEN = "~";

/** A bed as a hub of many homes names it: `<home>~<bed>`. Inside a home it is the bed's own id alone. */
export const qualifiedBed = (home: HomeId, bed: BedId): BedId => `${home}${BETWEEN}${bed}`;

/** The bed's own id inside its home, qualified or not. */
export const ownBed = (bed: BedId): BedId => splitBed(bed)?.bed ?? bed;

/** The home and the bed of a qualified id; undefined for a bed's own id alone. */
export function splitBed(bed: BedId): { readonly home: HomeId; readonly bed: BedId } | undefined {
  const [home = "", own = "", ...more] = bed.split(BETWEEN);
  return own === "" || more.length > 0 ? undefined : { home, bed: own };
}
