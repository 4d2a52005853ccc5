import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { homeAssistant } from "../../../src/notify/home-assistant/home-assistant.ts";
import type { ChannelTarget } from "../../../src/port/channel.ts";
import type { HttpLines, HttpRequest, HttpResponse } from "../../../src/port/http.ts";
import { settle } from "../../../src/rehearsal/clock.ts";
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

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl";
const ACCESS = { server: "http://homeassistant.local:8123/", token: TOKEN };
const PHONE = { service: "mobile_app_mei" };

/** The REST API with one phone registered, and what the apps refuse. */
function server(request: HttpRequest): HttpResponse {
  const plain = (status: number) => ({ status, headers: {}, body: `${status}: no` });
  if (request.headers["authorization"] !== `Bearer ${TOKEN}`) return plain(401);
  const [, service] = /\/api\/services\/notify\/(\w+)$/.exec(new URL(request.url).pathname) ?? [];
  if (service === undefined) return plain(404);
  if (request.method !== "POST") return plain(405);
  const { message, data, title, ...others } = jsonOf(request);
  if (service !== "mobile_app_mei" || Object.keys(others).length > 0) return plain(400);
  if (typeof message !== "string" || (title !== undefined && typeof title !== "string")) return plain(400);
  if (typeof data !== "object" || data === null) return plain(400);
  if (Buffer.byteLength(JSON.stringify({ message, data, title })) > 4_096)
    return json({ message: "PayloadTooLarge" }, 500);
  if (message === "clear_notification" && !("tag" in data)) return plain(400);
  if ("actions" in data && (!Array.isArray(data.actions) || data.actions.length > 3)) return plain(400);
  return json([]);
}

interface Line {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  say(text: string): void;
  end(error?: Error): void;
}

function setUp(outside: Outside = server, access: ChannelTarget["settings"] | undefined = ACCESS) {
  const opened: Line[] = [];
  const lines: HttpLines["lines"] = ({ url, headers }, onLine, { signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      const end = (error?: Error) => (error === undefined ? resolve() : reject(error));
      opened.push({ ...{ url, headers, say: onLine, end } });
    });
  const made = bench({ outside, access, lines });
  const settings = { current: access };
  const channel = homeAssistant.create({ ...made.deps, access: () => settings.current });
  const target = targetOf("home-assistant", PHONE);
  return {
    ...made,
    opened,
    settings,
    channel,
    target,
    send: (message = ALARM) => channel.send(target, message),
  };
}

const dataOf = (request: HttpRequest | undefined): Record<string, unknown> => {
  const { data } = jsonOf(request);
  return typeof data === "object" && data !== null ? { ...data } : {};
};

const actionOf = (request: HttpRequest | undefined): string => {
  const { actions } = dataOf(request);
  return Array.isArray(actions) ? String(actions[0]?.action) : "";
};

