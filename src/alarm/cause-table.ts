import type { CauseId, ConditionId } from "../domain/alarm.ts";
import type { SignalId, SignalInfo } from "../domain/signal.ts";

/** One thing that can be seen now. A value counts only while it is fresh. */
export type Sign =
  /** Beyond a number. */
  | { readonly kind: "above" | "below"; readonly signal: SignalId; readonly limit: number }
  /** At most this share of the usual value, or below a number that is too low for anybody. */
  | { readonly kind: "fallen"; readonly signal: SignalId; readonly share: number; readonly below: number }
  /** At least so many times the usual value and above the number; where nobody knows the usual, above it alone. */
  | { readonly kind: "risen"; readonly signal: SignalId; readonly times: number; readonly above: number }
  /** At least this share of the usual value and above the number; where nobody knows the usual, above it alone. */
  | { readonly kind: "held"; readonly signal: SignalId; readonly share: number; readonly above: number }
  /** So many units below the usual value. */
  | { readonly kind: "dropped"; readonly signal: SignalId; readonly by: number }
  /** Any of these should be there and is not. */
  | { readonly kind: "gone"; readonly signals: readonly SignalId[] }
  /** Any of these is open in the card. */
  | { readonly kind: "open"; readonly conditions: readonly ConditionId[] }
  /** An alarm about missing data, here or in another card of the last 10 min, names a number of this kind of machine. */
  | { readonly kind: "silent"; readonly group: SignalInfo["group"] }
  /** A device's own alarm with one of these codes is active. */
  | { readonly kind: "own"; readonly codes: readonly string[] };

/** One way in which a cause can look: everything in `must`, nothing of `not`. */
export interface Picture {
  readonly must: readonly Sign[];
  readonly not?: readonly Sign[];
}

/** Why several alarms belong together: what they are, and by what the cause is known. */
export interface Cause {
  readonly id: CauseId;
  /** Nobody is worse off for it by itself: never the cause of a card with an alarm about the person not named here. */
  readonly technical: boolean;
  readonly members: readonly ConditionId[];
  /** Any one of them is enough. */
  readonly pictures: readonly Picture[];
  /** Speaks for it, without being needed. */
  readonly may: readonly Sign[];
  /** Shown as evidence, in this order. */
  readonly shows: readonly SignalId[];
}

const OXYGEN = [
  "SPO2_WARN",
  "SPO2_LOW_UNCERTAIN",
  "SPO2_RELATIVE",
  "SPO2_LOW",
  "SPO2_INTEGRAL",
  "SPO2_SUSTAINED",
  "SPO2_RAPID",
  "SPO2_CRIT",
  "SPO2_UNDER_RANGE",
] as const satisfies readonly ConditionId[];

/** What follows when too little air arrives, whatever the reason. */
const TOO_LITTLE_AIR = [
  ...OXYGEN,
  "PR_LOW",
  "PR_HIGH",
  "VENT_OWN",
  "VENT_REMOTE_ALARM",
  "VENT_APNEA",
  "VENT_MV_LOW",
  "VENT_VTE_LOW",
  "VENT_RR_LOW",
] as const satisfies readonly ConditionId[];

const OPENED = [
  ...TOO_LITTLE_AIR,
  "VENT_DISCONNECT",
  "VENT_PRESSURE_LOW",
  "VENT_LEAK_WARN",
  "VENT_LEAK_HIGH",
  "LEAK_DESAT",
] as const satisfies readonly ConditionId[];

const open = (...conditions: readonly ConditionId[]): Sign => ({ kind: "open", conditions });
const own = (...codes: readonly string[]): Sign => ({ kind: "own", codes });
const gone = (...signals: readonly SignalId[]): Sign => ({ kind: "gone", signals });

