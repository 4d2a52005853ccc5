import { beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { signAcs3 } from "../../../src/notify/aliyun-voice/acs3.ts";
import { aliyunVoice } from "../../../src/notify/aliyun-voice/aliyun-voice.ts";
import type { Channel } from "../../../src/port/channel.ts";
import { NIGHT } from "../../support/alarms.ts";
import {
  type Answered,
  type Asked,
  createProvider,
  faultsOf,
  type Provider,
  SOUND,
  sender,
} from "../../support/provider.ts";

const ACCOUNT = {
  keyId: "LTAI5tAbCdEfGh123456",
  keySecret: "s3cr3ts3cr3ts3cr3ts3cr3t123456",
  ttsCode: "TTS_1234567",
  variable: "kind",
};
const PHONE = "+8613800001111";
const target = { id: "t1", channel: "aliyun-voice", settings: { phone: PHONE } };

let provider: Provider;
let channel: Channel;
let detail: unknown;
let calls: number;

/** The call and the question of dyvmsapi 2017-05-25; refuses what is not signed as documented. */
function documented({ method, url, headers, text }: Asked): Answered {
  const error = (Code: string, Message: string, status = 400): Answered => ({
    status,
    body: { Code, Message },
  });
  if (url.host !== "dyvmsapi.aliyuncs.com" || url.pathname !== "/") return { status: 404, body: "" };
  if (headers["x-acs-version"] !== "2017-05-25")
    return error("InvalidVersion", "Specified parameter Version is not valid.");
  if (Math.abs(Date.parse(headers["x-acs-date"] ?? "") - provider.clock.wall()) > 15 * MINUTE_MS) {
    return error("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
  }
  const query = Object.fromEntries(url.searchParams);
  const expected = signAcs3({
    method: method === "POST" ? "POST" : "GET",
    host: url.host,
    action: headers["x-acs-action"] ?? "",
    version: "2017-05-25",
    query,
    date: headers["x-acs-date"] ?? "",
    nonce: headers["x-acs-signature-nonce"] ?? "",
    keyId: ACCOUNT.keyId,
    keySecret: ACCOUNT.keySecret,
  });
  if (text !== "" || headers["authorization"] !== expected.headers["authorization"]) {
    return error("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.");
  }
  if (headers["x-acs-action"] === "SingleCallByTts") {
    if (!/^1\d{10}$/.test(query["CalledNumber"] ?? ""))
      return error("isv.MOBILE_NUMBER_ILLEGAL", "号码不合法", 200);
    if (query["TtsCode"] !== ACCOUNT.ttsCode) return error("isv.TTS_TEMPLATE_ILLEGAL", "模板不合法", 200);
    if ((query["TtsParam"] ?? "").length >= 250) return error("isv.INVALID_PARAMETERS", "参数异常", 200);
    calls += 1;
    return {
      body: { Code: "OK", Message: "OK", RequestId: "D9CB3933", CallId: `11601235414${calls}^10281427` },
    };
  }
  if (headers["x-acs-action"] === "QueryCallDetailByCallId") {
    const isWhole = query["CallId"] !== undefined && /^\d{13}$/.test(query["QueryDate"] ?? "");
    if (!isWhole || query["ProdId"] !== "11000000300006")
      return error("isv.INVALID_PARAMETERS", "参数异常", 200);
    return { body: { Code: "OK", Message: "OK", Data: detail } };
  }
  return error("InvalidAction.NotFound", "Specified api is not found", 404);
}

beforeEach(() => {
  calls = 0;
  detail = "";
  provider = createProvider(documented);
  provider.access = ACCOUNT;
  channel = aliyunVoice.create(provider.deps);
});

const send = (changes = {}, settings = {}) => sender(channel, { ...target.settings, ...settings })(changes);

describe("the signature", () => {
  test("is that of the example in Alibaba Cloud's documentation", () => {
    const signed = signAcs3({
      method: "POST",
      host: "ecs.cn-shanghai.aliyuncs.com",
      action: "RunInstances",
      version: "2014-05-26",
      query: { RegionId: "cn-shanghai", ImageId: "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd" },
      date: "2023-10-26T10:22:32Z",
      nonce: "3156853299f313e23d1673dc12e1703d",
      keyId: "YourAccessKeyId",
      keySecret: "YourAccessKeySecret",
    });
    expect(signed.headers["authorization"]).toBe(
      "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;" +
        "x-acs-date;x-acs-signature-nonce;x-acs-version," +
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    );
  });

  test("covers every mark as RFC 3986 writes it", () => {
    const { url } = signAcs3({
      method: "POST",
      host: "h",
      action: "a",
      version: "v",
      query: { b: "a b*c~(d)!'/呼", a: "\ud800" },
      date: "d",
      nonce: "n",
      keyId: "k",
      keySecret: "s",
    });
    expect(url).toBe("https://h/?a=%EF%BF%BD&b=a%20b%2Ac~%28d%29%21%27%2F%E5%91%BC");
  });
});

describe("a call", () => {
  test("reads the template with one word, and nothing of the message", async () => {
    expect(await send()).toEqual({ outcome: "accepted", reference: `116012354141^10281427@${NIGHT}` });
    expect(Object.fromEntries(provider.asked[0]?.url.searchParams ?? [])).toEqual({
      CalledNumber: "13800001111",
      TtsCode: "TTS_1234567",
      TtsParam: '{"kind":"紧急报警"}',
      PlayTimes: "3",
      Volume: "100",
    });
  });

  test.each([
    [{ drill: true, simulated: true }, "演习"],
    [{ priority: "medium", language: "zh-Hant" }, "警報"],
    [{ language: "en" }, "urgent alarm"],
  ])("%j says %s", async (changes, said) => {
    await send(changes);
    expect(provider.asked[0]?.url.searchParams.get("TtsParam")).toBe(JSON.stringify({ kind: said }));
  });

  test("without a variable, and from a number of one's own", async () => {
    provider.access = { ...ACCOUNT, variable: "", showNumber: "057156140102" };
    await send();
    expect(provider.asked[0]?.url.searchParams.get("TtsParam")).toBeNull();
    expect(provider.asked[0]?.url.searchParams.get("CalledShowNumber")).toBe("057156140102");
  });

  test("is placed neither for news nor for gentle questions, nor abroad, nor without an account", async () => {
    for (const changes of [{ kind: "update" }, { kind: "closed" }, { priority: "low" }] as const) {
      expect(await send(changes)).toEqual({ outcome: "accepted", reference: "" });
    }
    expect(await send({}, { phone: "+4915112345678" })).toMatchObject({ outcome: "refused", gone: false });
    provider.access = undefined;
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });

  test("that may still ring is the same call for its incident; another incident waits for the minute", async () => {
    const first = await send();
    expect(await send({ key: "again" })).toEqual(first);
    expect(await send({ collapseKey: "b1-other-1" })).toMatchObject({
      outcome: "failed",
      retryAfterMs: MINUTE_MS,
    });
    expect(calls).toBe(1);
  });

  test("five within an hour, twenty within a day", async () => {
    for (let minute = 0; minute < 60; minute += 1) {
      await send();
      await provider.clock.advance(MINUTE_MS);
    }
    expect(calls).toBe(5);
    for (let minute = 0; minute < 5 * 60; minute += 1) {
      await send();
      await provider.clock.advance(MINUTE_MS);
    }
    expect(calls).toBe(20);
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: DAY_MS - 6 * HOUR_MS });
  });
});

