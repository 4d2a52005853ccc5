import {
  type Answer,
  type BedNote,
  currentNotes,
  type NoteBody,
  SYMPTOMS,
  type Symptom,
} from "../../src/domain/note.ts";
import { DAY_MS, type Night, nightOf, wall } from "../../src/domain/time.ts";
import type { NotesResponse } from "../../src/server/contract/notes.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "./api.ts";
import type { Format } from "./format.ts";

export type Morning = Extract<NoteBody, { kind: "morning" }>;
export type Answers = Morning["answers"];
export type MorningNote = BedNote & { readonly body: Morning };

export const isNotes = hasKeys<NotesResponse>("notes");

export const isMorning = (note: BedNote): note is MorningNote => note.body.kind === "morning";

/** The report of a night that counts; undefined: nobody was asked. */
export const reportOf = (notes: readonly BedNote[], night: Night): MorningNote | undefined =>
  currentNotes(notes)
    .filter(isMorning)
    .find(({ body }) => body.night === night);

/** Every symptom asked for, and none of them there. */
export const NOTHING: Answers = Object.fromEntries(SYMPTOMS.map((symptom) => [symptom, 0]));

/** The symptoms that were there, as they are listed. */
export const present = (
  answers: Answers,
): readonly { readonly symptom: Symptom; readonly answer: Answer }[] =>
  SYMPTOMS.flatMap((symptom) => {
    const answer = answers[symptom];
    return answer === undefined || answer === 0 ? [] : [{ symptom, answer }];
  });

/** Whether each symptom was asked for. */
const isWhole = (answers: Answers): boolean => SYMPTOMS.every((symptom) => answers[symptom] !== undefined);

/** A report in one sentence; what was not asked is said to be so. */
export function reportWords(format: Format, answers: Answers): string {
  const { notes } = format.words;
  const found = present(answers);
  if (found.length === 0) return isWhole(answers) ? notes.morning.reportedNothing : notes.morning.notAsked;
  const list = format.list(found.map(({ symptom, answer }) => symptomWords(format, symptom, answer)));
  return fill(isWhole(answers) ? notes.morning.withRest : notes.morning.withoutRest, { list });
}

/** "Headache: mild". */
export const symptomWords = (format: Format, symptom: Symptom, answer: Answer): string =>
  fill(format.words.notes.morning.chosen, {
    what: format.words.notes.symptoms[symptom],
    how: format.words.notes.answers[answer] ?? "",
  });

/** The newest nights that may be reported on, newest first: until the evening it is the night that was. */
export function reportNights(now: number, zone: string, count: number): readonly Night[] {
  const newest = nightOf(wall(now - DAY_MS / 4), zone);
  const noon = Date.parse(`${newest}T12:00:00Z`);
  return Array.from({ length: count }, (_, index) => nightOf(wall(noon - index * DAY_MS), "UTC"));
}

/** The two dates of a night. */
export function nightName(format: Format, night: Night): string {
  const noon = Date.parse(`${night}T12:00:00Z`);
  return format.dates(noon, noon + DAY_MS, "UTC");
}
