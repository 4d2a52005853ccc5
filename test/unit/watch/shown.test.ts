import { describe, expect, test } from "vitest";
import { HOUR_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import {
  createAckKey,
  createAckToken,
  createShownToken,
  verifyAckToken,
  verifyShownToken,
} from "../../../src/watch/ack-token.ts";
import { createShownBook, reportIn, shownView } from "../../../src/watch/shown.ts";
import { NIGHT } from "../../support/alarms.ts";
import { silentLog } from "../../support/silent-log.ts";

const key = createAckKey(createSeededRandom(1));
const sentAt = wall(Math.floor(NIGHT / SECOND_MS) * SECOND_MS);
const claim = { occurrence: "b1-abcdefghij-1", target: "phone", expiresAt: wall(sentAt + HOUR_MS) };

describe("the token of a receipt", () => {
  test("says which message was shown where, and acknowledges nothing", () => {
    const token = createShownToken(key, claim);
    expect(reportIn(verifyShownToken(key, token, sentAt))).toEqual({
      ...{ occurrence: claim.occurrence, target: "phone", sentAt },
    });
    expect(verifyAckToken(key, token, sentAt)).toEqual({ ok: false, reason: "forged" });
    expect(verifyShownToken(key, createAckToken(key, claim), sentAt)).toEqual({
      ok: false,
      reason: "forged",
    });
  });

  test("is good for an hour, and nobody makes one up", () => {
    const token = createShownToken(key, claim);
    expect(verifyShownToken(key, token, claim.expiresAt)).toEqual({ ok: false, reason: "expired" });
    expect(reportIn(verifyShownToken(key, `${token}a`, sentAt))).toBeUndefined();
  });
});

describe("what phones have shown", () => {
  const values = new Map<string, string>();
  const state = {
    value: async (name: string) => values.get(name),
    setValue: async (name: string, value: string) => void values.set(name, value),
  };
  const clock = createVirtualClock(wall(sentAt + 3 * SECOND_MS));
  const report = { target: "phone", occurrence: claim.occurrence, sentAt };

  test("is the newest message of each, once; a repeat and an older one change nothing", async () => {
    const book = createShownBook({ state, clock, log: silentLog });
    await book.load();
    expect(book.note(report)).toBe(true);
    await clock.advance(MINUTES(2));
    expect(book.note(report)).toBe(false);
    expect(book.note({ ...report, sentAt: wall(sentAt - SECOND_MS) })).toBe(false);
    expect(shownView(book.of("phone"), clock.wall())).toEqual({
      shown: { occurrence: claim.occurrence, ageMs: MINUTES(2), afterMs: 3 * SECOND_MS },
    });
    expect(book.note({ ...report, sentAt: wall(clock.wall() + SECOND_MS) })).toBe(true);
    // A hub's clock may be behind the box's.
    expect(shownView(book.of("phone"), clock.wall())).toMatchObject({ shown: { afterMs: 0, ageMs: 0 } });
    expect(shownView(book.of("other"), clock.wall())).toEqual({});
  });

  test("is there after a restart, and what was told meanwhile is not lost to it", async () => {
    const book = createShownBook({ state, clock, log: silentLog });
    book.note({ ...report, target: "second" });
    await book.load();
    expect(book.of("phone")).toBeDefined();
    expect(values.get("shown_last")).toMatch(/second.*phone/);
    const later = createShownBook({ state, clock, log: silentLog });
    values.set("shown_last", '[["phone", 7], "x", ["other", {"occurrence": "b1-x-1"}]]');
    await later.load();
    expect(later.of("phone")).toBeUndefined();
  });
});

const MINUTES = (count: number): number => count * 60 * SECOND_MS;
