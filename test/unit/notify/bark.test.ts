import { createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bark } from "../../../src/notify/bark/bark.ts";
import type { ChannelTarget } from "../../../src/port/channel.ts";
import type { HttpRequest, HttpResponse } from "../../../src/port/http.ts";
import {
  ALARM,
  anyMessage,
  bench,
  CLOSED,
  DRILL,
  GARBAGE,
  json,
  jsonOf,
  type Outside,
  targetOf,
  textOf,
  UPDATE,
} from "../../support/channel-bench.ts";

const KEY = "ynJ5Ft4atkMkWeo2PAvFhF";
const SECRET = "abcdefghijklmnopqrstuvwxyz012345";
const PHONE = { key: KEY, secret: SECRET };

/** What the app on the phone makes of a push: decrypts first, then looks at level, volume and call. */
function phone(push: Record<string, unknown>): Record<string, unknown> {
  const { ciphertext, iv } = push;
  if (ciphertext === undefined) return push;
  if (typeof ciphertext !== "string" || typeof iv !== "string" || iv.length !== 12)
    throw new Error("Decryption Failed");
  const bytes = Buffer.from(ciphertext, "base64");
  const decipher = createDecipheriv("aes-256-gcm", SECRET, iv);
  decipher.setAuthTag(bytes.subarray(-16));
  const text = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString();
  const shown: unknown = JSON.parse(text);
  if (typeof shown !== "object" || shown === null) throw new Error("JSON parsing failed");
  return { ...shown };
}

/** bark-server: POST /push, its checks and Apple's limit of 4096 bytes. */
function server(request: HttpRequest): HttpResponse {
  const failed = (code: number, message: string) => json({ code, message, timestamp: 1_700_000_000 }, code);
  if (request.method !== "POST" || !request.url.endsWith("/push"))
    return failed(404, "Cannot find the route");
  if (!request.headers["content-type"]?.startsWith("application/json"))
    return failed(400, "request bind failed: unsupported");
  const { device_key: key, ...rest } = jsonOf(request);
  if (typeof key !== "string" || key === "") return failed(400, "device key is empty");
  if (key !== KEY)
    return failed(400, `failed to get device token: failed to get [${key}] device token from database`);
  if (rest["id"] !== undefined && typeof rest["id"] !== "string") return failed(400, "id must be a string");
  const shown = phone(rest);
  if (typeof shown["body"] !== "string") return failed(400, "body is missing");
  if (!["critical", "active", "timeSensitive", "passive"].includes(String(shown["level"])))
    return failed(400, "level");
  for (const name of ["volume", "call"]) {
    if (shown[name] !== undefined && typeof shown[name] !== "string")
      return failed(400, `${name} is ignored`);
  }
  const payload = {
    aps: { alert: { title: "", body: "" }, "mutable-content": 1, sound: "alarm.caf" },
    ...rest,
  };
  if (Buffer.byteLength(JSON.stringify(payload)) > 4_096)
    return failed(500, "push failed: APNS push failed: PayloadTooLarge");
  return json({ code: 200, message: "success", timestamp: 1_700_000_000 });
}

function setUp(outside: Outside = server, access: ChannelTarget["settings"] | undefined = {}) {
  const { deps, clock, requests } = bench({ outside, access });
  const channel = bark.create(deps);
  return {
    ...{ clock, requests, channel },
    send: (message = ALARM, settings: ChannelTarget["settings"] = PHONE) =>
      channel.send(targetOf("bark", settings), message),
  };
}

describe("an alarm", () => {
  test("rings like a call at full volume, and the server cannot read it", async () => {
    const { send, requests } = setUp();
    expect(await send()).toEqual({ outcome: "accepted", reference: "b1-abcdefghij-1" });
    const [request] = requests;
    expect(request).toMatchObject({ method: "POST", url: "https://api.day.app/push" });
    expect(jsonOf(request)).toEqual({
      ...{ device_key: KEY, id: "b1-abcdefghij-1", title: "Breathwatch", sound: "alarm" },
      ...{ ciphertext: expect.any(String), iv: expect.stringMatching(/^.{12}$/) },
    });
    expect(textOf(request)).not.toContain("look now");
    expect(textOf(request)).not.toContain(ALARM.url);
    expect(phone(jsonOf(request))).toEqual({
      ...{ title: ALARM.title, body: ALARM.body, url: ALARM.url, group: "breathwatch", isArchive: "0" },
      ...{ level: "critical", volume: "10", call: "1", sound: "alarm" },
    });
  });

  test("is encrypted anew each time", async () => {
    const { send, requests } = setUp();
    await send();
    await send();
    expect(jsonOf(requests[0])["iv"]).not.toBe(jsonOf(requests[1])["iv"]);
  });

  test("of medium priority rings less loud, a gentle question as any notification", async () => {
    const { send, requests } = setUp();
    await send({ ...ALARM, priority: "medium" });
    await send({ ...ALARM, priority: "low" });
    expect(phone(jsonOf(requests[0]))).toMatchObject({ level: "critical", volume: "6" });
    expect(phone(jsonOf(requests[1]))).toMatchObject({ level: "active" });
    expect(phone(jsonOf(requests[1]))).not.toHaveProperty("call");
  });

  test("of a drill is marked, in the language of its reader", async () => {
    const { send, requests } = setUp();
    await send({ ...DRILL, title: "演习 · 呼吸守护", language: "zh-Hans" });
    expect(phone(jsonOf(requests[0]))).toMatchObject({ title: "演习 · 呼吸守护" });
  });

  test("goes in plain text only where somebody chose that", async () => {
    const { send, requests } = setUp();
    await send(ALARM, { key: KEY, encryption: "none" });
    expect(jsonOf(requests[0])).toMatchObject({ device_key: KEY, title: ALARM.title, level: "critical" });
    expect(jsonOf(requests[0])).not.toHaveProperty("ciphertext");
  });
});

