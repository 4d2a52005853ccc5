import fc from "fast-check";
import { expect, test } from "vitest";
import { CAUSES } from "../../../src/alarm/cause-table.ts";
import { cardsOf, type EvidenceOf, related } from "../../../src/alarm/causes.ts";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";
import {
  CAUSE_IDS,
  type CauseId,
  CONDITION_IDS,
  type ConditionId,
  type Occurrence,
  PRIORITIES,
  type Priority,
} from "../../../src/domain/alarm.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import type { PatientEvent } from "../../../src/rehearsal/events.ts";
import { DEFAULT_MACHINE, type MachineSettings } from "../../../src/rehearsal/machine.ts";
import { createPatient } from "../../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

interface Given {
  readonly priority?: Priority;
  readonly values?: Occurrence["values"];
  readonly card?: string;
  readonly conditions?: readonly ConditionId[];
  readonly raisedAt?: number;
}

/** An open alarm; its id is its condition. */
const alarm = (condition: ConditionId, given: Given & { readonly id?: string } = {}): Occurrence => ({
  id: given.id ?? condition,
  bed: "b1",
  condition,
  ...(given.conditions !== undefined && { conditions: given.conditions }),
  ...(given.card !== undefined && { card: given.card }),
  priority: given.priority ?? "high",
  state: "holds",
  raisedAt: wall(given.raisedAt ?? 1_000),
  values: given.values ?? {},
  simulated: false,
  drill: false,
});

type Numbers = { readonly [id in SignalId]?: readonly [value: number, usual?: number] };

const seen = (
  numbers: Numbers,
  more: {
    readonly absent?: readonly SignalId[];
    readonly own?: readonly string[];
    readonly ageMs?: number;
  } = {},
): EvidenceOf => ({
  reading(signal) {
    const found = numbers[signal];
    return found === undefined ? undefined : { value: found[0], usual: found[1], ageMs: more.ageMs ?? 500 };
  },
  absent: (signal) => more.absent?.includes(signal) === true,
  ownCodes: more.own ?? [],
});

/** All of them in one card, the first having begun it. */
const inOneCard = (conditions: readonly Occurrence[]): readonly Occurrence[] =>
  conditions.map((one, i) => (i === 0 ? one : { ...one, card: conditions[0]?.id ?? one.id }));

const cardOf = (conditions: readonly Occurrence[], evidence: EvidenceOf) => {
  const cards = cardsOf(inOneCard(conditions), evidence);
  expect(cards).toHaveLength(1);
  return cards[0];
};

const VENTILATED: Numbers = {
  leak: [5, 5],
  pressure_peak: [16, 16],
  tidal_volume_exp: [350, 350],
  minute_volume: [5.5, 5.5],
  resp_rate: [16, 16],
  therapy: [1, 1],
  spo2: [96, 96],
};

interface Case {
  readonly cause: CauseId | undefined;
  readonly when: string;
  readonly open: readonly Occurrence[];
  readonly evidence: EvidenceOf;
}

const SILENT = { values: { signals: "leak pressure_peak device" } };

