import { type BedNote, isNoteBody, type NoteKind } from "../../domain/note.ts";
import { wall } from "../../domain/time.ts";
import { ResearchTables } from "./research-tables.ts";
import { damaged, integer, type Row, type Sql, text } from "./sql.ts";

/** Notes of a bed and kind: some years of several a day. The oldest go first. */
const NOTES_PER_KIND = 20_000;

/** Symptoms, ALSFRS-R items, duty and care acts of a bed. */
export class NoteTables extends ResearchTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super(sql);
    this.#sql = sql;
  }

  notes(bed: string, kind: NoteKind, limit: number): readonly BedNote[] {
    const sql = "SELECT * FROM note WHERE bed = ? AND kind = ? ORDER BY at DESC, id DESC LIMIT ?";
    return this.#sql.all(sql, bed, kind, limit).map((row) => this.#noteOf(row));
  }

  addNote({ id, bed, at, writtenAt, by, body }: BedNote): void {
    this.#sql.together(() => {
      this.#sql.run(
        `INSERT INTO note (id, bed, kind, at, written_at, by_id, by_name, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        bed,
        body.kind,
        at,
        writtenAt,
        by.id,
        this.#sql.sealed("note.by_name", by.name),
        this.#sql.sealed("note.body", JSON.stringify(body)),
      );
      this.#sql.run(
        `DELETE FROM note WHERE id IN
          (SELECT id FROM note WHERE bed = ? AND kind = ? ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?)`,
        bed,
        body.kind,
        NOTES_PER_KIND,
      );
    });
  }

  /** False where there is none, or where it is somebody else's and `by` is given. */
  removeNote(bed: string, id: string, by?: string): boolean {
    const sql = "DELETE FROM note WHERE bed = ? AND id = ? AND (? IS NULL OR by_id = ?)";
    return this.#sql.run(sql, bed, id, by ?? null, by ?? null) > 0;
  }

  #noteOf(row: Row): BedNote {
    const body: unknown = JSON.parse(this.#sql.opened("note.body", row));
    if (!isNoteBody(body)) throw damaged("body");
    return {
      id: text(row, "id"),
      bed: text(row, "bed"),
      at: wall(integer(row, "at")),
      writtenAt: wall(integer(row, "written_at")),
      by: { id: text(row, "by_id"), name: this.#sql.opened("note.by_name", row) },
      body,
    };
  }
}
