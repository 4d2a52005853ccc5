/**
 * The alarm rule for one limit, written a second time: slow, without any state carried along, straight from the
 * sentences of the contract. It looks at one signal, second by second; undefined is a second without a sample.
 */
export interface OracleRule {
  readonly side: "low" | "high";
  readonly limit: number;
  readonly hysteresis: number;
  readonly delayS: number;
  readonly clearS: number;
}

export interface OracleEvent {
  /** Second in the series. */
  readonly at: number;
  readonly event: "occurred" | "unknown" | "known" | "ended";
}

const LONGEST_GAP_S = 10;

export function oracle(series: readonly (number | undefined)[], rule: OracleRule): OracleEvent[] {
  const violates = (x: number) => (rule.side === "low" ? x < rule.limit : x > rule.limit);
  const isInBand = (x: number) =>
    rule.side === "low" ? x < rule.limit + rule.hysteresis : x > rule.limit - rule.hysteresis;

  /** Seconds without a sample up to and including this one. */
  const missingUpTo = (t: number): number => {
    let missing = 0;
    while (t - missing >= 0 && series[t - missing] === undefined) missing += 1;
    return missing;
  };

  /** First violating sample of the violation that the sample at `t` belongs to, after `after`. */
  const violationStart = (t: number, after: number): number | undefined => {
    let start: number | undefined;
    for (let s = t; s > after; s--) {
      const x = series[s];
      if (x === undefined) continue;
      if (!isInBand(x)) break;
      if (violates(x)) start = s;
    }
    return start;
  };

  /** In-range samples in one row up to `t`, after `after`; neither a sample in the band nor a long gap among them. */
  const inRangeUpTo = (t: number, after: number): number => {
    let count = 0;
    for (let s = t; s > after; s--) {
      const x = series[s];
      if (x === undefined) {
        if (missingUpTo(s) > LONGEST_GAP_S) break;
        continue;
      }
      if (isInBand(x)) break;
      count += 1;
    }
    return count;
  };

  const events: OracleEvent[] = [];
  let occurredAt: number | undefined;
  let endedAt = -1;
  for (const [t, x] of series.entries()) {
    if (missingUpTo(t) === LONGEST_GAP_S + 1) events.push({ at: t, event: "unknown" });
    if (x === undefined) continue;
    if (missingUpTo(t - 1) > LONGEST_GAP_S) events.push({ at: t, event: "known" });
    if (occurredAt === undefined) {
      const start = violationStart(t, endedAt);
      if (start === undefined || t - start < rule.delayS) continue;
      occurredAt = t;
      events.push({ at: t, event: "occurred" });
    } else if (inRangeUpTo(t, occurredAt) >= Math.max(1, rule.clearS) && !isInBand(x)) {
      occurredAt = undefined;
      endedAt = t;
      events.push({ at: t, event: "ended" });
    }
  }
  return events;
}
