import { expect, onTestFinished, test } from "vitest";
import { edgeKeyOf } from "../../../src/crypt/edge-key.ts";
import { estateRequest, pairRequest, readClaimLink } from "../../../src/crypt/pairing.ts";
import { isPutOut, type PutOut } from "../../../src/crypt/put-out.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { wall } from "../../../src/domain/time.ts";
import type { BrokerUsers } from "../../../src/port/bus.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { CLAIM_CODE_MS, createPairingDesk, type PairingDesk } from "../../../src/server/pairing-desk.ts";
import { createMemoryStores } from "../../../src/store/state/state.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOW = wall(Date.UTC(2026, 10, 22, 12));
const keyA = edgeKeyOf(new Uint8Array(32).fill(1));
const keyB = edgeKeyOf(new Uint8Array(32).fill(2));
const nonce = new Uint8Array(16);
const estateText = JSON.stringify({
  values: {},
  people: [],
  targets: [],
  limits: [],
  clinics: [],
  beds: ["b1"],
});

interface Broker extends BrokerUsers {
  readonly users: Map<string, string>;
  isDown: boolean;
  /** Notices never arrive. */
  isDeaf: boolean;
  /** Boxes that were told while they were still let in. */
  readonly told: string[];
}

function createBroker(): Broker {
  const users = new Map<string, string>();
  const broker: Broker = {
    ...{ users, isDown: false, isDeaf: false, told: [] },
    put: (user, password) => answer(() => void users.set(user, password)),
    remove: (user) => answer(() => void users.delete(user)),
    list: () => answer(() => [...users.keys()]),
  };
  async function answer<T>(work: () => T): Promise<T> {
    if (broker.isDown) throw new Fault("BUS_UNREACHABLE", "the broker is down");
    return work();
  }
  return broker;
}

interface Bench {
  readonly desk: PairingDesk;
  readonly broker: Broker;
  readonly clock: VirtualClock;
  /** Another run of the hub on the same file, with this broker. */
  restart(broker?: Broker): Promise<Bench>;
}

async function startDesk(broker = createBroker(), stores = createMemoryStores()): Promise<Bench> {
  const clock = createVirtualClock(NOW);
  const desk = createPairingDesk({
    ...{ registry: stores.registry, state: stores.state, users: broker, clock, log: silentLog },
    tell: async (notice) => {
      broker.told.push(
        [...broker.users.keys()].includes(`${notice.home}.${notice.box}`) ? notice.box : "too late",
      );
      if (broker.isDeaf) await new Promise(() => undefined);
    },
    random: createSeededRandom(broker.users.size + 3),
    key: new Uint8Array(32).fill(9),
    hub: () => ({
      url: "https://hub.example",
      brokerUrl: "mqtts://hub.example:8883",
      pin: "thepin",
      ca: "PEM",
    }),
  });
  await desk.start();
  await clock.advance(0);
  onTestFinished(() => desk.stop());
  return {
    ...{ desk, broker, clock },
    async restart(next = broker) {
      desk.stop();
      return startDesk(next, stores);
    },
  };
}

const newHome = { label: "Lakeside", by: "technician" } as const;

test("a box that holds a code becomes the box of a new home, and may use the broker", async () => {
  const { desk, broker } = await startDesk();
  const { code, link } = await desk.makeCode(newHome);
  expect(readClaimLink(link)).toEqual({ hub: "https://hub.example", code, pin: "thepin" });
  const { grant } = await desk.pair(pairRequest(keyA, code, nonce));
  expect(grant).toMatchObject({ hub: "https://hub.example", ca: "PEM", hubTime: NOW });
  expect(grant.broker).toMatchObject({
    url: "mqtts://hub.example:8883",
    username: `${grant.home}.${grant.box}`,
  });
  expect(broker.users).toEqual(new Map([[grant.broker.username, grant.broker.password]]));
  expect(desk.isKnown(grant.home)).toBe(true);
  const ours = desk.pairingKeyOf(grant.home);
  expect(ours).toHaveLength(32);
  expect(Buffer.from(ours ?? []).toString("base64url")).toBe(grant.pairingKey);
});

test("how a code is typed does not matter: case, dashes and lookalikes", async () => {
  const { desk } = await startDesk();
  const { code } = await desk.makeCode(newHome);
  const typed = code.toUpperCase().replace("-", " ").replaceAll("O", "0").replaceAll("B", "8");
  expect((await desk.pair(pairRequest(keyA, typed, nonce))).verdict.kind).toBe("paired");
});

test("asking again with the same key gives the same answer; another key gets nothing", async () => {
  const { desk } = await startDesk();
  const { code } = await desk.makeCode(newHome);
  const first = await desk.pair(pairRequest(keyA, code, nonce));
  const again = await desk.pair(pairRequest(keyA, code, nonce));
  expect(again.grant).toEqual(first.grant);
  await expect(desk.pair(pairRequest(keyB, code, nonce))).rejects.toMatchObject({ code: "NOT_ALLOWED" });
});

