import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { openKeylessStores } from "../../../src/store/state/keyless.ts";
import { openSqliteStores } from "../../../src/store/state/state.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOW = wall(Date.UTC(2026, 10, 22));
const key = new Uint8Array(32).fill(7);

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-keyless-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const signIn = (tokenHash: string, expiresAt: number) => ({
  ...{ tokenHash, account: "meiaaaaaaa", createdAt: NOW, expiresAt: wall(expiresAt) },
  ...({ way: "code", label: "Phone of Mei" } as const),
});

async function sealedFolder(): Promise<string> {
  const folder = temporaryFolder();
  const stores = await openSqliteStores({ folder, key, clock: createVirtualClock(NOW), log: silentLog });
  await stores.accounts.putAccount({ id: "meiaaaaaaa", name: "Mei", language: "zh-Hans" });
  await stores.accounts.putRole("meiaaaaaaa", "homeaaaaaa", "caregiver");
  await stores.accounts.addSession(signIn("still", NOW + 1_000));
  await stores.accounts.addSession(signIn("over", NOW + 1));
  await stores.state.setValue("ack_key", '"secret"');
  await stores.close();
  return folder;
}

const open = (folder: string) =>
  openKeylessStores({ folder, values: () => undefined, now: wall(NOW + 10), log: silentLog });

test("a phone that is signed in stays so, in its role and without its name; nothing in the file changes", async () => {
  const folder = await sealedFolder();
  const hash = (): string =>
    createHash("sha256")
      .update(readFileSync(path.join(folder, "state.sqlite")))
      .digest("hex");
  const before = hash();
  const { accounts, state } = await open(folder);
  expect(await accounts.session("still", wall(NOW + 20), 1)).toMatchObject({
    ...{ id: "meiaaaaaaa", name: "照护者", language: "zh-Hans" },
    homes: [{ home: "homeaaaaaa", role: "caregiver" }],
  });
  expect(await accounts.session("over", wall(NOW + 20), 1)).toBeUndefined();
  expect(await state.value("ack_key")).toBeUndefined();
  expect(await state.people()).toEqual([]);
  await state.setValue("ack_key", '"of this run"');
  expect(hash()).toBe(before);
  const again = await openSqliteStores({ folder, key, clock: createVirtualClock(NOW), log: silentLog });
  onTestFinished(() => again.close());
  expect(await again.state.value("ack_key")).toBe('"secret"');
  expect((await again.accounts.account("meiaaaaaaa"))?.name).toBe("Mei");
});

test("what a person would want to be kept is refused", async () => {
  const { state, accounts } = await open(await sealedFolder());
  const person = { id: "wuaaaaaaaa", name: "Wu", role: "caregiver", language: "en" } as const;
  await expect(state.putPerson(person)).rejects.toMatchObject({ code: "UNSEALABLE", permanent: false });
  await expect(accounts.setPassword("meiaaaaaaa", "mei", "hash")).rejects.toMatchObject({
    code: "UNSEALABLE",
  });
});

test("a state file that is gone or damaged as well keeps nothing from starting", async () => {
  const none = await open(temporaryFolder());
  expect(await none.accounts.hasOwner()).toBe(false);
  const folder = temporaryFolder();
  writeFileSync(
    path.join(folder, "state.sqlite"),
    "no database at all, and long enough to be looked at as one",
  );
  const damaged = await open(folder);
  expect(await damaged.accounts.hasOwner()).toBe(false);
});
