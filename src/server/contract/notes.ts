/** Notes of a bed: symptoms, ALSFRS-R items, duty, care acts. Times are epoch milliseconds. */
import type { BedNote, NoteBody, NoteKind } from "../../domain/note.ts";

/** GET /api/beds/:bed/notes/:kind?limit= : newest first, at most 200 where nothing is asked. */
export interface NotesResponse {
  readonly notes: readonly BedNote[];
}

type Noted<Kind extends NoteKind> = Omit<Extract<NoteBody, { readonly kind: Kind }>, "kind"> & {
  /** When it was true; absent: now. */
  readonly at?: number;
};

/** POST /api/beds/:bed/notes/symptom, 204. DELETE /api/beds/:bed/notes/:note, 204: one's own, any for the owner. */
export type SymptomRequest = Noted<"symptom">;
/** POST /api/beds/:bed/notes/alsfrs_r, 204 */
export type AlsfrsRequest = Noted<"alsfrs_r">;
/** POST /api/beds/:bed/notes/duty, 204 */
export type DutyRequest = Noted<"duty">;
/** POST /api/beds/:bed/notes/care, 204 */
export type CareNoteRequest = Noted<"care">;
