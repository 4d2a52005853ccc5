import { type ConditionId, higherPriority, type Priority } from "../../src/domain/alarm.ts";
import type { DependencyClass } from "../../src/domain/bed.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { deviceOf, type NightDevice, type NightRecord } from "./oracle-night.ts";

/**
 * What the evidence of one second says to one condition; `over`: it does not violate any more, and is not good either;
 * undefined: that second has no evidence.
 */
export type Says = "beyond" | "band" | "over" | "clear" | undefined;

/** What a condition may ask about the others at this second. */
export interface Others {
  /** By condition, or by condition and device: `DATA_STALE/oxi`. */
  isInAlarm(id: string): boolean;
  isViolating(id: ConditionId): boolean;
  /** Newest earlier second that was beyond, -1: none. */
  lastBeyond(key: string): number;
  /** Highest priority, medium or high, of what violated when this device's data stopped, more than 10 s ago. */
  inherited(device: NightDevice): Priority | undefined;
}

export interface OracleCondition {
  readonly id: ConditionId;
  readonly device: NightDevice;
  /** Once per device: part of its name. */
  readonly subject?: NightDevice;
  readonly technical: boolean;
  readonly ladder?: string;
  readonly rank: number;
  readonly neverMerged: boolean;
  readonly neverQuiet: boolean;
  readonly says: (night: NightRecord, t: number, others: Others) => Says;
  /** Whether this second tells anything at all; after ten without, nobody knows. Absent: wherever it says something. */
  readonly hears?: (night: NightRecord, t: number) => boolean;
  /** Seconds that the violation must be old now; undefined: it cannot occur on this evidence. */
  readonly delayS: (night: NightRecord, t: number, others: Others) => number | undefined;
  readonly clearS: (night: NightRecord, t: number) => number;
  /** What the dependency class gives it. */
  readonly base: (cls: DependencyClass) => Priority;
  /** With what raises it: the age of its violation, its value, what it inherits. */
  readonly priority: (night: NightRecord, t: number, heldS: number, others: Others) => Priority;
}

const PLAIN = { technical: false, rank: 0, neverMerged: false, neverQuiet: false } as const;
const OXYGEN = { ...PLAIN, device: "oxi", ladder: "oxygen" } as const;

/** Ten seconds without a sample are borne. */
export const BORNE_S = 10;

interface Limit {
  readonly signal: SignalId;
  readonly side: "low" | "high";
  /** Condition whose `limit` and `hysteresis` are meant. */
  readonly of: ConditionId;
}

function saysLimit({ signal, side, of }: Limit): OracleCondition["says"] {
  return (night, t) => {
    const x = night.value(signal, t);
    if (x === undefined) return undefined;
    const limit = night.setting(of, "limit", t);
    const hysteresis = night.setting(of, "hysteresis", t);
    const beyond = side === "low" ? x < limit : x > limit;
    const inRange = side === "low" ? x >= limit + hysteresis : x <= limit - hysteresis;
    if (beyond) return "beyond";
    return inRange ? "clear" : "band";
  };
}

const saysLow = saysLimit({ signal: "spo2", side: "low", of: "SPO2_LOW" });

/** Its own `limit`, `hysteresis`, `delay_s` and `clear_s`. */
const limitOn = (id: ConditionId, signal: SignalId, side: "low" | "high") => ({
  id,
  device: deviceOf(signal),
  says: saysLimit({ signal, side, of: id }),
  delayS: (night: NightRecord, t: number) => night.setting(id, "delay_s", t),
  clearS: (night: NightRecord, t: number) => night.setting(id, "clear_s", t),
});

/** The oximeter doubts the SpO2 of this second. */
export function isPoor(night: NightRecord, t: number): boolean {
  const spoken = night.spoken("oxi", t);
  const doubts = ["low_perfusion", "artifact", "motion", "out_of_track"] as const;
  const perfusion = night.value("perfusion_index", t);
  return doubts.some((flag) => spoken?.flags?.includes(flag)) || (perfusion !== undefined && perfusion < 0.3);
}

/** The ventilator shows why the oxygen falls. */
const isExplained = (others: Others): boolean =>
  others.isInAlarm("VENT_REMOTE_ALARM") || others.isViolating("VENT_LEAK_HIGH");

/** Not the tiers that stand on the same doubt, nor slow ones, which stay open over many shallow dips. */
const OXYGEN_ALARMS = ["SPO2_LOW", "SPO2_CRIT", "SPO2_RAPID", "SPO2_UNDER_RANGE"] as const;

