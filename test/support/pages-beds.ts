// Beds, alarms and nights as a server would tell them to pages: values that belong together, for tests and pictures.
import type { AcknowledgePlace, Card, ConditionId, Occurrence } from "../../src/domain/alarm.ts";
import { absent } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import {
  atLocal,
  HOUR_MS,
  MINUTE_MS,
  type Night,
  nightBounds,
  SECOND_MS,
  wall,
} from "../../src/domain/time.ts";
import type {
  CommissioningView,
  DeviceView,
  FrameLine,
  SimulationView,
} from "../../src/server/contract/technician.ts";
import type { BedState, LiveSample, NightResponse, SourceView, Strip } from "../../src/server/contract.ts";

export const ZONE = "Asia/Taipei";
/** A quarter past two at night, in the zone of the bed. */
export const NOW = atLocal("2026-11-22", 2 * 60 + 15, ZONE);

const OXIMETER = "oximeter234";
const VENTILATOR = "ventilat567";

/** The newest numbers of a quiet night. */
const QUIET: { readonly [id in SignalId]?: number } = {
  spo2: 95,
  pulse_rate: 72,
  perfusion_index: 2.4,
  resp_rate: 15.2,
  tidal_volume_insp: 498,
  tidal_volume_exp: 486,
  minute_volume: 7.4,
  pressure_peak: 16.2,
  pressure_exp: 5.1,
  leak: 6,
};

const isOxygen = (id: string): boolean => ["spo2", "pulse_rate", "perfusion_index"].includes(id);

/** Signals with one age, or with an age per signal. */
export function signalsAt(
  ageMs: number | { readonly [id in SignalId]?: number },
  values: { readonly [id in SignalId]?: number | "off" } = {},
): BedState["signals"] {
  const all = { ...QUIET, ...values };
  const entries = Object.entries(all).map(([id, value]): [string, LiveSample] => [
    id,
    {
      sample: value === "off" ? absent("sensor_off") : value,
      ageMs: typeof ageMs === "number" ? ageMs : (ageMs[id as SignalId] ?? 400),
      device: isOxygen(id) ? OXIMETER : VENTILATOR,
    },
  ]);
  return Object.fromEntries(entries);
}

export const oximeter: SourceView = {
  device: OXIMETER,
  family: "nonin-serial",
  label: "Nonin",
  role: "oximeter",
  link: "open",
  simulated: true,
  timeliness: "live",
  ageMs: 400,
};

export const ventilator: SourceView = {
  device: VENTILATOR,
  family: "pb-840",
  label: "PB 840",
  role: "ventilator",
  link: "open",
  simulated: true,
  timeliness: "live",
  ageMs: 700,
};

/** What may be answered where nothing is open. */
export const answers: BedState["answers"] = {
  care: { suction: 5, turn: 10, mask: 5, wash: 10, cough_assist: 10 },
  pauses: {},
  watching: [],
};

/** A watched, simulated bed on a quiet night; override what the test is about. */
export function bedState(
  overrides: Partial<BedState> & { readonly alarms?: BedState["alarms"] } = {},
): BedState {
  return {
    bed: "b1",
    label: "Bed 1",
    zone: ZONE,
    simulated: true,
    signals: signalsAt(400),
    sources: [oximeter, ventilator],
    alarms: alarms([]),
    answers,
    readiness: {
      sounder: { ok: true, detail: "" },
      targets: [
        { id: "t1", label: "iPhone · Safari", person: "Mei", channel: "webpush", provenAgeMs: 4 * HOUR_MS },
        { id: "t2", label: "Android · Chrome", person: "Wei", channel: "webpush" },
      ],
      durable: true,
    },
    ...overrides,
  };
}

export function alarms(
  open: readonly Occurrence[],
  overrides: Partial<BedState["alarms"]> = {},
): BedState["alarms"] {
  return {
    bed: "b1",
    revision: 1,
    at: NOW,
    watch: {
      on: true,
      reason: "person",
      since: wall(NOW - 4 * HOUR_MS),
      by: { id: "p1", name: "Mei" },
    },
    open,
    unknown: [],
    cards: open.map(({ id, priority }) => ({ id, priority, members: [id], evidence: [] })),
    past: [],
    pauses: [],
    limits: { version: 0, off: [] },
    ...overrides,
  };
}

export const notWatching: BedState["alarms"]["watch"] = { on: false, reason: "off", since: NOW };

