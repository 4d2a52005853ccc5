import type { DeviceId } from "../domain/ids.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import { showsApnoea } from "./apnoea.ts";
import { GAP_MS, JUDGED_SIGNALS, type JudgedSignal, type View } from "./condition.ts";
import { saysNothing } from "./oximeter.ts";
import type { DeviceRecord, SignalRecord } from "./state.ts";

/** A judged signal, or the device as a whole. */
export interface Delivered {
  readonly name: JudgedSignal | "device";
  /** Arrival of the last valid value; for the device, of anything. */
  readonly at: Mono;
  readonly coverMs: number;
}

/** What a device was configured to deliver, divided by whether it came in this watch. */
export interface Owed {
  readonly device: DeviceId;
  readonly record: DeviceRecord | undefined;
  readonly delivered: readonly Delivered[];
  readonly missing: readonly JudgedSignal[];
}

/**
 * What the view's device owes. A value at most `graceMs` before the watch counts as part of it, so that a loss at its
 * start is stale rather than never there. While an alarm about it is open, everything that ever came is owed.
 */
export function owedBy(view: View, graceMs: number, held: boolean = view.held): Owed | undefined {
  if (view.device === undefined) return undefined;
  const { source, record } = view.device;
  const isRecent = (at: Mono): boolean => held || at > view.watchFrom - graceMs;
  const delivered: Delivered[] = [];
  const missing: JudgedSignal[] = [];
  for (const name of JUDGED_SIGNALS) {
    const known = record?.signals[name];
    if (!source.signals.includes(name) || isRefused(known)) continue;
    const valid = known?.valid;
    if (valid === undefined || !isRecent(valid.at)) missing.push(name);
    else delivered.push({ name, at: valid.at, coverMs: valid.coverMs });
  }
  if (record !== undefined && isRecent(record.heardAt))
    delivered.push({ name: "device", at: record.heardAt, coverMs: SECOND_MS });
  return { device: source.device, record, delivered, missing };
}

/** Whether everything that the device ever gave is newer than this: then nothing of it is late. */
export function isAllNewer({ device, now }: View, ms: number): boolean {
  const record = device?.record;
  if (record === undefined || now - record.heardAt >= ms) return false;
  for (const name of JUDGED_SIGNALS) {
    const valid = record.signals[name]?.valid;
    if (valid !== undefined && now - valid.at >= ms) return false;
  }
  return true;
}

/** Whether the device and each judged number that it owes have come in this watch, or at most `graceMs` before it. */
export function hasAllCome({ device, watchFrom }: View, graceMs: number): boolean {
  const record = device?.record;
  if (device === undefined || record === undefined || record.heardAt <= watchFrom - graceMs) return false;
  for (const name of JUDGED_SIGNALS) {
    const valid = record.signals[name]?.valid;
    const isHere = valid !== undefined && valid.at > watchFrom - graceMs;
    if (!isHere && device.source.signals.includes(name)) return false;
  }
  return true;
}

/** The device has said that this mode or model does not give the number: nothing to wait for. */
const isRefused = (known: SignalRecord | undefined): boolean =>
  typeof known?.sample === "object" && known.sample.absent === "unsupported";

/** SpO2 and pulse are gone because the sensor is off: OXI_SENSOR_OFF speaks for them. */
export function isSensorOff(view: View, name: Delivered["name"]): boolean {
  const record = view.device?.record;
  return (
    (name === "spo2" || name === "pulse_rate") &&
    record?.spokeAt !== undefined &&
    view.now - record.spokeAt < GAP_MS &&
    saysNothing(record) &&
    view.isOn("OXI_SENSOR_OFF") &&
    // What was lost before stays an alarm until the other one speaks.
    (!view.held || view.isOpen("OXI_SENSOR_OFF"))
  );
}

/** The numbers of a breath are gone because there is no breath: VENT_APNEA speaks for them. */
export const isBreathless = (view: View, name: Delivered["name"]): boolean =>
  (name === "tidal_volume_exp" || name === "minute_volume" || name === "resp_rate") &&
  view.isOn("VENT_APNEA") &&
  showsApnoea(view, NO_BREATH_S) === true;

/** No longer than any staleness limit that is in use. */
const NO_BREATH_S = 20;
