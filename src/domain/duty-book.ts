import type { ConditionId } from "./alarm.ts";
import type { CallRule } from "./calling.ts";
import {
  type DutyBook,
  type DutyChange,
  dutyOf,
  HANDOVERS_MAX,
  type Handover,
  type RotaEntry,
  rotaClash,
  shiftsOf,
} from "./duty.ts";
import { Fault } from "./fault.ts";
import type { BedId, PersonId } from "./ids.ts";
import { DAY_MS, MINUTE_MS, type Wall, wall } from "./time.ts";

/** Longer than a shift of two weeks is no duty, but a slip of the finger. */
const HANDOVER_MAX_MS = 14 * DAY_MS;
/** What is over for longer than this says nothing any more. */
const KEPT_MS = 14 * DAY_MS;
/** A page takes a moment to send what was "now". */
const SLOW_MS = 5 * MINUTE_MS;

/** Who changes a book of duty, when, and who may be on call. */
export interface DutyAuthor {
  readonly by: { readonly id: PersonId; readonly name: string };
  readonly now: Wall;
  readonly zone: string;
  /** Everybody of the home who may be on call. */
  readonly people: readonly PersonId[];
}

/** A time of duty that somebody offers; to oneself: takes. */
export interface DutyOffer {
  readonly id: string;
  readonly to: PersonId;
  readonly from: Wall;
  readonly until: Wall;
}

/** The book of a bed of which nobody has said anything yet. */
export const emptyDuty = (bed: BedId): DutyBook => ({
  ...{ bed, version: 0, at: wall(0), by: { id: "", name: "" } },
  ...{ change: "rota", rota: [], handovers: [] },
});

/** Another weekly rota. Throws INPUT_INVALID for people who are not here, and where two are on call at one time. */
export function withRota(book: DutyBook, rota: readonly RotaEntry[], author: DutyAuthor): DutyBook {
  const stranger = rota.find(({ person }) => !author.people.includes(person));
  if (stranger !== undefined) throw strange();
  if (rotaClash(rota) !== undefined) {
    throw new Fault("INPUT_INVALID", "Two entries of the rota are for the same time.", {
      fix: "Let one end where the other begins.",
    });
  }
  return changed(book, author, "rota", { rota });
}

/** Other wishes about being called. Throws INPUT_INVALID for people who are not here, and for somebody twice. */
export function withCalling(
  book: DutyBook,
  { rules, backstops }: { readonly rules: readonly CallRule[]; readonly backstops: readonly ConditionId[] },
  author: DutyAuthor,
): DutyBook {
  const people = rules.map(({ person }) => person);
  if (people.some((person) => !author.people.includes(person))) throw strange();
  if (new Set(people).size < people.length || new Set(backstops).size < backstops.length) {
    throw new Fault("INPUT_INVALID", "Somebody or something is named twice.");
  }
  return changed(book, author, "calling", { calling: rules, backstops });
}

/**
 * Offers a time of one's own duty, or one that nobody has, to somebody else; an earlier open offer of the same person is
 * withdrawn. To oneself: takes it at once. Throws INPUT_INVALID, and CONFLICT where the duty then is somebody else's.
 */
export function withOffer(book: DutyBook, offer: DutyOffer, author: DutyAuthor): DutyBook {
  const { by, now, people } = author;
  const { to, until } = offer;
  const from = wall(Math.max(offer.from, now));
  if (!people.includes(to)) throw strange();
  if (until <= from || until - from > HANDOVER_MAX_MS || offer.from < now - SLOW_MS) {
    throw new Fault("INPUT_INVALID", "A duty ends after it begins, within 14 days, and is not over yet.");
  }
  const isTaken = to === by.id;
  const made = { ...offer, from, giver: by.id, offeredAt: now };
  if (isTaken) {
    const taken: Handover = { ...made, state: "accepted", answeredAt: now };
    return changed(book, author, "taken", { handovers: [...book.handovers, taken] });
  }
  if (!isOfGiver(book, made, author)) {
    throw new Fault("CONFLICT", "At that time the duty is somebody else's.", {
      fix: "Let that person hand it over, or take it yourself.",
    });
  }
  const before = book.handovers.map((one): Handover => {
    const isReplaced = one.state === "open" && one.giver === by.id;
    return isReplaced ? { ...one, state: "withdrawn", answeredAt: now } : one;
  });
  return changed(book, author, "offered", { handovers: [...before, { ...made, state: "open" }] });
}

/**
 * Accepts or declines what was offered to oneself, or withdraws what one offered. Throws NOT_FOUND, NOT_ALLOWED for
 * somebody else's, and CONFLICT where it is over, answered already, or the duty is not the giver's any more.
 */
export function withAnswer(
  book: DutyBook,
  id: string,
  answer: "accepted" | "declined" | "withdrawn",
  author: DutyAuthor,
): DutyBook {
  const { by, now } = author;
  const found = book.handovers.find((one) => one.id === id);
  if (found === undefined) throw new Fault("NOT_FOUND", "There is no such hand-over.");
  const whose = answer === "withdrawn" ? found.giver : found.to;
  if (whose !== by.id) throw new Fault("NOT_ALLOWED", "Only the one it was offered to accepts a duty.");
  if (found.state !== "open" || found.until <= now) {
    throw new Fault("CONFLICT", "This hand-over is answered or over.", {
      fix: "Look at who is on duty now.",
    });
  }
  const left = { ...found, from: wall(Math.max(found.from, now)) };
  if (answer === "accepted" && !isOfGiver(book, left, author)) {
    throw new Fault("CONFLICT", "The duty is not any more with the one who offered it.", {
      fix: "Look at who is on duty now, or take it yourself.",
    });
  }
  const handovers = book.handovers.map(
    (one): Handover => (one.id === id ? { ...one, state: answer, answeredAt: now } : one),
  );
  return changed(book, author, answer, { handovers });
}

/** Whether nobody but the giver is on call in that time. */
function isOfGiver(
  book: DutyBook,
  { giver, from, until }: Pick<Handover, "giver" | "from" | "until">,
  { people, zone }: DutyAuthor,
): boolean {
  const { rota, handovers } = dutyOf(book, people);
  return shiftsOf(rota, handovers, { from, to: until }, zone).every(({ person }) => person === giver);
}

function changed(
  book: DutyBook,
  { by, now }: DutyAuthor,
  change: DutyChange,
  parts: Partial<Pick<DutyBook, "rota" | "handovers" | "calling" | "backstops">>,
): DutyBook {
  const handovers = (parts.handovers ?? book.handovers)
    .filter(({ until }) => until > now - KEPT_MS)
    .slice(-HANDOVERS_MAX);
  return { ...book, ...parts, handovers, version: book.version + 1, at: now, by, change };
}

const strange = (): Fault =>
  new Fault("INPUT_INVALID", "Somebody who is not a caregiver of this home cannot be on duty.");