export function occurrence(condition: ConditionId, overrides: Partial<Occurrence> = {}): Occurrence {
  return {
    id: `b1-journal234-${condition}`,
    bed: "b1",
    condition,
    priority: "high",
    state: "holds",
    raisedAt: wall(NOW - 42 * SECOND_MS),
    values: {},
    simulated: true,
    drill: false,
    ...overrides,
  };
}

export const acknowledgement = (name: string, place: AcknowledgePlace = "going") => ({
  by: { id: `person-${name}`, name },
  at: wall(NOW - 12 * SECOND_MS),
  until: wall(NOW + 3 * MINUTE_MS),
  place,
});

const maskSignals = signalsAt(400, {
  spo2: 86,
  pulse_rate: 104,
  tidal_volume_exp: 90,
  minute_volume: 1.8,
  pressure_peak: 4.2,
  pressure_exp: 1.1,
  leak: 68,
});

/** Mask off: leak and pressure at once, oxygen a minute later; one card with its cause. */
export function maskOff(change: (occurrence: Occurrence) => Occurrence = (same) => same): BedState {
  const disconnect = occurrence("VENT_DISCONNECT", { values: { leak: 68, pressure_peak: 4.2 } });
  const low = occurrence("SPO2_LOW", {
    values: { spo2: 86 },
    raisedAt: wall(NOW - 9 * SECOND_MS),
    card: disconnect.id,
  });
  const card: Card = {
    id: disconnect.id,
    cause: "mask_off",
    priority: "high",
    members: [low.id, disconnect.id],
    evidence: [
      { name: "leak", value: 68, trend: "up" },
      { name: "pressure_peak", value: 4.2, trend: "down" },
      { name: "spo2", value: 86, trend: "falling" },
    ],
  };
  const open = [low, disconnect].map(change);
  return bedState({
    signals: maskSignals,
    alarms: alarms(open, { cards: [card] }),
    answers: { ...answers, pauses: { [low.id]: 10 * MINUTE_MS, [disconnect.id]: 10 * MINUTE_MS } },
  });
}

/** The finger sensor has slipped: nobody can mend it while the person sleeps on that hand. */
export function sensorOff(changes: Partial<Occurrence> = {}): BedState {
  const off = occurrence("OXI_SENSOR_OFF", { priority: "medium", subject: OXIMETER, ...changes });
  return bedState({
    signals: signalsAt(400, { spo2: "off", pulse_rate: "off", perfusion_index: "off" }),
    alarms: alarms([off]),
    answers: { ...answers, pauses: { [off.id]: 15 * MINUTE_MS }, watching: [off.id] },
  });
}

const mei = { id: "p1", name: "Mei" };

/** Care under way, a pause, traces of the night, limits that are wider for a time. */
export function busyNight(): BedState {
  const over = (condition: ConditionId, minutesAgo: number, seconds: number, missed: boolean) => ({
    occurrence: occurrence(condition, { id: `b1-journal234-${condition}-${minutesAgo}` }),
    endedAt: wall(NOW - minutesAgo * MINUTE_MS),
    seconds,
    missed,
  });
  const leak = occurrence("VENT_LEAK_HIGH", {
    priority: "medium",
    values: { leak: 61 },
    quiet: { why: "care", act: "suction", until: wall(NOW + 4 * MINUTE_MS), by: mei },
    recurrent: { count: 7, since: wall(NOW - 38 * MINUTE_MS) },
  });
  return bedState({
    alarms: alarms([leak], {
      care: { act: "suction", since: wall(NOW - MINUTE_MS), until: wall(NOW + 4 * MINUTE_MS), by: mei },
      past: [over("SPO2_LOW", 12, 74, true), over("VENT_LEAK_HIGH", 40, 212, false)],
      pauses: [{ condition: "SPO2_WARN", priority: "medium", until: wall(NOW + 50 * MINUTE_MS), by: mei }],
      limits: {
        version: 3,
        by: { id: "p3", name: "Dr. Lin" },
        at: wall(NOW - 30 * HOUR_MS),
        reason: "agreed by phone",
        expiresAt: wall(NOW + 20 * HOUR_MS),
        off: ["SPO2_HIGH_ON_O2"],
      },
    }),
  });
}

