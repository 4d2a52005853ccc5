import { expect, onTestFinished, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import type { Claim, ClaimCode, ClaimVerdict, Registry } from "../../../src/port/registry.ts";
import { createMemoryStores } from "../../../src/store/state/state.ts";

const NOW = wall(Date.UTC(2026, 10, 22, 12));
const DAY = 86_400_000;
const KEY_A = "a".repeat(43);
const KEY_B = "b".repeat(43);

function openRegistry(): Registry {
  const stores = createMemoryStores();
  onTestFinished(() => stores.close());
  return stores.registry;
}

const code = (codeHash: string, more: Partial<ClaimCode> = {}): ClaimCode => ({
  codeHash,
  label: "Lakeside",
  madeBy: "ownerowner",
  madeAt: NOW,
  expiresAt: wall(NOW + DAY),
  ...more,
});

const claim = (codeHash: string, publicKey: string, box: string, more: Partial<Claim> = {}): Claim => ({
  codeHash,
  publicKey,
  made: {
    home: `home${box}`,
    box,
    brokerPassword: `password of ${box}`,
    pairingKey: new Uint8Array(32).fill(7),
  },
  ...more,
});

function paired(verdict: ClaimVerdict): Extract<ClaimVerdict, { kind: "paired" }> {
  if (verdict.kind !== "paired") throw new Error(`not paired: ${verdict.kind}`);
  return verdict;
}

test("a code makes a home and its box once; the same box may ask again and gets the same", async () => {
  const registry = openRegistry();
  await registry.addClaimCode(code("c1"));
  const first = paired(await registry.claim(claim("c1", KEY_A, "box1"), NOW));
  expect(first).toMatchObject({ isNewHome: true, isRepeat: false, revoked: [] });
  expect(first.home).toMatchObject({ id: "homebox1", label: "Lakeside", createdBy: "ownerowner" });
  const again = paired(await registry.claim(claim("c1", KEY_A, "box2"), wall(NOW + 5)));
  expect(again).toMatchObject({ isNewHome: false, isRepeat: true, box: first.box, home: first.home });
  expect(again.secrets.brokerPassword).toBe("password of box1");
  expect(Buffer.from(again.secrets.pairingKey)).toEqual(Buffer.alloc(32, 7));
  expect(await registry.claim(claim("c1", KEY_B, "box3"), NOW)).toEqual({ kind: "used" });
  expect(await registry.homes()).toHaveLength(1);
  expect(await registry.claimCodes(NOW)).toEqual([]);
  expect(await registry.usedCodes(NOW)).toMatchObject([
    { codeHash: "c1", label: "Lakeside", usedBy: "box1" },
  ]);
  expect(await registry.usedCodes(wall(NOW + 1))).toEqual([]);
});

test("a code that is unknown, too old or withdrawn pairs nobody", async () => {
  const registry = openRegistry();
  await registry.addClaimCode(code("c1"));
  await registry.addClaimCode(code("c2"));
  expect(await registry.claim(claim("other", KEY_A, "box1"), NOW)).toEqual({ kind: "unknown" });
  expect(await registry.claim(claim("c1", KEY_A, "box1"), wall(NOW + DAY))).toEqual({ kind: "unknown" });
  expect(await registry.withdrawClaimCode("c2", NOW)).toBe(true);
  expect(await registry.withdrawClaimCode("c2", NOW)).toBe(false);
  expect(await registry.claim(claim("c2", KEY_A, "box1"), NOW)).toEqual({ kind: "unknown" });
  expect(await registry.homes()).toEqual([]);
});

test("the home that a box already is keeps its id, unless the hub knows that id", async () => {
  const registry = openRegistry();
  for (const each of ["c1", "c2"]) await registry.addClaimCode(code(each));
  const offered = { offeredHome: "ownhomeown" };
  expect(paired(await registry.claim(claim("c1", KEY_A, "box1", offered), NOW)).home.id).toBe("ownhomeown");
  expect(await registry.claim(claim("c2", KEY_B, "box2", offered), NOW)).toEqual({ kind: "home_known" });
  expect((await registry.claimCodes(NOW)).map((each) => each.codeHash)).toEqual(["c2"]);
  expect((await registry.usedCodes(NOW)).map((each) => each.codeHash)).toEqual(["c1"]);
});

test("a spare box takes the home over: the box before it is out, with its secrets", async () => {
  const registry = openRegistry();
  await registry.addClaimCode(code("c1"));
  const old = paired(await registry.claim(claim("c1", KEY_A, "box1"), NOW));
  await registry.addClaimCode(code("c2", { home: old.home.id, label: "" }));
  const spare = paired(await registry.claim(claim("c2", KEY_B, "box2"), wall(NOW + 9)));
  expect(spare.home).toEqual(old.home);
  expect(spare.isNewHome).toBe(false);
  expect(spare.revoked).toEqual([{ ...old.box, revokedAt: NOW + 9, revokedWhy: "replaced" }]);
  const inUse = await registry.inUse();
  expect(inUse.map(({ box }) => box.id)).toEqual(["box2"]);
  expect(inUse[0]?.secrets.brokerPassword).toBe("password of box2");
  expect((await registry.boxes(old.home.id)).map(({ id }) => id)).toEqual(["box2", "box1"]);
  // The code that made the first box brings it back no more.
  expect(await registry.claim(claim("c1", KEY_A, "box3"), NOW)).toEqual({ kind: "used" });
});

test("a box that is paired into another home leaves the first one", async () => {
  const registry = openRegistry();
  for (const each of ["c1", "c2"]) await registry.addClaimCode(code(each));
  const first = paired(await registry.claim(claim("c1", KEY_A, "box1"), NOW));
  const moved = paired(await registry.claim(claim("c2", KEY_A, "box2"), NOW));
  expect(moved.home.id).not.toBe(first.home.id);
  expect(moved.revoked).toMatchObject([{ id: "box1", revokedWhy: "moved" }]);
});

test("a box is revoked once, and then has no secrets", async () => {
  const registry = openRegistry();
  await registry.addClaimCode(code("c1"));
  await registry.claim(claim("c1", KEY_A, "box1"), NOW);
  expect(await registry.revokeBox("box1", NOW, "withdrawn")).toMatchObject({ revokedWhy: "withdrawn" });
  expect(await registry.revokeBox("box1", NOW, "withdrawn")).toBeUndefined();
  expect(await registry.inUse()).toEqual([]);
  expect(await registry.claim(claim("c1", KEY_A, "box2"), NOW)).toEqual({ kind: "used" });
});

test("an estate is kept from the box in use alone, and never goes back", async () => {
  const registry = openRegistry();
  await registry.addClaimCode(code("c1"));
  const { home } = paired(await registry.claim(claim("c1", KEY_A, "box1"), NOW));
  const estate = (revision: number, box = "box1"): Parameters<Registry["putEstate"]>[1] => ({
    ...{ box, revision, at: NOW },
    body: `revision ${revision} of ${box}`,
  });
  expect(await registry.putEstate(home.id, estate(2))).toBe(true);
  expect(await registry.putEstate(home.id, estate(2))).toBe(false);
  expect(await registry.putEstate(home.id, estate(1))).toBe(false);
  expect(await registry.putEstate(home.id, estate(9, "box9"))).toBe(false);
  expect(await registry.putEstate("otherhome2", estate(9))).toBe(false);
  expect(await registry.estate(home.id)).toEqual(estate(2));
  await registry.addClaimCode(code("c2", { home: home.id }));
  await registry.claim(claim("c2", KEY_B, "box2"), NOW);
  expect(await registry.putEstate(home.id, estate(3))).toBe(false);
  // The new box counts from the start.
  expect(await registry.putEstate(home.id, estate(1, "box2"))).toBe(true);
});

test("a home goes with its boxes, codes and estate", async () => {
  const registry = openRegistry();
  await registry.addClaimCode(code("c1"));
  const { home } = paired(await registry.claim(claim("c1", KEY_A, "box1"), NOW));
  await registry.addClaimCode(code("c2", { home: home.id }));
  await registry.putEstate(home.id, { box: "box1", revision: 1, at: NOW, body: "{}" });
  expect(await registry.renameHome(home.id, "Hill")).toBe(true);
  expect((await registry.home(home.id))?.label).toBe("Hill");
  expect(await registry.removeHome(home.id)).toMatchObject([{ id: "box1" }]);
  expect(await registry.homes()).toEqual([]);
  expect(await registry.boxes()).toEqual([]);
  expect(await registry.claimCodes(NOW)).toEqual([]);
  expect(await registry.estate(home.id)).toBeUndefined();
  expect(await registry.renameHome(home.id, "Hill")).toBe(false);
});
