// Real MQTT on loopback: the library's client, a broker in this process, a plug that another client plays.
import { createServer } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBrokerStarter } from "../../src/bus/broker.ts";
import { createClock } from "../../src/ops/clock.ts";
import type { OpenLink, Packet, PacketLink } from "../../src/port/link.ts";
import { createLinks } from "../../src/transport/links.ts";
import { silentLog } from "../support/silent-log.ts";

const clock = createClock();
const never = new AbortController().signal;
const text = (packet: Packet): string => `${packet.channel} ${new TextDecoder().decode(packet.bytes)}`;

let broker: { readonly url: string; close(): Promise<void> };
let plug: MqttClient;
let host: string;

beforeEach(async () => {
  const starter = createBrokerStarter({ log: silentLog });
  broker = await starter.start({ host: "127.0.0.1", port: 0, username: "ann", password: "s3c:ret" });
  host = broker.url.replace("mqtt://", "");
  plug = await connectAsync(broker.url, { username: "ann", password: "s3c:ret", reconnectPeriod: 0 });
  plug.on("error", () => undefined);
});
afterEach(async () => {
  await plug.endAsync(true);
  await broker.close();
});

const open = (
  address = `mqtt://ann:s3c%3Aret@${host}/tele/plug`,
  topics: readonly string[] = ["tele/plug/SENSOR", "tele/plug/LWT"],
  signal = never,
): Promise<OpenLink<PacketLink>> =>
  createLinks({ clock }).openPackets(address, { kind: "messages", topics }, signal);

async function take(link: PacketLink, count: number): Promise<string[]> {
  const heard: string[] = [];
  for await (const packet of link.chunks) {
    heard.push(text(packet));
    if (heard.length === count) break;
  }
  return heard;
}

describe("messages of a broker", () => {
  test("arrive by topic, the retained ones too; other topics do not", async () => {
    await plug.publishAsync("tele/plug/LWT", "Online", { retain: true, qos: 1 });
    const { link, simulated, resolved } = await open();
    expect(await take(link, 1)).toEqual(["tele/plug/LWT Online"]);
    await plug.publishAsync("tele/other/SENSOR", "1", { qos: 1 });
    await plug.publishAsync("tele/plug/SENSOR", '{"ENERGY":{"Power":31}}', { qos: 1 });
    expect(await take(link, 1)).toEqual(['tele/plug/SENSOR {"ENERGY":{"Power":31}}']);
    // A real plug speaks through the broker of this machine, too.
    expect(simulated).toBe(false);
    expect(resolved).toBe(`mqtt://${host}/tele/plug`);
    await link.close();
  });

  test("are only listened to: a plug under a ventilator is not to be switched from here", async () => {
    const { link } = await open();
    const packet = { channel: "cmnd/plug/POWER", bytes: new TextEncoder().encode("OFF") };
    await expect(link.write(packet)).rejects.toMatchObject({ code: "DEVICE_REFUSED" });
    await link.close();
  });

  test("end with a lost link when the broker goes", async () => {
    const { link } = await open();
    const ending = expect(take(link, 1)).rejects.toMatchObject({ code: "LINK_LOST" });
    await broker.close();
    await ending;
    await link.close();
    const rest: Packet[] = [];
    for await (const packet of link.chunks) rest.push(packet);
    expect(rest).toEqual([]);
  });

  test("stop without a fault when the link is closed", async () => {
    const { link } = await open();
    const ending = take(link, 1);
    await link.close();
    expect(await ending).toEqual([]);
  });

  test("of a broker that wants another password are refused; no password is told", async () => {
    const fault = await open(`mqtt://ann:w1ong@${host}/`).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "LINK_REFUSED", fix: expect.stringContaining("USER:PASSWORD") });
    expect(`${(fault as Error).message} ${(fault as Error).stack}`).not.toMatch(/w1ong|ann/);
  });

  test("on topics that the broker does not grant are refused", async () => {
    await expect(open(undefined, ["$share/group/tele"])).rejects.toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringContaining("$share/group/tele"),
    });
  });

  test("of a broker that is not there are not found", async () => {
    await broker.close();
    await expect(open()).rejects.toMatchObject({ code: "LINK_NOT_FOUND" });
  });

  test("are not waited for when they are no longer wanted", async () => {
    const stop = new AbortController();
    const opening = open(undefined, undefined, stop.signal);
    stop.abort();
    await expect(opening).rejects.toThrow(/abort/);
  });

  test.each(["mqtt://", "mqtt:plug", "mqtt://a%zz@host/"])(
    "%s is not the address of one",
    async (address) => {
      await expect(open(address)).rejects.toMatchObject({ code: "LINK_REFUSED", permanent: true });
    },
  );

  test("that announces a message of 250 MB is left before that fills the memory", async () => {
    let sent = 0;
    const hostile = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write(Uint8Array.of(0x20, 2, 0, 0));
        socket.once("data", (subscribe: Uint8Array) => {
          socket.write(Uint8Array.of(0x90, 3, subscribe[2] ?? 0, subscribe[3] ?? 0, 0));
          // PUBLISH of 250 MB to "t".
          socket.write(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x77, 0, 1, 0x74));
          const piece = new Uint8Array(1 << 20);
          const pour = (): void => {
            sent += piece.length;
            if (!socket.destroyed && sent < 250 << 20) socket.write(piece, pour);
          };
          pour();
        });
      });
    });
    await new Promise<void>((resolve) => {
      hostile.listen(0, "127.0.0.1", resolve);
    });
    const bound = hostile.address();
    const port = typeof bound === "object" ? bound?.port : 0;
    try {
      const { link } = await open(`mqtt://127.0.0.1:${port}/t`, ["t"]);
      await expect(take(link, 1)).rejects.toMatchObject({ code: "LINK_LOST" });
      expect(sent).toBeLessThan(60 << 20);
      await link.close();
    } finally {
      hostile.close();
    }
  });
});