/** A blower against an open mask keeps a few cmH2O, through a tube that is off the machine none. */
const NO_PRESSURE: Sign = { kind: "below", signal: "pressure_peak", limit: 1 };
const PRESSURE_LOW: Sign = { kind: "fallen", signal: "pressure_peak", share: 0.5, below: 6 };
/** Neither a blocked airway nor weak muscles take pressure away: it escapes somewhere. */
const PRESSURE_GIVES_WAY: Sign = { kind: "fallen", signal: "pressure_peak", share: 0.85, below: 0 };
const PRESSURE_HELD: Sign = { kind: "held", signal: "pressure_peak", share: 0.6, above: 6 };
const SEALED: Sign = { kind: "below", signal: "leak", limit: 24 };
/** Above the ordinary red line of 24 L/min, volumes measured at the machine stop meaning much. */
const LEAKS: Sign = { kind: "above", signal: "leak", limit: 24 };
const LEAK_UP: Sign = { kind: "risen", signal: "leak", times: 2, above: 24 };
const NO_VOLUME: Sign = { kind: "fallen", signal: "tidal_volume_exp", share: 0.3, below: 50 };
/** A narrowed airway takes more than a third of a breath, sleep and weak muscles less. */
const VOLUME_HALVED: Sign = { kind: "fallen", signal: "tidal_volume_exp", share: 0.65, below: 100 };
const VOLUME_LESS: Sign = { kind: "fallen", signal: "tidal_volume_exp", share: 0.85, below: 100 };
const MINUTE_VOLUME_HALVED: Sign = { kind: "fallen", signal: "minute_volume", share: 0.6, below: 1.5 };
const MINUTE_VOLUME_LESS: Sign = { kind: "fallen", signal: "minute_volume", share: 0.85, below: 2.5 };
const NO_BREATH: Sign = { kind: "above", signal: "apnea_duration", limit: 15 };
const OXYGEN_FALLS: Sign = { kind: "dropped", signal: "spo2", by: 3 };
const STANDS: Sign = { kind: "below", signal: "therapy", limit: 0.5 };
const MAINS_OUT: Sign = { kind: "below", signal: "mains", limit: 0.5 };
const CALLS_OUT: Sign = { kind: "above", signal: "remote_alarm", limit: 0.5 };

const OWN_OPEN = own("disconnect", "ventilator_disconnect", "system_disconnected");
const OWN_BLOCKED = own("obstruction", "occlusion", "tube_obstructed", "hose_kinked");
const OWN_LEAK = own("leak_high", "leakage", "large_leak");
const OWN_APNOEA = own("apnea", "apnea_volume", "apnea_pressure", "apnea_co2", "apnea_ventilation");
const OWN_SMALL = own("minute_volume_low", "tidal_volume_low", "tidal_volume_not_attained");
const OWN_POWER = own(
  "mains_lost",
  "power_lost",
  "power_failed",
  "power_supply",
  "on_battery",
  "on_internal_battery",
  "battery_low",
  "battery_under_5_min",
  "battery_under_2_min",
);

const OF_THE_MACHINE = [
  "VENT_REMOTE_ALARM",
  "VENT_APNEA",
  "VENT_DISCONNECT",
  "VENT_PRESSURE_LOW",
  "VENT_MV_LOW",
  "VENT_VTE_LOW",
  "VENT_RR_LOW",
] as const satisfies readonly ConditionId[];

const SILENT_VENTILATOR: Sign = { kind: "silent", group: "ventilator" };
/** Any number at all: the machine is on and is heard. */
const STILL_MEASURES: readonly Sign[] = (["pressure_peak", "leak", "minute_volume"] as const).map(
  (signal) => ({
    kind: "above",
    signal,
    limit: Number.NEGATIVE_INFINITY,
  }),
);
const VENTILATOR_GONE = gone("pressure_peak", "resp_rate", "minute_volume", "leak", "tidal_volume_exp");

