import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { telegram } from "../../../src/notify/telegram/telegram.ts";
import type { ChannelTarget, HeardAnswer } from "../../../src/port/channel.ts";
import type { HttpRequest, HttpResponse } from "../../../src/port/http.ts";
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

const TOKEN = "123456789:AAE1x2y3z4AAE1x2y3z4AAE1x2y3z4abcde";
const CHAT = "987654321";

interface Shown {
  readonly id: number;
  text: string;
  button?: string;
  readonly silent: boolean;
}

/** api.telegram.org with one chat: what it refuses, and what stands in the chat. */
function service() {
  const chat: Shown[] = [];
  const answered: Record<string, unknown>[] = [];
  const waiting: ((updates: unknown[]) => void)[] = [];
  let lastId = 0;
  const no = (code: number, description: string, parameters?: object) =>
    json(
      { ok: false, error_code: code, description, ...(parameters === undefined ? {} : { parameters }) },
      code,
    );

  const textProblem = (text: unknown): HttpResponse | undefined => {
    if (typeof text !== "string" || !text.isWellFormed())
      return no(400, "Bad Request: strings must be UTF-8");
    if (text.trim() === "") return no(400, "Bad Request: message text is empty");
    return text.length > 4_096 ? no(400, "Bad Request: message is too long") : undefined;
  };

  const outside = (request: HttpRequest): HttpResponse | Promise<HttpResponse> => {
    const [, token, method] = /\/bot([^/]+)\/(\w+)$/.exec(request.url) ?? [];
    if (request.method !== "POST" || method === undefined) return no(404, "Not Found");
    if (token !== TOKEN) return no(401, "Unauthorized");
    const body = jsonOf(request);
    if (method === "getUpdates") {
      return new Promise((resolve) => waiting.push((result) => resolve(json({ ok: true, result }))));
    }
    if (method === "answerCallbackQuery") {
      if (typeof body["callback_query_id"] !== "string") return no(400, "Bad Request: query id invalid");
      answered.push(body);
      return json({ ok: true, result: true });
    }
    if (body["chat_id"] !== Number(CHAT)) return no(400, "Bad Request: chat not found");
    const index = chat.findIndex(({ id }) => id === body["message_id"]);
    if (method === "deleteMessage") {
      if (index < 0) return no(400, "Bad Request: message to delete not found");
      chat.splice(index, 1);
      return json({ ok: true, result: true });
    }
    const problem = textProblem(body["text"]);
    if (problem !== undefined) return problem;
    const text = String(body["text"]);
    if (method === "editMessageText") {
      const edited = chat[index];
      if (edited === undefined) return no(400, "Bad Request: message to edit not found");
      if (edited.text === text) return no(400, "Bad Request: message is not modified");
      edited.text = text;
      delete edited.button;
      return json({ ok: true, result: { message_id: edited.id, chat: { id: Number(CHAT) } } });
    }
    if (method !== "sendMessage") return no(404, "Not Found: method not found");
    const keyboard = /"callback_data":"([^"]*)"/.exec(JSON.stringify(body["reply_markup"] ?? {}))?.[1];
    if (keyboard !== undefined && (Buffer.byteLength(keyboard) > 64 || keyboard === ""))
      return no(400, "Bad Request: BUTTON_DATA_INVALID");
    lastId += 1;
    const silent = body["disable_notification"] === true;
    chat.push({ id: lastId, text, silent, ...(keyboard === undefined ? {} : { button: keyboard }) });
    return json({ ok: true, result: { message_id: lastId, chat: { id: Number(CHAT) }, text } });
  };
  return { chat, answered, waiting, outside };
}

function setUp(access: ChannelTarget["settings"] | undefined = { token: TOKEN }, outside?: Outside) {
  const there = service();
  const made = bench({ outside: outside ?? there.outside, access });
  const channel = telegram.create(made.deps);
  const target = targetOf("telegram", { chat: CHAT });
  return { ...made, ...there, channel, target, send: (message = ALARM) => channel.send(target, message) };
}