const CASES: readonly Case[] = [
  {
    cause: "mask_off",
    when: "a few cmH2O remain and everything leaks",
    open: [alarm("VENT_DISCONNECT"), alarm("SPO2_LOW")],
    evidence: seen({
      ...VENTILATED,
      leak: [68, 5],
      pressure_peak: [4, 16],
      tidal_volume_exp: [0, 350],
      spo2: [86, 96],
    }),
  },
  {
    cause: "mask_off",
    when: "nobody knows the usual numbers",
    open: [alarm("VENT_DISCONNECT")],
    evidence: seen({ leak: [68], pressure_peak: [4] }),
  },
  {
    cause: "mask_off",
    when: "two signs of five without a pressure",
    open: [alarm("VENT_DISCONNECT")],
    evidence: seen({ leak: [68, 5], minute_volume: [0, 5.5] }),
  },
  {
    cause: "circuit_off",
    when: "no pressure at all",
    open: [alarm("VENT_DISCONNECT"), alarm("VENT_PRESSURE_LOW")],
    evidence: seen({ ...VENTILATED, leak: [45, 5], pressure_peak: [0.2, 16], tidal_volume_exp: [0, 350] }),
  },
  {
    cause: "large_leak",
    when: "the blower still makes up for it",
    open: [alarm("VENT_LEAK_HIGH", { priority: "medium" })],
    evidence: seen({ ...VENTILATED, leak: [53, 5] }),
  },
  {
    cause: "large_leak",
    when: "oxygen falls with it, and the volumes are guesses",
    open: [alarm("SPO2_LOW"), alarm("LEAK_DESAT")],
    evidence: seen({ ...VENTILATED, leak: [53, 5], tidal_volume_exp: [200, 350], spo2: [86, 96] }),
  },
  {
    cause: "large_leak",
    when: "the machine tells no leak, and its pressure gives way with the volume",
    open: [alarm("SPO2_LOW")],
    evidence: seen({ pressure_peak: [11, 16], tidal_volume_exp: [168, 348], spo2: [83, 96] }),
  },
  {
    cause: "obstruction",
    when: "pressure as before, hardly any volume",
    open: [alarm("SPO2_CRIT", { conditions: ["SPO2_LOW", "SPO2_CRIT"] })],
    evidence: seen({ ...VENTILATED, tidal_volume_exp: [15, 350], minute_volume: [0.2, 5.5], spo2: [69, 96] }),
  },
  {
    cause: "obstruction",
    when: "secretions take more than a third of each breath",
    open: [alarm("SPO2_LOW"), alarm("VENT_VTE_LOW")],
    evidence: seen({
      ...VENTILATED,
      tidal_volume_exp: [206, 350],
      minute_volume: [3.3, 5.5],
      spo2: [86, 96],
    }),
  },
  {
    cause: "hypoventilation",
    when: "breaths shrink by a fifth in sleep",
    open: [alarm("SPO2_LOW")],
    evidence: seen({
      ...VENTILATED,
      tidal_volume_exp: [268, 350],
      minute_volume: [4.3, 5.5],
      spo2: [87, 97],
    }),
  },
  {
    cause: "hypoventilation",
    when: "no breath comes and the tube is at its end pressure",
    open: [alarm("VENT_APNEA"), alarm("SPO2_LOW")],
    evidence: seen(
      {
        leak: [3, 3],
        pressure_peak: [6, 16],
        minute_volume: [0, 5],
        resp_rate: [0, 16],
        apnea_duration: [28, 0],
      },
      { absent: ["tidal_volume_exp"] },
    ),
  },
  {
    cause: "hypoventilation",
    when: "CO2 rises and nothing else shows",
    open: [alarm("TCCO2_HIGH", { priority: "medium" })],
    evidence: seen({ tcco2: [57, 46] }),
  },
  {
    cause: "ventilator_off",
    when: "it says so",
    open: [alarm("VENT_OFF_EXPECTED")],
    evidence: seen({ therapy: [0, 1], spo2: [95, 96] }),
  },
  {
    cause: "ventilator_off",
    when: "its port is silent and oxygen falls",
    open: [alarm("DATA_STALE", { priority: "medium", ...SILENT }), alarm("SPO2_LOW")],
    evidence: seen({ spo2: [86, 96] }, { absent: ["leak", "pressure_peak"] }),
  },
  {
    cause: "ventilator_off",
    when: "its port is silent and its alarm contact calls",
    open: [alarm("DATA_STALE", { priority: "medium", ...SILENT }), alarm("VENT_REMOTE_ALARM")],
    evidence: seen({ remote_alarm: [1, 0] }, { absent: ["leak", "pressure_peak"] }),
  },
  {
    cause: "circuit_off",
    when: "the machine tells no leak, and neither pressure nor volume is left",
    open: [alarm("VENT_PRESSURE_LOW")],
    evidence: seen({ pressure_peak: [0.2, 16], tidal_volume_exp: [0, 350] }),
  },
  {
    cause: "mask_off",
    when: "the machine tells no leak, and pressure and volume are gone",
    open: [alarm("VENT_PRESSURE_LOW")],
    evidence: seen({ pressure_peak: [3.4, 16], tidal_volume_exp: [0, 350] }),
  },
  {
    cause: "mains_lost",
    when: "it runs on its battery",
    open: [alarm("VENT_MAINS_LOST", { priority: "medium" })],
    evidence: seen({ mains: [0, 1], battery_minutes: [230, 240] }),
  },
  {
    cause: "mains_lost",
    when: "the ventilator itself complains of its battery",
    open: [alarm("VENT_OWN", { priority: "medium" })],
    evidence: seen({ ...VENTILATED, tidal_volume_exp: [290, 350] }, { own: ["battery_low"] }),
  },
  {
    cause: "sensor_off",
    when: "the oximeter measures nothing",
    open: [alarm("OXI_SENSOR_OFF", { priority: "medium" })],
    evidence: seen(VENTILATED, { absent: ["spo2", "pulse_rate"] }),
  },
  {
    cause: "sensor_failing",
    when: "the oximeter doubts a low value",
    open: [
      alarm("SPO2_LOW_UNCERTAIN", { priority: "medium" }),
      alarm("OXI_POOR_SIGNAL", { priority: "medium" }),
    ],
    evidence: seen({ ...VENTILATED, spo2: [86, 96], perfusion_index: [0.2, 2] }),
  },
  {
    cause: "link_lost",
    when: "a device is silent and nothing else is wrong",
    open: [alarm("DATA_STALE", { priority: "medium", ...SILENT })],
    evidence: seen({ spo2: [96, 96] }, { absent: ["leak", "pressure_peak"] }),
  },
  {
    cause: "box_lost",
    when: "the hub no longer hears the box",
    open: [alarm("EDGE_OFFLINE")],
    evidence: seen({}),
  },
  {
    cause: "patient_calls",
    when: "the patient calls, whatever else is wrong",
    open: [alarm("PATIENT_CALL")],
    evidence: seen({ leak: [84, 5], pressure_peak: [3, 16] }),
  },
  {
    cause: undefined,
    when: "oxygen falls and every number of the ventilator is as usual",
    open: [alarm("SPO2_LOW")],
    evidence: seen({ ...VENTILATED, spo2: [86, 96] }),
  },
  {
    cause: undefined,
    when: "oxygen falls and there is no ventilator to ask",
    open: [alarm("SPO2_LOW"), alarm("PR_HIGH", { priority: "medium" })],
    evidence: seen({ spo2: [86, 96] }),
  },
];

