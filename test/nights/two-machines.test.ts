// A box and a hub on one virtual night: pairing, settings, commands, and what the hub does when the box falls silent.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { write } from "../../src/bus/messages.ts";
import { createOfflineBus } from "../../src/bus/offline.ts";
import { signSaid } from "../../src/bus/said.ts";
import { bedTopic } from "../../src/bus/topics.ts";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { webhooksOf } from "../../src/config/identity.ts";
import { accessName } from "../../src/domain/channel-access.ts";
import { Fault } from "../../src/domain/fault.ts";
import { qualifiedBed } from "../../src/domain/ids.ts";
import { wall } from "../../src/domain/time.ts";
import { composeLoneEdge, type LoneEdge } from "../../src/edge-alone.ts";
import type { Hub } from "../../src/hub.ts";
import type { PairingGrant } from "../../src/port/registry.ts";
import { createMemoryDisk } from "../../src/rehearsal/disk.ts";
import { createRehearsalWorld, type RehearsalWorld } from "../../src/rehearse.ts";
import { createMemoryStores, type Stores } from "../../src/store/state/state.ts";
import { createMemoryTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { composeClinic, pairBox, postTo } from "../support/hub-home.ts";
import { httpTo, NtfyServer } from "../support/ntfy-server.ts";

const EVENING = wall(Date.parse("2026-11-21T22:00:00+08:00"));
const HOOK = "https://hook.example.org/ring";
const [KEPT, LOST] = ["keptkeptke", "lostlostlo"] as const;
const MEI = { id: "meimeimeim", name: "Mei", role: "caregiver", language: "zh-Hans" } as const;

let world: RehearsalWorld;
let stores: Stores;
let hub: Hub;
let startHub: () => Promise<Hub>;
let edge: LoneEdge;
let grant: PairingGrant;
let config: HomeConfig;
let cookie: string;
let bed: string;

const post = postTo(() => hub);

const ask = (method: "GET" | "POST" | "PUT", url: string, payload?: object) =>
  hub.app.inject({
    ...{ method, url, headers: { cookie, "if-match": '"0"' } },
    ...(payload === undefined ? {} : { payload }),
  });

const fold = () => hub.live.fold(bed);

beforeEach(async () => {
  world = createRehearsalWorld({ seed: 3, startsAt: EVENING });
  stores = createMemoryStores();
  const base = rehearsalConfig("B");
  const devices = [{ family: "nonin-serial", port: "/dev/breathwatch-none", label: "Finger", options: {} }];
  config = { ...base, demo: false, beds: base.beds.map((one) => ({ ...one, devices })) };
  const { clock, log } = world;
  const disk = createMemoryDisk();
  startHub = () =>
    composeClinic(world, stores, config, { disk, timeseries: createMemoryTimeseries(clock, log) });
  hub = await startHub();
  grant = await pairBox(world, stores, hub, post);
  bed = qualifiedBed(grant.home, "b1");
  edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
  const joined = await hub.app.inject({
    method: "POST",
    url: "/api/sign-in",
    payload: { code: grant.ownerCode, name: "Li", language: "en" },
  });
  expect(joined.statusCode, joined.body).toBe(200);
  cookie = String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "";
  await world.clock.advance(20_000);
});

afterEach(async () => {
  await edge.stop();
  await hub.stop();
  await world.close();
});

/** What the hub's own health says of what boxes refused. */
async function settingsHealth(): Promise<{
  readonly id: string;
  readonly level: string;
  readonly count: number;
  readonly detail?: string;
}> {
  const payload = { code: hub.ownerCode, name: "Operator", language: "en" };
  const joined = await hub.app.inject({ method: "POST", url: "/api/sign-in", payload });
  const operator = String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "";
  const answer = await hub.app.inject({ url: "/api/health", headers: { cookie: operator } });
  return answer.json().findings.find(({ id }: { readonly id: string }) => id === "settings");
}

describe("a box that was paired", { timeout: 120_000 }, () => {
  test("is seen at the hub, and by nobody of another home", async () => {
    expect(hub.live.bed(bed)).toMatchObject({ label: "Rehearsal", zone: "Asia/Shanghai" });
    expect(fold()?.watch.on).toBe(true);
    expect((await ask("GET", `/api/beds/${bed}/limits`)).statusCode).toBe(200);
    const other = qualifiedBed("aaaaaaaaaa", "b1");
    expect((await ask("GET", `/api/beds/${other}/limits`)).statusCode).toBe(404);
    expect((await hub.app.inject({ url: `/api/beds/${bed}/limits` })).statusCode).toBe(401);
  });

  test("takes a call from the hub's page, and tells that it has it", async () => {
    const called = ask("POST", `/api/beds/${bed}/call`, { how: "touch", kind: "come" });
    await world.clock.advance(1_000);
    expect((await called).json()).toEqual({ accepted: true });
    const open = edge.edge.live.fold("b1")?.open.map(({ condition }) => condition);
    expect(open).toContain("PATIENT_CALL");
    await world.clock.advance(1_000);
    expect(fold()?.open.map(({ condition }) => condition)).toContain("PATIENT_CALL");
  });

  test("runs on phones and limits that were set at the hub, also after a restart without it", async () => {
    const state = stores.homes.of(grant.home);
    await state.putPerson(MEI);
    await state.putTarget({
      ...{ id: "hook", channel: "webhook", person: MEI.id, label: "Mei's phone", addedAt: EVENING },
      settings: { url: HOOK, secret: "correct horse battery" },
    });
    const saved = ask("PUT", `/api/beds/${bed}/limits`, {
      limits: { SPO2_LOW: { limit: 90 } },
      reason: "agreed",
      confirm: true,
    });
    await world.clock.advance(8_000);
    expect((await saved).json()).toMatchObject({ delivered: true });
    expect(edge.edge.live.fold("b1")?.limits.version).toBe(1);
    expect(edge.edge.targets.list().map(({ id }) => id)).toEqual(["hook"]);

    await edge.stop();
    await hub.stop();
    edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
    await world.clock.advance(5_000);
    expect(edge.edge.live.fold("b1")?.limits.version).toBe(1);
    expect(edge.edge.targets.list().map(({ id }) => id)).toEqual(["hook"]);
  });

  test("whose settings could not be taken over says why at the hub, and has them once they can", async () => {
    const failing = vi
      .spyOn(world.state, "adoptPerson")
      .mockRejectedValue(new Fault("STATE_FAILED", "the disk is full"));
    await stores.homes.of(grant.home).putPerson(MEI);
    const saved = ask("PUT", `/api/beds/${bed}/limits`, {
      limits: { SPO2_LOW: { limit: 90 } },
      reason: "agreed",
      confirm: true,
    });
    await world.clock.advance(8_000);
    expect((await saved).json()).toMatchObject({ delivered: false });
    const reason = "the disk is full (STATE_FAILED)";
    expect(hub.live.state(bed)?.refusedSettings).toBe(reason);
    expect(edge.edge.live.state("b1")?.refusedSettings).toBe(reason);
    const { id, level, count, detail } = await settingsHealth();
    expect({ id, level, count, detail }).toEqual({
      id: "settings",
      level: "warning",
      count: 1,
      detail: reason,
    });
    failing.mockRestore();
    // The next try comes by itself.
    await world.clock.advance(5 * 60_000);
    expect(edge.edge.live.fold("b1")?.limits.version).toBe(1);
    expect(hub.live.state(bed)).not.toHaveProperty("refusedSettings");
    expect(await settingsHealth()).toMatchObject({ level: "ok", count: 0 });
  });

  test("is asked for by nobody else: an answer that somebody made up is none", async () => {
    await edge.stop();
    const forger = world.bus.connect({ url: "mqtt://127.0.0.1:1883", clientId: "forger" });
    const topic = bedTopic(grant.home, "b1", "command/result");
    let tries = 0;
    forger.subscribe(bedTopic(grant.home, "b1", "command"), (_topic, payload) => {
      const { command } = JSON.parse(payload) as { readonly command: { readonly id: string } };
      const done = write({ id: command.id, outcome: "done", at: world.clock.wall() });
      const said = { epoch: "made-up", count: 0, sessions: [] };
      const signed = signSaid(
        new Uint8Array(32),
        { home: grant.home, bed: "b1" },
        "command/result",
        done,
        said,
      );
      for (const one of [done, signed]) {
        tries++;
        forger.publish(topic, one, { retain: false }).catch(() => undefined);
      }
    });
    await world.clock.advance(1_000);
    const called = ask("POST", `/api/beds/${bed}/call`, { how: "touch", kind: "come" });
    await world.clock.advance(12_000);
    const answer = await called;
    expect(tries).toBeGreaterThan(1);
    expect(answer.json()).toMatchObject({ code: "EDGE_SILENT" });
    await forger.close();
  });

  test("has answers counted that come to the hub from a webhook of its own configuration, once each", async () => {
    await edge.stop();
    const webhooks = [{ label: "Siren", url: HOOK, secret: "correct horse battery" }];
    edge = await composeLoneEdge(world, { ...config, webhooks }, { pagesFolder: "/nonexistent", post });
    await world.clock.advance(15_000);
    // Also by a hub that has started anew and reads what the box was from its own file.
    await hub.stop();
    hub = await startHub();
    await world.clock.advance(15_000);
    const called = edge.edge.command("b1", {
      ...{ kind: "call", id: "pressed", call: { how: "touch", kind: "come" } },
    });
    expect(called).toEqual({ accepted: true });
    await world.clock.advance(5_000);
    const rung = world.http.requests.filter(({ url }) => url === HOOK);
    const message = JSON.parse(new TextDecoder().decode(rung.at(-1)?.body)) as { acknowledgeUrl: string };
    const { pathname } = new URL(message.acknowledgeUrl);
    expect(pathname.startsWith(`/api/a/${grant.home}.`)).toBe(true);
    const answer = async () => {
      const asked = hub.app.inject({ method: "POST", url: pathname });
      await world.clock.advance(2_000);
      return (await asked).statusCode;
    };
    const callOf = () =>
      edge.edge.live.fold("b1")?.open.find(({ condition }) => condition === "PATIENT_CALL");
    expect(await answer()).toBe(200);
    const first = callOf()?.acknowledgement;
    expect(first?.by).toEqual({ id: "webhook", name: "Siren" });
    await answer();
    expect(callOf()?.acknowledgement).toEqual(first);
    // A webhook that the box does not name any more is nobody.
    await edge.stop();
    edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
    await world.clock.advance(15_000);
    expect(await answer()).not.toBe(200);
  });

  test("calls the webhooks that its configuration names now, and its hub knows them", async () => {
    const other = "https://other.example.org/ring";
    const hook = (url: string, label: string) => ({ label, url, secret: "correct horse battery" });
    await edge.stop();
    edge = await composeLoneEdge(
      world,
      { ...config, webhooks: [hook(HOOK, "Siren")] },
      { pagesFolder: "/nonexistent", post },
    );
    await world.clock.advance(15_000);
    edge.edge.setWebhooks(webhooksOf({ ...config, webhooks: [hook(other, "Lamp")] }, world.clock.wall()));
    await world.clock.advance(2_000);
    expect(edge.edge.targets.list().map(({ label }) => label)).toEqual(["Lamp"]);
    expect(edge.edge.live.state("b1")?.readiness?.targets.map(({ label }) => label)).toEqual(["Lamp"]);
    const before = world.http.requests.length;
    edge.edge.command("b1", { ...{ kind: "call", id: "pressed", call: { how: "touch", kind: "come" } } });
    await world.clock.advance(5_000);
    const rung = world.http.requests.slice(before).filter(({ method }) => method === "POST");
    expect(new Set(rung.map(({ url }) => url))).toEqual(new Set([other]));
    const message = JSON.parse(new TextDecoder().decode(rung.at(-1)?.body)) as { acknowledgeUrl: string };
    const asked = hub.app.inject({ method: "POST", url: new URL(message.acknowledgeUrl).pathname });
    await world.clock.advance(2_000);
    expect((await asked).statusCode).toBe(200);
    const open = edge.edge.live.fold("b1")?.open.find(({ condition }) => condition === "PATIENT_CALL");
    expect(open?.acknowledgement?.by).toEqual({ id: "webhook", name: "Lamp" });
  });

  test("keeps a phone that was set up on its own page, and its hub knows it within two minutes", async () => {
    const state = stores.homes.of(grant.home);
    await state.putPerson(MEI);
    const hook = {
      ...{ id: "hook", channel: "webhook", person: MEI.id, label: "Mei's phone", addedAt: EVENING },
      settings: { url: HOOK, secret: "correct horse battery" },
    };
    await state.putTarget(hook);
    const save = async (limit: number, version: number) => {
      const saved = hub.app.inject({
        ...{ method: "PUT", url: `/api/beds/${bed}/limits` },
        headers: { cookie, "if-match": `"${version}"` },
        payload: { limits: { SPO2_LOW: { limit } }, reason: "agreed", confirm: true },
      });
      await world.clock.advance(8_000);
      expect((await saved).json()).toMatchObject({ delivered: true });
    };
    await save(90, 0);
    const anew = { ...hook, addedAt: wall(world.clock.wall()), label: "Mei's new phone" };
    await world.state.putTarget(anew);
    await world.state.putTarget({ ...hook, id: "own", label: "Set up here" });
    await edge.edge.targets.refresh();
    await state.removeTarget("hook", wall(world.clock.wall()));
    await save(91, 1);
    const here = () => edge.edge.targets.list().map(({ label }) => label);
    expect(here().toSorted()).toEqual(["Mei's new phone", "Set up here"]);
    await world.clock.advance(120_000);
    expect((await state.targets()).map(({ label }) => label).toSorted()).toEqual([
      "Mei's new phone",
      "Set up here",
    ]);
    await save(92, 2);
    expect(here().toSorted()).toEqual(["Mei's new phone", "Set up here"]);
  });

  test("whose family removes somebody's phone while the hub is away never sees it again, at the box or at the hub", async () => {
    const state = stores.homes.of(grant.home);
    await state.putPerson(MEI);
    for (const id of [LOST, KEPT]) {
      await state.putTarget({
        ...{ id, channel: "webhook", person: MEI.id, label: `Mei's ${id}`, addedAt: EVENING },
        settings: { url: `${HOOK}/${id}`, secret: "correct horse battery" },
      });
    }
    const here = () =>
      edge.edge.targets
        .list()
        .map(({ id }) => id)
        .toSorted();
    const saved = ask("PUT", `/api/beds/${bed}/limits`, {
      ...{ limits: { SPO2_LOW: { limit: 90 } }, reason: "agreed", confirm: true },
    });
    await world.clock.advance(8_000);
    expect((await saved).statusCode).toBe(200);
    expect(here()).toEqual([KEPT, LOST]);

    await hub.stop();
    const payload = { code: edge.ownerCode, name: "Li", language: "en" };
    const joined = await edge.app.inject({ method: "POST", url: "/api/sign-in", payload });
    const headers = { cookie: String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "" };
    const url = `/api/push/${LOST}?fewer=agreed`;
    const removed = await edge.app.inject({ method: "DELETE", url, headers });
    expect(removed.statusCode, removed.body).toBe(204);
    await vi.waitFor(() => expect(here()).toEqual([KEPT]));
    await world.clock.advance(600_000);

    // What the broker retains, and what the hub says when it is back, still has the phone.
    expect((await state.targets()).map(({ id }) => id)).toEqual([LOST, KEPT]);
    hub = await startHub();
    await world.clock.advance(15_000);
    expect(here()).toEqual([KEPT]);
    await world.clock.advance(120_000);
    expect((await state.targets()).map(({ id }) => id)).toEqual([KEPT]);
    await edge.stop();
    edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
    await world.clock.advance(120_000);
    expect(here()).toEqual([KEPT]);
    expect((await state.targets()).map(({ id }) => id)).toEqual([KEPT]);
  });

  test("is missed by its hub, and where a hub has died behind a living broker, by what the home has outside", async () => {
    const { clock, http, state } = world;
    const topic = "h-8fK3mQ0zT7vW2xYb";
    const server = new NtfyServer({ topic, now: () => clock.wall() });
    const asked = httpTo(server);
    http.answer = (request) => asked.request(request);
    const told = () => edge.edge.live.state("b1")?.readiness.deadMan;
    const settings = { server: "https://ntfy.sh", topic, when: "always" };
    await state.setValue(accessName("dead-man-ntfy"), JSON.stringify(settings));
    await edge.edge.targets.refresh();
    await clock.advance(60_000);
    expect(told()).toMatchObject({ by: "hub", ok: true });
    expect(server.scheduled).toEqual([]);

    const diesAlone = async (): Promise<void> => {
      await hub.stop();
      await world.broker.start({ host: "127.0.0.1", port: 0, username: "any", password: "any" });
    };
    await diesAlone();
    const gone = clock.wall();
    await clock.advance(8 * 60_000);
    expect(edge.edge.uplinks()).toMatchObject([{ connected: true, hears: false }]);
    expect(told()).toMatchObject({ by: "hub", ok: true });
    await clock.advance(4 * 60_000);
    expect(told()).toMatchObject({ by: "outside", ok: true, way: "dead-man-ntfy" });
    expect(server.scheduled).toHaveLength(1);
    expect(clock.wall() - gone).toBeLessThan(13 * 60_000);

    hub = await startHub();
    await clock.advance(30_000);
    expect(told()).toMatchObject({ by: "hub", ok: true });
    expect(server.scheduled).toEqual([]);

    await state.setValue(accessName("dead-man-ntfy"), "null");
    await edge.edge.targets.refresh();
    await diesAlone();
    await clock.advance(12 * 60_000);
    expect(told()).toMatchObject({ by: "hub", ok: false });
    hub = await startHub();
  });

  test("lets limits be looked at and not set on its own page", async () => {
    const here = await edge.app.inject({ method: "GET", url: "/api/me" });
    expect(here.statusCode).toBe(200);
    const code = edge.ownerCode;
    const joined = await edge.app.inject({
      method: "POST",
      url: "/api/sign-in",
      payload: { code, name: "Li", language: "en" },
    });
    const mine = String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "";
    const url = "/api/beds/b1/limits";
    expect((await edge.app.inject({ url, headers: { cookie: mine } })).statusCode).toBe(200);
    const payload = { limits: { SPO2_LOW: { limit: 90 } }, reason: "agreed", confirm: true };
    const headers = { cookie: mine, "if-match": '"0"' };
    const set = await edge.app.inject({ method: "PUT", url, headers, payload });
    expect(set.json()).toMatchObject({ code: "NOT_ALLOWED", fix: expect.stringContaining("hub's page") });
  });
});

describe("a box that falls silent on watch", { timeout: 120_000 }, () => {
  const hooks = () => world.http.requests.filter(({ url }) => url === HOOK);

  beforeEach(async () => {
    const state = stores.homes.of(grant.home);
    await state.putPerson(MEI);
    await state.putTarget({
      ...{ id: "hook", channel: "webhook", person: MEI.id, label: "Mei's phone", addedAt: EVENING },
      settings: { url: HOOK, secret: "correct horse battery" },
    });
    await edge.stop();
  });

  test("makes the hub call the home's phones until somebody answers, and again after the answer has lapsed", async () => {
    const before = hooks().length;
    await world.clock.advance(25_000);
    expect(fold()?.open.map(({ condition }) => condition)).not.toContain("EDGE_OFFLINE");
    await world.clock.advance(30_000);
    const open = fold()?.open.find(({ condition }) => condition === "EDGE_OFFLINE");
    expect(open).toMatchObject({ priority: "high", simulated: false });
    await world.clock.advance(130_000);
    const rung = hooks().slice(before);
    expect(rung.length).toBeGreaterThanOrEqual(2);
    const message = JSON.parse(new TextDecoder().decode(rung.at(-1)?.body)) as { acknowledgeUrl: string };
    const { pathname } = new URL(message.acknowledgeUrl);
    expect(pathname.startsWith(`/api/a/${grant.home}.`)).toBe(true);
    const answered = await hub.app.inject({ method: "POST", url: pathname });
    expect(answered.statusCode, answered.body).toBe(200);
    expect(fold()?.open.find(({ id }) => id === open?.id)?.acknowledgement?.by.name).toBe("Mei");
    const quiet = hooks().length;
    await world.clock.advance(60_000);
    const alarms = hooks()
      .slice(quiet)
      .map(({ body }) => (JSON.parse(new TextDecoder().decode(body)) as { kind: string }).kind);
    expect(alarms).not.toContain("alarm");
    await world.clock.advance(240_000);
    expect(hooks().length).toBeGreaterThan(quiet);
  });

  test("is over when the box is heard again", async () => {
    await world.clock.advance(60_000);
    expect(fold()?.open.map(({ condition }) => condition)).toContain("EDGE_OFFLINE");
    edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
    await world.clock.advance(30_000);
    expect(fold()?.open.map(({ condition }) => condition)).not.toContain("EDGE_OFFLINE");
  });

  test("is missed by a hub that has started anew since, and forgotten what its broker held", async () => {
    await hub.stop();
    hub = await startHub();
    await world.clock.advance(80_000);
    expect(hub.live.bed(bed)).toMatchObject({ label: "Rehearsal" });
    expect(fold()?.open.map(({ condition }) => condition)).toContain("EDGE_OFFLINE");
  });

  test("is nobody's alarm once it was put out", async () => {
    await world.clock.advance(60_000);
    expect(fold()?.open.map(({ condition }) => condition)).toContain("EDGE_OFFLINE");
    await hub.pairing.revoke(grant.home, grant.box);
    const rung = hooks().length;
    await world.clock.advance(300_000);
    expect(hub.live.bed(bed)).toBeUndefined();
    const alarms = hooks()
      .slice(rung)
      .map(({ body }) => (JSON.parse(new TextDecoder().decode(body)) as { kind: string }).kind);
    expect(alarms).not.toContain("alarm");
  });
});

describe("a box that is put out", { timeout: 120_000 }, () => {
  const here = () => edge.edge.live.fold("b1")?.open.map(({ condition }) => condition) ?? [];

  /** Of the box itself, by its own owner. */
  async function healthHere(): Promise<readonly { readonly id: string; readonly level: string }[]> {
    const payload = { code: edge.ownerCode, name: "Li", language: "en" };
    const joined = await edge.app.inject({ method: "POST", url: "/api/sign-in", payload });
    const mine = String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "";
    const answer = await edge.app.inject({ url: "/api/health", headers: { cookie: mine } });
    return answer.json<{ findings: { id: string; level: string }[] }>().findings;
  }

  /** What an answer through the hub names, and one to the box itself does not. */
  const atHub = (): string => `/api/a/${grant.home}.`;

  /** The address of the newest message's button. */
  async function callsTo(): Promise<string> {
    const state = world.state;
    await state.putPerson(MEI);
    await state.putTarget({
      ...{ id: "own", channel: "webhook", person: MEI.id, label: "Mei's own", addedAt: EVENING },
      settings: { url: HOOK, secret: "correct horse battery" },
    });
    await edge.edge.targets.refresh();
    edge.edge.command("b1", {
      kind: "call",
      id: `call-${world.clock.mono()}`,
      call: { how: "touch", kind: "come" },
    });
    await world.clock.advance(5_000);
    await world.clock.advance(30_000);
    const rung = world.http.requests
      .filter(({ url }) => url === HOOK)
      .map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as { acknowledgeUrl?: string });
    return rung.map(({ acknowledgeUrl }) => acknowledgeUrl).findLast((url) => url !== undefined) ?? "";
  }

  test("while it is there knows at once, says so, watches on, and points at the hub no more", async () => {
    expect((await healthHere()).find(({ id }) => id === "hub")).toMatchObject({ level: "ok" });
    await hub.pairing.revoke(grant.home, grant.box);
    await world.clock.advance(1_000);
    expect(here()).toContain("BOX_PUT_OUT");
    expect((await healthHere()).find(({ id }) => id === "hub")).toMatchObject({ level: "error" });
    expect(await callsTo()).not.toContain(atHub());
    expect(here()).toContain("PATIENT_CALL");
    // It stays so over a restart, in which it leads itself.
    await edge.stop();
    edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
    await world.clock.advance(40_000);
    expect(edge.grant).toBeUndefined();
    expect(here()).toContain("BOX_PUT_OUT");
    expect(here()).toContain("PATIENT_CALL");
  });

  test("while it was away learns it from the hub itself when its broker lets it in no more", async () => {
    await edge.stop();
    await hub.pairing.revoke(grant.home, grant.box);
    edge = await composeLoneEdge({ ...world, bus: createOfflineBus() }, config, {
      ...{ pagesFolder: "/nonexistent", post },
    });
    await world.clock.advance(60_000);
    expect(here()).not.toContain("BOX_PUT_OUT");
    await world.clock.advance(90_000);
    expect(here()).toContain("BOX_PUT_OUT");
    expect(await callsTo()).not.toContain(atHub());
    expect(here()).toContain("PATIENT_CALL");
  });

  test("believes nobody else: neither a notice that somebody made up, nor a broker that is only away", async () => {
    const forged = {
      home: grant.home,
      box: grant.box,
      hub: "https://evil.example",
      at: EVENING,
      mac: "AAAA",
    };
    const stranger = world.bus.connect({ url: "mqtt://127.0.0.1:1883", clientId: "stranger" });
    await world.clock.advance(1_000);
    await stranger.publish(bedTopic(grant.home, "b1", "settings"), write({ putOut: forged }), {
      retain: true,
    });
    await world.clock.advance(1_000);
    await stranger.close();
    expect(here()).not.toContain("BOX_PUT_OUT");
    await edge.stop();
    edge = await composeLoneEdge({ ...world, bus: createOfflineBus() }, config, {
      ...{ pagesFolder: "/nonexistent", post },
    });
    await world.clock.advance(300_000);
    expect(here()).not.toContain("BOX_PUT_OUT");
    expect(await callsTo()).toContain(atHub());
  });
});
