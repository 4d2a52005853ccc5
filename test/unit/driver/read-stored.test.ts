import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loewensteinPrisma } from "../../../devices/loewenstein-prisma/module.ts";
import { wall } from "../../../src/domain/time.ts";
import { fillOptions } from "../../../src/driver/options.ts";
import { readStored } from "../../../src/driver/read-stored.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createLinks } from "../../../src/transport/links.ts";

const EVIL = "\u001b[2J\u0007\n";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stored-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what a card says in words of its own is given out plain, and so are the reasons why it is refused", async () => {
  writeFileSync(path.join(folder, "config.pscfg"), `{"sn":"${EVIL}123"}`);
  const label = `${EVIL}signal`.padEnd(16);
  const header =
    `${"1".padEnd(8)}${" ".repeat(160)}15.01.2622.00.00${"512".padEnd(8)}${"#s".padEnd(44)}-1      1       1   ` +
    `${label}${" ".repeat(88)}0       1       0       1       ${" ".repeat(80)}1       ${"#9".padEnd(32)}`;
  writeFileSync(path.join(folder, "signal_1.wmedf"), header);
  const clock = createVirtualClock(wall(0));
  const rejects: string[] = [];
  const serials: unknown[] = [];
  const source = {
    module: loewensteinPrisma,
    options: fillOptions(loewensteinPrisma.options, {}),
    links: createLinks({ clock }),
    address: folder,
  };
  const trace = {
    frame: () => undefined,
    reject: (_: Uint8Array, reason: string) => rejects.push(reason),
    sent: () => undefined,
  };
  for await (const { reading } of readStored(
    source,
    { clock, zone: "UTC", trace },
    new AbortController().signal,
  )) {
    if (reading.body.kind === "identity") serials.push(reading.body.serial);
  }
  expect(serials).toEqual(["\uFFFD[2J\uFFFD\uFFFD123"]);
  expect(rejects).toHaveLength(1);
  expect(rejects[0]).toMatch(/^signal_1\.wmedf: the signal .* is kept in a way that is not known$/);
  expect(rejects.join()).not.toMatch(/\p{Cc}/u);
});
