import { freshBreaths, trailing } from "../breaths.ts";
import { condition, GAP_MS, type Verdict, type View, WAITING } from "../condition.ts";
import { drownsInLeak } from "../leak-gate.ts";
import { isStandby } from "../therapy.ts";

/** Breaths in a row that count, where each is told (clinical facts, 3.3). */
const BREATHS = 3;
/** A breath that is this much larger is one. mL */
const BETTER_ML = 30;
/** So near to the set pressure counts as reached. cmH2O */
const NEAR = 2;

export const ventObstruction = condition({
  id: "VENT_OBSTRUCTION",
  rule: "hardly any volume goes in although the pressure is reached and nothing leaks",
  source: "clinical facts 1.9 and 3.3",
  scope: "bed",
  neverMerged: true,
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    volume: { default: 50, min: 20, max: 150, unit: "mL", help: "expired volume below this" },
    pressure: {
      default: 10,
      min: 6,
      max: 40,
      unit: "cm[H2O]",
      help: "pressure reached at this, where the IPAP setting is not known; else 2 below IPAP",
    },
    delay_s: {
      default: 15,
      min: 5,
      max: 60,
      unit: "s",
      help: "where single breaths are not told; where they are, three in a row",
    },
    clear_breaths: { default: 3, min: 1, max: 10, unit: "breaths", help: "normal breaths that end it" },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "where single breaths are not told" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "clear_breaths breaths 30 mL above the limit; where breaths are not told one by one, clear_s",
  latch: "A",
  gating: "unknown while more than 40 L/min leak; not judged off watch while the machine is in standby",
  reads: ["tidal_volume_exp", "pressure_peak", "leak", "breath", "therapy"],
  values: ["tidal_volume_exp", "pressure_peak", "limit", "seconds"],
  judge: (view, settings) => isStandby(view) ?? drownsInLeak(view) ?? judgeBlockage(view, settings),
});

interface BlockageLimits {
  readonly volume: number;
  readonly pressure: number;
}

function judgeBlockage(view: View, limits: BlockageLimits): Verdict {
  const breaths = freshBreaths(view);
  const device = view.bed.breathing()?.device;
  const last = breaths.at(-1);
  if (last === undefined || device === undefined) return judgeNumbers(view, limits);
  const blocked = trailing(breaths, ({ volumeMl, peakCmH2o }) =>
    isBlocked(view, limits, volumeMl, peakCmH2o),
  );
  const evidence = {
    at: last.at,
    values: {
      tidal_volume_exp: Math.round(last.volumeMl),
      pressure_peak: Math.round(last.peakCmH2o * 10) / 10,
      limit: limits.volume,
    },
    devices: [device],
    breaths: view.bed.breathing()?.breaths ?? 0,
  };
  if (blocked >= BREATHS || (view.held && blocked > 0)) return { kind: "holds", delayMs: 0, ...evidence };
  return { kind: "clear", ...evidence };
}

function judgeNumbers(view: View, limits: BlockageLimits): Verdict {
  const volume = view.bed.reading("tidal_volume_exp");
  const peak = view.bed.reading("pressure_peak");
  if (volume === undefined || volume.ageMs >= GAP_MS) return view.bed.missing(["tidal_volume_exp"]);
  if (peak === undefined || peak.ageMs >= GAP_MS) return view.bed.missing(["pressure_peak"]);
  const isIn = isBlocked(view, limits, volume.value, peak.value);
  if (!isIn && view.isAtRest === true) return WAITING;
  const newest = volume.at > peak.at ? volume : peak;
  const evidence = {
    at: newest.at,
    values: { tidal_volume_exp: volume.value, pressure_peak: peak.value, limit: limits.volume },
    devices: [...new Set([volume.device, peak.device])],
  };
  return isIn ? { kind: "holds", ...evidence } : { kind: "clear", coverMs: newest.coverMs, ...evidence };
}

/** Once blocked, only volume says that it is not any more: pressure may be anything when somebody works at the tube. */
function isBlocked(
  view: View,
  { volume, pressure }: BlockageLimits,
  volumeMl: number,
  peak: number,
): boolean {
  if (view.held) return volumeMl < volume + BETTER_ML;
  const ipap = view.bed.setting("ipap")?.value;
  return volumeMl < volume && peak >= (typeof ipap === "number" ? ipap - NEAR : pressure);
}