test.each(CASES)("$cause: $when", ({ cause, open, evidence }) => {
  expect(cardOf(open, evidence)?.cause).toBe(cause);
});

test("every cause has a case", () => {
  expect(new Set(CASES.flatMap(({ cause }) => cause ?? []))).toEqual(new Set(CAUSE_IDS));
  expect(CAUSES.map(({ id }) => id)).toEqual(CAUSE_IDS);
});

const TRAPS: readonly (Case & { readonly not: CauseId })[] = [
  {
    not: "sensor_off",
    cause: undefined,
    when: "a pulse that is lost with the sensor on is no sensor that is off",
    open: [alarm("PULSE_LOST")],
    evidence: seen({ spo2: [88, 96] }, { absent: ["pulse_rate"] }),
  },
  {
    not: "sensor_failing",
    cause: undefined,
    when: "oxygen that is too low to measure is not the sensor's fault",
    open: [alarm("SPO2_UNDER_RANGE"), alarm("OXI_POOR_SIGNAL", { priority: "medium" })],
    evidence: seen({ perfusion_index: [0.2, 2] }, { absent: ["spo2"] }),
  },
  {
    not: "sensor_failing",
    cause: "hypoventilation",
    when: "a doubted low with breaths too small is about the breaths",
    open: [
      alarm("SPO2_LOW_UNCERTAIN", { priority: "medium" }),
      alarm("OXI_POOR_SIGNAL", { priority: "medium" }),
    ],
    evidence: seen({ ...VENTILATED, minute_volume: [3.9, 5.5], spo2: [86, 96], perfusion_index: [0.2, 2] }),
  },
  {
    not: "ventilator_off",
    cause: "link_lost",
    when: "an oximeter that is silent beside a ventilator that rests says nothing of the ventilator",
    open: [alarm("DATA_STALE", { values: { signals: "spo2 pulse_rate device" } })],
    evidence: seen({ therapy: [0, 0] }, { absent: ["spo2", "leak", "pressure_peak"] }),
  },
  {
    not: "ventilator_off",
    cause: "hypoventilation",
    when: "a machine that has no breath to measure and still holds its pressure is on",
    open: [
      alarm("VENT_APNEA"),
      alarm("SPO2_LOW"),
      alarm("DATA_STALE", { values: { signals: "tidal_volume_exp" } }),
    ],
    evidence: seen(
      { pressure_peak: [6, 16], leak: [3, 3], apnea_duration: [80, 0], spo2: [70, 96] },
      { absent: ["tidal_volume_exp"] },
    ),
  },
  {
    not: "mask_off",
    cause: "hypoventilation",
    when: "without a breath the pressure stands at its end, and no mask is open",
    open: [alarm("VENT_PRESSURE_LOW"), alarm("VENT_APNEA")],
    evidence: seen({ pressure_peak: [5, 16], tidal_volume_exp: [0, 350], apnea_duration: [22, 0] }),
  },
  {
    not: "link_lost",
    cause: undefined,
    when: "a link that is lost does not hide oxygen that was low",
    open: [
      alarm("SPO2_LOW", { priority: "medium" }),
      alarm("DATA_STALE", { values: { signals: "spo2 device" } }),
    ],
    evidence: seen({ spo2: [86, 96] }, { absent: ["spo2"] }),
  },
  {
    not: "obstruction",
    cause: "large_leak",
    when: "small volumes in a large leak are no obstruction",
    open: [alarm("SPO2_LOW"), alarm("VENT_VTE_LOW")],
    evidence: seen({ ...VENTILATED, leak: [60, 5], tidal_volume_exp: [120, 350], spo2: [86, 96] }),
  },
  {
    not: "obstruction",
    cause: undefined,
    when: "a sealed mask under which the pressure sinks is neither a blockage nor a leak",
    open: [alarm("SPO2_LOW")],
    evidence: seen({
      ...VENTILATED,
      pressure_peak: [11, 16],
      tidal_volume_exp: [168, 348],
      minute_volume: [3, 5.5],
    }),
  },
  {
    not: "mask_off",
    cause: "large_leak",
    when: "a mask under which the pressure stands is not off",
    open: [alarm("VENT_DISCONNECT"), alarm("VENT_LEAK_HIGH", { priority: "medium" })],
    evidence: seen({ ...VENTILATED, leak: [70, 5], minute_volume: [1.5, 5.5] }),
  },
  {
    not: "mask_off",
    cause: "ventilator_off",
    when: "a machine that stands has no pressure either",
    open: [alarm("VENT_DISCONNECT"), alarm("SPO2_LOW")],
    evidence: seen({ therapy: [0, 1], pressure_peak: [0, 16], leak: [0, 5], spo2: [86, 96] }),
  },
  {
    not: "mask_off",
    cause: undefined,
    when: "numbers of a minute ago are no evidence",
    open: [alarm("SPO2_LOW")],
    evidence: seen({ leak: [68, 5], pressure_peak: [4, 16], spo2: [86, 96] }, { ageMs: 60_000 }),
  },
  {
    not: "large_leak",
    cause: undefined,
    when: "a leak that has always been there explains nothing new",
    open: [alarm("SPO2_LOW")],
    evidence: seen({ ...VENTILATED, leak: [26, 25], spo2: [86, 96] }),
  },
  {
    not: "hypoventilation",
    cause: undefined,
    when: "what the machine says of its gas supply is not put down to small breaths",
    open: [alarm("VENT_OWN", { priority: "medium" })],
    evidence: seen({ ...VENTILATED, minute_volume: [4.3, 5.5] }, { own: ["oxygen_supply_low"] }),
  },
  {
    not: "ventilator_off",
    cause: undefined,
    when: "a fast pulse is not put down to a ventilator that is off by day",
    open: [alarm("PR_HIGH", { priority: "medium" })],
    evidence: seen({ therapy: [0, 0], spo2: [95, 95] }),
  },
];

