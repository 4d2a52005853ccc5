import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import { disconnectSigns, type Sign, type SignLimits } from "../disconnect-signs.ts";
import { isStandby } from "../therapy.ts";

/** SpO2 below this makes a class A disconnection high (clinical facts, 3.3). */
const LOW_SPO2 = 90;

export const ventDisconnect = condition({
  id: "VENT_DISCONNECT",
  rule:
    "any two of: leak high, pressure low, expired volume low, minute volume low, apnoea; or the ventilator says that it " +
    "is disconnected",
  source:
    "clinical facts 3.3 and S33: no single sign is trusted; limits are proposals until settings are known",
  scope: "bed",
  neverMerged: true,
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    delay_s: { default: 15, min: 5, max: 60, unit: "s", help: "time with two signs before it occurs" },
    leak: { default: 40, min: 24, max: 80, unit: "L/min", help: "leak high above this" },
    pressure_peak: {
      default: 6,
      min: 2,
      max: 20,
      unit: "cm[H2O]",
      help: "pressure low below this; where IPAP is known, below half of it or EPAP + 2 too",
    },
    tidal_volume_exp: { default: 150, min: 30, max: 400, unit: "mL", help: "expired volume low below this" },
    minute_volume: { default: 2, min: 0.5, max: 6, unit: "L/min", help: "60 s mean low below this" },
    apnea_s: { default: 20, min: 10, max: 60, unit: "s", help: "apnoea after this" },
    clear_breaths: { default: 3, min: 1, max: 10, unit: "breaths", help: "normal breaths that end it" },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "where single breaths are not reported" },
  },
  priority: { A: "medium", B: "high", C: "high" },
  rises: "class A: high with SpO2 below 90 %",
  clears:
    "clear_breaths breaths without it; where breaths are not reported one by one, clear_s. The ventilator's own word " +
    "must be over too",
  latch: "A",
  gating:
    "small volumes and apnoea alone are none while the pressure is reached: that is an airway that is closed, or nobody " +
    "breathing. A sign that cannot be read counts as possible: it may keep the alarm, never end it",
  values: ["signs", "leak", "pressure_peak", "tidal_volume_exp", "minute_volume", "seconds"],
  judge: (view, settings) => isStandby(view) ?? judgeSigns(view, settings),
  tier(view) {
    const spo2 = view.bed.reading("spo2");
    return spo2 !== undefined && spo2.ageMs < GAP_MS && spo2.value < LOW_SPO2 ? "high" : undefined;
  },
});

const FIVE = ["leak", "pressure_peak", "tidal_volume_exp", "minute_volume", "apnea_duration"] as const;

function judgeSigns(view: View, limits: SignLimits): Verdict {
  const signs = disconnectSigns(view, limits);
  const own = signs.find(({ name }) => name === "own");
  // A machine that tells of its own disconnections can be judged by that alone.
  if (own === undefined && signs.length < 2) return unknown(signs.length === 0 ? "no_source" : "two_signs");
  if (view.isAtRest === true && signs.every(({ shows }) => shows === false)) return WAITING;
  const isOpenCircuit = showsDisconnection(signs, false);
  if (!isOpenCircuit && showsDisconnection(signs, true)) {
    const isUnheard = own !== undefined && own.shows === undefined;
    return isUnheard ? unknown("gap") : view.bed.missing(FIVE);
  }
  const relevant = signs.filter(({ shows }) => (isOpenCircuit ? shows === true : shows !== undefined));
  const newest = relevant.reduce<Sign | undefined>(
    (last, sign) => ((sign.at ?? 0) > (last?.at ?? Number.NEGATIVE_INFINITY) ? sign : last),
    undefined,
  );
  const breathing = view.bed.breathing();
  const evidence = {
    at: newest?.at ?? view.now,
    values: {
      signs: signs.flatMap(({ name, shows }) => (shows === true ? [name] : [])).join(" "),
      ...Object.fromEntries(relevant.flatMap(({ value }) => (value === undefined ? [] : [value]))),
    },
    devices: [...new Set(relevant.flatMap(({ device }) => device ?? []))],
    ...(breathing !== undefined && { breaths: breathing.breaths }),
  };
  if (isOpenCircuit) return { kind: "holds", ...evidence };
  return { kind: "clear", ...evidence, ...(newest?.coverMs !== undefined && { coverMs: newest.coverMs }) };
}

/**
 * The ventilator's word, or two of the five. Volumes and apnoea alone count only where nothing says that the pressure is
 * reached. `suspect`: what a sign that cannot be read is taken for.
 */
function showsDisconnection(signs: readonly Sign[], suspect: boolean): boolean {
  const shown = new Set(signs.flatMap(({ name, shows }) => ((shows ?? suspect) ? [name] : [])));
  if (shown.has("own")) return true;
  if (shown.size < 2) return false;
  if (shown.has("leak") || shown.has("pressure_low")) return true;
  return signs.find(({ name }) => name === "pressure_low")?.shows === undefined;
}
