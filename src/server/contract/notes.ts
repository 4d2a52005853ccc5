/** Notes of a bed: symptoms, ALSFRS-R items, duty, care acts. Times are epoch milliseconds. */
import type { BedNote } from "../../domain/note.ts";

/** GET /api/beds/:bed/notes/:kind?limit= : newest first, at most 200 where nothing is asked. */
export interface NotesResponse {
  readonly notes: readonly BedNote[];
}
