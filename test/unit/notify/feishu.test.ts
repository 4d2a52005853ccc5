import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { MINUTE_MS, SECOND_MS } from "../../../src/domain/time.ts";
import { feishu } from "../../../src/notify/feishu/feishu.ts";
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

const APP = { appId: "cli_a1b2c3d4e5", appSecret: "dskLLdkasdjlasdKK1234567" };
const MEI = "ou_6yf8af6bgb9100449565764t3382b168";
const target = { id: "t1", channel: "feishu", settings: { openId: MEI } };

let provider: Provider;
let channel: Channel;
let lent: { token: string; until: number }[];
// oxlint-disable-next-line typescript/no-explicit-any -- a card as Feishu keeps it; a wrong member fails its test
let cards: Map<string, { uuid: string; content: any; readers: string[] }>;
/** An urgent_* that Feishu refuses, with its code. */
let refused: { [how: string]: number };

/** open.feishu.cn: tenant_access_token/internal, im/v1/messages, urgent_*, read_users, patch. */
function documented({ method, url, headers, json, text }: Asked): Answered {
  const error = (code: number, msg: string, status = 400): Answered => ({ status, body: { code, msg } });
  const ok = (data: object): Answered => ({ body: { code: 0, msg: "success", data } });
  if (url.origin !== "https://open.feishu.cn") return { status: 404, body: "" };
  if (url.pathname.endsWith("/auth/v3/tenant_access_token/internal")) {
    if (json?.app_id !== APP.appId) return error(10_003, "invalid app_id", 200);
    if (json.app_secret !== APP.appSecret) return error(10_014, "app secret invalid", 200);
    const token = `t-${lent.length}-tenant`;
    lent.push({ token, until: provider.clock.mono() + 7_200 * SECOND_MS });
    return { body: { code: 0, msg: "ok", tenant_access_token: token, expire: 7_200 } };
  }
  const token = lent.find((one) => headers["authorization"] === `Bearer ${one.token}`);
  if (token === undefined || token.until <= provider.clock.mono()) {
    return error(99_991_663, "Invalid access token for authorization. Please make a test attempt", 401);
  }
  if (Buffer.byteLength(text) > 30_000)
    return error(230_025, "The length of the message content reaches its limit");
  const [, id = "", how = ""] = /im\/v1\/messages\/?([\w-]*)\/?(\w*)$/.exec(url.pathname) ?? [];
  if (id === "") {
    if (method !== "POST" || url.searchParams.get("receive_id_type") !== "open_id")
      return error(230_001, "params error");
    if (json?.receive_id !== MEI) return error(230_013, "Bot has NO availability to this user");
    if (json.msg_type !== "interactive" || json.uuid.length > 50) return error(230_001, "params error");
    const content = JSON.parse(json.content);
    if (content.header.title.content === "") return error(230_099, "Failed to create card content");
    const known = [...cards].find(([, { uuid }]) => uuid === json.uuid)?.[0];
    const message_id = known ?? `om_${cards.size + 1}`;
    cards.set(message_id, { uuid: json.uuid, content, readers: [] });
    return ok({ message_id });
  }
  const card = cards.get(id);
  if (card === undefined) return error(230_001, "invalid message_id");
  if (how === "" && method === "PATCH") {
    const content = JSON.parse(json.content);
    if (content.config.update_multi !== true) return error(230_001, "not a shared card");
    cards.set(id, { ...card, content });
    return ok({});
  }
  if (how === "read_users" && method === "GET") {
    return ok({ items: card.readers.map((user_id) => ({ user_id, timestamp: "1" })), has_more: false });
  }
  if (!how.startsWith("urgent_") || method !== "PATCH") return { status: 404, body: "404 page not found" };
  if (url.searchParams.get("user_id_type") !== "open_id") return error(230_001, "params error");
  const code = refused[how];
  return code === undefined
    ? ok({ invalid_user_id_list: [] })
    : error(code, "Reach the upper limit of urgent message.");
}

beforeEach(() => {
  lent = [];
  cards = new Map();
  refused = {};
  provider = createProvider(documented);
  provider.access = APP;
  channel = feishu.create(provider.deps);
});

const send = (changes = {}, settings = {}) => sender(channel, { ...target.settings, ...settings })(changes);
const asked = (): string[] =>
  provider.asked.map(({ method, url }) => `${method} ${url.pathname.replace(/.*\/(?:v1|v3)\//, "")}`);

