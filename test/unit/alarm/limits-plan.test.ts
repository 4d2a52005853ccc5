import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundsOf, outsideRecommended, RECOMMENDED } from "../../../src/alarm/bounds.ts";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import {
  classPreset,
  explicitFile,
  resolveLimits,
  settingOf,
  storedLimits,
  switchedOff,
} from "../../../src/alarm/limits.ts";
import {
  commandOf,
  expiryOf,
  type LimitsWish,
  owedTo,
  proposalOf,
  standingAt,
  versionOf,
} from "../../../src/alarm/limits-plan.ts";
import { PRESETS } from "../../../src/alarm/presets.ts";
import { changes, widening, widerWay } from "../../../src/alarm/widening.ts";
import { isConditionId } from "../../../src/domain/alarm.ts";
import { Fault } from "../../../src/domain/fault.ts";
import type { LimitsVersion } from "../../../src/domain/limits.ts";
import type { Role } from "../../../src/domain/person.ts";
import { DAY_MS, HOUR_MS, wall } from "../../../src/domain/time.ts";

const BED = { bed: "b1", dependencyClass: "B" } as const;
const T0 = wall(Date.parse("2026-03-01T20:00:00Z"));
const after = (ms: number) => wall(T0 + ms);

/** Limits of a person as a history of wishes, each made on top of the one before. */
class Person {
  newest: LimitsVersion | undefined;
  save(role: Role, limits: unknown, wish: Partial<LimitsWish> = {}, at = T0): LimitsVersion {
    const by = { id: role, name: `the ${role}` };
    this.newest = versionOf(
      { by, role, limits, reason: "because", confirmed: false, origin: { kind: "person" }, ...wish },
      standingAt(this.newest, at, BED),
      at,
      BED,
    );
    return this.newest;
  }
  value(condition: "SPO2_LOW" | "PR_HIGH" | "VENT_LEAK_HIGH" | "SPO2_CRIT", setting: string, at = T0) {
    return settingOf(standingAt(this.newest, at, BED).limits, condition, setting);
  }
}

const refused = (work: () => unknown): Fault => {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("was taken");
};

describe("what makes an alarm later, rarer or shorter", () => {
  const widened = (before: unknown, then: unknown) =>
    widening(resolveLimits(before, "B"), resolveLimits(then, "B")).map(
      ({ condition, setting, from, to }) => `${condition}.${setting} ${from} ${to}`,
    );

  test.each<[object, object, readonly string[]]>([
    [{}, { SPO2_LOW: { limit: 87 } }, ["SPO2_LOW.limit 88 87"]],
    [{}, { SPO2_LOW: { limit: 89 } }, []],
    [{}, { PR_HIGH: { limit: 130 } }, ["PR_HIGH.limit 120 130"]],
    [{}, { PR_HIGH: { limit: 110 } }, []],
    [{}, { PR_LOW: { limit: 45, delay_s: 20 } }, ["PR_LOW.limit 50 45"]],
    [{}, { SPO2_LOW: { delay_s: 31 } }, ["SPO2_LOW.delay_s 30 31"]],
    [{}, { SPO2_LOW: { delay_s: 29 } }, []],
    [{}, { SPO2_LOW: { hysteresis: 0 } }, ["SPO2_LOW.hysteresis 1 0"]],
    [{}, { SPO2_LOW: { clear_s: 4 } }, ["SPO2_LOW.clear_s 5 4"]],
    [{}, { SPO2_LOW: { clear_s: 6 } }, []],
    [{}, { SPO2_LOW: { on: false } }, ["SPO2_LOW.on true false"]],
    [{ SPO2_LOW: { on: false } }, {}, []],
    [{}, { SPO2_RELATIVE: { on: true } }, []],
    [{ SPO2_RELATIVE: { on: true } }, {}, ["SPO2_RELATIVE.on true false"]],
    [{}, { VENT_APNEA: { limit: 25 } }, ["VENT_APNEA.limit 20 25"]],
    [{}, { DATA_STALE: { limit: 60 } }, ["DATA_STALE.limit 30 60"]],
    [{}, { TCCO2_HIGH: { awake: 45 } }, ["TCCO2_HIGH.awake 0 45"]],
    [{ TCCO2_HIGH: { awake: 45 } }, {}, ["TCCO2_HIGH.awake 45 0"]],
  ])("%j -> %j", (before, then, expected) => {
    expect(widened(before, then)).toEqual(expected);
  });

  test("is written down for every setting of every condition", () => {
    for (const { id, settings } of CONDITIONS) {
      for (const name of Object.keys(settings)) expect(widerWay(id, name), `${id}.${name}`).toBeDefined();
    }
    expect(widerWay("SPO2_LOW", "toString")).toBeUndefined();
  });

  test("is one way for every number: to and fro is widened once", () => {
    const setting = fc.constantFrom(
      ...CONDITIONS.flatMap(({ id, settings }) =>
        Object.entries(settings).map(([name, spec]) => ({ id, name, spec })),
      ),
    );
    fc.assert(
      fc.property(setting, fc.double({ min: 0, max: 1, noNaN: true }), ({ id, name, spec }, share) => {
        const before = classPreset("B");
        const value = spec.min + (spec.max - spec.min) * share;
        const then = { ...before, [id]: { ...before[id], values: { ...before[id].values, [name]: value } } };
        const there = widening(before, then).length;
        const back = widening(then, before).length;
        if (value === before[id].values[name]) expect([there, back]).toEqual([0, 0]);
        else expect(there + back).toBe(widerWay(id, name) === "either" ? 2 : 1);
      }),
    );
  });
});

