import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { condition } from "../../../src/alarm/condition.ts";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import { type EngineInput, step } from "../../../src/alarm/engine.ts";
import { startState } from "../../../src/alarm/state.ts";
import type { AlarmCommand } from "../../../src/domain/alarm.ts";
import type { ObservationBody } from "../../../src/domain/observation.ts";
import { ABSENCES, absent } from "../../../src/domain/sample.ts";
import { SIGNAL_IDS } from "../../../src/domain/signal.ts";
import { mono, wall } from "../../../src/domain/time.ts";
import { ANNA, Bedside, EVENING, OXIMETER, setupOf, treated, VENTILATOR } from "./bedside.ts";

const setup = setupOf({ sources: [OXIMETER, VENTILATOR] });
const start = startState({ mono: mono(0), wall: wall(EVENING), trusted: true }, "b1");

/** Anything at all that could come, sensible or not. */
const wildNumber = fc.oneof(
  fc.integer({ min: -5, max: 400 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e308),
);
const wildSample = fc.oneof(
  wildNumber,
  fc.constantFrom(...ABSENCES).map(absent),
  fc.constantFrom(null, undefined, "12", {}, { absent: "no such reason" }, []),
);
const wildBody = fc.oneof(
  fc.record({
    kind: fc.constant("samples"),
    samples: fc.dictionary(fc.constantFrom(...SIGNAL_IDS, "no_such_signal", "__proto__"), wildSample, {
      maxKeys: 6,
    }),
    counter: fc.option(wildNumber, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("breath"), breath: fc.constant({}) }),
  fc.record({
    kind: fc.constant("wave"),
    rateHz: fc.constant(50),
    channels: fc.dictionary(fc.constantFrom("flow", "pleth"), fc.array(wildNumber, { maxLength: 5 })),
  }),
  fc.record({
    kind: fc.constant("settings"),
    settings: fc.dictionary(fc.constantFrom("ipap", "mode", "nonsense"), fc.oneof(wildNumber, fc.string())),
  }),
  fc.record({
    kind: fc.constantFrom("status", "identity", "ownAlarm"),
    codes: fc.constant([]),
    alarms: fc.constant([]),
  }),
) as unknown as fc.Arbitrary<ObservationBody>;

const wildCommand = fc.oneof(
  fc.record({
    kind: fc.constantFrom("acknowledge", "with_patient"),
    id: fc.string({ maxLength: 3 }),
    occurrence: fc.integer({ min: 0, max: 9 }).map((n) => `b1-abcdefghij-${n}`),
    by: fc.constant(ANNA),
    place: fc.constantFrom("going", "bedside"),
  }),
  fc.record({
    kind: fc.constantFrom("start_watch", "end_watch"),
    id: fc.string({ maxLength: 3 }),
    by: fc.constant(ANNA),
  }),
  fc.record({
    kind: fc.constant("call"),
    id: fc.string({ maxLength: 3 }),
    call: fc.constant({ how: "key", kind: "come" }),
  }),
  fc.record({
    kind: fc.constant("drill"),
    id: fc.string({ maxLength: 3 }),
    forMs: wildNumber,
    by: fc.constant(ANNA),
  }),
  fc.record({
    kind: fc.constant("self_fault"),
    id: fc.string({ maxLength: 3 }),
    condition: fc.constantFrom("DB_WRITE_FAIL", "RULE_ERROR"),
    active: fc.boolean(),
    detail: fc.string(),
  }),
) as unknown as fc.Arbitrary<AlarmCommand>;

/** Inputs in order of time, with leaps, steps of the wall clock and times that are no numbers. */
const wildInputs = fc
  .array(
    fc.record({
      ms: fc.oneof(fc.constantFrom(0, 1, 500, 1000, 1000, 1000), fc.integer({ min: -2000, max: 90_000 })),
      wallMs: fc.integer({ min: -7_200_000, max: 7_200_000 }),
      broken: fc.integer({ min: 0, max: 40 }).map((n) => n === 0),
      what: fc.oneof(
        { weight: 3, arbitrary: fc.constant("tick" as const) },
        { weight: 5, arbitrary: fc.tuple(fc.constantFrom("oxi", "vent", "new"), wildBody) },
        { weight: 1, arbitrary: wildCommand },
      ),
      timeliness: fc.constantFrom("live" as const, "live" as const, "delayed" as const, "late" as const),
      simulated: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((list): EngineInput[] => {
    let now = 0;
    return list.map(({ ms, wallMs, broken, what, timeliness, simulated }, seq) => {
      now += ms;
      const at = mono(broken ? Number.NaN : now);
      const wallAt = wall(EVENING + now + wallMs);
      if (what === "tick") return { kind: "tick", mono: at, at: wallAt, trusted: wallMs % 2 === 0 };
      if (!Array.isArray(what)) return { kind: "command", mono: at, at: wallAt, command: what };
      const [device, body] = what;
      const observation = {
        device,
        bed: "b1",
        epoch: "e",
        seq,
        at: wallAt,
        mono: at,
        simulated,
        timeliness,
        body,
      };
      return { kind: "observation", observation };
    });
  });

describe("the engine as a function", () => {
  test("survives whatever comes, and no rule fails on it", () => {
    fc.assert(
      fc.property(wildInputs, (inputs) => {
        let state = start;
        for (const input of inputs) {
          const { events, state: next } = step(setup, state, input);
          expect(next.mono).toBeGreaterThanOrEqual(state.mono);
          expect(events.filter(({ occurrence }) => "rule" in occurrence.values)).toEqual([]);
          state = next;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("gives the same for the same, to the bit, and changes nothing that it was given", () => {
    fc.assert(
      fc.property(wildInputs, (inputs) => {
        const results = [1, 2].map(() => {
          let state = start;
          return JSON.stringify(
            inputs.map((input) => {
              const before = JSON.stringify(state);
              const result = step(setup, state, input);
              expect(JSON.stringify(state)).toBe(before);
              state = result.state;
              return result;
            }),
          );
        });
        expect(results[0]).toBe(results[1]);
      }),
      { numRuns: 60 },
    );
  });

  test("has a state that is plain JSON: read back at any point it goes on the same", () => {
    fc.assert(
      fc.property(wildInputs, (inputs) => {
        let plain = start;
        let readBack = start;
        for (const input of inputs) {
          const one = step(setup, plain, input);
          const other = step(setup, readBack, input);
          expect(other.events).toEqual(one.events);
          expect(other.state).toEqual(one.state);
          plain = one.state;
          readBack = JSON.parse(JSON.stringify(other.state));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("an input without a time leaves the state as it was", () => {
    const { state } = step(setup, start, { kind: "tick", mono: mono(Number.NaN), at: wall(EVENING) });
    expect(state).toBe(start);
  });

  test("counts occurrence ids within the bed and the journal", () => {
    const bed = new Bedside();
    bed.run(40, () => bed.oxi(85, 45));
    expect(bed.fold.open.map(({ id }) => id).toSorted()).toEqual(["b1-abcdefghij-1", "b1-abcdefghij-2"]);
  });

  test("remembers a bounded number of devices", () => {
    const bed = new Bedside();
    for (let i = 0; i < 100; i++) bed.samples(`stray${i}`, { spo2: 97 });
    expect(Object.keys(bed.state.live.devices).length).toBeLessThanOrEqual(16);
  });
});

describe("a rule that fails", () => {
  const failing = (when: (second: number) => boolean) => {
    const bad = condition({
      id: "PR_LOW",
      rule: "",
      source: "",
      scope: "bed",
      technical: false,
      liveOnly: false,
      canBeOff: true,
      settings: {},
      priority: { A: "medium", B: "medium", C: "medium" },
      rises: "",
      clears: "",
      latch: "V",
      gating: "",
      values: [],
      judge(view) {
        if (when(Math.floor((view.now - 5_000_123) / 1000))) throw new Error("divided by zero");
        return { kind: "waiting" };
      },
    });
    return CONDITIONS.map((one) => (one.id === "PR_LOW" ? bad : one));
  };

  test("is an alarm of its own, once, and the other rules go on", () => {
    const bed = new Bedside({ conditions: failing(() => true) }).at(85, 120);
    expect(bed.lines("RULE_ERROR", "SPO2_LOW")).toEqual([
      "0 occurred RULE_ERROR high",
      "30 occurred SPO2_LOW high",
    ]);
    expect(bed.open("RULE_ERROR")?.values).toEqual({ rule: "PR_LOW", detail: "divided by zero" });
    expect(bed.fold.unknown).toContainEqual({ condition: "PR_LOW", why: "rule_error" });
  });

  test("ends once it has judged without a fault for a minute", () => {
    const bed = new Bedside({ conditions: failing((second) => second >= 10 && second < 20) }).at(96, 100);
    expect(bed.lines()).toEqual(["10 occurred RULE_ERROR high", "80 ended RULE_ERROR high recovered"]);
  });

  test("that fails now and then stays open", () => {
    const bed = new Bedside({ conditions: failing((second) => second % 30 === 0) }).at(96, 600);
    expect(bed.lines()).toEqual(["0 occurred RULE_ERROR high"]);
  });
});

describe("settings", () => {
  test("a condition that a person switches off ends by settings, and does not ring again", () => {
    const bed = new Bedside().at(85, 40);
    Object.assign(bed, { setup: setupOf({ limits: { SPO2_LOW: { on: false } } }) });
    bed.at(85, 60);
    expect(bed.lines("SPO2_LOW")).toEqual(["30 occurred SPO2_LOW high", "40 ended SPO2_LOW high settings"]);
  });

  test("with OXI_SENSOR_OFF switched off a sensor that is off is stale data", () => {
    const bed = new Bedside({ limits: { OXI_SENSOR_OFF: { on: false } } }).at(96, 10);
    bed.run(60, () => bed.oxi(absent("sensor_off"), absent("sensor_off")));
    expect(bed.lines("OXI_SENSOR_OFF", "DATA_STALE")).toEqual(["39 occurred DATA_STALE medium"]);
  });

  test("a new limit counts from the next sample", () => {
    const bed = new Bedside({ sources: [OXIMETER, VENTILATOR] });
    bed.run(20, () => {
      bed.oxi(90);
      bed.samples("vent", treated(bed.second));
    });
    Object.assign(bed, { setup: setupOf({ limits: { SPO2_LOW: { limit: 92, delay_s: 5 } } }) });
    bed.at(90, 10);
    expect(bed.lines("SPO2_LOW")).toEqual(["25 occurred SPO2_LOW high"]);
  });
});
