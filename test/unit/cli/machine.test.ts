import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { lockDataDir } from "../../../src/ops/lock.ts";
import { folderFacts, groupFacts, machineZone, tlsFacts } from "../../../src/ops/machine.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-machine-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the data folder", () => {
  test("one that does not exist yet is judged by the folder that it would be made in", async () => {
    const facts = await folderFacts(path.join(folder, "a", "b"));
    expect(facts).toMatchObject({ exists: false, open: false });
    expect(facts.problem).toBeUndefined();
    expect(facts.freeBytes).toBeGreaterThan(0);
  });

  test("a file in its place is a problem", async () => {
    writeFileSync(path.join(folder, "file"), "");
    const facts = await folderFacts(path.join(folder, "file"));
    expect(facts.problem).toMatch(/is not a folder/);
  });

  test("one that others may look into is called open", async () => {
    const data = path.join(folder, "data");
    mkdirSync(data, { mode: 0o700 });
    expect((await folderFacts(data)).open).toBe(false);
    chmodSync(data, 0o750);
    expect((await folderFacts(data)).open).toBe(true);
  });

  test("the process that holds it is named, until it lets go; looking changes nothing", async () => {
    const data = path.join(folder, "data");
    const lock = await lockDataDir(data, createVirtualClock(wall(0)));
    expect((await folderFacts(data)).heldBy).toBe(process.pid);
    expect((await folderFacts(data)).heldBy).toBe(process.pid);
    await lock.release();
    expect((await folderFacts(data)).heldBy).toBeUndefined();
  });
});

describe("groups of ports", () => {
  const groupFile = () => path.join(folder, "group");
  const port = () => path.join(folder, "port");

  test("names the group, and whether this user stands in its list", async () => {
    writeFileSync(port(), "");
    const { gid } = statSync(port());
    writeFileSync(groupFile(), `adm:x:${gid + 1}:x\ndialout:x:${gid}:other,${userInfo().username}\n`);
    expect(await groupFacts(port(), groupFile())).toMatchObject({ group: "dialout", listed: true });
    writeFileSync(groupFile(), `dialout:x:${gid}:other\n`);
    expect(await groupFacts(port(), groupFile())).toMatchObject({ group: "dialout", listed: false });
  });

  test("says nothing where the machine does not tell", async () => {
    expect(await groupFacts(port(), groupFile())).toBeUndefined();
    writeFileSync(port(), "");
    writeFileSync(groupFile(), "");
    expect(await groupFacts(port(), groupFile())).toBeUndefined();
  });
});

test("a certificate that cannot be read is a problem, not an exception", async () => {
  const files = { certFile: path.join(folder, "cert.pem"), keyFile: path.join(folder, "key.pem") };
  expect((await tlsFacts(files, "localhost")).problem).toMatch(/ENOENT/);
  writeFileSync(files.certFile, "not a certificate");
  expect((await tlsFacts(files, "localhost")).problem).toBeTruthy();
});

test("the machine's zone is one that dates can be written in", () => {
  expect(() => new Intl.DateTimeFormat("en", { timeZone: machineZone() })).not.toThrow();
});
