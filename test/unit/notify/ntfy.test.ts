import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ntfy } from "../../../src/notify/ntfy/ntfy.ts";
import type { ChannelTarget } from "../../../src/port/channel.ts";
import type { HttpRequest, HttpResponse } from "../../../src/port/http.ts";
import {
  ALARM,
  anyMessage,
  bench,
  CLOSED,
  DRILL,
  GARBAGE,
  json,
  jsonOf,
  type Outside,
  targetOf,
  UPDATE,
} from "../../support/channel-bench.ts";

const TOPIC = "h-8fK3mQ0zT7vW2xYb";
const TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2";

/** A server from 2.16 on with access control: topics, tokens, JSON, sequences, sizes. */
function server(request: HttpRequest): HttpResponse {
  const no = (code: number, error: string) =>
    json(
      { code, http: Math.floor(code / 100), error, link: "https://ntfy.sh/docs/" },
      Math.floor(code / 100),
    );
  const { authorization } = request.headers;
  if (authorization !== undefined && authorization !== `Bearer ${TOKEN}`) return no(40101, "unauthorized");
  if (authorization === undefined) return no(40301, "forbidden");
  const { pathname } = new URL(request.url);
  if (request.method === "PUT" && /^\/[-_A-Za-z0-9]{1,64}\/[-_A-Za-z0-9]{1,64}\/clear$/.test(pathname)) {
    return json({ id: "xE73Iyuabi", time: 1_673_542_291, event: "message_clear", topic: TOPIC });
  }
  if (request.method !== "POST" || pathname !== "/") return no(40401, "page not found");
  if ((request.body?.length ?? 0) > 2 * 4_096) return no(41303, "JSON body too large");
  const { topic, title, message, priority, tags, click, sequence_id: sequence, actions } = jsonOf(request);
  if (typeof topic !== "string" || !/^[-_A-Za-z0-9]{1,64}$/.test(topic))
    return no(40009, "invalid request: topic invalid");
  if (topic !== TOPIC) return no(40301, "forbidden");
  if (typeof title !== "string" || typeof message !== "string") return no(40017, "must be message JSON");
  if (Buffer.byteLength(message) > 4_096) return no(41301, "attachment too large");
  if (typeof priority !== "number" || ![1, 2, 3, 4, 5].includes(priority))
    return no(40007, "invalid priority parameter");
  if (!Array.isArray(tags)) return no(40017, "must be message JSON");
  if (typeof sequence !== "string" || !/^[-_A-Za-z0-9]{1,64}$/.test(sequence))
    return no(40049, "invalid request: sequence ID invalid");
  if (click !== undefined && !URL.canParse(String(click))) return no(40017, "click");
  for (const action of Array.isArray(actions) ? actions : []) {
    const isWhole = action.action === "http" && action.label !== "" && URL.canParse(action.url);
    if (!isWhole || action.method !== "POST") return no(40018, "invalid request: actions invalid");
  }
  return json({ id: "sPs71M8A2T", time: 1_643_935_928, event: "message", topic, title, message });
}

function setUp(outside: Outside = server, access: ChannelTarget["settings"] | undefined = { token: TOKEN }) {
  const { deps, clock, requests } = bench({ outside, access });
  const channel = ntfy.create(deps);
  const target = targetOf("ntfy", { topic: TOPIC });
  return { clock, requests, channel, target, send: (message = ALARM) => channel.send(target, message) };
}

describe("an alarm", () => {
  test("goes out at the highest priority with a button that posts", async () => {
    const { send, requests } = setUp();
    expect(await send()).toEqual({ outcome: "accepted", reference: "b1-abcdefghij-1" });
    expect(requests[0]).toMatchObject({
      ...{ method: "POST", url: "https://ntfy.sh", headers: { authorization: `Bearer ${TOKEN}` } },
    });
    expect(jsonOf(requests[0])).toEqual({
      ...{ topic: TOPIC, title: ALARM.title, message: ALARM.body, priority: 5, tags: ["rotating_light"] },
      ...{ click: ALARM.url, sequence_id: "b1-abcdefghij-1" },
      actions: [
        { action: "http", label: "I'm going", url: ALARM.acknowledgeUrl, method: "POST", clear: true },
      ],
    });
  });

  test("has its button in the language of the reader, and the drill's mark", async () => {
    const { send, requests } = setUp();
    await send({ ...DRILL, title: "演习 · 呼吸守护", language: "zh-Hans" });
    expect(jsonOf(requests[0])).toMatchObject({ title: "演习 · 呼吸守护", actions: [{ label: "我去" }] });
  });

  test("a gentle question sounds as any notification", async () => {
    const { send, requests } = setUp();
    await send({ ...ALARM, priority: "low" });
    expect(jsonOf(requests[0])).toMatchObject({ priority: 3, tags: ["bell"] });
  });
});

test("an update takes the alarm's place in silence, without a button", async () => {
  const { send, requests } = setUp();
  expect(await send(UPDATE)).toMatchObject({ outcome: "accepted" });
  expect(requests.length).toBe(1);
  expect(jsonOf(requests[0])).toMatchObject({ priority: 2, sequence_id: ALARM.collapseKey });
  expect(jsonOf(requests[0])).not.toHaveProperty("actions");
});

