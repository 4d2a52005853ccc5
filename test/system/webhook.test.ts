// The webhook channel through the real HTTP client to a receiver on loopback that checks the signature as its README
// tells a family's own receiver to.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebhook } from "../../src/notify/webhook/webhook.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createHttp } from "../../src/ops/http.ts";
import type { ChannelMessage, SendResult } from "../../src/port/channel.ts";

const SECRET = "a secret of the family";

const message: ChannelMessage = {
  key: "home/b1-abcdefghij-1/0/0",
  kind: "alarm",
  title: "呼吸守护",
  body: "请查看",
  language: "zh-Hans",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/",
  simulated: false,
  drill: false,
};

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let received: Received[];
let reply: { readonly status: number; readonly body: string } | "silence";

beforeEach(async () => {
  received = [];
  reply = { status: 200, body: "" };
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      if (reply !== "silence") response.writeHead(reply.status).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function send(): Promise<SendResult> {
  const clock = createClock();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/breathwatch`;
  const target = { id: "t1", channel: "webhook", settings: { url, secret: SECRET } };
  return createWebhook({ http: createHttp(clock), clock }).send(target, message);
}

function isGenuine({ headers, body }: Received): boolean {
  const timestamp = headers["x-breathwatch-timestamp"]?.toString() ?? "";
  const given = Buffer.from(headers["x-breathwatch-signature"]?.toString() ?? "");
  const expected = Buffer.from(
    `v1=${createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex")}`,
  );
  const isFresh = Math.abs(Date.now() - Number(timestamp)) < 300_000;
  return isFresh && given.length === expected.length && timingSafeEqual(given, expected);
}

describe("a webhook on the wire", () => {
  test("is genuine for whoever holds the secret, and for nobody else", async () => {
    expect(await send()).toEqual({ outcome: "accepted", reference: "" });
    const [first] = received;
    if (first === undefined) throw new Error("nothing was received");
    expect(isGenuine(first)).toBe(true);
    expect(isGenuine({ ...first, body: first.body.replace("high", "low") })).toBe(false);
    expect(first.headers["idempotency-key"]).toBe(message.key);
    expect(JSON.parse(first.body)).toMatchObject({ title: "呼吸守护", kind: "alarm" });
  });

  test("takes the receiver's word that somebody goes", async () => {
    reply = { status: 200, body: JSON.stringify({ ack: true, by: "夜班护士" }) };
    expect(await send()).toEqual({ outcome: "accepted", reference: "", acknowledgedBy: "夜班护士" });
  });

  test("is not followed elsewhere", async () => {
    reply = { status: 307, body: "" };
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
    expect(received).toHaveLength(1);
  });

  test("gives up on a receiver that says nothing for five seconds", async () => {
    reply = "silence";
    const startedAt = performance.now();
    expect(await send()).toMatchObject({ outcome: "failed" });
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(4_900);
    expect(tookMs).toBeLessThan(6_000);
  });

  test("reports a receiver that is not there", async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const clock = createClock();
    const settings = { url: `http://127.0.0.1:${port}/`, secret: SECRET };
    const channel = createWebhook({ http: createHttp(clock), clock });
    expect(await channel.send({ id: "t1", channel: "webhook", settings }, message)).toMatchObject({
      outcome: "failed",
      detail: expect.stringContaining("127.0.0.1"),
    });
  });
});
