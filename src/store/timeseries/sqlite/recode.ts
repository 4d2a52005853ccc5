import type { DatabaseSync } from "node:sqlite";
import { parseNight } from "../../../domain/time.ts";
import { decodeChunk } from "./chunk.ts";
import type { Compaction } from "./compaction.ts";
import { placeOfNight } from "./nights.ts";
import { placeOfEvent, placeOfSetting, placeOfWave, type Records } from "./records.ts";
import { placeOfBody } from "./rows.ts";
import { blob, transact } from "./schema.ts";
import { isSealed, type Vault } from "./vault.ts";
import { decodeWave, encodeWave } from "./wave.ts";

/** What one step looks at and rewrites at most. */
const LOOKED_AT_ONCE = 2_000;
const REWRITTEN_AT_ONCE = 15;
/** First byte of a chunk of schema 1. */
const FIRST_FORMAT = 1;

/**
 * Brings what an earlier program wrote to the present form, step by step, oldest first: chunks of schema 1, and
 * everything that was written before there was a key.
 */
export class Recode {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #compaction: Compaction;
  readonly #records: Records;
  readonly #steps: (() => boolean)[];
  #chunk = 0;
  #wave = 0;

  constructor(db: DatabaseSync, vault: Vault, compaction: Compaction, records: Records) {
    this.#db = db;
    this.#vault = vault;
    this.#compaction = compaction;
    this.#records = records;
    const done = db.prepare("SELECT value FROM meta WHERE name = 'form'").get()?.["value"];
    const sealing = [() => this.#waves(), () => this.#texts(), () => this.#nights()];
    this.#steps = done === this.#form ? [] : [() => this.#chunks(), ...(vault.sealing ? sealing : [])];
  }

  /** False when everything is in the present form. */
  step(): boolean {
    const [step] = this.#steps;
    if (step === undefined) return false;
    // What was in the open is to be overwritten, not only given free.
    if (this.#vault.sealing) this.#db.exec("PRAGMA secure_delete = ON");
    const more = transact(this.#db, step);
    this.#db.exec("PRAGMA secure_delete = FAST");
    if (more) return true;
    this.#steps.shift();
    if (this.#steps.length === 0) {
      this.#db.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('form', ?)").run(this.#form);
    }
    return true;
  }

  get #form(): string {
    return this.#vault.sealing ? "2 sealed" : "2";
  }

  #chunks(): boolean {
    const rows = this.#db
      .prepare(
        "SELECT id, device, start, substr(body, 1, 1) AS head FROM chunk WHERE id > ? ORDER BY id LIMIT ?",
      )
      .all(this.#chunk, LOOKED_AT_ONCE);
    let rewritten = 0;
    for (const row of rows) {
      if (rewritten === REWRITTEN_AT_ONCE) break;
      this.#chunk = Number(row["id"]);
      const head = blob(row["head"]);
      if (isSealed(head) || (head[0] !== FIRST_FORMAT && !this.#vault.sealing)) continue;
      const body = blob(this.#db.prepare("SELECT body FROM chunk WHERE id = ?").get(this.#chunk)?.["body"]);
      const [device, start] = [Number(row["device"]), Number(row["start"])];
      this.#compaction.put(device, start, decodeChunk(this.#vault.open(body, placeOfBody(device, start))));
      rewritten += 1;
    }
    return rows.length > 0;
  }

  #waves(): boolean {
    const rows = this.#db
      .prepare("SELECT id, device, at, body FROM wave WHERE id > ? ORDER BY id LIMIT ?")
      .all(this.#wave, REWRITTEN_AT_ONCE * 10);
    const update = this.#db.prepare("UPDATE wave SET body = ? WHERE id = ?");
    for (const row of rows) {
      this.#wave = Number(row["id"]);
      const body = blob(row["body"]);
      if (isSealed(body)) continue;
      const place = placeOfWave(Number(row["device"]), Number(row["at"]));
      update.run(this.#vault.close(encodeWave(decodeWave(body)), place), this.#wave);
    }
    return rows.length > 0;
  }

  #texts(): boolean {
    const settings = this.#db
      .prepare("SELECT device, at, body FROM setting WHERE typeof(body) = 'text' LIMIT ?")
      .all(REWRITTEN_AT_ONCE * 10);
    for (const row of settings) {
      const [device, at] = [Number(row["device"]), Number(row["at"])];
      const place = placeOfSetting(device, at);
      const body = this.#records.closeText(this.#records.openText(row["body"], place), place);
      this.#db.prepare("UPDATE setting SET body = ? WHERE device = ? AND at = ?").run(body, device, at);
    }
    const events = this.#db
      .prepare("SELECT bed, key, body FROM event WHERE typeof(body) = 'text' LIMIT ?")
      .all(REWRITTEN_AT_ONCE * 10);
    for (const row of events) {
      const [bed, key] = [String(row["bed"]), String(row["key"])];
      const place = placeOfEvent(bed, key);
      const body = this.#records.closeText(this.#records.openText(row["body"], place), place);
      this.#db.prepare("UPDATE event SET body = ? WHERE bed = ? AND key = ?").run(body, bed, key);
    }
    return settings.length + events.length > 0;
  }

  /** Summaries are few. */
  #nights(): boolean {
    for (const row of this.#db.prepare("SELECT bed, zone, night, body FROM night").all()) {
      const [bed, zone, night] = [String(row["bed"]), String(row["zone"]), parseNight(String(row["night"]))];
      const body = blob(row["body"]);
      if (night === undefined || isSealed(body)) continue;
      this.#db
        .prepare("UPDATE night SET body = ? WHERE bed = ? AND zone = ? AND night = ?")
        .run(this.#vault.close(body, placeOfNight(bed, zone, night)), bed, zone, night);
    }
    return false;
  }
}
