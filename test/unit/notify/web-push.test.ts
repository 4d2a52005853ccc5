import { beforeEach, describe, expect, test } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { checkVapidSubject, createVapidKeys } from "../../../src/notify/web-push/vapid.ts";
import { createWebPush, subscriptionProblem } from "../../../src/notify/web-push/web-push.ts";
import type { ChannelMessage, PushPayload } from "../../../src/port/channel.ts";
import type { HttpRequest, HttpResponse } from "../../../src/port/http.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { wordsIn } from "../../../src/words/index.ts";
import { NIGHT } from "../../support/alarms.ts";
import { createPushReceiver, readVapid } from "../../support/push-receiver.ts";

const SERVICE = "https://push.example.com";
const SUBJECT = "mailto:family@example.org";
const keys = createVapidKeys(createSeededRandom(1));
const phone = createPushReceiver();

let clock: VirtualClock;
let requests: HttpRequest[];
let answer: Partial<HttpResponse> | Error;

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  requests = [];
  answer = { status: 201, headers: { location: `${SERVICE}/m/1` } };
});

const channel = (changes: { subject?: string; allowPrivateEndpoints?: boolean } = {}) =>
  createWebPush({
    http: {
      async request(request) {
        requests.push(request);
        if (answer instanceof Error) throw answer;
        return { status: 200, headers: {}, body: "", ...answer };
      },
    },
    clock,
    keys,
    subject: SUBJECT,
    allowPrivateEndpoints: false,
    ...changes,
  });

const target = (settings: { readonly [name: string]: string } = {}) => ({
  id: "t1",
  channel: "web-push",
  settings: { endpoint: `${SERVICE}/s/abc`, p256dh: phone.p256dh, auth: phone.auth, ...settings },
});

const message = (changes: Partial<ChannelMessage> = {}): ChannelMessage => ({
  key: "home/b1-abcdefghij-1/0/0",
  kind: "alarm",
  title: "呼吸守护：请马上查看（紧急）",
  body: "点开看发生了什么。",
  language: "zh-Hans",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/#b1",
  acknowledgeUrl: "https://home.local/api/a/token",
  simulated: false,
  drill: false,
  ...changes,
});

const sent = (): HttpRequest => {
  const [request, ...more] = requests;
  if (request === undefined || more.length > 0) throw new Error(`${requests.length} requests`);
  return request;
};

describe("a message", () => {
  test("is encrypted for the phone and holds what the service worker needs", async () => {
    const receiptUrl = "https://home.local/api/r/token";
    const result = await channel().send(target(), message({ receiptUrl }));
    expect(result).toEqual({ outcome: "accepted", reference: `${SERVICE}/m/1` });
    const payload = JSON.parse(phone.decrypt(sent().body ?? new Uint8Array())) as PushPayload;
    expect(payload).toEqual({
      title: "呼吸守护：请马上查看（紧急）",
      body: "点开看发生了什么。",
      tag: "b1-abcdefghij-1",
      url: "https://home.local/#b1",
      acknowledgeUrl: "https://home.local/api/a/token",
      acknowledgeLabel: wordsIn("zh-Hans").push.acknowledge,
      receiptUrl,
      kind: "alarm",
      priority: "high",
      simulated: false,
      drill: false,
    });
  });

  test("is decrypted by nobody else", async () => {
    await channel().send(target(), message());
    expect(() => createPushReceiver().decrypt(sent().body ?? new Uint8Array())).toThrow();
  });

  test("wakes the phone, replaces an undelivered older one and is dropped when it is worthless", async () => {
    await channel().send(target(), message());
    expect(sent()).toMatchObject({
      method: "POST",
      url: `${SERVICE}/s/abc`,
      headers: { ttl: "120", urgency: "high", topic: "b1-abcdefghij-1", "content-encoding": "aes128gcm" },
    });
  });

  test.each([
    [5, "60"],
    [86_400, "300"],
  ])("that should live %i s is kept by the service for %s s", async (ttlSeconds, expected) => {
    await channel().send(target(), message({ ttlSeconds }));
    expect(sent().headers["ttl"]).toBe(expected);
  });

  test("that is only an update does not wake the phone's radio", async () => {
    await channel().send(target(), message({ kind: "update", priority: "low" }));
    expect(sent().headers["urgency"]).toBe("normal");
  });

  test("that is too long is cut in its body and still fits", async () => {
    await channel().send(target(), message({ body: "监".repeat(3_000) }));
    const plain = phone.decrypt(sent().body ?? new Uint8Array());
    expect(Buffer.byteLength(plain)).toBeLessThanOrEqual(3_800);
    expect(sent().body?.length).toBeLessThanOrEqual(4_096);
    expect((JSON.parse(plain) as PushPayload).body).toMatch(/^监+$/);
  });

  test("that cannot fit is refused without a request", async () => {
    const result = await channel().send(
      target(),
      message({ url: `https://home.local/${"x".repeat(4_000)}` }),
    );
    expect(result).toMatchObject({ outcome: "refused", gone: false });
    expect(requests).toEqual([]);
  });
});

