/** Notes of a bed: symptoms, ALSFRS-R items, duty, care acts. Times are epoch milliseconds. */
import type { BedNote } from "../../domain/note.ts";

/** GET /api/beds/:bed/notes/:kind?limit= : newest first, at most 200 where nothing is asked. */
export interface NotesResponse {
  /** With those that were corrected: `replaces` says which. */
  readonly notes: readonly BedNote[];
  /** Address of the hub that leads this box: notes are kept there. */
  readonly ledBy?: string;
}
