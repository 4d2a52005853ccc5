import { createHmac } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { dingtalk } from "../../../src/notify/dingtalk/dingtalk.ts";
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

const TOKEN = "f00dcafe".repeat(8);
const SECRET = `SEC${"a1b2c3d4".repeat(8)}`;
const PHONE = "+8613800001111";

let provider: Provider;

/** open.dingtalk.com, robot/send with the signature chosen; errors stand in answers of 200. */
function documented({ method, url, headers, json, text }: Asked): Answered {
  const error = (errcode: number, errmsg: string): Answered => ({ body: { errcode, errmsg } });
  if (url.origin + url.pathname !== "https://oapi.dingtalk.com/robot/send") return { status: 404, body: "" };
  if (method !== "POST") return error(43_002, "需要POST请求");
  if (!headers["content-type"]?.startsWith("application/json"))
    return error(43_004, "无效的HTTP HEADER Content-Type");
  if (url.searchParams.get("access_token") !== TOKEN) return error(300_005, "token is not exist");
  const timestamp = url.searchParams.get("timestamp") ?? "";
  if (Math.abs(Number(timestamp) - NIGHT) > HOUR_MS) return error(310_000, "invalid timestamp");
  const sign = createHmac("sha256", SECRET).update(`${timestamp}\n${SECRET}`).digest("base64");
  if (url.searchParams.get("sign") !== sign) return error(310_000, "sign not match");
  if (Buffer.byteLength(text) > 20_000) return error(430_101, "message too long, exceed 20000 bytes");
  if (json?.msgtype !== "actionCard") return error(400_105, "不支持的消息类型");
  const { title, text: markdown, singleTitle, singleURL } = json.actionCard;
  if (![title, markdown, singleTitle, singleURL].every((part) => typeof part === "string" && part !== "")) {
    return error(40_035, "缺少参数");
  }
  if (!json.at.atMobiles.every((mobile: string) => /^1\d{10}$/.test(mobile)))
    return error(40_035, "不合法的参数");
  return { body: { errcode: 0, errmsg: "ok" } };
}

beforeEach(() => {
  provider = createProvider(documented);
});

const to = (settings: { readonly [name: string]: string } = {}) =>
  sender(dingtalk.create(provider.deps), { token: TOKEN, secret: SECRET, phone: PHONE, ...settings });

describe("what is sent", () => {
  test("an alarm is a signed card with a button to the page, naming the person", async () => {
    expect(await to()()).toEqual({ outcome: "accepted", reference: "" });
    expect(provider.asked[0]?.json).toEqual({
      msgtype: "actionCard",
      actionCard: {
        title: "呼吸守护：请立刻查看（紧急）",
        text: "### 呼吸守护：请立刻查看（紧急）\n\n打开查看发生了什么。\n\n@13800001111",
        singleTitle: "打开查看",
        singleURL: "https://home.example.org/#b1",
      },
      at: { atMobiles: ["13800001111"], isAtAll: false },
    });
  });

  test("everybody is named where no number is given", async () => {
    await to({ phone: "" })();
    expect(provider.asked[0]?.json.at).toEqual({ atMobiles: [], isAtAll: true });
  });

  test("news names nobody; the button is in the person's language", async () => {
    const send = to();
    await send({ kind: "closed", title: "It is over", language: "en" });
    await to({ phone: "" })({ kind: "update", language: "zh-Hant" });
    expect(provider.asked.map(({ json }) => json.at)).toEqual([
      { atMobiles: [], isAtAll: false },
      { atMobiles: [], isAtAll: false },
    ]);
    expect(provider.asked.map(({ json }) => json.actionCard.singleTitle)).toEqual(["Open", "開啟查看"]);
    expect(provider.asked[0]?.json.actionCard.text).not.toContain("@");
  });

  test("a drill says so, and marks of Markdown are shown as they are", async () => {
    await to()({ title: "演习 · *请查看*", body: "[x](https://evil.example)", drill: true, simulated: true });
    const { title, text } = provider.asked[0]?.json.actionCard ?? {};
    expect(title).toBe("演习 · *请查看*");
    expect(text).toContain(String.raw`### 演习 · \*请查看\*`);
    expect(text).toContain(String.raw`\[x\](https://evil.example)`);
  });
});

describe("limits", () => {
  test("twenty messages a minute from one robot, so that it is never blocked", async () => {
    const send = to();
    for (let count = 0; count < 20; count += 1) expect(await send()).toMatchObject({ outcome: "accepted" });
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: MINUTE_MS });
    expect(provider.asked).toHaveLength(20);
  });

  test.each([130_101, 410_100])("%i: it is left alone for ten minutes", async (errcode) => {
    const send = to();
    provider.answer = () => ({ body: { errcode, errmsg: "send too fast, exceed 20 times per minute" } });
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 10 * MINUTE_MS });
    provider.answer = undefined;
    await provider.clock.advance(10 * MINUTE_MS - 1);
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 1 });
    expect(provider.asked).toHaveLength(1);
    await provider.clock.advance(1);
    expect(await send()).toMatchObject({ outcome: "accepted" });
  });
});

describe("the answer", () => {
  test.each([
    [-1, { outcome: "failed" }],
    [310_000, { outcome: "refused", gone: false }],
    [400_105, { outcome: "refused", gone: false }],
    [300_001, { outcome: "refused", gone: true }],
    [300_005, { outcome: "refused", gone: true }],
    [400_101, { outcome: "refused", gone: true }],
    [400_102, { outcome: "refused", gone: true }],
    [400_013, { outcome: "refused", gone: true }],
    [77_777, { outcome: "failed" }],
  ])("errcode %i", async (errcode, expected) => {
    provider.answer = () => ({ body: { errcode, errmsg: "why" } });
    expect(await to()()).toEqual({ ...expected, detail: `DingTalk answered ${errcode}: why` });
  });

  test("a wrong secret is told in DingTalk's words; settings of another form are not sent", async () => {
    expect(await to({ secret: "SEC0000000000000000" })()).toEqual({
      outcome: "refused",
      detail: "DingTalk answered 310000: sign not match",
      gone: false,
    });
    provider.asked.length = 0;
    expect(await to({ token: "a b" })()).toMatchObject({ outcome: "refused", gone: false });
    expect(await to({ secret: "" })()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats a secret", async () => {
    expect(await faultsOf(provider, to(), [TOKEN, SECRET, PHONE.slice(3)])).toMatchObject(SOUND);
  });
});

test("whatever the texts are, DingTalk takes them", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await to()({ title, body })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
});
