// Writes time-series files as the program of schema 1 did, to show that they are still read.

import { DatabaseSync } from "node:sqlite";
import { ABSENCES } from "../../src/domain/sample.ts";
import { SIGNALS } from "../../src/domain/signal.ts";
import type { Batch, StoredRow } from "../../src/port/timeseries.ts";
import { SIGNAL_CODES } from "../../src/store/timeseries/sqlite/signals.ts";
import { ByteWriter, writeDeltas } from "../../src/store/timeseries/sqlite/varint.ts";
import { encodeWave } from "../../src/store/timeseries/sqlite/wave.ts";

const CHUNK_MS = 600_000;
const SCHEMA = `
  PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
  CREATE TABLE device (id INTEGER PRIMARY KEY, bed TEXT NOT NULL, device TEXT NOT NULL, UNIQUE (bed, device));
  CREATE TABLE hot (device INTEGER NOT NULL, at INTEGER NOT NULL, simulated INTEGER NOT NULL, samples TEXT NOT NULL,
    PRIMARY KEY (device, at)) WITHOUT ROWID;
  CREATE TABLE chunk (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, start INTEGER NOT NULL,
    simulated INTEGER NOT NULL, body BLOB NOT NULL, rolls BLOB NOT NULL, UNIQUE (device, start));
  CREATE TABLE wave (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, at INTEGER NOT NULL, epoch TEXT NOT NULL,
    seq INTEGER NOT NULL, simulated INTEGER NOT NULL, rate REAL NOT NULL, body BLOB NOT NULL, UNIQUE (device, at));
  CREATE TABLE setting (device INTEGER NOT NULL, at INTEGER NOT NULL, simulated INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (device, at)) WITHOUT ROWID;
  CREATE TABLE event (bed TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (bed, key)) WITHOUT ROWID;
  CREATE INDEX event_at ON event (bed, at);
  PRAGMA user_version = 1;`;

/** Rows before `compactedTo` (a full ten minutes) stand in chunks, the others in the table of the newest. */
export function writeSchema1(file: string, batch: Batch, compactedTo: number): void {
  const db = new DatabaseSync(file);
  db.exec(SCHEMA);
  const deviceOf = (bed: string, device: string): number => {
    db.prepare("INSERT OR IGNORE INTO device (bed, device) VALUES (?, ?)").run(bed, device);
    return Number(db.prepare("SELECT id FROM device WHERE bed = ? AND device = ?").get(bed, device)?.["id"]);
  };
  const chunks = Map.groupBy(batch.rows, ({ bed, device, at }) =>
    [deviceOf(bed, device), Math.floor(at / CHUNK_MS) * CHUNK_MS].join(),
  );
  for (const [key, rows] of chunks) {
    const [device = 0, start = 0] = key.split(",").map(Number);
    if (start < compactedTo) {
      db.prepare("INSERT INTO chunk (device, start, simulated, body, rolls) VALUES (?, ?, ?, ?, ?)").run(
        device,
        start,
        Number(rows.some(({ simulated }) => simulated)),
        chunkOf(rows),
        rollsOf(rows),
      );
      continue;
    }
    for (const row of rows) {
      db.prepare("INSERT INTO hot VALUES (?, ?, ?, ?)").run(
        device,
        row.at,
        Number(row.simulated),
        JSON.stringify(row.samples),
      );
    }
  }
  for (const w of batch.waves) {
    db.prepare(
      "INSERT INTO wave (device, at, epoch, seq, simulated, rate, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ).run(
      deviceOf(w.bed, w.device),
      w.at,
      w.epoch,
      w.seq,
      Number(w.simulated),
      w.rateHz,
      encodeWave(w.channels),
    );
  }
  for (const s of batch.settings) {
    db.prepare("INSERT INTO setting VALUES (?, ?, ?, ?)").run(
      deviceOf(s.bed, s.device),
      s.at,
      Number(s.simulated),
      JSON.stringify(s.settings),
    );
  }
  for (const e of batch.events) {
    db.prepare("INSERT INTO event VALUES (?, ?, ?, ?)").run(
      e.bed,
      e.key,
      e.event.at,
      JSON.stringify(e.event),
    );
  }
  db.close();
}

const cellOf = (row: StoredRow, code: number) => row.samples[SIGNAL_CODES[code] ?? "spo2"];
const integerOf = (code: number, value: number): number =>
  Math.round(value / SIGNALS[SIGNAL_CODES[code] ?? "spo2"].resolution);

/** Version 1: times and everything else as plain differences, signals one after the other. */
function chunkOf(rows: readonly StoredRow[]): Uint8Array {
  const out = new ByteWriter();
  out.unsigned(1);
  out.unsigned(rows.length);
  writeDeltas(
    out,
    rows.map(({ at }) => at),
  );
  writeDeltas(
    out,
    rows.map(({ simulated }) => Number(simulated)),
  );
  const used = SIGNAL_CODES.flatMap((_id, code) =>
    rows.some((row) => cellOf(row, code) !== undefined) ? [code] : [],
  );
  out.unsigned(used.length);
  for (const code of used) {
    out.unsigned(code);
    const cells = rows.map((row) => cellOf(row, code));
    writeDeltas(
      out,
      cells.map((cell) => {
        if (cell === undefined) return 0;
        return typeof cell === "number" ? 1 : 2 + ABSENCES.indexOf(cell.absent);
      }),
    );
    writeDeltas(
      out,
      cells.flatMap((cell) => (typeof cell === "number" ? [integerOf(code, cell)] : [])),
    );
  }
  return out.done();
}

/** Per signal its minutes: minute of the epoch, count, least, range, sum. */
function rollsOf(rows: readonly StoredRow[]): Uint8Array {
  const out = new ByteWriter();
  const signals = SIGNAL_CODES.flatMap((_id, code) => {
    const numbers = rows.flatMap((row) => {
      const cell = cellOf(row, code);
      return typeof cell === "number" ? [{ at: row.at, value: integerOf(code, cell) }] : [];
    });
    return numbers.length === 0 ? [] : [{ code, numbers }];
  });
  out.unsigned(signals.length);
  for (const { code, numbers } of signals) {
    const minutes = Map.groupBy(numbers, ({ at }) => Math.floor(at / 60_000));
    out.unsigned(code);
    out.unsigned(minutes.size);
    for (const [minute, inside] of minutes) {
      const values = inside.map(({ value }) => value);
      out.unsigned(minute);
      out.unsigned(values.length);
      out.signed(Math.min(...values));
      out.unsigned(Math.max(...values) - Math.min(...values));
      out.signed(values.reduce((a, b) => a + b, 0));
    }
  }
  return out.done();
}