describe("what became of it", () => {
  const became = async (data: unknown) => {
    detail = data;
    const result = await send();
    return channel.poll?.(target, result.outcome === "accepted" ? result.reference : "");
  };

  test.each([
    [{ state: "200000", duration: 12 }, { state: "reached" }],
    [{ state: "200001", duration: 2 }, { state: "reached" }],
    [
      { state: "200003", duration: 0 },
      { state: "over", detail: "nobody picked up", unreached: true },
    ],
    [
      { state: "200118" },
      { state: "over", detail: "the carrier does not call at this hour", unreached: true },
    ],
    [{ state: "200101" }, { state: "waiting" }],
    [{ state: "toString" }, { state: "waiting" }],
    [{ state: "", duration: 0, dtmf: "1" }, { state: "waiting" }],
  ])("%j: %j; picking up never acknowledges", async (data, receipt) => {
    expect(await became(JSON.stringify(data))).toEqual(receipt);
  });

  test.each(["", "{", "[]", null, 5, {}])("%j: not known yet", async (data) => {
    expect(await became(data)).toEqual({ state: "waiting" });
  });

  test("cannot be learned now, or by a reference that is none: waiting", async () => {
    provider.answer = () => new Error("no network");
    expect(await channel.poll?.(target, `1^2@${NIGHT}`)).toEqual({ state: "waiting" });
    provider.asked.length = 0;
    for (const reference of ["", "x", "1^2", "1^2@now", `a&b=c@${NIGHT}`]) {
      expect(await channel.poll?.(target, reference)).toEqual({ state: "waiting" });
    }
    expect(provider.asked).toEqual([]);
  });
});

describe("the answer", () => {
  test.each([
    [200, "isv.BUSINESS_LIMIT_CONTROL", { outcome: "failed", retryAfterMs: MINUTE_MS }],
    [200, "isv.OUT_OF_SERVICE", { outcome: "refused", gone: false }],
    [200, "isv.MOBILE_NUMBER_ILLEGAL", { outcome: "refused", gone: false }],
    [404, "InvalidAccessKeyId.NotFound", { outcome: "refused", gone: false }],
    [403, "Forbidden.RAM", { outcome: "refused", gone: false }],
    [400, "SignatureDoesNotMatch", { outcome: "refused", gone: false }],
    [400, "InvalidTimeStamp.Expired", { outcome: "failed" }],
    [200, "isp.SYSTEM_ERROR", { outcome: "failed" }],
    [400, "Throttling.User", { outcome: "failed", retryAfterMs: 10_000 }],
    [200, "isv.SOMETHING_NEW", { outcome: "failed" }],
  ])("%i %s", async (status, Code, expected) => {
    provider.answer = () => ({ status, body: { Code, Message: "why" } });
    expect(await send()).toEqual({ ...expected, detail: `Alibaba Cloud answered ${Code}: why` });
  });

  test("a wrong secret is told; a call without an id is none", async () => {
    provider.access = { ...ACCOUNT, keySecret: "wrongwrongwrongwrong" };
    expect(await send()).toMatchObject({
      outcome: "refused",
      detail: expect.stringContaining("SignatureDoesNotMatch"),
    });
    await provider.clock.advance(MINUTE_MS);
    provider.answer = () => ({ body: { Code: "OK", CallId: "<script>" } });
    expect(await send()).toEqual({ outcome: "failed", detail: "Alibaba Cloud gave the call no id" });
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats keys or number", async () => {
    const secrets = [ACCOUNT.keyId, ACCOUNT.keySecret, PHONE.slice(3)];
    expect(await faultsOf(provider, send, secrets)).toMatchObject(SOUND);
  });
});
