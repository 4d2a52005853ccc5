// The way back in for an owner who has lost everything: at the machine, while the program stands still.
import path from "node:path";
import { expect, test } from "vitest";
import { findConfiguration } from "../../../src/cli/configuration.ts";
import { type DataFolder, openDataFolder } from "../../../src/cli/data-folder.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import { MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { lockDataDir } from "../../../src/ops/lock.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { joinCodeHash, renewOwnerCode, verifyOwnerCode } from "../../../src/server/owner-code.ts";
import { silentLog } from "../../support/silent-log.ts";
import { createTestTerminal, type TestTerminal } from "../../support/terminal.ts";

const HOME = "homeaaaaaa";
const NOW = wall(Date.UTC(2026, 1, 1));
const BOX = "zone: UTC\nbeds:\n  - id: b1\n    devices: [{ family: nonin-serial, port: 'memory:x' }]\n";
const HUB = "zone: UTC\nhub: { name: Clinic }\nweb: { ownAuthority: true }\n";

const bench = (yaml: string): TestTerminal =>
  createTestTerminal({ files: { "breathwatch.yaml": yaml }, clock: createVirtualClock(NOW) });

let runs = 0;

async function command(terminal: TestTerminal, ...argv: string[]) {
  const random = createSeededRandom(++runs);
  const own = { ...createTestTerminal({ folder: terminal.folder, clock: terminal.clock }), random };
  const code = await runCommandLine(["owner-code", ...argv], own);
  return { code, printed: own.data().trim(), words: own.words() };
}

/** Works on the data folder as the running program would. */
async function inside<Result>(
  terminal: TestTerminal,
  work: (stores: DataFolder["stores"]) => Promise<Result>,
): Promise<Result> {
  const { config } = await findConfiguration(undefined, terminal, { zone: "UTC" });
  if (config === undefined) throw new Error("the configuration has mistakes");
  const { clock } = terminal;
  const dataDir = path.join(terminal.folder, ".breathwatch");
  const lock = await lockDataDir(dataDir, clock);
  const random = createSeededRandom(1);
  const folder = await openDataFolder({ config, dataDir, clock, random, log: silentLog });
  try {
    return await work(folder.stores);
  } finally {
    await folder.close();
    await lock.release();
  }
}

test("of a box takes the place of the code on paper, and stands in the record", {
  timeout: 60_000,
}, async () => {
  const terminal = bench(BOX);
  const old = await inside(terminal, ({ state }) => renewOwnerCode({ state, random: createSeededRandom(9) }));
  const { code, printed, words } = await command(terminal);
  expect(code, words).toBe(0);
  expect(printed).toMatch(/^[a-z2-7]{5}-[a-z2-7]{5}$/);
  await inside(terminal, async ({ state }) => {
    expect(await verifyOwnerCode(state, old)).toBe(false);
    expect(await verifyOwnerCode(state, printed)).toBe(true);
    const [line] = await state.audits(1);
    expect(line).toMatchObject({ at: NOW, action: "owner_code.made", detail: "command line" });
    expect(JSON.stringify(line)).not.toContain(printed);
  });
  expect((await command(terminal, "--home", HOME)).code).toBe(2);
});

test("of a home on a hub makes one person its owner, once and for ten minutes", {
  timeout: 60_000,
}, async () => {
  const terminal = bench(HUB);
  await inside(terminal, async ({ registry }) => {
    const codeHash = "a".repeat(64);
    const code = { codeHash, label: "Home", madeBy: "paaaaaaaaa", madeAt: NOW };
    await registry.addClaimCode({ ...code, expiresAt: wall(NOW + MINUTE_MS) });
    const made = { home: HOME, box: "boxaaaaaaa", brokerPassword: "p", pairingKey: new Uint8Array(32) };
    await registry.claim({ codeHash, publicKey: "key", made }, NOW);
  });
  const stranger = await command(terminal, "--home", "nosuchhome");
  expect([stranger.code, stranger.printed]).toEqual([1, ""]);
  expect(stranger.words).toContain("There is no home nosuchhome on this hub.");

  const codes = [await command(terminal, "--home", HOME), await command(terminal, "--home", HOME)];
  expect(codes.map(({ code }) => code)).toEqual([0, 0]);
  const [first = "", second = ""] = codes.map(({ printed }) => joinCodeHash(printed));
  await inside(terminal, async ({ accounts, homes, state }) => {
    const late = wall(NOW + 10 * MINUTE_MS);
    expect(await accounts.takeJoinCode(first, wall(late - 1))).toEqual({ home: HOME, role: "owner" });
    expect(await accounts.takeJoinCode(first, wall(late - 1))).toBeUndefined();
    expect(await accounts.takeJoinCode(second, wall(late + 1))).toBeUndefined();
    const lines = await homes.of(HOME).audits(5);
    expect(lines.map(({ action }) => action)).toEqual(["owner_code.made", "owner_code.made"]);
    expect(await verifyOwnerCode(state, codes[0]?.printed ?? "")).toBe(false);
  });
});
