import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pushover } from "../../../src/notify/pushover/pushover.ts";
import type { ChannelMessage, ChannelTarget } from "../../../src/port/channel.ts";
import type { HttpRequest, HttpResponse } from "../../../src/port/http.ts";
import {
  ALARM,
  anyMessage,
  bench,
  CLOSED,
  DRILL,
  GARBAGE,
  json,
  type Outside,
  targetOf,
  textOf,
  UPDATE,
} from "../../support/channel-bench.ts";

const TOKEN = "azGDORePK8gMaC0QOYAMyEEuzJnyUi";
const USER = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG";
const RECEIPT = "rLqVuqTRh62UzxtmqiaLzQmVcPgiCy";

interface Emergency {
  readonly receipt: string;
  readonly tags: string;
  state: Record<string, unknown>;
}

/** api.pushover.net: fields, lengths, emergencies with receipts, cancelling. */
function service() {
  const emergencies: Emergency[] = [];
  const no = (field: string, error: string, status = 400) =>
    json({ [field]: "invalid", errors: [error], status: 0, request: "5042853c" }, status);

  const publish = (fields: URLSearchParams): HttpResponse => {
    const priority = Number(fields.get("priority") ?? 0);
    if (fields.get("user") !== USER)
      return no("user", "user identifier is not a valid user, group, or subscribed user key");
    if (!fields.get("message")?.trim()) return no("message", "message cannot be blank");
    if (Array.from(fields.get("message") ?? "").length > 1_024) return no("message", "message is too long");
    if (Array.from(fields.get("title") ?? "").length > 250) return no("title", "title is too long");
    if ((fields.get("url") ?? "").length > 512) return no("url", "url is too long");
    if (![-2, -1, 0, 1, 2].includes(priority))
      return no("priority", "priority is invalid, can only be -2..2");
    if (!["siren", "alien", null].includes(fields.get("sound"))) return no("sound", "sound is invalid");
    if (priority !== 2) return json({ status: 1, request: "647d2300" });
    const [retry, expire] = [Number(fields.get("retry")), Number(fields.get("expire"))];
    if (!(retry >= 30)) return no("retry", "retry must be at least 30 seconds");
    if (!(expire > 0 && expire <= 10_800)) return no("expire", "expire must be at most 10800");
    const receipt = `${RECEIPT.slice(0, 28)}${String(emergencies.length).padStart(2, "0")}`;
    emergencies.push({ receipt, tags: fields.get("tags") ?? "", state: { last_delivered_at: 0 } });
    return json({ status: 1, request: "647d2300", receipt });
  };

  const outside = (request: HttpRequest): HttpResponse => {
    const url = new URL(request.url);
    const fields = request.method === "GET" ? url.searchParams : new URLSearchParams(textOf(request));
    if (fields.get("token") !== TOKEN)
      return no("token", "application token is invalid, see https://pushover.net/api");
    if (request.method === "POST") {
      if (request.headers["content-type"] !== "application/x-www-form-urlencoded")
        return no("form", "no form");
      if (url.pathname === "/1/messages.json") return publish(fields);
      const [, receipt] = /^\/1\/receipts\/(\w{30})\/cancel\.json$/.exec(url.pathname) ?? [];
      const [, tag] = /^\/1\/receipts\/cancel_by_tag\/([\w-]+)\.json$/.exec(url.pathname) ?? [];
      const ended = emergencies.filter((one) => one.receipt === receipt || one.tags === tag);
      for (const one of ended) one.state["expired"] = 1;
      if (tag !== undefined) return json({ status: 1, request: "1", canceled: ended.length });
      return ended.length === 0 ? no("receipt", "receipt not found", 404) : json({ status: 1, request: "1" });
    }
    const [, receipt] = /^\/1\/receipts\/(\w{30})\.json$/.exec(url.pathname) ?? [];
    const known = emergencies.find((one) => one.receipt === receipt);
    if (known === undefined) return no("receipt", "receipt not found; may be invalid or expired", 404);
    const nothing = { acknowledged: 0, acknowledged_by: "", acknowledged_by_device: "", expired: 0 };
    return json({ status: 1, request: "2", ...nothing, ...known.state });
  };
  return { emergencies, outside };
}

function setUp(
  outside: Outside = service().outside,
  access: ChannelTarget["settings"] | undefined = { token: TOKEN },
) {
  const { deps, clock, requests } = bench({ outside, access });
  const channel = pushover.create(deps);
  const target = targetOf("pushover", { user: USER });
  return { clock, requests, channel, target, send: (message = ALARM) => channel.send(target, message) };
}

const formOf = (request: HttpRequest | undefined) => Object.fromEntries(new URLSearchParams(textOf(request)));

