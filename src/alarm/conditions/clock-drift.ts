import { condition, type Verdict, type View, WAITING } from "../condition.ts";
import type { DeviceRecord } from "../state.ts";

/** A clock that runs away passes every second; one that is suddenly so far off was set. */
const STEP_S = 10;

export const clockDrift = condition({
  id: "CLOCK_DRIFT",
  rule: "a device's own clock has moved against the box's by more than the limit since it was first heard",
  source: "clinical facts 3.3; hazard 16",
  scope: "device",
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 5, min: 2, max: 60, unit: "s", help: "violated above this" },
    medium: { default: 60, min: 10, max: 3600, unit: "s", help: "medium above this" },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises:
    "medium above `medium` or after a step of 10 s and more; inside the watch schedule only when that is over: alarms " +
    "use the box's clock, so nobody has to get up for it",
  clears: "as far apart as at first, or no difference at all, within the limit",
  latch: "V",
  gating: "live devices that tell their own time",
  values: ["device", "drift_s", "step"],
  judge: (view, { limit }) => judgeClock(view, limit),
  tier(view, { medium }) {
    if (view.isNight) return undefined;
    const hasStepped = view.told === undefined ? isStep(view) : view.told["step"] === "yes";
    return hasStepped || driftS(view.device?.record) > medium ? "medium" : undefined;
  },
});

function judgeClock(view: View, limit: number): Verdict {
  const { source, record } = view.device ?? {};
  // What a delayed source says is as old as it may be: that is no drift.
  if (source === undefined || record?.clock === undefined || record.timeliness !== "live") return WAITING;
  const drift = driftS(record);
  const evidence = { at: record.clock.at, devices: [source.device] };
  const values = { device: source.device, drift_s: Math.round(drift) };
  if (drift <= (view.held ? limit - 1 : limit)) return { kind: "clear", values, ...evidence };
  return { kind: "holds", values: { ...values, step: isStep(view) ? "yes" : "no" }, ...evidence };
}

/** Seconds; a clock that was wrong and has been set right has not drifted. */
function driftS(record: DeviceRecord | undefined): number {
  if (record?.clock === undefined) return 0;
  const { firstMs, offsetMs } = record.clock;
  return Math.min(Math.abs(offsetMs - firstMs), Math.abs(offsetMs)) / 1000;
}

const isStep = (view: View): boolean => !view.held && driftS(view.device?.record) >= STEP_S;
