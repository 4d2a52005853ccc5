import Type from "typebox";
import { CARE_ACTS } from "../domain/alarm.ts";
import { NOTE_KINDS, SYMPTOMS } from "../domain/note.ts";
import { BedParams, Id, NightParams } from "./schemas.ts";

/** Notes of a bed over HTTP; types in contract/notes.ts. */

const { bed } = BedParams.properties;
const Time = Type.Number();
const At = { at: Type.Optional(Type.Integer({ minimum: 0 })) };
const Score = Type.Integer({ minimum: 0, maximum: 4 });
const Severity = Type.Integer({ minimum: 1, maximum: 3 });
const PersonId = Type.String({ pattern: "^[a-z0-9-]{1,20}$" });

export const NotesParams = Type.Object({ bed, kind: Type.Enum(NOTE_KINDS) });
export const NoteBedParams = Type.Object({ bed });
export const NoteParams = Type.Object({ bed, note: Id });
export const NotesQuery = Type.Object({ limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$" })) });

const symptom = { symptom: Type.Enum(SYMPTOMS), severity: Severity };
const alsfrs = { dyspnoea: Score, orthopnoea: Score, insufficiency: Score };
const duty = { person: PersonId, until: Type.Integer({ minimum: 0 }) };
const care = { act: Type.Enum(CARE_ACTS) };
const Answer = Type.Integer({ minimum: 0, maximum: 3 });
const morning = {
  night: NightParams.properties.night,
  answers: Type.Partial(Type.Record(Type.Enum(SYMPTOMS), Answer)),
};
/** The note that it corrects: the newest of those that were. */
const Correcting = { replaces: Type.Optional(Id) };
export const NoteSymptom = Type.Object({ ...symptom, ...At });
export const NoteAlsfrs = Type.Object({ ...alsfrs, ...At, ...Correcting });
export const NoteMorning = Type.Object({ ...morning, ...Correcting });
export const NoteDuty = Type.Object({ ...duty, ...At });
export const NoteCare = Type.Object({ ...care, ...At });

export const NotesAnswer = Type.Object({
  notes: Type.Array(
    Type.Object({
      id: Type.String(),
      bed: Type.String(),
      at: Time,
      writtenAt: Time,
      by: Type.Object({ id: Type.String(), name: Type.String() }),
      body: Type.Union([
        Type.Object({ kind: Type.Literal("symptom"), ...symptom }),
        Type.Object({ kind: Type.Literal("alsfrs_r"), ...alsfrs }),
        Type.Object({ kind: Type.Literal("duty"), ...duty }),
        Type.Object({ kind: Type.Literal("care"), ...care }),
        Type.Object({ kind: Type.Literal("morning"), ...morning }),
      ]),
      replaces: Type.Optional(Type.String()),
    }),
  ),
  ledBy: Type.Optional(Type.String()),
});