describe("an alarm", () => {
  test("of high priority is an emergency with a receipt", async () => {
    const { send, requests } = setUp();
    expect(await send()).toEqual({ outcome: "accepted", reference: `${RECEIPT.slice(0, 28)}00` });
    expect(requests[0]).toMatchObject({ method: "POST", url: "https://api.pushover.net/1/messages.json" });
    expect(formOf(requests[0])).toEqual({
      ...{ token: TOKEN, user: USER, title: ALARM.title, message: ALARM.body, url: ALARM.url },
      ...{ priority: "2", retry: "30", expire: "600", sound: "siren" },
      tags: expect.stringMatching(/^b1-abcdefghij-1-[0-9a-f]{12}$/),
    });
  });

  test("is not started a second time while it rings, and anew before it would end", async () => {
    const { emergencies, outside } = service();
    const { send, clock } = setUp(outside);
    const first = await send();
    await clock.advance(50_000);
    expect(await send()).toEqual(first);
    expect(emergencies.length).toBe(1);
    await clock.advance(520_001);
    expect(await send()).toMatchObject({ outcome: "accepted" });
    expect(emergencies.length).toBe(2);
  });

  test("of another incident or for another phone is one of its own", async () => {
    const { emergencies, outside } = service();
    const { send, channel } = setUp(outside);
    await send();
    await send({ ...ALARM, collapseKey: "b1-abcdefghij-2" });
    await channel.send(targetOf("pushover", { user: USER, device: "kitchen" }, "t2"), ALARM);
    expect(new Set(emergencies.map(({ tags }) => tags)).size).toBe(3);
  });

  test("tells at once that somebody answered, where this machine is on the internet and the key is one person's", async () => {
    const callbackFor = async (message: Partial<ChannelMessage>, user = USER) => {
      const { channel, requests } = setUp();
      await channel.send(targetOf("pushover", { user }), { ...ALARM, ...message });
      return formOf(requests[0])["callback"];
    };
    const acknowledgeUrl = "https://hub.clinic.org/api/a/token-of-this-alarm";
    expect(await callbackFor({ acknowledgeUrl })).toBe(acknowledgeUrl);
    // In the house, at a relay, of a warning that has no receipt, and of a group, where the receipt says who.
    expect(await callbackFor({})).toBeUndefined();
    expect(await callbackFor({ acknowledgeUrl: "https://ntfy.sh/topic" })).toBeUndefined();
    expect(await callbackFor({ acknowledgeUrl, priority: "medium" })).toBeUndefined();
    expect(await callbackFor({ acknowledgeUrl }, `g${USER.slice(1)}`)).toBeUndefined();
  });

  test("of medium priority rings once, a gentle question as any message", async () => {
    const { send, requests } = setUp();
    expect(await send({ ...ALARM, priority: "medium" })).toEqual({ outcome: "accepted", reference: "" });
    await send({ ...ALARM, priority: "low" });
    expect(formOf(requests[0])).toMatchObject({ priority: "1", sound: "siren", ttl: "120" });
    expect(formOf(requests[1])).toMatchObject({ priority: "0" });
    expect(formOf(requests[0])).not.toHaveProperty("retry");
  });

  test("of a drill is marked, in the language of its reader", async () => {
    const { send, requests } = setUp();
    await send({ ...DRILL, title: "演习 · 呼吸守护", language: "zh-Hans" });
    expect(formOf(requests[0])).toMatchObject({ title: "演习 · 呼吸守护", priority: "2" });
  });
});

test.each([UPDATE, CLOSED])(
  "$kind ends what rings, also of an earlier run, and says so in silence",
  async (message) => {
    const { emergencies, outside } = service();
    await setUp(outside).send();
    const { send, requests } = setUp(outside);
    expect(await send(message)).toEqual({ outcome: "accepted", reference: "" });
    expect(emergencies[0]?.state).toMatchObject({ expired: 1 });
    expect(formOf(requests[1])).toMatchObject({ priority: "-1", title: message.title, ttl: "300" });
    expect(formOf(requests[1])).not.toHaveProperty("sound");
    expect(await send()).toMatchObject({ reference: `${RECEIPT.slice(0, 28)}01` });
  },
);

