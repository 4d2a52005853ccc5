// Mosquitto as a hub of many homes runs it: shared subscriptions, both versions, TLS, restarts.

import { spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { afterEach, expect } from "vitest";
import { parse } from "yaml";
import { createBusConnector } from "../../src/bus/client.ts";
import { createHomesIngest } from "../../src/bus/homes-ingest.ts";
import { createMosquittoUsers } from "../../src/bus/mosquitto-users.ts";
import { createOneHub } from "../../src/bus/one-hub.ts";
import { bedTopic } from "../../src/bus/topics.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { Bus, BusOptions } from "../../src/port/bus.ts";
import { boxUser } from "../../src/port/registry.ts";
import { type Bedside, startBedside } from "../support/bedside.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { startCommandLine } from "../support/command-line.ts";
import { freePort, type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { createRecordingStore } from "../support/recording-store.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const clock = createClock();
const random = createRandom();
const home = "abcdefghij";
const user = boxUser({ home, id: "boxaaaaaaa" });
const password = "a secret of the box";
const state = bedTopic(home, "b1", "state");
const { test } = requires("openssl", "mosquitto");

/** Undone after each test, newest first. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

function certificate(): Certificate {
  const made = createCertificate();
  undo.push(() => made.remove());
  return made;
}

async function broker(made = certificate()) {
  const tls = { certFile: made.certPath, keyFile: made.keyPath };
  const running = await startMosquitto({ tls, boxes: [{ user, password }] });
  undo.push(() => running.remove());
  return { ...running, boxUrl: running.boxUrl!, ca: made.cert };
}

function connect(options: Omit<BusOptions, "clientId"> & { readonly clientId?: string }) {
  const notes: string[] = [];
  const log = { note: (event: string, fields = {}) => void notes.push(`${event} ${JSON.stringify(fields)}`) };
  const clientId = options.clientId ?? options.username ?? "nobody";
  const bus = createBusConnector({ clock, random, log }).connect({ ...options, clientId });
  undo.push(() => bus.close());
  return { bus, notes };
}

const hubOf = (
  { url, hub }: Pick<Mosquitto, "url" | "hub">,
  clientId: string,
  more: Partial<BusOptions> = {},
): Bus => connect({ url, ...hub, clientId, ...more }).bus;

async function until(what: string, isSo: () => boolean, ms = 10_000): Promise<void> {
  const deadline = clock.mono() + ms;
  while (!isSo()) {
    if (clock.mono() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await sleep(5);
  }
}

const connected = (bus: Bus): Promise<void> => until("the bus is connected", () => bus.connected);

test.each(["3.1.1", "5"] as const)(
  "hubs share the homes' messages among them, over MQTT %s",
  async (protocol) => {
    const running = await broker();
    const heard: string[][] = [[], []];
    const hubs = heard.map((lines, n) => {
      const hub = hubOf(running, `hub-${n}`, { protocol });
      hub.subscribe("$share/ingest/breathwatch/1/+/+/+/health", (_, payload) => lines.push(payload));
      return hub;
    });
    for (const hub of hubs) await connected(hub);
    const { bus: box } = connect({
      ...{ url: running.boxUrl, username: user, password, protocol, shared: true },
      tls: { ca: running.ca },
    });
    await connected(box);
    const said = Array.from({ length: 200 }, (_, n) => `${n}`);
    await Promise.all(said.map((n) => box.publish(bedTopic(home, "b1", "health"), n, { retain: false })));
    await until("all came", () => heard.flat().length >= said.length);
    expect(heard.flat().toSorted()).toEqual(said.toSorted());
    expect(heard.map(({ length }) => length > 0)).toEqual([true, true]);
  },
);

test("a message that a box may not send is refused in words over MQTT 5, and later ones are sent", async () => {
  const running = await broker();
  const { bus } = connect({
    ...{ url: running.boxUrl, username: user, password, protocol: "5" },
    tls: { ca: running.ca },
  });
  await connected(bus);
  const forbidden = bus.publish(bedTopic("bcdefghijk", "b1", "state"), "x", { retain: true });
  await expect(forbidden).rejects.toThrow(/not authori[sz]ed/i);
  await bus.publish(state, "x", { retain: true });
});

test("over MQTT 5 no more is sent unacknowledged than the broker takes; the rest waits and arrives in order", async () => {
  const running = await startMosquitto({ lines: ["max_inflight_messages 5"] });
  undo.push(() => running.remove());
  const proxy = await deafProxy(Number(new URL(running.url).port));
  const hub = hubOf(running, "hub-1");
  const heard: string[] = [];
  hub.subscribe("breathwatch/1/+/+/+/command", (_, payload) => heard.push(payload));
  await connected(hub);
  const sender = hubOf({ ...running, url: proxy.url }, "hub-2", { protocol: "5" });
  await connected(sender);
  proxy.holdAnswers();
  const said = Array.from({ length: 200 }, (_, n) => `${n}`);
  const sent = said.map((n) => sender.publish(bedTopic(home, "b1", "command"), n, { retain: false }));
  await until("the first came", () => heard.length >= 5);
  await sleep(100);
  expect(heard).toEqual(said.slice(0, 5));
  proxy.giveAnswers();
  await Promise.all(sent);
  await until("all came", () => heard.length >= said.length);
  expect(heard).toEqual(said);
});

test("what was kept, who may connect and who may not any more outlives kill -9", async () => {
  const running = await broker();
  const hub = hubOf(running, "hub-1");
  await connected(hub);
  const users = createMosquittoUsers({ bus: hub, clock, random });
  const second = boxUser({ home, id: "boxbbbbbbb" });
  await users.put(second, "another secret");
  await users.remove(user);
  const tls = { ca: running.ca };
  const { bus: box } = connect({ url: running.boxUrl, username: second, password: "another secret", tls });
  await connected(box);
  await box.publish(state, "kept", { retain: true });
  await running.signal("SIGTERM");
  await running.start();
  await running.signal("SIGKILL");
  await running.start();
  await connected(box);
  const { bus: revoked, notes } = connect({ url: running.boxUrl, username: user, password, tls });
  await until("it is refused", () => notes.some((note) => /not authori[sz]ed/i.test(note)));
  expect(revoked.connected).toBe(false);
  const heard: string[] = [];
  const later = hubOf(running, "hub-2");
  later.subscribe("breathwatch/1/#", (topic, payload, retained) =>
    heard.push(`${topic} ${payload} ${retained}`),
  );
  await until("the kept one came", () => heard.length > 0);
  expect(heard).toEqual([`${state} kept true`]);
});

test("a last will is published for a box that vanishes", async () => {
  const running = await broker();
  const hub = hubOf(running, "hub-1");
  const heard: string[] = [];
  hub.subscribe("breathwatch/1/+/+/+/state", (_, payload) => heard.push(payload));
  await connected(hub);
  const will = { topic: state, payload: "offline" };
  const { bus: box } = connect({
    ...{ url: running.boxUrl, username: user, password, will },
    tls: { ca: running.ca },
  });
  await connected(box);
  // Another machine with the same credentials and name takes the connection over, as a restarted box does.
  const again = connect({ url: running.boxUrl, username: user, password, tls: { ca: running.ca } });
  await until("the will came", () => heard.includes("offline"));
  await again.bus.close();
});

test("a box connects to the broker whose authority, name and key it was given, and to no other", async () => {
  const made = certificate();
  const running = await broker(made);
  const login = { url: running.boxUrl, username: user, password };
  const key = new X509Certificate(made.cert).publicKey.export({ type: "spki", format: "der" });
  const pin = createHash("sha256").update(key).digest("base64url");
  const good = connect({ ...login, tls: { ca: made.cert, pin } });
  await connected(good.bus);
  await good.bus.close();
  const elsewhere = running.boxUrl.replace("127.0.0.1", "127.0.0.2");
  for (const [wrong, why] of [
    [{ ...login }, /self-signed|unable to verify|certificate/i],
    [{ ...login, tls: { ca: certificate().cert } }, /self-signed|unable to verify|certificate/i],
    [{ ...login, tls: { ca: made.cert, pin: "A".repeat(43) } }, /another key/],
    [{ ...login, url: elsewhere, tls: { ca: made.cert, pin } }, /127\.0\.0\.2/],
  ] as const) {
    const { bus, notes } = connect(wrong);
    await until("it says why", () => notes.length > 0);
    expect(notes[0]).toMatch(why);
    expect(notes.join(" ")).not.toContain(password);
    expect(bus.connected).toBe(false);
    await bus.close();
  }
});

test("a new certificate is taken while it runs, and connections stay", async () => {
  const made = certificate();
  const running = await broker(made);
  const { bus } = connect({ url: running.boxUrl, username: user, password, tls: { ca: made.cert } });
  await connected(bus);
  const lost: boolean[] = [];
  bus.onConnected((value) => lost.push(value));
  const next = certificate();
  copyFileSync(next.certPath, made.certPath);
  copyFileSync(next.keyPath, made.keyPath);
  await running.signal("SIGHUP");
  const port = Number(new URL(running.boxUrl).port);
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()!.fingerprint256);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  const wanted = new X509Certificate(next.cert).fingerprint256;
  for (let attempt = 0; attempt < 100 && (await shown()) !== wanted; attempt++) await sleep(20);
  expect(await shown()).toBe(wanted);
  await bus.publish(state, "x", { retain: false });
  expect(lost).toEqual([]);
});

test.each([
  ["two hubs that share them", 2, "ingest"],
  ["one hub that is started anew", 1, undefined],
] as const)(
  "two homes over TLS lose nothing on their way to %s, while the broker is killed",
  async (_, count, share) => {
    const running = await broker();
    const store = createRecordingStore();
    const startHub = (name: string) => {
      const bus = hubOf(running, name, { protocol: "5" });
      const timeseries = store.timeseries;
      const intake = createHomesIngest({
        ...{ bus, timeseries, clock, random, log: silentLog, isKnown: () => true },
        ...(share === undefined ? {} : { share }),
      });
      intake.start();
      let stopping: Promise<void> | undefined;
      const stop = (): Promise<void> => (stopping ??= intake.stop().then(() => bus.close()));
      undo.push(stop);
      return { bus, stop };
    };
    const hubs = Array.from({ length: count }, (__, n) => startHub(`hub-${n}`));
    for (const { bus } of hubs) await connected(bus);
    const users = createMosquittoUsers({ bus: hubs[0]!.bus, clock, random });
    const beds: Bedside[] = [];
    for (const [of, device] of [
      [home, "oximeteraa"],
      ["bcdefghijk", "oximeterbb"],
    ] as const) {
      const username = boxUser({ home: of, id: "boxcccccca" });
      await users.put(username, password);
      const login = { url: running.boxUrl, username, password, tls: { ca: running.ca } };
      const bed = await startBedside({
        ...{ home: of, device, clock, random },
        connect: (more) => connect({ ...login, ...more }).bus,
      });
      undo.push(() => bed.stop());
      beds.push(bed);
    }
    for (const { bus } of beds) await connected(bus);
    const said: string[] = [];
    for (let n = 0; n < 300; n++) {
      for (const bed of beds) said.push(bed.say());
      if (n % 10 === 0) await sleep(5);
      if (n === 100) await running.signal("SIGKILL");
      if (n === 130) await running.start();
      if (n === 200 && count === 1) await hubs[0]!.stop();
      if (n === 230 && count === 1) startHub("hub-anew");
    }
    await until("the spools are empty", () => beds.every(({ spool }) => spool.size === 0), 40_000);
    // A hub that takes over writes some again; the store's writes are idempotent by this identity.
    expect([...new Set(store.written)].toSorted()).toEqual(said.toSorted());
  },
);

test("a second hub on the broker is noticed by both, over both versions", async () => {
  const running = await broker();
  const notes: string[][] = [[], []];
  const hubs = (["3.1.1", "5"] as const).map((protocol, n) => {
    const self = `hub-${n}`;
    const log = { note: (event: string) => void notes[n]?.push(event) };
    const hub = createOneHub({ bus: hubOf(running, self, { protocol }), clock, log, self });
    hub.start();
    undo.push(hub.stop);
    return hub;
  });
  // Who came first hears the second when it comes, the second within 20 s.
  await until("both know", () => hubs.every((hub) => hub.trouble() !== undefined), 40_000);
  expect(notes).toEqual([["hub.second"], ["hub.second"]]);
}, 60_000);

test("what `breathwatch mosquitto` writes runs as it is, and its users are never written over", async () => {
  const made = certificate();
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-mosquitto-cli-"));
  undo.push(() => rmSync(folder, { recursive: true }));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const argv = ["mosquitto", "--folder", folder, "--port", `${port}`, "--tls-port", `${tlsPort}`];
  const more = ["--cert", made.certPath, "--key", made.keyPath, "--user", userInfo().username];
  const first = await startCommandLine([...argv, ...more]).ended;
  expect(first).toMatchObject({ code: 0 });
  const { bus: access } = parse(first.data) as { bus: { url: string; username: string; password: string } };
  expect(statSync(path.join(folder, "dynamic-security.json")).mode & 0o777).toBe(0o600);
  const child = spawn("/usr/sbin/mosquitto", ["-c", path.join(folder, "mosquitto.conf")], {
    stdio: "ignore",
  });
  undo.push(() => child.kill("SIGKILL"));
  const { bus: hub } = connect({ ...access, clientId: "hub-1" });
  await connected(hub);
  await createMosquittoUsers({ bus: hub, clock, random }).put(user, password);
  const boxUrl = `mqtts://127.0.0.1:${tlsPort}`;
  const { bus: box } = connect({ url: boxUrl, username: user, password, tls: { ca: made.cert } });
  await connected(box);
  const again = await startCommandLine([...argv, ...more]).ended;
  expect(again).toMatchObject({ code: 0, data: "" });
  expect(again.words).toContain("stays as it is");
});

/** Stands before a broker; holds back what it answers, on demand. */
async function deafProxy(port: number) {
  const flows = new Map<Socket, Socket>();
  const server = createServer((near) => {
    const far = connectTcp(port, "127.0.0.1");
    flows.set(far, near);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on("error", () => near.destroy());
    undo.push(() => [near, far].map((socket) => socket.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(() => server.close());
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdAnswers() {
      for (const far of flows.keys()) far.unpipe();
    },
    giveAnswers() {
      for (const [far, near] of flows) far.pipe(near);
    },
  };
}
