import { CARE_ACTS, type CareAct } from "./alarm.ts";
import type { BedId, PersonId } from "./ids.ts";
import { type Night, parseNight, type Wall } from "./time.ts";

/** What somebody who cares sees at the bedside, as the history of a ventilated night asks for it. */
export const SYMPTOMS = [
  "breathless",
  "restless",
  "headache",
  "sleepy",
  "confused",
  "secretions",
  "weak_cough",
  "mask_pressure",
  "dry_mouth",
  "pain",
  "fever",
  "breathless_flat",
  "poor_sleep",
] as const;
export type Symptom = (typeof SYMPTOMS)[number];

/** 1 mild, 2 moderate, 3 severe. */
export type Severity = 1 | 2 | 3;
/** In a morning's report: 0 was looked for and is not there. */
export type Answer = 0 | Severity;
/** An item of the ALSFRS-R: 4 is normal, 0 the worst. */
export type AlsfrsScore = 0 | 1 | 2 | 3 | 4;

/**
 * What is noted of a bed. `alsfrs_r`: the respiratory items 10 to 12 (Cedarbaum 1999). `duty`: the person who is on
 * call from the note's time until `until`. `care`: an act that was done at the note's time. `morning`: what is reported of
 * a night; a symptom that is not in it was not asked for, which is not the same as 0.
 */
export type NoteBody =
  | { readonly kind: "symptom"; readonly symptom: Symptom; readonly severity: Severity }
  | {
      readonly kind: "alsfrs_r";
      readonly dyspnoea: AlsfrsScore;
      readonly orthopnoea: AlsfrsScore;
      readonly insufficiency: AlsfrsScore;
    }
  | { readonly kind: "duty"; readonly person: PersonId; readonly until: Wall }
  | { readonly kind: "care"; readonly act: CareAct }
  | {
      readonly kind: "morning";
      readonly night: Night;
      readonly answers: { readonly [symptom in Symptom]?: Answer };
    };

export const NOTE_KINDS = ["symptom", "alsfrs_r", "duty", "care", "morning"] as const;
export type NoteKind = NoteBody["kind"];

/** A note with when it was true and who wrote it when. */
export interface BedNote {
  /** Ten base32 characters. */
  readonly id: string;
  readonly bed: BedId;
  /** When it was seen, scored or done; for duty, when it begins. May lie before `writtenAt`; for duty, after it. */
  readonly at: Wall;
  readonly writtenAt: Wall;
  readonly by: { readonly id: PersonId; readonly name: string };
  readonly body: NoteBody;
  /** The note that this one corrects; both are kept. */
  readonly replaces?: string;
}

/** The notes that count: those that no other one corrects, in the order in which they were. */
export function currentNotes(notes: readonly BedNote[]): readonly BedNote[] {
  const replaced = new Set(notes.map(({ replaces }) => replaces));
  return notes.filter(({ id }) => !replaced.has(id));
}

/** What a note took the place of, newest first. */
export function earlierNotes(note: BedNote, notes: readonly BedNote[]): readonly BedNote[] {
  const earlier: BedNote[] = [];
  let next = note.replaces;
  // A chain that bites its own tail would never end.
  while (next !== undefined && earlier.length < notes.length) {
    const found = notes.find(({ id }) => id === next);
    if (found === undefined) break;
    earlier.push(found);
    next = found.replaces;
  }
  return earlier;
}

const isOneOf = (numbers: readonly number[], value: unknown): boolean =>
  typeof value === "number" && numbers.includes(value);
const isScore = (value: unknown): boolean => isOneOf([0, 1, 2, 3, 4], value);
const isWord = (words: readonly string[], value: unknown): boolean =>
  typeof value === "string" && words.includes(value);

/** Whether a value from a file or a wire is the content of a note. */
export function isNoteBody(value: unknown): value is NoteBody {
  if (typeof value !== "object" || value === null) return false;
  const of = (name: string): unknown => Reflect.get(value, name);
  switch (of("kind")) {
    case "symptom":
      return isWord(SYMPTOMS, of("symptom")) && isOneOf([1, 2, 3], of("severity"));
    case "alsfrs_r":
      return ["dyspnoea", "orthopnoea", "insufficiency"].every((name) => isScore(of(name)));
    case "duty":
      return typeof of("person") === "string" && typeof of("until") === "number";
    case "care":
      return isWord(CARE_ACTS, of("act"));
    case "morning":
      return (
        typeof of("night") === "string" &&
        parseNight(String(of("night"))) !== undefined &&
        areAnswers(of("answers"))
      );
    default:
      return false;
  }
}

const areAnswers = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).every(([name, answer]) => isWord(SYMPTOMS, name) && isOneOf([0, 1, 2, 3], answer));
