import { describe, expect, test } from "vitest";
import {
  type Check,
  defaultEvening,
  eveningDue,
  heardAtPillow,
  loudDueOf,
} from "../../../src/domain/evening.ts";
import { type HeardPillow, type ProtectingPhone, protectionOf } from "../../../src/domain/protection.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type Wall, wall } from "../../../src/domain/time.ts";
import { wordsIn } from "../../../src/words/index.ts";
import { protectionLine } from "../../../src/words/protection-line.ts";

const ZONE = "Asia/Shanghai";
const at = (text: string): Wall => wall(Date.parse(`${text}+08:00`));
const NOW = at("2026-11-22T22:00:00");

const phone = (
  person: string,
  provenAgoMs?: number,
  more: Partial<ProtectingPhone> = {},
): ProtectingPhone => ({
  ...{ person, personId: person.toLowerCase(), wakes: true, isDead: false },
  ...(provenAgoMs === undefined ? {} : { provenAt: NOW - provenAgoMs }),
  ...more,
});

const time = (options: Intl.DateTimeFormatOptions, language: string) => (when: number) =>
  new Intl.DateTimeFormat(language, { timeZone: ZONE, hourCycle: "h23", ...options }).format(when);

function lineOf(
  phones: readonly ProtectingPhone[],
  more: { sounder?: boolean; onCall?: { id: string; name: string }; pillow?: HeardPillow } = {},
  language: "en" | "zh-Hans" | "zh-Hant" = "en",
): string {
  const { sounder = true, onCall, pillow } = more;
  return protectionLine(wordsIn(language), protectionOf(phones, { now: NOW, sounder, onCall, pillow }), {
    time: time({ hour: "2-digit", minute: "2-digit" }, language),
    day: time({ weekday: "long" }, language),
  });
}

