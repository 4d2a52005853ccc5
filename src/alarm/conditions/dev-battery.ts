import { MINUTE_MS, type Mono } from "../../domain/time.ts";
import { condition, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import type { DeviceRecord } from "../state.ts";

/** What drivers report where a device only knows low from not low. */
const LOW_CODE = "battery_low";
const CHARGING_CODES = ["charging", "charged"];
/** A charge that wavers around the limit is one alarm. */
const HYSTERESIS = 5;
/** Batteries are slow: only after so long without a word nobody knows. */
const SILENT_MS = 10 * MINUTE_MS;

export const devBattery = condition({
  id: "DEV_BATTERY",
  rule: "battery of the oximeter or another device (not the ventilator's) at or below the limit, or it says that it is low",
  source: "clinical facts 3.3",
  scope: "device",
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 30, min: 10, max: 60, unit: "%", help: "violated at or below this" },
    medium: { default: 10, min: 5, max: 30, unit: "%", help: "medium at or below this" },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises: "medium at or below `medium`, or where the device only says that its battery is low",
  clears: "charging, or 5 % above the limit",
  latch: "V",
  gating: "a ventilator's battery is VENT_BATT_LOW and VENT_BATT_CRIT",
  reads: ["battery_percent"],
  values: ["device", "battery_percent", "limit"],
  judge: (view, { limit }) => judgeCharge(view, limit),
  tier(view, { medium }) {
    const { percent, isLow } = chargeOf(view.device?.record);
    const isMedium = percent === undefined ? isLow : percent <= medium;
    return isMedium ? "medium" : undefined;
  },
});

function judgeCharge(view: View, limit: number): Verdict {
  const { device } = view;
  const record = device?.record;
  if (device === undefined || record === undefined || device.source.role === "ventilator") return WAITING;
  const { percent, isLow, isCharging, at } = chargeOf(record);
  if (at === undefined) return WAITING;
  if (view.now - record.heardAt >= SILENT_MS) return view.held ? unknown("gap") : WAITING;
  const id = device.source.device;
  const values = {
    device: id,
    ...(percent !== undefined && { battery_percent: percent, limit }),
  };
  const isBelow = percent === undefined ? isLow : percent <= (view.held ? limit + HYSTERESIS : limit);
  return { kind: isBelow && !isCharging ? "holds" : "clear", at, values, devices: [id] };
}

interface Charge {
  readonly percent?: number;
  readonly isLow: boolean;
  readonly isCharging: boolean;
  /** Of the newest word about it; undefined where the device says nothing of a battery. */
  readonly at?: Mono;
}

function chargeOf(record: DeviceRecord | undefined): Charge {
  const valid = record?.signals.battery_percent?.valid;
  const { codes = [], at: saidAt } = record?.status ?? {};
  const own = record?.own?.[LOW_CODE];
  const times = [valid?.at, saidAt, own?.at].filter((at) => at !== undefined);
  return {
    ...(valid !== undefined && { percent: valid.value }),
    isLow: codes.includes(LOW_CODE) || own?.active === true,
    isCharging: codes.some((code) => CHARGING_CODES.includes(code)),
    ...(times.length > 0 && { at: times.reduce((newest, at) => (at > newest ? at : newest)) }),
  };
}
