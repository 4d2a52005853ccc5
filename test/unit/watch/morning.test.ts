import { describe, expect, test } from "vitest";
import type { AlarmFold, WatchState } from "../../../src/domain/alarm.ts";
import { LANGUAGES } from "../../../src/domain/person.ts";
import { atLocal, type Night, wall } from "../../../src/domain/time.ts";
import { composeMorning, isMorning } from "../../../src/watch/morning.ts";
import { fold, occurrence } from "../server/harness.ts";

const ZONE = "Asia/Shanghai";
const at = (hour: number, minute = 0) => wall(atLocal("2026-01-11", hour * 60 + minute, ZONE));
const bed = (watch: Partial<WatchState>, open: AlarmFold["open"] = []): AlarmFold => ({
  ...fold(open),
  watch: { on: false, reason: "off", since: at(6), ...watch },
});

describe("the word in the morning", () => {
  const ended = bed({ reason: "ended" });
  const always = bed({ on: true, reason: "class_c" });
  const table: readonly [string, AlarmFold, number, boolean][] = [
    ["ended by a person at four: not at night", ended, 4, false],
    ["and not before seven", ended, 6.99, false],
    ["then from seven on", ended, 7, true],
    ["the schedule is over", bed({}), 9, true],
    ["never in the afternoon", bed({}), 12, false],
    ["a watch that never ends, before its usual end", always, 8.5, false],
    ["and after it", always, 9, true],
    ["somebody still watches", bed({ on: true, reason: "person" }), 8, false],
    ["somebody still rings", bed({}, [occurrence()]), 9, false],
    ["a low one does not matter", bed({}, [occurrence({ priority: "low" })]), 9, true],
    ["gone to hospital", bed({ reason: "hospital" }), 9, false],
    ["died in the night", bed({ reason: "death" }), 9, false],
    ["moved away", bed({ reason: "transfer" }), 9, false],
  ];
  test.each(table)("%s", (_, one, hour, expected) => {
    const now = at(Math.floor(hour), Math.floor((hour % 1) * 60));
    expect(isMorning({ fold: one, wasWatched: true }, now, ZONE)).toBe(expected);
    expect(isMorning({ fold: one, wasWatched: false }, now, ZONE)).toBe(false);
  });

  test("goes by the end of the bed's own schedule", () => {
    const schedule = { fromMinute: 22 * 60, toMinute: 7 * 60 + 30 };
    expect(isMorning({ fold: always, schedule, wasWatched: true }, at(7, 29), ZONE)).toBe(false);
    expect(isMorning({ fold: always, schedule, wasWatched: true }, at(7, 30), ZONE)).toBe(true);
  });

  test("is quiet, has nothing to answer, and no name, value or verdict", () => {
    for (const language of LANGUAGES) {
      const target = { id: "phoneaaaaa", channel: "web-push", settings: {}, person: "mei", label: "Mei's" };
      const message = composeMorning(
        { ...target, language, addedAt: at(1) },
        { home: "homeaaaaaa", night: "2026-01-10" as Night, url: "https://box.example/" },
      );
      expect(message).toMatchObject({ kind: "update", priority: "low", drill: false, simulated: false });
      expect(message.acknowledgeUrl).toBeUndefined();
      expect(message.collapseKey).toMatch(/^[A-Za-z0-9_-]{1,32}$/);
      expect(`${message.title} ${message.body}`).not.toMatch(/[0-9]|Mei|good|好夜/);
    }
  });
});