test("a wrong code, an old code and a request that another key signed are refused", async () => {
  const { desk, clock } = await startDesk();
  const { code } = await desk.makeCode(newHome);
  const refused = { code: "NOT_ALLOWED" };
  await expect(desk.pair(pairRequest(keyA, "aaaaa-aaaaa", nonce))).rejects.toMatchObject(refused);
  const forged = { ...pairRequest(keyA, code, nonce), publicKey: keyB.publicKey };
  await expect(desk.pair(forged)).rejects.toMatchObject(refused);
  const elsewhere = { ...pairRequest(keyA, code, nonce), home: "otherhome2" };
  await expect(desk.pair(elsewhere)).rejects.toMatchObject(refused);
  await clock.advance(CLAIM_CODE_MS);
  await expect(desk.pair(pairRequest(keyA, code, nonce))).rejects.toMatchObject(refused);
});

test("a revoked box is out at once, at the broker and with all that it asks", async () => {
  const { desk, broker } = await startDesk();
  const { code } = await desk.makeCode(newHome);
  const { grant } = await desk.pair(pairRequest(keyA, code, nonce));
  await expect(desk.revoke("otherhome2", grant.box)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await desk.revoke(grant.home, grant.box);
  expect(broker.users.size).toBe(0);
  expect(desk.isKnown(grant.home)).toBe(false);
  expect(desk.pairingKeyOf(grant.home)).toBeUndefined();
  await expect(
    desk.keepEstate(grant.box, estateRequest(keyA, grant.box, 1, estateText)),
  ).rejects.toMatchObject({
    code: "NOT_ALLOWED",
  });
  await expect(desk.pair(pairRequest(keyA, code, nonce))).rejects.toMatchObject({ code: "NOT_ALLOWED" });
});

test("a spare box gets the home with what the old one left, and the old one is out", async () => {
  const { desk, broker } = await startDesk();
  const first = (await desk.pair(pairRequest(keyA, (await desk.makeCode(newHome)).code, nonce))).grant;
  await desk.keepEstate(first.box, estateRequest(keyA, first.box, 1, estateText));
  const { code } = await desk.makeCode({ home: first.home, label: "", by: "technician" });
  const second = (await desk.pair(pairRequest(keyB, code, nonce))).grant;
  expect(second.home).toBe(first.home);
  expect(second.box).not.toBe(first.box);
  expect(second.pairingKey).not.toBe(first.pairingKey);
  expect(second.estate).toEqual(JSON.parse(estateText));
  expect([...broker.users.keys()]).toEqual([second.broker.username]);
  // What it left itself is not given back to it: it knows better.
  await desk.keepEstate(second.box, estateRequest(keyB, second.box, 1, estateText));
  expect((await desk.pair(pairRequest(keyB, code, nonce))).grant.estate).toBeUndefined();
});

test("what a box leaves has to be signed by it, newer than what is there, and something that a box leaves", async () => {
  const { desk } = await startDesk();
  const { box } = (await desk.pair(pairRequest(keyA, (await desk.makeCode(newHome)).code, nonce))).grant;
  const leave = (key: typeof keyA, revision: number, text: string): Promise<void> =>
    desk.keepEstate(box, estateRequest(key, box, revision, text));
  await expect(leave(keyB, 1, estateText)).rejects.toMatchObject({ code: "NOT_ALLOWED" });
  await expect(leave(keyA, 1, "[]")).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await expect(leave(keyA, 1, "{")).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await leave(keyA, 2, estateText);
  await expect(leave(keyA, 2, estateText)).rejects.toMatchObject({ code: "CONFLICT" });
  const signed = estateRequest(keyA, box, 3, estateText);
  await expect(desk.keepEstate(box, { ...signed, revision: 4 })).rejects.toMatchObject({
    code: "NOT_ALLOWED",
  });
});

test("while the broker is down a box is told so, and its code works again later", async () => {
  const { desk, broker } = await startDesk();
  const { code } = await desk.makeCode(newHome);
  broker.isDown = true;
  await expect(desk.pair(pairRequest(keyA, code, nonce))).rejects.toMatchObject({ code: "BUS_UNREACHABLE" });
  broker.isDown = false;
  const { grant } = await desk.pair(pairRequest(keyA, code, nonce));
  expect([...broker.users.keys()]).toEqual([grant.broker.username]);
});

test("a box that was revoked while the broker was down is put out as soon as the broker is back", async () => {
  const { desk, broker, clock } = await startDesk();
  const { grant } = await desk.pair(pairRequest(keyA, (await desk.makeCode(newHome)).code, nonce));
  broker.isDown = true;
  await desk.revoke(grant.home, grant.box);
  expect(broker.users.size).toBe(1);
  broker.isDown = false;
  await clock.advance(10_000);
  expect(broker.users.size).toBe(0);
});

test("a box of a home that was deleted while the broker was down is put out after a restart too", async () => {
  const bench = await startDesk();
  const { grant } = await bench.desk.pair(
    pairRequest(keyA, (await bench.desk.makeCode(newHome)).code, nonce),
  );
  bench.broker.users.set("stranger22.strangebox", "of another hub");
  bench.broker.isDown = true;
  await bench.desk.removeHome(grant.home);
  expect([...bench.broker.users.keys()]).toContain(grant.broker.username);
  const still = await bench.restart();
  expect([...still.broker.users.keys()]).toContain(grant.broker.username);
  bench.broker.isDown = false;
  const again = await still.restart();
  expect([...again.broker.users.keys()]).toEqual(["stranger22.strangebox"]);
  // Once it is done nobody holds anything against that name.
  again.broker.users.set(grant.broker.username, "given by somebody else");
  await again.restart();
  expect(again.broker.users.has(grant.broker.username)).toBe(true);
});

test("a hub that starts again brings the broker's users in line with its own", async () => {
  const bench = await startDesk();
  const { grant } = await bench.desk.pair(
    pairRequest(keyA, (await bench.desk.makeCode(newHome)).code, nonce),
  );
  const other = createBroker();
  other.users.set(`${grant.home}.strangebox`, "left behind");
  const again = await bench.restart(other);
  expect(other.users).toEqual(new Map([[grant.broker.username, grant.broker.password]]));
  expect(again.desk.isKnown(grant.home)).toBe(true);
});

test("a hub with an older registry, or another's broker, puts nobody out whose home it has never had", async () => {
  const bench = await startDesk();
  const other = createBroker();
  other.users.set("stranger22.strangebox", "of another hub");
  await bench.restart(other);
  expect([...other.users]).toEqual([["stranger22.strangebox", "of another hub"]]);
});

test("a box that is taken in before the broker is compared with the registry stays in", async () => {
  const broker = createBroker();
  broker.isDown = true;
  const { desk, clock } = await startDesk(broker);
  const { code } = await desk.makeCode(newHome);
  broker.isDown = false;
  const { grant } = await desk.pair(pairRequest(keyA, code, nonce));
  await clock.advance(20_000);
  expect([...broker.users.keys()]).toEqual([grant.broker.username]);
});

test("a home that is taken away takes its box with it", async () => {
  const { desk, broker } = await startDesk();
  const { grant } = await desk.pair(pairRequest(keyA, (await desk.makeCode(newHome)).code, nonce));
  await desk.removeHome(grant.home);
  expect(broker.users.size).toBe(0);
  expect(desk.isKnown(grant.home)).toBe(false);
  await expect(desk.removeHome(grant.home)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(desk.makeCode({ home: grant.home, label: "", by: "x" })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("a box that is put out is told before its user goes, and for good when it asks", async () => {
  const bench = await startDesk();
  const { code } = await bench.desk.makeCode(newHome);
  const { grant } = await bench.desk.pair(pairRequest(keyA, code, nonce));
  expect(await bench.desk.noticeOf(grant.box)).toBeUndefined();
  await bench.desk.revoke(grant.home, grant.box);
  expect(bench.broker.told).toEqual([grant.box]);
  const again = await bench.restart();
  const notice = JSON.parse((await again.desk.noticeOf(grant.box)) ?? "null") as PutOut;
  const key = Buffer.from(grant.pairingKey, "base64url");
  expect(notice).toMatchObject({ home: grant.home, box: grant.box, hub: "https://hub.example", at: NOW });
  expect(isPutOut(key, grant, notice)).toBe(true);
  // Made up, of another box, of another pairing: none.
  expect(isPutOut(key, grant, { ...notice, hub: "https://other.example" })).toBe(false);
  expect(isPutOut(key, { ...grant, box: "aaaaaaaaaa" }, notice)).toBe(false);
  expect(isPutOut(new Uint8Array(32), grant, notice)).toBe(false);
});

test("a broker that does not bring the notice does not keep a box in for longer than a second", async () => {
  const bench = await startDesk();
  const { code } = await bench.desk.makeCode(newHome);
  const { grant } = await bench.desk.pair(pairRequest(keyA, code, nonce));
  bench.broker.isDeaf = true;
  const revoked = bench.desk.revoke(grant.home, grant.box);
  await bench.clock.advance(1_000);
  await revoked;
  expect([...bench.broker.users.keys()]).toEqual([]);
});

test("a box whose place another one took is told too", async () => {
  const bench = await startDesk();
  const first = await bench.desk.makeCode(newHome);
  const { grant } = await bench.desk.pair(pairRequest(keyA, first.code, nonce));
  const second = await bench.desk.makeCode({ ...newHome, home: grant.home });
  await bench.desk.pair(pairRequest(keyB, second.code, nonce));
  expect(bench.broker.told).toEqual([grant.box]);
  expect(await bench.desk.noticeOf(grant.box)).toContain(grant.box);
});
