import type { DatabaseSync } from "node:sqlite";
import type { AlarmEvent } from "../../../domain/alarm.ts";
import { type Wall, wall } from "../../../domain/time.ts";
import type { Batch, RangeQuery, StoredSettings, StoredWave } from "../../../port/timeseries.ts";
import type { Device } from "./devices.ts";
import { blob } from "./schema.ts";
import type { Vault } from "./vault.ts";
import { decodeWave, encodeWave } from "./wave.ts";

const WAVES_MAX = 20_000;

/** Waveforms, settings and alarm events. */
export class Records {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** Within the caller's transaction. */
  add(batch: Omit<Batch, "rows">, deviceOf: (bed: string, device: string) => Device): void {
    const wave = this.#db.prepare(
      "INSERT OR IGNORE INTO wave (device, at, epoch, seq, simulated, rate, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    for (const w of batch.waves) {
      const { id } = deviceOf(w.bed, w.device);
      const body = this.#vault.close(encodeWave(w.channels), placeOfWave(id, w.at));
      wave.run(id, w.at, w.epoch, w.seq, Number(w.simulated), w.rateHz, body);
    }
    const setting = this.#db.prepare(
      "INSERT OR IGNORE INTO setting (device, at, simulated, body) VALUES (?, ?, ?, ?)",
    );
    for (const s of batch.settings) {
      const { id } = deviceOf(s.bed, s.device);
      setting.run(id, s.at, Number(s.simulated), this.closeText(s.settings, placeOfSetting(id, s.at)));
    }
    const event = this.#db.prepare("INSERT OR IGNORE INTO event (bed, key, at, body) VALUES (?, ?, ?, ?)");
    for (const { bed, key, event: one } of batch.events) {
      event.run(bed, key, one.at, this.closeText(one, placeOfEvent(bed, key)));
    }
  }

  waves(device: Device, from: number, to: number, wave?: string, limit = WAVES_MAX): readonly StoredWave[] {
    const found: StoredWave[] = [];
    const rows = this.#db
      .prepare("SELECT * FROM wave WHERE device = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?")
      .iterate(device.id, from, to, limit);
    for (const row of rows) {
      const at = wall(Number(row["at"]));
      const channels = decodeWave(this.#vault.open(blob(row["body"]), placeOfWave(device.id, at)));
      if (wave !== undefined && !Object.hasOwn(channels, wave)) continue;
      found.push({
        bed: device.bed,
        device: device.device,
        epoch: String(row["epoch"]),
        seq: Number(row["seq"]),
        at,
        simulated: row["simulated"] === 1,
        rateHz: Number(row["rate"]),
        channels,
      });
    }
    return found;
  }

  /** Of all devices of a bed, ascending in time. */
  wavesOf(devices: readonly Device[], { from, to }: RangeQuery, wave: string): readonly StoredWave[] {
    const found = devices.flatMap((device) => this.waves(device, from, to, wave));
    return found.sort((a, b) => a.at - b.at).slice(0, WAVES_MAX);
  }

  settings(device: Device, from: number, to: number): readonly StoredSettings[] {
    return this.#db
      .prepare("SELECT * FROM setting WHERE device = ? AND at >= ? AND at < ? ORDER BY at")
      .all(device.id, from, to)
      .map((row) => {
        const at = wall(Number(row["at"]));
        return {
          bed: device.bed,
          device: device.device,
          epoch: "",
          seq: 0,
          at,
          simulated: row["simulated"] === 1,
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `add` from the same type
          settings: this.openText(row["body"], placeOfSetting(device.id, at)) as StoredSettings["settings"],
        };
      });
  }

  events({ bed, from, to }: RangeQuery): Batch["events"] {
    return this.#db
      .prepare("SELECT key, body FROM event WHERE bed = ? AND at >= ? AND at < ? ORDER BY at, key")
      .all(bed, from, to)
      .map((row) => {
        const key = String(row["key"]);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `add` from the same type
        return { bed, key, event: this.openText(row["body"], placeOfEvent(bed, key)) as AlarmEvent };
      });
  }

  /** Up to `count` beds with events after this name, sorted; each is looked up, however many events there are. */
  beds(after: string, count: number): readonly string[] {
    const next = this.#db.prepare("SELECT min(bed) AS bed FROM event WHERE bed > ?");
    const beds: string[] = [];
    while (beds.length < count) {
      const bed = next.get(beds.at(-1) ?? after)?.["bed"];
      if (typeof bed !== "string") break;
      beds.push(bed);
    }
    return beds;
  }

  /** The first and the last event of a bed; undefined where there is none. */
  ends(bed: string): { readonly oldest: Wall; readonly newest: Wall } | undefined {
    const row = this.#db
      .prepare("SELECT min(at) AS oldest, max(at) AS newest FROM event WHERE bed = ?")
      .get(bed);
    const [oldest, newest] = [row?.["oldest"], row?.["newest"]];
    return typeof oldest === "number" && typeof newest === "number"
      ? { oldest: wall(oldest), newest: wall(newest) }
      : undefined;
  }

  /** JSON, sealed when there is a key. */
  closeText(value: unknown, place: string): string | Uint8Array {
    const text = JSON.stringify(value);
    return this.#vault.sealing ? this.#vault.close(new TextEncoder().encode(text), place) : text;
  }

  openText(stored: unknown, place: string): unknown {
    if (typeof stored === "string") return JSON.parse(stored);
    return JSON.parse(new TextDecoder().decode(this.#vault.open(blob(stored), place)));
  }
}

export const placeOfWave = (device: number, at: number): string => `wave/${device}/${at}`;
export const placeOfSetting = (device: number, at: number): string => `setting/${device}/${at}`;
export const placeOfEvent = (bed: string, key: string): string => `event/${bed}/${key}`;
