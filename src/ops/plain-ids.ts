import { createHash } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../domain/fault.ts";
import type { Log } from "../port/log.ts";
import type { State } from "../port/state.ts";

/** Its name in the data folder. */
export const PLAIN_IDS_FILE = "ids.json";

/**
 * What a box has to know of itself also where its key is missing: ids made by chance, which stand in its topics and in
 * the names of its files anyway, so that what it watches and keeps meanwhile belongs to the same home and devices.
 */
const isPlain = (name: string): boolean =>
  name === "home_id" || name === "records_begun" || name.startsWith("device ");

/** A port can be an address with a password: its id is found without telling it. */
const hashed = (name: string): string => createHash("sha256").update(`breathwatch id\n${name}`).digest("hex");

/**
 * The state, with a copy in the clear of the ids in it. A copy that cannot be written is noted: it is only missed on the
 * day on which the key is. Rejects with STATE_FAILED.
 */
export async function withPlainIds(state: State, folder: string, log: Log): Promise<State> {
  const ids = new Map<string, string>();
  for (const [name, value] of Object.entries(await state.values())) {
    if (isPlain(name)) ids.set(hashed(name), value);
  }
  const known = await readIds(folder);
  let writing = Promise.resolve();
  const write = (): Promise<void> => {
    writing = writing
      .then(() => writeIds(folder, ids))
      .catch((error: unknown) => log.note("ids.unwritten", { why: messageOf(error) }, "warn"));
    return writing;
  };
  if (known.size !== ids.size || [...ids].some(([name, value]) => known.get(name) !== value)) await write();
  return {
    ...state,
    async setValue(name, value) {
      await state.setValue(name, value);
      if (!isPlain(name) || ids.get(hashed(name)) === value) return;
      ids.set(hashed(name), value);
      await write();
    },
  };
}

/** The ids as they were remembered in the clear, by their name; a file that is missing or damaged knows none. */
export async function plainIds(
  folder: string,
): Promise<{ readonly size: number; value(name: string): string | undefined }> {
  const ids = await readIds(folder);
  return { size: ids.size, value: (name) => ids.get(hashed(name)) };
}

async function readIds(folder: string): Promise<ReadonlyMap<string, string>> {
  try {
    const found: unknown = JSON.parse(await readFile(path.join(folder, PLAIN_IDS_FILE), "utf8"));
    const entries = typeof found === "object" && found !== null ? Object.entries(found) : [];
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    // There is none before the first start; a damaged one is written anew at the next start with the key.
    return new Map();
  }
}

/** Whole or not at all. */
async function writeIds(folder: string, ids: ReadonlyMap<string, string>): Promise<void> {
  const file = path.join(folder, PLAIN_IDS_FILE);
  const handle = await open(`${file}.tmp`, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify(Object.fromEntries(ids)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
}