describe("an alarm", () => {
  test("is a message with a sound and a button", async () => {
    const { send, requests } = setUp();
    expect(await send()).toMatchObject({ outcome: "accepted", reference: expect.stringMatching(/^1\./) });
    expect(requests[0]?.url).toBe(`https://api.telegram.org/bot${TOKEN}/sendMessage`);
    expect(jsonOf(requests[0])).toEqual({
      ...{ chat_id: 987_654_321, text: `${ALARM.title}\n${ALARM.body}\n${ALARM.url}` },
      ...{ disable_notification: false, link_preview_options: { is_disabled: true } },
      reply_markup: {
        inline_keyboard: [[{ text: "I'm going", callback_data: expect.stringMatching(/^[\w-]{30,64}$/) }]],
      },
    });
  });

  test("repeated sounds again, and stands in the chat once", async () => {
    const { send, chat } = setUp();
    await send();
    await send();
    await send({ ...ALARM, collapseKey: "b1-abcdefghij-2" });
    expect(chat.map(({ id }) => id)).toEqual([2, 3]);
  });

  test("has its button in the language of its reader, and the drill's mark", async () => {
    const { send, requests } = setUp();
    await send({ ...DRILL, title: "演习 · 呼吸守护", language: "zh-Hans" });
    expect(JSON.stringify(jsonOf(requests[0]))).toContain("演习 · 呼吸守护");
    expect(JSON.stringify(jsonOf(requests[0]))).toContain("我去");
  });
});

describe.each([UPDATE, CLOSED])("$kind", (message) => {
  test("takes the alarm's place, without a sound and without its button", async () => {
    const { send, chat } = setUp();
    await send();
    expect(await send(message)).toEqual({ outcome: "accepted", reference: "" });
    expect(await send(message)).toEqual({ outcome: "accepted", reference: "" });
    expect(chat).toEqual([
      { id: 1, text: `${message.title}\n${message.body}\n${message.url}`, silent: false },
    ]);
  });

  test("is a silent message where the alarm is not known any more, or was deleted", async () => {
    const fresh = setUp();
    expect(await fresh.send(message)).toMatchObject({ outcome: "accepted" });
    expect(fresh.chat).toMatchObject([{ silent: true }]);
    expect(fresh.chat[0]).not.toHaveProperty("button");
    const { send, chat } = setUp();
    await send();
    chat.pop();
    expect(await send(message)).toMatchObject({ outcome: "accepted" });
    expect(chat).toMatchObject([{ id: 2, silent: true }]);
  });
});

describe("answers", () => {
  test.each([
    [403, { description: "Forbidden: bot was blocked by the user" }, { outcome: "refused", gone: true }],
    [
      403,
      { description: "Forbidden: bot was kicked from the group chat" },
      { outcome: "refused", gone: true },
    ],
    [400, { description: "Bad Request: chat not found" }, { outcome: "refused", gone: true }],
    [
      400,
      {
        description: "Bad Request: group chat was upgraded to a supergroup chat",
        parameters: { migrate_to_chat_id: -1 },
      },
      { outcome: "refused", gone: true },
    ],
    [400, { description: "Bad Request: BUTTON_DATA_INVALID" }, { outcome: "refused", gone: false }],
    [401, { description: "Unauthorized" }, { outcome: "refused", gone: false }],
    [404, { description: "Not Found" }, { outcome: "refused", gone: false }],
    [
      429,
      { description: "Too Many Requests: retry after 35", parameters: { retry_after: 35 } },
      { outcome: "failed", retryAfterMs: 35_000 },
    ],
    [429, { parameters: { retry_after: "soon" } }, { outcome: "failed" }],
    [502, { description: "Bad Gateway" }, { outcome: "failed" }],
    [302, {}, { outcome: "refused", gone: false }],
  ])("%i %j", async (status, body, expected) => {
    const { send } = setUp(undefined, () => json({ ok: false, error_code: status, ...body }, status));
    expect(await setUp({ token: TOKEN }, () => json({ ok: false, ...body }, status)).send()).toMatchObject(
      expected,
    );
    expect(JSON.stringify(await send())).not.toContain(TOKEN);
  });

  test("a wrong token is refused, and not repeated", async () => {
    const token = `1${TOKEN}`;
    const result = await setUp({ token }, () => json({ ok: false, description: `no ${token}` }, 401)).send();
    expect(result).toMatchObject({ outcome: "refused", gone: false });
    expect(JSON.stringify(result)).not.toContain(token);
  });

  test.each(GARBAGE)("success with %s is a failure", async (_, body) => {
    expect(await setUp({ token: TOKEN }, () => ({ status: 200, body })).send()).toMatchObject({
      outcome: "failed",
    });
  });

  test("no connection is a failure", async () => {
    const { send } = setUp({ token: TOKEN }, () => new Error("reset"));
    expect(await send()).toEqual({ outcome: "failed", detail: "reset" });
  });

  test("a chat is sent no more than a group takes", async () => {
    const { send, clock } = setUp();
    for (let nth = 0; nth < 20; nth++) expect(await send()).toMatchObject({ outcome: "accepted" });
    expect(await send()).toMatchObject({ outcome: "failed", retryAfterMs: 60_000 });
    await clock.advance(60_001);
    expect(await send()).toMatchObject({ outcome: "accepted" });
  });
});

