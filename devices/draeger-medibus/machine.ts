import type { BedView, MachineAlarm } from "../../src/domain/bed.ts";
import type { Meter } from "../../src/domain/meter.ts";
import { type Absence, isPresent } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { localDate, MINUTE_MS, type Mono, minuteOfDay, SECOND_MS, type Wall } from "../../src/domain/time.ts";
import type { OptionValues } from "../../src/driver/contract.ts";
import { alarmCode } from "./alarm-codes.ts";
import { CODE } from "./codec.ts";
import { type CodeSet, codesOf, RATIO_CODES } from "./measured-codes.ts";
import { encodeAlarm, encodeDateTime, encodeIdentification, encodeText, encodeValue } from "./records.ts";
import { signalsOf } from "./samples.ts";

/** A simulated ventilator at one moment: what it would answer. */
export interface Machine {
  readonly bed: BedView;
  readonly meter: Meter;
  readonly options: OptionValues;
  readonly now: Mono;
  readonly wall: Wall;
  /** What its clock shows. */
  readonly zone: string;
}

/** Alarm limits for the pages of limits. */
const LIMITS = { peakHigh: 40, peakLow: 8, minuteVolumeLow: 2.5, rateHigh: 35, apneaS: 20 };
const WARNING = 31;
const CAUTION = 20;

/** Data of the answer to a question; empty where this machine has none. */
export function answerTo(code: number, machine: Machine): string {
  switch (code) {
    case CODE.identity:
      return identification(machine);
    case CODE.measured1:
      return measuredPage(1, machine);
    case CODE.measured2:
      return measuredPage(2, machine);
    case CODE.alarms1:
      return alarmPage(1, machine);
    case CODE.alarms2:
      return alarmPage(2, machine);
    case CODE.settings:
      return settingsPage(machine);
    case CODE.texts:
      return textPage(machine);
    case CODE.dateTime:
      return clockText(machine);
    case CODE.lowLimits1:
      return limits([
        ["B9", LIMITS.minuteVolumeLow],
        ["7D", LIMITS.peakLow],
      ]);
    case CODE.highLimits1:
      return limits([
        ["7D", LIMITS.peakHigh],
        ["D6", LIMITS.rateHigh],
      ]);
    default:
      return "";
  }
}

/** Whether the machine has no power at all: it says nothing then. */
export const isOff = (bed: BedView): boolean => {
  const volume = bed.sample("leak");
  return !isPresent(volume) && volume.absent === "device_off";
};

const isStandby = (bed: BedView): boolean => bed.sample("therapy") === 0;

/** An older machine when told to play one. */
const setOf = (options: OptionValues): CodeSet => (options["codes"] === "medibus" ? "medibus" : "medibus-x");

const identification = ({ options }: Machine): string =>
  encodeIdentification({
    id: "0000",
    name: "SIMULATED",
    software: "01.00",
    medibus: setOf(options) === "medibus" ? "04.03" : "06.00",
  });

/** Decimals by unit, as far as the width lets them stand. */
const DECIMALS: { readonly [unit: string]: number } = { "L/min": 1, mbar: 1, L: 2, s: 2, "1": 2, kPa: 1 };

/** Every signal on the page of its best code; an older machine knows page 1 only. In standby all is blank. */
function measuredPage(page: 1 | 2, { bed, meter, options, now }: Machine): string {
  const set = setOf(options);
  const records: string[] = [];
  const add = (code: string, unit: string, value: number | undefined): void => {
    // Four characters: a leak above 9.99 L/min in mL/min is blank.
    const fitting = value !== undefined && value.toFixed(0).length > 4 ? undefined : value;
    records.push(encodeValue({ code, value: fitting }, "measured", DECIMALS[unit] ?? 0));
  };
  const standby = isStandby(bed);
  const valueOf = (signal: SignalId): number | undefined => (standby ? undefined : meter.value(signal, now));
  for (const signal of signalsOf(options)) {
    if (signal === "ie_ratio" && page === 1) {
      const ratio = valueOf(signal);
      add(RATIO_CODES[0], "1", ratio === undefined ? undefined : 1);
      add(RATIO_CODES[1], "1", ratio);
    }
    const best = codesOf(signal, set).find((one) => set === "medibus-x" || one.page === 1);
    if (best?.page !== page) continue;
    const value = valueOf(signal);
    add(best.code, best.unit, value === undefined ? undefined : value / (best.signal?.factor ?? 1));
  }
  return records.join("");
}

