import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { createWebhook } from "../../../src/notify/webhook/webhook.ts";
import type { ChannelMessage, SendResult } from "../../../src/port/channel.ts";
import type { HttpRequest, HttpResponse } from "../../../src/port/http.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { NIGHT } from "../../support/alarms.ts";

const SECRET = "correct horse battery";
const clock = createVirtualClock(NIGHT);

let requests: HttpRequest[];
let answer: Partial<HttpResponse> | Error;

beforeEach(() => {
  requests = [];
  answer = { status: 200 };
});

const message: ChannelMessage = {
  key: "qwertyuiop/b1-abcdefghij-1/0/2",
  kind: "alarm",
  title: "Breathwatch: look now (urgent)",
  body: "Open to see what happened.",
  language: "en",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/#b1",
  acknowledgeUrl: "https://home.local/api/a/token",
  simulated: true,
  drill: true,
};

function send(settings: { readonly [name: string]: string } = {}): Promise<SendResult> {
  const channel = createWebhook({
    http: {
      async request(request) {
        requests.push(request);
        if (answer instanceof Error) throw answer;
        return { status: 200, headers: {}, body: "", ...answer };
      },
    },
    clock,
  });
  const given = { url: "https://hook.example.org/breath", secret: SECRET, ...settings };
  return channel.send({ id: "t1", channel: "webhook", settings: given }, message);
}

test("posts what happened, marked as simulated and drill, within five seconds", async () => {
  await send();
  const [request] = requests;
  expect(request).toMatchObject({ method: "POST", url: "https://hook.example.org/breath", timeoutMs: 5_000 });
  expect(JSON.parse(Buffer.from(request?.body ?? []).toString())).toEqual({
    version: 1,
    key: "qwertyuiop/b1-abcdefghij-1/0/2",
    kind: "alarm",
    title: "Breathwatch: look now (urgent)",
    body: "Open to see what happened.",
    language: "en",
    priority: "high",
    incident: "b1-abcdefghij-1",
    url: "https://home.local/#b1",
    acknowledgeUrl: "https://home.local/api/a/token",
    simulated: true,
    drill: true,
  });
});

test("is signed over time and body, and carries the key that makes a repeat recognisable", async () => {
  await send();
  const { headers = {}, body = new Uint8Array() } = requests[0] ?? {};
  const timestamp = headers["x-breathwatch-timestamp"];
  expect(timestamp).toBe(String(NIGHT));
  const expected = createHmac("sha256", SECRET)
    .update(`${timestamp}.${Buffer.from(body).toString()}`)
    .digest("hex");
  expect(headers["x-breathwatch-signature"]).toBe(`v1=${expected}`);
  expect(headers["idempotency-key"]).toBe(message.key);
  expect(headers["content-type"]).toBe("application/json");
});

describe("the answer", () => {
  test.each([
    ['{"ack":true,"by":"Mei"}', "Mei"],
    ['{"ack":true}', "webhook"],
    ['{"ack":true,"by":42}', "webhook"],
    ['{"ack":true,"by":"  Mei\\n\\u0000 Lin  "}', "Mei Lin"],
    ['{"ack":false,"by":"Mei"}', undefined],
    ['{"ack":"true"}', undefined],
    ["[true]", undefined],
    ["null", undefined],
    ["ok", undefined],
    ["", undefined],
  ])("%s acknowledges: %s", async (body, by) => {
    answer = { status: 200, body };
    const result = await send();
    expect(result.outcome).toBe("accepted");
    expect("acknowledgedBy" in result ? result.acknowledgedBy : undefined).toBe(by);
  });

  test("a name without end is cut", async () => {
    answer = { status: 200, body: JSON.stringify({ ack: true, by: "明".repeat(500) }) };
    expect(await send()).toMatchObject({ acknowledgedBy: "明".repeat(60) });
  });

  test("an error status never acknowledges", async () => {
    answer = { status: 500, body: '{"ack":true,"by":"Mei"}' };
    expect(await send()).toMatchObject({ outcome: "failed" });
  });

  test.each([
    [204, { outcome: "accepted" }],
    [410, { outcome: "refused", gone: true }],
    [400, { outcome: "refused", gone: false }],
    [401, { outcome: "refused", gone: false }],
    [302, { outcome: "refused", gone: false }],
    [404, { outcome: "failed" }],
    [429, { outcome: "failed", retryAfterMs: 7_000 }],
    [503, { outcome: "failed", retryAfterMs: 7_000 }],
  ])("%i", async (status, expected) => {
    answer = { status, headers: { "retry-after": "7" } };
    expect(await send()).toMatchObject(expected);
  });

  test("none: to be tried again", async () => {
    answer = new Error("timeout");
    expect(await send()).toEqual({ outcome: "failed", detail: "timeout" });
  });
});

describe("where it may send", () => {
  test.each(["https://hook.example.org/x", "http://192.168.1.20:8123/api", "http://homeassistant.local/x"])(
    "%s: yes",
    async (url) => {
      expect(await send({ url })).toMatchObject({ outcome: "accepted" });
    },
  );

  test.each(["http://hook.example.org/x", "ftp://192.168.1.20/", "nonsense", ""])("%s: no", async (url) => {
    expect(await send({ url })).toMatchObject({ outcome: "refused", gone: false });
    expect(requests).toEqual([]);
  });

  test("not without a secret worth the name", async () => {
    expect(await send({ secret: "short" })).toMatchObject({ outcome: "refused", gone: false });
    expect(requests).toEqual([]);
  });
});

test("its service is asked at the first page, without path, password or secret", () => {
  const http = { request: () => Promise.reject(new Error("not asked")) };
  const { service } = createWebhook({ http, clock });
  const serviceAt = (url: string, secret = SECRET) =>
    service?.({ id: "t1", channel: "webhook", settings: { url, secret } });
  expect(serviceAt("https://me:pw@hook.example.org:8443/breath?key=1")).toBe(
    "https://hook.example.org:8443/",
  );
  expect(serviceAt("http://hook.example.org/breath")).toBeUndefined();
  expect(serviceAt("https://hook.example.org/breath", "short")).toBeUndefined();
});