/** Something else says that a low value is real (rules, 9). */
const isCorroborated = (night: NightRecord, t: number, others: Others): boolean =>
  isExplained(others) || hasPulseMoved(night, t) || OXYGEN_ALARMS.some((id) => others.isInAlarm(id));

/** Seconds with a pulse that a median of five minutes, and one of the last half minute, must have. */
const PULSE_USUAL = { window: 300, least: 60 };
const PULSE_NOW = { window: 30, least: 15 };

/** The pulse of the last half minute is a fifth away from that of the last five minutes; a short arousal is not. */
function hasPulseMoved(night: NightRecord, t: number): boolean {
  const usual = medianPulse(night, t, PULSE_USUAL);
  const now = medianPulse(night, t, PULSE_NOW);
  return usual !== undefined && now !== undefined && Math.abs(now - usual) >= 0.2 * usual;
}

function medianPulse(
  night: NightRecord,
  t: number,
  { window, least }: { readonly window: number; readonly least: number },
): number | undefined {
  const seen: number[] = [];
  for (let s = Math.max(0, t - window); s <= t; s++) {
    const x = night.value("pulse_rate", s);
    if (x !== undefined) seen.push(x);
  }
  if (seen.length < least) return undefined;
  return seen.toSorted((a, b) => a - b)[Math.floor((seen.length - 1) / 2)];
}

/** Enough when the ventilator shows why. */
const EXPLAINED_S = 10;

/** What is doubted and borne out by nothing waits longer, and is never dropped. */
const POOR_S = 15;
const furtherS = (night: NightRecord, t: number, others: Others): number =>
  isPoor(night, t) && !isCorroborated(night, t, others) ? POOR_S : 0;

/** A tier without delay leaves what is doubted to SPO2_LOW_UNCERTAIN and waits for a better sample. */
const urgentS = (night: NightRecord, t: number, others: Others): number | undefined => {
  const further = furtherS(night, t, others);
  return further > 0 && others.isViolating("SPO2_LOW_UNCERTAIN") ? undefined : further;
};

/** Two samples in a row far below the limit of SPO2_LOW; once in alarm, it goes on with the band of that limit. */
const saysRapid: OracleCondition["says"] = (night, t, others) => {
  const low = saysLow(night, t, others);
  if (low === undefined || low === "clear") return low;
  const before = night.newest("spo2", t - 1);
  const deep = night.setting("SPO2_LOW", "limit", t) - night.setting("SPO2_RAPID", "below", t);
  const now = night.value("spo2", t);
  if (now !== undefined && now <= deep && before !== undefined && before <= deep) return "beyond";
  return others.isInAlarm("SPO2_RAPID") ? "band" : "clear";
};

/** Depth x time below the limit since values were last in range for ten seconds; or three dips within a minute. */
const saysIntegral: OracleCondition["says"] = (night, t, others) => {
  const low = saysLow(night, t, others);
  if (low === undefined || low === "clear") return low;
  let collected = 0;
  let inRange = 0;
  for (let s = t; s >= 0 && inRange < 10; s--) {
    const x = night.value("spo2", s);
    if (x === undefined) continue;
    collected += Math.max(0, night.setting("SPO2_LOW", "limit", s) - x);
    inRange = saysLow(night, s, others) === "clear" ? inRange + 1 : 0;
  }
  if (collected >= night.setting("SPO2_INTEGRAL", "limit", t)) return "beyond";
  const isOften = dipsInTheMinute(night, t, others) >= night.setting("SPO2_INTEGRAL", "crossings", t);
  return isOften ? "beyond" : "band";
};

/** Beginnings of violations: a value below the limit before which the last one outside the band was in range. */
function dipsInTheMinute(night: NightRecord, t: number, others: Others): number {
  let dips = 0;
  for (let s = Math.max(0, t - 60); s <= t; s++) {
    if (saysLow(night, s, others) !== "beyond") continue;
    let before = s - 1;
    while (before >= 0 && [undefined, "band"].includes(saysLow(night, before, others))) before -= 1;
    if (before < 0 || saysLow(night, before, others) === "clear") dips += 1;
  }
  return dips;
}

const REMEMBERED_S = 600;

/**
 * The oximeter still finds a pulse, and its last SpO2 (of the last ten minutes) was at the lower end of what it can
 * measure; or it says so itself.
 */
