import { createHmac } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS, SECOND_MS } from "../../../src/domain/time.ts";
import { feishuBot } from "../../../src/notify/feishu-bot/feishu-bot.ts";
import { NIGHT } from "../../support/alarms.ts";
import {
  type Answered,
  type Asked,
  anyText,
  createProvider,
  faultsOf,
  type Provider,
  SOUND,
  sender,
} from "../../support/provider.ts";

const TOKEN = "5e3d587e-d78e-4a07-bd07-265f269f86fd";
const SECRET = "nIMtb7r3N9pkXyXdtAbx6e";

let provider: Provider;

/** open.feishu.cn, guide to custom bots, with the signature chosen. */
function documented({ method, url, json, text }: Asked): Answered {
  const error = (code: number, msg: string): Answered => ({ body: { code, msg, data: {} } });
  if (url.origin !== "https://open.feishu.cn" || method !== "POST") return { status: 404, body: "" };
  if (url.pathname !== `/open-apis/bot/v2/hook/${TOKEN}`) {
    return error(19_001, "param invalid: incoming webhook access token invalid");
  }
  if (Buffer.byteLength(text) > 20_000) return error(9_499, "Bad Request");
  const key = `${json?.timestamp}\n${SECRET}`;
  const isLate = Math.abs(Number(json?.timestamp) * SECOND_MS - NIGHT) > HOUR_MS;
  if (isLate || json.sign !== createHmac("sha256", key).digest("base64")) {
    return error(19_021, "sign match fail or timestamp is not within one hour from current time");
  }
  if (json.msg_type !== "interactive" || json.card.header.title.content === "")
    return error(9_499, "Bad Request");
  return { body: { code: 0, msg: "success", data: {}, StatusCode: 0, StatusMessage: "success" } };
}

beforeEach(() => {
  provider = createProvider(documented);
});

const to = (settings: { readonly [name: string]: string } = {}) =>
  sender(feishuBot.create(provider.deps), { token: TOKEN, secret: SECRET, ...settings });

test("an alarm is a signed red card with a button to the page; news is green", async () => {
  const send = to();
  expect(await send()).toEqual({ outcome: "accepted", reference: "" });
  await send({ kind: "closed", title: "It is over", language: "en" });
  expect(
    provider.asked.map(({ json }) => [json.card.header.template, json.card.header.title.content]),
  ).toEqual([
    ["red", "呼吸守护：请立刻查看（紧急）"],
    ["green", "It is over"],
  ]);
  expect(provider.asked[0]?.json.timestamp).toBe(String(NIGHT / 1_000));
  expect(provider.asked[1]?.json.card.elements[1].actions[0]).toMatchObject({
    text: { content: "Open" },
    url: "https://home.example.org/#b1",
  });
});

test("without a secret nothing is signed; a drill says so in its title", async () => {
  provider.answer = () => ({ body: { code: 0 } });
  await to({ secret: "" })({ title: "演习 · 请查看", drill: true, simulated: true });
  expect(provider.asked[0]?.json).not.toHaveProperty("sign");
  expect(provider.asked[0]?.json).not.toHaveProperty("timestamp");
  expect(provider.asked[0]?.json.card.header.title.content).toBe("演习 · 请查看");
});

test("five messages a second and a hundred a minute from one bot", async () => {
  const send = to();
  for (let count = 0; count < 5; count += 1) await send();
  expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: SECOND_MS });
  for (let second = 0; second < 30; second += 1) {
    await provider.clock.advance(SECOND_MS);
    for (let count = 0; count < 5; count += 1) await send();
  }
  expect(provider.asked).toHaveLength(100);
});

describe("the answer", () => {
  test.each([
    [9_499, { outcome: "refused", gone: false }],
    [11_232, { outcome: "failed", retryAfterMs: 10_000 }],
    [19_001, { outcome: "refused", gone: true }],
    [19_021, { outcome: "refused", gone: false }],
    [19_022, { outcome: "refused", gone: false }],
    [19_024, { outcome: "refused", gone: false }],
    [77_777, { outcome: "failed" }],
  ])("code %i", async (code, expected) => {
    provider.answer = () => ({ body: { code, msg: "why" } });
    expect(await to()()).toEqual({ ...expected, detail: `Feishu answered ${code}: why` });
  });

  test("a wrong secret is told in Feishu's words; a token of another form is not sent", async () => {
    expect(await to({ secret: "another0secret" })()).toMatchObject({
      detail: expect.stringContaining("19021: sign match fail"),
    });
    provider.asked.length = 0;
    expect(await to({ token: "../../x" })()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats a secret", async () => {
    expect(await faultsOf(provider, to(), [TOKEN, SECRET])).toMatchObject(SOUND);
  });
});

test("whatever the texts are, Feishu takes them", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await to()({ title, body })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
});