test.each([
  [undefined, CHAT],
  [{}, CHAT],
  [{ token: "x/../y" }, CHAT],
  [{ token: TOKEN }, "@somebody"],
  [{ token: TOKEN }, "99999999999999999999"],
  [{ token: TOKEN }, ""],
])("asks nothing with %j and chat %j", async (access, chat) => {
  const { deps, requests } = bench({ outside: service().outside, access });
  const result = await telegram.create(deps).send(targetOf("telegram", { chat }), ALARM);
  expect(result).toMatchObject({ outcome: "refused", gone: false });
  expect(requests).toEqual([]);
});

describe("the button", () => {
  function listening(targets?: ChannelTarget[]) {
    const set = setUp();
    const answers: unknown[] = [];
    const stop = new AbortController();
    const known = targets ?? [targetOf("telegram", { chat: "-100" }, "t0"), set.target];
    const done = set.channel.listen?.(
      () => known,
      (answer) => {
        answers.push(answer);
        return Promise.resolve();
      },
      stop.signal,
    );
    let updateId = 500;
    /** Answers the open question with presses. */
    const press = async (...presses: Record<string, unknown>[]) => {
      await settle();
      const tell = set.waiting.shift();
      tell?.(presses.map((query) => ({ update_id: updateId++, callback_query: query })));
      await settle();
    };
    const query = (more: object = {}) => ({
      ...{ id: "q1", from: { id: 1, first_name: "Mei\n" }, data: set.chat[0]?.button ?? "" },
      message: { message_id: set.chat[0]?.id, chat: { id: Number(CHAT) } },
      ...more,
    });
    return { ...set, answers, stop, done, press, query };
  }

  test("is heard once, in the first name of whoever pressed it, and thanked for", async () => {
    const { send, press, query, answers, answered, requests, stop, done } = listening();
    const sent = await send();
    await press(query(), query({ id: "q2", from: { first_name: "Ba", language_code: "zh-hans" } }));
    expect(answers).toEqual([
      {
        ...{ target: "t1", reference: "reference" in sent ? sent.reference : "", by: "Mei" },
        isAbout: expect.any(Function),
      },
    ]);
    const [heard] = answers as HeardAnswer[];
    expect(heard?.isAbout?.("b1-abcdefghij-1")).toBe(true);
    expect(heard?.isAbout?.("b1-abcdefghij-2")).toBe(false);
    expect(heard?.isAbout?.("b1-abcdefghij-1 2")).toBe(false);
    expect(answered).toEqual([
      { callback_query_id: "q1", text: "Thank you. The others are told." },
      { callback_query_id: "q2", text: "谢谢，已告诉其他人。" },
    ]);
    const asked = requests.filter(({ url }) => url.endsWith("/getUpdates")).map((one) => jsonOf(one));
    expect(asked).toEqual([
      { offset: 0, timeout: 50, limit: 20, allowed_updates: ["callback_query"] },
      { offset: 502, timeout: 50, limit: 20, allowed_updates: ["callback_query"] },
    ]);
    stop.abort();
    await done;
  });

  test("in another chat, forged, too old or not whole is no answer", async () => {
    const { send, press, query, answers, answered, clock, chat, stop, done } = listening();
    await send();
    const button = chat[0]?.button ?? "";
    await press(
      query({ message: { message_id: 1, chat: { id: 42 } } }),
      query({ message: { message_id: 1, chat: { id: -100 } } }),
      query({ data: `${button.slice(0, -1)}${button.endsWith("A") ? "B" : "A"}` }),
      query({ data: "" }),
      query({ data: 7 }),
      query({ message: undefined }),
      { id: "q9" },
    );
    expect(answers).toEqual([]);
    expect(answered.length).toBe(4);
    expect(answered[0]).toMatchObject({ text: "This button is too old. Please open the page." });
    await clock.advance(3_601_000);
    await press(query({ from: { language_code: "zh-TW" } }));
    expect(answers).toEqual([]);
    expect(answered[4]).toMatchObject({ text: "這個按鈕已過期，請打開頁面。" });
    stop.abort();
    await done;
  });

  test("stops at once when told to, in the middle of a question", async () => {
    const { stop, done, clock } = listening();
    await settle();
    stop.abort();
    await done;
    expect(clock.pending).toBe(0);
  });

  test.each([...GARBAGE.map(([, body]) => ({ status: 200, body })), new Error("reset")])(
    "goes on after %j, and not without pauses",
    async (answer) => {
      const { channel, target, clock, requests } = setUp({ token: TOKEN }, () => answer);
      const stop = new AbortController();
      const done = channel.listen?.(
        () => [target],
        () => expect.unreachable(),
        stop.signal,
      );
      await clock.advance(120_000);
      expect(requests.length).toBeGreaterThan(3);
      expect(requests.length).toBeLessThan(20);
      stop.abort();
      await done;
    },
  );

  test("a list that is empty at once is not asked for without a pause either", async () => {
    const { channel, target, clock, requests } = setUp({ token: TOKEN }, () =>
      json({ ok: true, result: [] }),
    );
    const stop = new AbortController();
    const done = channel.listen?.(
      () => [target],
      () => expect.unreachable(),
      stop.signal,
    );
    await clock.advance(10_000);
    expect(requests.length).toBeLessThanOrEqual(11);
    stop.abort();
    await done;
  });

  test.each([
    ["has come to where it counts", 3_000, 3_000],
    ["has not come there in ten seconds", 60_000, 10_000],
  ])("is told as read once its answer %s", async (_what, tookMs, readAfterMs) => {
    const { channel, target, clock, requests, waiting, chat, send, answered } = setUp();
    await send();
    const stop = new AbortController();
    const done = channel.listen?.(
      () => [target],
      () => clock.sleep(tookMs, stop.signal).catch(() => undefined),
      stop.signal,
    );
    await settle();
    const data = chat[0]?.button;
    const message = { message_id: 1, chat: { id: Number(CHAT) } };
    waiting.shift()?.([{ update_id: 7, callback_query: { id: "q", from: {}, data, message } }]);
    const offsets = () =>
      requests.filter(({ url }) => url.endsWith("/getUpdates")).map((one) => jsonOf(one)["offset"]);
    await clock.advance(readAfterMs - 100);
    expect(answered).toHaveLength(1);
    expect(offsets()).toEqual([0]);
    await clock.advance(200);
    expect(offsets()).toEqual([0, 8]);
    stop.abort();
    await done;
  });

  test("that counts nowhere is told so to whoever pressed it", async () => {
    const { channel, target, waiting, chat, send, answered } = setUp();
    await send();
    const stop = new AbortController();
    const done = channel.listen?.(
      () => [target],
      () => undefined,
      stop.signal,
    );
    await settle();
    const data = chat[0]?.button;
    const message = { message_id: 1, chat: { id: Number(CHAT) } };
    waiting.shift()?.([{ update_id: 7, callback_query: { id: "q", from: {}, data, message } }]);
    await settle();
    expect(answered).toMatchObject([{ text: "This button is too old. Please open the page." }]);
    stop.abort();
    await done;
  });

  test.each([
    ["box", {}, 60],
    ["hub", { standsBy: true }, 3],
  ])(
    "of a %s whose questions another one ends is asked for again in its own time",
    async (_who, more, most) => {
      const { deps, requests, clock } = bench({
        outside: () => json({ ok: false, error_code: 409, description: "Conflict" }, 409),
        access: { token: TOKEN },
      });
      const stop = new AbortController();
      const done = telegram.create({ ...deps, ...more }).listen?.(
        () => [targetOf("telegram", { chat: CHAT })],
        () => expect.unreachable(),
        stop.signal,
      );
      await clock.advance(60_000);
      expect(requests.length).toBeGreaterThan(most / 2);
      expect(requests.length).toBeLessThanOrEqual(most + 1);
      stop.abort();
      await done;
    },
  );

  test("is not listened for while there is no chat", async () => {
    const { clock, requests, stop, done } = listening([]);
    await clock.advance(60_000);
    expect(requests).toEqual([]);
    stop.abort();
    await done;
  });
});

test("any message is one that Telegram takes", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      expect(await setUp().send(message)).toMatchObject({ outcome: "accepted" });
    }),
    { numRuns: 60 },
  );
});
