import { GAP_MS, unknown, type Verdict, type View, WAITING } from "./condition.ts";

/**
 * No breath for `limitS` seconds. Three kinds of evidence, best first: complete breaths reported one by one (counted
 * from the last one, only while the device goes on measuring), the machine's own apnea_duration, and, only without
 * those, a resp_rate of 0 for the time.
 */
export function judgeApnoea(view: View, limitS: number): Verdict {
  const breaths = byBreaths(view, limitS);
  if (breaths.kind === "holds") return breaths;
  const duration = byDuration(view, limitS);
  if (duration.kind === "holds") return duration;
  if (isUsable(breaths)) return breaths;
  if (isUsable(duration)) return duration;
  const rate = byRate(view, limitS);
  return breaths.kind === "unknown" && !isUsable(rate) ? breaths : rate;
}

/** The same as a sign of disconnection: true or false now, undefined where nothing can say. */
export function showsApnoea(view: View, limitS: number): boolean | undefined {
  const verdict = judgeApnoea(view, limitS);
  if (!isUsable(verdict)) return undefined;
  if (verdict.kind === "clear" || verdict.delayMs === 0) return verdict.kind === "holds";
  return (view.bed.reading("resp_rate")?.sameMs ?? 0) >= limitS * 1000;
}

const isUsable = (verdict: Verdict): verdict is Extract<Verdict, { kind: "holds" | "clear" }> =>
  verdict.kind === "holds" || verdict.kind === "clear";

function byBreaths(view: View, limitS: number): Verdict {
  const breathing = view.bed.breathing();
  if (breathing === undefined) return WAITING;
  if (view.now - breathing.measuringAt >= GAP_MS) return unknown("gap");
  const silentMs = breathing.measuringAt - breathing.breathAt;
  const evidence = {
    at: breathing.measuringAt,
    values: { apnea_duration: Math.floor(silentMs / 1000), limit: limitS },
    devices: [breathing.device],
    breaths: breathing.breaths,
  };
  // The breath that is missing is an absence: it counts only on watch, unlike the two kinds below.
  return silentMs >= limitS * 1000
    ? { kind: "holds", delayMs: 0, onlyOnWatch: true, ...evidence }
    : { kind: "clear", ...evidence };
}

function byDuration(view: View, limitS: number): Verdict {
  const reading = view.bed.reading("apnea_duration");
  if (reading === undefined || reading.ageMs >= GAP_MS) return view.bed.missing(["apnea_duration"]);
  const { at, value, device, coverMs } = reading;
  const evidence = { at, values: { apnea_duration: value, limit: limitS }, devices: [device] };
  return value >= limitS
    ? { kind: "holds", delayMs: 0, ...evidence }
    : { kind: "clear", coverMs, ...evidence };
}

function byRate(view: View, limitS: number): Verdict {
  const reading = view.bed.reading("resp_rate");
  if (reading === undefined || reading.ageMs >= GAP_MS) {
    return view.bed.missing(["resp_rate", "apnea_duration"]);
  }
  const { at, value, device, coverMs } = reading;
  const evidence = { at, values: { resp_rate: value, limit: limitS }, devices: [device] };
  return value === 0
    ? { kind: "holds", delayMs: limitS * 1000, ...evidence }
    : { kind: "clear", coverMs, ...evidence };
}