test.each(TRAPS)("not $not: $when", ({ cause, open, evidence }) => {
  expect(cardOf(open, evidence)?.cause).toBe(cause);
});

test("the evidence says what spoke for the cause, and which way it went", () => {
  const card = cardOf(
    [alarm("VENT_DISCONNECT"), alarm("SPO2_LOW")],
    seen({ ...VENTILATED, leak: [68, 5], pressure_peak: [4, 16], spo2: [86, 96] }),
  );
  expect(card?.evidence).toEqual([
    { name: "leak", value: 68, trend: "up" },
    { name: "pressure_peak", value: 4, trend: "down" },
    { name: "spo2", value: 86, trend: "falling" },
  ]);
});

test("a loss shows how long it has lasted, and what is gone with its last value", () => {
  const stale = alarm("DATA_STALE", { priority: "medium", values: { signals: "leak device", seconds: 34 } });
  expect(cardOf([stale], seen({}))?.evidence).toEqual([{ name: "seconds", value: 34 }]);
  const off = cardOf(
    [alarm("OXI_SENSOR_OFF")],
    seen({ spo2: [79, 96] }, { absent: ["spo2"], ageMs: 40_000 }),
  );
  expect(off?.evidence).toEqual([{ name: "spo2", value: 79, trend: "gone" }]);
});

