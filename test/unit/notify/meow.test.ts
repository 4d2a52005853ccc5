import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { DAY_MS, SECOND_MS } from "../../../src/domain/time.ts";
import { meow } from "../../../src/notify/meow/meow.ts";
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

const NICKNAME = "q7w8e9r0t1-night";

let provider: Provider;

/** chuckfang.com/MeoW/api_doc.html: always HTTP 200, the result stands in the body. */
function documented({ method, url, json }: Asked): Answered {
  const error = (status: number, msg: string): Answered => ({ body: { status, data: false, msg } });
  if (url.origin !== "https://api.chuckfang.com" || method !== "POST") return error(400, "参数错误");
  if (url.pathname !== `/${NICKNAME}`) return error(404, "发送失败，该昵称没有注册");
  if (typeof json?.title !== "string" || json.title === "") return error(400, "发送失败，标题不能为空");
  if (typeof json.msg !== "string" || json.msg === "") return error(400, "发送失败，内容不能为空");
  return { body: { status: 200, data: true, msg: "发送成功" } };
}

beforeEach(() => {
  provider = createProvider(documented);
});

const to = (nickname = NICKNAME) => sender(meow.create(provider.deps), { nickname });

test("an alarm is a title, a text and the link; a drill says so", async () => {
  expect(await to()({ title: "演习 · 请查看", drill: true, simulated: true })).toEqual({
    outcome: "accepted",
    reference: "",
  });
  expect(provider.asked[0]?.json).toEqual({
    title: "演习 · 请查看",
    msg: "打开查看发生了什么。",
    url: "https://home.example.org/#b1",
  });
});

test("news is left out", async () => {
  for (const kind of ["update", "closed"] as const) {
    expect(await to()({ kind })).toEqual({ outcome: "accepted", reference: "" });
  }
  expect(provider.asked).toEqual([]);
});

test("one in three seconds, fifteen a minute, sixty an hour", async () => {
  const send = to();
  await send();
  expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 3 * SECOND_MS });
  for (let count = 0; count < 1_000; count += 1) {
    await provider.clock.advance(3 * SECOND_MS);
    await send();
  }
  expect(provider.asked.length).toBeLessThanOrEqual(60);
});

test("a nickname that nobody has is given up and not tried again that day", async () => {
  const send = to("somebody-else-1");
  expect(await send()).toEqual({
    outcome: "refused",
    detail: "MeoW answered 404: 发送失败，该昵称没有注册",
    gone: true,
  });
  await provider.clock.advance(DAY_MS - 1);
  expect(await send()).toMatchObject({ outcome: "failed" });
  expect(provider.asked).toHaveLength(1);
});

test.each([
  [400, { outcome: "refused", gone: false }],
  [403, { outcome: "refused", gone: false }],
  [429, { outcome: "failed", retryAfterMs: 3 * SECOND_MS }],
  [500, { outcome: "failed" }],
  [777, { outcome: "failed" }],
])("status %i inside HTTP 200", async (status, expected) => {
  provider.answer = () => ({ body: { status, data: false, msg: "why" } });
  expect(await to()()).toEqual({ ...expected, detail: `MeoW answered ${status}: why` });
});

test("a nickname that is short or a path is not sent; garbage and trouble; nothing leaks", async () => {
  for (const nickname of ["mama", "a/../../b/c/d", ""]) {
    expect(await to(nickname)()).toMatchObject({ outcome: "refused", gone: false });
  }
  expect(provider.asked).toEqual([]);
  expect(await faultsOf(provider, to(), [NICKNAME])).toMatchObject(SOUND);
});

test("whatever the texts are, MeoW takes them", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await to()({ title, body })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
});
