import { Fault } from "../../domain/fault.ts";
import { isLanguage, ROLES } from "../../domain/person.ts";
import {
  mergeRemovals,
  outlives,
  REMOVABLE,
  type Removable,
  type Removal,
  removalKey,
} from "../../domain/removals.ts";
import { type Wall, wall } from "../../domain/time.ts";
import type { PersonRecord, TargetRecord } from "../../port/state.ts";
import { NoteTables } from "./note-tables.ts";
import { damaged, integer, oneOf, type Row, type Sql, text } from "./sql.ts";

const TABLE = { person: "person", target: "target" } as const satisfies Record<Removable, string>;

/** The first moment after what was removed of a kind and id; 0: nothing was. */
const AFTER = "coalesce((SELECT up_to + 1 FROM removal WHERE kind = ? AND id = ?), 0)";

/** People to call and their phones; who and what of them was removed. */
export class PeopleTables extends NoteTables {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    super(sql);
    this.#sql = sql;
  }

  people(): readonly PersonRecord[] {
    return this.#sql.all("SELECT * FROM person ORDER BY rowid").map((row) => this.#personOf(row));
  }

  putPerson({ id, name, role, language, addedAt }: PersonRecord): void {
    this.#sql.run(
      `INSERT INTO person (id, name, role, language, added_at) VALUES (?, ?, ?, ?, nullif(max(?, ${AFTER}), 0))
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, language = excluded.language,
         added_at = coalesce(max(added_at, excluded.added_at), excluded.added_at, added_at)`,
      id,
      this.#sql.sealed("person.name", name),
      role,
      language,
      addedAt ?? 0,
      "person",
      id,
    );
  }

  adoptPerson(person: PersonRecord): boolean {
    return this.#sql.together(() => {
      const addedAt = person.addedAt ?? 0;
      const here = this.#addedAt("person", person.id);
      if (!outlives(addedAt, this.#removal("person", person.id)) || (here ?? 0) > addedAt) return false;
      this.putPerson(person);
      return true;
    });
  }

  removePerson(id: string, at: Wall): void {
    this.#remove("person", [id], at);
  }

  targets(): readonly TargetRecord[] {
    return this.#sql.all("SELECT * FROM target ORDER BY rowid").map((row) => this.#targetOf(row));
  }

  putTarget(target: TargetRecord): void {
    this.#sql.run(
      `INSERT INTO target
         (id, person, channel, label, settings, added_at, last_proof_at, dead_since, dead_why, sign_in,
          last_loud_proof_at, system, changed_at, morning)
       VALUES (?, ?, ?, ?, ?, max(?, ${AFTER}), ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET person = excluded.person, channel = excluded.channel,
         label = excluded.label, settings = excluded.settings, added_at = excluded.added_at,
         last_proof_at = excluded.last_proof_at, dead_since = excluded.dead_since, dead_why = excluded.dead_why,
         sign_in = excluded.sign_in, last_loud_proof_at = excluded.last_loud_proof_at, system = excluded.system,
         changed_at = excluded.changed_at, morning = excluded.morning`,
      target.id,
      target.person,
      target.channel,
      this.#sql.sealed("target.label", target.label),
      this.#sql.sealed("target.settings", JSON.stringify(target.settings)),
      target.addedAt,
      "target",
      target.id,
      target.lastProofAt ?? null,
      target.deadSince ?? null,
      target.deadWhy ?? null,
      target.signIn ?? null,
      target.lastLoudProofAt ?? null,
      target.system ?? null,
      target.changedAt ?? null,
      target.morning === true ? 1 : null,
    );
  }

  wantMorning(id: string, wanted: boolean): void {
    this.#sql.run("UPDATE target SET morning = ? WHERE id = ?", wanted ? 1 : null, id);
  }

  adoptTarget(target: TargetRecord): boolean {
    return this.#sql.together(() => {
      const { id, person, addedAt } = target;
      const isHis = this.#addedAt("person", person) !== undefined;
      const here = this.#addedAt("target", id);
      if (!isHis || !outlives(addedAt, this.#removal("target", id)) || (here ?? 0) > addedAt) return false;
      this.putTarget(target);
      return true;
    });
  }

  removeTarget(id: string, at: Wall): void {
    this.#remove("target", [id], at);
  }

  removeTargetsOf(signIns: readonly string[], at: Wall): readonly string[] {
    return this.#sql.together(() => {
      const ids = signIns.flatMap((signIn) =>
        this.#sql.all("SELECT id FROM target WHERE sign_in = ?", signIn).map((row) => text(row, "id")),
      );
      return this.#remove("target", ids, at);
    });
  }

  removals(): readonly Removal[] {
    return mergeRemovals(this.#sql.all("SELECT * FROM removal").map(removalOf));
  }

  bury(removals: readonly Removal[]): readonly string[] {
    return this.#sql.together(() => {
      const gone = removals.filter(({ kind, id, upTo }) => {
        const addedAt = this.#addedAt(kind, id);
        return addedAt !== undefined && addedAt <= upTo;
      });
      // Their phones go with people (a foreign key), and must not come back without them.
      const phones = gone
        .filter(({ kind }) => kind === "person")
        .flatMap(({ id, at }) => this.#phonesOf(id).map((phone) => ({ ...phone, at })));
      for (const { kind, id } of gone) this.#sql.run(`DELETE FROM ${TABLE[kind]} WHERE id = ?`, id);
      this.#remember([...removals, ...phones]);
      return [...new Set([...gone, ...phones].map(({ id }) => id))];
    });
  }

  /** An older proof that arrives late never replaces a newer one. */
  proveTarget(id: string, at: number, loud = false): void {
    const names = loud ? ["last_proof_at", "last_loud_proof_at"] : ["last_proof_at"];
    const newest = names.map((name) => `${name} = max(coalesce(${name}, ?), ?)`).join(", ");
    this.#sql.run(`UPDATE target SET ${newest} WHERE id = ?`, ...names.flatMap(() => [at, at]), id);
  }

  /** The first reason stays: it is the one that a person can act on. */
  killTarget(id: string, at: number, why: string): void {
    this.#sql.run(
      "UPDATE target SET dead_since = ?, dead_why = ? WHERE id = ? AND dead_since IS NULL",
      at,
      why,
      id,
    );
  }

  /** Those of the ids that were there. */
  #remove(kind: Removable, ids: readonly string[], at: Wall): readonly string[] {
    return this.#sql.together(() =>
      this.bury(
        ids.flatMap((id) => {
          const upTo = this.#addedAt(kind, id);
          return upTo === undefined ? [] : [{ kind, id, upTo, at }];
        }),
      ),
    );
  }

  /** Undefined: it is not here; 0: it was not noted when it came. */
  #addedAt(kind: Removable, id: string): number | undefined {
    const row = this.#sql.get(
      `SELECT coalesce(added_at, 0) AS added_at FROM ${TABLE[kind]} WHERE id = ?`,
      id,
    );
    return row === undefined ? undefined : integer(row, "added_at");
  }

  #removal(kind: Removable, id: string): Removal | undefined {
    const row = this.#sql.get("SELECT * FROM removal WHERE kind = ? AND id = ?", kind, id);
    return row === undefined ? undefined : removalOf(row);
  }

  #phonesOf(person: string): readonly Pick<Removal, "kind" | "id" | "upTo">[] {
    return this.#sql
      .all("SELECT id, added_at FROM target WHERE person = ?", person)
      .map((row) => ({ kind: "target", id: text(row, "id"), upTo: integer(row, "added_at") }));
  }

  #remember(news: readonly Removal[]): void {
    if (news.length === 0) return;
    const before = new Map(this.removals().map((one) => [removalKey(one), one]));
    for (const one of mergeRemovals([...before.values()], news)) {
      const known = before.get(removalKey(one));
      before.delete(removalKey(one));
      if (known?.upTo === one.upTo && known.at === one.at) continue;
      const sql = "INSERT OR REPLACE INTO removal (kind, id, up_to, at) VALUES (?, ?, ?, ?)";
      this.#sql.run(sql, one.kind, one.id, one.upTo, one.at);
    }
    // What more recent ones took the place of.
    for (const { kind, id } of before.values())
      this.#sql.run("DELETE FROM removal WHERE kind = ? AND id = ?", kind, id);
  }

  #personOf(row: Row): PersonRecord {
    const language = text(row, "language");
    if (!isLanguage(language)) throw damaged("language");
    const name = this.#sql.opened("person.name", row);
    const person = { id: text(row, "id"), name, role: oneOf(ROLES, row, "role"), language };
    return row["added_at"] === null ? person : { ...person, addedAt: wall(integer(row, "added_at")) };
  }

  #targetOf(row: Row): TargetRecord {
    return {
      id: text(row, "id"),
      person: text(row, "person"),
      channel: text(row, "channel"),
      label: this.#sql.opened("target.label", row),
      settings: settingsOf(this.#sql.opened("target.settings", row)),
      addedAt: wall(integer(row, "added_at")),
      ...(row["last_proof_at"] === null ? {} : { lastProofAt: wall(integer(row, "last_proof_at")) }),
      ...(row["last_loud_proof_at"] === null
        ? {}
        : { lastLoudProofAt: wall(integer(row, "last_loud_proof_at")) }),
      ...(row["system"] === null ? {} : { system: text(row, "system") }),
      ...(row["changed_at"] === null ? {} : { changedAt: wall(integer(row, "changed_at")) }),
      ...(row["dead_since"] === null ? {} : { deadSince: wall(integer(row, "dead_since")) }),
      ...(row["dead_why"] === null ? {} : { deadWhy: text(row, "dead_why") }),
      ...(row["morning"] === null ? {} : { morning: true }),
      ...(row["sign_in"] === null ? {} : { signIn: text(row, "sign_in") }),
    };
  }
}

const removalOf = (row: Row): Removal => ({
  kind: oneOf(REMOVABLE, row, "kind"),
  ...{ id: text(row, "id"), upTo: integer(row, "up_to"), at: wall(integer(row, "at")) },
});

function settingsOf(json: string): { readonly [name: string]: string } {
  const parsed: unknown = parsedOf(json);
  if (typeof parsed !== "object" || parsed === null) throw damaged("settings");
  const settings: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== "string") throw damaged("settings");
    settings[name] = value;
  }
  return settings;
}

function parsedOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Fault("STATE_FAILED", "the state file holds damaged settings", { cause: error });
  }
}
