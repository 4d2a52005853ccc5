import { beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../src/domain/time.ts";
import { wecomCall } from "../../../src/notify/wecom-call/wecom-call.ts";
import type { Channel } from "../../../src/port/channel.ts";
import {
  type Answered,
  type Asked,
  createProvider,
  faultsOf,
  type Provider,
  SOUND,
  sender,
} from "../../support/provider.ts";

const CORP = { corpid: "ww1234567890abcdef", secret: "s3cr3t_s3cr3t_s3cr3t_s3cr3t" };
const TARGET = { id: "t1", channel: "wecom-call", settings: { userid: "mei" } };

let provider: Provider;
let channel: Channel;
let tokens: { token: string; until: number }[];
let state: object;
let placed: number;

/** documents 91039, 91627, 91628 of developer.work.weixin.qq.com */
function documented({ method, url, json }: Asked): Answered {
  const error = (errcode: number, errmsg: string): Answered => ({ body: { errcode, errmsg } });
  const now = provider.clock.mono();
  if (url.host !== "qyapi.weixin.qq.com") return { status: 404, body: "" };
  if (url.pathname === "/cgi-bin/gettoken") {
    if (method !== "GET") return error(43_001, "require GET method");
    if (url.searchParams.get("corpid") !== CORP.corpid) return error(40_013, "invalid corpid");
    if (url.searchParams.get("corpsecret") !== CORP.secret) return error(40_001, "invalid credential");
    const token = `token-${tokens.length}`;
    tokens.push({ token, until: now + 7_200 * SECOND_MS });
    return { body: { errcode: 0, errmsg: "ok", access_token: token, expires_in: 7_200 } };
  }
  if (method !== "POST") return error(43_002, "require POST method");
  const lent = tokens.find(({ token }) => token === url.searchParams.get("access_token"));
  if (lent === undefined) return error(40_014, "invalid access_token");
  if (lent.until <= now) return error(42_001, "access_token expired");
  if (url.pathname === "/cgi-bin/pstncc/call") {
    if (!Array.isArray(json?.callee_userid) || json.callee_userid.length === 0)
      return error(40_035, "invalid parameter");
    placed += 1;
    const states = json.callee_userid.map((userid: string) => ({
      code: 0,
      callid: `call-${placed}-out`,
      userid,
    }));
    return { body: { errcode: 0, errmsg: "ok", states } };
  }
  if (url.pathname === "/cgi-bin/pstncc/getstates") {
    if (json?.callee_userid !== "mei" || !json?.callid) return error(40_035, "invalid parameter");
    return { body: { errcode: 0, errmsg: "ok", ...state } };
  }
  return { status: 404, body: "" };
}

beforeEach(() => {
  tokens = [];
  state = { istalked: 0, calltime: 1_557_306_531, talktime: 0, reason: 1 };
  placed = 0;
  provider = createProvider(documented);
  provider.access = CORP;
  channel = wecomCall.create(provider.deps);
});

const send = (changes = {}) => sender(channel, TARGET.settings)(changes);
const paths = (): string[] => provider.asked.map(({ url }) => url.pathname.replace("/cgi-bin/", ""));

describe("a call", () => {
  test("is placed with a token of the company, which is kept", async () => {
    expect(await send()).toEqual({ outcome: "accepted", reference: "call-1-out" });
    await provider.clock.advance(MINUTE_MS);
    await send();
    expect(paths()).toEqual(["gettoken", "pstncc/call", "pstncc/call"]);
    expect(provider.asked[1]?.json).toEqual({ callee_userid: ["mei"] });
    expect(provider.asked[1]?.url.search).toBe("?access_token=token-0");
  });

  test("that may still ring is not placed again for the same incident", async () => {
    await send();
    expect(await send({ key: "again" })).toEqual({ outcome: "accepted", reference: "call-1-out" });
    expect(await send({ collapseKey: "b1-other-1" })).toEqual({
      outcome: "accepted",
      reference: "call-2-out",
    });
  });

  test("three within eight minutes, eight within a day; what follows waits", async () => {
    const results: string[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      results.push((await send()).outcome);
      await provider.clock.advance(MINUTE_MS);
    }
    expect(results.slice(0, 9)).toEqual([
      ...["accepted", "accepted", "accepted", "failed", "failed", "failed", "failed", "failed", "accepted"],
    ]);
    expect(placed).toBe(8);
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: DAY_MS - 60 * MINUTE_MS });
  });

  test("is not placed for news or gentle questions, nor without the company's settings", async () => {
    for (const changes of [{ kind: "update" }, { kind: "closed" }, { priority: "low" }] as const) {
      expect(await send(changes)).toEqual({ outcome: "accepted", reference: "" });
    }
    provider.access = undefined;
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });

  test("after it is over, a new alarm of the same incident calls at once", async () => {
    await send();
    await send({ kind: "closed" });
    await send();
    expect(placed).toBe(2);
  });
});

