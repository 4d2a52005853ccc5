// One contract of users and rights, on the built-in broker and on Mosquitto, over TLS and real sockets.
import { setTimeout as sleep } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, type describe, expect, test } from "vitest";
import { createBrokerStarter } from "../../src/bus/broker.ts";
import { createBusConnector } from "../../src/bus/client.ts";
import { createMosquittoUsers } from "../../src/bus/mosquitto-users.ts";
import { bedTopic, deviceTopic, type TopicKind } from "../../src/bus/topics.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { BrokerUsers } from "../../src/port/bus.ts";
import { boxUser } from "../../src/port/registry.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";

const clock = createClock();
const random = createRandom();
const home = "abcdefghij";
const user = boxUser({ home, id: "boxaaaaaaa" });
const stranger = boxUser({ home: "bcdefghijk", id: "boxbbbbbbb" });

/** Undone after each test, newest first. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

interface Running {
  readonly users: BrokerUsers;
  /** For boxes, over TLS. */
  readonly boxUrl: string;
  readonly hubUrl: string;
  readonly hub: { readonly username: string; readonly password: string };
}

async function embedded({ cert, key }: Certificate): Promise<Running> {
  const hub = { username: "breathwatch", password: "own secret" };
  const tls = { cert, key, host: "127.0.0.1", port: 0 };
  const starter = createBrokerStarter({ log: silentLog });
  const broker = await starter.start({ host: "127.0.0.1", port: 0, ...hub, tls });
  undo.push(() => broker.close());
  return { users: broker.users, boxUrl: `mqtts://127.0.0.1:${broker.tlsPort}`, hubUrl: broker.url, hub };
}

async function mosquitto({ certPath, keyPath }: Certificate): Promise<Running> {
  const broker = await startMosquitto({ tls: { certFile: certPath, keyFile: keyPath } });
  undo.push(() => broker.remove());
  const bus = createBusConnector({ clock, random, log: silentLog }).connect({
    url: broker.url,
    clientId: "hub-of-the-test",
    ...broker.hub,
  });
  undo.push(() => bus.close());
  await until("the hub is connected", () => bus.connected);
  const users = createMosquittoUsers({ bus, clock, random });
  return { users, boxUrl: broker.boxUrl!, hubUrl: broker.url, hub: broker.hub };
}

