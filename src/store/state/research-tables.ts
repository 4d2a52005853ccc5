import { isLanguage } from "../../domain/person.ts";
import { RESEARCH_GROUPS, type ResearchConsent } from "../../domain/research.ts";
import { wall } from "../../domain/time.ts";
import { CommissioningTables } from "./commissioning-tables.ts";
import { damaged, integer, oneOf, type Row, type Sql, text } from "./sql.ts";

const CONSENTS_SHOWN_MAX = 200;

/** What of a bed was given to research, and the secret by which its exports hang together. */
export class ResearchTables extends CommissioningTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super(sql);
    this.#sql = sql;
  }

  researchConsents(bed: string): readonly ResearchConsent[] {
    const sql =
      "SELECT * FROM research_consent WHERE bed = ? ORDER BY ended_at IS NOT NULL, given_at DESC, id DESC LIMIT ?";
    return this.#sql.all(sql, bed, CONSENTS_SHOWN_MAX).map((row) => this.#consentOf(row));
  }

  /** A group that stands already stays as it was: its nights go on counting from then. */
  giveResearch(consents: readonly ResearchConsent[], secret: string): void {
    this.#sql.together(() => {
      for (const { bed, group, given, text: shown } of consents) {
        this.#sql.run(
          `INSERT INTO research_consent (bed, consent_group, given_at, given_by, given_name, text_version, language)
           SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS
             (SELECT 1 FROM research_consent WHERE bed = ? AND consent_group = ? AND ended_at IS NULL)`,
          bed,
          group,
          given.at,
          given.by,
          this.#sql.sealed("research_consent.given_name", given.name),
          shown.version,
          shown.language,
          bed,
          group,
        );
        this.#sql.run(
          "INSERT INTO research_secret (bed, secret) VALUES (?, ?) ON CONFLICT (bed) DO NOTHING",
          bed,
          this.#sql.sealed("research_secret.secret", secret),
        );
      }
    });
  }

  /** The secret goes with any consent that ends, whatever else stands: nothing new joins what left before. */
  endResearch(
    bed: string,
    groups: readonly string[],
    end: NonNullable<ResearchConsent["ended"]>,
    fresh: string,
  ): readonly string[] {
    const ended = this.#sql.together(() => {
      const gone = groups.filter(
        (group) =>
          this.#sql.run(
            `UPDATE research_consent SET ended_at = ?, ended_by = ?, ended_name = ?
              WHERE bed = ? AND consent_group = ? AND ended_at IS NULL`,
            end.at,
            end.by,
            this.#sql.sealed("research_consent.ended_name", end.name),
            bed,
            group,
          ) > 0,
      );
      if (gone.length === 0) return gone;
      this.#sql.run("DELETE FROM research_secret WHERE bed = ?", bed);
      const standing = "SELECT 1 FROM research_consent WHERE bed = ? AND ended_at IS NULL LIMIT 1";
      if (this.#sql.get(standing, bed) !== undefined) {
        const sealed = this.#sql.sealed("research_secret.secret", fresh);
        this.#sql.run("INSERT INTO research_secret (bed, secret) VALUES (?, ?)", bed, sealed);
      }
      return gone;
    });
    // The deleted bytes are overwritten in the file (secure_delete) once the log is emptied into it.
    if (ended.length > 0) this.#sql.get("PRAGMA wal_checkpoint(TRUNCATE)");
    return ended;
  }

  researchSecret(bed: string): string | undefined {
    const row = this.#sql.get("SELECT secret FROM research_secret WHERE bed = ?", bed);
    return row === undefined ? undefined : this.#sql.opened("research_secret.secret", row);
  }

  #consentOf(row: Row): ResearchConsent {
    const language = text(row, "language");
    if (!isLanguage(language)) throw damaged("language");
    return {
      bed: text(row, "bed"),
      group: oneOf(RESEARCH_GROUPS, row, "consent_group"),
      given: {
        at: wall(integer(row, "given_at")),
        by: text(row, "given_by"),
        name: this.#sql.opened("research_consent.given_name", row),
      },
      text: { version: integer(row, "text_version"), language },
      ...(row["ended_at"] === null
        ? {}
        : {
            ended: {
              at: wall(integer(row, "ended_at")),
              by: text(row, "ended_by"),
              name: this.#sql.opened("research_consent.ended_name", row),
            },
          }),
    };
  }
}