test("an alarm about the person leads a card, and the card is as urgent as its most urgent member", () => {
  const stale = alarm("DATA_STALE", { ...SILENT, priority: "high", raisedAt: 1 });
  const low = alarm("SPO2_LOW", { priority: "high", raisedAt: 2 });
  const fast = alarm("PR_HIGH", { priority: "medium", raisedAt: 0 });
  const card = cardOf([stale, fast, low], seen({}));
  expect(card).toMatchObject({ id: "DATA_STALE", priority: "high" });
  expect(card?.members).toEqual(["SPO2_LOW", "DATA_STALE", "PR_HIGH"]);
});

test("a card goes on when the alarm that began it is over", () => {
  const cards = cardsOf(
    [alarm("SPO2_LOW", { card: "gone" }), alarm("VENT_VTE_LOW", { card: "gone" })],
    seen({}),
  );
  expect(cards.map(({ id, members }) => ({ id, members }))).toEqual([
    { id: "gone", members: ["SPO2_LOW", "VENT_VTE_LOW"] },
  ]);
});

test("a ventilator that fell silent minutes before oxygen falls is probably off; one lost for an hour is not why", () => {
  const silent = alarm("DATA_STALE", { priority: "medium", ...SILENT, raisedAt: 1 });
  const causeOfLow = (afterMin: number) =>
    cardsOf([silent, alarm("SPO2_LOW", { raisedAt: 1 + afterMin * 60_000 })], seen({ spo2: [86, 96] })).find(
      ({ id }) => id === "SPO2_LOW",
    )?.cause;
  expect(causeOfLow(2)).toBe("ventilator_off");
  expect(causeOfLow(60)).toBeUndefined();
});

