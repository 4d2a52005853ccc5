import { type Absence, isPresent } from "../../domain/sample.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import type { DeviceRecord } from "../state.ts";

/** A value older than this when the next one fails to come says nothing about now. */
const LAST_MS = 10 * MINUTE_MS;

/** Another oximeter speaks for the person with a value of the last seconds. */
const OTHER_MS = 5_000;

/** Reasons for which a low value before says nothing: there is nothing to measure, or it is too high. */
const OTHER_REASONS: ReadonlySet<Absence> = new Set([
  "sensor_off",
  "not_connected",
  "device_off",
  "unsupported",
  "over_range",
]);

export const spo2UnderRange = condition({
  id: "SPO2_UNDER_RANGE",
  rule:
    "the oximeter gives a pulse and no SpO2, and its last SpO2 was at or below the limit; or it says that SpO2 is " +
    "below what it can measure",
  source: "clinical facts 0.1 and 3.3; hazard 2: in a real night every missing SpO2 was one below 61 %",
  scope: "oximeter",
  ladder: { name: "oxygen", rank: 5 },
  neverMerged: true,
  neverQuiet: true,
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: {
      default: 70,
      min: 60,
      max: 80,
      unit: "%",
      help: "last SpO2 at or below this; above the floor of the device",
    },
    delay_s: { default: 4, min: 0, max: 15, unit: "s", help: "time without SpO2 before it occurs" },
    clear_s: { default: 2, min: 1, max: 30, unit: "s", help: "time with SpO2 that ends it: two samples" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "valid SpO2 of any oximeter for clear_s; SPO2_CRIT goes on judging it",
  latch: "V",
  gating: "quality flags never block; a last SpO2 of more than 10 min ago does not count",
  reads: ["spo2", "pulse_rate"],
  values: ["device", "last_spo2", "pulse_rate", "limit", "seconds"],
  judge: (view, { limit }) => judgeRange(view, limit),
});

function judgeRange(view: View, limit: number): Verdict {
  const { device } = view;
  const record = device?.record;
  const spo2 = record?.signals.spo2;
  if (device === undefined || record?.spokeAt === undefined || spo2 === undefined) return WAITING;
  if (record.timeliness !== "live") return WAITING;
  const id = device.source.device;
  const pulse = record.signals.pulse_rate?.sample;
  const measured = view.bed
    .every("spo2")
    .find((one) => (one.device === id ? isPresent(spo2.sample) : one.ageMs <= OTHER_MS));
  if (measured !== undefined && view.isAtRest === true) return WAITING;
  const values = {
    device: id,
    ...(spo2.valid !== undefined && { last_spo2: spo2.valid.value }),
    ...(isPresent(pulse) && { pulse_rate: pulse }),
    limit,
  };
  if (measured !== undefined) {
    const { at, coverMs } = measured;
    return { kind: "clear", at, coverMs, values, devices: [measured.device] };
  }
  if (view.now - record.spokeAt >= GAP_MS) return unknown("gap");
  if (isBelow(view, record, limit)) return { kind: "holds", at: spo2.at, values, devices: [id] };
  // Neither low nor measured: the pulse has gone as well. Nothing is over because of it (law 1).
  const lastPulse = record.signals.pulse_rate?.valid?.at;
  const isLost = view.held && (lastPulse === undefined || view.now - lastPulse >= GAP_MS);
  return isLost ? unknown("gap") : WAITING;
}

function isBelow(view: View, record: DeviceRecord, limit: number): boolean {
  const { spo2, pulse_rate } = record.signals;
  if (spo2 === undefined || isPresent(spo2.sample)) return false;
  const { absent } = spo2.sample;
  if (absent === "under_range") return true;
  if (OTHER_REASONS.has(absent) || !isPresent(pulse_rate?.sample)) return false;
  const last = spo2.valid;
  if (last === undefined || last.value > limit) return false;
  return view.isOpen("SPO2_UNDER_RANGE") || view.now - last.at <= LAST_MS;
}
