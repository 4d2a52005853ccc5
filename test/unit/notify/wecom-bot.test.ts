import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../src/domain/time.ts";
import { wecomBot } from "../../../src/notify/wecom-bot/wecom-bot.ts";
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

const KEY = "693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa";
const PHONE = "+8613800001111";

let provider: Provider;

/** developer.work.weixin.qq.com/document/path/91770; errors stand in answers of 200. */
function documented({ method, url, json }: Asked): Answered {
  const error = (errcode: number, errmsg: string): Answered => ({ body: { errcode, errmsg } });
  if (url.origin + url.pathname !== "https://qyapi.weixin.qq.com/cgi-bin/webhook/send")
    return { status: 404, body: "" };
  if (method !== "POST") return error(43_002, "require POST method");
  if (url.searchParams.get("key") !== KEY) return error(93_000, "invalid webhook url, hint: [1708397705]");
  if (json?.msgtype !== "text") return error(40_008, "invalid message type");
  const { content, mentioned_mobile_list: mobiles = [] } = json.text;
  if (typeof content !== "string" || content === "") return error(44_004, "empty content");
  if (Buffer.byteLength(content) > 2_048) return error(40_058, "text.content exceed max length 2048");
  if (!mobiles.every((mobile: string) => /^(?:1\d{10}|@all)$/.test(mobile)))
    return error(40_035, "invalid mobile");
  return { body: { errcode: 0, errmsg: "ok" } };
}

beforeEach(() => {
  provider = createProvider(documented);
});

const to = (settings: { readonly [name: string]: string } = {}) =>
  sender(wecomBot.create(provider.deps), { key: KEY, phone: PHONE, ...settings });

describe("what is sent", () => {
  test("an alarm names the person and ends with the link", async () => {
    expect(await to()()).toEqual({ outcome: "accepted", reference: "" });
    expect(provider.asked[0]).toMatchObject({
      method: "POST",
      json: {
        msgtype: "text",
        text: {
          content: "呼吸守护：请立刻查看（紧急）\n打开查看发生了什么。\nhttps://home.example.org/#b1",
          mentioned_mobile_list: ["13800001111"],
        },
      },
    });
  });

  test("everybody is named where no number is given", async () => {
    await to({ phone: "" })();
    expect(provider.asked[0]?.json.text.mentioned_mobile_list).toEqual(["@all"]);
  });

  test("news names nobody, so that a muted group stays silent", async () => {
    const send = to();
    await send({ kind: "update", title: "Mei is going (02:15)", language: "en" });
    await send({ kind: "closed", title: "It is over" });
    for (const { json } of provider.asked) expect(json.text).not.toHaveProperty("mentioned_mobile_list");
    expect(provider.asked.map(({ json }) => json.text.content.split("\n")[0])).toEqual([
      "Mei is going (02:15)",
      "It is over",
    ]);
  });

  test("a drill says so", async () => {
    await to()({ title: "演习 · 请查看", simulated: true, drill: true });
    expect(provider.asked[0]?.json.text.content).toMatch(/^演习 · /);
  });
});

test("one robot takes twenty messages a minute, whoever they name", async () => {
  const channel = wecomBot.create(provider.deps);
  const mei = sender(channel, { key: KEY, phone: PHONE });
  const ba = sender(channel, { key: KEY, phone: "+8613900002222" });
  for (let count = 0; count < 10; count += 1) {
    await mei();
    await ba();
  }
  expect(await mei()).toMatchObject({ outcome: "failed", retryAfterMs: MINUTE_MS });
  expect(provider.asked).toHaveLength(20);
  await provider.clock.advance(MINUTE_MS);
  expect(await mei()).toMatchObject({ outcome: "accepted" });
});

describe("the answer", () => {
  test.each([
    [-1, "system busy", { outcome: "failed" }],
    [45_009, "api freq out of limit", { outcome: "failed", retryAfterMs: MINUTE_MS }],
    [45_033, "api concurrent out of limit", { outcome: "failed", retryAfterMs: MINUTE_MS }],
    [93_000, "invalid webhook url, hint: [1]", { outcome: "refused", gone: true }],
    [93_000, "Invalid input : content exceed max length", { outcome: "refused", gone: false }],
    [93_004, "robot disabled", { outcome: "refused", gone: true }],
    [93_008, "not in group", { outcome: "refused", gone: true }],
    [40_058, "text.content exceed max length", { outcome: "refused", gone: false }],
    [77_777, "something new", { outcome: "failed" }],
  ])("errcode %i, %s", async (errcode, errmsg, expected) => {
    provider.answer = () => ({ body: { errcode, errmsg } });
    expect(await to()()).toEqual({ ...expected, detail: `WeCom answered ${errcode}: ${errmsg}` });
  });

  test("a key of another form is not even sent", async () => {
    expect(await to({ key: "x&y=1" })()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats key or number", async () => {
    expect(await faultsOf(provider, to(), [KEY, PHONE, PHONE.slice(3)])).toMatchObject(SOUND);
  });
});

test("whatever the texts are, WeCom takes them, and the link stays whole", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await to()({ title, body })).toMatchObject({ outcome: "accepted" });
      expect(provider.asked.at(-1)?.json.text.content).toMatch(/\nhttps:\/\/home\.example\.org\/#b1$/);
    }),
    { numRuns: 50 },
  );
});
