import fc from "fast-check";
import type { ChannelAccess } from "../../src/domain/channel-access.ts";
import { Fault } from "../../src/domain/fault.ts";
import type { Channel, ChannelDeps, ChannelMessage, SendResult } from "../../src/port/channel.ts";
import type { HttpRequest, HttpResponse } from "../../src/port/http.ts";
import { createVirtualClock, type VirtualClock } from "../../src/rehearsal/clock.ts";
import { NIGHT } from "./alarms.ts";
import { silentLog } from "./silent-log.ts";

/** A request as a provider's server sees it. */
export interface Asked {
  readonly method: HttpRequest["method"];
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies of many providers; a wrong member fails its test
  readonly json: any;
}

export interface Answered {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  /** Text as it is, or what is sent as JSON. */
  readonly body: unknown;
}

/** A provider in this process, that answers as its documents say. Set `answer` to make it answer something else once more. */
export interface Provider {
  readonly asked: Asked[];
  readonly clock: VirtualClock;
  answer: ((asked: Asked) => Answered | Error) | undefined;
  access: ChannelAccess | undefined;
  readonly deps: ChannelDeps;
}

export function createProvider(
  documented: (asked: Asked, clock: VirtualClock) => Answered | Error,
): Provider {
  const clock = createVirtualClock(NIGHT);
  const provider: Provider = {
    asked: [],
    clock,
    answer: undefined,
    access: undefined,
    deps: {
      http: {
        async request(request) {
          const asked = askedOf(request);
          provider.asked.push(asked);
          const answer = provider.answer?.(asked) ?? documented(asked, clock);
          if (answer instanceof Error) throw answer;
          return responseOf(answer);
        },
        lines: () => Promise.reject(new Error("no provider here has lines")),
      },
      clock,
      random: { bytes: (count) => new Uint8Array(count).fill(7), uniform: () => 0.5 },
      log: silentLog,
      links: undefined as never,
      mail: { send: () => Promise.reject(new Error("no provider here takes mail")) },
      access: () => provider.access,
    },
  };
  return provider;
}

function askedOf({ method, url, headers, body }: HttpRequest): Asked {
  const text = Buffer.from(body ?? []).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // A form, or nothing.
    json = undefined;
  }
  return { method, url: new URL(url), headers, text, json };
}

function responseOf({ status = 200, headers = {}, body }: Answered): HttpResponse {
  return { status, headers, body: typeof body === "string" ? body : JSON.stringify(body) };
}

/** The high alarm of a drill's bed, in Simplified Chinese, unless told otherwise. */
export function alarm(changes: Partial<ChannelMessage> = {}): ChannelMessage {
  return {
    key: "qwertyuiop/b1-abcdefghij-1/0/0",
    kind: "alarm",
    title: "呼吸守护：请立刻查看（紧急）",
    body: "打开查看发生了什么。",
    language: "zh-Hans",
    priority: "high",
    collapseKey: "b1-abcdefghij-1",
    ttlSeconds: 120,
    url: "https://home.example.org/#b1",
    acknowledgeUrl: "https://home.example.org/api/a/token",
    simulated: false,
    drill: false,
    ...changes,
  };
}

/** Answers that no document promises; none of them may pass for success, or throw. */
const GARBAGE: readonly Answered[] = [
  { body: "" },
  { body: "<html><body>502 Bad Gateway</body></html>" },
  { body: "[]" },
  { body: "null" },
  { body: "true" },
  { body: "{" },
  { body: {} },
  { body: { code: {}, errcode: [], status: null, Code: false } },
  { body: { code: "zero", errcode: "ok", status: "200 OK", Code: 0 } },
  { body: "x".repeat(65_536) },
  { status: 204, body: "" },
];

