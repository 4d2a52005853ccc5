import { describe, expect, test } from "vitest";
import { ANNA, BEN, Bedside, type BedsideOptions, GONE, OXIMETER, treated, VENTILATOR } from "./bedside.ts";

const NOON = Date.UTC(2024, 0, 15, 12, 0, 0);
const HOUR = 3600;

const watch = (bed: Bedside) => {
  const { on, reason } = bed.fold.watch;
  return `${on ? "on" : "off"} ${reason}`;
};

/** Only the clock, in steps of a minute. */
const wait = (bed: Bedside, seconds: number) => {
  for (let left = seconds; left > 0; left -= 60) {
    bed.second += Math.min(60, left);
    bed.tick();
  }
  return bed;
};

/** A person under treatment: sensor on, machine running. */
const sleep = (bed: Bedside, seconds: number) =>
  bed.run(seconds, () => {
    bed.oxi(96);
    bed.samples("vent", treated(bed.second));
  });

const both = (options: BedsideOptions = {}) => new Bedside({ sources: [OXIMETER, VENTILATOR], ...options });

describe("by the schedule", () => {
  test("21:00 to 09:00 in the bed's zone", () => {
    const bed = new Bedside({ from: Date.UTC(2024, 0, 15, 12, 59, 0), zone: "Asia/Shanghai" });
    expect(watch(bed)).toBe("off off");
    wait(bed, 60);
    expect(watch(bed)).toBe("on schedule");
    wait(bed, 12 * HOUR - 60);
    expect(watch(bed)).toBe("on schedule");
    wait(bed, 60);
    expect(watch(bed)).toBe("off off");
  });

  test("through the hour that a summer time adds or takes", () => {
    const spring = new Bedside({ from: Date.UTC(2024, 2, 30, 19, 59, 0), zone: "Europe/Berlin" });
    wait(spring, 60);
    expect(watch(spring)).toBe("on schedule");
    wait(spring, 11 * HOUR);
    expect(watch(spring)).toBe("off off");
  });

  test("a clock that may be wrong keeps the watch on", () => {
    const bed = new Bedside({ from: NOON });
    expect(watch(bed)).toBe("off off");
    bed.trusted = false;
    bed.tick();
    expect(watch(bed)).toBe("on schedule");
  });

  test("off watch missing data does not ring, and values that are present do", () => {
    const bed = new Bedside({ from: NOON }).at(96, 10).run(300);
    bed.run(300, () => bed.oxi(GONE, GONE));
    bed.run(300, () => bed.oxi(96, 60));
    expect(bed.lines()).toEqual([]);
    bed.at(85, 31);
    expect(bed.lines()).toEqual(["940 occurred SPO2_LOW high"]);
  });

  test("what went missing before it counts from its beginning", () => {
    const bed = new Bedside({ from: Date.UTC(2024, 0, 15, 20, 50, 0) }).at(81, 5);
    bed.run(595);
    expect(bed.lines()).toEqual([]);
    bed.run(62);
    expect(bed.lines()).toEqual(["660 occurred DATA_NEVER high"]);
    const off = new Bedside({ from: Date.UTC(2024, 0, 15, 20, 50, 0) }).at(96, 5);
    off.run(700, () => off.oxi(GONE, GONE));
    expect(off.lines("OXI_SENSOR_OFF")).toEqual(["630 occurred OXI_SENSOR_OFF medium"]);
  });

  test("a violation that goes on when it begins keeps its time", () => {
    const bed = new Bedside({ from: Date.UTC(2024, 0, 15, 20, 59, 50) }).at(85, 31);
    expect(bed.lines()).toEqual(["30 occurred SPO2_LOW high"]);
  });

  test("its end ends no alarm", () => {
    const bed = new Bedside({ from: Date.UTC(2024, 0, 15, 8, 55, 0) }).at(96, 10).run(600);
    expect(watch(bed)).toBe("off off");
    expect(bed.open("DATA_STALE")).toBeDefined();
  });
});

describe("class C", () => {
  test("is always on watch", () => {
    const bed = new Bedside({ cls: "C", from: NOON });
    expect(watch(bed)).toBe("on class_c");
    bed.run(61);
    expect(bed.open("DATA_NEVER")).toBeDefined();
  });

  test("only a person ends it, until the schedule next begins", () => {
    const bed = new Bedside({ cls: "C", from: NOON });
    bed.command({ kind: "end_watch", by: ANNA });
    expect(watch(bed)).toBe("off ended");
    wait(bed, 9 * HOUR - 60);
    expect(watch(bed)).toBe("off ended");
    wait(bed, 60);
    expect(watch(bed)).toBe("on class_c");
  });
});

