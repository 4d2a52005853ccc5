import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import type { DeviceRecord } from "../state.ts";

export const dataFrozen = condition({
  id: "DATA_FROZEN",
  rule:
    "at least two moving numbers of a device (never SpO2 alone), or the device's own counter, and its waveform where " +
    "it has one, stand still while it goes on sending",
  source: "BR-01; clinical facts 3.3",
  scope: "machine",
  technical: true,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 120, min: 60, max: 600, unit: "s", help: "time without a change, built in" },
    clear_s: { default: 0, min: 0, max: 60, unit: "s", help: "time after a change that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "a change",
  latch: "V",
  gating:
    "on watch only; a machine at rest (therapy off, a resp_rate of 0, apnoea) or without a volume (an open circuit) has nothing " +
    "that moves",
  values: ["device", "signals", "seconds"],
  judge: (view, { limit }) => judgeStillness(view, limit * 1000),
});

function judgeStillness(view: View, limitMs: number): Verdict {
  const { device } = view;
  const record = device?.record;
  const { still, spokeAt } = record ?? {};
  if (device === undefined || record === undefined || still === undefined || spokeAt === undefined)
    return WAITING;
  if (view.now - spokeAt >= GAP_MS) return unknown("gap");
  const names = Object.keys(still.fields);
  const valuesMs = names.length >= 2 ? spokeAt - still.since : 0;
  const waveMs = record.waveMovedAt === undefined ? valuesMs : spokeAt - record.waveMovedAt;
  const counterMs = still.counter === undefined ? 0 : spokeAt - still.counter.since;
  const isApnoea = device.source.role === "ventilator" && view.isViolating("VENT_APNEA");
  const stoodMs = isApnoea || isAtRest(record) ? 0 : Math.min(valuesMs, waveMs);
  const id = device.source.device;
  const evidence = { at: spokeAt, devices: [id] };
  if (stoodMs >= limitMs || counterMs >= limitMs) {
    const signals = counterMs >= limitMs ? "counter" : names.join(" ");
    const seconds = Math.floor(Math.max(stoodMs, counterMs) / 1000);
    return {
      kind: "holds",
      delayMs: 0,
      onlyOnWatch: true,
      values: { device: id, signals, seconds },
      ...evidence,
    };
  }
  // Numbers that went away, and numbers that came back unchanged, have not moved.
  const hasMoved = names.length >= 2 && still.moved && still.counter?.moved !== false;
  if (view.held && !hasMoved) return WAITING;
  return { kind: "clear", values: { device: id }, ...evidence };
}

/**
 * Nothing moves at a machine that does not treat, or whose breaths reach nobody: an open circuit reads the same pressure
 * and leak breath after breath. That it does is the business of other alarms.
 */
const isAtRest = ({ signals }: DeviceRecord): boolean =>
  STANDS_AT_ZERO.some((id) => signals[id]?.sample === 0);

const STANDS_AT_ZERO = ["therapy", "resp_rate", "tidal_volume_exp", "minute_volume"] as const;