describe("the token", () => {
  test("is asked for anew when its time is over, before WeCom has to say so", async () => {
    await send();
    await provider.clock.advance(7_200 * SECOND_MS);
    await send();
    expect(paths()).toEqual(["gettoken", "pstncc/call", "gettoken", "pstncc/call"]);
  });

  test.each([40_014, 42_001])(
    "that WeCom refuses with %i is fetched anew once, and only once",
    async (errcode) => {
      await send();
      await provider.clock.advance(MINUTE_MS);
      provider.asked.length = 0;
      let refusals = 1;
      provider.answer = ({ url }) => {
        if (!url.pathname.endsWith("call") || refusals === 0) return documented(provider.asked.at(-1)!);
        refusals -= 1;
        return { body: { errcode, errmsg: "invalid access_token" } };
      };
      expect(await send()).toMatchObject({ outcome: "accepted" });
      expect(paths()).toEqual(["pstncc/call", "gettoken", "pstncc/call"]);
      await provider.clock.advance(MINUTE_MS);
      provider.asked.length = 0;
      refusals = 9;
      expect(await send()).toMatchObject({ outcome: "failed" });
      expect(paths()).toEqual(["pstncc/call", "gettoken", "pstncc/call"]);
    },
  );

  test("is asked for once by several who call at once, and of another company again", async () => {
    await Promise.all(["ba", "mei", "lin"].map((userid) => sender(channel, { userid })({})));
    expect(tokens).toHaveLength(1);
    await provider.clock.advance(MINUTE_MS);
    provider.access = { ...CORP, secret: "another_secret_of_the_company" };
    expect(await sender(channel, { userid: "wei" })({})).toMatchObject({
      outcome: "refused",
      detail: "WeCom answered 40001: invalid credential",
      gone: false,
    });
  });
});

describe("what became of it", () => {
  const became = async (states: object) => {
    state = states;
    await provider.clock.advance(MINUTE_MS);
    const result = await send();
    return channel.poll?.(TARGET, result.outcome === "accepted" ? result.reference : "");
  };

  test.each([
    [{ istalked: 0, reason: 1 }, { state: "waiting" }],
    [{ istalked: 0, reason: 0 }, { state: "waiting" }],
    [{ istalked: 0, reason: 2 }, { state: "reached" }],
    [{ istalked: 1, talktime: 2, reason: 0 }, { state: "reached" }],
    [
      { istalked: 0, reason: 4 },
      { state: "over", detail: "nobody picked up", unreached: true },
    ],
    [
      { istalked: 0, reason: 8 },
      { state: "over", detail: "the phone is switched off", unreached: true },
    ],
    [
      { istalked: 0, reason: 13 },
      { state: "over", detail: expect.stringContaining("too often"), unreached: true },
    ],
    [{ istalked: "1", reason: "4" }, { state: "waiting" }],
    [{}, { state: "waiting" }],
  ])("%j is %j: picking up never acknowledges", async (states, receipt) => {
    expect(await became(states)).toEqual(receipt);
  });

  test("cannot be learned now: waiting", async () => {
    provider.answer = () => new Error("no network");
    expect(await channel.poll?.(TARGET, "call-1-out")).toEqual({ state: "waiting" });
    provider.access = undefined;
    expect(await channel.poll?.(TARGET, "call-1-out")).toEqual({ state: "waiting" });
  });
});

describe("the answer", () => {
  test.each([
    [301_049, "refused"],
    [301_050, "refused"],
    [301_051, "refused"],
    [60_020, "refused"],
    [45_009, "failed"],
    [-1, "failed"],
    [77_777, "failed"],
  ])("errcode %i: %s; nobody is given up for it", async (errcode, outcome) => {
    provider.answer = ({ url }) =>
      url.pathname.endsWith("gettoken")
        ? documented(provider.asked.at(-1)!)
        : { body: { errcode, errmsg: "why" } };
    const result = await send();
    expect(result).toMatchObject({ outcome, detail: `WeCom answered ${errcode}: why` });
    expect("gone" in result && result.gone).toBe(false);
  });

  test.each([
    [[{ code: 5, callid: "", userid: "mei" }], "WeCom did not place the call (state 5)"],
    [[{ code: 0, callid: "x", userid: "ba" }], "WeCom did not say whether it calls"],
    [[null, 4, { userid: "mei", code: 0 }], "WeCom did not say whether it calls"],
    ["none", "WeCom did not say whether it calls"],
  ])("states %j: %s", async (states, detail) => {
    provider.answer = ({ url }) =>
      url.pathname.endsWith("gettoken")
        ? documented(provider.asked.at(-1)!)
        : { body: { errcode: 0, states } };
    expect(await send()).toEqual({ outcome: "failed", detail });
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats the secret", async () => {
    expect(await faultsOf(provider, send, [CORP.secret])).toMatchObject(SOUND);
  });

  test("no reason repeats the token either", async () => {
    await send();
    await provider.clock.advance(MINUTE_MS);
    provider.answer = ({ url }) => ({ body: { errcode: 77_777, errmsg: url.href } });
    const result = await send();
    expect(JSON.stringify(result)).not.toContain("token-0");
  });
});
