import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PLAIN_IDS_FILE, plainIds, withPlainIds } from "../../../src/ops/plain-ids.ts";
import { createMemoryState } from "../../../src/store/state/state.ts";
import { silentLog } from "../../support/silent-log.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-ids-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const PORT = "device b1 tcp://mei:secret@192.168.1.9";

test("ids are known without the key, by names that the file does not tell; secrets and names are not in it", async () => {
  const folder = await temporaryFolder();
  const state = await withPlainIds(createMemoryState(), folder, silentLog);
  await state.setValue("home_id", '"abcdefghij"');
  await state.setValue(PORT, '"klmnopqrst"');
  await state.setValue("ack_key", '"very secret"');
  const { value } = await plainIds(folder);
  expect(value("home_id")).toBe('"abcdefghij"');
  expect(value(PORT)).toBe('"klmnopqrst"');
  expect(value("ack_key")).toBeUndefined();
  const text = await readFile(path.join(folder, PLAIN_IDS_FILE), "utf8");
  expect(text).not.toMatch(/secret|192|device/);
});

test("what was made before there was a copy is copied at the start, and a damaged copy is written anew", async () => {
  const folder = await temporaryFolder();
  const state = createMemoryState();
  await state.setValue("home_id", '"abcdefghij"');
  await withPlainIds(state, folder, silentLog);
  expect((await plainIds(folder)).value("home_id")).toBe('"abcdefghij"');
  await writeFile(path.join(folder, PLAIN_IDS_FILE), '{"half');
  expect((await plainIds(folder)).value("home_id")).toBeUndefined();
  await withPlainIds(state, folder, silentLog);
  expect((await plainIds(folder)).value("home_id")).toBe('"abcdefghij"');
});