async function until(what: string, isSo: () => boolean, ms = 10_000): Promise<void> {
  const deadline = clock.mono() + ms;
  while (!isSo()) {
    if (clock.mono() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await sleep(5);
  }
}

const DEVICE_KINDS = ["observation", "wave", "raw", "stored"] as const;
const BY_EDGE = [
  "state",
  "observation",
  "wave",
  "raw",
  "alarm",
  "alarm/event",
  "called",
  "health",
  "command/result",
  "answer",
] as const;
const BY_HUB = ["stored", "settings", "command", "health/echo"] as const;

function topicOf(ofHome: string, kind: TopicKind): string {
  const device = DEVICE_KINDS.find((each) => each === kind);
  if (device !== undefined) return deviceTopic(ofHome, "b1", device, "oximeterxx");
  return bedTopic(ofHome, "b1", kind as Exclude<TopicKind, (typeof DEVICE_KINDS)[number]>);
}

async function connect(
  url: string,
  login: { username: string; password: string },
  ca?: string,
): Promise<MqttClient> {
  const tls = ca === undefined ? {} : { ca };
  const options = { ...login, ...tls, clientId: login.username, reconnectPeriod: 0 };
  const client = await mqtt.connectAsync(url, options, false);
  client.on("error", () => undefined);
  undo.push(() => client.end(true));
  return client;
}

const kinds: readonly (readonly [string, typeof describe, (certificate: Certificate) => Promise<Running>])[] =
  [
    ["the built-in broker", requires("openssl").describe, embedded],
    ["Mosquitto", requires("openssl", "mosquitto").describe, mosquitto],
  ];

for (const [name, where, start] of kinds) {
  where(`users of ${name}`, () => {
    async function startWith(...boxes: string[]) {
      const certificate = createCertificate();
      undo.push(() => certificate.remove());
      const broker = await start(certificate);
      for (const box of boxes) await broker.users.put(box, `secret of ${box}`);
      const box = (username: string, password = `secret of ${username}`): Promise<MqttClient> =>
        connect(broker.boxUrl, { username, password }, certificate.cert);
      return { ...broker, certificate, box };
    }

    test("come and go while it runs, and their connections with them", async () => {
      const { users, box } = await startWith(stranger);
      await expect(box(user)).rejects.toThrow(/authori[sz]ed/i);
      await users.put(user, "one");
      const first = await box(user, "one");
      const bystander = await box(stranger);
      expect((await users.list()).toSorted()).toEqual([user, stranger].toSorted());
      const ended = new Promise<void>((resolve) => first.once("close", () => resolve()));
      await users.put(user, "two");
      await ended;
      await expect(box(user, "one")).rejects.toThrow(/authori[sz]ed/i);
      const second = await box(user, "two");
      const gone = new Promise<void>((resolve) => second.once("close", () => resolve()));
      await users.remove(user);
      await users.remove(user);
      await gone;
      await expect(box(user, "two")).rejects.toThrow(/authori[sz]ed/i);
      expect(await users.list()).toEqual([stranger]);
      expect(bystander.connected).toBe(true);
    });

    test("are let in with their own password only, and nobody without one", async () => {
      const { boxUrl, users, certificate, box } = await startWith(user, stranger);
      await expect(box(user, `secret of ${stranger}`)).rejects.toThrow(/authori[sz]ed/i);
      const anonymous = mqtt.connectAsync(boxUrl, { ca: certificate.cert, reconnectPeriod: 0 }, false);
      await expect(anonymous).rejects.toThrow(/authori[sz]ed/i);
      for (const nobody of ["hub", "breathwatch", "+", "#", `${home}.`, ""]) {
        await expect(users.put(nobody === "hub" ? "hu b" : nobody, "x")).rejects.toMatchObject({
          code: "INPUT_INVALID",
        });
      }
    });

    test("publish what edges say of their own home, and nothing of it anywhere else", async () => {
      const { hubUrl, hub, box } = await startWith(user, stranger);
      const listener = await connect(hubUrl, hub);
      const heard: string[] = [];
      listener.on("message", (topic, payload) => heard.push(`${topic} ${payload.toString()}`));
      await listener.subscribeAsync("breathwatch/1/#", { qos: 1 });
      const tries = [
        ...BY_EDGE.map((kind) => [kind, home, true] as const),
        ...BY_HUB.map((kind) => [kind, home, false] as const),
        ...[...BY_EDGE, ...BY_HUB].map((kind) => [kind, "bcdefghijk", false] as const),
      ];
      for (const [kind, ofHome, isRight] of tries) {
        const client = await box(user);
        const topic = topicOf(ofHome, kind);
        client.publish(topic, isRight ? "right" : "wrong", { qos: 1 }, () => undefined);
        // A broker acknowledges in silence, or ends the connection.
        const end = new Promise<void>((resolve) => client.once("close", () => resolve()));
        const follow = client
          .publishAsync(topicOf(home, "health"), `after ${topic}`, { qos: 1 })
          .catch(() => undefined);
        await Promise.race([end, follow]);
        client.end(true);
      }
      const expected = BY_EDGE.map((kind) => `${topicOf(home, kind)} right`).toSorted();
      await until(
        "all that is right came",
        () => heard.filter((line) => line.endsWith(" right")).length >= 8,
      );
      expect(heard.filter((line) => line.endsWith(" right")).toSorted()).toEqual(expected);
      expect(heard.filter((line) => line.endsWith(" wrong"))).toEqual([]);
    });

    test("read what hubs say to their own home, and are refused everything else", async () => {
      const { hubUrl, hub, box } = await startWith(user, stranger);
      const client = await box(user);
      const granted = async (filter: string): Promise<boolean> => {
        const given = await client.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
        return given?.every(({ qos }) => qos < 128) ?? false;
      };
      for (const kind of BY_HUB) expect(await granted(topicOf(home, kind)), kind).toBe(true);
      for (const kind of BY_EDGE) expect(await granted(topicOf(home, kind)), kind).toBe(false);
      for (const kind of BY_HUB) {
        expect(await granted(topicOf("bcdefghijk", kind)), `foreign ${kind}`).toBe(false);
        expect(await granted(`breathwatch/1/+/+/+/${kind}`), `every ${kind}`).toBe(false);
      }
      const prefix = topicOf(home, "state").replace("/b1/state", "");
      for (const filter of ["#", "breathwatch/#", `${prefix}/#`, `${prefix}/+/+`, "$SYS/#", "$CONTROL/#"]) {
        expect(await granted(filter), filter).toBe(false);
      }
      const heard: string[] = [];
      client.on("message", (topic) => heard.push(topic));
      const speaker = await connect(hubUrl, hub);
      for (const kind of [...BY_EDGE, ...BY_HUB]) {
        await speaker.publishAsync(topicOf("bcdefghijk", kind), "x", { qos: 1 });
        await speaker.publishAsync(topicOf(home, kind), "x", { qos: 1 });
      }
      await until("all four came", () => heard.length >= BY_HUB.length);
      expect(heard.toSorted()).toEqual(BY_HUB.map((kind) => topicOf(home, kind)).toSorted());
    });

    test("cannot throw out another box or the hub by taking its client id", async () => {
      const { boxUrl, hubUrl, hub, box, certificate } = await startWith(user, stranger);
      const victim = await box(user);
      const hubClient = await connect(hubUrl, hub);
      for (const clientId of [user, hub.username]) {
        const login = { username: stranger, password: `secret of ${stranger}`, clientId };
        const attempt = mqtt.connectAsync(
          boxUrl,
          { ...login, ca: certificate.cert, reconnectPeriod: 0 },
          false,
        );
        const client = await attempt.catch(() => undefined);
        client?.end(true);
      }
      await victim.publishAsync(topicOf(home, "health"), "x", { qos: 1 });
      await hubClient.publishAsync(topicOf(home, "command"), "x", { qos: 1 });
      expect([victim.connected, hubClient.connected]).toEqual([true, true]);
    });
  });
}
