import type { DatabaseSync } from "node:sqlite";
import { Fault } from "../../../domain/fault.ts";
import { DAY_MS, type Night, nightBounds, nightOf, parseNight, wall } from "../../../domain/time.ts";
import type { SummariesQuery } from "../../../port/timeseries.ts";
import { summaryOf } from "../../rollup.ts";
import { CHUNK_MS } from "./chunk.ts";
import { earliestOf, lastBefore } from "./ends.ts";
import type { Numbers } from "./numbers.ts";
import type { Rows } from "./rows.ts";
import { blob } from "./schema.ts";
import { SIGNAL_CODES } from "./signals.ts";
import type { Vault } from "./vault.ts";

const NIGHTS_MAX = 1_100;
const ALL_CODES = SIGNAL_CODES.map((_id, code) => code);
/** Numbers of one signal in a packed night: code, count, min, p05, p50, p95, max, mean. */
export const SUMMARY_NUMBERS = 8;

/** One night as it is kept and crosses from the thread: 1 for simulated, then the signals. Empty: a night without rows. */
export interface PackedNight {
  readonly night: Night;
  readonly numbers: Float64Array;
}

/** Nightly roll-ups: made when first asked for, kept for good, made again after a late row. */
export class Nights {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #rows: Rows;
  readonly #numbers: Numbers;
  /** By bed: end of its last kept night. */
  readonly #keptTo = new Map<string, number>();
  /** Rows before it may be gone: late ones do not undo a summary. */
  #droppedTo = -Infinity;

  constructor(db: DatabaseSync, vault: Vault, rows: Rows, numbers: Numbers) {
    this.#db = db;
    this.#vault = vault;
    this.#rows = rows;
    this.#numbers = numbers;
    for (const row of db.prepare("SELECT bed, max(upto) AS upto FROM night GROUP BY bed").all()) {
      this.#keptTo.set(String(row["bed"]), Number(row["upto"]));
    }
    const dropped = db.prepare("SELECT value FROM meta WHERE name = 'dropped_to'").get()?.["value"];
    if (typeof dropped === "number") this.#droppedTo = dropped;
  }

  /** Newest first; whole nights are passed over at once. */
  list(bed: string, zone: string, limit: number): readonly Night[] {
    const nights: Night[] = [];
    let before = Infinity;
    while (nights.length < limit) {
      const newest = Math.max(
        ...this.#rows.devices.ofBed(bed).map((device) => lastBefore(this.#rows, device, before)),
      );
      if (newest === -Infinity) break;
      const night = nightOf(wall(newest), zone);
      nights.push(night);
      before = nightBounds(night, zone).from;
    }
    return nights;
  }