describe("the sender's token", () => {
  test("is signed with the home's key for this push service, valid for less than a day", async () => {
    await channel().send(target(), message());
    const claims = readVapid(sent().headers["authorization"] ?? "");
    expect(claims).toMatchObject({ aud: SERVICE, sub: SUBJECT, key: keys.publicKey });
    const lifeMs = claims.exp * 1_000 - NIGHT;
    expect(lifeMs).toBeGreaterThan(HOUR_MS);
    expect(lifeMs).toBeLessThan(24 * HOUR_MS);
  });

  const tokensAfter = async (...waitsMs: number[]): Promise<number> => {
    const sender = channel();
    await sender.send(target(), message());
    for (const waitMs of waitsMs) {
      await clock.advance(waitMs);
      await sender.send(target(), message());
    }
    return new Set(requests.map((request) => request.headers["authorization"])).size;
  };

  test("is made once an hour and not more often", async () => {
    expect(await tokensAfter(MINUTE_MS, 58 * MINUTE_MS)).toBe(1);
    requests = [];
    expect(await tokensAfter(HOUR_MS, HOUR_MS, HOUR_MS)).toBe(4);
  });

  test("is made anew when the wall clock was wrong by a day, either way", async () => {
    for (const step of [-24, 24]) {
      const sender = channel();
      requests = [];
      await sender.send(target(), message());
      clock.stepWall(step * HOUR_MS);
      await sender.send(target(), message());
      const { exp } = readVapid(requests[1]?.headers["authorization"] ?? "");
      expect(exp * 1_000 - clock.wall()).toBeGreaterThan(0);
      expect(exp * 1_000 - clock.wall()).toBeLessThan(24 * HOUR_MS);
    }
  });

  test("is another one for another push service", async () => {
    const sender = channel();
    await sender.send(target(), message());
    await sender.send(target({ endpoint: "https://other.example.net:8443/x" }), message());
    const audiences = requests.map((request) => readVapid(request.headers["authorization"] ?? "").aud);
    expect(audiences).toEqual([SERVICE, "https://other.example.net:8443"]);
  });
});

describe("what the push service answers", () => {
  test.each([
    [200, "accepted"],
    [201, "accepted"],
    [202, "accepted"],
  ])("%i: accepted", async (status, outcome) => {
    answer = { status };
    expect(await channel().send(target(), message())).toMatchObject({ outcome });
  });

  test.each([404, 410, 403])("%i: the subscription is gone", async (status) => {
    answer = { status, body: "BadJwtToken" };
    const result = await channel().send(target(), message());
    expect(result).toMatchObject({ outcome: "refused", gone: true });
    expect("detail" in result && result.detail).toContain(`${status}: BadJwtToken`);
  });

  test.each([400, 413, 301])("%i: refused, but the phone is not given up", async (status) => {
    answer = { status };
    expect(await channel().send(target(), message())).toMatchObject({ outcome: "refused", gone: false });
  });

  test.each([429, 500, 502, 503, 401])("%i: to be tried again", async (status) => {
    answer = { status };
    const result = await channel().send(target(), message());
    expect(result).toMatchObject({ outcome: "failed" });
    expect("retryAfterMs" in result).toBe(false);
  });

  test.each([
    ["30", 30_000],
    [new Date(NIGHT + 90_000).toUTCString(), 90_000],
    [new Date(NIGHT - 90_000).toUTCString(), 0],
    ["soon", undefined],
  ])("Retry-After: %s", async (text, expected) => {
    answer = { status: 429, headers: { "Retry-After": text } };
    const result = await channel().send(target(), message());
    expect(result).toMatchObject({ outcome: "failed" });
    expect("retryAfterMs" in result ? result.retryAfterMs : undefined).toBe(expected);
  });

  test("403 while our own clock is not trusted says nothing about the phone", async () => {
    clock.setTrusted(false);
    answer = { status: 403 };
    expect(await channel().send(target(), message())).toMatchObject({ outcome: "failed" });
  });

  test("no answer at all: to be tried again", async () => {
    answer = new Fault("CHANNEL_FAILED", "connection refused");
    expect(await channel().send(target(), message())).toMatchObject({ outcome: "failed" });
  });
});

