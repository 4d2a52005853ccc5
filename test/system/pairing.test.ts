import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { estateOf } from "../../src/config/estate.ts";
import { keptGrant, leaveEstate, pairWith, takeGrant } from "../../src/config/pairing.ts";
import { edgeKeyOf, ensureEdgeKey } from "../../src/crypt/edge-key.ts";
import { readClaimLink } from "../../src/crypt/pairing.ts";
import { wall } from "../../src/domain/time.ts";
import { type Certificates, openOwnCertificates } from "../../src/ops/certificates.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createHubPost } from "../../src/ops/hub-request.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { HubPost } from "../../src/port/registry.ts";
import type { State } from "../../src/port/state.ts";
import { listen, renewCertificate } from "../../src/server/listen.ts";
import { createPairingDesk, type PairingDesk } from "../../src/server/pairing-desk.ts";
import { createMemoryStores } from "../../src/store/state/state.ts";
import { silentLog } from "../support/silent-log.ts";
import { type Harness, startHarness } from "../unit/server/harness.ts";

const clock = createClock();
const random = createRandom();
const post: HubPost = createHubPost(clock);

interface Hub {
  readonly url: string;
  readonly desk: PairingDesk;
  readonly certificates: Certificates;
  readonly harness: Harness;
  /** Broker users by name. */
  readonly users: Map<string, string>;
}

/** A hub's pages over TLS on a free port, with a certificate of its own authority. */
async function startHub(): Promise<Hub> {
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-pairing-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const key = random.bytes(32);
  const names = ["127.0.0.1", "localhost"];
  const certificates = await openOwnCertificates({ folder, names, key, clock, random, log: silentLog });
  const users = new Map<string, string>();
  const stores = createMemoryStores();
  const at = { url: "" };
  const desk = createPairingDesk({
    ...{ registry: stores.registry, state: stores.state, key, clock, random, log: silentLog },
    tell: async () => undefined,
    users: {
      put: async (user, password) => void users.set(user, password),
      remove: async (user) => void users.delete(user),
      list: async () => [...users.keys()],
    },
    hub: () => ({
      ...{ url: at.url, brokerUrl: "mqtts://127.0.0.1:8883", pin: certificates.facts().pin },
      ca: certificates.authority?.pem ?? "",
    }),
  });
  await desk.start();
  const harness = await startHarness({ tls: certificates.current(), pairing: desk });
  const { url } = await listen(harness.app, { host: "127.0.0.1", port: 0, tls: certificates.current() });
  at.url = url;
  onTestFinished(async () => {
    desk.stop();
    await harness.close();
    await stores.close();
  });
  return { url, desk, certificates, harness, users };
}

function openState(): State {
  const stores = createMemoryStores();
  onTestFinished(() => stores.close());
  return stores.state;
}

/** The members of a family, as the box before knew them. */
async function live(state: State): Promise<void> {
  await state.setValue("ack_key", '"the key of answers"');
  await state.putPerson({ id: "mother", name: "Mother", role: "owner", language: "en" });
  await state.putTarget({
    ...{ id: "phoneaaaaa", person: "mother", channel: "web-push", label: "Phone", addedAt: wall(1) },
    settings: { endpoint: "https://push.example/1" },
  });
}

