// The Web Push channel through the real HTTP client to a push service on loopback that checks what RFC 8030, 8291 and
// 8292 ask for, with a receiver that shares no code with the sender.
import { afterAll, beforeAll, expect } from "vitest";
import { createVapidKeys } from "../../src/notify/web-push/vapid.ts";
import { createWebPush } from "../../src/notify/web-push/web-push.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createHttp } from "../../src/ops/http.ts";
import type { Channel, ChannelMessage, PushPayload } from "../../src/port/channel.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { type PushService, startPushService } from "../support/push-service.ts";
import { requires } from "../support/require.ts";

const { describe, test, missing } = requires("openssl");

const clock = createClock();
const keys = createVapidKeys(createSeededRandom(3));
const channelFor = (vapid = keys): Channel =>
  createWebPush({
    http: createHttp(clock),
    clock,
    keys: vapid,
    subject: "mailto:family@example.org",
    allowPrivateEndpoints: true,
  });

const message = (changes: Partial<ChannelMessage> = {}): ChannelMessage => ({
  key: "home/b1-abcdefghij-1/0/0",
  kind: "alarm",
  title: "呼吸守護：請立刻查看（緊急）",
  body: "打開看發生了什麼。",
  language: "zh-Hant",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/",
  simulated: true,
  drill: true,
  ...changes,
});

describe("Web Push on the wire", () => {
  let certificate: Certificate;
  let forget: () => void;
  let service: PushService;

  beforeAll(async () => {
    if (missing !== undefined) return;
    certificate = createCertificate();
    forget = certificate.trust();
    service = await startPushService(certificate);
  });

  afterAll(async () => {
    if (missing !== undefined) return;
    await service.stop();
    forget();
    certificate.remove();
  });

  const send = (settings: { readonly [name: string]: string }, changes: Partial<ChannelMessage> = {}) =>
    channelFor().send({ id: "t1", channel: "web-push", settings }, message(changes));

  test("a message is taken by the service and read by its receiver", async () => {
    const { settings, receiver } = service.subscribe(keys.publicKey);
    const result = await send(settings);
    expect(result).toMatchObject({ outcome: "accepted", reference: expect.stringContaining(service.origin) });
    const post = service.accepted.at(-1);
    expect(post?.headers).toMatchObject({
      ttl: "120",
      urgency: "high",
      topic: "b1-abcdefghij-1",
      "content-encoding": "aes128gcm",
      "content-length": String(post?.body.length),
    });
    const payload = JSON.parse(receiver.decrypt(post?.body ?? Buffer.alloc(0))) as PushPayload;
    expect(payload).toMatchObject({ title: "呼吸守護：請立刻查看（緊急）", drill: true, simulated: true });
  });

  test("the largest message that we send is taken", async () => {
    const { settings, receiver } = service.subscribe(keys.publicKey);
    expect(await send(settings, { body: "看".repeat(5_000) })).toMatchObject({ outcome: "accepted" });
    const body = service.accepted.at(-1)?.body ?? Buffer.alloc(0);
    expect(body.length).toBeGreaterThan(3_700);
    expect(body.length).toBeLessThanOrEqual(4_096);
    expect(receiver.decrypt(body)).toContain("看看看");
  });

  test("a subscription made for another home's key refuses ours, for good", async () => {
    const { settings } = service.subscribe(createVapidKeys(createSeededRandom(4)).publicKey);
    expect(await send(settings)).toMatchObject({ outcome: "refused", gone: true });
  });

  test("a subscription that ended is gone", async () => {
    const subscription = service.subscribe(keys.publicKey);
    subscription.unsubscribe();
    expect(await send(subscription.settings)).toMatchObject({ outcome: "refused", gone: true });
  });

  test("a service that is busy says when to come back", async () => {
    const { settings } = service.subscribe(keys.publicKey);
    service.answerNext({ status: 429, headers: { "retry-after": "9" } }, { status: 503 });
    expect(await send(settings)).toMatchObject({ outcome: "failed", retryAfterMs: 9_000 });
    expect(await send(settings)).toMatchObject({ outcome: "failed" });
    expect(await send(settings)).toMatchObject({ outcome: "accepted" });
  });

  test("many messages within the hour carry one token", async () => {
    const { settings } = service.subscribe(keys.publicKey);
    const channel = channelFor();
    const before = service.accepted.length;
    const target = { id: "t1", channel: "web-push", settings };
    await Promise.all(Array.from({ length: 20 }, () => channel.send(target, message())));
    const posts = service.accepted.slice(before);
    expect(posts).toHaveLength(20);
    expect(new Set(posts.map(({ headers }) => headers.authorization)).size).toBe(1);
    expect(new Set(posts.map(({ body }) => body.toString("base64"))).size).toBe(20);
  });

  test("a service whose certificate nobody vouches for is not spoken to", async () => {
    const unknown = createCertificate();
    const impostor = await startPushService(unknown);
    try {
      expect(await send(impostor.subscribe().settings)).toMatchObject({ outcome: "failed" });
      expect(impostor.events).toEqual([]);
    } finally {
      await impostor.stop();
      unknown.remove();
    }
  });
});