/** The watch has been left. */
export function left(
  reason: "hospital" | "visit" | "transfer" | "death",
  changes: Partial<BedState["alarms"]["watch"]> = {},
): BedState {
  const days = reason === "hospital" || reason === "visit" ? 3 : 1;
  const until = wall(NOW + days * 24 * HOUR_MS);
  const open = changes.asks === true && days === 3 ? [occurrence("WATCH_REARM", { priority: "medium" })] : [];
  return bedState({
    alarms: alarms(open, {
      watch: { on: false, reason, since: wall(NOW - HOUR_MS), by: mei, until, ...changes },
    }),
  });
}

export function deviceView(source: SourceView, overrides: Partial<DeviceView> = {}): DeviceView {
  const isOximeter = source.role === "oximeter";
  return {
    ...source,
    bed: "b1",
    address: "/dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0",
    signals: isOximeter ? ["spo2", "pulse_rate"] : ["pressure_peak"],
    options: {},
    quietMs: 3_000,
    counters: {
      bytes: 123_456,
      frames: 41_152,
      rejects: 3,
      reopens: 1,
      observations: 13_717,
      gaps: 2,
    },
    latency: { newestMs: 0.4, worstMs: 12.6 },
    recorded: { bytes: 2_345_678, since: NOW - 31 * HOUR_MS },
    facts: {
      vendor: isOximeter ? "Nonin" : "Puritan Bennett",
      model: isOximeter ? "Xpod 3012, OEM III, 8000 series" : "840",
      connection: "serial cable",
      averaging: "4 beats",
      evidence: isOximeter ? "real_bytes" : "maker_document",
      evidenceText: "Compared with bytes that a device sent.",
      night: isOximeter
        ? { suited: "yes", reason: "Cable and clip hold for a night; no battery." }
        : { suited: "doubtful", reason: "The port is free only where no monitor uses it." },
    },
    ...overrides,
  };
}

/** Thirty frames; one in between was refused. */
export const frameLines = (): readonly FrameLine[] =>
  Array.from({ length: 30 }, (_, index) => ({
    at: NOW - (30 - index) * 40,
    direction: index === 12 ? ("rejected" as const) : ("in" as const),
    hex: "01 80 5f 02 df",
    meaning: index === 12 ? "checksum wrong" : "SpO2 95, pulse 72",
  }));

/** A virtual patient with two cables, and one scenario that plays. */
export function simulationView(overrides: Partial<SimulationView> = {}): SimulationView {
  const maskOff = { id: "mask-off", name: "Mask off", seconds: 360 };
  return {
    knobs: [
      { knob: "leak", value: 1.2, min: 0, max: 40, step: 0.5 },
      { knob: "resistance", value: 1, min: 1, max: 40, step: 0.5 },
      { knob: "effort", value: 1, min: 0, max: 2, step: 0.1 },
    ],
    devices: [
      { device: OXIMETER, name: "oximeter", faults: [] },
      { device: VENTILATOR, name: "ventilator", faults: ["freeze"] },
    ],
    scenarios: [maskOff, { id: "patient-calls", name: "Patient calls", seconds: 180 }],
    playing: {
      ...maskOff,
      ageS: 80,
      over: false,
      happens: [{ at: 45, event: "mask_off" }],
      expected: [
        { condition: "VENT_DISCONNECT", after: 50, by: 75, state: "came", cameAt: 61 },
        { condition: "SPO2_LOW", after: 75, by: 225, state: "waiting" },
      ],
      never: ["OXI_SENSOR_OFF"],
      calm: false,
      wrong: [],
    },
    ...overrides,
  };
}

/** One protocol that is closed, one that is being made. */
export const commissionings = (): readonly CommissioningView[] => [
  {
    id: "openaaaaaa",
    begunAt: NOW - 20 * MINUTE_MS,
    steps: [
      {
        step: "contact_rest",
        result: "passed",
        how: "seen",
        at: wall(NOW - 19 * MINUTE_MS),
        by: "Li Wei",
        saw: "remote_alarm 0",
      },
    ],
  },
  {
    id: "closedaaaa",
    begunAt: NOW - 30 * 24 * HOUR_MS,
    steps: [
      {
        step: "wiring_contact",
        result: "not_there",
        how: "person",
        at: wall(NOW - 721 * HOUR_MS),
        by: "Li Wei",
      },
      { step: "sounder_heard", result: "passed", how: "person", at: wall(NOW - 720 * HOUR_MS), by: "Li Wei" },
      {
        step: "battery_minutes",
        result: "passed",
        how: "seen",
        at: wall(NOW - 718 * HOUR_MS),
        by: "Li Wei",
        value: 95,
      },
      {
        step: "reception",
        result: "failed",
        how: "seen",
        at: wall(NOW - 710 * HOUR_MS),
        by: "Li Wei",
        value: 91.4,
        note: "Nonin: longest gap 212 s",
      },
    ],
    closed: {
      at: NOW - 709 * HOUR_MS,
      by: "Li Wei",
      note: "Box stands on the shelf, adapter taped.",
      about: {
        label: "Bed 1",
        version: "0.1.0",
        simulated: true,
        sounder: true,
        devices: [
          {
            device: OXIMETER,
            label: "Nonin",
            family: "nonin-serial",
            role: "oximeter",
            address: "/dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0",
            link: "open",
            evidence: "real_bytes",
          },
        ],
      },
    },
  },
];

