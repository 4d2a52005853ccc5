// What tests of channels share: messages, what a channel is given, and an outside world that is a function.
import fc from "fast-check";
import type { ChannelDeps, ChannelMessage, ChannelTarget } from "../../src/port/channel.ts";
import type { HttpLines, HttpRequest, HttpResponse } from "../../src/port/http.ts";
import type { Mail } from "../../src/port/mail.ts";
import { createVirtualClock, type VirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { NIGHT } from "./alarms.ts";
import { silentLog } from "./silent-log.ts";

export const ALARM: ChannelMessage = {
  key: "qwertyuiop/b1-abcdefghij-1/0/2",
  kind: "alarm",
  title: "Breathwatch: look now (urgent)",
  body: "Open to see what happened.",
  language: "en",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/#b1",
  acknowledgeUrl: "https://home.local/api/a/token",
  simulated: false,
  drill: false,
};

const { acknowledgeUrl: _, ...quiet } = ALARM;

export const UPDATE: ChannelMessage = {
  ...quiet,
  kind: "update",
  title: "Mei goes (03:12)",
  body: "Open to see what happened.",
  priority: "low",
  ttlSeconds: 300,
};

export const CLOSED: ChannelMessage = {
  ...quiet,
  kind: "closed",
  title: "Breathwatch: over",
  body: "Since 03:15.",
  priority: "low",
  ttlSeconds: 300,
};

export const DRILL: ChannelMessage = {
  ...ALARM,
  title: `DRILL · ${ALARM.title}`,
  simulated: true,
  drill: true,
};

/** Any words at all: broken surrogates, control characters, very long ones. */
export const anyMessage: fc.Arbitrary<ChannelMessage> = fc.record({
  ...{
    kind: fc.constantFrom("alarm", "update", "closed"),
    priority: fc.constantFrom("high", "medium", "low"),
  },
  title: fc.oneof(
    fc.string({ unit: "binary", maxLength: 600 }),
    fc.string({ unit: "grapheme", maxLength: 300 }),
  ),
  body: fc.oneof(fc.string({ unit: "binary", maxLength: 6_000 }), fc.constant("呼吸守护 🫁 ".repeat(900))),
  language: fc.constantFrom("en", "zh-Hans", "zh-Hant"),
  url: fc.oneof(fc.constant(ALARM.url), fc.constant(`https://home.example/${"x".repeat(2_000)}`)),
  key: fc.constant(ALARM.key),
  collapseKey: fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/),
  ttlSeconds: fc.integer({ min: 1, max: 86_400 }),
  acknowledgeUrl: fc.constant("https://home.local/api/a/token"),
  simulated: fc.boolean(),
  drill: fc.boolean(),
});

/** The outside: answers requests, or fails as a connection does. */
export type Outside = (
  request: HttpRequest,
) => Partial<HttpResponse> | Error | Promise<Partial<HttpResponse>>;

export interface Bench {
  readonly deps: ChannelDeps;
  readonly clock: VirtualClock;
  readonly requests: HttpRequest[];
}

export function bench(options: {
  readonly outside: Outside;
  readonly access?: ChannelTarget["settings"] | undefined;
  readonly lines?: HttpLines["lines"];
  readonly mail?: Mail;
}): Bench {
  const clock = createVirtualClock(NIGHT);
  const requests: HttpRequest[] = [];
  const access = "access" in options ? options.access : {};
  const deps: ChannelDeps = {
    http: {
      async request(request) {
        requests.push(request);
        const answer = await options.outside(request);
        if (answer instanceof Error) throw answer;
        return { status: 200, headers: {}, body: "", ...answer };
      },
      lines: options.lines ?? (() => Promise.reject(new Error("nothing to hear"))),
    },
    clock,
    random: createSeededRandom(7),
    log: silentLog,
    links: createLinks({ clock, memory: createMemoryLinks(clock) }),
    mail: options.mail ?? { send: () => Promise.reject(new Error("no mail here")) },
    access: () => access,
  };
  return { deps, clock, requests };
}

export const targetOf = (channel: string, settings: ChannelTarget["settings"], id = "t1"): ChannelTarget => ({
  ...{ id, channel, settings },
});

export const textOf = (request: HttpRequest | undefined): string =>
  Buffer.from(request?.body ?? []).toString();

export const jsonOf = (request: HttpRequest | undefined): Record<string, unknown> => {
  const value: unknown = JSON.parse(textOf(request));
  if (typeof value !== "object" || value === null) throw new Error("no object");
  return { ...value };
};

export const json = (body: unknown, status = 200): HttpResponse => ({
  ...{ status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
});

/** What a proxy, a captive portal or a broken server answers with success. */
export const GARBAGE: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["a page", "<html><body>Sign in to the network</body></html>"],
  ["a list", "[1,2]"],
  ["null", "null"],
  ["wrong types", '{"code":"200","status":"1","ok":"yes","id":7,"receipt":9,"result":[]}'],
  ["half of it", '{"code":2'],
  ["very much", "x".repeat(65_536)],
];