describe("over real TLS", () => {
  test("a box is paired by what its QR code holds, and a spare one takes its home over", async () => {
    const hub = await startHub();
    const cookie = await hub.harness.signIn("technician");
    const made = await hub.harness.app.inject({
      ...{ method: "POST", url: "/api/homes/codes", headers: { cookie } },
      payload: { label: "Lakeside" },
    });
    expect(made.statusCode).toBe(200);
    const link = readClaimLink(made.json().link);
    if (link === undefined) throw new Error("no link");
    const first = openState();
    await live(first);
    const firstKey = await ensureEdgeKey(first, random);
    const grant = await pairWith({ post, ...link, key: firstKey, random });
    await takeGrant(first, grant);
    expect(await keptGrant(first)).toMatchObject({ home: grant.home, box: grant.box });
    expect(hub.users.get(grant.broker.username)).toBe(grant.broker.password);
    expect(await leaveEstate({ post, state: first, key: firstKey, grant, beds: ["b1"] })).toBe(true);
    expect(await leaveEstate({ post, state: first, key: firstKey, grant, beds: ["b1"] })).toBe(false);

    const adopt = await hub.desk.makeCode({ home: grant.home, label: "", by: "technician" });
    const second = openState();
    const secondKey = await ensureEdgeKey(second, random);
    const spare = await pairWith({ post, ...(readClaimLink(adopt.link) ?? link), key: secondKey, random });
    await takeGrant(second, spare);
    expect(spare.home).toBe(grant.home);
    expect(await second.value("ack_key")).toBe('"the key of answers"');
    expect(await second.targets()).toEqual(await first.targets());
    expect((await estateOf(second, ["b1"])).people).toEqual(await first.people());
    expect([...hub.users.keys()]).toEqual([spare.broker.username]);
    // The old box is out: nothing that it asks counts any more.
    await first.setValue("ack_key", '"changed"');
    await expect(
      leaveEstate({ post, state: first, key: firstKey, grant, beds: ["b1"] }),
    ).rejects.toMatchObject({ code: "NOT_ALLOWED" });
    expect(hub.harness.complaints()).toEqual([]);
  });

  test.each([
    ["technician", false],
    ["owner", true],
  ] as const)("a home paired by a code of the hub's %s is theirs: %s", async (role, isTheirs) => {
    const hub = await startHub();
    const cookie = await hub.harness.signIn(role);
    const made = await hub.harness.app.inject({
      ...{ method: "POST", url: "/api/homes/codes", headers: { cookie } },
      payload: { label: "Lakeside" },
    });
    const link = readClaimLink(made.json().link);
    if (link === undefined) throw new Error("no link");
    const key = edgeKeyOf(random.bytes(32));
    const { home, ownerCode } = await pairWith({ post, ...link, key, random });
    const maker = await hub.harness.person(role);
    const members = await hub.harness.accounts.members(home);
    expect(members.map(({ id, role: as }) => [id, as])).toEqual(isTheirs ? [[maker.id, "owner"]] : []);
    // Who is not served that way signs in with the code that the box has printed.
    expect(ownerCode === undefined).toBe(isTheirs);
  });

  test("a hub with another certificate is told nothing, and one without a pin has to be vouched for", async () => {
    const hub = await startHub();
    const { code } = await hub.desk.makeCode({ label: "Lakeside", by: "technician" });
    const key = edgeKeyOf(random.bytes(32));
    const asked = { post, hub: hub.url, code, key, random };
    await expect(pairWith({ ...asked, pin: "A".repeat(43) })).rejects.toMatchObject({ code: "HUB_FOREIGN" });
    await expect(pairWith(asked)).rejects.toMatchObject({ code: "HUB_UNREACHABLE" });
    expect(await hub.desk.registry.homes()).toEqual([]);
    await expect(pairWith({ ...asked, pin: hub.certificates.facts().pin })).resolves.toBeDefined();
    await expect(
      pairWith({ ...asked, code: "aaaaa-aaaaa", pin: hub.certificates.facts().pin }),
    ).rejects.toMatchObject({ code: "NOT_ALLOWED" });
  });

  test("nobody guesses a code: after ten tries a minute has to pass", async () => {
    const hub = await startHub();
    const pin = hub.certificates.facts().pin;
    const key = edgeKeyOf(random.bytes(32));
    const guess = async (): Promise<string> => {
      try {
        await pairWith({ post, hub: hub.url, code: "aaaaa-aaaaa", pin, key, random });
        return "paired";
      } catch (error) {
        return error instanceof Error && "code" in error ? String(error.code) : "";
      }
    };
    const answers: string[] = [];
    for (let tries = 0; tries < 12; tries += 1) answers.push(await guess());
    expect(answers.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => "NOT_ALLOWED"));
    expect(answers.slice(10)).toEqual(["RATE_LIMITED", "RATE_LIMITED"]);
  });

  test("without TLS nothing is told to another machine", async () => {
    const asked = {
      post,
      hub: "http://hub.example",
      code: "aaaaa-aaaaa",
      key: edgeKeyOf(random.bytes(32)),
      random,
    };
    await expect(pairWith(asked)).rejects.toMatchObject({ code: "HTTP_INSECURE" });
  });

  test("a certificate is exchanged while the pages run, and connections that stand go on", async () => {
    const hub = await startHub();
    const ca = hub.certificates.authority?.pem ?? "";
    const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-other-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const other = await openOwnCertificates({
      ...{ folder, names: ["127.0.0.1"], key: random.bytes(32), clock, random, log: silentLog },
    });
    const before = await pinAt(hub.url, ca);
    expect(before.pin).toBe(hub.certificates.facts().pin);
    renewCertificate(hub.harness.app, other.current());
    expect((await pinAt(hub.url, other.authority?.pem ?? "")).pin).toBe(other.facts().pin);
    expect(before.socket.destroyed).toBe(false);
    before.socket.destroy();
  });
});

/** The certificate of whoever answers there, as an authority vouches for it. */
function pinAt(url: string, ca: string): Promise<{ readonly pin: string; readonly socket: TLSSocket }> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/api/me`, { ca, headers: { connection: "keep-alive" } }, (answer) => {
      answer.resume();
      // A request over TLS has a TLS socket.
      const socket = answer.socket as TLSSocket;
      const spki = socket.getPeerX509Certificate()?.publicKey.export({ format: "der", type: "spki" });
      answer.on("end", () => {
        crypto.subtle
          .digest("SHA-256", Uint8Array.from(spki ?? []))
          .then((hash) => resolve({ pin: Buffer.from(hash).toString("base64url"), socket }), reject);
      });
    });
    asking.on("error", reject);
    asking.end();
  });
}
