import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Fault, messageOf } from "../../domain/fault.ts";
import { DAY_MS, type Wall } from "../../domain/time.ts";
import { moveAside } from "../aside.ts";
import { damageOf } from "./soundness.ts";
import { DamageError } from "./sql.ts";

/** Copies of a state file: the newest, and two that are about a day apart. */
const COPIES = 3;
const nameOf = (file: string, n: number): string => `${file}.copy-${n}`;

/**
 * Keeps a copy of an open state file beside it (`state.sqlite.copy-1`), as sealed as it is, after it was read whole;
 * once a day the ones before move on, and the fourth goes. Throws STATE_FAILED where it cannot be written or is not
 * sound; those before stay then.
 */
export function keepCopy(
  database: DatabaseSync,
  { file, key, now }: { readonly file: string; readonly key: Uint8Array | undefined; readonly now: Wall },
): void {
  const coming = `${file}.copying`;
  try {
    rmSync(coming, { force: true });
    // Only this account may read it, also while it grows.
    closeSync(openSync(coming, "wx", 0o600));
    database.prepare("VACUUM INTO ?").run(coming);
    sync(coming);
    const damage = damageOf(coming, { key, hadOne: true });
    if (damage !== undefined) throw new DamageError(`the copy ${damage}`);
    if (isOld(nameOf(file, 2), now)) {
      for (let n = COPIES - 1; n > 0; n--) {
        if (existsSync(nameOf(file, n))) renameSync(nameOf(file, n), nameOf(file, n + 1));
      }
    }
    renameSync(coming, nameOf(file, 1));
    sync(path.dirname(file));
  } catch (error) {
    rmSync(coming, { force: true });
    throw new Fault("STATE_FAILED", `${file} cannot be copied: ${messageOf(error)}`, { cause: error });
  }
}

/** A clock that was set back makes it old too: one copy more, once. */
function isOld(copy: string, now: Wall): boolean {
  if (!existsSync(copy)) return true;
  const age = now - statSync(copy).mtimeMs;
  return age >= DAY_MS || age < 0;
}

/**
 * Puts a state file aside (`.damaged-<n>`, never removed) and the newest copy that is whole in its place. Returns what was
 * done, in words. Throws where the folder cannot be written.
 */
export function putCopyInPlace(
  file: string,
  { key, damage }: { readonly key: Uint8Array | undefined; readonly damage: string },
): string {
  const name = path.basename(file);
  const wasThere = existsSync(file);
  const aside = moveAside(file, "damaged");
  const kept = aside !== undefined && wasThere ? `; it is kept as ${path.basename(aside)}` : "";
  for (let n = 1; n <= COPIES; n++) {
    const copy = nameOf(file, n);
    if (!existsSync(copy)) continue;
    const coming = `${file}.copying`;
    rmSync(coming, { force: true });
    copyFileSync(copy, coming);
    chmodSync(coming, 0o600);
    const isWhole = damageOf(coming, { key, hadOne: true }) === undefined;
    for (const tail of ["-wal", "-shm"]) rmSync(coming + tail, { force: true });
    if (!isWhole) continue;
    sync(coming);
    const at = new Date(statSync(copy).mtimeMs).toISOString().slice(0, 16).replace("T", " ");
    renameSync(coming, file);
    sync(path.dirname(file));
    return `${name} ${damage}${kept}. Its copy of ${at} UTC took its place: look at people and phones`;
  }
  rmSync(`${file}.copying`, { force: true });
  return `${name} ${damage}${kept}. There is no copy: nobody is known, and no phone can be called`;
}

function sync(place: string): void {
  const handle = openSync(place, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
