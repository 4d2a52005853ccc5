import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import { createRelay } from "../../../src/notify/relay/relay.ts";
import type { HttpLines } from "../../../src/port/http.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { NIGHT } from "../../support/alarms.ts";
import { silentLog } from "../../support/silent-log.ts";

interface Line {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  say(text: string): void;
  end(error?: Fault): void;
}

function setUp(token?: string) {
  const clock = createVirtualClock(NIGHT);
  const opened: Line[] = [];
  const tokens: string[] = [];
  const http: HttpLines = {
    lines: ({ url, headers }, onLine, { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
        opened.push({
          ...{ url, headers, say: onLine },
          end: (error) => (error === undefined ? resolve() : reject(error)),
        });
      }),
  };
  const relay = createRelay({
    ...{ http, clock, random: createSeededRandom(1), log: silentLog },
    ...{ server: "https://relay.example.org/", topic: "letters" },
    ...(token === undefined ? {} : { token }),
    onToken: (one) => tokens.push(one),
    onChange: () => undefined,
  });
  return { clock, opened, tokens, relay };
}

const message = (id: string, text: string): string => JSON.stringify({ event: "message", id, message: text });

describe("a relay", () => {
  test("hands on what is posted, and asks after a gap for what came meanwhile", async () => {
    const { clock, opened, tokens, relay } = setUp("reading");
    relay.start();
    expect(relay.readiness.ok).toBe(false);
    expect(opened[0]).toMatchObject({
      url: "https://relay.example.org/letters/json?since=60m",
      headers: { authorization: "Bearer reading" },
    });
    opened[0]?.say('{"event":"open"}');
    expect(relay.readiness).toEqual({ ok: true, detail: "listening" });
    opened[0]?.say(message("m1", "first"));
    opened[0]?.say("");
    opened[0]?.say("<html>");
    opened[0]?.say(JSON.stringify({ event: "message", id: 7, message: "no" }));
    opened[0]?.say(message("m2", "x".repeat(501)));
    opened[0]?.end(new Fault("CHANNEL_FAILED", "gone"));
    await settle();
    expect(relay.readiness.ok).toBe(false);
    await clock.advance(1_000);
    expect(opened[1]?.url).toBe("https://relay.example.org/letters/json?since=m2");
    opened[1]?.say(message("m3", "second"));
    expect(tokens).toEqual(["first", "second"]);
    await relay.stop();
    expect(clock.pending).toBe(0);
  });

  test("comes back ever more slowly to one that is gone, and at most half a minute later", async () => {
    const { clock, opened, relay } = setUp();
    relay.start();
    const waits: number[] = [];
    for (let round = 0; round < 9; round++) {
      const from = clock.mono();
      opened.at(-1)?.end(new Fault("CHANNEL_FAILED", "refused"));
      const before = opened.length;
      while (opened.length === before) await clock.advance(250);
      waits.push(clock.mono() - from);
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_250);
    expect(Math.min(...waits.slice(-3))).toBeGreaterThanOrEqual(15_000);
    await relay.stop();
  });

  test("gives an address to post to that carries the token whole", () => {
    const { relay } = setUp();
    const url = new URL(relay.address("a-b_c.d=&e"));
    expect(`${url.origin}${url.pathname}`).toBe("https://relay.example.org/letters");
    expect(url.searchParams.get("message")).toBe("a-b_c.d=&e");
  });
});