test("a call is always a card of its own, and comes first among equals", () => {
  const open = [
    alarm("SPO2_LOW", { raisedAt: 1 }),
    alarm("PATIENT_CALL", { id: "call-1", card: "SPO2_LOW", raisedAt: 2 }),
    alarm("PATIENT_CALL", { id: "call-2", card: "call-1", raisedAt: 3 }),
    alarm("PR_LOW", { card: "call-1", raisedAt: 4 }),
  ];
  expect(cardsOf(open, seen({})).map(({ id }) => id)).toEqual(["call-1", "call-2", "SPO2_LOW", "PR_LOW"]);
  for (const id of CONDITION_IDS) expect(related("PATIENT_CALL", id)).toBe(false);
});

test("what belongs together may share a card; what does not never does", () => {
  const pairs = (a: ConditionId, ...others: readonly ConditionId[]) => others.map((b) => related(a, b));
  expect(pairs("VENT_DISCONNECT", "SPO2_LOW", "VENT_MV_LOW", "VENT_LEAK_HIGH", "VENT_APNEA")).not.toContain(
    false,
  );
  expect(
    pairs("SPO2_LOW", "OXI_SENSOR_OFF", "DEV_BATTERY", "NET_DOWN", "CARE_DUE", "PULSE_LOST"),
  ).not.toContain(true);
  expect(pairs("OXI_SENSOR_OFF", "VENT_DISCONNECT", "DATA_STALE", "SPO2_UNDER_RANGE")).not.toContain(true);
  for (const a of CONDITION_IDS) for (const b of CONDITION_IDS) expect(related(a, b)).toBe(related(b, a));
});

const TECHNICAL = new Set(CONDITIONS.filter(({ technical }) => technical).map(({ id }) => id));

const anyAlarm = fc.record({
  condition: fc.constantFrom(...CONDITION_IDS),
  priority: fc.constantFrom(...PRIORITIES),
  card: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
  raisedAt: fc.integer({ min: 0, max: 3 }),
});

test("whatever is open, it is in one card, and no technical cause stands above an alarm about the person", () => {
  fc.assert(
    fc.property(
      fc.array(anyAlarm, { maxLength: 12 }),
      fc.dictionary(
        fc.constantFrom("leak", "pressure_peak", "therapy", "spo2", "tidal_volume_exp"),
        fc.float(),
      ),
      fc.constantFrom([], ["disconnect"], ["battery_low"], ["obstruction"]),
      (given, values, own) => {
        const open = given.map(({ condition, priority, card, raisedAt }, i) =>
          alarm(condition, {
            id: `o${i}`,
            priority,
            raisedAt,
            ...(card !== undefined && { card: `o${card}` }),
          }),
        );
        const numbers = Object.fromEntries(
          Object.entries(values).map(([id, value]) => [id, [value] as const]),
        );
        const cards = cardsOf(open, seen(numbers, { own }));
        expect(cards.flatMap(({ members }) => members).toSorted()).toEqual(
          open.map(({ id }) => id).toSorted(),
        );
        expect(new Set(cards.map(({ id }) => id)).size).toBe(cards.length);
        for (const { cause, members, priority } of cards) {
          const inside = open.filter(({ id }) => members.includes(id));
          const ranks = members.map((id) =>
            PRIORITIES.indexOf(open.find((one) => one.id === id)?.priority ?? "low"),
          );
          expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
          expect(priority).toBe(PRIORITIES[ranks[0] ?? 0]);
          const found = CAUSES.find(({ id }) => id === cause);
          if (found?.technical !== true) continue;
          for (const { condition } of inside) {
            expect(TECHNICAL.has(condition) || condition === "SPO2_LOW_UNCERTAIN", condition).toBe(true);
          }
        }
      },
    ),
  );
});