const saysUnderRange: OracleCondition["says"] = (night, t) => {
  if (night.value("spo2", t) !== undefined) return "clear";
  const said = night.spoken("oxi", t)?.samples.spo2;
  if (typeof said === "object" && said.absent === "under_range") return "beyond";
  const lastAt = night.newestAt("spo2", t);
  if (lastAt === undefined || t - lastAt > REMEMBERED_S) return undefined;
  const isLow = (night.value("spo2", lastAt) ?? 100) <= night.setting("SPO2_UNDER_RANGE", "limit", t);
  return isLow && night.value("pulse_rate", t) !== undefined ? "beyond" : undefined;
};

const OFF = ["sensor_off", "not_connected"];

/** The oximeter speaks and measures nothing. */
function isOff(night: NightRecord, t: number): boolean {
  const spo2 = night.spoken("oxi", t)?.samples.spo2;
  if (typeof spo2 === "object" && OFF.includes(spo2.absent)) return true;
  return (
    night.spoken("oxi", t) !== undefined &&
    night.value("spo2", t) === undefined &&
    night.value("pulse_rate", t) === undefined
  );
}

const saysSensorOff: OracleCondition["says"] = (night, t) => {
  if (isOff(night, t)) return "beyond";
  return night.value("spo2", t) === undefined ? undefined : "clear";
};

const JUDGED: { readonly [device in NightDevice]: readonly SignalId[] } = {
  oxi: ["spo2", "pulse_rate"],
  vent: ["resp_rate", "tidal_volume_exp", "minute_volume", "leak", "pressure_peak"],
};

/**
 * For how long the device, and each number that it has given in this watch (or at most `graceS` before it), has not
 * come; while an alarm about it is open, each that ever came. A sensor that is off speaks for its two numbers; for
 * those that are already told of as lost only once its own alarm is open.
 */
function agesS(
  night: NightRecord,
  device: NightDevice,
  t: number,
  graceS: number,
  others: Others,
): readonly number[] {
  const heard = night.heardAt(device, t);
  if (heard === undefined) return [];
  const key = `DATA_STALE/${device}`;
  const isOpen = others.isInAlarm(key);
  const isOwed = (at: number) => isOpen || at > night.watchFrom(t) - graceS;
  const isSensorOff = device === "oxi" && t - heard <= BORNE_S && isOff(night, heard);
  const isToldAsLost = (at: number) =>
    isOpen && !others.isInAlarm("OXI_SENSOR_OFF") && at < others.lastBeyond(key) - BORNE_S;
  const last = JUDGED[device]
    .map((signal) => night.newestAt(signal, t))
    .filter((at) => at !== undefined)
    .filter((at) => !isSensorOff || isToldAsLost(at));
  return [heard, ...last].filter(isOwed).map((at) => t - at);
}

/** The second by which each number that the device has ever given had come at least once more. */
const oldestArrival = (night: NightRecord, device: NightDevice, t: number): number =>
  Math.min(
    night.heardAt(device, t) ?? -1,
    ...JUDGED[device].map((signal) => night.newestAt(signal, t)).filter((at) => at !== undefined),
  );

const stale = (device: NightDevice): OracleCondition => ({
  ...PLAIN,
  id: "DATA_STALE",
  device,
  subject: device,
  technical: true,
  says(night, t, others) {
    const limit =
      others.inherited(device) === undefined ? night.setting("DATA_STALE", "limit", t) : BORNE_S + 1;
    if (agesS(night, device, t, limit, others).some((age) => age >= limit)) return "beyond";
    const newest = oldestArrival(night, device, t);
    const isAnew =
      newest > Math.max(oldestArrival(night, device, t - 1), others.lastBeyond(`DATA_STALE/${device}`));
    return isAnew ? "clear" : "over";
  },
  hears: () => true,
  delayS: () => 0,
  clearS: (night, t) => night.setting("DATA_STALE", "clear_s", t),
  base: () => "medium",
  priority(night, t, _heldS, others) {
    const high = night.setting("DATA_STALE", "high_s", t);
    const isLong = agesS(night, device, t, high, others).some((age) => age >= high);
    const own = night.night.cls === "C" && isLong ? "high" : "medium";
    return higherPriority(own, others.inherited(device) ?? own);
  },
});

type Urgency = Pick<OracleCondition, "base" | "priority">;

const always = (priority: Priority): Urgency => ({ base: () => priority, priority: () => priority });

/** Class A is woken softly first: high once the violation is a minute old. */
const softInA: Urgency = {
  base: (cls) => (cls === "A" ? "medium" : "high"),
  priority: (night, _t, heldS) => (night.night.cls === "A" && heldS < 60 ? "medium" : "high"),
};

