import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keyFileOf, keyTrouble, openKeyFile } from "../../../src/ops/key-file.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-key-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function folderWithKey(): Promise<{ dataDir: string; file: string; key: Uint8Array }> {
  const dataDir = await temporaryFolder();
  const file = keyFileOf(dataDir);
  const { key } = await openKeyFile({ file, dataDir, random: createSeededRandom(1) });
  return { dataDir, file, key };
}

test("the first start makes a key that only its owner may read, and later starts find the same", async () => {
  const { dataDir, file, key } = await folderWithKey();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const again = await openKeyFile({ file, dataDir, random: createSeededRandom(2) });
  expect(again).toMatchObject({ file, wasMade: false, isPrivate: true });
  expect(Buffer.from(again.key)).toEqual(Buffer.from(key));
  expect(key).toHaveLength(32);
});

test("a lost key is never replaced by a new one in silence", async () => {
  const { dataDir, file, key } = await folderWithKey();
  const copy = `${file}.elsewhere`;
  await rename(file, copy);
  await expect(openKeyFile({ file, dataDir, random: createSeededRandom(2) })).rejects.toMatchObject({
    code: "UNSEALABLE",
    message: expect.stringContaining("is gone"),
    permanent: true,
  });
  await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  await rename(copy, file);
  const found = await openKeyFile({ file, dataDir, random: createSeededRandom(3) });
  expect(Buffer.from(found.key)).toEqual(Buffer.from(key));
});

test("the key of another folder is refused, and changes nothing", async () => {
  const { dataDir, file } = await folderWithKey();
  const ours = await readFile(file);
  const other = await folderWithKeyOf(7);
  await writeFile(file, await readFile(other));
  await expect(openKeyFile({ file, dataDir, random: createSeededRandom(2) })).rejects.toMatchObject({
    code: "UNSEALABLE",
    message: expect.stringContaining("is not the one"),
  });
  await writeFile(file, ours);
  await expect(openKeyFile({ file, dataDir, random: createSeededRandom(2) })).resolves.toBeDefined();
});

async function folderWithKeyOf(seed: number): Promise<string> {
  const dataDir = await temporaryFolder();
  const file = keyFileOf(dataDir);
  await openKeyFile({ file, dataDir, random: createSeededRandom(seed) });
  return file;
}

test.each([
  ["empty", () => ""],
  ["cut short", (text: string) => text.slice(0, 30)],
  [
    "with one character changed",
    (text: string) => text.replace(/ (.)/, (_, one) => ` ${one === "A" ? "B" : "A"}`),
  ],
  ["with more behind it", (text: string) => `${text} and more`],
])("a key file that is %s is said to be damaged", async (_, damage) => {
  const { dataDir, file } = await folderWithKey();
  await writeFile(file, damage(await readFile(file, "utf8")));
  await expect(openKeyFile({ file, dataDir, random: createSeededRandom(2) })).rejects.toMatchObject({
    code: "UNSEALABLE",
    message: expect.stringContaining("damaged"),
  });
});

test("a key file may lie on another disk, may be written by hand, and serves a folder that has none yet", async () => {
  const { file, key } = await folderWithKey();
  const dataDir = await temporaryFolder();
  const elsewhere = path.join(await temporaryFolder(), "stick");
  await expect(
    openKeyFile({ file: path.join(elsewhere, "key"), dataDir, random: createSeededRandom(2) }),
  ).rejects.toMatchObject({ code: "DISK_FAILED" });
  await mkdir(elsewhere);
  const onStick = keyFileOf(dataDir, path.join(elsewhere, "night.key"));
  await writeFile(onStick, `  ${(await readFile(file, "utf8")).trim().replaceAll(" ", "\n")}`);
  const found = await openKeyFile({ file: onStick, dataDir, random: createSeededRandom(2) });
  expect(Buffer.from(found.key)).toEqual(Buffer.from(key));
  await rm(onStick);
  await expect(openKeyFile({ file: onStick, dataDir, random: createSeededRandom(2) })).rejects.toMatchObject({
    code: "UNSEALABLE",
  });
});

test("a key file that others may read is made private", async () => {
  const { dataDir, file } = await folderWithKey();
  await chmod(file, 0o644);
  expect(await openKeyFile({ file, dataDir, random: createSeededRandom(2) })).toMatchObject({
    isPrivate: true,
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("what is wrong with a key is told without making one", async () => {
  const never = await temporaryFolder();
  expect(await keyTrouble(keyFileOf(never), never)).toBeUndefined();
  await expect(stat(keyFileOf(never))).rejects.toMatchObject({ code: "ENOENT" });
  const { dataDir, file } = await folderWithKey();
  expect(await keyTrouble(file, dataDir)).toBeUndefined();
  await writeFile(file, "no key at all");
  expect((await keyTrouble(file, dataDir))?.message).toContain("is damaged");
  await rm(file);
  expect((await keyTrouble(file, dataDir))?.message).toContain("is gone");
  await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
});
