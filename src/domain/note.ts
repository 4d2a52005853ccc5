import { CARE_ACTS, type CareAct } from "./alarm.ts";
import type { BedId, PersonId } from "./ids.ts";
import type { Wall } from "./time.ts";

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
] as const;
export type Symptom = (typeof SYMPTOMS)[number];

/** 1 mild, 2 moderate, 3 severe. */
export type Severity = 1 | 2 | 3;
/** An item of the ALSFRS-R: 4 is normal, 0 the worst. */
export type AlsfrsScore = 0 | 1 | 2 | 3 | 4;

/**
 * What is noted of a bed. `alsfrs_r`: the respiratory items 10 to 12 (Cedarbaum 1999). `duty`: the person who is on
 * call from the note's time until `until`. `care`: an act that was done at the note's time.
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
  | { readonly kind: "care"; readonly act: CareAct };

export const NOTE_KINDS = ["symptom", "alsfrs_r", "duty", "care"] as const;
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
    default:
      return false;
  }
}
