import type { PersonId } from "./ids.ts";
import { isProven } from "./proof.ts";
import { type Wall, wall } from "./time.ts";

/** What is known of a phone or another way to one person. */
export interface ProtectingPhone {
  /** Absent: of the configuration, nobody's own. */
  readonly personId?: PersonId | undefined;
  /** Name of its owner. */
  readonly person: string;
  readonly provenAt?: number | undefined;
  /** Its way can ring through silence. */
  readonly wakes: boolean;
  /** It is not called any more. */
  readonly isDead: boolean;
}

/** Somebody who would be called tonight. */
export interface ProtectingPerson {
  readonly name: string;
  /** The newest proof of a living phone, of one that wakes where that counts; absent: none ever. */
  readonly provenAt?: number;
  readonly isProven: boolean;
  /** A phone that can ring through silence is proven: an e-mail that somebody tapped on wakes nobody. */
  readonly isWoken: boolean;
}

/** The sounder as somebody heard it where they sleep. */
export interface HeardPillow {
  readonly at: Wall;
  readonly by: string;
}

/**
 * Who is there tonight. `protected`: somebody's phone that can ring through silence has proved itself lately, and whoever
 * is on call is among them. `partly`: somebody's, but not that of who is on call. `silent`: only phones that may stay
 * silent have. `nobody`: phones, and no proof. `none`: no phone at all. `sounder`: one of the last three, but whoever sleeps
 * beside a sounder that works has heard it there lately: a valid night.
 */
export interface Protection {
  readonly level: "protected" | "partly" | "silent" | "nobody" | "none" | "sounder";
  /** Who is woken first, then proven, newest proof first; the rest in the given order. */
  readonly people: readonly ProtectingPerson[];
  /** Name of who is on call and has no proven phone. */
  readonly unprovenOnCall?: string;
  /** False: the sounder in the house does not work. */
  readonly sounder: boolean;
  /** When and by whom it was heard at the pillow; with `sounder` as level alone. */
  readonly pillow?: HeardPillow;
}

/**
 * What tonight rests on. `onCall`: who is on call now, or next where that is tonight; absent: nobody has said. Proof
 * changes the words, never who is called (law 2).
 */
export function protectionOf(
  phones: readonly ProtectingPhone[],
  {
    now,
    sounder,
    pillow,
    onCall,
  }: {
    readonly now: Wall;
    readonly sounder: boolean;
    /** The sounder heard at the pillow, where that counts (heardAtPillow). */
    readonly pillow?: HeardPillow | undefined;
    readonly onCall?: { readonly id: PersonId; readonly name: string } | undefined;
  },
): Protection {
  const people = new Map<string, ProtectingPerson>();
  const living = phones.filter(({ isDead }) => !isDead);
  for (const { person: name, personId } of living) {
    const key = personId ?? name;
    const own = living.filter((one) => (one.personId ?? one.person) === key);
    const waking = newestProof(own, now, ({ wakes }) => wakes);
    const any = newestProof(own, now, () => true);
    const isWoken = counts(waking, now);
    const provenAt = isWoken ? waking : any;
    people.set(key, {
      ...{ name: own.at(-1)?.person ?? name, isProven: counts(any, now), isWoken },
      ...(provenAt === undefined ? {} : { provenAt }),
    });
  }
  const all = [...people.values()].toSorted((a, b) => rank(b) - rank(a));
  const onDuty = onCall === undefined ? undefined : people.get(onCall.id);
  const isCovered = onCall === undefined || onDuty?.isWoken === true;
  const byPhones = levelOf(all, isCovered);
  // Whoever is on call may sleep elsewhere than who heard it.
  const isTheirs = pillow !== undefined && (onCall === undefined || onCall.name === pillow.by);
  const isBeside = sounder && isTheirs && byPhones !== "protected" && byPhones !== "partly";
  const level = isBeside ? "sounder" : byPhones;
  const isUnproven = level === "partly" && onCall !== undefined && onDuty?.isProven !== true;
  return {
    ...{ level, people: all, sounder },
    ...(isBeside ? { pillow } : {}),
    ...(isUnproven ? { unprovenOnCall: onCall.name } : {}),
  };
}

function levelOf(
  people: readonly ProtectingPerson[],
  isCovered: boolean,
): Exclude<Protection["level"], "sounder"> {
  if (people.length === 0) return "none";
  if (!people.some(({ isProven }) => isProven)) return "nobody";
  if (!people.some(({ isWoken }) => isWoken)) return "silent";
  return isCovered ? "protected" : "partly";
}

/** A proof from the future says nothing, not even when it was. */
function newestProof(
  phones: readonly ProtectingPhone[],
  now: Wall,
  which: (phone: ProtectingPhone) => boolean,
): number | undefined {
  const proofs = phones.flatMap((one) =>
    which(one) && one.provenAt !== undefined && one.provenAt <= now ? one.provenAt : [],
  );
  return proofs.length === 0 ? undefined : Math.max(...proofs);
}

const counts = (provenAt: number | undefined, now: Wall): boolean =>
  provenAt !== undefined && isProven({ lastProofAt: wall(provenAt) }, now);

/** Proofs of phones that wake come before all others. */
const rank = ({ isWoken, isProven: counted, provenAt = 0 }: ProtectingPerson): number =>
  counted ? provenAt * (isWoken ? 2 : 1) : -1;