  /** What is kept, and which nights `summarise` must make first. Throws INPUT_INVALID for too many nights. */
  kept(query: SummariesQuery): { readonly kept: readonly PackedNight[]; readonly missing: readonly Night[] } {
    const { bed, zone } = query;
    if (!(daysBetween(query.from, query.to) < NIGHTS_MAX)) {
      throw new Fault("INPUT_INVALID", `more than ${NIGHTS_MAX} nights at once`, { permanent: true });
    }
    const kept: PackedNight[] = [];
    const found = new Set<Night>();
    const rows = this.#db
      .prepare("SELECT night, body FROM night WHERE bed = ? AND zone = ? AND night >= ? AND night <= ?")
      .all(bed, zone, query.from, query.to);
    for (const row of rows) {
      const night = parseNight(String(row["night"]));
      if (night === undefined) continue;
      found.add(night);
      // Copied, because a block may begin at any byte.
      const bytes = new Uint8Array(this.#vault.open(blob(row["body"]), placeOfNight(bed, zone, night)));
      if (bytes.length > 0) kept.push({ night, numbers: new Float64Array(bytes.buffer) });
    }
    const ends = this.#ends(bed, zone);
    if (ends === undefined) return { kept, missing: [] };
    const first = query.from > ends.first ? query.from : ends.first;
    const last = query.to < ends.last ? query.to : ends.last;
    const missing = nightsBetween(first, last).filter((night) => !found.has(night));
    return { kept, missing };
  }

  /**
   * Makes one night's summary; keeps it when no row of the night still waits for its chunk, and the file takes it.
   * Undefined without rows.
   */
  summarise(bed: string, zone: string, night: Night): PackedNight | undefined {
    const { from, to } = nightBounds(night, zone);
    const numbers: number[] = [];
    for (const [code, series] of this.#numbers.series({ bed, from, to }, ALL_CODES)) {
      const absences = series.absences.some((absence) => absence !== 0);
      const summary = summaryOf(
        absences ? series.values.filter((_value, row) => series.absences[row] === 0) : series.values,
      );
      if (summary === undefined) continue;
      const { count, min, p05, p50, p95, max, mean } = summary;
      numbers.push(code, count, min, p05, p50, p95, max, mean);
    }
    const devices = this.#rows.devices.ofBed(bed);
    const any = numbers.length > 0 || devices.some((device) => lastBefore(this.#rows, device, to) >= from);
    const packed = Float64Array.from(any ? [Number(this.simulated(bed, from, to)), ...numbers] : []);
    if (!devices.some((device) => this.#rows.hasWaiting(device, from, to))) {
      const body = this.#vault.close(new Uint8Array(packed.buffer), placeOfNight(bed, zone, night));
      try {
        this.#db
          .prepare(
            "INSERT OR REPLACE INTO night (bed, zone, night, start, upto, body) VALUES (?, ?, ?, ?, ?, ?)",
          )
          .run(bed, zone, night, from, to, body);
        this.#keptTo.set(bed, Math.max(to, this.#keptTo.get(bed) ?? -Infinity));
      } catch {
        // A full or read-only disk is told by what has to be written; this is made again when it is asked for.
      }
    }
    return any ? { night, numbers: packed } : undefined;
  }

  simulated(bed: string, from: number, to: number): boolean {
    const chunk = this.#db.prepare(
      "SELECT start FROM chunk WHERE device = ? AND start > ? AND start < ? AND simulated = 1",
    );
    const inRange = new Set<number>();
    for (const device of this.#rows.devices.ofBed(bed)) {
      for (const row of chunk.iterate(device.id, from - CHUNK_MS, to)) {
        const start = Number(row["start"]);
        if (start >= from && start + CHUNK_MS <= to) return true;
        // At the ends of the range the chunk says more than the range asks.
        for (const { simulated } of this.#rows.between(
          device,
          Math.max(from, start),
          Math.min(to, start + CHUNK_MS),
          inRange,
        )) {
          if (simulated.includes(1)) return true;
        }
      }
      for (const { simulated } of this.#rows.waiting(device, from, to, inRange)) {
        if (simulated.includes(1)) return true;
      }
    }
    return false;
  }

  /** Late rows undo the summaries of their nights; within the caller's transaction. */
  undo(bed: string, from: number, to: number): void {
    const since = Math.max(from, this.#droppedTo);
    if (to < since || since >= (this.#keptTo.get(bed) ?? -Infinity)) return;
    this.#db.prepare("DELETE FROM night WHERE bed = ? AND upto > ? AND start <= ?").run(bed, since, to);
  }

  /** A night whose rows are about to go and that nobody has asked for yet, in a zone that is known. */
  nextBefore(bed: string, before: number): { readonly zone: string; readonly night: Night } | undefined {
    const zones = this.#db.prepare("SELECT DISTINCT zone FROM night WHERE bed = ?").all(bed);
    for (const row of zones) {
      const zone = String(row["zone"]);
      const first = this.#ends(bed, zone)?.first;
      const last = nightOf(wall(before), zone);
      if (first === undefined || first > last) continue;
      const missing = this.kept({ bed, zone, from: first, to: nightAfter(first, NIGHTS_MAX - 1, last) })
        .missing[0];
      if (missing !== undefined) return { zone, night: missing };
    }
    return undefined;
  }

  /** Remembers that rows before this time may be gone. */
  dropped(to: number): void {
    if (to <= this.#droppedTo) return;
    this.#droppedTo = to;
    this.#db.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('dropped_to', ?)").run(to);
  }

  forget(bed: string): void {
    this.#keptTo.delete(bed);
  }

  #ends(bed: string, zone: string): { readonly first: Night; readonly last: Night } | undefined {
    let first = Infinity;
    let last = -Infinity;
    for (const device of this.#rows.devices.ofBed(bed)) {
      first = Math.min(first, earliestOf(this.#rows, device));
      last = Math.max(last, lastBefore(this.#rows, device, Infinity));
    }
    if (last === -Infinity) return undefined;
    return { first: nightOf(wall(first), zone), last: nightOf(wall(last), zone) };
  }
}

export const placeOfNight = (bed: string, zone: string, night: Night): string =>
  `night/${bed}/${zone}/${night}`;

/** The night so many later, `last` at most. */
function nightAfter(night: Night, count: number, last: Night): Night {
  const later = parseNight(
    new Date(Date.parse(`${night}T12:00:00Z`) + count * DAY_MS).toISOString().slice(0, 10),
  );
  return later === undefined || later > last ? last : later;
}

const noonOf = (night: Night): number => Date.parse(`${night}T12:00:00Z`);
const daysBetween = (first: Night, last: Night): number =>
  Math.round((noonOf(last) - noonOf(first)) / DAY_MS);

function nightsBetween(first: Night, last: Night): readonly Night[] {
  const nights: Night[] = [];
  for (let day = 0; day <= daysBetween(first, last); day++) {
    const night = parseNight(new Date(noonOf(first) + day * DAY_MS).toISOString().slice(0, 10));
    if (night !== undefined) nights.push(night);
  }
  return nights;
}
