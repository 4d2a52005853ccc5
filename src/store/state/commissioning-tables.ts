import {
  COMMISSIONING_STEPS,
  type CommissionedStep,
  STEP_RESULTS,
  STEP_WITNESSES,
} from "../../domain/commissioning.ts";
import { wall } from "../../domain/time.ts";
import type { CommissioningEnd, CommissioningRecord } from "../../port/state.ts";
import { integer, oneOf, type Row, type Sql, text } from "./sql.ts";

/** Protocols of a bed; far more than a bed is ever put into use. The oldest goes first. */
const COMMISSIONINGS_PER_BED = 200;

/** Protocols of putting beds into use, in the state file. */
export class CommissioningTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  openCommissioning(bed: string, id: string, at: number): string {
    const open = this.#open(bed);
    if (open !== undefined) return open;
    this.#sql.together(() => {
      this.#sql.run("INSERT INTO commissioning (id, bed, begun_at) VALUES (?, ?, ?)", id, bed, at);
      this.#sql.run(
        `DELETE FROM commissioning WHERE bed = ? AND id NOT IN
           (SELECT id FROM commissioning WHERE bed = ? ORDER BY begun_at DESC, rowid DESC LIMIT ?)`,
        bed,
        bed,
        COMMISSIONINGS_PER_BED,
      );
    });
    return id;
  }

  putCommissionedStep(commissioning: string, step: CommissionedStep): boolean {
    const { result, how, at, by, value, note, saw } = step;
    const optional = [value ?? null, note ?? null, saw ?? null];
    return (
      this.#sql.run(
        `INSERT INTO commissioned_step (commissioning, step, result, how, at, done_by, value, note, saw)
         SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM commissioning WHERE id = ? AND closed_at IS NULL
         ON CONFLICT (commissioning, step) DO UPDATE SET result = excluded.result, how = excluded.how,
           at = excluded.at, done_by = excluded.done_by, value = excluded.value, note = excluded.note,
           saw = excluded.saw`,
        ...[step.step, result, how, at, by, ...optional, commissioning],
      ) > 0
    );
  }

  closeCommissioning(bed: string, { at, by, note, about }: CommissioningEnd): string | undefined {
    const open = this.#open(bed);
    if (open === undefined) return undefined;
    const sql = "UPDATE commissioning SET closed_at = ?, closed_by = ?, note = ?, about = ? WHERE id = ?";
    this.#sql.run(sql, at, by, note, about, open);
    return open;
  }

  commissionings(bed: string, limit: number): readonly CommissioningRecord[] {
    const sql = "SELECT * FROM commissioning WHERE bed = ? ORDER BY begun_at DESC, rowid DESC LIMIT ?";
    const steps = "SELECT * FROM commissioned_step WHERE commissioning = ? ORDER BY at, rowid";
    return this.#sql
      .all(sql, bed, limit)
      .map((row) => commissioningOf(row, this.#sql.all(steps, text(row, "id"))));
  }

  #open(bed: string): string | undefined {
    const sql = "SELECT id FROM commissioning WHERE bed = ? AND closed_at IS NULL ORDER BY begun_at LIMIT 1";
    const row = this.#sql.get(sql, bed);
    return row === undefined ? undefined : text(row, "id");
  }
}

function commissioningOf(row: Row, steps: readonly Row[]): CommissioningRecord {
  return {
    id: text(row, "id"),
    bed: text(row, "bed"),
    begunAt: wall(integer(row, "begun_at")),
    steps: steps.map(stepOf),
    ...(row["closed_at"] === null
      ? {}
      : {
          closed: {
            at: wall(integer(row, "closed_at")),
            by: text(row, "closed_by"),
            note: text(row, "note"),
            about: text(row, "about"),
          },
        }),
  };
}

function stepOf(row: Row): CommissionedStep {
  return {
    step: oneOf(COMMISSIONING_STEPS, row, "step"),
    result: oneOf(STEP_RESULTS, row, "result"),
    how: oneOf(STEP_WITNESSES, row, "how"),
    at: wall(integer(row, "at")),
    by: text(row, "done_by"),
    ...(row["value"] === null ? {} : { value: integer(row, "value") }),
    ...(row["note"] === null ? {} : { note: text(row, "note") }),
    ...(row["saw"] === null ? {} : { saw: text(row, "saw") }),
  };
}