/** In rank order: with equal evidence the first is what to look at first (clinical facts, 3.1; S33; virtual bed). */
export const CAUSES: readonly Cause[] = [
  {
    id: "patient_calls",
    technical: false,
    members: ["PATIENT_CALL"],
    pictures: [{ must: [open("PATIENT_CALL")] }],
    may: [],
    shows: [],
  },
  {
    id: "ventilator_off",
    technical: false,
    members: [
      ...OPENED,
      "VENT_OFF_EXPECTED",
      "VENT_MAINS_LOST",
      "VENT_BATT_LOW",
      "VENT_BATT_CRIT",
      "DATA_STALE",
    ],
    pictures: [
      { must: [open("VENT_OFF_EXPECTED")] },
      // A machine that stands is no news by itself: something about the person or the machine must have come of it.
      { must: [STANDS, open(...OXYGEN, ...OF_THE_MACHINE)] },
      { must: [STANDS, SILENT_VENTILATOR] },
      // Its numbers went, and the person or the machine's contact shows that it is more than a cable.
      { must: [SILENT_VENTILATOR, open(...OXYGEN)], not: STILL_MEASURES },
      { must: [SILENT_VENTILATOR, CALLS_OUT], not: STILL_MEASURES },
      { must: [SILENT_VENTILATOR, open("VENT_BATT_CRIT")], not: STILL_MEASURES },
    ],
    may: [VENTILATOR_GONE, CALLS_OUT, OXYGEN_FALLS, MAINS_OUT],
    shows: ["therapy", "mains", "pressure_peak", "spo2"],
  },
  {
    id: "circuit_off",
    technical: false,
    members: OPENED,
    pictures: [
      { must: [NO_PRESSURE, open("VENT_DISCONNECT")], not: [STANDS] },
      { must: [NO_PRESSURE, LEAKS], not: [STANDS] },
      { must: [NO_PRESSURE, NO_VOLUME], not: [STANDS] },
      { must: [NO_PRESSURE, OWN_OPEN], not: [STANDS] },
    ],
    may: [LEAKS, NO_VOLUME, NO_BREATH, OWN_OPEN, OXYGEN_FALLS],
    shows: ["pressure_peak", "leak", "spo2"],
  },
  {
    id: "mask_off",
    technical: false,
    members: OPENED,
    pictures: [
      { must: [PRESSURE_LOW, LEAKS], not: [STANDS, NO_PRESSURE] },
      // Without a breath a machine that only follows stands at its end pressure: that is no open mask.
      { must: [PRESSURE_LOW, NO_VOLUME], not: [STANDS, NO_PRESSURE, NO_BREATH] },
      { must: [open("VENT_DISCONNECT")], not: [STANDS, NO_PRESSURE, PRESSURE_HELD] },
      { must: [OWN_OPEN], not: [STANDS, NO_PRESSURE, PRESSURE_HELD] },
    ],
    may: [LEAK_UP, NO_VOLUME, NO_BREATH, OWN_OPEN, OXYGEN_FALLS],
    shows: ["leak", "pressure_peak", "spo2"],
  },
  {
    id: "obstruction",
    technical: false,
    members: [...TOO_LITTLE_AIR, "VENT_OBSTRUCTION", "VENT_PRESSURE_HIGH", "VENT_RR_HIGH"],
    pictures: [
      { must: [VOLUME_HALVED, PRESSURE_HELD], not: [PRESSURE_GIVES_WAY, LEAKS, NO_BREATH, STANDS] },
      { must: [open("VENT_OBSTRUCTION")], not: [LEAKS, STANDS] },
      { must: [OWN_BLOCKED], not: [LEAKS, STANDS] },
    ],
    may: [
      MINUTE_VOLUME_HALVED,
      OWN_BLOCKED,
      open("VENT_PRESSURE_HIGH", "VENT_RR_HIGH"),
      { kind: "risen", signal: "pressure_peak", times: 1.2, above: 15 },
      OXYGEN_FALLS,
    ],
    shows: ["tidal_volume_exp", "pressure_peak", "spo2"],
  },
  {
    id: "large_leak",
    technical: false,
    members: [...OPENED, "VENT_RR_HIGH"],
    pictures: [
      { must: [LEAK_UP], not: [PRESSURE_LOW, STANDS] },
      // A machine that tells no leak: the blower cannot keep up.
      { must: [PRESSURE_GIVES_WAY, VOLUME_LESS], not: [SEALED, PRESSURE_LOW, NO_BREATH, STANDS] },
      {
        must: [open("VENT_LEAK_WARN", "VENT_LEAK_HIGH", "LEAK_DESAT"), LEAKS],
        not: [PRESSURE_LOW, STANDS],
      },
      { must: [OWN_LEAK], not: [PRESSURE_LOW, STANDS] },
    ],
    may: [PRESSURE_HELD, OWN_LEAK, open("VENT_LEAK_HIGH", "LEAK_DESAT"), OXYGEN_FALLS],
    shows: ["leak", "pressure_peak", "spo2"],
  },
  {
    id: "hypoventilation",
    technical: false,
    members: [...TOO_LITTLE_AIR, "TCCO2_HIGH"],
    pictures: [
      { must: [VOLUME_LESS], not: [LEAKS, PRESSURE_GIVES_WAY, STANDS] },
      { must: [MINUTE_VOLUME_LESS], not: [LEAKS, PRESSURE_GIVES_WAY, STANDS] },
      { must: [NO_BREATH], not: [LEAKS, NO_PRESSURE, STANDS] },
      {
        must: [open("VENT_MV_LOW", "VENT_VTE_LOW", "VENT_RR_LOW", "VENT_APNEA", "TCCO2_HIGH")],
        not: [LEAKS, NO_PRESSURE, STANDS],
      },
      { must: [OWN_APNOEA], not: [LEAKS, NO_PRESSURE, STANDS] },
    ],
    may: [OWN_APNOEA, OWN_SMALL, open("TCCO2_HIGH"), OXYGEN_FALLS],
    shows: ["minute_volume", "tidal_volume_exp", "apnea_duration", "tcco2", "spo2"],
  },
  {
    id: "mains_lost",
    technical: false,
    members: [
      "VENT_MAINS_LOST",
      "VENT_BATT_LOW",
      "VENT_BATT_CRIT",
      "VENT_OWN",
      "VENT_REMOTE_ALARM",
      "NET_DOWN",
    ],
    pictures: [
      { must: [open("VENT_MAINS_LOST", "VENT_BATT_LOW", "VENT_BATT_CRIT")] },
      { must: [MAINS_OUT, open("VENT_OWN", "VENT_REMOTE_ALARM")] },
      { must: [OWN_POWER, open("VENT_OWN", "VENT_REMOTE_ALARM")] },
    ],
    may: [MAINS_OUT, OWN_POWER],
    shows: ["mains", "battery_minutes", "battery_percent"],
  },
  {
    id: "sensor_off",
    technical: true,
    members: ["OXI_SENSOR_OFF", "OXI_POOR_SIGNAL", "OXI_VENT_PR_MISMATCH"],
    pictures: [{ must: [open("OXI_SENSOR_OFF")] }],
    may: [gone("spo2"), gone("pulse_rate")],
    shows: ["spo2"],
  },
  {
    id: "sensor_failing",
    technical: true,
    // What the oximeter doubts itself belongs here; a low that it does not doubt and a lost pulse never do.
    members: [
      "OXI_POOR_SIGNAL",
      "SPO2_LOW_UNCERTAIN",
      "OXI_VENT_PR_MISMATCH",
      "DATA_FROZEN",
      "OXI_SENSOR_OFF",
    ],
    pictures: [
      { must: [open("OXI_POOR_SIGNAL")] },
      { must: [open("SPO2_LOW_UNCERTAIN")] },
      { must: [open("OXI_VENT_PR_MISMATCH"), { kind: "below", signal: "perfusion_index", limit: 0.5 }] },
    ],
    may: [{ kind: "below", signal: "perfusion_index", limit: 0.5 }],
    shows: ["spo2", "perfusion_index"],
  },
  {
    id: "link_lost",
    technical: true,
    members: ["DATA_STALE", "DATA_NEVER", "DATA_FROZEN", "CALL_DEVICE_OFFLINE"],
    pictures: [{ must: [open("DATA_STALE", "DATA_NEVER", "CALL_DEVICE_OFFLINE")] }],
    may: [],
    shows: [],
  },
  {
    id: "box_lost",
    technical: true,
    members: ["EDGE_OFFLINE"],
    pictures: [{ must: [open("EDGE_OFFLINE")] }],
    may: [],
    shows: [],
  },
];