/** What the virtual bed shows `afterS` seconds after an event, against what it showed just before. */
async function bedAfter(
  event: PatientEvent,
  mode: MachineSettings["mode"],
  afterS: number,
): Promise<EvidenceOf> {
  const clock = createVirtualClock(wall(1_700_000_000_000));
  const patient = createPatient({
    clock,
    random: createSeededRandom(5),
    machine: { ...DEFAULT_MACHINE, mode },
  });
  await clock.advance(120_000);
  const signals = [
    "leak",
    "pressure_peak",
    "tidal_volume_exp",
    "minute_volume",
    "resp_rate",
    "apnea_duration",
  ];
  const all = [...signals, "therapy", "mains", "spo2"] as const as readonly SignalId[];
  const usual = new Map(all.map((id) => [id, patient.sample(id)]));
  patient.apply(event);
  for (let s = 0; s < afterS; s += 5) {
    await clock.advance(5_000);
    patient.sample("spo2");
  }
  const own = patient.ownAlarms();
  return {
    reading(id) {
      const value = patient.sample(id);
      const before = usual.get(id);
      if (typeof value !== "number") return undefined;
      return { value, ageMs: 300, usual: typeof before === "number" ? before : undefined };
    },
    absent: (id) => typeof patient.sample(id) !== "number",
    ownCodes: own,
  };
}

interface Night {
  readonly event: PatientEvent;
  readonly mode: MachineSettings["mode"];
  readonly afterS: number;
  readonly cause: CauseId;
  readonly open: readonly ConditionId[];
}

const NIGHTS: readonly Night[] = [
  { event: "mask_off", mode: "ST", afterS: 30, cause: "mask_off", open: ["VENT_DISCONNECT"] },
  { event: "mask_off", mode: "S", afterS: 40, cause: "mask_off", open: ["VENT_DISCONNECT", "VENT_APNEA"] },
  { event: "mask_off", mode: "ST", afterS: 120, cause: "mask_off", open: ["VENT_DISCONNECT", "SPO2_LOW"] },
  { event: "circuit_off", mode: "ST", afterS: 30, cause: "circuit_off", open: ["VENT_DISCONNECT"] },
  {
    event: "circuit_off",
    mode: "S",
    afterS: 40,
    cause: "circuit_off",
    open: ["VENT_APNEA", "VENT_DISCONNECT"],
  },
  { event: "leak_large", mode: "ST", afterS: 70, cause: "large_leak", open: ["VENT_LEAK_HIGH"] },
  { event: "obstruction", mode: "ST", afterS: 40, cause: "obstruction", open: ["SPO2_LOW"] },
  { event: "obstruction", mode: "ST", afterS: 25, cause: "obstruction", open: ["VENT_OBSTRUCTION"] },
  { event: "secretions", mode: "ST", afterS: 110, cause: "obstruction", open: ["SPO2_LOW"] },
  { event: "rem", mode: "ST", afterS: 170, cause: "hypoventilation", open: ["SPO2_LOW"] },
  { event: "apnea", mode: "S", afterS: 40, cause: "hypoventilation", open: ["VENT_APNEA"] },
  { event: "ventilator_off", mode: "ST", afterS: 110, cause: "ventilator_off", open: ["SPO2_LOW"] },
  { event: "probe_off", mode: "ST", afterS: 40, cause: "sensor_off", open: ["OXI_SENSOR_OFF"] },
  { event: "mains_lost", mode: "ST", afterS: 20, cause: "mains_lost", open: ["VENT_MAINS_LOST"] },
];

test.each(NIGHTS)("virtual bed: $event in $mode, after $afterS s, is $cause", async (night) => {
  const evidence = await bedAfter(night.event, night.mode, night.afterS);
  const open = night.open.map((id) => alarm(id));
  expect(cardOf(open, evidence)?.cause).toBe(night.cause);
});