describe("the receipt", () => {
  async function rung(state: Record<string, unknown>, settings: ChannelTarget["settings"] = { user: USER }) {
    const { emergencies, outside } = service();
    const { channel, send, clock } = setUp(outside);
    const sent = await send();
    const reference = "reference" in sent ? sent.reference : "";
    const [emergency] = emergencies;
    if (emergency !== undefined) emergency.state = state;
    const poll = async () => channel.poll?.(targetOf("pushover", settings), reference);
    return { poll, clock, send, emergencies, channel, reference };
  }

  test.each([
    [{ last_delivered_at: 0 }, { state: "waiting" }],
    [{ last_delivered_at: 1_360_001_238 }, { state: "reached" }],
    [{ acknowledged: 1, acknowledged_by: USER, acknowledged_by_device: "phone" }, { state: "acknowledged" }],
    [
      { acknowledged: 1, acknowledged_by: "u2", acknowledged_by_device: "mei " },
      { state: "acknowledged", by: "mei" },
    ],
    [{ acknowledged: 1, acknowledged_by: "u2", acknowledged_by_device: 7 }, { state: "acknowledged" }],
    [{ acknowledged: "yes" }, { state: "waiting" }],
    [{ expired: 1 }, { state: "over", detail: "nobody answered before it expired" }],
  ])("%j: %j", async (state, expected) => {
    expect(await (await rung(state)).poll()).toEqual(expected);
  });

  test("is asked for once in five seconds at most", async () => {
    const { poll, clock } = await rung({ last_delivered_at: 1 });
    expect(await poll()).toEqual({ state: "reached" });
    expect(await poll()).toEqual({ state: "waiting" });
    await clock.advance(5_000);
    expect(await poll()).toEqual({ state: "reached" });
  });

  test("that was answered makes room for the next emergency", async () => {
    const { poll, send, emergencies } = await rung({ acknowledged: 1 });
    await poll();
    await send();
    expect(emergencies.length).toBe(2);
  });

  test("that was answered unheard makes room too: what rings no more stands for no alarm", async () => {
    const { send, emergencies } = await rung({ acknowledged: 1 });
    expect(await send()).toMatchObject({ reference: `${RECEIPT.slice(0, 28)}01` });
    expect(emergencies.length).toBe(2);
  });

  test("ends its emergency when cancelled", async () => {
    const { channel, reference, emergencies } = await rung({});
    await channel.cancel?.(targetOf("pushover", { user: USER }), reference);
    expect(emergencies[0]?.state).toEqual({ expired: 1 });
  });

  test("nobody knows is over; none is over; what is no receipt is never asked for", async () => {
    const { channel, target, requests } = setUp();
    expect(await channel.poll?.(target, RECEIPT)).toMatchObject({ state: "over" });
    expect(await channel.poll?.(target, "")).toMatchObject({ state: "over" });
    expect(await channel.poll?.(target, "../messages")).toMatchObject({ state: "over" });
    await channel.cancel?.(target, "../messages");
    expect(requests.length).toBe(1);
  });

  test.each(GARBAGE)("answered with %s tells nothing", async (_, body) => {
    const { channel, target } = setUp(() => ({ status: 200, body }));
    expect(await channel.poll?.(target, RECEIPT)).toEqual({ state: "waiting" });
  });

  test("that cannot be had tells nothing", async () => {
    const { channel, target } = setUp(() => new Error("reset"));
    expect(await channel.poll?.(target, RECEIPT)).toEqual({ state: "waiting" });
    await expect(channel.cancel?.(target, RECEIPT)).resolves.toBeUndefined();
  });
});

describe("answers", () => {
  test("a user that Pushover does not know is gone", async () => {
    const { channel } = setUp();
    const result = await channel.send(targetOf("pushover", { user: "x".repeat(30) }), ALARM);
    expect(result).toMatchObject({ outcome: "refused", gone: true });
    expect(JSON.stringify(result)).toContain("not a valid user");
  });

  test("a wrong token is the home's fault, not the phone's", async () => {
    const { send } = setUp(service().outside, { token: "y".repeat(30) });
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
  });

  test("no secret of the question comes back in what is written down", async () => {
    const { send } = setUp(() => ({ status: 400, body: `token ${TOKEN} user ${USER}` }));
    const text = JSON.stringify(await send());
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(USER);
  });

  test("the month is used up: until it is reset", async () => {
    const { deps, clock } = bench({
      outside: () => ({
        status: 429,
        headers: { "X-Limit-App-Reset": String((clock.wall() + 90_000) / 1_000) },
        body: '{"message":"application has exceeded its monthly message limit","status":0}',
      }),
      access: { token: TOKEN },
    });
    const result = await pushover.create(deps).send(targetOf("pushover", { user: USER }), ALARM);
    expect(result).toMatchObject({ outcome: "failed", retryAfterMs: 90_000 });
  });

  test.each([
    [429, "", { outcome: "failed", retryAfterMs: 5_000 }],
    [500, "", { outcome: "failed", retryAfterMs: 5_000 }],
    [400, '{"retry":"invalid","errors":["retry"],"status":0}', { outcome: "refused", gone: false }],
    [302, "", { outcome: "refused", gone: false }],
  ])("%i %s", async (status, body, expected) => {
    expect(await setUp(() => ({ status, body })).send()).toMatchObject(expected);
  });

  test.each(GARBAGE)("success with %s is a failure", async (_, body) => {
    expect(await setUp(() => ({ status: 200, body })).send()).toMatchObject({ outcome: "failed" });
  });

  test("an emergency without a receipt is a failure", async () => {
    expect(await setUp(() => json({ status: 1 })).send()).toMatchObject({ outcome: "failed" });
  });

  test("no connection is a failure", async () => {
    expect(await setUp(() => new Error("reset")).send()).toEqual({ outcome: "failed", detail: "reset" });
  });
});

test("asks nothing without token, key or settings", async () => {
  for (const access of [undefined, {}, { token: "short" }]) {
    const { deps, requests } = bench({ outside: service().outside, access });
    const channel = pushover.create(deps);
    expect(await channel.send(targetOf("pushover", { user: USER }), ALARM)).toMatchObject({
      outcome: "refused",
    });
    expect(await channel.send(targetOf("pushover", {}), ALARM)).toMatchObject({ outcome: "refused" });
    expect(requests).toEqual([]);
  }
});

test("any message is one that Pushover takes", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      expect(await setUp().send(message)).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 60 },
  );
});