const pulsePriority = (isFar: (pulse: number) => boolean): Urgency => ({
  base: () => "medium",
  priority(night, t) {
    const pulse = night.newest("pulse_rate", t);
    return pulse !== undefined && isFar(pulse) ? "high" : "medium";
  },
});

/** In the catalogue's order, which decides between two in one second. */
export const ORACLE_CONDITIONS: readonly OracleCondition[] = [
  {
    ...OXYGEN,
    ...limitOn("SPO2_LOW", "spo2", "low"),
    rank: 3,
    delayS(night, t, others) {
      const delay = night.setting("SPO2_LOW", "delay_s", t);
      if (isExplained(others)) return Math.min(delay, EXPLAINED_S);
      return isPoor(night, t) && !isCorroborated(night, t, others) ? undefined : delay;
    },
    ...softInA,
  },
  {
    ...OXYGEN,
    id: "SPO2_LOW_UNCERTAIN",
    rank: 1,
    says: saysLow,
    delayS: (night, t, others) =>
      isPoor(night, t) && !isCorroborated(night, t, others)
        ? night.setting("SPO2_LOW", "delay_s", t) + night.setting("SPO2_LOW_UNCERTAIN", "further_s", t)
        : undefined,
    clearS: (night, t) => night.setting("SPO2_LOW_UNCERTAIN", "clear_s", t),
    ...always("medium"),
  },
  {
    ...OXYGEN,
    ...limitOn("SPO2_CRIT", "spo2", "low"),
    rank: 5,
    neverMerged: true,
    neverQuiet: true,
    ...always("high"),
  },
  {
    ...OXYGEN,
    id: "SPO2_RAPID",
    rank: 4,
    says: saysRapid,
    delayS: urgentS,
    clearS: (night, t) => night.setting("SPO2_RAPID", "clear_s", t),
    ...always("high"),
  },
  {
    ...OXYGEN,
    id: "SPO2_INTEGRAL",
    rank: 3,
    says: saysIntegral,
    delayS: urgentS,
    clearS: (night, t) => night.setting("SPO2_INTEGRAL", "clear_s", t),
    ...softInA,
  },
  {
    ...OXYGEN,
    id: "SPO2_UNDER_RANGE",
    rank: 5,
    neverMerged: true,
    neverQuiet: true,
    says: saysUnderRange,
    hears: (night, t) => night.value("pulse_rate", t) !== undefined || night.value("spo2", t) !== undefined,
    delayS: (night, t) => night.setting("SPO2_UNDER_RANGE", "delay_s", t),
    clearS: (night, t) => night.setting("SPO2_UNDER_RANGE", "clear_s", t),
    ...always("high"),
  },
  {
    ...PLAIN,
    ...limitOn("SPO2_WARN", "spo2", "low"),
    delayS: (night, t, others) => night.setting("SPO2_WARN", "delay_s", t) + furtherS(night, t, others),
    ...always("low"),
  },
  { ...PLAIN, ...limitOn("PR_LOW", "pulse_rate", "low"), ...pulsePriority((pulse) => pulse < 40) },
  { ...PLAIN, ...limitOn("PR_HIGH", "pulse_rate", "high"), ...pulsePriority((pulse) => pulse > 150) },
  {
    ...PLAIN,
    id: "VENT_REMOTE_ALARM",
    device: "vent",
    says(night, t) {
      const contact = night.value("remote_alarm", t);
      if (contact === undefined) return undefined;
      return contact === 1 ? "beyond" : "clear";
    },
    delayS: () => 0,
    clearS: () => 0,
    ...always("high"),
  },
  { ...PLAIN, ...limitOn("VENT_LEAK_HIGH", "leak", "high"), ladder: "leak", rank: 1, ...always("medium") },
  {
    ...PLAIN,
    id: "OXI_SENSOR_OFF",
    device: "oxi",
    subject: "oxi",
    technical: true,
    says: saysSensorOff,
    hears: (night, t) => night.spoken("oxi", t) !== undefined,
    delayS: (night, t, others) =>
      others.inherited("oxi") === undefined ? night.setting("OXI_SENSOR_OFF", "delay_s", t) : 0,
    clearS: (night, t) => night.setting("OXI_SENSOR_OFF", "clear_s", t),
    base: (cls) => (cls === "C" ? "high" : "medium"),
    priority(night, _t, _heldS, others) {
      const own = night.night.cls === "C" ? "high" : "medium";
      return higherPriority(own, others.inherited("oxi") ?? own);
    },
  },
  stale("oxi"),
  stale("vent"),
];