/** A night with a dip of the oxygen, a gap of twenty minutes and three alarms. */
export function nightResponse(night: Night, width = 720): NightResponse {
  const { from, to } = nightBounds(night, ZONE);
  const bucketMs = Math.ceil((to - from) / width / SECOND_MS) * SECOND_MS;
  const buckets = Math.ceil((to - from) / bucketMs);
  const begin = from + 9.5 * HOUR_MS;
  const end = from + 18 * HOUR_MS;
  const gap = [from + 13 * HOUR_MS, from + 13 * HOUR_MS + 20 * MINUTE_MS] as const;
  const dip = from + 14.2 * HOUR_MS;
  const recorded = (at: number) => at >= begin && at < end && !(at >= gap[0] && at < gap[1]);
  const near = (at: number) => Math.exp(-(((at - dip) / (3 * MINUTE_MS)) ** 2));
  const strip = (signal: SignalId, unit: string, mean: number, swing: number, fall: number): Strip => {
    const value = (index: number) => {
      const at = from + index * bucketMs;
      if (!recorded(at)) return null;
      return mean + Math.sin(index / 9) * swing * 0.4 - fall * near(at);
    };
    const means = Array.from({ length: buckets }, (_, index) => value(index));
    const shift = (by: number) => means.map((each) => (each === null ? null : each + by));
    return { signal, unit, min: shift(-swing), mean: means, max: shift(swing) };
  };
  const alarm = (condition: ConditionId, priority: Occurrence["priority"], at: number) =>
    occurrence(condition, { priority, raisedAt: wall(at), id: `b1-journal234-${condition}-${at}` });
  return {
    night,
    zone: ZONE,
    from,
    to,
    bucketMs,
    simulated: true,
    strips: [
      strip("spo2", "%", 95, 1, 12),
      strip("pulse_rate", "/min", 68, 4, -24),
      strip("pressure_peak", "cm[H2O]", 16, 1, 11),
      strip("tidal_volume_exp", "mL", 490, 40, 380),
      strip("resp_rate", "/min", 15, 1.5, 0),
    ],
    alarms: [
      {
        occurrence: alarm("OXI_SENSOR_OFF", "medium", gap[0]),
        endedAt: gap[1],
        acknowledgedBy: "Mei",
        acknowledgedAt: gap[0] + 3 * MINUTE_MS,
      },
      {
        occurrence: alarm("VENT_DISCONNECT", "high", dip - 2 * MINUTE_MS),
        endedAt: dip + 4 * MINUTE_MS,
        acknowledgedBy: "Wei",
        acknowledgedAt: dip - MINUTE_MS,
      },
      { occurrence: alarm("PR_HIGH", "low", dip + MINUTE_MS) },
    ],
    metrics: {
      COVERAGE: { value: 94, unit: "%", rule: "spo2-valid-1", coverage: 0.94 },
      T90: { value: 1.3, unit: "%", rule: "t90-lt-1", coverage: 0.94 },
      SPO2_MEAN: { value: 94.8, unit: "%", rule: "mean-1", coverage: 0.94 },
      SPO2_MIN: { value: 82, unit: "%", rule: "min-1", coverage: 0.94 },
      LONGEST_LE88: { value: 252, unit: "s", rule: "run-le-1", coverage: 0.94 },
      AUC90: { value: 3.2, unit: "%.min/h", rule: "auc-1", coverage: 0.94 },
      ODI3_M120: { value: null, unit: "/h", rule: "odi3-m120-1", coverage: 0.41 },
      ODI4_M120: { value: 2.1, unit: "/h", rule: "odi4-m120-1", coverage: 0.41 },
    },
  };
}