describe("where it may send", () => {
  const at = (endpoint: string, allowPrivateEndpoints = false) =>
    subscriptionProblem({ endpoint, p256dh: phone.p256dh, auth: phone.auth }, allowPrivateEndpoints);

  test.each([
    "https://updates.push.services.mozilla.com/wpush/v2/x",
    "https://web.push.apple.com/x",
    "https://fcm.googleapis.com/fcm/send/x",
    "https://jmt17.google.com/fcm/send/x",
    "https://203.0.114.9/x",
  ])("%s: yes", (endpoint) => {
    expect(at(endpoint)).toBeUndefined();
  });

  test.each([
    "http://push.example.com/x",
    "ftp://push.example.com/x",
    "not a url",
    "",
    "https://user:secret@push.example.com/x",
    "https://android.googleapis.com/gcm/send/x",
  ])("%s: no, not even where the local network is allowed", (endpoint) => {
    expect(at(endpoint)).toBeDefined();
    expect(at(endpoint, true)).toBeDefined();
  });

  test.each([
    "https://localhost/x",
    "https://printer.local/x",
    "https://router/x",
    "https://nas.home.arpa/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://10.1.2.3/x",
    "https://172.20.0.1/x",
    "https://192.168.1.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/x",
    "https://[::1]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:192.168.1.1]/x",
    "https://localhost./x",
  ])("%s: only where the local network is allowed", async (endpoint) => {
    expect(at(endpoint)).toBe("the push address lies in the house");
    expect(at(endpoint, true)).toBeUndefined();
    expect(await channel().send(target({ endpoint }), message())).toMatchObject({
      outcome: "refused",
      gone: false,
    });
    expect(requests).toEqual([]);
  });

  test.each([
    ["p256dh", "AAAA"],
    ["p256dh", ""],
    ["auth", "AAAA"],
  ])("a subscription with a damaged %s is refused", async (name, value) => {
    expect(await channel().send(target({ [name]: value }), message())).toMatchObject({ outcome: "refused" });
    expect(requests).toEqual([]);
  });

  test("a key that is no point of the curve is refused, not thrown", async () => {
    const p256dh = Buffer.alloc(65, 4).toString("base64url");
    expect(await channel().send(target({ p256dh }), message())).toMatchObject({ outcome: "refused" });
  });
});

test("the service behind a phone is asked at its first page, where the phone may be sent to", () => {
  const { service } = channel();
  expect(service?.(target({ endpoint: "https://push.example.org/send/secret?x=1" }))).toBe(
    "https://push.example.org/",
  );
  expect(service?.(target({ endpoint: "https://192.168.1.1/x" }))).toBeUndefined();
});

describe("at the start", () => {
  test.each(["mailto:mei@example.org", "https://example.org/contact", "mailto:a@b.example.org?subject=x"])(
    "the contact address %s is taken",
    (subject) => {
      expect(() => checkVapidSubject(subject)).not.toThrow();
    },
  );

  test.each([
    "",
    "mei@example.org",
    "http://example.org",
    "mailto:",
    "mailto:mei",
    "mailto:mei@localhost",
    "mailto:mei@home.local",
    "mailto:mei@x.invalid",
    "https://localhost/x",
    "https://box.local",
    "https://192.168.1.5/",
  ])("the contact address %s is refused with its fix, because push services refuse it", (subject) => {
    expect(() => channel({ subject })).toThrowError(expect.objectContaining({ code: "CHANNEL_CONFIG" }));
    expect(() => channel({ subject })).toThrowError(
      expect.objectContaining({ fix: expect.stringContaining("channels.webPush.subject") }),
    );
  });

  test("a damaged key pair is refused", () => {
    const bad = { publicKey: keys.publicKey.slice(4), privateKey: keys.privateKey };
    expect(() =>
      createWebPush({
        http: { request: () => Promise.reject(new Error("unused")) },
        clock,
        keys: bad,
        subject: SUBJECT,
        allowPrivateEndpoints: false,
      }),
    ).toThrowError(expect.objectContaining({ code: "CHANNEL_CONFIG" }));
  });

  test("two homes never share a key pair, and one source of chance gives the same one", () => {
    expect(createVapidKeys(createSeededRandom(1))).toEqual(keys);
    expect(createVapidKeys(createSeededRandom(2))).not.toEqual(keys);
    expect(Buffer.from(keys.publicKey, "base64url")).toHaveLength(65);
    expect(Buffer.from(keys.privateKey, "base64url")).toHaveLength(32);
  });
});

test("the receiver that these tests rely on reads the example of RFC 8291, section 5", () => {
  const receiver = createPushReceiver({
    privateKey: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  });
  const body =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
  expect(receiver.decrypt(Buffer.from(body, "base64url"))).toBe("When I grow up, I want to be a watermelon");
});
