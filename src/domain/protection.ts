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
  /** It is not called any more. */
  readonly isDead: boolean;
}

/** Somebody who would be called tonight. */
export interface ProtectingPerson {
  readonly name: string;
  /** The newest proof of a living phone; absent: none ever. */
  readonly provenAt?: number;
  readonly isProven: boolean;
}

/**
 * Who is there tonight. `protected`: somebody's phone has proved itself lately, and whoever is on call is among them.
 * `partly`: somebody's, but not that of who is on call. `nobody`: phones, and no proof. `none`: no phone at all.
 */
export interface Protection {
  readonly level: "protected" | "partly" | "nobody" | "none";
  /** Proven first, newest proof first; the rest in the given order. */
  readonly people: readonly ProtectingPerson[];
  /** Name of who is on call and has no proven phone. */
  readonly unprovenOnCall?: string;
  /** False: the sounder in the house does not work. */
  readonly sounder: boolean;
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
    onCall,
  }: {
    readonly now: Wall;
    readonly sounder: boolean;
    readonly onCall?: { readonly id: PersonId; readonly name: string } | undefined;
  },
): Protection {
  const people = new Map<string, ProtectingPerson>();
  for (const { person: name, personId, provenAt, isDead } of phones) {
    if (isDead) continue;
    const key = personId ?? name;
    const known = people.get(key)?.provenAt;
    // A proof from the future says nothing, not even when it was.
    const own = provenAt === undefined || provenAt > now ? undefined : provenAt;
    const newest = Math.max(known ?? -1, own ?? -1);
    people.set(key, {
      ...{ name, isProven: newest >= 0 && isProven({ lastProofAt: wall(newest) }, now) },
      ...(newest < 0 ? {} : { provenAt: newest }),
    });
  }
  const all = [...people.values()].toSorted((a, b) => rank(b) - rank(a));
  const isAnyProven = all.some(({ isProven }) => isProven);
  const isCovered = onCall === undefined || people.get(onCall.id)?.isProven === true;
  const level = all.length === 0 ? "none" : !isAnyProven ? "nobody" : isCovered ? "protected" : "partly";
  return {
    ...{ level, people: all, sounder },
    ...(level !== "partly" || onCall === undefined ? {} : { unprovenOnCall: onCall.name }),
  };
}

const rank = ({ isProven, provenAt }: ProtectingPerson): number => (isProven ? (provenAt ?? 0) : -1);
