import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { pushplus } from "../../../src/notify/pushplus/pushplus.ts";
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

const TOKEN = "be8652e98bd04139a13e1bffcd6d0f71";
const FRIEND = "5813c18bb0fa462789028312dae30224";

let provider: Provider;

/** pushplus.plus/doc/guide/api.html and help/limit.html, as read in 2026. */
function documented({ method, url, headers, json }: Asked): Answered {
  const code = (code: number, msg: string): Answered => ({ body: { code, msg, data: null } });
  if (url.href !== "https://www.pushplus.plus/send" || method !== "POST") return { status: 404, body: "" };
  if (!headers["content-type"]?.startsWith("application/json")) return code(600, "数据异常");
  if (json?.token !== TOKEN) return code(903, "无效的用户令牌");
  if (!["wechat", "voice", "sms"].includes(json.channel)) return code(600, "渠道不存在");
  if (typeof json.content !== "string" || json.content === "") return code(600, "内容不能为空");
  if (Array.from(String(json.title)).length > 100) return code(600, "标题过长");
  if (Array.from(json.content as string).length > 20_000) return code(600, "内容过长");
  if (json.timestamp !== undefined && json.timestamp < NIGHT) return code(600, "消息已过期");
  return { body: { code: 200, msg: "请求成功", data: "3cbc5eab19fe512e80677540fbde332a" } };
}

beforeEach(() => {
  provider = createProvider(documented);
});

const to = (settings: { readonly [name: string]: string } = {}) =>
  sender(pushplus.create(provider.deps), { token: TOKEN, ...settings });

describe("what is sent", () => {
  test("a notice in WeChat: title, text and link, thrown away when it is too late", async () => {
    expect(await to()({ body: '<i>Sauerstoff</i> & "mehr"' })).toEqual({
      outcome: "accepted",
      reference: "3cbc5eab19fe512e80677540fbde332a",
    });
    expect(provider.asked[0]?.json).toEqual({
      token: TOKEN,
      title: "呼吸守护：请立刻查看（紧急）",
      content:
        "<p>&lt;i&gt;Sauerstoff&lt;/i&gt; &amp; &quot;mehr&quot;</p>" +
        '<p><a href="https://home.example.org/#b1">打开</a></p>',
      template: "html",
      channel: "wechat",
      timestamp: NIGHT + 120_000,
    });
  });

  test("the link is named in the person's language", async () => {
    const send = to();
    await send({ language: "en" });
    await send({ language: "zh-Hant" });
    expect(provider.asked.map(({ json }) => />([^<]+)<\/a>/.exec(json.content)?.[1])).toEqual([
      "Open",
      "開啟",
    ]);
  });

  test("a call or a text to a friend of the account, marked as a drill by its title alone", async () => {
    await to({ way: "voice", friend: FRIEND })({ title: "演习 · 呼吸守护", simulated: true, drill: true });
    await to({ way: "sms" })();
    expect(provider.asked.map(({ json }) => [json.channel, json.to, json.title])).toEqual([
      ["voice", FRIEND, "演习 · 呼吸守护"],
      ["sms", undefined, "呼吸守护：请立刻查看（紧急）"],
    ]);
  });

  test("no time limit while this machine does not know the time", async () => {
    provider.clock.setTrusted(false);
    await to()();
    expect(provider.asked[0]?.json).not.toHaveProperty("timestamp");
  });

  test("news and, by call or text, gentle questions are left out: they would sound or cost", async () => {
    for (const way of ["wechat", "voice", "sms"]) {
      for (const kind of ["update", "closed"] as const) {
        expect(await to({ way })({ kind, priority: "low" })).toMatchObject({ outcome: "accepted" });
      }
    }
    expect(await to({ way: "voice" })({ priority: "low" })).toMatchObject({ outcome: "accepted" });
    expect(provider.asked).toEqual([]);
    await to()({ priority: "low" });
    expect(provider.asked).toHaveLength(1);
  });
});

describe("limits", () => {
  test("a call that may still ring is not placed again; after a minute it is", async () => {
    const send = to({ way: "voice" });
    const first = await send();
    expect(await send({ key: "again" })).toEqual(first);
    expect(provider.asked).toHaveLength(1);
    await send({ collapseKey: "b1-another-1", url: "https://home.example.org/#b2" });
    expect(provider.asked).toHaveLength(2);
    await provider.clock.advance(MINUTE_MS);
    await send();
    expect(provider.asked).toHaveLength(3);
  });

  test("the same words three times an hour, another incident's words are not counted with them", async () => {
    const send = to();
    for (let count = 0; count < 3; count += 1) await send();
    expect(await send()).toEqual({
      outcome: "failed",
      detail: "PushPlus takes no more messages for now",
      retryAfterMs: HOUR_MS,
    });
    expect(await send({ url: "https://home.example.org/#b2" })).toMatchObject({ outcome: "accepted" });
    expect(provider.asked).toHaveLength(4);
  });

  test("five requests a minute and 200 a day for one account, whoever they go to", async () => {
    const channel = pushplus.create(provider.deps);
    const outcomes: string[] = [];
    for (const way of ["wechat", "wechat", "sms", "sms", "wechat", "sms"]) {
      const url = `https://home.example.org/#${outcomes.length}`;
      outcomes.push((await sender(channel, { token: TOKEN, way })({ url })).outcome);
    }
    expect(outcomes).toEqual(["accepted", "accepted", "accepted", "accepted", "accepted", "failed"]);
    const send = to();
    provider.asked.length = 0;
    for (let count = 0; count < 210; count += 1) {
      await send({ url: `https://home.example.org/#${count}` });
      if (count % 5 === 4) await provider.clock.advance(MINUTE_MS);
    }
    expect(provider.asked).toHaveLength(200);
  });

  test("an account that PushPlus has stopped is left alone for an hour", async () => {
    const send = to();
    provider.answer = () => ({ body: { code: 900, msg: "请求次数过多" } });
    expect(await send()).toEqual({
      outcome: "failed",
      detail: "PushPlus answered 900: 请求次数过多",
      retryAfterMs: HOUR_MS,
    });
    await provider.clock.advance(HOUR_MS - 1);
    expect(await send({ url: "https://home.example.org/#b2" })).toMatchObject({ outcome: "failed" });
    expect(provider.asked).toHaveLength(1);
    provider.answer = undefined;
    await provider.clock.advance(1);
    expect(await send()).toMatchObject({ outcome: "accepted" });
  });
});

describe("the answer", () => {
  test.each([
    [302, "refused"],
    [401, "refused"],
    [403, "refused"],
    [500, "failed"],
    [600, "refused"],
    [888, "refused"],
    [903, "refused"],
    [905, "refused"],
    [999, "refused"],
    [12_345, "failed"],
  ])("code %i: %s, with PushPlus's own words; no phone is given up for it", async (code, outcome) => {
    provider.answer = () => ({ body: { code, msg: "积分不足，需要充值" } });
    const result = await to()();
    expect(result).toMatchObject({ outcome, detail: `PushPlus answered ${code}: 积分不足，需要充值` });
    expect("gone" in result && result.gone).toBe(false);
  });

  test("a token of another form is not even sent", async () => {
    expect(await to({ token: "../admin" })()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats a token", async () => {
    expect(await faultsOf(provider, to({ friend: FRIEND }), [TOKEN, FRIEND])).toMatchObject(SOUND);
  });
});

test("whatever the texts are, PushPlus takes them", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await to()({ title, body })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
});
