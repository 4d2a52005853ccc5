import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE_MS, SECOND_MS } from "../../../src/domain/time.ts";
import { dingtalkDing } from "../../../src/notify/dingtalk-ding/dingtalk-ding.ts";
import type { Channel } from "../../../src/port/channel.ts";
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

const APP = { clientId: "dinga1b2c3d4e5f6", clientSecret: "GT-lsu_taDAabcTsdefg0123" };
const MEI = "manager7675";
const target = { id: "t1", channel: "dingtalk-ding", settings: { userId: MEI } };

let provider: Provider;
let channel: Channel;
let lent: { token: string; until: number }[];
let sent: Map<string, { how: number; content: string }>;
let recalled: string[];
/** Kinds of DING that the company has bought nothing of. */
let unpaid: number[];

/** open.dingtalk.com: oauth2/accessToken, robot/ding/send, robot/ding/recall. */
function documented({ method, url, headers, json }: Asked): Answered {
  const error = (status: number, code: string, message: string): Answered => ({
    ...{ status, body: { code, requestid: "6E32D367-2DFE", message } },
  });
  if (url.origin !== "https://api.dingtalk.com" || method !== "POST") return { status: 404, body: "" };
  if (url.pathname === "/v1.0/oauth2/accessToken") {
    if (json?.appKey !== APP.clientId || json.appSecret !== APP.clientSecret) {
      return error(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");
    }
    const token = `token-${lent.length}-of-the-company`;
    lent.push({ token, until: provider.clock.mono() + 7_200 * SECOND_MS });
    return { body: { accessToken: token, expireIn: 7_200 } };
  }
  const token = lent.find((one) => headers["x-acs-dingtalk-access-token"] === one.token);
  if (token === undefined || token.until <= provider.clock.mono()) {
    return error(401, "InvalidAuthentication", "不合法的access_token");
  }
  if (json?.robotCode !== APP.clientId) return error(400, "invalid.chatbotId", "invalid.chatbotId");
  if (url.pathname === "/v1.0/robot/ding/recall") {
    if (!sent.has(json.openDingId)) return error(400, "recall.ding.exception", "recall.ding.exception");
    recalled.push(json.openDingId);
    return { body: { openDingId: json.openDingId } };
  }
  if (url.pathname !== "/v1.0/robot/ding/send") return { status: 404, body: "" };
  const { remindType, receiverUserIdList, content } = json;
  if (![1, 2, 3].includes(remindType) || typeof content !== "string" || content === "") {
    return error(400, "invalidParameter.param.invalid", "参数不合法");
  }
  if (!Array.isArray(receiverUserIdList) || receiverUserIdList.length !== 1) {
    return error(400, "ding.receivercount.limit", "ding receiver count limit");
  }
  if (receiverUserIdList[0] === "nobody") return error(400, "miss.staffId", "miss.staffId nobody");
  if (unpaid.includes(remindType)) {
    return error(400, "ding.serverquota.insufficient", "ding server quota insufficient");
  }
  const openDingId = `5416${sent.size}`;
  sent.set(openDingId, { how: remindType, content });
  return { body: { openDingId } };
}

beforeEach(() => {
  lent = [];
  sent = new Map();
  recalled = [];
  unpaid = [];
  provider = createProvider(documented);
  provider.access = APP;
  channel = dingtalkDing.create(provider.deps);
});

const send = (changes = {}, settings = {}) => sender(channel, { ...target.settings, ...settings })(changes);
const asked = (): string[] => provider.asked.map(({ url }) => url.pathname.replace("/v1.0/", ""));
const kinds = (): number[] => [...sent.values()].map(({ how }) => how);

describe("an alarm", () => {
  test("is a call that reads the words out, without an address", async () => {
    expect(await send()).toEqual({ outcome: "accepted", reference: "54160" });
    expect(asked()).toEqual(["oauth2/accessToken", "robot/ding/send"]);
    expect(provider.asked[1]?.json).toEqual({
      robotCode: APP.clientId,
      remindType: 3,
      receiverUserIdList: [MEI],
      content: "呼吸守护：请立刻查看（紧急）\n打开查看发生了什么。",
    });
  });

  test.each([
    ["high", "phone", [3]],
    ["high", "sms", [2]],
    ["high", "app", [1]],
    ["medium", "phone", [1]],
    ["low", "phone", []],
  ])("%s with %s: %j", async (priority, urgency, how) => {
    expect(await send({ priority }, { urgency })).toMatchObject({ outcome: "accepted" });
    expect(kinds()).toEqual(how);
  });

  test("in the app has the address of the page", async () => {
    await send({}, { urgency: "app" });
    expect(sent.get("54160")?.content).toMatch(/\nhttps:\/\/home\.example\.org\/#b1$/);
  });

  test("while the phone still rings a repeat speaks up in the app; later it calls again", async () => {
    await send();
    await send({ key: "second" });
    await send({ key: "other", collapseKey: "b1-other-1" });
    await provider.clock.advance(MINUTE_MS);
    await send({ key: "third" });
    expect(kinds()).toEqual([3, 1, 3, 3]);
  });

  test.each(["phone", "sms"] as const)(
    "by %s that is not bought speaks up in the app, and that is told",
    async (urgency) => {
      unpaid = [2, 3];
      expect(await send({}, { urgency })).toEqual({
        outcome: "refused",
        detail: "DingTalk answered ding.serverquota.insufficient: ding server quota insufficient",
        gone: false,
      });
      expect(kinds()).toEqual([1]);
      // The app rings nobody up: the next one tries to call again.
      unpaid = [];
      await send({ key: "second" }, { urgency });
      expect(kinds().at(-1)).not.toBe(1);
    },
  );

  test("to a robot of another code", async () => {
    provider.access = { ...APP, robotCode: "ding00another00" };
    expect(await send()).toMatchObject({ outcome: "refused" });
    expect(provider.asked[1]?.json.robotCode).toBe("ding00another00");
  });

  test("to somebody who is not in the company is refused, in DingTalk's words", async () => {
    expect(await send({}, { userId: "nobody" })).toEqual({
      ...{ outcome: "refused", detail: "DingTalk answered miss.staffId: miss.staffId nobody", gone: false },
    });
    provider.answer = ({ url }) =>
      url.pathname.endsWith("send")
        ? { body: { openDingId: "1", failedList: { "user\u0007 left": [MEI] } } }
        : documented(provider.asked.at(-1)!);
    expect(await send()).toEqual({
      ...{ outcome: "refused", detail: "DingTalk did not reach this person: user left", gone: false },
    });
    provider.answer = ({ url }) =>
      url.pathname.endsWith("send")
        ? { body: { openDingId: "1", failedList: { left: ["somebody"] } } }
        : documented(provider.asked.at(-1)!);
    expect(await send()).toMatchObject({ outcome: "accepted" });
  });

  test("needs the app's settings and a user id", async () => {
    expect(await send({}, { userId: "../x" })).toMatchObject({ outcome: "refused", gone: false });
    provider.access = undefined;
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });
});

describe("what was sent", () => {
  test("is taken back when somebody has answered; the phone may be called again about it", async () => {
    await send();
    await channel.cancel?.(target, "54160");
    expect(recalled).toEqual(["54160"]);
    expect(provider.asked.at(-1)?.json).toEqual({ robotCode: APP.clientId, openDingId: "54160" });
    await send({ key: "second" });
    expect(kinds()).toEqual([3, 3]);
    await channel.cancel?.(target, "unknown");
    await channel.cancel?.(target, "");
    expect(recalled).toHaveLength(1);
  });

  test("is never said to be answered, nor even picked up: DingTalk does not tell", () => {
    expect(dingtalkDing.capabilities.acknowledges).toBe(false);
    expect(channel.poll).toBeUndefined();
    expect(channel.listen).toBeUndefined();
  });

  test("has no news after it: a DING is never quiet", async () => {
    await send();
    for (const kind of ["update", "closed"]) {
      expect(await send({ kind, priority: "low" })).toEqual({ outcome: "accepted", reference: "" });
    }
    expect(kinds()).toEqual([3]);
  });
});

describe("the answer", () => {
  test("a token that is over is fetched anew; one that DingTalk does not know, once", async () => {
    await send();
    await provider.clock.advance(7_200 * SECOND_MS);
    await send({ key: "2" });
    lent.length = 0;
    expect(await send({ key: "3", collapseKey: "other" })).toMatchObject({ outcome: "accepted" });
    expect(asked().filter((path) => path === "oauth2/accessToken")).toHaveLength(3);
    provider.answer = ({ url }) =>
      url.pathname.endsWith("send")
        ? { status: 401, body: { code: "InvalidAuthentication", message: "不合法的access_token" } }
        : documented(provider.asked.at(-1)!);
    provider.asked.length = 0;
    expect(await send({ key: "4", collapseKey: "fourth" })).toMatchObject({ outcome: "failed" });
    expect(asked().filter((path) => path.endsWith("send"))).toHaveLength(2);
  });

  test("a wrong secret is told in DingTalk's words", async () => {
    provider.access = { ...APP, clientSecret: "anotherSecret0000000" };
    expect(await send()).toEqual({
      ...{ outcome: "refused", gone: false },
      detail: "DingTalk answered invalidClientIdOrSecret: 无效的clientId或者clientSecret",
    });
  });

  test.each([
    [400, "toomuch.msg", MINUTE_MS],
    [403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", undefined],
    [400, "send.ding.exception", undefined],
    [500, "system.error", undefined],
  ])("%i %s is tried again", async (status, code, retryAfterMs) => {
    provider.answer = ({ url }) =>
      url.pathname.endsWith("send")
        ? { status, body: { code, message: "later" } }
        : documented(provider.asked.at(-1)!);
    const result = await send();
    expect(result.outcome).toBe("failed");
    if (retryAfterMs !== undefined) expect(result).toMatchObject({ retryAfterMs });
  });

  test("a permission that is missing is for a person to mend", async () => {
    const code = "Forbidden.AccessDenied.AccessTokenPermissionDenied";
    provider.answer = ({ url }) =>
      url.pathname.endsWith("send")
        ? { status: 403, body: { code, message: "Premium.Ding.Write" } }
        : documented(provider.asked.at(-1)!);
    expect(await send()).toEqual({
      ...{ outcome: "refused", detail: `DingTalk answered ${code}: Premium.Ding.Write`, gone: false },
    });
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats secret or token", async () => {
    let count = 0;
    const anew = () => send({ key: String((count += 1)), collapseKey: `b1-${count}` });
    expect(await faultsOf(provider, anew, [APP.clientSecret])).toMatchObject(SOUND);
    await anew();
    provider.answer = ({ headers }) => ({ body: { code: "77777", message: JSON.stringify(headers) } });
    expect(JSON.stringify(await anew())).not.toContain("of-the-company");
  });
});

test("whatever the texts are, DingTalk takes them", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      const key = String((count += 1));
      expect(await send({ title, body, key, collapseKey: key })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
  for (const { content } of sent.values()) expect(Array.from(content).length).toBeLessThanOrEqual(200);
});
