import { describe, expect, test } from "vitest";
import {
  type ContactReading,
  type ContactStep,
  ContactWatch,
  contactReading,
  contactStateOf,
  type Wiring,
} from "../../../dashboards/technician/contact-watch.ts";
import { nightWindow, sharesOf, usualNight, worstShare } from "../../../dashboards/technician/reception.ts";
import { recordingWindow, usualWindow } from "../../../dashboards/technician/recording-window.ts";
import { absent } from "../../../src/domain/sample.ts";

const TAIPEI = "Asia/Taipei";
const BERLIN = "Europe/Berlin";
const at = (text: string): number => Date.parse(text);

describe("the time of a recording", () => {
  const now = at("2026-11-22T09:00:00+08:00");
  const asked = { date: "2026-11-22", clock: "03:12", beforeMin: 5, afterMin: 10 };

  test("is minutes before and after a local time of the bed", () => {
    expect(recordingWindow(asked, TAIPEI, now)).toEqual({
      kind: "window",
      from: at("2026-11-22T03:07:00+08:00"),
      to: at("2026-11-22T03:22:00+08:00"),
    });
  });

  test("ends now where it would reach into the future, and is none where it begins there", () => {
    const late = { ...asked, clock: "08:58" };
    expect(recordingWindow(late, TAIPEI, now)).toEqual({
      kind: "window",
      from: at("2026-11-22T08:53:00+08:00"),
      to: now,
    });
    expect(recordingWindow({ ...asked, date: "2026-11-23" }, TAIPEI, now)).toEqual({ kind: "future" });
  });

  test.each([
    ["two hours fit", 60, 60, "window"],
    ["a minute more does not", 61, 60, "tooLong"],
    ["nothing is no time", 0, 0, "noTime"],
    ["an empty field is no time", Number.NaN, 5, "noTime"],
    ["a negative number is no time", -5, 10, "noTime"],
  ])("%s", (_, beforeMin, afterMin, kind) => {
    expect(recordingWindow({ ...asked, beforeMin, afterMin }, TAIPEI, now).kind).toBe(kind);
  });

  test.each([
    ["", "03:12"],
    ["2026-11-22", ""],
    ["2026-13-41", "03:12"],
    ["2026-11-22", "25:99"],
    ["yesterday", "03:12"],
  ])("a half-filled form (%s, %s) is no time", (date, clock) => {
    expect(recordingWindow({ ...asked, date, clock }, TAIPEI, now)).toEqual({ kind: "noTime" });
  });

  test("in the night in which clocks go back has the hour once, and not twice as long", () => {
    const window = recordingWindow(
      { date: "2026-10-25", clock: "02:30", beforeMin: 10, afterMin: 10 },
      BERLIN,
      at("2026-10-25T12:00:00Z"),
    );
    expect(window).toEqual({
      kind: "window",
      from: at("2026-10-25T00:20:00Z"),
      to: at("2026-10-25T00:40:00Z"),
    });
  });

  test("at first is around ten minutes ago, in the bed's own day", () => {
    const midnight = at("2026-11-22T00:05:00+08:00");
    expect(usualWindow(TAIPEI, midnight)).toMatchObject({ date: "2026-11-21", clock: "23:55" });
    expect(recordingWindow(usualWindow(TAIPEI, midnight), TAIPEI, midnight)).toEqual({
      kind: "window",
      from: midnight - 15 * 60_000,
      to: midnight - 5 * 60_000,
    });
  });
});

describe("what the alarm contact says", () => {
  test("is nothing when it is old, and a reason when there is no number", () => {
    const live = { sample: 1, ageMs: 9_000, device: "d" };
    expect(contactReading(undefined, 0)).toBe("nothing");
    expect(contactReading(live, 900)).toBe("alarm");
    expect(contactReading(live, 1_100)).toBe("nothing");
    expect(contactReading({ ...live, sample: 0 }, 0)).toBe("well");
    expect(contactReading({ ...live, sample: absent("not_connected") }, 0)).toBe("unplugged");
    expect(contactReading({ ...live, sample: absent("invalid") }, 0)).toBe("unclear");
  });

  test("at its ends is open or closed by the pair that is wired", () => {
    const of = (wiring: Wiring) =>
      (["contact_rest", "contact_alarm", "contact_unplugged"] as const).map((step) =>
        contactStateOf(step, wiring),
      );
    expect(of("nc")).toEqual(["closed", "open", "open"]);
    expect(of("no")).toEqual(["open", "closed", "open"]);
  });
});

