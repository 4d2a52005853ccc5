import { type DutyBook, isDutyBook } from "../../domain/duty.ts";
import { type BedNote, isNoteBody, type NoteKind } from "../../domain/note.ts";
import { wall } from "../../domain/time.ts";
import { ResearchTables } from "./research-tables.ts";
import { damaged, integer, type Row, type Sql, text } from "./sql.ts";

/** Notes of a bed and kind: some years of several a day. The oldest go first. */
const NOTES_PER_KIND = 20_000;

/** Among the named values, so that it goes along with a home to another box. */
const dutyOf = (bed: string): string => `duty ${bed}`;

/** Notes of a bed, and who is on call there. */
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

  addNote(note: BedNote): boolean {
    const { id, bed, at, writtenAt, by, body, replaces } = note;
    return this.#sql.together(() => {
      if (!this.#isNext(note)) return false;
      this.#sql.run(
        `INSERT INTO note (id, bed, kind, at, written_at, by_id, by_name, body, about, replaces)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        bed,
        body.kind,
        at,
        writtenAt,
        by.id,
        this.#sql.sealed("note.by_name", by.name),
        this.#sql.sealed("note.body", JSON.stringify(body)),
        aboutOf(note),
        replaces ?? null,
      );
      this.#sql.run(
        `DELETE FROM note WHERE id IN
          (SELECT id FROM note WHERE bed = ? AND kind = ? ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?)`,
        bed,
        body.kind,
        NOTES_PER_KIND,
      );
      return true;
    });
  }

  notedBeds(): readonly string[] {
    return this.#sql.all("SELECT DISTINCT bed FROM note ORDER BY bed").map((row) => text(row, "bed"));
  }

  adoptNotes(notes: readonly BedNote[]): number {
    return this.#sql.together(() => {
      let count = 0;
      // What is corrected was written before what corrects it.
      for (const note of notes.toSorted((one, other) => one.writtenAt - other.writtenAt)) {
        const isHere = this.#sql.get("SELECT 1 FROM note WHERE id = ?", note.id) !== undefined;
        if (!isHere && this.addNote(note)) count++;
      }
      return count;
    });
  }

  /** False where there is none, or where it is somebody else's and `by` is given. */
  removeNote(bed: string, id: string, by?: string): boolean {
    return this.#sql.together(() => {
      const mine = "bed = ? AND id = ? AND (? IS NULL OR by_id = ?)";
      const named = [bed, id, by ?? null, by ?? null] as const;
      // The chain of corrections closes over the gap.
      this.#sql.run(
        `UPDATE note SET replaces = (SELECT replaces FROM note WHERE id = ?)
          WHERE replaces = ? AND EXISTS (SELECT 1 FROM note WHERE ${mine})`,
        id,
        id,
        ...named,
      );
      return this.#sql.run(`DELETE FROM note WHERE ${mine}`, ...named) > 0;
    });
  }

  duty(bed: string): DutyBook | undefined {
    const row = this.#sql.get("SELECT value FROM value WHERE name = ?", dutyOf(bed));
    if (row === undefined) return undefined;
    const book: unknown = JSON.parse(this.#sql.opened("value.value", row));
    if (!isDutyBook(book)) throw damaged("value");
    return book;
  }

  putDuty(book: DutyBook, expected: number): boolean {
    return this.#sql.together(() => {
      if ((this.duty(book.bed)?.version ?? 0) !== expected) return false;
      this.adoptDuty(book);
      return true;
    });
  }

  adoptDuty(book: DutyBook): void {
    const sql =
      "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    this.#sql.run(sql, dutyOf(book.bed), this.#sql.sealed("value.value", JSON.stringify(book)));
  }

  /** Whether nobody was faster: what it corrects is the newest there is, and there is one first report a night. */
  #isNext(note: BedNote): boolean {
    const { bed, body, replaces } = note;
    const about = aboutOf(note);
    if (replaces !== undefined) {
      const sql = `SELECT 1 FROM note WHERE bed = ? AND kind = ? AND about IS ? AND id = ?
        AND id NOT IN (SELECT replaces FROM note WHERE replaces IS NOT NULL)`;
      return this.#sql.get(sql, bed, body.kind, about, replaces) !== undefined;
    }
    if (about === null) return true;
    const sql = "SELECT 1 FROM note WHERE bed = ? AND kind = ? AND about = ?";
    return this.#sql.get(sql, bed, body.kind, about) === undefined;
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
      ...(typeof row["replaces"] === "string" ? { replaces: row["replaces"] } : {}),
    };
  }
}

const aboutOf = ({ body }: BedNote): string | null => (body.kind === "morning" ? body.night : null);
