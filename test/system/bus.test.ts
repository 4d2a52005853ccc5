// The bus on real sockets: mqtt.js against the built-in broker and against mosquitto, and mosquitto's own clients.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { createBrokerStarter } from "../../src/bus/broker.ts";
import { createBusConnector } from "../../src/bus/client.ts";
import { createIngest } from "../../src/bus/ingest.ts";
import { bedTopic } from "../../src/bus/topics.ts";
import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { Bus, BusOptions } from "../../src/port/bus.ts";
import { startBedside } from "../support/bedside.ts";
import { createRecordingStore } from "../support/recording-store.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const clock = createClock();
const random = createRandom();
const login = { username: "edge", password: "a secret" };
const home = "abcdefghij";
const device = "oximeterxx";

/** Undone after each test, newest first. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function startBroker(port = 0) {
  const starter = createBrokerStarter({ log: silentLog });
  const broker = await starter.start({ host: "127.0.0.1", port, ...login });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= broker.close());
  undo.push(close);
  return { url: broker.url, port: Number(new URL(broker.url).port), close };
}

function connect(options: Partial<BusOptions> & { readonly url: string }) {
  const notes: { event: string; detail: string }[] = [];
  const log = {
    note: (event: string, fields = {}) => void notes.push({ event, detail: JSON.stringify(fields) }),
  };
  const connector = createBusConnector({ clock, random, log });
  const bus = connector.connect({ clientId: `test-${random.bytes(6).join("")}`, ...login, ...options });
  undo.push(() => bus.close());
  return { bus, notes };
}

async function until(what: string, isSo: () => boolean, ms = 10_000): Promise<void> {
  const deadline = clock.mono() + ms;
  while (!isSo()) {
    if (clock.mono() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await sleep(5);
  }
}

const connected = (bus: Bus): Promise<void> => until("the bus is connected", () => bus.connected);

describe("the client and the built-in broker", () => {
  test("carry messages both ways, retained ones to whoever comes later", async () => {
    const { url } = await startBroker();
    const { bus: a } = connect({ url });
    const heard: string[] = [];
    a.subscribe("x/+", (topic, payload, retained) => heard.push(`${topic} ${payload} ${retained}`));
    await connected(a);
    await a.publish("x/1", "kept", { retain: true });
    await a.publish("x/2", "gone", { retain: false });
    await until("both came", () => heard.length === 2);
    expect(heard).toEqual(["x/1 kept false", "x/2 gone false"]);
    const { bus: b } = connect({ url });
    await connected(b);
    b.subscribe("x/#", (topic, payload, retained) => heard.push(`b ${topic} ${payload} ${retained}`));
    await until("the retained one came", () => heard.length === 3);
    expect(heard[2]).toBe("b x/1 kept true");
  });

  test("give each handler what its filter covers, until it lets go", async () => {
    const { url } = await startBroker();
    const { bus, notes } = connect({ url });
    const heard: string[] = [];
    bus.subscribe("a/#", () => {
      throw new Error("a handler's own fault");
    });
    const stop = bus.subscribe("a/b", (_, payload) => heard.push(`first ${payload}`));
    bus.subscribe("a/b", (_, payload) => heard.push(`second ${payload}`));
    await connected(bus);
    await bus.publish("a/b", "1", { retain: false });
    await until("both heard", () => heard.length >= 2);
    stop();
    heard.length = 0;
    await bus.publish("a/b", "2", { retain: false });
    await until("one heard", () => heard.length >= 1);
    await sleep(50);
    expect(new Set(heard)).toEqual(new Set(["second 2"]));
    expect(
      notes.some(({ event, detail }) => event === "bus.handler_failed" && detail.includes("own fault")),
    ).toBe(true);
  });

  test.each([
    ["a wrong password", { username: "edge", password: "guess" }],
    ["a wrong user", { username: "hub", password: "a secret" }],
  ])("refuse %s and say so once, not at every attempt", async (_, wrong) => {
    const { url } = await startBroker();
    const { bus, notes } = connect({ url, ...wrong });
    await sleep(1_500);
    expect(bus.connected).toBe(false);
    await expect(bus.publish("x", "y", { retain: false })).rejects.toMatchObject({ code: "BUS_UNREACHABLE" });
    expect(notes.filter(({ event }) => event === "bus.unreachable")).toHaveLength(1);
    expect(notes[0]?.detail).toMatch(/authori[sz]ed/i);
    expect(JSON.stringify(notes)).not.toContain("guess");
  });

  test("refuse who gives no name at all, and a shared subscription", async () => {
    const { url } = await startBroker();
    const anonymous = mqtt.connect(url, { reconnectPeriod: 0 });
    undo.push(() => anonymous.end(true));
    const error = await new Promise<Error>((resolve) => anonymous.on("error", resolve));
    expect(error.message).toMatch(/authori[sz]ed/i);
    const client = await mqtt.connectAsync(url, { ...login, reconnectPeriod: 0 });
    undo.push(() => client.end(true));
    await expect(client.subscribeAsync("$share/ingest/breathwatch/#", { qos: 1 })).rejects.toThrow();
  });

  test("take no message for the broker's own topics and none that is larger than any of ours", async () => {
    const { url } = await startBroker();
    for (const [topic, payload] of [
      ["$SYS/x", "y"],
      ["x", "y".repeat(900_000)],
    ] as const) {
      const client = await mqtt.connectAsync(url, { ...login, reconnectPeriod: 0 });
      const closed = new Promise<void>((resolve) => client.on("close", resolve));
      client.publish(topic, payload, { qos: 1 }, () => undefined);
      await closed;
      client.end(true);
    }
  });

  test("publish the last will of a client that dies, not of one that leaves", async () => {
    const { url } = await startBroker();
    const { bus: listener } = connect({ url });
    const heard: string[] = [];
    listener.subscribe("state/+", (topic, payload) => heard.push(`${topic} ${payload}`));
    await connected(listener);
    const { bus: leaves } = connect({ url, will: { topic: "state/leaves", payload: "offline" } });
    await connected(leaves);
    await leaves.close();
    const proxy = await proxyTo(Number(new URL(url).port));
    const { bus } = connect({ url: proxy.url, will: { topic: "state/dies", payload: "offline" } });
    await connected(bus);
    proxy.cut();
    await until("the will came", () => heard.length > 0);
    await sleep(100);
    expect(heard[0]).toBe("state/dies offline");
    expect(heard.filter((line) => line.includes("leaves"))).toEqual([]);
  });

  test("reject what was not acknowledged when the connection breaks, and come back with every subscription", async () => {
    const first = await startBroker();
    const { bus } = connect({ url: first.url });
    const heard: string[] = [];
    bus.subscribe("x", (_, payload) => heard.push(payload));
    await connected(bus);
    const changes: boolean[] = [];
    bus.onConnected((value) => changes.push(value));
    const closing = first.close();
    const hanging = Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => bus.publish("x", `${n}`, { retain: false })),
    );
    await closing;
    const outcomes = await hanging;
    expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
    await startBroker(first.port);
    const since = clock.mono();
    await connected(bus);
    expect(clock.mono() - since).toBeLessThan(2_000);
    await bus.publish("x", "again", { retain: false });
    await until("it came", () => heard.includes("again"));
    expect(changes).toEqual([false, true]);
  });

  test("notice a broker that takes everything and answers nothing, and start over", async () => {
    const { port } = await startBroker();
    const proxy = await proxyTo(port);
    const { bus } = connect({ url: proxy.url });
    await connected(bus);
    proxy.freeze();
    const since = clock.mono();
    await expect(bus.publish("x", "y", { retain: false })).rejects.toMatchObject({ code: "BUS_UNREACHABLE" });
    expect(clock.mono() - since).toBeLessThan(7_000);
    proxy.thaw();
    await connected(bus);
    await bus.publish("x", "y", { retain: false });
  });

  test("bound what is not acknowledged", async () => {
    const { port } = await startBroker();
    const proxy = await proxyTo(port);
    const { bus } = connect({ url: proxy.url });
    await connected(bus);
    proxy.freeze();
    const publishes = Array.from({ length: 1_001 }, () => bus.publish("x", "y", { retain: false }));
    const last = publishes.pop();
    const rest = Promise.allSettled(publishes);
    await expect(last).rejects.toThrow("1000 messages are not acknowledged");
    await bus.close();
    expect((await rest).every(({ status }) => status === "rejected")).toBe(true);
  });

  test("close in bounded time with a broker that answers nothing, and without one", async () => {
    const { port } = await startBroker();
    const proxy = await proxyTo(port);
    const { bus } = connect({ url: proxy.url });
    await connected(bus);
    proxy.freeze();
    const since = clock.mono();
    await bus.close();
    const { bus: lonely } = connect({ url: "mqtt://127.0.0.1:1" });
    await lonely.close();
    expect(clock.mono() - since).toBeLessThan(3_000);
  });
});

describe("the built-in broker", () => {
  test("names the port that another program has taken, and what to do", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    undo.push(() => other.close());
    const { port } = other.address() as AddressInfo;
    await expect(startBroker(port)).rejects.toMatchObject({
      code: "BUS_PORT_TAKEN",
      // The other program may end: whoever starts the broker tries again.
      permanent: false,
      message: expect.stringContaining(String(port)) as string,
      fix: expect.stringContaining(`ss -ltnp 'sport = :${port}'`) as string,
    });
  });

  test.each([
    ["another address than this machine's own", { host: "0.0.0.0" }],
    ["no user", { username: "" }],
    ["no password", { password: "" }],
  ])("does not start with %s", async (_, wrong) => {
    const starter = createBrokerStarter({ log: silentLog });
    const starting = starter.start({ host: "127.0.0.1", port: 0, ...login, ...wrong });
    await expect(starting).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  test("closes with clients connected, and its port is free at once", async () => {
    const { url, port, close } = await startBroker();
    const { bus } = connect({ url });
    await connected(bus);
    await close();
    await startBroker(port);
  });
});

/** A home on real sockets and a real disk, with a store that remembers. */
async function startHome(url: string) {
  const store = createRecordingStore();
  const { bus: hubBus } = connect({ url });
  const ingest = createIngest({
    bus: hubBus,
    timeseries: store.timeseries,
    clock,
    random,
    log: silentLog,
    home,
  });
  const bedside = await startBedside({
    ...{ home, device, clock, random },
    connect: (more) => connect({ url, ...more }).bus,
  });
  undo.push(
    () => bedside.stop(),
    () => ingest.stop(),
  );
  ingest.start();
  return { ...bedside, store, ingest };
}

