import { describe, expect, test } from "vitest";
import { createInbox } from "../../../src/wire/inbox.ts";

describe("an inbox", () => {
  test("hands over what came before and what comes after the question, in order", async () => {
    const inbox = createInbox<number>(10);
    inbox.put(1);
    inbox.put(2);
    expect([await inbox.next(), await inbox.next()]).toEqual([1, 2]);
    const waiting = inbox.next();
    inbox.put(3);
    expect(await waiting).toBe(3);
  });

  test("drops the oldest beyond its limit", async () => {
    const inbox = createInbox<number>(2);
    for (const item of [1, 2, 3]) inbox.put(item);
    inbox.end();
    expect([await inbox.next(), await inbox.next(), await inbox.next()]).toEqual([2, 3, undefined]);
  });

  test("throws what ended it, but only after everything was read", async () => {
    const inbox = createInbox<number>(2);
    inbox.put(1);
    inbox.end({ cause: new Error("pulled") });
    expect(await inbox.next()).toBe(1);
    await expect(inbox.next()).rejects.toThrow("pulled");
  });

  test("wakes a reader that waits when it ends", async () => {
    const inbox = createInbox<number>(2);
    const waiting = inbox.next();
    inbox.end();
    expect(await waiting).toBeUndefined();
  });
});
