import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { messageOf } from "../domain/fault.ts";
import { syncFolder } from "../ops/sync-folder.ts";
import { moveAside } from "../store/aside.ts";
import { invalidInput } from "./command.ts";

/** What a backup holds, so that a copy that was cut or changed is noticed before anything is replaced. */
const ManifestSchema = Type.Object({
  breathwatchBackup: Type.Literal(1),
  madeAt: Type.String(),
  files: Type.Array(
    Type.Object({
      name: Type.String({ pattern: "^(homes/[a-z2-7]{10}/)?[a-z][a-z-]{0,30}\\.sqlite$|^key-check$" }),
      bytes: Type.Integer({ minimum: 0 }),
      sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    }),
    { maxItems: 100_000 },
  ),
});

type Manifest = Static<typeof ManifestSchema>;

const MANIFEST = "manifest.json";
/** Says which key the texts belong to, without being it. */
const KEY_CHECK = "key-check";
const PAGES_AT_ONCE = 2_000;

/**
 * Copies every database of a data folder into a new folder, each consistent, as encrypted as it lies there, without
 * the key. Returns the names. Rejects with INPUT_INVALID where the goal is there already or a file cannot be copied.
 */
export async function backUp(
  dataDir: string,
  goal: string,
  { madeAt, say }: { readonly madeAt: string; say(words: string): void },
): Promise<readonly string[]> {
  const names = await databasesIn(dataDir);
  if (names.length === 0)
    throw invalidInput(`${dataDir} has no database.`, "Name the right data folder with --data.");
  const part = `${goal}.part`;
  if ((await kindOf(goal)) !== undefined)
    throw invalidInput(`${goal} is there already.`, "Name a new folder.");
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true, mode: 0o700 });
  const files: Manifest["files"] = [];
  for (const name of names) {
    say(`${name}...`);
    const to = path.join(part, name);
    await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
    await copyDatabase(path.join(dataDir, name), to);
    files.push(await entryOf(part, name));
  }
  if ((await kindOf(path.join(dataDir, KEY_CHECK))) !== undefined) {
    await copyFile(path.join(dataDir, KEY_CHECK), path.join(part, KEY_CHECK));
    files.push(await entryOf(part, KEY_CHECK));
  }
  const manifest: Manifest = { breathwatchBackup: 1, madeAt, files };
  await writeFile(path.join(part, MANIFEST), JSON.stringify(manifest, null, 2), { mode: 0o600 });
  // Whole on the medium before it has its name: a stick is pulled as soon as it says so.
  const written = [...files.map(({ name }) => name), MANIFEST].map((name) => path.join(part, name));
  for (const file of written) await syncFile(file);
  for (const folder of foldersOf(part, written)) await syncFolder(folder);
  await rename(part, goal);
  await syncFolder(path.dirname(goal));
  return files.map(({ name }) => name);
}

/**
 * Puts a backup in the place of a data folder's databases, after all of it was found whole. What was there is kept
 * beside (`.before-<n>`). Rejects with INPUT_INVALID for a backup that is not whole; nothing was changed then.
 */
export async function restore(
  source: string,
  dataDir: string,
): Promise<{ readonly madeAt: string; readonly kept: readonly string[] }> {
  const manifest = await readManifest(source);
  for (const file of manifest.files) {
    const found = await entryOf(source, file.name).catch((error: unknown) => {
      throw invalidInput(
        `${file.name} of the backup cannot be read: ${messageOf(error)}.`,
        "Use another backup.",
        error,
      );
    });
    if (found.sha256 !== file.sha256) {
      throw invalidInput(`${file.name} of the backup was changed or cut short.`, "Use another backup.");
    }
  }
  // All of it is on the disk before the first file is replaced: a full disk changes nothing.
  const goals = manifest.files.map(({ name }) => path.join(dataDir, name));
  for (const [index, { name }] of manifest.files.entries()) {
    const to = goals[index] ?? dataDir;
    await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
    await copyFile(path.join(source, name), `${to}.restored`);
    await chmod(`${to}.restored`, 0o600);
    await syncFile(`${to}.restored`);
  }
  const kept: string[] = [];
  for (const to of goals) {
    const aside = to.endsWith(KEY_CHECK) ? undefined : moveAside(to, "before");
    if (aside !== undefined) kept.push(aside);
    await rename(`${to}.restored`, to);
  }
  for (const folder of foldersOf(dataDir, goals)) await syncFolder(folder);
  return { madeAt: manifest.madeAt, kept };
}

/** The folders that these files lie in, up to and with the one that all lie in. */
function foldersOf(top: string, files: readonly string[]): ReadonlySet<string> {
  const folders = new Set([top]);
  for (const file of files) {
    for (let at = path.dirname(file); at.length > top.length; at = path.dirname(at)) folders.add(at);
  }
  return folders;
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function databasesIn(dataDir: string): Promise<readonly string[]> {
  const own = (await namesIn(dataDir)).filter((name) => /^[a-z][a-z-]{0,30}\.sqlite$/.test(name));
  const homes = await namesIn(path.join(dataDir, "homes"));
  const theirs = homes
    .filter((home) => /^[a-z2-7]{10}$/.test(home))
    .map((home) => `homes/${home}/state.sqlite`);
  const there = await Promise.all(
    theirs.map(async (name) => (await kindOf(path.join(dataDir, name))) !== undefined),
  );
  return [...own, ...theirs.filter((_name, index) => there[index] === true)].toSorted();
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await kindOf(folder)) === "folder" ? readdir(folder) : [];
}

async function kindOf(place: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(place)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function copyDatabase(from: string, to: string): Promise<void> {
  try {
    const source = new DatabaseSync(from);
    try {
      await backup(source, to, { rate: PAGES_AT_ONCE });
    } finally {
      source.close();
    }
    await chmod(to, 0o600);
  } catch (error) {
    throw invalidInput(
      `${from} cannot be copied: ${messageOf(error)}.`,
      "Check the disk, and that nothing uses it.",
      error,
    );
  }
}

async function entryOf(folder: string, name: string): Promise<Manifest["files"][number]> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of bytesOf(createReadStream(path.join(folder, name)))) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { name, bytes, sha256: hash.digest("hex") };
}

/** A stream without an encoding gives bytes; its type cannot say so. */
const bytesOf = (stream: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => stream;

async function readManifest(source: string): Promise<Manifest> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path.join(source, MANIFEST), "utf8"));
  } catch (error) {
    throw invalidInput(
      `${source} is not a backup: ${messageOf(error)}.`,
      "Name the folder that `store backup` made.",
      error,
    );
  }
  if (Check(ManifestSchema, parsed)) return parsed;
  throw invalidInput(
    `${source} is not a backup that this version reads.`,
    "Name the folder that `store backup` made.",
  );
}