describe("recommended bounds", () => {
  test("lie inside what is possible, hold the presets of every class, and say where they come from", () => {
    for (const [id, table] of Object.entries(RECOMMENDED)) {
      const definition = CONDITIONS.find((one) => one.id === id);
      expect(definition, id).toBeDefined();
      for (const name of Object.keys(table)) {
        const spec = definition?.settings[name];
        expect(spec, `${id}.${name}`).toBeDefined();
        if (spec === undefined || !isConditionId(id)) continue;
        for (const cls of ["A", "B", "C"] as const) {
          const bounds = boundsOf(id, name, cls);
          const { min = spec.min, max = spec.max, source } = bounds ?? { source: "" };
          expect(min, `${id}.${name}`).toBeGreaterThanOrEqual(spec.min);
          expect(max, `${id}.${name}`).toBeLessThanOrEqual(spec.max);
          expect(min > spec.min || max < spec.max || typeof spec.default !== "number", `${id}.${name}`).toBe(
            true,
          );
          const preset = typeof spec.default === "number" ? spec.default : spec.default[cls];
          expect(preset, `${id}.${name} ${cls}`).toBeGreaterThanOrEqual(min);
          expect(preset, `${id}.${name} ${cls}`).toBeLessThanOrEqual(max);
          expect(source.length).toBeGreaterThan(10);
        }
      }
    }
  });

  test("are told of what lies outside, and of what is switched off although the preset has it on", () => {
    const limits = resolveLimits({ SPO2_LOW: { limit: 84 }, PR_LOW: { on: false, limit: 35 } }, "B");
    const touched = changes(classPreset("B"), limits);
    expect(outsideRecommended(limits, touched, "B")).toMatchObject([
      { condition: "SPO2_LOW", setting: "limit", value: 84, min: 85, max: 92 },
      { condition: "PR_LOW", setting: "on", value: false },
    ]);
    const edge = resolveLimits({ SPO2_LOW: { limit: 85 } }, "B");
    expect(outsideRecommended(edge, changes(classPreset("B"), edge), "B")).toEqual([]);
  });
});

