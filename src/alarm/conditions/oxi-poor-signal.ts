import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import { doubtedMs, lastDoubtAt } from "../doubt.ts";

/** Of so long at least a share has to be doubtful. */
const WINDOW_MS = 2 * MINUTE_MS;
/** Good for so long, and a doubt that was no alarm yet is forgotten. */
const FORGOTTEN_MS = 30 * SECOND_MS;

export const oxiPoorSignal = condition({
  id: "OXI_POOR_SIGNAL",
  rule:
    "for more than a share of the last 2 min the oximeter doubted its own numbers (artefact, motion, out of track, " +
    "perfusion below 0.3 %), or had only one of the two or a poor signal instead of them",
  source: "clinical facts 3.3",
  scope: "oximeter",
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 50, min: 30, max: 90, unit: "%", help: "violated above this share of the last 2 min" },
    delay_s: {
      default: 120,
      min: 60,
      max: 600,
      unit: "s",
      help: "time since the first doubt before it occurs",
    },
    clear_s: { default: 30, min: 10, max: 300, unit: "s", help: "time without a doubt that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "no doubt for clear_s",
  latch: "none",
  gating:
    "on watch only. A weak pulse that the oximeter only remarks on wakes nobody while SpO2 is measured at 92 % and " +
    "more: a cold hand is no danger. Values that are gone altogether are OXI_SENSOR_OFF's",
  reads: ["spo2", "perfusion_index"],
  values: ["device", "share", "perfusion_index", "seconds"],
  judge: (view, { limit }) => judgeDoubts(view, limit),
});

function judgeDoubts(view: View, limit: number): Verdict {
  const { device } = view;
  const { doubts = [], spokeAt, signals } = device?.record ?? {};
  if (device === undefined || spokeAt === undefined) return WAITING;
  if (view.now - spokeAt >= GAP_MS) return unknown("gap");
  const lastAt = lastDoubtAt(doubts);
  const goodMs = lastAt === undefined ? Number.POSITIVE_INFINITY : spokeAt - lastAt;
  if (goodMs > 0 && view.isAtRest === true) return WAITING;
  const share = Math.round((100 * doubtedMs(doubts, view.now, WINDOW_MS)) / WINDOW_MS);
  const perfusion = signals?.perfusion_index?.sample;
  const evidence = {
    at: spokeAt,
    values: {
      device: device.source.device,
      share,
      ...(typeof perfusion === "number" && { perfusion_index: perfusion }),
    },
    devices: [device.source.device],
  };
  const spo2 = signals?.spo2?.valid;
  const cover = spo2?.at === spokeAt ? { coverMs: spo2.coverMs } : {};
  if (goodMs > 0) {
    // No number is no good number (law 1).
    if (spo2?.at !== spokeAt) return WAITING;
    // Before it is an alarm, a good moment does not take back the doubt before it.
    return view.told === undefined && goodMs < FORGOTTEN_MS
      ? WAITING
      : { kind: "clear", ...cover, ...evidence };
  }
  const isEnough = share > limit;
  return {
    kind: "holds",
    onlyOnWatch: true,
    ...(!isEnough && view.told === undefined && { delayMs: Number.POSITIVE_INFINITY }),
    ...evidence,
  };
}