test("a broker restarted 20 times in a stream of 2,000 observations loses none and doubles none in the store", async () => {
  let broker = await startBroker();
  const house = await startHome(broker.url);
  await connected(house.bus);
  const said: string[] = [];
  for (let restart = 0; restart < 20; restart++) {
    for (let n = 0; n < 100; n++) {
      said.push(house.say());
      if (n % 5 === 0) await sleep(2);
      if (n === 50) await broker.close();
      if (n === 80) broker = await startBroker(broker.port);
    }
    // Now and then long enough for everybody to be back, now and then not.
    await sleep(restart % 3 === 0 ? 600 : 60);
  }
  await until("the spool is empty", () => house.spool.size === 0, 60_000);
  expect(said).toHaveLength(2_000);
  expect(house.store.written.toSorted()).toEqual(said.toSorted());
  expect(house.spool.dropped).toBe(0);
  expect(house.uplink.status().resent).toBeGreaterThan(0);
});

const outside = requires("mosquitto-clients");

outside.test("mosquitto_sub reads every topic of a bed as it stands in the design", async () => {
  const { url, port } = await startBroker();
  const house = await startHome(url);
  await connected(house.bus);
  const lines = mosquittoSub(port, "breathwatch/1/#");
  await until("the retained state came", () => lines.some((line) => line.includes("/state ")));
  for (let n = 0; n < 4; n++) house.say();
  house.uplink.alarmFold({
    bed: "b1",
    revision: 1,
    at: wall(5),
    watch: { on: true, reason: "person", since: wall(1) },
    open: [],
    unknown: [],
    cards: [],
    past: [],
    pauses: [],
    limits: { version: 0, off: [] },
  });
  await until("the marks came", () =>
    lines.some((line) => line.includes("/stored/") && line.includes('"seq":3')),
  );
  const prefix = bedTopic(home, "b1", "state").slice(0, -"state".length);
  const read = lines.map((line) => {
    const blank = line.indexOf(" ");
    return { topic: line.slice(0, blank), message: JSON.parse(line.slice(blank + 1)) as object };
  });
  const of = (topic: string) => read.filter((each) => each.topic === topic).map(({ message }) => message);
  expect(of(`${prefix}state`)[0]).toMatchObject({ v: 1, online: true });
  expect(of(`${prefix}observation/${device}`)[0]).toMatchObject({
    v: 1,
    seq: 0,
    kind: "samples",
    samples: { spo2: 96, pulse_rate: { absent: "searching" } },
  });
  expect(of(`${prefix}wave/${device}`)[0]).toMatchObject({ v: 1, seq: 3, rateHz: 50 });
  expect(of(`${prefix}stored/${device}`).at(-1)).toMatchObject({ marks: [{ epoch: "epochaaaaa", seq: 3 }] });
  expect(of(`${prefix}alarm`)).toMatchObject([{ v: 1, revision: 1 }]);
  expect(prefix).toMatch(/^breathwatch\/1\/[0-9a-f]{2}\/abcdefghij\/b1\/$/);
});

