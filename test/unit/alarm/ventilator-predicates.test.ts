import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { breathCoverMs, trailing } from "../../../src/alarm/breaths.ts";
import type {
  BreathSeen,
  DeviceOwnAlarm,
  OwnAlarm,
  Reading,
  Verdict,
  View,
} from "../../../src/alarm/condition.ts";
import { disconnectSigns } from "../../../src/alarm/disconnect-signs.ts";
import { drownsInLeak } from "../../../src/alarm/leak-gate.ts";
import { judgeOwnAlarm } from "../../../src/alarm/own-alarm.ts";
import type { DeviceRecord } from "../../../src/alarm/state.ts";
import { treatmentOf } from "../../../src/alarm/therapy.ts";
import { usualLimit } from "../../../src/alarm/usual.ts";
import type { DeviceRole } from "../../../src/domain/bed.ts";
import type { SettingId, SignalId } from "../../../src/domain/signal.ts";
import { mono } from "../../../src/domain/time.ts";
import { viewOf } from "./physiological-view.ts";
import { CONTACT } from "./ventilator-bed.ts";

interface Word {
  readonly value: number;
  readonly agoS: number;
  readonly role?: DeviceRole;
}

/** A view by hand: the named last words, settings, usual values and own alarms; nothing else. */
function hand({
  words = {},
  settings = {},
  usual = {},
  own = [],
  held = false,
}: {
  readonly words?: { readonly [id in SignalId]?: readonly Word[] };
  readonly settings?: { readonly [id in SettingId]?: number };
  readonly usual?: { readonly [id: string]: number };
  readonly own?: readonly DeviceOwnAlarm[];
  readonly held?: boolean;
}): View {
  const view = viewOf({});
  const readings = (id: SignalId): readonly (Reading & { readonly role: DeviceRole })[] =>
    (words[id] ?? []).map(({ value, agoS, role = "ventilator" }) => ({
      ...{ value, at: mono(view.now - agoS * 1000), ageMs: agoS * 1000, coverMs: 1000, sameMs: 0 },
      ...{ device: role, role },
    }));
  return {
    ...view,
    held,
    bed: {
      ...view.bed,
      expects: (signals) => signals.some((id) => words[id] !== undefined),
      reading: (id) => readings(id)[0],
      latest: readings,
      setting: (id) => {
        const value = settings[id];
        return value === undefined ? undefined : { value, device: "vent" };
      },
      baseline: (id) => usual[id],
      ownAlarms: () => own,
      minuteVolumeMean: () => readings("minute_volume")[0],
    },
  };
}

describe("whether the person is treated", () => {
  const off = { value: 0, agoS: 1 };
  const on = { value: 1, agoS: 1 };

  test.each([
    [
      "the ventilator's fresh word counts before a plug's",
      [off, { ...on, role: "plug" as const }],
      [],
      false,
    ],
    ["also when it says on", [on, { ...off, role: "plug" as const }], [], true],
    [
      "a plug's off is overruled by breaths",
      [{ ...off, role: "plug" as const }],
      [{ value: 14, agoS: 2 }],
      true,
    ],
    [
      "a capnograph's breaths overrule nothing",
      [{ ...off, role: "plug" as const }],
      [{ value: 14, agoS: 2, role: "capnograph" as const }],
      false,
    ],
    ["a rate of 0 is no breath", [{ ...off, role: "plug" as const }], [{ value: 0, agoS: 2 }], false],
    ["an old off stands", [{ value: 0, agoS: 86_400 }], [], false],
    ["an old on does not", [{ value: 1, agoS: 200 }], [], undefined],
    ["an on of two minutes ago does", [{ value: 1, agoS: 120 }], [], true],
    [
      "the newest of old words counts",
      [
        { value: 0, agoS: 100 },
        { value: 1, agoS: 50, role: "plug" as const },
      ],
      [],
      true,
    ],
    ["breaths alone cannot say that it is off", [], [{ value: 14, agoS: 2 }], undefined],
  ])("%s", (_name, therapy, resp_rate, expected) => {
    expect(treatmentOf(hand({ words: { therapy, resp_rate } }))?.isOn).toBe(expected);
  });
});