describe("what tonight rests on, in one line", () => {
  test("names who is proven and since when, and who is called all the same", () => {
    const phones = [phone("Ba", 5 * DAY_MS), phone("Mei", 10 * MINUTE_MS), phone("Ann")];
    expect(lineOf(phones)).toBe(
      "Protected tonight: Mei (proven 21:50). Ba is rung too, but that phone has not proved itself since Tuesday. " +
        "Ann is rung too, but that phone has never proved itself.",
    );
    expect(lineOf(phones, {}, "zh-Hans")).toBe(
      "今晚有人守护：Mei（21:50 验证）。也会叫Ba，但那部手机自星期二以来没有验证过。也会叫Ann，但那部手机从未验证过。",
    );
    expect(lineOf(phones, {}, "zh-Hant")).toContain("今晚有人守護：Mei（21:50 驗證）。");
  });

  test("rests on the sounder for whoever heard it at the pillow and has no phone that wakes", () => {
    const pillow = { at: wall(NOW - 30 * MINUTE_MS), by: "Mei" };
    const line = "Protected tonight by the sounder at the pillow (Mei heard it there 21:30).";
    expect(lineOf([], { pillow })).toBe(line);
    expect(lineOf([], { pillow }, "zh-Hans")).toBe("今晚靠枕边的报警音响守护（Mei 21:30 在枕边听到）。");
    expect(lineOf([phone("Ba")], { pillow })).toBe(
      `${line} Nobody's phone has proved itself: everybody is called at once. Test now.`,
    );
    expect(lineOf([phone("Mei", 10 * MINUTE_MS, { wakes: false })], { pillow })).toBe(
      `${line} Mei is told (proven 21:50), but that phone may stay silent at night.`,
    );
    // A phone that wakes says more, and a sounder that is broken protects nobody.
    expect(lineOf([phone("Mei", 10 * MINUTE_MS)], { pillow })).toBe("Protected tonight: Mei (proven 21:50).");
    expect(lineOf([], { pillow, sounder: false })).toContain("nobody outside of the room is woken");
    // Who is on call may sleep elsewhere than who heard it.
    expect(lineOf([], { pillow, onCall: { id: "mei", name: "Mei" } })).toBe(line);
    expect(lineOf([], { pillow, onCall: { id: "ba", name: "Ba" } })).toContain("There is no phone");
  });

  test("counts the sounder for a week, and not where it was not heard the last time", () => {
    const tried = (heard: boolean, agoMs: number): Check => ({
      ...{ kind: "pillow", startedAt: wall(NOW - agoMs - MINUTE_MS), phones: [], heard, heardBy: "Mei" },
      ...{ end: "done", endedAt: wall(NOW - agoMs) },
    });
    expect(heardAtPillow(tried(true, 7 * DAY_MS), NOW)).toBe(NOW - 7 * DAY_MS);
    expect(heardAtPillow(tried(true, 7 * DAY_MS + 1), NOW)).toBeUndefined();
    expect(heardAtPillow(tried(true, -1), NOW)).toBeUndefined();
    expect(heardAtPillow(tried(false, HOUR_MS), NOW)).toBeUndefined();
    expect(heardAtPillow(undefined, NOW)).toBeUndefined();
  });

  test("protects nobody by a phone that may stay silent: its owner is told", () => {
    const email = phone("Mei", 10 * MINUTE_MS, { wakes: false });
    expect(lineOf([phone("Ba", HOUR_MS), email])).toBe(
      "Protected tonight: Ba (proven 21:00). Mei is told (proven 21:50), but that phone may stay silent at night.",
    );
    expect(lineOf([email, phone("Ba")])).toBe(
      "No phone that can ring through silence has proved itself: test one, or add one. " +
        "Mei is told (proven 21:50), but that phone may stay silent at night. " +
        "Ba is rung too, but that phone has never proved itself.",
    );
    expect(lineOf([email], {}, "zh-Hans")).toBe(
      "没有一部能在静音时响铃的手机验证过：请检查一部，或添加一部。会通知Mei（21:50 验证），但那部手机夜里可能不响。",
    );
    expect(lineOf([email], {}, "zh-Hant")).toContain("會通知 Mei（21:50 驗證），但那支手機夜裡可能不響。");
  });

  test("protects by the phone of a person that wakes, since its own proof; on call the other one does not count", () => {
    const both = [phone("Mei", 2 * HOUR_MS), phone("Mei", 10 * MINUTE_MS, { wakes: false })];
    expect(lineOf(both)).toBe("Protected tonight: Mei (proven 20:00).");
    const onCall = { id: "mei", name: "Mei" };
    const told = [phone("Mei", HOUR_MS, { wakes: false }), phone("Ba", HOUR_MS)];
    expect(protectionOf(told, { now: NOW, sounder: true, onCall }).level).toBe("partly");
    expect(lineOf(told, { onCall })).toBe(
      "Protected tonight: Ba (proven 21:00). Mei is told (proven 21:00), but that phone may stay silent at night.",
    );
  });

  test("says that everybody is called at once where nobody is proven, and that nobody is where there is no phone", () => {
    expect(lineOf([phone("Mei"), phone("Ba", 2 * DAY_MS)])).toBe(
      "Nobody's phone has proved itself: everybody is called at once. Test now.",
    );
    expect(lineOf([])).toContain("There is no phone");
    expect(lineOf([phone("Mei", 0, { isDead: true })])).toContain("There is no phone");
  });

  test("a proof counts for 18 hours, of the newest of a person's living phones, and never from the future", () => {
    const level = (...phones: readonly ProtectingPhone[]) =>
      protectionOf(phones, { now: NOW, sounder: true }).level;
    expect(level(phone("Mei", 18 * HOUR_MS))).toBe("protected");
    expect(level(phone("Mei", 18 * HOUR_MS + 1))).toBe("nobody");
    expect(level(phone("Mei", -1))).toBe("nobody");
    expect(level(phone("Mei", 40 * HOUR_MS), phone("Mei", HOUR_MS))).toBe("protected");
    expect(level(phone("Mei", 40 * HOUR_MS), phone("Mei", HOUR_MS, { isDead: true }))).toBe("nobody");
  });

  test("says first that whoever is on call has no proven phone, and that the sounder does not work", () => {
    const phones = [phone("Mei", HOUR_MS), phone("Ba")];
    expect(lineOf(phones, { onCall: { id: "mei", name: "Mei" } })).not.toContain("on call");
    expect(lineOf(phones, { onCall: { id: "ba", name: "Ba" }, sounder: false })).toBe(
      "Protected tonight: Mei (proven 21:00). Ba is on call, and that phone has not proved itself. " +
        "The sounder in the house does not work.",
    );
    expect(protectionOf(phones, { now: NOW, sounder: true, onCall: { id: "ba", name: "Ba" } }).level).toBe(
      "partly",
    );
  });
});

