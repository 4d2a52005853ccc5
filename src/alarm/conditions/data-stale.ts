import { condition, GAP_MS, type Verdict, type View, WAITING } from "../condition.ts";
import { saysNothing } from "../oximeter.ts";
import { type Delivered, isAllNewer, isBreathless, isSensorOff, owedBy } from "../sources.ts";

/** A delayed source speaks in bursts a minute apart. */
const DELAYED_S = 120;

export const dataStale = condition({
  id: "DATA_STALE",
  rule: "an oximeter or ventilator, or one judged signal of it beside others, is no longer heard",
  source: "clinical facts 3.3; one dead signal beside live ones counts (hazard 43)",
  scope: "machine",
  technical: true,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: {
      default: 30,
      min: 10,
      max: 120,
      unit: "s",
      help: "age of the last sample; delayed sources 120 s",
    },
    high_s: { default: 60, min: 30, max: 300, unit: "s", help: "class C: high at this age" },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "time with fresh samples that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises:
    "class C: high at high_s. It occurs at once, with the priority of that condition, when a condition that violated " +
    "loses its data for more than 10 s",
  clears: "every missing signal fresh for clear_s",
  latch: "V",
  gating: "on watch only; sensor off, SpO2 under range and apnoea speak for the numbers that they take away",
  values: ["device", "signals", "seconds"],
  judge: (view, { limit }) => judgeAge(view, limit),
  tier(view, { high_s }) {
    const isLong = view.dependencyClass === "C" && longestMs(late(view, high_s * 1000), view) > 0;
    return isLong ? "high" : view.inherited;
  },
});

function judgeAge(view: View, limitS: number): Verdict {
  const isDelayed = view.device?.record?.timeliness === "delayed";
  const staleMs = (isDelayed ? Math.max(limitS, DELAYED_S) : limitS) * 1000;
  if (view.isAtRest === true && isAllNewer(view, Math.min(staleMs, GAP_MS))) return WAITING;
  const owed = owedBy(view, staleMs);
  if (owed === undefined || owed.delivered.length === 0) return WAITING;
  const { device } = owed;
  const lost = late(view, view.inherited === undefined ? staleMs : GAP_MS);
  if (lost.length > 0 && (view.now >= view.settledAt || view.inherited !== undefined)) {
    const signals = lost.map(({ name }) => name).join(" ");
    return {
      kind: "holds",
      at: view.now,
      delayMs: 0,
      onlyOnWatch: true,
      values: { device, signals, seconds: Math.floor(longestMs(lost, view) / 1000) },
      devices: [device],
    };
  }
  // Where it had never measured anything, its speaking alone would look fresh: that brings back no number.
  if (owed.record !== undefined && saysNothing(owed.record)) return WAITING;
  const oldest = owed.delivered.reduce((before, one) => (one.at < before.at ? one : before));
  return { kind: "clear", at: oldest.at, coverMs: oldest.coverMs, values: { device }, devices: [device] };
}

/** What has been silent for so long, unless another alarm speaks for it. */
const late = (view: View, forMs: number): readonly Delivered[] =>
  (owedBy(view, forMs)?.delivered ?? []).filter(
    ({ name, at }) => view.now - at >= forMs && !isSensorOff(view, name) && !isBreathless(view, name),
  );

const longestMs = (delivered: readonly Delivered[], view: View): number =>
  Math.max(0, ...delivered.map(({ at }) => view.now - at));