/** What a channel makes of answers that are no success; `send` sends an alarm for the first time. */
async function outcomesOfGarbage(provider: Provider, send: () => Promise<SendResult>): Promise<string[]> {
  const outcomes: string[] = [];
  for (const garbage of GARBAGE) {
    provider.answer = () => garbage;
    outcomes.push((await send()).outcome);
    await provider.clock.advance(24 * 3_600_000);
  }
  provider.answer = undefined;
  return [...new Set(outcomes)];
}

/** How a channel takes trouble below the provider's own codes: no connection, busy, broken, forbidden. */
async function outcomesOfTrouble(
  provider: Provider,
  send: () => Promise<SendResult>,
): Promise<{ [trouble: string]: SendResult }> {
  const troubles: { [trouble: string]: Answered | Error } = {
    lost: new Fault("CHANNEL_FAILED", "connection reset"),
    busy: { status: 429, headers: { "retry-after": "7" }, body: "slow down" },
    broken: { status: 503, body: "<html>maintenance</html>" },
    forbidden: { status: 403, body: "no" },
  };
  const results: { [trouble: string]: SendResult } = {};
  for (const [name, trouble] of Object.entries(troubles)) {
    provider.answer = () => trouble;
    results[name] = await send();
    await provider.clock.advance(24 * 3_600_000);
  }
  provider.answer = undefined;
  return results;
}

/** What stands in the reasons when a provider repeats all that it was sent, in every way. */
async function reasonsOfEcho(provider: Provider, send: () => Promise<SendResult>): Promise<string> {
  const reasons: string[] = [];
  const echoes: ((text: string) => Answered | Error)[] = [
    (text) => ({ body: { code: 4711, errcode: 4711, status: 4711, Code: "4711", ...wordsOf(text) } }),
    (text) => ({ status: 400, body: { code: 4711, errcode: 4711, Code: "4711", ...wordsOf(text) } }),
    (text) => ({ status: 500, body: text }),
    (text) => new Error(text),
  ];
  for (const echo of echoes) {
    provider.answer = ({ url, text, headers }) =>
      echo(`${decodeURIComponent(url.href)} ${url.href} ${JSON.stringify(headers)} ${text}`.slice(0, 900));
    const result = await send();
    if (result.outcome === "accepted") throw new Error("an echo passed for success");
    reasons.push(result.detail);
    await provider.clock.advance(24 * 3_600_000);
  }
  provider.answer = undefined;
  return reasons.join("\n");
}

const wordsOf = (text: string): object => ({ msg: text, errmsg: text, message: text, Message: text });

/** Sends to one target. */
export const sender =
  (channel: Channel, settings: ChannelAccess) =>
  (changes: Partial<ChannelMessage> = {}): Promise<SendResult> =>
    channel.send({ id: "t1", channel: channel.id, settings }, alarm(changes));

/** How a channel takes what no document promises, and trouble on the way; and which secrets stand in its reasons. */
export async function faultsOf(
  provider: Provider,
  send: () => Promise<SendResult>,
  secrets: readonly string[],
): Promise<{ garbage: string[]; trouble: { [trouble: string]: SendResult }; leaked: string[] }> {
  const garbage = await outcomesOfGarbage(provider, send);
  const trouble = await outcomesOfTrouble(provider, send);
  const reasons = await reasonsOfEcho(provider, send);
  return { garbage, trouble, leaked: secrets.filter((secret) => reasons.includes(secret)) };
}

/** As it should be: tried again, unless it is forbidden; nothing leaks. */
export const SOUND = {
  garbage: ["failed"],
  trouble: {
    lost: { outcome: "failed" },
    busy: { outcome: "failed", retryAfterMs: 7_000 },
    broken: { outcome: "failed" },
    forbidden: { outcome: "refused", gone: false },
  },
  leaked: [],
};

/** Any text that a message may have: from half characters to thousands of them. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(fc.constantFrom("呼", "é", "🫁", "\ud800", " ", "<", '"', "\n", "a"), { maxLength: 2_500 })
    .map((parts) => parts.join("")),
);