describe("presets", () => {
  test("start without what only some people need, by class", () => {
    const off = (cls: "A" | "B" | "C") =>
      CONDITIONS.map(({ id }) => id).filter((id) => !classPreset(cls)[id].on);
    expect(off("A").toSorted()).toEqual(["SPO2_RELATIVE", "VENT_OFF_EXPECTED"]);
    expect(off("B")).toEqual(["SPO2_RELATIVE"]);
    expect(off("C")).toEqual(["SPO2_RELATIVE"]);
    expect(switchedOff(classPreset("A"), "A")).toEqual([]);
    expect(switchedOff(resolveLimits({ PR_LOW: { on: false } }, "A"), "A")).toEqual(["PR_LOW"]);
  });

  test.each(["A", "B", "C"] as const)(
    "for the chronically low night are possible limits in class %s",
    (cls) => {
      const limits = resolveLimits({ preset: "chronic_low" }, cls);
      expect(limits).toEqual(resolveLimits(PRESETS.chronic_low, cls));
      expect(limits.SPO2_RELATIVE.on).toBe(true);
      expect(limits.SPO2_SUSTAINED.on && limits.SPO2_CRIT.on && limits.SPO2_LOW.on).toBe(true);
      const usual = classPreset(cls);
      expect(limits.SPO2_LOW.values["limit"]).toBeLessThan(usual.SPO2_LOW.values["limit"] ?? 0);
      expect(limits.SPO2_LOW.values["delay_s"]).toBeGreaterThan(usual.SPO2_LOW.values["delay_s"] ?? 99);
      expect(limits.SPO2_CRIT.values["limit"]).toBeLessThanOrEqual(limits.SPO2_LOW.values["limit"] ?? 0);
    },
  );

  test("are named in a file, and what the file names itself comes on top", () => {
    const limits = resolveLimits({ preset: "chronic_low", SPO2_LOW: { limit: 80 } }, "B");
    expect(limits.SPO2_LOW.values).toMatchObject({ limit: 80, delay_s: 60 });
    expect(refused(() => resolveLimits({ preset: "chronic" }, "B")).fix).toMatch(/chronic_low/);
    expect(refused(() => resolveLimits({ preset: 7 }, "B")).message).toMatch(/no preset 7/);
  });

  test("are written out when they are kept, so that another Breathwatch changes nothing", () => {
    const file = explicitFile({ preset: "chronic_low", PR_LOW: { limit: 50 } }, "B");
    expect(file).toEqual({ ...PRESETS.chronic_low, PR_LOW: { limit: 50 } });
  });
});

describe("limits that another Breathwatch took", () => {
  test("come as near as is possible here, and never keep a home from starting", () => {
    const stored = {
      SPO2_LOW: { limit: 60, delay_s: 20, of_tomorrow: 3 },
      PR_HIGH: { limit: 500 },
      PR_LOW: { on: false, limit: "45" },
      PATIENT_CALL: { on: false },
      CONDITION_OF_TOMORROW: { on: true },
    };
    const limits = storedLimits(stored, "B");
    const preset = classPreset("B");
    expect(limits.SPO2_LOW.values).toEqual({ ...preset.SPO2_LOW.values, limit: 75, delay_s: 20 });
    expect(limits.PR_HIGH.values["limit"]).toBe(200);
    expect(limits.PR_LOW).toEqual({ ...preset.PR_LOW, on: false });
    expect(limits.PATIENT_CALL.on).toBe(true);
    expect(limits.VENT_APNEA).toEqual(preset.VENT_APNEA);
    for (const damaged of [null, 7, "x", [], { SPO2_LOW: null }, { SPO2_LOW: { limit: Number.NaN } }]) {
      expect(storedLimits(damaged, "B")).toEqual(preset);
    }
  });

  test("are shown and can be changed", () => {
    const person = new Person();
    const made = person.save("therapist", { SPO2_LOW: { limit: 91 } });
    person.newest = { ...made, file: { SPO2_LOW: { limit: 99 } }, afterwards: { SPO2_LOW: { limit: 99 } } };
    expect(person.value("SPO2_LOW", "limit")).toBe(95);
    expect(() => person.save("therapist", { SPO2_LOW: { limit: 92 } })).not.toThrow();
  });
});

describe("limits that cross", () => {
  test.each<[object, RegExp]>([
    [{ PR_LOW: { limit: 80 }, PR_HIGH: { limit: 80 } }, /PR_LOW ends at 83/],
    [{ PR_LOW: { limit: 80 }, PR_HIGH: { limit: 85 } }, /one of them always holds/],
    [{ SPO2_LOW: { limit: 95, hysteresis: 5 } }, /SPO2_LOW ends at 100 %.*SPO2_HIGH_ON_O2 at 97 %/],
    [{ SPO2_LOW: { limit: 78 }, SPO2_CRIT: { limit: 80 } }, /SPO2_CRIT \(80 %\) is above SPO2_LOW/],
    [{ SPO2_LOW: { limit: 93 }, SPO2_WARN: { limit: 90 } }, /SPO2_LOW \(93 %\) is above SPO2_WARN/],
    [
      { VENT_LEAK_WARN: { limit: 40 }, VENT_LEAK_HIGH: { limit: 30 } },
      /VENT_LEAK_WARN \(40 L\/min\) is above/,
    ],
    [{ VENT_BATT_LOW: { limit: 30 }, VENT_BATT_CRIT: { limit: 30 } }, /^$/],
    [{ DEV_BATTERY: { limit: 10, medium: 20 } }, /DEV_BATTERY.medium \(20\) is above DEV_BATTERY.limit/],
    [{ SPO2_LOW: { limit: 0 } }, /SPO2_LOW.limit is 0/],
    [{ PR_HIGH: { limit: 0 } }, /PR_HIGH.limit is 0/],
  ])("%j", (given, message) => {
    if (message.source === "^$") expect(() => resolveLimits(given, "B")).not.toThrow();
    else expect(refused(() => resolveLimits(given, "B")).message).toMatch(message);
  });

  test("do not cross where one of them is off", () => {
    expect(() =>
      resolveLimits({ PR_LOW: { limit: 80 }, PR_HIGH: { limit: 80, on: false } }, "B"),
    ).not.toThrow();
  });
});