describe("the evening check", () => {
  const settings = { on: true, atMinute: 21 * 60 + 30 };
  const check = (startedAt: Wall, answeredMs?: number): Check => ({
    ...{ kind: "quiet", startedAt, end: "time" },
    phones: [
      {
        ...{ id: "p", label: "Phone", person: "mei", name: "Mei", channel: "web-push" },
        ...(answeredMs === undefined ? {} : { answeredMs }),
      },
    ],
  });
  const due = (now: string, last?: Check) => eveningDue(last, settings, at(`2026-11-${now}`), ZONE);

  test("is half an hour after the watch begins where nobody chose a time, also over midnight", () => {
    expect(defaultEvening({ fromMinute: 21 * 60 })).toEqual(settings);
    expect(defaultEvening({ fromMinute: 23 * 60 + 45 })).toEqual({ on: true, atMinute: 15 });
  });

  test("begins by itself at its time and not later, and is asked for until people sleep", () => {
    expect(due("22T21:29:59")).toEqual({ check: false, begins: false });
    expect(due("22T21:30:00")).toEqual({ check: true, begins: true });
    expect(due("22T21:39:59").begins).toBe(true);
    expect(due("22T21:40:00")).toEqual({ check: true, begins: false });
    expect(due("23T00:29:59").check).toBe(true);
    expect(due("23T00:30:00").check).toBe(false);
    expect(eveningDue(undefined, { ...settings, on: false }, at("2026-11-22T21:30:00"), ZONE)).toEqual({
      check: true,
      begins: false,
    });
  });

  test("is done for the evening once somebody has tapped, up to three hours before; untapped it was only tried", () => {
    const early = at("2026-11-22T18:31:00");
    expect(due("22T21:31:00", check(early, 4_000))).toEqual({ check: false, begins: false });
    expect(due("22T21:31:00", check(early))).toEqual({ check: true, begins: false });
    expect(due("22T21:31:00", check(at("2026-11-22T18:29:00"), 4_000))).toEqual({
      check: true,
      begins: true,
    });
    expect(due("22T21:31:00", check(at("2026-11-21T21:31:00"), 4_000)).check).toBe(true);
    // A date in the future is a clock that was wrong, not a check.
    expect(due("22T21:31:00", check(at("2026-11-25T21:31:00"), 4_000)).check).toBe(true);
  });
});

describe("a loud drill is due", () => {
  test("for a phone that never rang aloud, not for a week, or before it changed", () => {
    expect(loudDueOf({}, NOW)).toBe("never");
    expect(loudDueOf({ loudAt: NOW - 7 * DAY_MS }, NOW)).toBeUndefined();
    expect(loudDueOf({ loudAt: NOW - 7 * DAY_MS - 1 }, NOW)).toBe("old");
    expect(loudDueOf({ loudAt: NOW - DAY_MS, changedAt: NOW - HOUR_MS }, NOW)).toBe("changed");
    expect(loudDueOf({ loudAt: NOW - HOUR_MS, changedAt: NOW - DAY_MS }, NOW)).toBeUndefined();
    expect(loudDueOf({ loudAt: NOW + DAY_MS }, NOW)).toBe("old");
  });
});
