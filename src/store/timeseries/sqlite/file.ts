import { statSync } from "node:fs";
import type { Night } from "../../../domain/time.ts";
import { wall } from "../../../domain/time.ts";
import type {
  Batch,
  Page,
  RangeQuery,
  RetentionPolicy,
  Series,
  StoredBed,
  StoredWave,
  SummariesQuery,
  TimeseriesHealth,
} from "../../../port/timeseries.ts";
import { copyDatabase } from "./backup.ts";
import { Compaction, ROWS_AT_ONCE } from "./compaction.ts";
import { Devices } from "./devices.ts";
import { earliestOf, firstOf, lastBefore } from "./ends.ts";
import { LegacyRows } from "./legacy.ts";
import { Nights, type PackedNight } from "./nights.ts";
import { Numbers, type PackedBuckets } from "./numbers.ts";
import { type OpenFile, openFile } from "./open.ts";
import { readPage } from "./pages.ts";
import { Recode } from "./recode.ts";
import { Records } from "./records.ts";
import { removeSome } from "./removal.ts";
import { Retention } from "./retention.ts";
import { newAdded, Rows } from "./rows.ts";
import { transact } from "./schema.ts";
import { createVault, type Vault } from "./vault.ts";

/** Rows that may wait for their chunk; above it a write compacts some first, so that an import does not outrun it. */
const WAITING_ROWS_MAX = 60_000;

/**
 * The SQLite file of numbers: synchronous, single-threaded, owned by one worker (or by a rehearsal). WAL with
 * synchronous=FULL: what `write` has returned from survives a power cut. Long work is cut into steps, each its own call,
 * so that writes come between. With a key every number, waveform, setting and event in it is sealed; times and the ids of
 * beds and devices are not.
 */
export class TimeseriesFile {
  readonly #file: string;
  readonly #open: OpenFile;
  readonly #vault: Vault;
  readonly #rows: Rows;
  readonly #records: Records;
  readonly #compaction: Compaction;
  readonly #numbers: Numbers;
  readonly #nights: Nights;
  readonly #retention: Retention;
  readonly #recode: Recode;
  readonly #finding: string;

  /** Throws what `openFile` throws. */
  constructor(file: string, key?: Uint8Array) {
    this.#file = file;
    this.#open = openFile(file, key);
    const { db } = this.#open;
    const vault = createVault(key);
    this.#vault = vault;
    this.#rows = new Rows(db, vault, new Devices(db), new LegacyRows(db));
    const unreadable = this.#rows.load();
    this.#records = new Records(db, vault);
    this.#compaction = new Compaction(db, vault, this.#rows);
    this.#numbers = new Numbers(db, vault, this.#rows);
    this.#nights = new Nights(db, vault, this.#rows, this.#numbers);
    this.#retention = new Retention(db, this.#rows, this.#compaction, this.#nights);
    this.#recode = new Recode(db, vault, this.#compaction, this.#records);
    this.#finding =
      this.#open.finding ||
      (unreadable === 0 ? "" : `${unreadable} commits of the newest rows cannot be read`);
  }

  /** `packed` by `packRows`. Returns how many of the rows were not there before. */
  write(packed: Uint8Array | undefined, records: Omit<Batch, "rows">): number {
    const added = newAdded();
    try {
      transact(this.#open.db, () => {
        if (packed !== undefined) this.#rows.add(packed, added);
        this.#records.add(records, (bed, device) => this.#rows.devices.named(bed, device, added.devices));
        for (const [bed, { from, to }] of added.spans) this.#nights.undo(bed, from, to);
      });
    } catch (error) {
      this.#rows.undo(added);
      throw error;
    }
    // Somewhat more than came, so that it catches up, and never long: the next write waits. The rows are safe already:
    // should this fail, the write is repeated and finds nothing new.
    let left = 1 + Math.floor((2 * added.rows) / ROWS_AT_ONCE);
    while (left-- > 0 && this.#rows.waitingReady > WAITING_ROWS_MAX && this.#compaction.step(0));
    return added.rows;
  }

