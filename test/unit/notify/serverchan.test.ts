import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { serverchan } from "../../../src/notify/serverchan/serverchan.ts";
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

const TURBO = "SCT171556TUitezllQAZBQWUhyDWRIY9RK";
const THREE = "sctp1234tabcdefgh";

let provider: Provider;

/** As the two services answer: errors with HTTP 400. */
function documented({ method, url, json }: Asked): Answered {
  const addresses = [
    `https://sctapi.ftqq.com/${TURBO}.send`,
    `https://1234.push.ft07.com/send/${THREE}.send`,
  ];
  const error = (info: string): Answered => ({
    status: 400,
    body: { message: `[AUTH]${info}`, code: 40_001, info, args: [null], scode: 461 },
  });
  if (!addresses.includes(url.href)) return error("错误的Key");
  if (method !== "POST" || typeof json?.title !== "string" || json.title === "") return error("标题不能为空");
  if (Array.from(json.title as string).length > 32) return error("标题过长");
  if (Buffer.byteLength(json.desp) > 32_768) return error("内容过长");
  return { body: { code: 0, message: "", data: { pushid: "1", readkey: "x", error: "SUCCESS", errno: 0 } } };
}

beforeEach(() => {
  provider = createProvider(documented);
});

const to = (key = TURBO) => sender(serverchan.create(provider.deps), { key });

test.each([TURBO, THREE])("an alarm goes where the key belongs: %s", async (key) => {
  expect(await to(key)({ title: "演习 · 请查看", body: "*1*" })).toEqual({
    outcome: "accepted",
    reference: "",
  });
  expect(provider.asked[0]?.json).toEqual({
    title: "演习 · 请查看",
    desp: "\\*1\\*\n\n<https://home.example.org/#b1>",
    noip: 1,
  });
});

test("news is left out: it would sound, and use up the day", async () => {
  for (const kind of ["update", "closed"] as const) {
    expect(await to()({ kind })).toEqual({ outcome: "accepted", reference: "" });
  }
  expect(provider.asked).toEqual([]);
});

test("a day that is used up: the key is left alone for an hour", async () => {
  const send = to();
  provider.answer = () => ({
    status: 400,
    body: { code: 40_001, message: "[AUTH]超过当天的发送次数限制[5]，请稍后再试" },
  });
  expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: HOUR_MS });
  provider.answer = undefined;
  await provider.clock.advance(HOUR_MS - 1);
  expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 1 });
  expect(provider.asked).toHaveLength(1);
  await provider.clock.advance(1);
  expect(await send()).toMatchObject({ outcome: "accepted" });
});

test("five messages a minute with one key", async () => {
  const send = to();
  for (let count = 0; count < 5; count += 1) await send();
  expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: MINUTE_MS });
});

test("a wrong key is told in ServerChan's words; one of another form is not sent", async () => {
  expect(await to("SCT000000aaaaaaaaaa")()).toEqual({
    outcome: "refused",
    detail: "ServerChan answered 40001: [AUTH]错误的Key",
    gone: false,
  });
  provider.asked.length = 0;
  for (const key of ["", "sctpxt1", "SCT../x", "https://evil.example/"]) {
    expect(await to(key)()).toMatchObject({ outcome: "refused", gone: false });
  }
  expect(provider.asked).toEqual([]);
});

test("garbage and trouble are tried again, what is forbidden is not; no reason repeats the key", async () => {
  expect(await faultsOf(provider, to(), [TURBO])).toMatchObject(SOUND);
});

test("whatever the texts are, ServerChan takes them", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await to()({ title, body })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
});
