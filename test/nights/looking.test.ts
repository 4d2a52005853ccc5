// A technician of the clinic looks at a box from the hub: devices, frames, a recording, the audit record, over the bus.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { pairWith, takeGrant } from "../../src/config/pairing.ts";
import { ensureEdgeKey } from "../../src/crypt/edge-key.ts";
import { qualifiedBed } from "../../src/domain/ids.ts";
import type { Role } from "../../src/domain/person.ts";
import { wall } from "../../src/domain/time.ts";
import { composeLoneEdge, type LoneEdge } from "../../src/edge-alone.ts";
import { composeHub, type Hub } from "../../src/hub.ts";
import type { HubPost, PairingGrant } from "../../src/port/registry.ts";
import { createMemoryDisk } from "../../src/rehearsal/disk.ts";
import { DEFAULT_MACHINE } from "../../src/rehearsal/machine.ts";
import { createPatient } from "../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createRehearsalWorld, type RehearsalWorld, simulateBed } from "../../src/rehearse.ts";
import type { DevicesResponse, FramesResponse } from "../../src/server/contract/technician.ts";
import { createMemoryStores, type Stores } from "../../src/store/state/state.ts";
import { createMemoryTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";

const EVENING = wall(Date.parse("2026-11-21T22:00:00+08:00"));
const MINUTE_MS = 60_000;

let world: RehearsalWorld;
let stores: Stores;
let hub: Hub;
let edge: LoneEdge;
let devices: { stop(): Promise<void> };
let grant: PairingGrant;
let config: HomeConfig;
let bed: string;
let owner: string;
let tina: string;

const post: HubPost = async ({ method, url, body }) => {
  const { pathname } = new URL(url);
  const answer = await hub.app.inject({ method, url: pathname, payload: body as object });
  return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
};

/** Time goes on while it is asked for; packing and unpacking run beside, in real time. */
async function ask(url: string, cookie: string) {
  let isOver = false;
  const answer = Promise.resolve(hub.app.inject({ url, headers: { cookie } })).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await world.clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answer;
}

async function join(role: Role, name: string): Promise<string> {
  const made = await hub.app.inject({
    ...{ method: "POST", url: "/api/people/join-codes", headers: { cookie: owner } },
    payload: { role, home: grant.home },
  });
  expect(made.statusCode, made.body).toBe(200);
  return signIn(made.json().code, name);
}

async function signIn(code: string | undefined, name: string): Promise<string> {
  const payload = { code, name, language: "en" };
  const joined = await hub.app.inject({ method: "POST", url: "/api/sign-in", payload });
  expect(joined.statusCode, joined.body).toBe(200);
  return String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "";
}

const audited = async () =>
  (await world.state.audits(50)).map(({ action, detail }) => `${action}: ${detail}`);

const list = async (cookie = tina): Promise<DevicesResponse> =>
  (await ask(`/api/beds/${bed}/devices`, cookie)).json();

const now = () => world.clock.wall();

beforeEach(async () => {
  world = createRehearsalWorld({ seed: 3, startsAt: EVENING });
  stores = createMemoryStores();
  config = { ...rehearsalConfig("B"), demo: false };
  const { clock, log, memory } = world;
  hub = await composeHub(
    {
      ...world,
      ...{ state: stores.state, accounts: stores.accounts, homes: stores.homes, registry: stores.registry },
      ...{ disk: createMemoryDisk(), timeseries: createMemoryTimeseries(clock, log) },
      key: new Uint8Array(32).fill(7),
    },
    {
      ...config,
      beds: [],
      hub: { name: "City Clinic", boxes: { url: "mqtt://127.0.0.1:1883", host: "127.0.0.1", port: 0 } },
    },
    {
      ...{ pagesFolder: "/nonexistent", certificate: () => ({}), keep: () => config.keep },
      secret: async () => "",
      metricsToken: () => undefined,
    },
  );
  const organisation = (await stores.accounts.organisations())[0]?.id ?? "";
  const code = await hub.pairing.makeCode({ label: "Mei's home", organisation, by: "someone" });
  const key = await ensureEdgeKey(world.state, world.random);
  grant = await pairWith({ post, hub: "https://hub.example", code: code.code, key, random: world.random });
  await takeGrant(world.state, grant);
  bed = qualifiedBed(grant.home, "b1");
  const [first] = config.beds;
  if (first === undefined) throw new RangeError("a box needs a bed");
  devices = simulateBed({
    ...{ bed: first, zone: config.zone, memory, clock, log, random: createSeededRandom(5) },
    view: createPatient({ clock, random: createSeededRandom(4), machine: DEFAULT_MACHINE }),
  });
  edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
  owner = await signIn(grant.ownerCode, "Li");
  tina = await join("technician", "Tina");
  await clock.advance(30_000);
});

afterEach(async () => {
  await edge.stop();
  await devices.stop();
  await hub.stop();
  await world.close();
});

describe("the organisation that set a home up", { timeout: 120_000 }, () => {
  const clinic = async () => (await stores.accounts.organisations())[0]?.id ?? "";

  test("sees nothing of it before the owner agrees, whom it asks; then what the consent names, until it ends", async () => {
    const organisation = await clinic();
    const operator = await signIn(hub.ownerCode, "Operator");
    const wu = await hub.app.inject({
      ...{
        method: "POST",
        url: `/api/organisations/${organisation}/join-codes`,
        payload: { role: "technician" },
      },
      headers: { cookie: operator },
    });
    const technician = await signIn(wu.json().code, "Wu");
    const homes = async () => (await ask("/api/homes", technician)).json();
    const consents = async () => (await ask(`/api/homes/${grant.home}/consents`, owner)).json();

    expect(grant.asks).toBe("City Clinic");
    expect((await ask(`/api/beds/${bed}/devices`, technician)).statusCode).toBe(404);
    expect((await ask(`/api/beds/${bed}/nights`, operator)).statusCode).toBe(404);
    const renamed = await hub.app.inject({
      ...{ method: "PUT", url: `/api/homes/${grant.home}`, payload: { label: "The Zhaos" } },
      headers: { cookie: owner },
    });
    expect(renamed.statusCode).toBe(204);
    // By the name that the clinic gave it: how the family calls itself is not its to know.
    expect(await homes()).toMatchObject({
      homes: [],
      waiting: [{ label: "Mei's home", organisation, pairedAt: EVENING }],
    });
    expect(await consents()).toMatchObject({ consents: [], asks: organisation });

    const given = await hub.app.inject({
      ...{ method: "POST", url: `/api/homes/${grant.home}/consents`, headers: { cookie: owner } },
      payload: { organisation, roles: ["technician"] },
    });
    expect(given.statusCode).toBe(204);
    expect((await consents()).asks).toBeUndefined();
    expect(await homes()).toMatchObject({ homes: [{ label: "The Zhaos" }], waiting: [] });
    expect((await ask(`/api/beds/${bed}/devices`, technician)).statusCode).toBe(200);

    const [{ id }] = (await consents()).consents;
    const url = `/api/homes/${grant.home}/consents/${id}`;
    await hub.app.inject({ method: "DELETE", url, headers: { cookie: owner } });
    expect((await ask(`/api/beds/${bed}/devices`, technician)).statusCode).toBe(404);
    // It has had its answer: nobody is asked again.
    expect((await consents()).asks).toBeUndefined();
  });
});

describe("a technician at the hub", { timeout: 120_000 }, () => {
  test("sees of the box's devices what its own page shows", async () => {
    const { devices: seen, box } = await list();
    const own = edge.edge.devices();
    expect(seen.map(({ device }) => device)).toEqual(own.map(({ device }) => device));
    for (const [index, view] of seen.entries()) {
      const mine = own[index];
      const { family, label, role, address, options, signals, quietMs, facts, timeliness } = view;
      expect(mine).toMatchObject({
        ...{ family, label, role, address, options, signals, quietMs, facts, timeliness },
        ...{ link: view.link, simulated: true },
      });
      expect(view.bed).toBe(bed);
      expect(view.counters.observations).toBeGreaterThan(0);
      expect(view.counters.observations).toBeLessThanOrEqual(mine?.counters.observations ?? 0);
      expect(view.ageMs).toBeLessThan(5_000);
    }
    expect(box?.online).toBe(true);
    expect(now() - (box?.heardAt ?? 0)).toBeLessThan(11_000);
  });

  test("reads frames that the box sends while somebody looks, ten minutes at most, and the box writes it down", async () => {
    const [device] = (await list()).devices;
    const url = `/api/beds/${bed}/devices/${device?.device}/frames`;
    expect((await ask(url, tina)).json()).toEqual({ frames: [], look: "asking" });
    await world.clock.advance(2_000);
    const live: FramesResponse = (await ask(url, tina)).json();
    expect(live.look).toBe("live");
    const own = edge.edge.frames(device?.device ?? "") ?? [];
    expect(own).toContainEqual(live.frames[0]);
    for (const { hex, meaning } of live.frames) expect([hex, meaning]).not.toContain("");
    expect(await audited()).toContain(`frames: b1 frames of ${device?.device} for 60 s for Tina at the hub`);
    for (let second = 0; second < 11 * 60; second += 20) {
      await ask(url, tina);
      await world.clock.advance(20_000);
    }
    expect((await ask(url, tina)).json()).toEqual({ frames: [], look: "over" });
    expect((await ask(`${url}?anew=true`, tina)).json()).toEqual({ frames: [], look: "asking" });
    await world.clock.advance(2_000);
    expect((await ask(url, tina)).json()).toMatchObject({ look: "live" });
  });

  test("takes the recording that the box's own page gives, whole", async () => {
    await world.clock.advance(2 * MINUTE_MS);
    const to = now() - 10_000;
    const from = to - MINUTE_MS;
    for (const { device } of (await list()).devices) {
      const url = `/api/beds/${bed}/devices/${device}/recording?from=${from}&to=${to}`;
      const answer = await ask(url, tina);
      expect(answer.statusCode, answer.body).toBe(200);
      expect(answer.headers["content-disposition"]).toMatch(/-SIMULATED\.transcript"$/);
      expect(answer.body).toBe(await edge.edge.recording(device, wall(from), wall(to)));
      expect(await audited()).toContainEqual(
        expect.stringMatching(`^recording: b1 ${device} .* for Tina at the hub$`),
      );
    }
    const [kept] = await stores.homes.of(grant.home).audits(1);
    expect(kept).toMatchObject({ action: "recording" });
  });

  test("is told since when the box is away, and gets nothing of it", async () => {
    const [device] = (await list()).devices;
    await edge.stop();
    await world.clock.advance(40_000);
    const { devices: seen, box } = await list();
    expect(seen).toHaveLength(2);
    expect(box?.online).toBe(false);
    const frames = await ask(`/api/beds/${bed}/devices/${device?.device}/frames`, tina);
    expect(frames.statusCode).toBe(503);
    const since = new Date(box?.heardAt ?? 0).toISOString().slice(0, 16);
    expect(frames.json()).toMatchObject({
      code: "EDGE_SILENT",
      detail: expect.stringContaining(`The bedside box has not been heard since ${since}`),
    });
    const times = `from=${EVENING}&to=${EVENING + MINUTE_MS}`;
    const recording = await ask(`/api/beds/${bed}/devices/${device?.device}/recording?${times}`, tina);
    expect(recording.json()).toMatchObject({ code: "EDGE_SILENT" });
    expect((await ask(`/api/beds/${bed}/audit`, owner)).json()).toMatchObject({ code: "EDGE_SILENT" });
  });

  test("has no rights here that the box's own page does not give", async () => {
    const [device] = (await list()).devices;
    expect((await ask(`/api/beds/${bed}/audit`, tina)).statusCode).toBe(403);
    const therapist = await join("therapist", "Dr Wu");
    expect((await ask(`/api/beds/${bed}/devices`, therapist)).statusCode).toBe(403);
    const other = qualifiedBed("aaaaaaaaaa", "b1");
    expect((await ask(`/api/beds/${other}/devices/${device?.device}/frames`, tina)).statusCode).toBe(404);
    expect((await ask("/api/devices", tina)).statusCode).toBe(404);
    expect((await ask(`/api/beds/${bed}/commissionings`, tina)).json()).toMatchObject({
      code: "NOT_FOUND",
      fix: "Open the box's own page in the house.",
    });
  });
});

describe("the audit record", { timeout: 120_000 }, () => {
  test.each(["jsonl", "csv"] as const)("is the box's own, as %s, for owner and therapist", async (format) => {
    await ask(`/api/beds/${bed}/limits`, owner);
    const therapist = await join("therapist", "Dr Wu");
    const until = now();
    const url = `/api/beds/${bed}/audit?format=${format}&to=${until}`;
    const texts = edge.edge.auditRecord("b1", format, wall(0), until);
    let own = "";
    for await (const text of texts) own += text;
    expect(own.split("\n").length).toBeGreaterThan(2);
    expect((await ask(url, owner)).body).toBe(own);
    expect((await ask(url, therapist)).body).toBe(own);
    expect(await audited()).toContainEqual(
      expect.stringMatching(/^audit_export: b1 .* for Dr Wu at the hub$/),
    );
  });
});