const mosquitto = requires("mosquitto");

mosquitto.test("the same home runs on mosquitto, through its restarts", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-mosquitto-"));
  undo.push(() => rmSync(folder, { recursive: true }));
  const port = await freePort();
  const config = path.join(folder, "mosquitto.conf");
  const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "set_tcp_nodelay true", "user root"];
  writeFileSync(config, lines.join("\n"));
  const startMosquitto = (): ChildProcess => {
    const child = spawn("/usr/sbin/mosquitto", ["-c", config], { stdio: "ignore" });
    undo.push(() => child.kill("SIGKILL"));
    return child;
  };
  let broker = startMosquitto();
  const house = await startHome(`mqtt://127.0.0.1:${port}`);
  await connected(house.bus);
  const said: string[] = [];
  for (let restart = 0; restart < 3; restart++) {
    for (let n = 0; n < 100; n++) {
      said.push(house.say());
      if (n === 50) broker.kill("SIGKILL");
      if (n % 10 === 0) await sleep(5);
    }
    await sleep(100);
    broker = startMosquitto();
    await connected(house.bus);
  }
  await until("the spool is empty", () => house.spool.size === 0, 30_000);
  expect(house.store.written.toSorted()).toEqual(said.toSorted());
});

/** Lines `<topic> <payload>` as an outside program prints them. */
function mosquittoSub(port: number, filter: string): string[] {
  const lines: string[] = [];
  const args = ["-h", "127.0.0.1", "-p", String(port), "-u", login.username, "-P", login.password];
  const child = spawn("mosquitto_sub", [...args, "-V", "311", "-q", "1", "-v", "-t", filter]);
  undo.push(() => child.kill("SIGKILL"));
  let rest = "";
  child.stdout.on("data", (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  return lines;
}

/** Stands between client and broker; can cut the cable, or hold everything back without closing anything. */
async function proxyTo(port: number) {
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let frozen = false;
  const server: Server = createServer((near) => {
    const far = new Socket();
    const pair = { near, far };
    pairs.add(pair);
    far.connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (bytes) => !frozen && to.write(bytes));
      from.on("error", () => undefined);
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  undo.push(() => {
    cut();
    server.close();
  });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