describe("a widening", () => {
  test("by a caregiver or the owner ends after 24 h, after at most 7 days, never without an end", () => {
    for (const role of ["caregiver", "owner"] as const) {
      const made = new Person().save(role, { SPO2_LOW: { limit: 86 } });
      expect(made.temporary).toEqual([{ condition: "SPO2_LOW", setting: "limit", until: after(DAY_MS) }]);
      const longest = new Person().save(role, { SPO2_LOW: { limit: 86 } }, { until: after(7 * DAY_MS) });
      expect(longest.temporary).toMatchObject([{ until: after(7 * DAY_MS) }]);
      const tooLong = { until: after(7 * DAY_MS + 1) };
      expect(refused(() => new Person().save(role, { SPO2_LOW: { limit: 86 } }, tooLong))).toMatchObject({
        code: "LIMITS_REFUSED",
        fix: `The role ${role} can widen limits for at most 7 days.`,
      });
      const endless = { until: "changed" } as const;
      expect(refused(() => new Person().save(role, { SPO2_LOW: { limit: 86 } }, endless)).code).toBe(
        "NOT_ALLOWED",
      );
      expect(refused(() => new Person().save(role, { SPO2_LOW: { limit: 86 } }, { until: T0 })).code).toBe(
        "LIMITS_REFUSED",
      );
    }
  });

  test("by a therapist ends after at most 90 days, or stays until it is changed", () => {
    const until = after(90 * DAY_MS);
    expect(new Person().save("therapist", { SPO2_LOW: { limit: 86 } }).temporary).toMatchObject([{ until }]);
    const endless = new Person().save("therapist", { SPO2_LOW: { limit: 86 } }, { until: "changed" });
    expect(endless.temporary).toEqual([]);
    expect(endless.afterwards).toEqual(endless.file);
    const tooLong = { until: wall(until + 1) };
    expect(refused(() => new Person().save("therapist", { SPO2_LOW: { limit: 86 } }, tooLong)).code).toBe(
      "LIMITS_REFUSED",
    );
  });

  test("goes back at its end, and the narrowing that came with it does not", () => {
    const person = new Person();
    person.save("owner", { SPO2_LOW: { limit: 86 }, PR_HIGH: { limit: 110 } });
    expect([person.value("SPO2_LOW", "limit"), person.value("PR_HIGH", "limit")]).toEqual([86, 110]);
    const end = after(DAY_MS);
    expect(person.value("SPO2_LOW", "limit", wall(end - 1))).toBe(86);
    expect([person.value("SPO2_LOW", "limit", end), person.value("PR_HIGH", "limit", end)]).toEqual([
      88, 110,
    ]);
  });

  test("still goes back when somebody changes something else meanwhile", () => {
    const person = new Person();
    person.save("caregiver", { SPO2_LOW: { limit: 86 } });
    person.save("therapist", { SPO2_LOW: { limit: 86 }, PR_HIGH: { limit: 110 } }, {}, after(HOUR_MS));
    expect(person.newest?.temporary).toEqual([
      { condition: "SPO2_LOW", setting: "limit", until: after(DAY_MS) },
    ]);
    const end = after(DAY_MS);
    expect([person.value("SPO2_LOW", "limit", end), person.value("PR_HIGH", "limit", end)]).toEqual([
      88, 110,
    ]);
  });

  test("that is narrowed half-way keeps its end and goes back to what counted before it", () => {
    const person = new Person();
    person.save("owner", { SPO2_LOW: { limit: 90 } });
    person.save("caregiver", { SPO2_LOW: { limit: 86 } }, {}, after(HOUR_MS));
    person.save("caregiver", { SPO2_LOW: { limit: 88 } }, {}, after(2 * HOUR_MS));
    expect(person.newest?.temporary).toMatchObject([{ until: after(DAY_MS + HOUR_MS) }]);
    expect(person.value("SPO2_LOW", "limit", after(DAY_MS + HOUR_MS))).toBe(90);
    person.save("caregiver", { SPO2_LOW: { limit: 91 } }, {}, after(3 * HOUR_MS));
    expect(person.newest?.temporary).toEqual([]);
    expect(person.value("SPO2_LOW", "limit", after(9 * DAY_MS))).toBe(91);
  });

  test("by leaving a narrower limit out of the file ends too", () => {
    const person = new Person();
    person.save("therapist", { SPO2_LOW: { limit: 91 } });
    person.save("caregiver", {}, {}, after(HOUR_MS));
    expect(person.value("SPO2_LOW", "limit", after(2 * HOUR_MS))).toBe(88);
    expect(person.value("SPO2_LOW", "limit", after(2 * DAY_MS))).toBe(91);
  });

  test("is prolonged by naming a new end", () => {
    const person = new Person();
    person.save("owner", { SPO2_LOW: { limit: 86 } });
    const until = after(3 * DAY_MS);
    person.save("owner", { SPO2_LOW: { limit: 86 } }, { until }, after(HOUR_MS));
    expect(person.newest?.temporary).toMatchObject([{ until }]);
    expect(person.value("SPO2_LOW", "limit", until)).toBe(88);
  });

  test("beyond what is recommended cannot be prolonged by a caregiver", () => {
    const person = new Person();
    person.save("therapist", { SPO2_LOW: { limit: 82 } }, { confirmed: true });
    const narrowed = { SPO2_LOW: { limit: 82 }, PR_HIGH: { limit: 110 } };
    expect(() => person.save("caregiver", narrowed, {}, after(HOUR_MS))).not.toThrow();
    const until = after(2 * DAY_MS);
    expect(refused(() => person.save("caregiver", narrowed, { until }, after(2 * HOUR_MS))).code).toBe(
      "NOT_ALLOWED",
    );
  });

  test("of several that end at different times goes back one by one", () => {
    const person = new Person();
    person.save("therapist", { PR_HIGH: { limit: 130 } });
    const first = person.save(
      "caregiver",
      { PR_HIGH: { limit: 130 }, SPO2_LOW: { limit: 86 } },
      {},
      after(HOUR_MS),
    );
    const end = after(DAY_MS + HOUR_MS);
    expect(commandOf(first, T0)).toMatchObject({ version: 2, expiresAt: end, afterwards: {} });
    expect(commandOf(first, end)).toMatchObject({
      ...{ version: 2, expiresAt: after(90 * DAY_MS), afterwards: {} },
      limits: { PR_HIGH: { limit: 130 }, SPO2_LOW: {} },
    });
    expect(expiryOf(first, wall(end - 1), BED)).toBeUndefined();
    const then = expiryOf(first, end, BED);
    expect(then).toMatchObject({ version: 3, previous: 2, origin: { kind: "expiry", version: 2 } });
    expect(then?.temporary).toEqual([{ condition: "PR_HIGH", setting: "limit", until: after(90 * DAY_MS) }]);
    person.newest = then;
    expect([person.value("SPO2_LOW", "limit", end), person.value("PR_HIGH", "limit", end)]).toEqual([
      88, 130,
    ]);
    const last = then && expiryOf(then, after(90 * DAY_MS), BED);
    expect(last?.temporary).toEqual([]);
    expect(last && commandOf(last, after(90 * DAY_MS))).not.toHaveProperty("expiresAt");
    person.newest = last;
    expect(person.value("PR_HIGH", "limit", after(91 * DAY_MS))).toBe(120);
  });

  test("is refused where the limits cross once it has gone back", () => {
    const person = new Person();
    person.save("therapist", { PR_LOW: { limit: 75 } }, { confirmed: true });
    const given = { PR_LOW: { limit: 50 }, PR_HIGH: { limit: 80 } };
    const fault = refused(() => person.save("therapist", given, { confirmed: true }, after(HOUR_MS)));
    expect(fault.code).toBe("LIMITS_REFUSED");
    expect(fault.message).toMatch(/Once what is widened has gone back, PR_LOW ends at 78/);
  });

  test("never lasts, whatever roles without a therapist do one after the other", () => {
    const wish = fc.record({
      role: fc.constantFrom("caregiver" as const, "owner" as const),
      limit: fc.integer({ min: 75, max: 95 }),
      leak: fc.integer({ min: 24, max: 80 }),
      isOn: fc.boolean(),
      days: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
      waitH: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 8 }), (wishes) => {
        const person = new Person();
        let at = T0;
        let narrowest = 88;
        for (const { role, limit, leak, isOn, days, waitH } of wishes) {
          at = wall(at + waitH * HOUR_MS);
          const due = person.newest && expiryOf(person.newest, at, BED);
          if (due !== undefined) person.newest = due;
          const limits = { SPO2_LOW: { limit, on: isOn }, VENT_LEAK_HIGH: { limit: leak } };
          const until = days === undefined ? {} : { until: wall(at + days * DAY_MS) };
          try {
            person.save(role, limits, { confirmed: true, ...until }, at);
            expect(person.value("SPO2_LOW", "limit", at)).toBe(limit);
            narrowest = Math.max(narrowest, limit);
          } catch (error) {
            expect(error).toMatchObject({ code: "NOT_ALLOWED" });
          }
        }
        const later = wall(at + 7 * DAY_MS);
        expect(person.value("SPO2_LOW", "on", later)).toBe(true);
        expect(person.value("SPO2_LOW", "limit", later)).toBe(narrowest);
      }),
    );
  });
});