/** Page, code and priority of what a bed's machine may sound. */
const SOUNDED: { readonly [alarm in MachineAlarm]: readonly [1 | 2, string, number] } = {
  disconnect: [1, "FF", WARNING],
  pressure_low: [1, "9A", WARNING],
  apnea: [1, "00", WARNING],
  minute_volume_low: [1, "19", WARNING],
  battery_low: [1, "4B", CAUTION],
  leak_high: [2, "9C", CAUTION],
  obstruction: [2, "6A", WARNING],
  mains_lost: [2, "5A", CAUTION],
};

function alarmPage(page: 1 | 2, machine: Machine): string {
  if (isStandby(machine.bed)) return "";
  const active = new Map(page === 1 ? oximeterAlarms(machine) : []);
  for (const alarm of machine.bed.ownAlarms()) {
    const [where, code, priority] = SOUNDED[alarm];
    if (where === page) active.set(code, priority);
  }
  return [...active]
    .map(([code, priority]) =>
      encodeAlarm({ priority, code, phrase: (alarmCode(page, code)?.name ?? "").toUpperCase() }),
    )
    .join("");
}

/** What its own oximeter makes it sound, where it has one; code and priority. */
function oximeterAlarms({ bed, options }: Machine): readonly (readonly [string, number])[] {
  const spo2 = options["spo2"] === true ? bed.sample("spo2") : undefined;
  const code = spo2 === undefined || isPresent(spo2) ? undefined : OXIMETER_ALARMS[spo2.absent];
  return code === undefined ? [] : [[code, CAUTION]];
}

const OXIMETER_ALARMS: { readonly [reason in Absence]?: string } = {
  sensor_off: "35",
  not_connected: "35",
  no_pulse: "01",
  invalid: "68",
};

const number = (value: number | string | undefined): number | undefined =>
  typeof value === "number" ? value : undefined;

/** The bed's settings as such a machine would be set: a backup rate becomes a mandatory mode, none supports breaths. */
function modeAt(bed: BedView): "volume" | "pressure" | "spontaneous" {
  if (number(bed.setting("backup_rate")) === undefined) return "spontaneous";
  return number(bed.setting("tidal_volume_target")) === undefined ? "pressure" : "volume";
}

function settingsPage({ bed }: Machine): string {
  const set = (setting: Parameters<BedView["setting"]>[0]): number | undefined =>
    number(bed.setting(setting));
  const mode = modeAt(bed);
  const epap = set("epap");
  const ipap = set("ipap");
  const support = ipap === undefined || epap === undefined ? set("pressure_support") : ipap - epap;
  const values: readonly (readonly [string, number | undefined, number])[] = [
    ["01", set("fio2"), 0],
    ["0B", epap, 1],
    ["09", set("backup_rate"), 1],
    ["05", mode === "spontaneous" ? undefined : set("insp_time"), 2],
    ["45", mode === "pressure" ? ipap : undefined, 1],
    ["12", mode === "spontaneous" ? support : undefined, 1],
    ["40", mode === "volume" ? set("tidal_volume_target") : undefined, 0],
    ["11", LIMITS.apneaS, 0],
  ];
  return values
    .flatMap(([code, value, decimals]) =>
      value === undefined ? [] : [encodeValue({ code, value }, "setting", decimals)],
    )
    .join("");
}

function textPage({ bed }: Machine): string {
  const invasive = bed.setting("interface") === "INVASIVE";
  const worn = encodeText(invasive ? { code: "48", text: "INVASIVE" } : { code: "49", text: "NIV" });
  if (isStandby(bed)) return encodeText({ code: "1E", text: "STANDBY" }) + worn;
  switch (modeAt(bed)) {
    case "pressure":
      return encodeText({ code: "47", text: "PC-AC" }) + worn;
    case "volume":
      return encodeText({ code: "01", text: "VC-AC" }) + worn;
    case "spontaneous":
      return encodeText({ code: "0A", text: "SPN-CPAP" }) + encodeText({ code: "5C", text: "PS" }) + worn;
  }
}

const limits = (values: readonly (readonly [string, number])[]): string =>
  values.map(([code, value]) => encodeValue({ code, value }, "measured", 1)).join("");

const clockText = ({ wall, zone }: Machine): string =>
  encodeDateTime({
    date: localDate(wall, zone),
    minutes: minuteOfDay(wall, zone) + ((Math.floor(wall / SECOND_MS) * SECOND_MS) % MINUTE_MS) / MINUTE_MS,
  });
