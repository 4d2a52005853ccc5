// The built-in broker under attack: before anybody is known, and by a box whose secrets were stolen.
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { createBrokerStarter } from "../../src/bus/broker.ts";
import { bedTopic, deviceTopic } from "../../src/bus/topics.ts";
import { createClock } from "../../src/ops/clock.ts";
import { boxUser } from "../../src/port/registry.ts";
import { createCertificate } from "../support/certificate.ts";
import { requires } from "../support/require.ts";

const clock = createClock();
const own = { username: "breathwatch", password: "own secret" };
const home = "abcdefghij";
const user = boxUser({ home, id: "boxaaaaaaa" });

/** Undone after each test, newest first. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function start(more: Partial<Parameters<ReturnType<typeof createBrokerStarter>["start"]>[0]> = {}) {
  const notes: { event: string; why: unknown }[] = [];
  const log = {
    note: (event: string, fields: { readonly why?: unknown } = {}) =>
      void notes.push({ event, why: fields.why }),
  };
  const broker = await createBrokerStarter({ log }).start({ host: "127.0.0.1", port: 0, ...own, ...more });
  undo.push(() => broker.close());
  return { broker, url: broker.url, port: Number(new URL(broker.url).port), notes };
}

async function client(
  url: string,
  login: { username: string; password: string },
  more = {},
): Promise<MqttClient> {
  const made = await mqtt.connectAsync(url, { ...login, ...more, reconnectPeriod: 0 }, false);
  made.on("error", () => undefined);
  undo.push(() => made.end(true));
  return made;
}

function raw(port: number): Socket {
  const socket = connectTcp(port, "127.0.0.1");
  socket.on("error", () => undefined);
  // Who reads nothing does not notice the end either.
  socket.resume();
  undo.push(() => socket.destroy());
  return socket;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });

async function until(what: string, isSo: () => boolean, ms = 10_000): Promise<void> {
  const deadline = clock.mono() + ms;
  while (!isSo()) {
    if (clock.mono() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await sleep(5);
  }
}

const ended = (of: MqttClient): Promise<void> => until("the connection ends", () => !of.connected);

describe("somebody who is not known", () => {
  test.each([
    ["a packet of 250 MB", Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4, 77, 81, 84, 84])],
    ["a message before anything else", Buffer.from([0x30, 5, 0, 1, 97, 98, 99])],
    ["a request of the web", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a length without an end", Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ])("is cut off at once after %s", async (_, bytes) => {
    const { port } = await start();
    const socket = raw(port);
    socket.write(bytes);
    const since = clock.mono();
    await closed(socket);
    expect(clock.mono() - since).toBeLessThan(2_000);
  });

  test("cannot fill memory and door with connections that never say all of it", async () => {
    const { port, url, notes } = await start();
    const crowd: Socket[] = [];
    // Everybody sends a connect packet that says 30 KiB, and all of it but the end.
    const half = Buffer.concat([Buffer.from([0x10, 0x80, 0xf0, 0x01]), Buffer.alloc(30_000, 97)]);
    for (let n = 0; n < 1_500; n++) {
      const socket = raw(port);
      socket.write(half);
      crowd.push(socket);
      if (n % 100 === 99) await sleep(5);
    }
    const through = await client(url, own);
    await through.publishAsync("x", "y", { qos: 1 });
    await until(
      "most of the crowd is gone",
      () => crowd.filter((socket) => !socket.closed).length <= 64,
      20_000,
    );
    expect(through.connected).toBe(true);
    // The log says it a few times, not a thousand times.
    expect(notes.length).toBeLessThan(40);
  });

  test("speaks MQTT 5 and is told cleanly that 3.1.1 is meant", async () => {
    const { url } = await start();
    const five = mqtt.connectAsync(url, { ...own, protocolVersion: 5, reconnectPeriod: 0 }, false);
    await expect(five).rejects.toThrow(/protocol version/i);
    expect((await client(url, own)).connected).toBe(true);
  });

  test("who asks whether a user exists gets the same answer for both", async () => {
    const { url, broker } = await start();
    await broker.users.put(user, "secret");
    const answers = await Promise.all(
      [user, boxUser({ home, id: "boxbbbbbbb" })].map((username) =>
        client(url, { username, password: "guess" }).then(
          () => "in",
          (error: unknown) => String(error),
        ),
      ),
    );
    expect(answers[0]).toMatch(/authori[sz]ed/i);
    expect(answers[1]).toBe(answers[0]);
  });
});

describe("a box whose secrets were stolen", () => {
  async function startWithBox() {
    const running = await start();
    await running.broker.users.put(user, "secret");
    return {
      ...running,
      box: (more = {}) => client(running.url, { username: user, password: "secret" }, more),
    };
  }

  test("gets no more than eight connections, and one for each client id", async () => {
    const { box } = await startWithBox();
    const clients: MqttClient[] = [];
    for (let n = 0; n < 8; n++) clients.push(await box({ clientId: `c${n}` }));
    await expect(box({ clientId: "c8" })).rejects.toThrow();
    clients[0]!.end(true);
    let ninth: MqttClient | undefined;
    for (let attempt = 0; attempt < 100 && ninth === undefined; attempt++) {
      await sleep(10);
      ninth = await box({ clientId: "c8" }).catch(() => undefined);
    }
    expect(ninth?.connected).toBe(true);
    await expect(box({ clientId: "c9" })).rejects.toThrow();
  });

  test("cannot make the broker keep more than its share, and takes nothing from other homes", async () => {
    const { box, url, notes } = await startWithBox();
    const client1 = await box();
    for (let n = 0; n < 400; n++) {
      await client1.publishAsync(deviceTopic(home, "b1", "observation", `d${n}`), "x", {
        qos: 1,
        retain: true,
      });
    }
    const hub = await client(url, own);
    const kept: string[] = [];
    const other = bedTopic("bcdefghijk", "b1", "settings");
    await hub.publishAsync(other, "x", { qos: 1, retain: true });
    hub.on("message", (topic, _, { retain }) => retain && kept.push(topic));
    await hub.subscribeAsync("breathwatch/1/#", { qos: 1 });
    await until("the other home's came", () => kept.includes(other));
    await sleep(100);
    expect(kept).toHaveLength(257);
    expect(notes.filter(({ why }) => why === "too much to keep").length).toBeLessThan(10);
  });

  test("is refused more subscriptions than anybody needs, and keeps those it has", async () => {
    const { box } = await startWithBox();
    const client1 = await box();
    let granted = 0;
    for (let n = 0; n < 150; n++) {
      const filter = deviceTopic(home, "b1", "stored", `d${n}`);
      const given = await client1.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
      if (given?.every(({ qos }) => qos < 128) === true) granted++;
    }
    expect(granted).toBe(100);
    expect(client1.connected).toBe(true);
  });

  test("leaves no session behind that would fill while it is away", async () => {
    const { box, url } = await startWithBox();
    const filter = bedTopic(home, "b1", "command");
    const before = await box({ clientId: "kept", clean: false });
    await before.subscribeAsync(filter, { qos: 1 });
    await before.endAsync();
    const hub = await client(url, own);
    await hub.publishAsync(filter, "while away", { qos: 1 });
    const after = await box({ clientId: "kept", clean: false });
    const heard: string[] = [];
    after.on("message", (_, payload) => heard.push(payload.toString()));
    await sleep(200);
    expect(heard).toEqual([]);
  });

  test("cannot have a last will said in the place of another home, nor of the hub", async () => {
    const { box, url } = await startWithBox();
    const hub = await client(url, own);
    const heard: string[] = [];
    hub.on("message", (topic) => heard.push(topic));
    await hub.subscribeAsync("#", { qos: 1 });
    const right = bedTopic(home, "b1", "state");
    for (const topic of [
      bedTopic("bcdefghijk", "b1", "state"),
      bedTopic(home, "b1", "command"),
      "x",
      right,
    ]) {
      const made = await box({ will: { topic, payload: "gone", qos: 1, retain: true } });
      made.stream.destroy();
      await ended(made);
    }
    await until("the right one came", () => heard.length > 0);
    await sleep(100);
    expect(heard).toEqual([right]);
  });
});

describe("who knows the users of the broker elsewhere", () => {
  test("is asked at each connection, and a mistake of it lets nobody in", async () => {
    const { url } = await start({
      knows: (username, password) =>
        password === "fails" ? Promise.reject(new Error("no store")) : Promise.resolve(password === "known"),
    });
    expect((await client(url, { username: user, password: "known" })).connected).toBe(true);
    for (const password of ["guess", "fails"]) {
      await expect(client(url, { username: user, password })).rejects.toThrow(/authori[sz]ed/i);
    }
    await expect(client(url, { username: "hub.x", password: "known" })).rejects.toThrow(/authori[sz]ed/i);
  });
});

requires("openssl").describe("the listener for other machines", () => {
  test("takes a new certificate while it runs, keeps its connections, and refuses a wrong one with words", async () => {
    const first = createCertificate();
    const second = createCertificate();
    undo.push(
      () => first.remove(),
      () => second.remove(),
    );
    const tls = { cert: first.cert, key: first.key, host: "127.0.0.1", port: 0 };
    const { broker } = await start({ tls });
    const url = `mqtts://127.0.0.1:${broker.tlsPort}`;
    const before = await client(url, own, { ca: first.cert });
    await expect(broker.setCertificate({ cert: first.cert, key: second.key })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    expect((await client(url, own, { ca: first.cert })).connected).toBe(true);
    await broker.setCertificate(second);
    expect((await client(url, own, { ca: second.cert })).connected).toBe(true);
    await expect(client(url, own, { ca: first.cert })).rejects.toThrow(/certificate/i);
    expect(before.connected).toBe(true);
    await before.publishAsync("x", "y", { qos: 1 });
  });

  test("cuts off who says nothing of TLS, and is not started with a certificate that is none", async () => {
    const made = createCertificate();
    undo.push(() => made.remove());
    const { broker } = await start({ tls: { cert: made.cert, key: made.key, host: "127.0.0.1", port: 0 } });
    const socket = raw(broker.tlsPort!);
    socket.write(Buffer.from([0x10, 12, 0, 4, 77, 81, 84, 84, 4, 2, 0, 10, 0, 0]));
    await closed(socket);
    const wrong = start({ tls: { cert: "x", key: "y", host: "127.0.0.1", port: 0 } });
    await expect(wrong).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
