/*
 * Linux: /sys/class/power_supply/NAME/uevent, one value a line, energies in uWh, charges in uAh, powers in uW, currents
 * in uA, times in s (Documentation/ABI/testing/sysfs-class-power, include/linux/power_supply.h):
 *
 *   POWER_SUPPLY_NAME=BAT0
 *   POWER_SUPPLY_TYPE=Battery            Mains | USB | USB_C... | Battery | UPS | Wireless
 *   POWER_SUPPLY_SCOPE=System            Device: of a mouse or a keyboard, not of this machine
 *   POWER_SUPPLY_STATUS=Discharging      Charging | Full | Not charging | Unknown
 *   POWER_SUPPLY_CAPACITY=83
 *
 * Network UPS Tools (RFC 9271): one line asked, a list answered:
 *
 *   LIST VAR ups                         BEGIN LIST VAR ups
 *                                        VAR ups battery.charge "83"
 *                                        VAR ups ups.status "OB DISCHRG"
 *                                        END LIST VAR ups
 *   or                                   ERR DATA-STALE
 */
import { absent, measured, type Sample } from "../../src/domain/sample.ts";

/** What one supply says of itself, without the prefix. */
export type Supply = ReadonlyMap<string, string>;

const PREFIX = "POWER_SUPPLY_";

/** Reads a `uevent` text; undefined where it is none of a power supply's. */
export function parseSupply(text: string): Supply | undefined {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > PREFIX.length && line.startsWith(PREFIX))
      values.set(line.slice(PREFIX.length, at), line.slice(at + 1).trim());
  }
  return values.has("TYPE") ? values : undefined;
}

/** What is known of the box's power. */
export interface Power {
  readonly mains: Sample;
  readonly battery_percent: Sample;
  readonly battery_minutes: Sample;
}

/** What all supplies of the machine say together. */
export function powerOf(supplies: readonly Supply[]): Power & { readonly codes: readonly string[] } {
  const own = supplies.filter((supply) => supply.get("SCOPE") !== "Device" && supply.get("PRESENT") !== "0");
  const batteries = own.filter((supply) => isBattery(supply));
  const sources = own.filter((supply) => !isBattery(supply) && supply.has("ONLINE"));
  const discharging = batteries.some((battery) => battery.get("STATUS") === "Discharging");
  const mains = mainsOf(sources, batteries);
  return {
    mains,
    battery_percent: percentOf(batteries),
    battery_minutes: discharging ? minutesOf(batteries) : absent("not_measured"),
    codes: mains === 1 && discharging ? ["draining"] : [],
  };
}

const isBattery = (supply: Supply): boolean =>
  supply.get("TYPE") === "Battery" || supply.get("TYPE") === "UPS";

function mainsOf(sources: readonly Supply[], batteries: readonly Supply[]): Sample {
  if (sources.some((source) => source.get("ONLINE") !== "0")) return 1;
  if (sources.length > 0) return 0;
  // A machine that only knows its battery: one that is not emptied is fed.
  const states = batteries.map((battery) => battery.get("STATUS") ?? "Unknown");
  if (states.includes("Discharging")) return 0;
  return states.some((state) => /^(?:Charging|Full|Not charging)$/.test(state)) ? 1 : absent("not_measured");
}

function percentOf(batteries: readonly Supply[]): Sample {
  for (const kind of ["ENERGY", "CHARGE"]) {
    const now = sumOf(batteries, `${kind}_NOW`);
    const full = sumOf(batteries, `${kind}_FULL`);
    // Worn and uncalibrated batteries claim a little more than all.
    if (now !== undefined && full !== undefined && full > 0 && now <= 1.05 * full) {
      return measured("battery_percent", Math.min(100, (100 * now) / full));
    }
  }
  const shares = batteries.flatMap((battery) => numberOf(battery, "CAPACITY") ?? []);
  if (shares.length === 0) return absent(batteries.length === 0 ? "not_measured" : "invalid");
  return measured("battery_percent", shares.reduce((sum, share) => sum + share, 0) / shares.length);
}

function minutesOf(batteries: readonly Supply[]): Sample {
  const seconds = sumOf(batteries, "TIME_TO_EMPTY_NOW") ?? sumOf(batteries, "TIME_TO_EMPTY_AVG");
  if (seconds !== undefined && seconds > 0) return measured("battery_minutes", seconds / 60);
  for (const [store, drain] of [
    ["ENERGY_NOW", "POWER_NOW"],
    ["CHARGE_NOW", "CURRENT_NOW"],
  ] as const) {
    const now = sumOf(batteries, store);
    const rate = batteries.reduce((sum, battery) => sum + Math.abs(numberOf(battery, drain) ?? 0), 0);
    if (now !== undefined && rate > 0) return measured("battery_minutes", (60 * now) / rate);
  }
  return absent("not_measured");
}

/** Undefined where one of them does not say it. */
function sumOf(supplies: readonly Supply[], key: string): number | undefined {
  let sum = 0;
  for (const supply of supplies) {
    const value = numberOf(supply, key);
    if (value === undefined) return undefined;
    sum += value;
  }
  return supplies.length === 0 ? undefined : sum;
}

function numberOf(supply: ReadonlyMap<string, string>, key: string): number | undefined {
  const text = supply.get(key);
  return text !== undefined && /^-?\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}

/** A line of a server of Network UPS Tools. */
export type NutLine =
  | { readonly kind: "begin" | "end"; readonly ups: string }
  | { readonly kind: "value"; readonly ups: string; readonly name: string; readonly value: string }
  | { readonly kind: "error"; readonly code: string };

export const LONGEST_LINE_BYTES = 1_024;

/** Undefined where it is none of the answers to LIST VAR. */
export function parseNutLine(text: string): NutLine | undefined {
  const list = /^(BEGIN|END) LIST VAR ([\w.-]+)$/.exec(text);
  if (list !== null) return { kind: list[1] === "BEGIN" ? "begin" : "end", ups: list[2] ?? "" };
  const value = /^VAR ([\w.-]+) ([\w.-]+) "((?:[^"\\]|\\.)*)"$/.exec(text);
  if (value !== null) {
    const [, ups = "", name = "", quoted = ""] = value;
    return { kind: "value", ups, name, value: quoted.replaceAll(/\\(.)/g, "$1") };
  }
  const error = /^ERR ([A-Z-]{2,40})$/.exec(text);
  return error === null ? undefined : { kind: "error", code: error[1] ?? "" };
}

/** What a UPS says; `ups.status` is a list of words. */
export function upsPowerOf(
  values: ReadonlyMap<string, string>,
): Power & { readonly codes: readonly string[] } {
  const status = new Set((values.get("ups.status") ?? "").split(" "));
  const onBattery = status.has("OB");
  const charge = numberOf(values, "battery.charge");
  const runtime = numberOf(values, "battery.runtime");
  return {
    mains: onBattery ? 0 : status.has("OL") ? 1 : absent("not_measured"),
    battery_percent: charge === undefined ? absent("not_measured") : measured("battery_percent", charge),
    battery_minutes:
      runtime === undefined ? absent("not_measured") : measured("battery_minutes", runtime / 60),
    codes: STATUS_CODES.flatMap(([word, code]) => (status.has(word) ? [code] : [])),
  };
}

/** Words of `ups.status` (RFC 9271, section 5) that a person should know of. */
const STATUS_CODES = [
  ["LB", "battery_low"],
  ["RB", "replace_battery"],
  ["OFF", "ups_off"],
  ["BYPASS", "bypass"],
  ["OVER", "overloaded"],
  ["FSD", "shutting_down"],
] as const;