test("the end clears the alarm first, so that nothing goes on sounding, then says so in silence", async () => {
  const { send, requests } = setUp();
  expect(await send(CLOSED)).toMatchObject({ outcome: "accepted" });
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `PUT https://ntfy.sh/${TOPIC}/b1-abcdefghij-1/clear`,
    "POST https://ntfy.sh",
  ]);
  expect(jsonOf(requests[1])).toMatchObject({ priority: 2, title: CLOSED.title });
});

test("a server that cannot clear is told of the end all the same", async () => {
  const { send } = setUp((request) => (request.method === "PUT" ? { status: 404 } : server(request)));
  expect(await send(CLOSED)).toMatchObject({ outcome: "accepted" });
  const broken = setUp((request) => (request.method === "PUT" ? new Error("reset") : server(request)));
  expect(await broken.send(CLOSED)).toMatchObject({ outcome: "accepted" });
});

test("can be taken back once by its reference, and by nothing that is none", async () => {
  const { channel, target, requests, send } = setUp();
  await channel.cancel?.(target, "../../v1/account");
  await channel.cancel?.(target, "");
  expect(requests).toEqual([]);
  await send();
  await channel.cancel?.(target, "b1-abcdefghij-1");
  await channel.cancel?.(target, "b1-abcdefghij-1");
  expect(requests.slice(1).map(({ url }) => url)).toEqual([`https://ntfy.sh/${TOPIC}/b1-abcdefghij-1/clear`]);
});

test("taken back too late, it leaves what stands in its place", async () => {
  const { channel, target, requests, send } = setUp();
  await send();
  await send(UPDATE);
  await channel.cancel?.(target, "b1-abcdefghij-1");
  expect(requests.length).toBe(2);
});

describe("answers", () => {
  test.each([
    ["a wrong token", { token: "tk_wrong" }],
    ["no token where one is needed", {}],
  ])("%s: refused, and the phone is kept", async (_, access) => {
    expect(await setUp(server, access).send()).toMatchObject({ outcome: "refused", gone: false });
  });

  test("no secret of the question comes back in what is written down", async () => {
    const { send } = setUp(() => ({ status: 403, body: `no ${TOKEN} for ${TOPIC}` }));
    const text = JSON.stringify(await send());
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(TOPIC);
    expect(text).toContain("403");
  });

  test.each([
    [429, 42901, "limit reached: too many requests", { outcome: "failed", retryAfterMs: 5_000 }],
    [429, 42908, "limit reached: too many messages", { outcome: "failed", retryAfterMs: 5_000 }],
    [400, 40009, "invalid request: topic invalid", { outcome: "refused", gone: false }],
    [413, 41303, "JSON body too large", { outcome: "refused", gone: false }],
    [404, 40401, "page not found", { outcome: "refused", gone: false }],
    [500, 50001, "internal server error", { outcome: "failed" }],
    [507, 50701, "insufficient storage", { outcome: "failed" }],
    [301, 0, "moved", { outcome: "refused", gone: false }],
  ])("%i %i %s", async (status, code, error, expected) => {
    const { send } = setUp(() => json({ code, http: status, error }, status));
    expect(await send()).toMatchObject({ ...expected, detail: expect.stringContaining(error) });
  });

  test.each(GARBAGE)("success with %s is a failure", async (_, body) => {
    expect(await setUp(() => ({ status: 200, body })).send()).toMatchObject({ outcome: "failed" });
  });

  test("no connection is a failure", async () => {
    expect(await setUp(() => new Error("reset")).send()).toEqual({ outcome: "failed", detail: "reset" });
  });
});

describe("where it may send", () => {
  test.each(["http://ntfy.example.org", "https://me:pw@ntfy.example.org", "ntfy.sh", ""])(
    "%s: no",
    async (address) => {
      const { send, requests } = setUp(server, { server: address, token: TOKEN });
      expect(await send()).toMatchObject({ outcome: "refused", gone: false });
      expect(requests).toEqual([]);
    },
  );

  test("a server in the house: yes, without the public one's limits", async () => {
    const { send, requests, channel, target } = setUp(server, {
      ...{ server: "http://10.0.0.3:2586/", token: TOKEN },
    });
    for (let nth = 0; nth < 70; nth++) expect(await send()).toMatchObject({ outcome: "accepted" });
    expect(requests[0]?.url).toBe("http://10.0.0.3:2586");
    expect(channel.service?.(target)).toBe("http://10.0.0.3:2586/");
  });

  test.each(["", "a/b", "x".repeat(65), "名字"])("not to the topic %j", async (topic) => {
    const { channel, requests } = setUp();
    expect(await channel.send(targetOf("ntfy", { topic }), ALARM)).toMatchObject({ outcome: "refused" });
    expect(requests).toEqual([]);
  });

  test("nothing without the home's settings", async () => {
    const { deps } = bench({ outside: server, access: undefined });
    const result = await ntfy.create(deps).send(targetOf("ntfy", { topic: TOPIC }), ALARM);
    expect(result).toMatchObject({ outcome: "refused", gone: false });
  });
});

test("the public server is not asked more often than it answers", async () => {
  const { send, requests, clock } = setUp();
  for (let nth = 0; nth < 60; nth++) expect(await send()).toMatchObject({ outcome: "accepted" });
  expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 300_000 });
  expect(requests.length).toBe(60);
  await clock.advance(300_001);
  expect(await send()).toMatchObject({ outcome: "accepted" });
});

test("any message is one that the server takes", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      expect(await setUp().send(message)).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 60 },
  );
});