describe("the steps of the contact", () => {
  /** What is ticked, in order, as readings come in. */
  function ticked(wiring: Wiring, readings: readonly ContactReading[]): readonly ContactStep[] {
    const watch = new ContactWatch();
    const done = new Set<ContactStep>();
    for (const reading of readings) {
      const step = watch.see(reading, wiring, done);
      if (step !== undefined) done.add(step);
    }
    return [...done];
  }

  test("are ticked by changes alone: a line that is stuck passes none", () => {
    expect(ticked("nc", ["well", "well", "well"])).toEqual([]);
    expect(ticked("nc", ["alarm", "alarm"])).toEqual([]);
    expect(ticked("nc", ["nothing", "well", "nothing", "unclear", "well"])).toEqual([]);
  });

  test("with the pair that is closed in peace, a pulled cable is the second alarm, after peace in between", () => {
    expect(ticked("nc", ["well", "alarm"])).toEqual(["contact_alarm"]);
    expect(ticked("nc", ["well", "alarm", "alarm", "nothing", "alarm"])).toEqual(["contact_alarm"]);
    expect(ticked("nc", ["well", "alarm", "well", "alarm"])).toEqual([
      "contact_alarm",
      "contact_rest",
      "contact_unplugged",
    ]);
  });

  test("with the pair that closes in alarm, a pulled cable cannot be told and is never ticked", () => {
    expect(ticked("no", ["well", "alarm", "well", "alarm", "well"])).toEqual([
      "contact_alarm",
      "contact_rest",
    ]);
  });

  test("with both pairs, a pulled cable shows as itself", () => {
    expect(ticked("both", ["well", "unplugged", "well", "alarm"])).toEqual([
      "contact_unplugged",
      "contact_rest",
      "contact_alarm",
    ]);
  });
});

describe("the reception of a night", () => {
  test("is counted from the evening to the next morning, in a night of 10 hours when clocks go back too", () => {
    const asked = { date: "2026-10-24", from: "22:00", to: "07:00" };
    expect(nightWindow(asked, TAIPEI)).toEqual({
      from: at("2026-10-24T22:00:00+08:00"),
      to: at("2026-10-25T07:00:00+08:00"),
    });
    const berlin = nightWindow(asked, BERLIN);
    expect(((berlin?.to ?? 0) - (berlin?.from ?? 0)) / 3_600_000).toBe(10);
    expect(nightWindow({ ...asked, from: "13:00", to: "14:00" }, TAIPEI)).toEqual({
      from: at("2026-10-24T13:00:00+08:00"),
      to: at("2026-10-24T14:00:00+08:00"),
    });
    expect(nightWindow({ ...asked, date: "" }, TAIPEI)).toBeUndefined();
    expect(nightWindow({ ...asked, to: "" }, TAIPEI)).toBeUndefined();
  });

  test.each([
    ["2026-11-22T02:15:00+08:00", "2026-11-20"],
    ["2026-11-22T06:59:00+08:00", "2026-11-20"],
    ["2026-11-22T07:00:00+08:00", "2026-11-21"],
    ["2026-11-22T23:30:00+08:00", "2026-11-21"],
  ])("at %s is at first that of the evening of %s, the newest that is over", (now, date) => {
    const asked = usualNight(TAIPEI, at(now));
    expect(asked.date).toBe(date);
    expect(nightWindow(asked, TAIPEI)?.to).toBeLessThanOrEqual(at(now));
  });

  test("is as good as its worst device, and never rounded up", () => {
    const counted = {
      seconds: 32_400,
      devices: [
        { device: "a", signal: "spo2" as const, received: 32_399, longestGapS: 1 },
        { device: "b", signal: "leak" as const, received: 30_779, longestGapS: 212 },
      ],
    };
    expect(sharesOf(counted).map(({ percent }) => percent)).toEqual([99.9, 94.9]);
    expect(worstShare(counted)).toBe(94.9);
    expect(worstShare({ seconds: 1, devices: [] })).toBeUndefined();
  });
});
