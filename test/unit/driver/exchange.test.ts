import { describe, expect, test } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import { wall } from "../../../src/domain/time.ts";
import type { Trace } from "../../../src/driver/contract.ts";
import { createExchange, type Exchange } from "../../../src/driver/exchange.ts";
import type { ByteLink } from "../../../src/port/link.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";
import { lineBytes, lineText } from "../../../src/wire/line.ts";

const silentTrace: Trace = { frame: () => undefined, reject: () => undefined, sent: () => undefined };

/** An exchange over a memory cable, with replies of one letter each. */
function setUp(link?: ByteLink) {
  const clock = createVirtualClock(wall(0));
  const links = createMemoryLinks();
  const cable = links.cable("vent");
  const abort = new AbortController();
  const unasked: string[] = [];
  const sent: string[] = [];
  const exchange = createExchange<string>({
    link: link ?? links.open("vent").link,
    clock,
    signal: abort.signal,
    trace: { ...silentTrace, sent: (bytes, meaning) => sent.push(`${lineText(bytes)}: ${meaning()}`) },
    read(chunk, reply) {
      for (const letter of lineText(chunk)) reply(letter);
    },
    unasked: (reply) => unasked.push(reply),
  });
  exchange.start();
  const say = (text: string): Promise<void> => cable.device.write(lineBytes(text));
  return { clock, cable, abort, exchange, unasked, sent, say };
}

const ask = (exchange: Exchange<string>, letter: string, timeoutMs = 1_000): Promise<string | undefined> =>
  exchange.request({
    bytes: lineBytes(`${letter}?`),
    meaning: `asks ${letter}`,
    matches: (reply) => reply === letter,
    timeoutMs,
  });

describe("an exchange", () => {
  test("sends the question and returns the reply that matches, past others", async () => {
    const { cable, exchange, unasked, sent, say } = setUp();
    const answer = ask(exchange, "a");
    const heard = await cable.device.chunks[Symbol.asyncIterator]().next();
    expect(lineText(heard.value)).toBe("a?");
    expect(sent).toEqual(["a?: asks a"]);
    await say("xya");
    expect(await answer).toBe("a");
    expect(unasked).toEqual(["x", "y"]);
    expect(exchange.unaskedReplies).toBe(2);
  });

  test("gives up after its time and counts the reply that comes too late", async () => {
    const { clock, exchange, unasked, say } = setUp();
    const answer = ask(exchange, "a", 500);
    await clock.advance(499);
    let settled = false;
    answer.then(
      () => {
        settled = true;
      },
      () => undefined,
    );
    await settle();
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(await answer).toBeUndefined();
    await say("a");
    await settle();
    expect(unasked).toEqual(["a"]);
    expect(exchange.unaskedReplies).toBe(1);
  });

  test("has one question open at a time", async () => {
    const { clock, exchange, say } = setUp();
    const first = ask(exchange, "a");
    await expect(ask(exchange, "b")).rejects.toThrow("still open");
    await say("a");
    expect(await first).toBe("a");
    const second = ask(exchange, "b");
    await say("b");
    expect(await second).toBe("b");
    expect(clock.pending).toBe(0);
  });

  test("throws the link's fault when the cable is pulled, for the open question and every later one", async () => {
    const { cable, clock, exchange } = setUp();
    const answer = ask(exchange, "a");
    const failed = expect(answer).rejects.toMatchObject({ code: "LINK_LOST" });
    await settle();
    cable.unplug();
    await failed;
    expect(exchange.ended).toBe(true);
    await expect(ask(exchange, "b")).rejects.toMatchObject({ code: "LINK_LOST" });
    await expect(exchange.pause(10)).rejects.toMatchObject({ code: "LINK_LOST" });
    expect(clock.pending).toBe(0);
  });

  test("ends a question without an error when it is aborted, and leaves no timer", async () => {
    const { abort, clock, exchange } = setUp();
    const answer = ask(exchange, "a");
    await settle();
    abort.abort();
    expect(await answer).toBeUndefined();
    expect(exchange.ended).toBe(true);
    expect(await ask(exchange, "b")).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test("stops reading when told to", async () => {
    const { exchange, say, unasked } = setUp();
    await exchange.stop();
    await say("a");
    await settle();
    expect(unasked).toEqual([]);
    expect(await exchange.pause(5)).toBe(false);
  });

  test("pauses for the time asked, hearing what comes meanwhile", async () => {
    const { clock, exchange, say, unasked } = setUp();
    const pause = exchange.pause(300);
    await say("z");
    await clock.advance(300);
    expect(await pause).toBe(true);
    expect(unasked).toEqual(["z"]);
  });

  test("does not hang on a port that takes no bytes", async () => {
    const never = new Promise<never>(() => undefined);
    const { clock, exchange } = setUp({
      chunks: { [Symbol.asyncIterator]: () => ({ next: () => never }) },
      write: () => never,
      close: async () => undefined,
    });
    const answer = ask(exchange, "a", 200);
    await clock.advance(200);
    expect(await answer).toBeUndefined();
  });

  test("passes on why the port refused the bytes", async () => {
    const { exchange } = setUp({
      chunks: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) },
      write: () => Promise.reject(new Fault("LINK_LOST", "The port went away.")),
      close: async () => undefined,
    });
    await expect(ask(exchange, "a")).rejects.toMatchObject({ code: "LINK_LOST" });
  });
});
