import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import { condition, GAP_MS, type Verdict, type View, WAITING } from "../condition.ts";
import { treatmentOf } from "../therapy.ts";

/** SpO2 below this makes it high. */
const LOW_SPO2 = 90;
/** Off since about when the watch began: not switched off in it. */
const SINCE_BEFORE_MS = 60 * SECOND_MS;

export const ventOffExpected = condition({
  id: "VENT_OFF_EXPECTED",
  rule: "the ventilator does not treat although the night is on: it was switched off, or never on",
  source: "clinical facts 3.3; hazard 11",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    delay_s: {
      default: { A: 300, B: 120, C: 30 },
      min: 15,
      max: 900,
      unit: "s",
      help: "time off before it occurs",
    },
    settle_min: {
      default: { A: 90, B: 90, C: 0 },
      min: 0,
      max: 240,
      unit: "min",
      help: "after the watch began, for a machine that has been off since before it: time to go to bed",
    },
    clear_s: { default: 0, min: 0, max: 60, unit: "s", help: "time of therapy that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "high" },
  rises: "high with SpO2 below 90 %",
  clears: "therapy is on again",
  latch: "A",
  gating:
    "on watch only. The ventilator's own word counts first, then its breaths, then the plug; its last word stands when " +
    "it falls silent",
  reads: ["therapy", "resp_rate"],
  values: ["device", "seconds"],
  judge: (view, { settle_min }) => judgeTherapy(view, settle_min * MINUTE_MS),
  tier(view) {
    const spo2 = view.bed.reading("spo2");
    return spo2 !== undefined && spo2.ageMs < GAP_MS && spo2.value < LOW_SPO2 ? "high" : undefined;
  },
});

function judgeTherapy(view: View, settleMs: number): Verdict {
  const treatment = treatmentOf(view);
  if (treatment === undefined) return view.bed.missing(["therapy"]);
  const { isOn, since, at, device } = treatment;
  const evidence = { values: { device }, devices: [device] };
  if (isOn) return { kind: "clear", at, ...evidence };
  const isSettling = view.now - view.watchFrom < settleMs && since < view.watchFrom + SINCE_BEFORE_MS;
  if (isSettling && !view.held) return WAITING;
  return { kind: "holds", at: view.now, onlyOnWatch: true, ...evidence };
}