describe("who may", () => {
  test("a caregiver narrows and widens inside what is recommended, and never beyond", () => {
    expect(new Person().save("caregiver", { SPO2_LOW: { limit: 91 } }).temporary).toEqual([]);
    const wish = { confirmed: true };
    const fault = refused(() => new Person().save("caregiver", { SPO2_LOW: { limit: 84 } }, wish));
    expect(fault.code).toBe("NOT_ALLOWED");
    expect(fault.message).toMatch(/SPO2_LOW.limit is 84, recommended from 85 to 92/);
    expect(refused(() => new Person().save("caregiver", { SPO2_LOW: { on: false } }, wish)).message).toMatch(
      /SPO2_LOW is switched off/,
    );
  });

  test("owner and therapist go beyond what is recommended once they confirm it", () => {
    for (const role of ["owner", "therapist"] as const) {
      const fault = refused(() => new Person().save(role, { SPO2_LOW: { limit: 84 } }));
      expect(fault.code).toBe("LIMITS_UNCONFIRMED");
      expect(fault.message).toMatch(/SPO2_LOW.limit is 84, recommended from 85 to 92/);
      const confirmed = { confirmed: true };
      expect(new Person().save(role, { SPO2_LOW: { limit: 84 } }, confirmed).file).toEqual({
        SPO2_LOW: { limit: 84 },
      });
    }
  });

  test("only a therapist switches the alarm of an open circuit off", () => {
    const off = { VENT_DISCONNECT: { on: false } };
    expect(refused(() => new Person().save("owner", off, { confirmed: true })).message).toMatch(
      /Only a therapist/,
    );
    expect(() => new Person().save("therapist", off, { confirmed: true })).not.toThrow();
  });

  test("patient and technician change nothing, and nobody does without a reason", () => {
    for (const role of ["patient", "technician"] as const) {
      expect(refused(() => new Person().save(role, { SPO2_LOW: { limit: 91 } })).code).toBe("NOT_ALLOWED");
    }
    const fault = refused(() => new Person().save("owner", { SPO2_LOW: { limit: 91 } }, { reason: " " }));
    expect(fault).toMatchObject({ code: "LIMITS_REFUSED" });
    expect(fault.message).toMatch(/no reason/);
  });

  test("what is not possible is refused to everybody, by the exact setting", () => {
    const standing = standingAt(undefined, T0, BED);
    const fault = refused(() => proposalOf({ SPO2_LOW: { limit: 99 } }, standing, BED));
    expect(fault).toMatchObject({ code: "LIMITS_REFUSED", fix: "Use a number from 75 to 95 %." });
    expect(fault.message).toMatch(/^SPO2_LOW.limit is 99\. \(LIMITS_REFUSED\)$/);
  });
});

describe("what an engine is owed", () => {
  const version = new Person().save("owner", { SPO2_LOW: { limit: 91 } });
  test.each([
    [0, true],
    [1, false],
    [2, false],
  ])("that has version %i of 1: %s", (engine, isOwed) => {
    expect(owedTo(engine, version, T0) !== undefined).toBe(isOwed);
  });

  test("is nothing where nobody has set anything, and the same command however often", () => {
    expect(owedTo(0, undefined, T0)).toBeUndefined();
    expect(owedTo(0, version, T0)).toEqual(owedTo(0, version, T0));
    expect(owedTo(0, version, T0)).toMatchObject({
      kind: "limits",
      id: "limits-1",
      limits: { SPO2_LOW: { limit: 91 } },
    });
  });
});
