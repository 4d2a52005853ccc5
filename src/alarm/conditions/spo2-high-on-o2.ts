import { MINUTE_MS } from "../../domain/time.ts";
import { condition, GAP_MS, unknown, type Verdict, type View } from "../condition.ts";
import { judgeLimit } from "../one-limit.ts";

/** Room air. */
const AIR_PERCENT = 21;
/** A measured oxygen share counts for so long after it was last heard. */
const FIO2_MS = 5 * MINUTE_MS;

export const spo2HighOnO2 = condition({
  id: "SPO2_HIGH_ON_O2",
  rule: "SpO2 above the limit for a long time while oxygen is added",
  source: "clinical facts 3.3: too much oxygen can let CO2 rise; a note for the therapist",
  scope: "bed",
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: { default: 98, min: 95, max: 99, unit: "%", help: "violated above this" },
    delay_s: {
      default: 1800,
      min: 300,
      max: 7200,
      unit: "s",
      help: "time in the violation band before it occurs",
    },
    hysteresis: { default: 1, min: 0, max: 3, unit: "%", help: "ends at limit - hysteresis" },
    clear_s: { default: 60, min: 0, max: 600, unit: "s", help: "in-range time that ends it" },
    oxygen: {
      default: 0,
      min: 0,
      max: 1,
      unit: "yes/no",
      help: "1: oxygen is added where the ventilator does not know of it",
    },
  },
  priority: { A: "low", B: "low", C: "low" },
  rises: "",
  clears: "at limit - hysteresis for clear_s, or no oxygen is added any more",
  latch: "none",
  gating: `only with oxygen above ${AIR_PERCENT} %: measured, as the ventilator is set, or by the setting oxygen`,
  reads: ["spo2"],
  values: ["spo2", "limit", "fio2", "seconds"],
  judge: judgeTooMuch,
});

function judgeTooMuch(
  view: View,
  {
    limit,
    hysteresis,
    oxygen,
  }: { readonly limit: number; readonly hysteresis: number; readonly oxygen: number },
): Verdict {
  const fio2 = addedOxygen(view);
  const isGiven = oxygen === 1 || (fio2 !== undefined && fio2 > AIR_PERCENT);
  // Where nothing tells the share of oxygen there is nothing to wait for: most beds are on room air.
  if (!isGiven && fio2 === undefined)
    return unknown(view.bed.expects(["fio2"]) ? "setting:fio2" : "no_source");
  const values = fio2 === undefined ? {} : { fio2 };
  const verdict = judgeLimit(view, { signal: "spo2", side: "high", limit, hysteresis, values });
  return !isGiven && verdict.kind === "holds" ? { ...verdict, kind: "clear" } : verdict;
}

/** Share of oxygen, %: as measured, else as the ventilator is set; undefined where nobody says. */
function addedOxygen(view: View): number | undefined {
  const measured = view.bed.reading("fio2");
  const set = view.bed.setting("fio2")?.value;
  if (measured !== undefined && measured.ageMs < GAP_MS) return measured.value;
  if (typeof set === "number") return set;
  return measured !== undefined && measured.ageMs < FIO2_MS ? measured.value : undefined;
}
