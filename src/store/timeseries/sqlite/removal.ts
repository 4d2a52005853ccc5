import type { DatabaseSync } from "node:sqlite";
import type { Nights } from "./nights.ts";
import { keepDevices } from "./packed.ts";
import { placeOfEntry, type Rows } from "./rows.ts";
import { transact } from "./schema.ts";
import type { Vault } from "./vault.ts";

/** Rows that one step removes. */
const REMOVED_AT_ONCE = 500;
const BY_DEVICE = ["chunk", "wave"] as const;

/**
 * Removes all of a bed, step by step, overwriting what stood there (secure_delete) and at last giving free pages back and
 * emptying the write-ahead log. What a flash medium keeps in cells that it took out of use is beyond a file. False when
 * it is done.
 */
export function removeSome(
  { db, rows, nights, vault }: { db: DatabaseSync; rows: Rows; nights: Nights; vault: Vault },
  bed: string,
): boolean {
  const devices = rows.devices.ofBed(bed);
  db.exec("PRAGMA secure_delete = ON");
  try {
    for (const { id } of devices) {
      for (const table of BY_DEVICE) {
        const { changes } = db
          .prepare(
            `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE device = ? LIMIT ${REMOVED_AT_ONCE})`,
          )
          .run(id);
        if (changes !== 0) return true;
      }
    }
    transact(db, () => {
      for (const { id } of devices) {
        db.prepare("DELETE FROM setting WHERE device = ?").run(id);
        db.prepare("DELETE FROM hot WHERE device = ?").run(id);
        db.prepare("DELETE FROM device WHERE id = ?").run(id);
      }
      db.prepare("DELETE FROM event WHERE bed = ?").run(bed);
      db.prepare("DELETE FROM night WHERE bed = ?").run(bed);
      for (const [id, block] of rows.entries()) {
        const kept = keepDevices(block, (device) => device.bed !== bed);
        if (kept === undefined) db.prepare("DELETE FROM log WHERE id = ?").run(id);
        else if (kept.length < block.length) {
          db.prepare("UPDATE log SET body = ? WHERE id = ?").run(vault.close(kept, placeOfEntry(id)), id);
        }
      }
    });
    nights.forget(bed);
    rows.devices.forget(devices);
    rows.reload();
    db.exec("PRAGMA incremental_vacuum");
    // A reader may hold the log for a moment; it is emptied by the next checkpoint then.
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.exec("PRAGMA secure_delete = FAST");
  }
  return false;
}