describe("an alarm", () => {
  test("is critical for iPhones and on the alarm stream for Androids, in one message with a button", async () => {
    const { send, requests } = setUp();
    expect(await send()).toMatchObject({ outcome: "accepted" });
    expect(requests[0]).toMatchObject({
      ...{ method: "POST", url: "http://homeassistant.local:8123/api/services/notify/mobile_app_mei" },
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(jsonOf(requests[0])).toEqual({
      ...{ title: ALARM.title, message: ALARM.body },
      data: {
        ...{ tag: "b1-abcdefghij-1", group: "breathwatch", url: ALARM.url, clickAction: ALARM.url },
        push: { sound: { name: "default", critical: 1, volume: 1 }, "interruption-level": "critical" },
        ...{ ttl: 0, priority: "high", channel: "alarm_stream" },
        actions: [
          {
            action: expect.stringMatching(/^BREATHWATCH_[\w-]+\.b1-abcdefghij-1$/),
            ...{ title: "I'm going", authenticationRequired: false },
          },
        ],
      },
    });
  });

  test("is less loud when medium; a gentle question is no alarm to the phone", async () => {
    const { send, requests } = setUp();
    await send({ ...ALARM, priority: "medium" });
    await send({ ...ALARM, priority: "low" });
    expect(dataOf(requests[0])).toMatchObject({ push: { sound: { critical: 1, volume: 0.7 } } });
    expect(dataOf(requests[1])).toMatchObject({ channel: "Breathwatch" });
    expect(JSON.stringify(dataOf(requests[1]))).not.toContain("critical");
  });

  test("speaks in the language of its reader, and carries the drill's mark", async () => {
    const { send, requests } = setUp();
    await send({ ...DRILL, title: "演習 · 呼吸守護", language: "zh-Hant" });
    expect(jsonOf(requests[0])).toMatchObject({
      title: "演習 · 呼吸守護",
      data: { actions: [{ title: "我去" }] },
    });
  });

  test("is said aloud too where that was chosen, and counts although that failed", async () => {
    const { channel, requests } = setUp((request) =>
      jsonOf(request)["message"] === "TTS" ? new Error("reset") : server(request),
    );
    const target = targetOf("home-assistant", { ...PHONE, spoken: "yes" });
    expect(await channel.send(target, ALARM)).toMatchObject({ outcome: "accepted" });
    expect(dataOf(requests[1])).toEqual({
      ...{ ttl: 0, priority: "high", media_stream: "alarm_stream_max" },
      tts_text: `${ALARM.title}. ${ALARM.body}`,
    });
    await channel.send(target, { ...ALARM, priority: "low" });
    await channel.send(target, UPDATE);
    expect(requests.length).toBe(4);
  });

  test("whose text is a command to the app stays a text", async () => {
    const { send, requests } = setUp();
    await send({ ...ALARM, body: "clear_notification" });
    expect(jsonOf(requests[0])["message"]).toBe(" clear_notification");
  });
});

test("an update takes the alarm's place in silence, without a button", async () => {
  const { send, requests } = setUp();
  expect(await send(UPDATE)).toEqual({ outcome: "accepted", reference: "" });
  expect(dataOf(requests[0])).toMatchObject({
    ...{ tag: ALARM.collapseKey, channel: "Breathwatch quiet", importance: "low" },
    push: { sound: "none", "interruption-level": "passive" },
  });
  expect(dataOf(requests[0])).not.toHaveProperty("actions");
});

test("the end, and a cancelled alarm, take the notification off the screen", async () => {
  const { send, channel, target, requests } = setUp();
  expect(await send(CLOSED)).toEqual({ outcome: "accepted", reference: "" });
  const cleared = { message: "clear_notification", data: { tag: ALARM.collapseKey } };
  expect(jsonOf(requests[0])).toEqual(cleared);
  const sent = await send();
  await channel.cancel?.(target, "reference" in sent ? sent.reference : "");
  expect(jsonOf(requests[2])).toEqual(cleared);
  await channel.cancel?.(target, "nonsense");
  expect(requests.length).toBe(3);
});

test("of many repeats only the newest is taken back, and nothing that stands in its place", async () => {
  const { send, channel, target, requests } = setUp();
  const sent = [await send(), await send(), await send()];
  for (const one of sent) await channel.cancel?.(target, "reference" in one ? one.reference : "");
  expect(requests.length).toBe(4);
  const last = await send();
  await send(UPDATE);
  await channel.cancel?.(target, "reference" in last ? last.reference : "");
  expect(requests.length).toBe(6);
});

describe("answers", () => {
  test("a wrong token is refused, and the phone kept", async () => {
    const { send } = setUp(server, { ...ACCESS, token: "x".repeat(30) });
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
  });

  test("a phone that it does not know, perhaps since it is starting, is tried again", async () => {
    const { channel } = setUp();
    const target = targetOf("home-assistant", { service: "mobile_app_other" });
    expect(await channel.send(target, ALARM)).toMatchObject({ outcome: "failed" });
  });

  test.each([
    [404, { outcome: "failed" }],
    [429, { outcome: "failed", retryAfterMs: 4_000 }],
    [500, { outcome: "failed" }],
    [502, { outcome: "failed" }],
    [403, { outcome: "refused", gone: false }],
    [405, { outcome: "refused", gone: false }],
    [301, { outcome: "refused", gone: false }],
  ])("%i", async (status, expected) => {
    const { send } = setUp(() => ({ status, headers: { "retry-after": "4" }, body: `no ${TOKEN}` }));
    const result = await send();
    expect(result).toMatchObject(expected);
    expect(JSON.stringify(result)).not.toContain(TOKEN);
  });

  test.each(GARBAGE.filter(([name]) => name !== "a list"))(
    "success with %s is a failure",
    async (_, body) => {
      expect(await setUp(() => ({ status: 200, body })).send()).toMatchObject({ outcome: "failed" });
    },
  );

  test("no connection is a failure", async () => {
    expect(await setUp(() => new Error("reset")).send()).toEqual({ outcome: "failed", detail: "reset" });
  });
});

describe("what it may ask", () => {
  test.each([
    { server: "http://home.example.org:8123", token: TOKEN },
    { server: "", token: TOKEN },
    { server: ACCESS.server, token: "" },
    { server: ACCESS.server, token: "a b\r\nx-evil: 1" },
  ])("not with %j", async (access) => {
    const { send, requests } = setUp(server, access);
    expect(await send()).toMatchObject({ outcome: "refused", gone: false });
    expect(requests).toEqual([]);
  });

  test.each(["notify", "mobile_app_../../lock/unlock", "mobile_app_", "mobile_app_A"])(
    "no service but that of a phone: %s",
    async (service) => {
      const { channel, requests } = setUp();
      const result = await channel.send(targetOf("home-assistant", { service }), ALARM);
      expect(result).toMatchObject({ outcome: "refused", gone: false });
      expect(requests).toEqual([]);
    },
  );

  test("its service is its first page", () => {
    const { channel, target } = setUp();
    expect(channel.service?.(target)).toBe("http://homeassistant.local:8123/");
  });
});

describe("the button", () => {
  function listening(targets: readonly ChannelTarget[] = [targetOf("home-assistant", PHONE)]) {
    const set = setUp();
    const answers: unknown[] = [];
    const stop = new AbortController();
    const done = set.channel.listen?.(
      () => targets,
      (answer) => {
        answers.push(answer);
        return Promise.resolve();
      },
      stop.signal,
    );
    const press = (action: string, type = "mobile_app_notification_action", line = 0) =>
      set.opened[line]?.say(
        `data: ${JSON.stringify({ event_type: type, data: { action }, context: { user_id: "u" } })}`,
      );
    return { ...set, answers, stop, done, press };
  }

  test("is heard once, as the answer of the phone to the message that it stood on", async () => {
    const { send, requests, press, answers, opened, stop, done } = listening([
      targetOf("home-assistant", { service: "mobile_app_ba" }, "t0"),
      targetOf("home-assistant", PHONE),
    ]);
    const sent = await send();
    expect(opened[0]).toMatchObject({
      url: "http://homeassistant.local:8123/api/stream?restrict=mobile_app_notification_action",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    opened[0]?.say("data: ping");
    opened[0]?.say("");
    press(actionOf(requests[0]));
    press(actionOf(requests[0]));
    expect(answers).toEqual([{ target: "t1", reference: "reference" in sent ? sent.reference : "" }]);
    stop.abort();
    await done;
  });

  test("forged, of another kind, too old, or not readable is no answer", async () => {
    const { send, requests, press, answers, opened, clock, stop, done } = listening();
    await send();
    const action = actionOf(requests[0]);
    press(action.replace("b1-abcdefghij-1", "b1-abcdefghij-2"));
    press(`${action.slice(0, 20)}0${action.slice(21)}`);
    press("BREATHWATCH_.b1");
    press("BREATHWATCH_");
    press("");
    press("OPEN_DOOR");
    press(action, "state_changed");
    for (const line of ["data: {", "data: null", "data: [1]", action, `data: {"data":{"action":7}}`]) {
      opened[0]?.say(line);
    }
    expect(answers).toEqual([]);
    await clock.advance(3_601_000);
    press(action);
    expect(answers).toEqual([]);
    stop.abort();
    await done;
  });

  test("is heard again after the line broke, and under new settings", async () => {
    const { opened, clock, settings, stop, done } = listening();
    opened[0]?.end(new Error("it answers 502"));
    await clock.advance(1_000);
    expect(opened.length).toBe(2);
    settings.current = { ...ACCESS, server: "http://10.0.0.2:8123" };
    opened[1]?.say("data: ping");
    await settle();
    expect(opened[2]?.url).toContain("http://10.0.0.2:8123/");
    opened[2]?.end();
    await clock.advance(1_000);
    expect(opened.length).toBe(4);
    stop.abort();
    await done;
    expect(clock.pending).toBe(0);
  });

  test("is not listened for while there is no phone, and is once there is one", async () => {
    const targets: ChannelTarget[] = [];
    const { opened, clock, stop, done } = listening(targets);
    await clock.advance(60_000);
    expect(opened).toEqual([]);
    targets.push(targetOf("home-assistant", PHONE));
    await clock.advance(5_000);
    expect(opened.length).toBe(1);
    stop.abort();
    await done;
  });

  test("a Home Assistant that is gone is asked at most every half minute", async () => {
    const { opened, clock, stop, done } = listening();
    for (let nth = 0; nth < 10; nth++) {
      opened.at(-1)?.end(new Error("refused"));
      await clock.advance(30_000);
      expect(opened.length).toBe(nth + 2);
    }
    stop.abort();
    await done;
  });
});

test("any message is one that Home Assistant and the apps take", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      expect(await setUp().send(message)).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 60 },
  );
});