  /** Moves some finished ten minutes into chunks. False when there is nothing to do. */
  compact(now: number): boolean {
    return this.#compaction.step(now) || this.#recode.step();
  }

  series(query: RangeQuery, codes: readonly number[]): ReadonlyMap<number, Series> {
    return this.#numbers.series(query, codes);
  }

  buckets(
    query: RangeQuery & { readonly bucketMs: number },
    codes: readonly number[],
  ): ReadonlyMap<number, PackedBuckets> {
    return this.#numbers.buckets(query, codes);
  }

  waves(query: RangeQuery, wave: string): readonly StoredWave[] {
    return this.#records.wavesOf(this.#rows.devices.ofBed(query.bed), query, wave);
  }

  events(query: RangeQuery): Batch["events"] {
    return this.#records.events(query);
  }

  nights(bed: string, zone: string, limit: number): readonly Night[] {
    return this.#nights.list(bed, zone, limit);
  }

  kept(query: SummariesQuery): { readonly kept: readonly PackedNight[]; readonly missing: readonly Night[] } {
    return this.#nights.kept(query);
  }

  summarise(bed: string, zone: string, night: Night): PackedNight | undefined {
    return this.#nights.summarise(bed, zone, night);
  }

  simulated({ bed, from, to }: RangeQuery): boolean {
    return this.#nights.simulated(bed, from, to);
  }

  /** Up to `count` beds after this name, those without rows and events left out; `next` is the last looked at. */
  beds(
    after: string,
    count: number,
  ): { readonly beds: readonly StoredBed[]; readonly next: string | undefined } {
    const withRows = this.#rows.devices.beds().filter((bed) => bed > after);
    const names = [...new Set([...withRows, ...this.#records.beds(after, count + 1)])].toSorted();
    const beds: StoredBed[] = [];
    for (const bed of names.slice(0, count)) {
      const devices = this.#rows.devices.ofBed(bed);
      const oldest = Math.min(...devices.map((device) => firstOf(this.#rows, device)));
      const newest = Math.max(...devices.map((device) => lastBefore(this.#rows, device, Infinity)));
      const ofEvents = newest >= oldest ? undefined : this.#records.ends(bed);
      if (newest >= oldest) beds.push({ bed, oldest: wall(oldest), newest: wall(newest) });
      else if (ofEvents !== undefined) beds.push({ bed, ...ofEvents });
    }
    return { beds, next: names.length > count ? names[count - 1] : undefined };
  }

  page(query: RangeQuery): Page {
    return readPage({ db: this.#open.db, rows: this.#rows, records: this.#records }, query);
  }

  /** False when it is done. */
  removeSome(bed: string): boolean {
    const { db } = this.#open;
    return removeSome({ db, rows: this.#rows, nights: this.#nights, vault: this.#vault }, bed);
  }

  beginRetention(policy: RetentionPolicy): void {
    this.#retention.begin(policy);
  }

  /** False when it is done. */
  retainSome(): boolean {
    return this.#retention.step();
  }

  /** Only for a store in memory, which no other thread can read. */
  backup(to: string): void {
    copyDatabase(this.#open.db, to);
  }

  health(): TimeseriesHealth {
    let oldest = Infinity;
    for (const device of this.#rows.devices.all()) oldest = Math.min(oldest, earliestOf(this.#rows, device));
    const budget = this.#retention.budget();
    return {
      ok: this.#finding === "" && budget?.state !== "full",
      detail: this.#finding || detailOf(budget?.state),
      bytes: this.#file === ":memory:" ? 0 : statSync(this.#file).size,
      ...(oldest === Infinity ? {} : { oldest: wall(oldest) }),
      ...(budget === undefined ? {} : { budget }),
    };
  }

  close(): void {
    this.#open.close();
  }
}

const DETAILS = {
  good: "good",
  nearly_full: "more than 80 % of the room for nights is used",
  waves_shed: "the room for nights is used up: the oldest waveforms were dropped",
  numbers_shed: "the room for nights is used up: the oldest numbers were dropped",
  full: "the room for nights is used up and nothing more may be dropped",
} as const;

const detailOf = (state: keyof typeof DETAILS | undefined): string => DETAILS[state ?? "good"];
