import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { SECOND_MS } from "../../../src/domain/time.ts";
import { wxpusher } from "../../../src/notify/wxpusher/wxpusher.ts";
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

const SPT = "SPT_abcdefgh12345678";

let provider: Provider;

/** wxpusher.zjiecode.com/docs/openapi.yaml */
function documented({ method, url, headers, json }: Asked): Answered {
  const error = (code: number, msg: string): Answered => ({
    body: { code, msg, data: null, success: false },
  });
  if (url.href !== "https://wxpusher.zjiecode.com/api/send/message/simple-push" || method !== "POST") {
    return { status: 404, body: "" };
  }
  if (!headers["content-type"]?.startsWith("application/json"))
    return error(1_005, "Content type not supported");
  if (json?.spt !== SPT) return error(1_001, "SPT错误");
  const { content, summary, contentType, url: link = "" } = json;
  if (typeof content !== "string" || content === "" || Array.from(content).length > 40_000)
    return error(1_001, "内容");
  if (Array.from(String(summary)).length > 100 || link.length > 1_000) return error(1_001, "太长");
  if (![1, 2, 3].includes(contentType)) return error(1_001, "contentType");
  const one = { messageContentId: 5, sendRecordId: 7, code: 1_000, status: "创建发送任务成功" };
  return { body: { code: 1_000, msg: "处理成功", data: [one], success: true } };
}

beforeEach(() => {
  provider = createProvider(documented);
});

const to = (spt = SPT) => sender(wxpusher.create(provider.deps), { spt });

test("an alarm is a plain text with a summary and the link; a drill says so", async () => {
  expect(await to()({ title: "演习 · 请查看", drill: true, simulated: true })).toEqual({
    outcome: "accepted",
    reference: "",
  });
  expect(provider.asked[0]?.json).toEqual({
    content: "演习 · 请查看\n打开查看发生了什么。",
    summary: "演习 · 请查看",
    contentType: 1,
    spt: SPT,
    url: "https://home.example.org/#b1",
  });
});

test("news is left out, and so is a link that is too long", async () => {
  const send = to();
  for (const kind of ["update", "closed"] as const) {
    expect(await send({ kind })).toEqual({ outcome: "accepted", reference: "" });
  }
  expect(provider.asked).toEqual([]);
  expect(await send({ url: `https://home.example.org/${"x".repeat(1_000)}` })).toMatchObject({
    outcome: "accepted",
  });
});

test("two messages a second from this machine", async () => {
  const send = to();
  await send();
  await send();
  expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: SECOND_MS });
  expect(provider.asked).toHaveLength(2);
});

test.each([
  [
    { code: 1_001, msg: "SPT错误" },
    { outcome: "failed", detail: "WxPusher answered 1001: SPT错误" },
  ],
  [
    { code: 1_002, msg: "未登录" },
    { outcome: "refused", detail: "WxPusher answered 1002: 未登录", gone: false },
  ],
  [
    { code: 1_000, data: [{ code: 1_001 }] },
    { outcome: "failed", detail: expect.stringContaining("this phone") },
  ],
  [
    { code: 1_000, data: [] },
    { outcome: "failed", detail: expect.stringContaining("this phone") },
  ],
  [{ code: 4_711 }, { outcome: "failed", detail: "WxPusher answered 4711: without a reason" }],
])("%j", async (body, expected) => {
  provider.answer = () => ({ body });
  expect(await to()()).toEqual(expected);
});

test("an SPT of another form is not sent; garbage and trouble are taken as they are; nothing leaks", async () => {
  expect(await to("AT_x")()).toMatchObject({ outcome: "refused", gone: false });
  expect(provider.asked).toEqual([]);
  expect(await faultsOf(provider, to(), [SPT])).toMatchObject(SOUND);
});

test("whatever the texts are, WxPusher takes them", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await to()({ title, body })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
});