describe("the limit for this person", () => {
  const rule = { signal: "minute_volume", share: 60, hysteresis: 10, absolute: 0 } as const;

  test("is a share of the usual value, or the therapist's number where that is higher; neither is none", () => {
    expect(usualLimit(hand({}), rule)).toBeUndefined();
    expect(usualLimit(hand({ usual: { minute_volume: 10 } }), rule)).toEqual({
      ...{ limit: 6, hysteresis: 1, values: { usual: 10 } },
    });
    expect(usualLimit(hand({ usual: { minute_volume: 10 } }), { ...rule, absolute: 7 })?.limit).toBe(7);
    expect(usualLimit(hand({ usual: { minute_volume: 10 } }), { ...rule, absolute: 5 })?.limit).toBe(6);
    expect(usualLimit(hand({}), { ...rule, absolute: 5 })).toMatchObject({ limit: 5, values: {} });
  });

  test("takes what the machine aims at only until the usual is known", () => {
    const volumes = {
      ...rule,
      signal: "tidal_volume_exp",
      share: 70,
      target: "tidal_volume_target",
    } as const;
    const settings = { tidal_volume_target: 500 };
    expect(usualLimit(hand({ settings }), volumes)?.limit).toBe(350);
    expect(usualLimit(hand({ settings, usual: { tidal_volume_exp: 400 } }), volumes)?.limit).toBe(280);
    expect(usualLimit(hand({ settings: { tidal_volume_target: 0 } }), volumes)).toBeUndefined();
  });
});

test("a leak gates volumes only while it is fresh and above 40", () => {
  const gate = (value: number, agoS: number): Verdict | undefined =>
    drownsInLeak(hand({ words: { leak: [{ value, agoS }] } }));
  expect(gate(41, 10)).toEqual({ kind: "unknown", why: "leak" });
  expect(gate(40, 0)).toBeUndefined();
  expect(gate(80, 11)).toBeUndefined();
  expect(drownsInLeak(hand({}))).toBeUndefined();
});

test("breaths in a row are counted from the newest, and stand for the time since the one before", () => {
  const breath = (atS: number, volumeMl: number): BreathSeen => {
    return { at: mono(atS * 1000), volumeMl, peakCmH2o: 18 };
  };
  const small = ({ volumeMl }: BreathSeen): boolean => volumeMl < 100;
  expect(trailing([], small)).toBe(0);
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 8 }), (marks) => {
      const breaths = marks.map((mark, index) => breath(index * 4, mark ? 50 : 500));
      let inARow = 0;
      for (const mark of marks) inARow = mark ? inARow + 1 : 0;
      expect(trailing(breaths, small)).toBe(inARow);
    }),
  );
  expect(breathCoverMs([breath(0, 500), breath(4, 500)])).toBe(4000);
  expect(breathCoverMs([breath(0, 500), breath(40, 500)])).toBe(1000);
  expect(breathCoverMs([breath(0, 500)])).toBe(1000);
});

describe("pressure as a sign of an open circuit", () => {
  const limits = { leak: 40, pressure_peak: 6, tidal_volume_exp: 150, minute_volume: 2, apnea_s: 20 };
  const shows = (peak: number, settings: { readonly ipap?: number; readonly epap?: number }) =>
    disconnectSigns(hand({ words: { pressure_peak: [{ value: peak, agoS: 0 }] }, settings }), limits).find(
      ({ name }) => name === "pressure_low",
    )?.shows;

  test.each([
    [5.9, {}, true],
    [6, {}, false],
    [8.9, { ipap: 18 }, true],
    [9, { ipap: 18 }, false],
    [9.9, { ipap: 18, epap: 8 }, true],
    [10, { ipap: 18, epap: 8 }, false],
    // Reached, in a narrow span.
    [9, { ipap: 9, epap: 8 }, false],
    [6.5, { ipap: 9, epap: 8 }, false],
    [7, { epap: 8 }, false],
  ])("%d cmH2O with %o", (peak, settings, expected) => {
    expect(shows(peak, settings)).toBe(expected);
  });
});

describe("a device's own alarm", () => {
  const at = (active: boolean, saidAgoS: number, heardAgoS: number): Verdict => {
    const view = hand({});
    const heardAt = mono(view.now - heardAgoS * 1000);
    const own: OwnAlarm = {
      code: "x",
      text: "x",
      priority: "high",
      active,
      at: mono(view.now - saidAgoS * 1000),
    };
    const record: DeviceRecord = {
      marks: [],
      heardAt,
      breaths: 0,
      simulated: false,
      timeliness: "live",
      signals: {},
      settings: {},
      minuteVolumes: [],
    };
    return judgeOwnAlarm({ ...view, own, device: { source: CONTACT, record } });
  };

  test("holds as long as the device is heard and has not said otherwise, however long ago it said so", () => {
    expect(at(true, 3600, 1).kind).toBe("holds");
    expect(at(false, 3600, 1).kind).toBe("clear");
  });

  test("is unknown when the device is not heard, whatever its last word was", () => {
    expect(at(true, 30, 11)).toEqual({ kind: "unknown", why: "gap" });
    expect(at(false, 30, 11)).toEqual({ kind: "unknown", why: "gap" });
  });
});