test.each([UPDATE, CLOSED])("$kind takes the alarm's place without a sound", async (message) => {
  const { send, requests } = setUp();
  expect(await send(message)).toMatchObject({ outcome: "accepted" });
  expect(jsonOf(requests[0])).toMatchObject({ id: ALARM.collapseKey });
  expect(jsonOf(requests[0])).not.toHaveProperty("sound");
  const shown = phone(jsonOf(requests[0]));
  expect(shown).toMatchObject({ level: "passive", title: message.title });
  for (const name of ["sound", "call", "volume"]) expect(shown).not.toHaveProperty(name);
});

describe("answers", () => {
  test("an unknown key is gone, and the server's words are kept without it", async () => {
    const { send } = setUp();
    const result = await send(ALARM, { key: "unknownKey12", secret: SECRET });
    expect(result).toMatchObject({ outcome: "refused", gone: true });
    expect(JSON.stringify(result)).toContain("(secret)");
    expect(JSON.stringify(result)).not.toContain("unknownKey12");
  });

  test.each([
    [500, "push failed: APNS push failed: Unregistered", { outcome: "refused", gone: true }],
    [500, "push failed: APNS push failed: BadDeviceToken", { outcome: "refused", gone: true }],
    [400, "failed to get device token: dial tcp: refused", { outcome: "failed" }],
    [400, "request bind failed: no", { outcome: "refused", gone: false }],
    [404, "Cannot POST /push", { outcome: "refused", gone: false }],
    [403, "forbidden", { outcome: "refused", gone: false }],
    [302, "elsewhere", { outcome: "refused", gone: false }],
    [429, "slow down", { outcome: "failed", retryAfterMs: 9_000 }],
    [500, "push failed: TooManyProviderTokenUpdates", { outcome: "failed" }],
    [200, "code says no", { outcome: "failed" }],
  ])("%i %s", async (code, message, expected) => {
    const body = JSON.stringify({ code: code === 200 ? 400 : code, message });
    const { send } = setUp(() => ({ status: code, headers: { "retry-after": "9" }, body }));
    expect(await send()).toMatchObject(expected);
  });

  test.each(GARBAGE)("success with %s is a failure", async (_, body) => {
    const { send } = setUp(() => ({ status: 200, body }));
    expect(await send()).toMatchObject({ outcome: "failed" });
  });

  test("no connection is a failure", async () => {
    expect(await setUp(() => new Error("refused")).send()).toEqual({ outcome: "failed", detail: "refused" });
  });
});

describe("what it may ask", () => {
  test.each([
    [{ key: "", secret: SECRET }],
    [{ key: "a/../b?c=12345", secret: SECRET }],
    [{ key: KEY }],
    [{ key: KEY, secret: "short" }],
    [{ key: KEY, secret: "呼".repeat(32) }],
    [{ key: KEY, secret: SECRET, encryption: "aes-128-ecb" }],
  ])("not with %j", async (settings) => {
    const { send, requests } = setUp();
    expect(await send(ALARM, settings)).toMatchObject({ outcome: "refused", gone: false });
    expect(requests).toEqual([]);
  });

  test("a server of one's own in the house, and no foreign one without TLS", async () => {
    const own = setUp(server, { server: "http://192.168.1.9:8080/bark/" });
    expect(await own.send()).toMatchObject({ outcome: "accepted" });
    expect(own.requests[0]?.url).toBe("http://192.168.1.9:8080/bark/push");
    expect(own.channel.service?.(targetOf("bark", PHONE))).toBe("http://192.168.1.9:8080/");
    for (const address of ["http://bark.example.org", "https://me:pw@bark.example.org", "ftp://x", ""]) {
      const { send, requests } = setUp(server, { server: address });
      expect(await send()).toMatchObject({ outcome: "refused", gone: false });
      expect(requests).toEqual([]);
    }
  });

  test("nothing without the home's settings", async () => {
    const { deps, requests } = bench({ outside: server, access: undefined });
    const result = await bark.create(deps).send(targetOf("bark", PHONE), ALARM);
    expect(result).toMatchObject({ outcome: "refused", gone: false });
    expect(requests).toEqual([]);
  });

  test("stops before the public server shuts the house out for its errors, and goes on later", async () => {
    const { send, requests, clock } = setUp();
    for (let nth = 0; nth < 300; nth++) await send(ALARM, { key: "unknownKey12", secret: SECRET });
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 300_000 });
    expect(requests.length).toBe(300);
    await clock.advance(300_001);
    expect(await send()).toMatchObject({ outcome: "accepted" });
  });
});

test("any message is one that server and phone take", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, fc.constantFrom("none", "aes-256-gcm"), async (message, encryption) => {
      expect(await setUp().send(message, { ...PHONE, encryption })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 60 },
  );
});
