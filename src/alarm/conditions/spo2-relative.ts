import { SIGNALS } from "../../domain/signal.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { condition, type Verdict, type View, WAITING } from "../condition.ts";
import { freshSpo2 } from "../oxygen-low.ts";
import { withDoubt } from "../quality.ts";

const MINUTES = 30;
/** With less of it, nobody knows what is usual tonight. */
const NEEDED_MS = 15 * MINUTE_MS;

export const spo2Relative = condition({
  id: "SPO2_RELATIVE",
  rule: "SpO2 so many points below its median of the last 30 min",
  source: "clinical facts 3.3 and 0.7: for nights that one fixed limit cannot serve",
  scope: "bed",
  ladder: { name: "oxygen", rank: 2 },
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 6, min: 4, max: 10, unit: "%", help: "points below the usual, violated from here on" },
    delay_s: {
      default: 60,
      min: 0,
      max: 300,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 3, min: 1, max: 6, unit: "%", help: "ends so many points above" },
    clear_s: { default: 10, min: 0, max: 120, unit: "s", help: "in-range time that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears:
    "limit - hysteresis points (3) below the usual for clear_s; until somebody has answered, the usual stays what it was",
  latch: "V",
  gating: "needs 15 min of values out of the last 30; on a poor sample that nothing bears out, 15 s more",
  reads: ["spo2"],
  values: ["spo2", "usual", "limit", "seconds"],
  judge: judgeDrop,
});

function judgeDrop(
  view: View,
  { limit, hysteresis, delay_s }: Readonly<Record<"limit" | "hysteresis" | "delay_s", number>>,
): Verdict {
  const reading = freshSpo2(view);
  if (reading === undefined) return view.bed.missing(["spo2"]);
  // No usual value lies so far above it.
  if (view.isAtRest === true && SIGNALS.spo2.max - reading.value < limit) return WAITING;
  const usual = usualOf(view);
  if (usual === undefined) return WAITING;
  const { value, at, device, coverMs } = reading;
  const drop = usual - value;
  const evidence = { at, values: { spo2: value, usual, limit }, devices: [device] };
  const isDeep = view.held ? drop > limit - hysteresis : drop >= limit;
  if (!isDeep) return { kind: "clear", coverMs, ...evidence };
  return withDoubt(view, { kind: "holds", ...evidence }, delay_s);
}

/**
 * Until somebody has answered, the usual is that of the beginning: an alarm does not get used to a lower oxygen by
 * itself. From then on it follows the person, whose oxygen may only have fallen with sleep.
 */
function usualOf(view: View): number | undefined {
  const told = view.told?.["usual"];
  const before = typeof told === "number" ? told : undefined;
  if (before !== undefined && view.isAnswered !== true) return before;
  const { median, validMs } = view.bed.window("spo2", MINUTES);
  return median === undefined || validMs < NEEDED_MS ? before : median;
}
