import { expect, test } from "vitest";
import { isSleepTime } from "../../../src/domain/evening.ts";
import { wall } from "../../../src/domain/time.ts";

const ZONE = "Asia/Shanghai";
const at = (time: string) => wall(Date.parse(`2026-01-10T${time}:00+08:00`));

test.each([
  [
    "21:30",
    21 * 60 + 30,
    { "21:30": false, "23:59": false, "00:29": false, "00:30": true, "05:59": true, "06:00": false },
  ],
  ["23:30", 23 * 60 + 30, { "02:29": false, "02:30": true, "05:59": true, "12:00": false }],
  ["10:00", 10 * 60, { "23:00": false, "00:10": true, "05:00": true, "06:00": false }],
])("a house that checks itself at %s sleeps from three hours later until six", (_, atMinute, times) => {
  const found = Object.keys(times).map((time) => [time, isSleepTime({ on: true, atMinute }, at(time), ZONE)]);
  expect(Object.fromEntries(found)).toEqual(times);
});