describe("an alarm", () => {
  test("is a card with a button to the page, and a call", async () => {
    expect(await send()).toEqual({ outcome: "accepted", reference: "om_1" });
    expect(asked()).toEqual([
      "POST tenant_access_token/internal",
      "POST messages",
      "PATCH messages/om_1/urgent_phone",
    ]);
    expect(provider.asked[2]?.json).toEqual({ user_id_list: [MEI] });
    expect(cards.get("om_1")?.content).toMatchObject({
      config: { update_multi: true },
      header: { title: { content: "呼吸守护：请立刻查看（紧急）" }, template: "red" },
      elements: [
        { text: { content: "打开查看发生了什么。" } },
        { actions: [{ text: { content: "打开查看" }, url: "https://home.example.org/#b1" }] },
      ],
    });
  });

  test.each([
    ["high", "phone", "urgent_phone"],
    ["high", "sms", "urgent_sms"],
    ["high", "app", "urgent_app"],
    ["medium", "phone", "urgent_app"],
    ["low", "phone", undefined],
  ])("%s with %s: %s", async (priority, urgency, how) => {
    await send({ priority }, { urgency });
    expect(asked()[2]).toBe(how === undefined ? undefined : `PATCH messages/om_1/${how}`);
  });

  test("while the phone still rings a repeat speaks up in the app; later it calls again", async () => {
    await send();
    await send({ key: "second" });
    await provider.clock.advance(MINUTE_MS);
    await send({ key: "third" });
    expect(asked().filter((path) => path.includes("urgent"))).toEqual([
      "PATCH messages/om_1/urgent_phone",
      "PATCH messages/om_2/urgent_app",
      "PATCH messages/om_3/urgent_phone",
    ]);
  });

  test("that is sent anew with the same key is made urgent, not posted twice", async () => {
    let failures = 1;
    provider.answer = ({ url }) => {
      if (!url.pathname.includes("urgent") || failures === 0) return documented(provider.asked.at(-1)!);
      failures -= 1;
      return new Error("connection reset");
    };
    expect(await send()).toEqual({ outcome: "failed", detail: "connection reset" });
    expect(await send()).toEqual({ outcome: "accepted", reference: "om_1" });
    expect(asked().filter((path) => path === "POST messages")).toHaveLength(1);
  });

  test.each([230_024, 230_023, 230_027])(
    "whose call is refused with %i speaks up in the app, and that is told",
    async (code) => {
      refused = { urgent_phone: code };
      expect(await send()).toEqual({
        outcome: "refused",
        detail: `Feishu answered ${code}: Reach the upper limit of urgent message.`,
        gone: false,
      });
      expect(asked().slice(2)).toEqual([
        "PATCH messages/om_1/urgent_phone",
        "PATCH messages/om_1/urgent_app",
      ]);
    },
  );

  test("for somebody outside the conversation is no success", async () => {
    provider.answer = ({ url }) =>
      url.pathname.includes("urgent")
        ? { body: { code: 0, msg: "success", data: { invalid_user_id_list: [MEI] } } }
        : documented(provider.asked.at(-1)!);
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
  });

  test("needs the app's settings and an open_id", async () => {
    expect(await send({}, { openId: "../x" })).toMatchObject({ outcome: "refused", gone: false });
    provider.access = undefined;
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
    expect(provider.asked).toEqual([]);
  });
});

describe("news", () => {
  test("changes the cards of its incident without a sound", async () => {
    await send();
    await send({ key: "second" });
    await send({ key: "other", collapseKey: "b1-other-1" });
    provider.asked.length = 0;
    await send({ kind: "closed", title: "已结束", priority: "low" });
    expect(asked().sort()).toEqual(["PATCH messages/om_1", "PATCH messages/om_2"]);
    expect([...cards.values()].map(({ content }) => content.header.template)).toEqual([
      "green",
      "green",
      "red",
    ]);
    expect(cards.get("om_2")?.content.header.title.content).toBe("已结束");
  });

  test("about nothing that was sent is left out", async () => {
    expect(await send({ kind: "update" })).toEqual({ outcome: "accepted", reference: "" });
    expect(provider.asked).toEqual([]);
  });
});

describe("what became of it", () => {
  test("read is reached, never acknowledged; another reader does not count", async () => {
    await send();
    const card = cards.get("om_1");
    expect(await channel.poll?.(target, "om_1")).toEqual({ state: "waiting" });
    card?.readers.push("ou_somebody");
    expect(await channel.poll?.(target, "om_1")).toEqual({ state: "waiting" });
    card?.readers.push(MEI);
    expect(await channel.poll?.(target, "om_1")).toEqual({ state: "reached" });
    expect(provider.asked.at(-1)?.url.searchParams.get("user_id_type")).toBe("open_id");
  });

  test("cannot be learned now: waiting", async () => {
    await send();
    for (const body of ["", "{}", { code: 0, data: { items: "none" } }, { code: 0, data: null }]) {
      provider.answer = () => ({ body });
      expect(await channel.poll?.(target, "om_1")).toEqual({ state: "waiting" });
    }
    expect(await channel.poll?.(target, "")).toEqual({ state: "waiting" });
  });
});

describe("the answer", () => {
  test("a token that is over is fetched anew; one that Feishu does not know, once", async () => {
    await send({ priority: "low" });
    await provider.clock.advance(7_200 * SECOND_MS);
    await send({ priority: "low", key: "2" });
    lent.length = 0;
    expect(await send({ priority: "low", key: "3" })).toMatchObject({ outcome: "accepted" });
    expect(asked().filter((path) => path.includes("token"))).toHaveLength(3);
  });

  test("a wrong secret is told in Feishu's words", async () => {
    provider.access = { ...APP, appSecret: "anotherSecret0000000" };
    expect(await send()).toEqual({
      outcome: "refused",
      detail: "Feishu answered 10014: app secret invalid",
      gone: false,
    });
  });

  test("a limit is waited out as long as Feishu says", async () => {
    provider.answer = () => ({
      status: 400,
      headers: { "x-ogw-ratelimit-reset": "52" },
      body: { code: 99_991_400, msg: "request trigger frequency limit" },
    });
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 52 * SECOND_MS });
  });

  test("garbage and trouble are tried again, what is forbidden is not; no reason repeats secret or token", async () => {
    let count = 0;
    const anew = () => send({ key: String((count += 1)) });
    expect(await faultsOf(provider, anew, [APP.appSecret])).toMatchObject(SOUND);
    await anew();
    provider.answer = ({ headers }) => ({ body: { code: 77_777, msg: JSON.stringify(headers) } });
    expect(JSON.stringify(await anew())).not.toContain("tenant");
  });
});

test("whatever the texts are, Feishu takes them", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (title, body) => {
      expect(await send({ title, body, key: String((count += 1)) })).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 50 },
  );
});
