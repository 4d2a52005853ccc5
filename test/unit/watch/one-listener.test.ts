import { expect, test } from "vitest";
import type { Channel, HeardAnswer } from "../../../src/port/channel.ts";
import { settle } from "../../../src/rehearsal/clock.ts";
import { oneListener } from "../../../src/watch/one-listener.ts";
import { outsideBell } from "../../support/outside-channel.ts";

type Listen = NonNullable<Channel["listen"]>;

/** A channel whose provider says what a test says, and knows how many hear it. */
function provider() {
  const heard: Parameters<Listen>[1][] = [];
  const listen: Listen = (_targets, onAnswer, signal) => {
    heard.push(onAnswer);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        heard.splice(heard.indexOf(onAnswer), 1);
        resolve();
      });
    });
  };
  const { id, capabilities } = outsideBell("chat").module;
  const channel = oneListener({
    id,
    capabilities,
    listen,
    send: () => Promise.reject(new Error("not here")),
  });
  return { channel, heard };
}

const ANSWER: HeardAnswer = { target: "t1", reference: "7.a", isAbout: (id) => id === "b1-aaaaaaaaaa-1" };

test("two who listen are one at the provider; the last who leaves ends it, and the next begins anew", async () => {
  const { channel, heard } = provider();
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const listen = (stop: AbortController) =>
    channel.listen?.(
      () => [],
      () => undefined,
      stop.signal,
    );
  const both = [listen(first), listen(second)];
  expect(heard).toHaveLength(1);
  first.abort();
  await both[0];
  expect(heard).toHaveLength(1);
  second.abort();
  await both[1];
  expect(heard).toHaveLength(0);
  const again = listen(third);
  expect(heard).toHaveLength(1);
  third.abort();
  await again;
});

test("an answer is for whoever follows its message, and only else for who knows its alarm", async () => {
  const { channel, heard } = provider();
  const stop = new AbortController();
  const taken: string[] = [];
  const listen = (name: string, follows: readonly string[]): void => {
    channel
      .listen?.(
        () => [],
        ({ reference, isAbout }) => {
          if (!follows.includes(reference) && isAbout?.("b1-aaaaaaaaaa-1") !== true) return undefined;
          taken.push(name);
          return Promise.resolve();
        },
        stop.signal,
      )
      .catch(() => expect.unreachable());
  };
  listen("watch", []);
  listen("helper", ["7.a"]);
  await heard[0]?.(ANSWER);
  await heard[0]?.({ ...ANSWER, reference: "8.b" });
  expect(heard[0]?.({ ...ANSWER, reference: "9.c", isAbout: () => false })).toBeUndefined();
  expect(taken).toEqual(["helper", "watch"]);
  stop.abort();
  await settle();
});