describe("by a person", () => {
  test("at any hour, by name, until a person ends it", () => {
    const bed = new Bedside({ from: NOON });
    bed.command({ kind: "start_watch", by: BEN });
    expect(bed.fold.watch).toEqual({ on: true, reason: "person", since: NOON, by: BEN });
    wait(bed, 30 * HOUR);
    expect(watch(bed)).toBe("on person");
    bed.command({ kind: "end_watch", by: ANNA });
    expect(bed.fold.watch).toMatchObject({ on: false, reason: "ended", by: ANNA });
  });

  test("ending the night ends every open alarm as ended by that person", () => {
    const bed = new Bedside();
    bed.run(50, () => bed.oxi(87, 46));
    bed.command({ kind: "call", call: { how: "touch", kind: "come" } });
    const open = bed.fold.open.map(({ id }) => id);
    expect(open).toHaveLength(3);
    const { events } = bed.command({ kind: "end_watch", by: ANNA });
    expect(events.map(({ kind, reason, by }) => [kind, reason, by])).toEqual(
      open.map(() => ["ended", "watch_ended", ANNA]),
    );
    expect(bed.fold.open).toEqual([]);
  });

  test("what still violates afterwards rings again after its delay", () => {
    const bed = new Bedside().at(85, 40);
    bed.command({ kind: "end_watch", by: ANNA });
    bed.at(85, 31);
    expect(bed.lines("SPO2_LOW").at(-1)).toBe("69 occurred SPO2_LOW high");
  });

  test("inside the schedule it stays off until the schedule next begins", () => {
    const bed = new Bedside();
    bed.command({ kind: "end_watch", by: ANNA });
    bed.run(120);
    expect(bed.lines()).toEqual([]);
    wait(bed, 22 * HOUR);
    expect(watch(bed)).toBe("off ended");
    wait(bed, HOUR);
    expect(watch(bed)).toBe("on schedule");
  });

  test("or until a person starts it", () => {
    const bed = new Bedside();
    bed.command({ kind: "end_watch", by: ANNA });
    bed.second = 60;
    bed.command({ kind: "start_watch", by: BEN });
    expect(watch(bed)).toBe("on person");
    bed.run(61);
    expect(bed.lines("DATA_NEVER")).toEqual(["120 occurred DATA_NEVER high"]);
  });
});

describe("by therapy and sensor", () => {
  test("together, at any hour, from then on", () => {
    const bed = both({ from: NOON });
    bed.run(60, () => bed.samples("vent", treated(bed.second)));
    expect(watch(bed)).toBe("off off");
    sleep(bed, 2);
    expect(watch(bed)).toBe("on therapy");
    bed.run(7200);
    expect(watch(bed)).toBe("on therapy");
    expect(bed.fold.open.some(({ condition }) => condition === "DATA_STALE")).toBe(true);
  });

  test("a machine in standby is no therapy", () => {
    const bed = both({ from: NOON });
    bed.run(60, () => {
      bed.oxi(96);
      bed.samples("vent", treated(bed.second, { therapy: 0 }));
    });
    expect(watch(bed)).toBe("off off");
  });

  test("goes on after the schedule's end", () => {
    const bed = both({ from: Date.UTC(2024, 0, 15, 8, 59, 0) });
    sleep(bed, 120);
    expect(watch(bed)).toBe("on therapy");
  });

  test("after an end by a person only a new therapy counts, and only outside the schedule", () => {
    const bed = both({ from: NOON });
    sleep(bed, 60);
    bed.command({ kind: "end_watch", by: ANNA });
    sleep(bed, 60);
    expect(watch(bed)).toBe("off ended");
    bed.run(120);
    sleep(bed, 10);
    expect(watch(bed)).toBe("off ended");
    bed.run(320);
    sleep(bed, 10);
    expect(watch(bed)).toBe("on therapy");
    const night = both();
    sleep(night, 60);
    night.command({ kind: "end_watch", by: ANNA });
    night.run(600);
    sleep(night, 60);
    expect(watch(night)).toBe("off ended");
  });
});
